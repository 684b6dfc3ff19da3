//! A chunk: some rows of several columns, filtered late. It must not know operators.

use std::sync::{Arc, OnceLock};

use super::Column;
use crate::types::{ColumnSchema, Schema};

/// Row numbers, shared between the columns that they select from.
pub type Rows = Arc<Vec<u32>>;

/// Some rows of several columns.
///
/// A filter keeps the columns as they are and notes which rows are left; a column is gathered when it is first read.
/// Columns that nobody reads are never gathered.
#[derive(Debug, Clone, Default)]
pub struct Chunk {
    slots: Vec<Slot>,
    len: usize,
}

#[derive(Debug, Clone)]
struct Slot {
    base: Column,
    /// The rows of `base` that are meant; all of them where there is none.
    rows: Option<Rows>,
    gathered: OnceLock<Column>,
}

impl Slot {
    fn whole(base: Column) -> Self {
        Self { base, rows: None, gathered: OnceLock::new() }
    }
}

impl Chunk {
    /// A chunk of whole columns, each with `len` rows.
    #[must_use]
    pub fn new(columns: Vec<Column>, len: usize) -> Self {
        Self { slots: columns.into_iter().map(Slot::whole).collect(), len }
    }

    /// The rows of one chunk after the other, which all have the schema's columns.
    #[must_use]
    pub fn concat(schema: &Schema, chunks: &[Chunk]) -> Chunk {
        let column = |(at, column): (usize, &ColumnSchema)| {
            let parts: Vec<Column> = chunks.iter().map(|chunk| chunk.column(at)).collect();
            Column::concat(column.kind, &parts)
        };
        let columns = schema.columns.iter().enumerate().map(column).collect();
        Chunk::new(columns, chunks.iter().map(Chunk::len).sum())
    }

    /// How many rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// No rows.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many columns.
    #[must_use]
    pub fn width(&self) -> usize {
        self.slots.len()
    }

    /// A column with this chunk's rows. A place past the last column gives a column of nulls, which no plan asks for.
    #[must_use]
    pub fn column(&self, at: usize) -> Column {
        let Some(slot) = self.slots.get(at) else {
            return Column::nulls(crate::types::ScalarType::Dynamic, self.len);
        };
        match &slot.rows {
            None => slot.base.clone(),
            Some(rows) => slot.gathered.get_or_init(|| slot.base.take(rows)).clone(),
        }
    }

    /// Every column with this chunk's rows.
    #[must_use]
    pub fn columns(&self) -> Vec<Column> {
        (0..self.width()).map(|at| self.column(at)).collect()
    }

    /// Appends a column of this chunk's length.
    pub fn push(&mut self, column: Column) {
        self.slots.push(Slot::whole(column));
    }

    /// Appends a column of another chunk with the same rows, still ungathered.
    pub fn push_from(&mut self, other: &Chunk, at: usize) {
        if let Some(slot) = other.slots.get(at) {
            self.slots.push(slot.clone());
        }
    }

    /// Appends the given rows of a column, still ungathered; [`super::NO_ROW`] gives null (the empty string).
    pub fn push_rows(&mut self, base: Column, rows: Rows) {
        if matches!(base, Column::Constant(_)) {
            return self.push(base.take(&rows));
        }
        self.slots.push(Slot { base, rows: Some(rows), gathered: OnceLock::new() });
    }

    /// No columns, but the given number of rows.
    #[must_use]
    pub const fn without_columns(len: usize) -> Self {
        Self { slots: Vec::new(), len }
    }

    /// The rows of this chunk at the given places, in that order; nothing is gathered yet.
    #[must_use]
    pub fn select(&self, rows: Vec<u32>) -> Chunk {
        let rows: Rows = Arc::new(rows);
        // Columns filtered by the same rows before share the combined rows after.
        let mut combined: Vec<(Rows, Rows)> = Vec::new();
        let slots = self
            .slots
            .iter()
            .map(|slot| {
                let picked = match &slot.rows {
                    None => rows.clone(),
                    Some(_) if matches!(slot.base, Column::Constant(_)) => rows.clone(),
                    Some(before) => match combined.iter().find(|(known, _)| Arc::ptr_eq(known, before)) {
                        Some((_, after)) => after.clone(),
                        None => {
                            let after: Rows =
                                Arc::new(rows.iter().map(|&row| before[row as usize]).collect());
                            combined.push((before.clone(), after.clone()));
                            after
                        }
                    },
                };
                Slot { base: slot.base.clone(), rows: Some(picked), gathered: OnceLock::new() }
            })
            .collect();
        Chunk { slots, len: rows.len() }
    }

    /// Rows `offset .. offset + len`.
    #[must_use]
    pub fn slice(&self, offset: usize, len: usize) -> Chunk {
        let offset = offset.min(self.len);
        let len = len.min(self.len - offset);
        let slots = self
            .slots
            .iter()
            .map(|slot| match &slot.rows {
                None => Slot::whole(slot.base.slice(offset, len)),
                Some(rows) => Slot {
                    base: slot.base.clone(),
                    rows: Some(Arc::new(rows[offset..offset + len].to_vec())),
                    gathered: OnceLock::new(),
                },
            })
            .collect();
        Chunk { slots, len }
    }

    /// About how many bytes its columns hold once gathered. Columns that are not gathered yet are estimated by the
    /// rows that they are taken from.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        let size = |slot: &Slot| match (&slot.rows, slot.gathered.get()) {
            (None, _) => slot.base.byte_size(),
            (_, Some(column)) => column.byte_size(),
            (Some(rows), None) => slot.base.byte_size() / slot.base.len().max(1) * rows.len(),
        };
        self.slots.iter().map(size).sum()
    }
}
