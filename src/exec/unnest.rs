//! `mv-expand`: a row for each item of arrays and property bags, several of them side by side.
//! It must not know where the rows come from.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use super::context::ExecContext;
use super::eval::{Program, row_count};
use super::parallel::{Batch, in_any_order};
use super::stream::{Chunks, Stream, take};
use crate::column::{Chunk, Column, ColumnBuilder, DynamicColumn, StringBuilder};
use crate::function::Result;
use crate::plan::{Expr, Plan, UnnestColumn, UnnestKind, UnnestOutput};
use crate::types::json::{self, Item};
use crate::types::{Bag, DateTime, Decimal, Dynamic, Guid, ScalarType, TimeSpan, Value};

/// What a [`crate::plan::Node::Unnest`] holds beside its input.
pub(super) struct UnnestSpec<'a> {
    pub(super) input: &'a Plan,
    pub(super) columns: &'a [UnnestColumn],
    pub(super) layout: &'a [UnnestOutput],
    pub(super) kind: UnnestKind,
    pub(super) limit: Option<&'a Expr>,
}

pub(super) fn open<'a>(
    plan: &'a Plan,
    parts: &UnnestSpec<'a>,
    context: &'a ExecContext<'a>,
) -> Result<Chunks<'a>> {
    let fixed = in_any_order(parts.columns.iter().map(|column| &column.expr));
    let threads = if fixed { context.threads } else { 1 };
    let expander = Expander {
        program: Program::new(context, parts.columns.iter().map(|column| &column.expr))?,
        columns: parts.columns,
        layout: parts.layout,
        kind: parts.kind,
        limit: parts.limit.map_or(Ok(usize::MAX), |limit| row_count(limit, plan, context))?,
        context,
    };
    let input = context.open(parts.input)?;
    let (waiting, batch) = (VecDeque::new(), Batch::new(threads));
    Ok(Box::new(Unnest { expander, input, waiting, batch, threads, rows: 0 }))
}

struct Unnest<'a> {
    expander: Expander<'a>,
    input: Chunks<'a>,
    waiting: VecDeque<Current>,
    batch: Batch,
    threads: usize,
    /// How many rows of the input were taken.
    rows: usize,
}

/// What several threads may share.
struct Expander<'a> {
    program: Program,
    columns: &'a [UnnestColumn],
    layout: &'a [UnnestOutput],
    kind: UnnestKind,
    limit: usize,
    context: &'a ExecContext<'a>,
}

/// The rows at hand, their values to expand, and the next row and item.
struct Current {
    chunk: Chunk,
    /// The number of the chunk's first row among those of the input.
    first_row: usize,
    values: Vec<DynamicColumn>,
    /// What the columns hold in the row at hand.
    items: Vec<Items>,
    row: usize,
    item: usize,
    /// What is expanded already.
    ready: VecDeque<Chunk>,
}

/// What a column holds in the row at hand; made once and filled for each row.
#[derive(Default)]
struct Items {
    /// The pieces of the column's JSON text: from and to.
    texts: Vec<(u32, u32)>,
    /// Or a value that is held as a tree.
    tree: Option<Dynamic>,
}

impl Items {
    /// Takes in the items of a row.
    fn fill(&mut self, column: &DynamicColumn, row: usize) {
        self.texts.clear();
        self.tree = None;
        let Some(text) = column.json().map(|texts| texts.bytes(row)) else {
            self.tree = Some(column.value(row));
            return;
        };
        let place = |item: &[u8]| {
            let start = item.as_ptr() as usize - text.as_ptr() as usize;
            (start as u32, (start + item.len()) as u32)
        };
        match json::items(text) {
            _ if u32::try_from(text.len()).is_err() => self.tree = Some(column.value(row)),
            Some(items) => self.texts.extend(items.map(place)),
            // Bags are rare, and their members are told apart by the tree.
            None if json::is_object(text) => self.tree = Some(column.value(row)),
            None => self.texts.push((0, text.len() as u32)),
        }
    }

    /// How many rows it gives. Null and single values give one.
    fn count(&self) -> usize {
        match &self.tree {
            None => self.texts.len(),
            Some(Dynamic::Array(items)) => items.len(),
            Some(Dynamic::Bag(bag)) => bag.len(),
            Some(_) => 1,
        }
    }

    /// Appends some of the items; null past the end.
    fn push(&self, out: &mut Expanded, text: &[u8], items: Range<usize>, kind: UnnestKind) {
        for item in items {
            match &self.tree {
                None => {
                    let (from, to) = self.texts.get(item).copied().unwrap_or_default();
                    out.push_json(text.get(from as usize..to as usize).unwrap_or_default());
                }
                Some(value) => out.push_tree(&item_of(value, item, kind)),
            }
        }
    }
}

/// A column of items.
enum Expanded {
    /// Strings, and dynamic values as JSON.
    Texts(StringBuilder, ScalarType),
    Values(ColumnBuilder),
}

impl Expanded {
    fn new(data_type: ScalarType, source: &DynamicColumn) -> Self {
        match data_type {
            ScalarType::String => Self::Texts(StringBuilder::default(), data_type),
            ScalarType::Dynamic if source.json().is_some() => {
                Self::Texts(StringBuilder::default(), data_type)
            }
            _ => Self::Values(ColumnBuilder::new(data_type)),
        }
    }

