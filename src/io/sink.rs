//! Collects the cells of one column; strings get a dictionary while it pays, and pieces are joined at the end.

use super::cell::TypedCell;
use crate::column::{Column, ColumnBuilder, DictionaryBuilder, DynamicColumn, StringBuilder, StringColumn};
use crate::types::{Dynamic, ScalarType, Value};

/// A column that is being filled. Rows that got no cell are null.
pub(super) struct ColumnSink {
    data_type: ScalarType,
    cells: SinkBuffer,
    /// How many rows there are; [`NONE`] while no cell was seen.
    rows: usize,
    /// About how many there will be.
    expected: usize,
    /// Strings are not worth a dictionary.
    plain: bool,
}

/// No rows are written down yet, whatever their number.
const NONE: usize = usize::MAX;

enum SinkBuffer {
    /// No cell but nulls so far.
    Unseen,
    Values(ColumnBuilder),
    Dictionary(DictionaryBuilder),
    Texts(StringBuilder),
}

/// Up to this number of distinct strings a dictionary is always kept while loading.
const SMALL_DICTIONARY_VALUES: usize = 1 << 14;

/// The most values of a dictionary that fits a processor's cache; larger ones do not pay.
const MAX_DICTIONARY_VALUES: usize = 1 << 16;

impl ColumnSink {
    pub(super) fn new(data_type: ScalarType) -> Self {
        Self { data_type, cells: SinkBuffer::Unseen, rows: NONE, expected: 0, plain: false }
    }

    /// Reserves memory for about as many rows, so that it need not grow and be copied.
    pub(super) fn expect(&mut self, rows: usize) {
        self.expected = rows;
        match &mut self.cells {
            SinkBuffer::Unseen => {}
            SinkBuffer::Values(values) => values.expect(rows),
            SinkBuffer::Dictionary(texts) => texts.expect(rows),
            SinkBuffer::Texts(texts) => texts.expect(rows),
        }
    }

    /// How many bytes the cells take, about.
    pub(super) fn byte_size(&self) -> usize {
        match &self.cells {
            SinkBuffer::Unseen => 0,
            SinkBuffer::Values(values) => values.len() * MAX_WIDTH,
            SinkBuffer::Dictionary(texts) => texts.byte_size(),
            SinkBuffer::Texts(texts) => texts.byte_size(),
        }
    }

