//! Collects the cells of one column; strings get a dictionary while it pays. It must not know where cells come from.

use super::cell::Fit;
use crate::column::{Column, ColumnBuilder, DictionaryBuilder, DynamicColumn, StringBuilder, StringColumn};
use crate::types::{Dynamic, ScalarType, Value};

/// A column that is being filled. Rows that got no cell are null.
pub(super) struct Sink {
    kind: ScalarType,
    cells: Cells,
    /// How many rows there are; [`NONE`] while no cell was seen.
    rows: usize,
    /// About how many there will be.
    expected: usize,
    /// Strings are not worth a dictionary.
    plain: bool,
}

/// No rows are written down yet, whatever their number.
const NONE: usize = usize::MAX;

enum Cells {
    /// No cell but nulls so far.
    Unseen,
    Values(ColumnBuilder),
    Dictionary(DictionaryBuilder),
    Texts(StringBuilder),
}

/// Below so many distinct strings a dictionary is always kept while loading.
const SMALL_DICTIONARY: usize = 1 << 14;

/// A dictionary that does not fit a processor's cache does not pay.
const MOST_VALUES: usize = 1 << 16;

impl Sink {
    pub(super) fn new(kind: ScalarType) -> Self {
        Self { kind, cells: Cells::Unseen, rows: NONE, expected: 0, plain: false }
    }

    /// Makes room for about as many rows, so that the memory need not grow and be copied.
    pub(super) fn expect(&mut self, rows: usize) {
        self.expected = rows;
        match &mut self.cells {
            Cells::Unseen => {}
            Cells::Values(values) => values.expect(rows),
            Cells::Dictionary(texts) => texts.expect(rows),
            Cells::Texts(texts) => texts.expect(rows),
        }
    }

    /// Appends the cell of row `row`; rows between the last one and this one are null.
    pub(super) fn push(&mut self, row: usize, cell: &Fit<'_>) {
        self.begin(row);
        match (&mut self.cells, cell) {
            (Cells::Values(values), Fit::Value(value)) => values.push(value),
            (Cells::Values(values), Fit::Text(text)) => values.push_str(text),
            (_, Fit::Text(text)) => self.append(text.as_bytes()),
            (_, Fit::Value(Value::Dynamic(Dynamic::Null) | Value::Null)) => self.append(b""),
            // Dynamic values are held as JSON.
            (_, Fit::Value(Value::Dynamic(value))) => self.append(value.to_json().as_bytes()),
            (_, Fit::Value(value)) => {
                let text = value.to_text();
                self.append(text.as_bytes());
            }
        }
        self.rows += 1;
    }

    /// Appends a text, which is UTF-8, to a column of strings.
    #[inline]
    pub(super) fn push_text(&mut self, row: usize, text: &[u8]) {
        self.begin(row);
        self.append(text);
        self.rows += 1;
    }

    /// Appends a number of a column of longs, or of ticks.
    #[inline]
    pub(super) fn push_long(&mut self, row: usize, value: i64) {
        self.begin(row);
        if let Cells::Values(values) = &mut self.cells {
            values.push_long(value);
        }
        self.rows += 1;
    }

    /// Appends a number of a column of reals.
    #[inline]
    pub(super) fn push_real(&mut self, row: usize, value: f64) {
        self.begin(row);
        if let Cells::Values(values) = &mut self.cells {
            values.push_real(value);
        }
        self.rows += 1;
    }

    /// Takes rows away, so that there are no more than `rows`.
    pub(super) fn truncate(&mut self, rows: usize) {
        if self.rows == NONE || self.rows <= rows {
            return;
        }
        match &mut self.cells {
            Cells::Unseen => {}
            Cells::Values(values) => values.truncate(rows),
            Cells::Dictionary(texts) => texts.truncate(rows),
            Cells::Texts(texts) => texts.truncate(rows),
        }
        self.rows = rows;
    }

    #[inline]
    fn begin(&mut self, row: usize) {
        if self.rows != row {
            self.catch_up(row);
        }
    }

    /// Writes down that the rows before this one are null.
    #[cold]
    fn catch_up(&mut self, row: usize) {
        if self.rows == NONE {
            self.cells = match self.kind {
                ScalarType::String | ScalarType::Dynamic if self.plain => {
                    Cells::Texts(StringBuilder::default())
                }
                ScalarType::String | ScalarType::Dynamic => Cells::Dictionary(DictionaryBuilder::default()),
                kind => Cells::Values(ColumnBuilder::new(kind)),
            };
            self.rows = 0;
            self.expect(self.expected);
        }
        while self.rows < row {
            match &mut self.cells {
                Cells::Unseen => {}
                Cells::Values(values) => values.push(&Value::Null),
                Cells::Dictionary(_) | Cells::Texts(_) => self.append(b""),
            }
            self.rows += 1;
        }
    }

