//! Names and types of a table's columns.

use std::sync::Arc;

use super::ScalarType;

/// A column's name and type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ColumnSchema {
    /// The name; case matters.
    pub name: Arc<str>,
    /// The type.
    pub data_type: ScalarType,
}

/// The columns of a table, in order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Schema {
    /// The columns.
    pub columns: Vec<ColumnSchema>,
}

impl Schema {
    /// A schema of the given columns.
    ///
    /// ```
    /// use kqlite::{ScalarType, Schema};
    /// let schema = Schema::new([("Name", ScalarType::String), ("Size", ScalarType::Long)]);
    /// assert_eq!(schema.position("Size"), Some(1));
    /// ```
    #[must_use]
    pub fn new<N: Into<Arc<str>>>(columns: impl IntoIterator<Item = (N, ScalarType)>) -> Self {
        Self {
            columns: columns
                .into_iter()
                .map(|(name, data_type)| ColumnSchema { name: name.into(), data_type })
                .collect(),
        }
    }

    /// The schema with a column of another type, or with one more where there is none of that name.
    ///
    /// ```
    /// use kqlite::{ScalarType, Schema};
    /// let schema = Schema::new([("At", ScalarType::String)]).with("At", ScalarType::DateTime);
    /// assert_eq!(schema, Schema::new([("At", ScalarType::DateTime)]));
    /// ```
    #[must_use]
    pub fn with(mut self, name: &str, data_type: ScalarType) -> Self {
        match self.columns.iter_mut().find(|column| *column.name == *name) {
            Some(column) => column.data_type = data_type,
            None => self.columns.push(ColumnSchema { name: name.into(), data_type }),
        }
        self
    }

    /// How many columns there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// No columns at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Where the column of that name stands.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| *column.name == *name)
    }

    /// The columns' names in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| &*column.name)
    }
}
