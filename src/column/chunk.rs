//! A chunk: some rows of several columns, filtered late.

use std::sync::{Arc, OnceLock};

use super::{Column, NO_ROW};
use crate::budget::Charge;
use crate::types::{ColumnSchema, ScalarType, Schema};

/// Row numbers, shared between the columns that they select from.
pub type Selection = Arc<Vec<u32>>;

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
    base: Base,
    /// The bytes of the base, where a run's budget is charged for them.
    charge: Option<Arc<Charge>>,
    /// The rows of `base` that are meant; all of them where there is none.
    rows: Option<Selection>,
    gathered: OnceLock<Column>,
}

impl Slot {
    const fn whole(base: Base) -> Self {
        Self { base, charge: None, rows: None, gathered: OnceLock::new() }
    }
}

/// What a slot's rows are taken from.
#[derive(Debug, Clone)]
enum Base {
    Column(Column),
    Parts(Arc<ColumnParts>),
}

/// Columns one after the other, which are put together when all of their rows are read.
#[derive(Debug)]
struct ColumnParts {
    data_type: ScalarType,
    columns: Vec<Column>,
    /// Where each of them ends.
    ends: Vec<usize>,
    whole: OnceLock<Column>,
}

/// Fewer rows than this share of the parts' are taken from the parts themselves.
const FEW: usize = 8;

impl ColumnParts {
    fn new(data_type: ScalarType, columns: Vec<Column>) -> Self {
        let mut ends = Vec::with_capacity(columns.len());
        columns.iter().fold(0, |start, column| {
            ends.push(start + column.len());
            start + column.len()
        });
        Self { data_type, columns, ends, whole: OnceLock::new() }
    }

    fn len(&self) -> usize {
        self.ends.last().copied().unwrap_or_default()
    }

    fn whole(&self) -> &Column {
        self.whole.get_or_init(|| Column::concat(self.data_type, &self.columns))
    }

    fn take(&self, rows: &[u32]) -> Column {
        if self.whole.get().is_some() || rows.len() >= self.len() / FEW || rows.contains(&NO_ROW) {
            return self.whole().take(rows);
        }
        // The wanted rows of each part, and which of them each row is.
        let mut wanted = vec![Vec::new(); self.columns.len()];
        let places: Vec<(usize, usize)> = rows
            .iter()
            .map(|&row| {
                let part = self.ends.partition_point(|&end| end <= row as usize);
                let start = part.checked_sub(1).map_or(0, |before| self.ends[before]);
                wanted[part].push((row as usize - start) as u32);
                (part, wanted[part].len() - 1)
            })
            .collect();
        let mut starts = Vec::with_capacity(wanted.len());
        wanted.iter().fold(0, |start, rows| {
            starts.push(start);
            start + rows.len()
        });
        let taken: Vec<Column> =
            self.columns.iter().zip(&wanted).map(|(column, rows)| column.take(rows)).collect();
        let order: Vec<u32> = places.iter().map(|&(part, at)| (starts[part] + at) as u32).collect();
        Column::concat(self.data_type, &taken).take(&order)
    }
}

impl Base {
    fn column(&self) -> &Column {
        match self {
            Self::Column(column) => column,
            Self::Parts(parts) => parts.whole(),
        }
    }

    fn take(&self, rows: &[u32]) -> Column {
        match self {
            Self::Column(column) => column.take(rows),
            Self::Parts(parts) => parts.take(rows),
        }
    }

    fn scalar_type(&self) -> ScalarType {
        match self {
            Self::Column(column) => column.scalar_type(),
            Self::Parts(parts) => parts.data_type,
        }
    }

    const fn is_constant(&self) -> bool {
        matches!(self, Self::Column(Column::Constant(_)))
    }

    fn len(&self) -> usize {
        match self {
            Self::Column(column) => column.len(),
            Self::Parts(parts) => parts.len(),
        }
    }

    fn byte_size(&self) -> usize {
        match self {
            Self::Column(column) => column.byte_size(),
            Self::Parts(parts) => parts.columns.iter().map(Column::byte_size).sum(),
        }
    }
}

impl Chunk {
    /// A chunk of whole columns, each with `len` rows.
    #[must_use]
    pub fn new(columns: Vec<Column>, len: usize) -> Self {
        Self { slots: columns.into_iter().map(|column| Slot::whole(Base::Column(column))).collect(), len }
    }

