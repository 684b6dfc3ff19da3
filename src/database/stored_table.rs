//! A table as the database holds it: parts in memory, one behind the other, so that rows are added without copying those
//! that are there; or a source. It must not know queries.

use std::sync::{Arc, OnceLock};

use crate::column::Table;
use crate::exec::{StoredRows, TableSource};
use crate::types::{ScalarType, Schema};

/// Parts that are smaller are put together as rows are added: a query looks at each part by itself.
const MAX_MERGED_ROWS: usize = 1 << 14;

/// Rows cannot be added to a table: they have other columns.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// The table has a source, to which nothing can be added.
    #[error("the rows of this table come from a source")]
    NotInMemory,
    /// A column of the table is not there.
    #[error("the rows have no column '{0}'")]
    MissingColumn(String),
    /// A column is in the rows alone.
    #[error("the table has no column '{0}'")]
    UnknownColumn(String),
    /// A column is of another type.
    #[error("the column '{column}' is of type {expected}, in the rows it is {found}")]
    ColumnType {
        /// The column.
        column: String,
        /// Its type in the table.
        expected: ScalarType,
        /// Its type in the rows.
        found: ScalarType,
    },
}

/// A table of a database.
#[derive(Clone)]
pub(super) enum StoredTable {
    Memory(MemoryTable),
    Source(Arc<dyn TableSource>),
}

impl StoredTable {
    pub(super) fn new(table: Table) -> Self {
        Self::Memory(MemoryTable { parts: vec![table], whole: OnceLock::new() })
    }

    /// The columns.
    pub(super) fn schema(&self) -> Option<Schema> {
        match self {
            Self::Memory(table) => table.parts.first().map(|part| part.schema().clone()),
            Self::Source(source) => Some(source.schema()),
        }
    }

    /// All rows as one table, if they are in memory.
    pub(super) fn whole(&self) -> Option<&Table> {
        match self {
            Self::Memory(table) => Some(table.whole()),
            Self::Source(_) => None,
        }
    }

    /// How many rows there are, and about how many bytes they take, if they are in memory.
    pub(super) fn size(&self) -> Option<(usize, usize)> {
        match self {
            Self::Memory(table) => {
                let parts = table.parts.iter();
                Some((parts.clone().map(Table::len).sum(), parts.map(Table::byte_size).sum()))
            }
            Self::Source(_) => None,
        }
    }

    pub(super) fn rows(&self) -> StoredRows<'_> {
        match self {
            Self::Memory(table) => StoredRows::Parts(&table.parts),
            Self::Source(source) => StoredRows::Source(&**source),
        }
    }

    /// Adds rows at the end. Their columns may stand in another order.
    pub(super) fn append(&mut self, rows: &Table) -> Result<(), AppendError> {
        match self {
            Self::Memory(table) => table.append(rows),
            Self::Source(_) => Err(AppendError::NotInMemory),
        }
    }
}

/// Rows in one part or several.
#[derive(Debug, Clone)]
pub(super) struct MemoryTable {
    /// At least one.
    parts: Vec<Table>,
    /// All rows, once somebody asks for them as one table.
    whole: OnceLock<Table>,
}

impl MemoryTable {
    /// All rows as one table; several parts are put together once.
    fn whole(&self) -> &Table {
        match &self.parts[..] {
            [alone] => alone,
            parts => self.whole.get_or_init(|| concat(parts)),
        }
    }

    fn append(&mut self, rows: &Table) -> Result<(), AppendError> {
        let Some(first) = self.parts.first() else { return Ok(()) };
        let mut places = Vec::with_capacity(first.schema().len());
        for column in &first.schema().columns {
            let name = || column.name.to_string();
            let at =
                rows.schema().position(&column.name).ok_or_else(|| AppendError::MissingColumn(name()))?;
            let found = rows.schema().columns.get(at).map_or(column.data_type, |it| it.data_type);
            if found != column.data_type {
                return Err(AppendError::ColumnType { column: name(), expected: column.data_type, found });
            }
            places.push(at);
        }
        if let Some(other) = rows.schema().names().find(|name| first.schema().position(name).is_none()) {
            return Err(AppendError::UnknownColumn(other.to_owned()));
        }
        if rows.is_empty() {
            return Ok(());
        }
        self.whole = OnceLock::new();
        self.parts.push(rows.with_columns(places));
        // A part is put together with the one before it unless that is much larger: each row is copied a few times at most.
        while let [.., before, last] = &self.parts[..]
            && before.len() <= 2 * last.len()
            && before.len() + last.len() <= MAX_MERGED_ROWS
        {
            let merged = concat(&[before.clone(), last.clone()]);
            self.parts.truncate(self.parts.len() - 2);
            self.parts.push(merged);
        }
        if let [empty, _, ..] = &self.parts[..]
            && empty.is_empty()
        {
            self.parts.remove(0);
        }
        Ok(())
    }
}

fn concat(parts: &[Table]) -> Table {
    let chunks: Vec<_> = parts.iter().map(|part| part.chunk(0, part.len())).collect();
    let schema = parts.first().map(|it| it.schema().clone()).unwrap_or_default();
    Table::from_chunks(schema, &chunks).compact()
}
