//! Writes out chunks that an operator holds, and counts their bytes. It must not know operators.

use crate::column::{Chunk, Column, StringColumn};

/// Writes out chunks that are to be held, and says how many bytes each one adds.
#[derive(Default)]
pub(super) struct Gather {
    /// Dictionaries that are counted already: many chunks share one.
    dictionaries: Vec<StringColumn>,
}

impl Gather {
    /// The chunk with its rows written out, so that it holds nothing else, and the bytes it adds.
    pub(super) fn add(&mut self, chunk: &Chunk) -> (Chunk, usize) {
        let columns = chunk.columns();
        let bytes = columns.iter().map(|column| self.size(column)).sum();
        (Chunk::new(columns, chunk.len()), bytes)
    }

    fn size(&mut self, column: &Column) -> usize {
        let Some(texts) = column.as_strings() else { return column.byte_size() };
        let Some((codes, _)) = texts.dictionary() else { return column.byte_size() };
        if self.dictionaries.iter().rev().take(64).any(|known| known.same_values(texts)) {
            return size_of_val(codes);
        }
        self.dictionaries.push(texts.slice(0, 0));
        column.byte_size()
    }
}