    #[inline]
    fn append(&mut self, text: &[u8]) {
        match &mut self.cells {
            Cells::Texts(texts) => texts.push_bytes(text),
            Cells::Dictionary(texts) => {
                if texts.push_bytes(text) && texts.distinct() > SMALL_DICTIONARY {
                    self.leave_dictionary();
                }
            }
            Cells::Unseen | Cells::Values(_) => {}
        }
    }

    /// Writes the texts out where a dictionary does not pay.
    #[cold]
    fn leave_dictionary(&mut self) {
        if let Cells::Dictionary(texts) = &mut self.cells
            && (texts.distinct() > texts.len() / 2 || texts.distinct() > MOST_VALUES)
        {
            let mut plain = StringBuilder::default();
            plain.append(&std::mem::take(texts).finish());
            plain.expect(self.expected);
            self.cells = Cells::Texts(plain);
        }
    }

    /// The column with `rows` rows; the sink starts anew, with what it has learnt.
    pub(super) fn take(&mut self, rows: usize) -> Column {
        if self.rows != NONE {
            self.catch_up(rows);
        }
        self.plain = match &self.cells {
            Cells::Texts(_) => true,
            Cells::Dictionary(texts) => texts.distinct() > texts.len() / 2 && texts.len() > FEW_ROWS,
            Cells::Unseen | Cells::Values(_) => false,
        };
        self.rows = NONE;
        self.expected = rows;
        match std::mem::replace(&mut self.cells, Cells::Unseen) {
            Cells::Unseen => Column::nulls(self.kind, rows),
            Cells::Values(values) => values.finish(),
            Cells::Texts(texts) => texts_of(self.kind, texts.finish()),
            Cells::Dictionary(texts) => texts_of(self.kind, texts.finish()),
        }
    }
}

/// Texts as a column: of strings, or of dynamic values that are held as JSON.
fn texts_of(kind: ScalarType, texts: StringColumn) -> Column {
    if kind == ScalarType::Dynamic {
        Column::Dynamic(DynamicColumn::from_json(texts))
    } else {
        Column::String(texts)
    }
}

/// Fewer rows do not tell whether a dictionary pays.
const FEW_ROWS: usize = 1024;

/// One column of several pieces: `parts` says which rows of which come one after the other.
pub(super) fn join(kind: ScalarType, mut pieces: Vec<Column>, parts: &[Part]) -> Column {
    if kind == ScalarType::Dynamic {
        let texts = pieces.iter().map(json_of).collect();
        return match join(ScalarType::String, texts, parts) {
            Column::String(texts) => texts_of(kind, texts),
            column => Column::nulls(kind, column.len()),
        };
    }
    let whole = matches!(parts, [part] if pieces.len() == 1 && pieces[0].len() == part.len);
    if let (true, Some(column)) = (whole, pieces.pop_if(|_| whole)) {
        return match column {
            Column::String(texts) => Column::String(settled(texts)),
            column => column,
        };
    }
    let constant = pieces.iter().all(|column| column.as_constant().is_some());
    if !constant
        && let Some(texts) = StringColumn::join(&pieces, parts.iter().map(|it| (it.piece, it.offset, it.len)))
    {
        return Column::String(settled(texts));
    }
    let slices: Vec<Column> = parts
        .iter()
        .filter_map(|it| pieces.get(it.piece).map(|column| column.slice(it.offset, it.len)))
        .collect();
    Column::concat(kind, &slices)
}

/// The JSON of a column that [`texts_of`] made; nothing for nulls.
fn json_of(column: &Column) -> Column {
    match column {
        Column::Dynamic(values) => values.json().cloned().map(Column::String),
        _ => None,
    }
    .unwrap_or_else(|| Column::nulls(ScalarType::String, column.len()))
}

/// Rows of one of several pieces.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub piece: usize,
    pub offset: usize,
    pub len: usize,
}

/// A dictionary that saves little is only one more step on the way to each text.
fn settled(texts: StringColumn) -> StringColumn {
    match texts.dictionary() {
        Some((rows, distinct)) if distinct > 1 && (distinct > rows.len() / 2 || distinct > MOST_VALUES) => {
            texts.to_plain()
        }
        _ => texts,
    }
}
