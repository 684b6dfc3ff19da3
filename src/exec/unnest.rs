//! `mv-expand`: a row for each item of arrays and property bags, several of them side by side.
//! It must not know where the rows come from.

use std::sync::Arc;

use super::eval::Program;
use super::limit::row_count;
use super::stream::{Chunks, Operator, State, Stream, build as build_stream};
use crate::column::{Chunk, Column, ColumnBuilder, DynamicColumn};
use crate::function::Result;
use crate::plan::{Expr, Plan, UnnestColumn, UnnestKind};
use crate::types::{Bag, DateTime, Decimal, Dynamic, Guid, ScalarType, TimeSpan, Value};

/// What a [`crate::plan::Node::Unnest`] holds beside its input.
pub(super) struct Parts<'a> {
    pub(super) input: &'a Plan,
    pub(super) columns: &'a [UnnestColumn],
    pub(super) layout: &'a [Result<usize, usize>],
    pub(super) kind: UnnestKind,
    pub(super) limit: Option<&'a Expr>,
}

pub(super) fn build<'a>(plan: &'a Plan, parts: &Parts<'a>, state: &'a State<'a>) -> Result<Chunks<'a>> {
    let at = Operator::of(plan);
    Ok(Box::new(Unnest {
        program: Program::new(state, parts.columns.iter().map(|column| &column.expr))?,
        input: build_stream(parts.input, state)?,
        columns: parts.columns,
        layout: parts.layout,
        kind: parts.kind,
        limit: parts.limit.map_or(Ok(usize::MAX), |limit| row_count(limit, at, state))?,
        current: None,
        state,
    }))
}

struct Unnest<'a> {
    program: Program,
    input: Chunks<'a>,
    columns: &'a [UnnestColumn],
    layout: &'a [Result<usize, usize>],
    kind: UnnestKind,
    limit: usize,
    current: Option<Current>,
    state: &'a State<'a>,
}

/// The rows at hand, their values to expand, and the next row and item.
struct Current {
    chunk: Chunk,
    values: Vec<DynamicColumn>,
    row: usize,
    item: usize,
}

impl Unnest<'_> {
    fn expand(&mut self) -> Option<Chunk> {
        let most = self.state.chunk_rows();
        let current = self.current.as_mut()?;
        let mut builders: Vec<ColumnBuilder> =
            self.columns.iter().map(|column| ColumnBuilder::new(column.kind)).collect();
        let (mut rows, mut items) = (Vec::new(), Vec::new());
        while rows.len() < most && current.row < current.chunk.len() {
            let values: Vec<&Dynamic> = current
                .values
                .iter()
                .map(|column| column.values().get(current.row).unwrap_or(&Dynamic::Null))
                .collect();
            let count = values.iter().map(|value| item_count(value)).max().unwrap_or(0).min(self.limit);
            let end = count.min(current.item.saturating_add(most - rows.len()));
            for item in current.item..end {
                rows.push(current.row as u32);
                items.push(item as i64);
            }
            for ((builder, column), value) in builders.iter_mut().zip(self.columns).zip(&values) {
                for item in current.item..end {
                    push(builder, &item_of(value, item, self.kind), column.kind);
                }
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
        let source = if same { current.chunk.clone() } else { current.chunk.select(rows) };
        let expanded: Vec<Column> = builders.into_iter().map(ColumnBuilder::finish).collect();
        let mut out = Chunk::without_columns(source.len());
        for place in self.layout {
            match place {
                Ok(place) => out.push_from(&source, *place),
                Err(place) => match expanded.get(*place) {
                    Some(column) => out.push(column.clone()),
                    // The place after the expanded columns is the item's number.
                    None => out.push(Column::longs(items.clone())),
                },
            }
        }
        Some(out)
    }
}

impl Stream for Unnest<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        loop {
            if let Some(chunk) = self.expand() {
                return Ok(Some(chunk));
            }
            let Some(chunk) = self.input.next()? else { return Ok(None) };
            let values = self.program.run(self.state, &chunk)?;
            let values = values.iter().map(dynamics).collect();
            self.current = Some(Current { chunk, values, row: 0, item: 0 });
        }
    }
}

fn dynamics(column: &Column) -> DynamicColumn {
    match column.convert(ScalarType::Dynamic).to_flat() {
        Column::Dynamic(values) => values,
        other => DynamicColumn::new(vec![Dynamic::Null; other.len()]),
    }
}

/// How many rows a value gives. Null and single values give one.
fn item_count(value: &Dynamic) -> usize {
    match value {
        Dynamic::Array(items) => items.len(),
        Dynamic::Bag(bag) => bag.len(),
        _ => 1,
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

fn push(builder: &mut ColumnBuilder, item: &Dynamic, kind: ScalarType) {
    builder.push(&cast(item, kind));
}

/// An item as a value of the named type. Texts are not parsed, save for the very form in which a dynamic value holds
/// what JSON has no literal for.
fn cast(item: &Dynamic, kind: ScalarType) -> Value {
    let null = || Value::null_of(kind);
    match (item, kind) {
        (Dynamic::Null, _) => null(),
        (item, ScalarType::Dynamic) => Value::Dynamic(item.clone()),
        (item, ScalarType::String) => item.to_value(ScalarType::String),
        (Dynamic::Bool(_), ScalarType::Bool) => item.to_value(kind),
        (
            Dynamic::Long(_) | Dynamic::Real(_) | Dynamic::Decimal(_),
            ScalarType::Int | ScalarType::Long | ScalarType::Real | ScalarType::Decimal,
        ) => item.to_value(kind),
        (Dynamic::DateTime(_), ScalarType::DateTime)
        | (Dynamic::TimeSpan(_), ScalarType::TimeSpan)
        | (Dynamic::Guid(_), ScalarType::Guid) => item.to_value(kind),
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