    fn push_json(&mut self, text: &[u8]) {
        match self {
            Self::Texts(texts, ScalarType::String) => texts.push_json_text(text),
            Self::Texts(texts, _) => texts.push_json(text),
            Self::Values(values) => values.push(&cast(&json::to_dynamic(text), values.scalar_type())),
        }
    }

    #[inline]
    fn push_item(&mut self, item: Item<'_>) {
        match (self, item) {
            (Self::Texts(texts, ScalarType::String), Item::Plain(content)) => texts.push_bytes(content),
            (Self::Texts(texts, _), Item::Plain(content)) => {
                texts.push_json_string(content);
                texts.end_text();
            }
            (Self::Values(values), Item::Plain(content)) => {
                let text = std::str::from_utf8(content).unwrap_or_default();
                values.push(&cast(&Dynamic::string(text), values.scalar_type()));
            }
            (out, Item::Raw(text)) => out.push_json(text),
        }
    }

    fn push_tree(&mut self, item: &Dynamic) {
        match self {
            Self::Texts(texts, ScalarType::String) => {
                texts.push(item.to_value(ScalarType::String).as_str().unwrap_or_default());
            }
            Self::Texts(texts, _) if item.is_null() => texts.push(""),
            Self::Texts(texts, _) => texts.push(&item.to_json()),
            Self::Values(values) => values.push(&cast(item, values.scalar_type())),
        }
    }

    fn finish(self) -> Column {
        match self {
            Self::Texts(texts, ScalarType::String) => Column::String(texts.finish()),
            Self::Texts(texts, _) => Column::Dynamic(DynamicColumn::from_json(texts.finish())),
            Self::Values(values) => values.finish(),
        }
    }
}

/// Expands the rows that hold short arrays or no array, from `row` on, until there are enough: most rows of most columns.
fn expand_texts(
    values: &DynamicColumn,
    out: &mut Expanded,
    row: &mut usize,
    rows: &mut Vec<u32>,
    max: usize,
) {
    /// So long a text may have so many items that its rows are better made in pieces.
    const LONG: usize = 1 << 12;
    let Some(texts) = values.json() else { return };
    while rows.len() < max && *row < texts.len() {
        let text = texts.bytes(*row);
        match json::items(text) {
            Some(mut items) if text.len() <= LONG => {
                while let Some(item) = items.next_item() {
                    rows.push(*row as u32);
                    out.push_item(item);
                }
            }
            None if !json::is_object(text) => {
                rows.push(*row as u32);
                out.push_json(text);
            }
            _ => return,
        }
        *row += 1;
    }
}

impl Expander<'_> {
    /// The first pieces of a chunk. A row may give any number of rows: what comes after them is made when it is asked for.
    fn begin(&self, chunk: Chunk, first_row: usize) -> Result<Current> {
        let values = self.program.run(self.context, &chunk)?;
        let values: Vec<DynamicColumn> = values.iter().map(dynamics).collect();
        let items = values.iter().map(|_| Items::default()).collect();
        let (row, item, ready) = (0, 0, VecDeque::new());
        let mut current = Current { chunk, first_row, values, items, row, item, ready };
        for _ in 0..PIECES_AHEAD {
            let Some(piece) = self.expand(&mut current) else { break };
            current.ready.push_back(piece);
        }
        Ok(current)
    }

    /// The next piece.
    fn expand(&self, current: &mut Current) -> Option<Chunk> {
        let max = self.context.chunk_rows();
        let mut builders: Vec<Expanded> = self
            .columns
            .iter()
            .zip(&current.values)
            .map(|(column, values)| Expanded::new(column.data_type, values))
            .collect();
        let (mut rows, mut items) = (Vec::new(), Vec::new());
        let numbered = self.layout.contains(&UnnestOutput::ItemIndex);
        if let ([values], [builder], false, usize::MAX) =
            (&current.values[..], &mut builders[..], numbered, self.limit)
            && current.item == 0
        {
            expand_texts(values, builder, &mut current.row, &mut rows, max);
        }
        while rows.len() < max && current.row < current.chunk.len() {
            if current.item == 0 {
                for (items, values) in current.items.iter_mut().zip(&current.values) {
                    items.fill(values, current.row);
                }
            }
            let count = current.items.iter().map(Items::count).max().unwrap_or(0).min(self.limit);
            let end = count.min(current.item.saturating_add(max - rows.len()));
            rows.resize(rows.len() + end - current.item, current.row as u32);
            items.extend((current.item..end).map(|item| item as i64));
            for ((builder, values), found) in builders.iter_mut().zip(&current.values).zip(&current.items) {
                let text = values.json().map_or(&[][..], |texts| texts.bytes(current.row));
                found.push(builder, text, current.item..end, self.kind);
            }
            if end == count {
                current.row += 1;
                current.item = 0;
            } else {
                current.item = end;
            }
        }
        if rows.is_empty() {
            return None;
        }
        let same = rows.len() == current.chunk.len() && (0_u32..).zip(&rows).all(|(at, row)| at == *row);
        let input_rows = self.layout.contains(&UnnestOutput::InputRow).then(|| {
            Column::longs(rows.iter().map(|row| current.first_row as i64 + i64::from(*row)).collect())
        });
        let source = if same { current.chunk.clone() } else { current.chunk.select(rows) };
        let expanded: Vec<Column> = builders.into_iter().map(Expanded::finish).collect();
        let mut out = Chunk::without_columns(source.len());
        for place in self.layout {
            match place {
                UnnestOutput::Input(place) => out.push_from(&source, *place),
                UnnestOutput::Item(place) => {
                    expanded.get(*place).into_iter().for_each(|it| out.push(it.clone()))
                }
                UnnestOutput::ItemIndex => out.push(Column::longs(items.clone())),
                UnnestOutput::InputRow => input_rows.iter().for_each(|it| out.push(it.clone())),
            }
        }
        Some(out)
    }
}