    /// Appends the cell of row `row`; rows between the last one and this one are null.
    pub(super) fn push(&mut self, row: usize, cell: &TypedCell<'_>) {
        self.begin(row);
        match (&mut self.cells, cell) {
            (SinkBuffer::Values(values), TypedCell::Value(value)) => values.push(value),
            (SinkBuffer::Values(values), TypedCell::Text(text)) => values.push_str(text),
            (_, TypedCell::Text(text)) => self.append(text.as_bytes()),
            (_, TypedCell::Value(Value::Dynamic(Dynamic::Null) | Value::Null)) => self.append(b""),
            // Dynamic values are held as JSON.
            (_, TypedCell::Value(Value::Dynamic(value))) => self.append(value.to_json().as_bytes()),
            (_, TypedCell::Value(value)) => {
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
        if let SinkBuffer::Values(values) = &mut self.cells {
            values.push_long(value);
        }
        self.rows += 1;
    }

    /// Appends a number of a column of reals.
    #[inline]
    pub(super) fn push_real(&mut self, row: usize, value: f64) {
        self.begin(row);
        if let SinkBuffer::Values(values) = &mut self.cells {
            values.push_real(value);
        }
        self.rows += 1;
    }

    /// Removes the rows after the first `rows`.
    pub(super) fn truncate(&mut self, rows: usize) {
        if self.rows == NONE || self.rows <= rows {
            return;
        }
        match &mut self.cells {
            SinkBuffer::Unseen => {}
            SinkBuffer::Values(values) => values.truncate(rows),
            SinkBuffer::Dictionary(texts) => texts.truncate(rows),
            SinkBuffer::Texts(texts) => texts.truncate(rows),
        }
        self.rows = rows;
    }

    #[inline]
    fn begin(&mut self, row: usize) {
        if self.rows != row {
            self.catch_up(row);
        }
    }

    /// Appends nulls for the rows before this one.
    #[cold]
    fn catch_up(&mut self, row: usize) {
        if self.rows == NONE {
            self.cells = match self.data_type {
                ScalarType::String | ScalarType::Dynamic if self.plain => {
                    SinkBuffer::Texts(StringBuilder::default())
                }
                ScalarType::String | ScalarType::Dynamic => {
                    SinkBuffer::Dictionary(DictionaryBuilder::default())
                }
                data_type => SinkBuffer::Values(ColumnBuilder::new(data_type)),
            };
            self.rows = 0;
            self.expect(self.expected);
        }
        while self.rows < row {
            match &mut self.cells {
                SinkBuffer::Unseen => {}
                SinkBuffer::Values(values) => values.push(&Value::Null),
                SinkBuffer::Dictionary(_) | SinkBuffer::Texts(_) => self.append(b""),
            }
            self.rows += 1;
        }
    }

    #[inline]
    fn append(&mut self, text: &[u8]) {
        match &mut self.cells {
            SinkBuffer::Texts(texts) => texts.push_bytes(text),
            SinkBuffer::Dictionary(texts) => {
                if texts.push_bytes(text) && texts.distinct() > SMALL_DICTIONARY_VALUES {
                    self.leave_dictionary();
                }
            }
            SinkBuffer::Unseen | SinkBuffer::Values(_) => {}
        }
    }

    /// Replaces a dictionary that does not pay by plain texts.
    #[cold]
    fn leave_dictionary(&mut self) {
        if let SinkBuffer::Dictionary(texts) = &mut self.cells
            && (texts.distinct() > texts.len() / 2 || texts.distinct() > MAX_DICTIONARY_VALUES)
        {
            let mut plain = StringBuilder::default();
            plain.append(&std::mem::take(texts).finish());
            plain.expect(self.expected);
            self.cells = SinkBuffer::Texts(plain);
        }
    }

    /// Takes the column with `rows` rows; the sink starts anew, and remembers whether a dictionary paid.
    pub(super) fn take(&mut self, rows: usize) -> Column {
        if self.rows != NONE {
            self.catch_up(rows);
        }
        self.plain = match &self.cells {
            SinkBuffer::Texts(_) => true,
            SinkBuffer::Dictionary(texts) => {
                texts.distinct() > texts.len() / 2 && texts.len() > MIN_JUDGED_ROWS
            }
            SinkBuffer::Unseen | SinkBuffer::Values(_) => false,
        };
        self.rows = NONE;
        self.expected = rows;
        match std::mem::replace(&mut self.cells, SinkBuffer::Unseen) {
            SinkBuffer::Unseen => Column::nulls(self.data_type, rows),
            SinkBuffer::Values(values) => values.finish(),
            SinkBuffer::Texts(texts) => texts_of(self.data_type, texts.finish()),
            SinkBuffer::Dictionary(texts) => texts_of(self.data_type, texts.finish()),
        }
    }
}

/// Makes a column of texts: of strings, or of dynamic values that are held as JSON.
fn texts_of(data_type: ScalarType, texts: StringColumn) -> Column {
    if data_type == ScalarType::Dynamic {
        Column::Dynamic(DynamicColumn::from_json(texts))
    } else {
        Column::String(texts)
    }
}

/// The fewest rows that show whether a dictionary pays.
const MIN_JUDGED_ROWS: usize = 1024;

/// The most bytes of a value of one size.
const MAX_WIDTH: usize = 16;

/// Joins pieces of a column: `parts` has the rows of pieces in their order.
pub(super) fn join(data_type: ScalarType, mut pieces: Vec<Column>, parts: &[PieceRows]) -> Column {
    if data_type == ScalarType::Dynamic {
        let texts = pieces.iter().map(json_of).collect();
        return match join(ScalarType::String, texts, parts) {
            Column::String(texts) => texts_of(data_type, texts),
            column => Column::nulls(data_type, column.len()),
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
    Column::concat(data_type, &slices)
}

/// The JSON of a column that [`texts_of`] made; nothing for nulls.
fn json_of(column: &Column) -> Column {
    match column {
        Column::Dynamic(values) => values.json().cloned().map(Column::String),
        _ => None,
    }
    .unwrap_or_else(|| Column::nulls(ScalarType::String, column.len()))
}

/// A range of rows of one of several pieces.
#[derive(Debug, Clone, Copy)]
pub(super) struct PieceRows {
    pub piece: usize,
    pub offset: usize,
    pub len: usize,
}

/// Replaces a dictionary that saves little: it is only one more step on the way to each text.
fn settled(texts: StringColumn) -> StringColumn {
    match texts.dictionary() {
        Some((rows, distinct))
            if distinct > 1 && (distinct > rows.len() / 2 || distinct > MAX_DICTIONARY_VALUES) =>
        {
            texts.to_plain()
        }
        _ => texts,
    }
}
