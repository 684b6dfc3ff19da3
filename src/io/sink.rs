//! Collects the cells of one column; strings get a dictionary while it pays. It must not know where cells come from.

use super::cell::Fit;
use crate::column::{Column, ColumnBuilder, DictionaryBuilder, StringBuilder};
use crate::types::{ScalarType, Value};

/// A column that is being filled. Rows that got no cell are null.
pub(super) struct Sink {
    kind: ScalarType,
    cells: Cells,
    rows: usize,
}

enum Cells {
    /// No cell but nulls so far.
    Unseen,
    Values(ColumnBuilder),
    Dictionary(DictionaryBuilder),
    Texts(StringBuilder),
}

/// Below so many distinct strings a dictionary is always kept while loading.
const SMALL_DICTIONARY: usize = 1024;

impl Sink {
    pub(super) fn new(kind: ScalarType) -> Self {
        Self { kind, cells: Cells::Unseen, rows: 0 }
    }

    /// Appends the cell of row `row`; rows between the last one and this one are null.
    pub(super) fn push(&mut self, row: usize, cell: &Fit<'_>) {
        if matches!(self.cells, Cells::Unseen) {
            self.cells = if self.kind == ScalarType::String {
                Cells::Dictionary(DictionaryBuilder::default())
            } else {
                Cells::Values(ColumnBuilder::new(self.kind))
            };
        }
        self.pad(row);
        match (&mut self.cells, cell) {
            (Cells::Values(values), Fit::Value(value)) => values.push(value),
            (Cells::Values(values), Fit::Text(text)) => values.push_str(text),
            (_, Fit::Text(text)) => self.push_text(text),
            (_, Fit::Value(value)) => {
                let text = value.to_text();
                self.push_text(&text);
            }
        }
        self.rows += 1;
    }

    fn push_text(&mut self, text: &str) {
        match &mut self.cells {
            Cells::Texts(texts) => texts.push(text),
            Cells::Dictionary(texts) => {
                texts.push(text);
                if texts.distinct() > SMALL_DICTIONARY && texts.distinct() > texts.len() / 2 {
                    let encoded = std::mem::take(texts).finish();
                    let mut plain = StringBuilder::with_capacity(encoded.len() * 2);
                    (0..encoded.len()).for_each(|row| plain.push(encoded.get(row)));
                    self.cells = Cells::Texts(plain);
                }
            }
            Cells::Unseen | Cells::Values(_) => {}
        }
    }

    fn pad(&mut self, row: usize) {
        while self.rows < row {
            match &mut self.cells {
                Cells::Unseen => {}
                Cells::Values(values) => values.push(&Value::Null),
                Cells::Dictionary(_) | Cells::Texts(_) => self.push_text(""),
            }
            self.rows += 1;
        }
    }

    /// The column with `rows` rows.
    pub(super) fn finish(mut self, rows: usize) -> Column {
        self.pad(rows);
        match self.cells {
            Cells::Unseen => Column::nulls(self.kind, rows),
            Cells::Values(values) => values.finish(),
            Cells::Texts(texts) => Column::String(texts.finish()),
            Cells::Dictionary(texts) => {
                // A dictionary that saves little is only one more step on the way to each text.
                let pays = texts.distinct() <= rows / 2 || texts.distinct() <= 1;
                let encoded = texts.finish();
                Column::String(if pays { encoded } else { encoded.to_plain() })
            }
        }
    }
}