impl Stream for Unnest<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        loop {
            if let Some(mut current) = self.waiting.pop_front() {
                let next = current.ready.pop_front().or_else(|| self.expander.expand(&mut current));
                if let Some(chunk) = next {
                    self.waiting.push_front(current);
                    return Ok(Some(chunk));
                }
                continue;
            }
            let chunks = take(&mut *self.input, self.batch.next())?;
            if chunks.is_empty() {
                return Ok(None);
            }
            let numbered = chunks.into_iter().map(|chunk| {
                self.rows += chunk.len();
                (self.rows - chunk.len(), chunk)
            });
            let (expander, numbered) = (&self.expander, numbered.collect());
            let begun = expander
                .context
                .workers(self.threads)
                .map(numbered, |(first, chunk)| expander.begin(chunk, first));
            self.waiting = begun.into_iter().collect::<Result<_>>()?;
        }
    }
}

/// So many pieces of a chunk are made before they are asked for.
const PIECES_AHEAD: usize = 4;

fn dynamics(column: &Column) -> DynamicColumn {
    match column.convert(ScalarType::Dynamic).to_flat() {
        Column::Dynamic(values) => values,
        other => DynamicColumn::new(vec![Dynamic::Null; other.len()]),
    }
}

/// An item of a value; null past its end.
fn item_of(value: &Dynamic, item: usize, kind: UnnestKind) -> Dynamic {
    match value {
        Dynamic::Array(items) => items.get(item).cloned().unwrap_or_default(),
        Dynamic::Bag(bag) => match (bag.get_index(item), kind) {
            (None, _) => Dynamic::Null,
            (Some((key, value)), UnnestKind::Bag) => {
                let mut one = Bag::new();
                one.insert(Arc::clone(key), value.clone());
                Dynamic::bag(one)
            }
            (Some((key, value)), UnnestKind::Array) => {
                Dynamic::array(vec![Dynamic::String(Arc::clone(key)), value.clone()])
            }
        },
        single if item == 0 => single.clone(),
        _ => Dynamic::Null,
    }
}

/// An item as a value of the named type. Texts are not parsed, save for the very form in which a dynamic value holds
/// what JSON has no literal for.
fn cast(item: &Dynamic, data_type: ScalarType) -> Value {
    let null = || Value::null_of(data_type);
    match (item, data_type) {
        (Dynamic::Null, _) => null(),
        (item, ScalarType::Dynamic) => Value::Dynamic(item.clone()),
        (item, ScalarType::String) => item.to_value(ScalarType::String),
        (Dynamic::Bool(_), ScalarType::Bool) => item.to_value(data_type),
        (
            Dynamic::Long(_) | Dynamic::Real(_) | Dynamic::Decimal(_),
            ScalarType::Int | ScalarType::Long | ScalarType::Real | ScalarType::Decimal,
        ) => item.to_value(data_type),
        (Dynamic::DateTime(_), ScalarType::DateTime)
        | (Dynamic::TimeSpan(_), ScalarType::TimeSpan)
        | (Dynamic::Guid(_), ScalarType::Guid) => item.to_value(data_type),
        (Dynamic::String(text), ScalarType::DateTime) => DateTime::parse(text)
            .filter(|it| it.to_string() == **text || it.to_short_string() == **text)
            .map_or_else(null, Value::DateTime),
        (Dynamic::String(text), ScalarType::TimeSpan) => {
            TimeSpan::parse(text).filter(|it| it.to_string() == **text).map_or_else(null, Value::TimeSpan)
        }
        (Dynamic::String(text), ScalarType::Guid) => {
            Guid::parse(text).filter(|it| it.to_string() == **text).map_or_else(null, Value::Guid)
        }
        (Dynamic::String(text), ScalarType::Decimal) => {
            Decimal::parse(text).filter(|it| it.to_string() == **text).map_or_else(null, Value::Decimal)
        }
        (Dynamic::String(text), ScalarType::Real) => match &**text {
            "NaN" => Value::Real(f64::NAN),
            "Infinity" => Value::Real(f64::INFINITY),
            "-Infinity" => Value::Real(f64::NEG_INFINITY),
            _ => null(),
        },
        _ => null(),
    }
}