    /// The rows of one chunk after the other, which all have the schema's columns. A column is put together when it is
    /// first read.
    #[must_use]
    pub fn concat(schema: &Schema, chunks: &[Chunk]) -> Chunk {
        let slot = |(at, column): (usize, &ColumnSchema)| {
            let mut parts: Vec<Column> = chunks.iter().map(|chunk| chunk.column(at)).collect();
            let constant = parts.iter().all(|part| part.as_constant().is_some());
            Slot::whole(match parts.len() {
                1 => Base::Column(parts.remove(0)),
                _ if constant => Base::Column(Column::concat(column.data_type, &parts)),
                _ => Base::Parts(Arc::new(ColumnParts::new(column.data_type, parts))),
            })
        };
        let slots = schema.columns.iter().enumerate().map(slot).collect();
        Chunk { slots, len: chunks.iter().map(Chunk::len).sum() }
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

    /// The columns are of these types. Nothing is gathered.
    #[must_use]
    pub fn has_types(&self, types: impl ExactSizeIterator<Item = ScalarType>) -> bool {
        self.slots.len() == types.len()
            && self.slots.iter().zip(types).all(|(slot, data_type)| slot.base.scalar_type() == data_type)
    }

    /// A column with this chunk's rows. A place past the last column gives a column of nulls: the executor holds every
    /// operator to the columns of its plan, and every expression to the columns that there are.
    #[must_use]
    pub fn column(&self, at: usize) -> Column {
        let Some(slot) = self.slots.get(at) else {
            return Column::nulls(ScalarType::Dynamic, self.len);
        };
        match &slot.rows {
            None => slot.base.column().clone(),
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
        self.slots.push(Slot::whole(Base::Column(column)));
    }

    /// Appends a column of this chunk's length, with what is charged for it as long as a chunk has it.
    pub(crate) fn push_charged(&mut self, column: Column, charge: Option<Arc<Charge>>) {
        self.slots.push(Slot { charge, ..Slot::whole(Base::Column(column)) });
    }

    /// Appends a column of another chunk with the same rows, still ungathered.
    pub fn push_from(&mut self, other: &Chunk, at: usize) {
        if let Some(slot) = other.slots.get(at) {
            self.slots.push(slot.clone());
        }
    }

    /// Appends the given rows of another chunk's columns, still ungathered; [`super::NO_ROW`] gives null (the empty
    /// string).
    pub fn push_rows(&mut self, other: &Chunk, rows: &Selection) {
        for (at, slot) in other.slots.iter().enumerate() {
            if slot.base.is_constant() || slot.rows.is_some() {
                self.push(other.column(at).take(rows));
            } else {
                self.slots.push(Slot {
                    base: slot.base.clone(),
                    charge: slot.charge.clone(),
                    rows: Some(rows.clone()),
                    gathered: OnceLock::new(),
                });
            }
        }
    }

    /// No columns, but the given number of rows.
    #[must_use]
    pub const fn without_columns(len: usize) -> Self {
        Self { slots: Vec::new(), len }
    }

    /// The rows of this chunk at the given places, in that order; nothing is gathered yet.
    #[must_use]
    pub fn select(&self, rows: Vec<u32>) -> Chunk {
        let rows: Selection = Arc::new(rows);
        // Columns filtered by the same rows before share the combined rows after.
        let mut combined: Vec<(Selection, Selection)> = Vec::new();
        let slots = self
            .slots
            .iter()
            .map(|slot| {
                let picked = match &slot.rows {
                    None => rows.clone(),
                    Some(_) if slot.base.is_constant() => rows.clone(),
                    Some(before) => match combined.iter().find(|(known, _)| Arc::ptr_eq(known, before)) {
                        Some((_, after)) => after.clone(),
                        None => {
                            let after: Selection =
                                Arc::new(rows.iter().map(|&row| before[row as usize]).collect());
                            combined.push((before.clone(), after.clone()));
                            after
                        }
                    },
                };
                Slot {
                    base: slot.base.clone(),
                    charge: slot.charge.clone(),
                    rows: Some(picked),
                    gathered: OnceLock::new(),
                }
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
                None => Slot {
                    charge: slot.charge.clone(),
                    ..Slot::whole(Base::Column(slot.base.column().slice(offset, len)))
                },
                Some(rows) => Slot {
                    base: slot.base.clone(),
                    charge: slot.charge.clone(),
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
