//! A table: a schema and its columns.

use std::sync::Arc;

use super::{Chunk, Column};
use crate::diagnostic::Warning;
use crate::types::{ColumnSchema, ScalarType, Schema, Value, ValueTypeError};

/// Names, types and columns. Copies share their buffers.
#[derive(Debug, Clone, Default)]
pub struct Table {
    schema: Arc<Schema>,
    columns: Arc<Vec<Column>>,
    rows: usize,
    visualization: Option<Visualization>,
    warnings: Arc<[Warning]>,
}

/// What `render` asked for: the kind of chart and its properties, as written. The rows are not changed by it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Visualization {
    /// The chart's kind, such as `timechart`.
    pub chart: String,
    /// Its properties in order, such as `("title", "Logons")`.
    pub properties: Vec<(String, String)>,
}

impl Table {
    /// A table of these columns.
    ///
    /// # Errors
    /// A column of another length than the others, or one whose validity is, as a message.
    pub fn new<N: Into<Arc<str>>>(columns: Vec<(N, Column)>) -> Result<Self, String> {
        let columns: Vec<(Arc<str>, Column)> =
            columns.into_iter().map(|(name, column)| (name.into(), column)).collect();
        let rows = columns.first().map_or(0, |(_, column)| column.len());
        for (name, column) in &columns {
            if column.len() != rows {
                return Err(format!("the column '{name}' has {} rows, the first one {rows}", column.len()));
            }
            if !column.is_whole() {
                return Err(format!("the validity of the column '{name}' is of another length"));
            }
        }
        let schema = Schema::new(columns.iter().map(|(name, column)| (name.clone(), column.scalar_type())));
        Ok(Self {
            schema: schema.into(),
            columns: Arc::new(columns.into_iter().map(|(_, column)| column).collect()),
            rows,
            visualization: None,
            warnings: Arc::default(),
        })
    }

    /// A table of a schema and rows of values; a value is converted to its column's type.
    ///
    /// A row that is too short is filled with nulls; what is too much is left out.
    ///
    /// ```
    /// use kqlite::{ScalarType, Schema, Table, Value};
    /// let schema = Schema::new([("Name", ScalarType::String), ("Size", ScalarType::Long)]);
    /// let table = Table::from_rows(schema, [vec![Value::from("a"), Value::from(1_i64)]]);
    /// assert_eq!(table.value(0, "Size"), Some(Value::Long(1)));
    /// ```
    #[must_use]
    pub fn from_rows(schema: Schema, rows: impl IntoIterator<Item = Vec<Value>>) -> Self {
        let mut builders: Vec<_> =
            schema.columns.iter().map(|column| super::ColumnBuilder::new(column.data_type)).collect();
        let mut count = 0;
        for row in rows {
            count += 1;
            for (at, builder) in builders.iter_mut().enumerate() {
                let data_type = builder.scalar_type();
                builder.push(&row.get(at).map_or(Value::Null, |value| value.convert(data_type)));
            }
        }
        let columns = builders.into_iter().map(super::ColumnBuilder::finish).collect();
        Self {
            schema: schema.into(),
            columns: Arc::new(columns),
            rows: count,
            visualization: None,
            warnings: Arc::default(),
        }
    }

    /// A table of one row after another chunk of rows.
    #[must_use]
    pub fn from_chunks(schema: impl Into<Arc<Schema>>, chunks: &[Chunk]) -> Self {
        let schema = schema.into();
        let columns = schema
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| {
                let parts: Vec<Column> = chunks.iter().map(|chunk| chunk.column(at)).collect();
                Column::concat(column.data_type, &parts)
            })
            .collect();
        Self {
            schema,
            columns: Arc::new(columns),
            rows: chunks.iter().map(Chunk::len).sum(),
            visualization: None,
            warnings: Arc::default(),
        }
    }

    /// Rows without columns, as a query sees them that only counts.
    #[must_use]
    pub fn without_columns(rows: usize) -> Self {
        Self { rows, ..Self::default() }
    }

    /// An empty table of a schema.
    #[must_use]
    pub fn empty(schema: impl Into<Arc<Schema>>) -> Self {
        let schema = schema.into();
        let columns = schema.columns.iter().map(|column| Column::nulls(column.data_type, 0)).collect();
        Self { schema, columns: Arc::new(columns), rows: 0, visualization: None, warnings: Arc::default() }
    }

    /// Names and types.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// How many rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rows
    }

    /// No rows.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The columns in order.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column of a name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.get(self.schema.position(name)?)
    }

    /// A cell; `None` if there is no such row or column.
    #[must_use]
    pub fn value(&self, row: usize, column: &str) -> Option<Value> {
        (row < self.rows).then(|| self.column(column).map(|column| column.value(row))).flatten()
    }

    /// A cell as a Rust type; an `Option` for one that may be null.
    ///
    /// ```
    /// use kqlite::{ScalarType, Schema, Table, Value};
    /// let schema = Schema::new([("Name", ScalarType::String), ("Size", ScalarType::Long)]);
    /// let table = Table::from_rows(schema, [vec![Value::from("a"), Value::Null]]);
    /// assert_eq!(table.get::<String>(0, "Name")?, "a");
    /// assert_eq!(table.get::<Option<i64>>(0, "Size")?, None);
    /// # Ok::<(), kqlite::CellError>(())
    /// ```
    ///
    /// # Errors
    /// There is no such row or column, or the cell is of another type, or null.
    pub fn get<T: TryFrom<Value, Error = ValueTypeError>>(
        &self,
        row: usize,
        column: &str,
    ) -> Result<T, CellError> {
        let cells = self.column(column).ok_or_else(|| CellError::NoColumn(column.to_owned()))?;
        if row >= self.rows {
            return Err(CellError::NoRow { row, rows: self.rows });
        }
        T::try_from(cells.value(row)).map_err(|error| CellError::Type {
            column: column.to_owned(),
            row,
            error,
        })
    }

    /// The cells of a row in order.
    #[must_use]
    pub fn row(&self, row: usize) -> Vec<Value> {
        self.columns.iter().map(|column| column.value(row)).collect()
    }

    /// The rows in order.
    pub fn rows(&self) -> impl Iterator<Item = Vec<Value>> + '_ {
        (0..self.rows).map(|row| self.row(row))
    }

    /// The chart that `render` asked for.
    #[must_use]
    pub const fn visualization(&self) -> Option<&Visualization> {
        self.visualization.as_ref()
    }

    /// The same rows with a chart, or without one.
    #[must_use]
    pub fn with_visualization(mut self, visualization: Option<Visualization>) -> Self {
        self.visualization = visualization;
        self
    }

    /// What the rows are to be read with: values for which it is not known what the real engine gives, in the order of
    /// their places in the query.
    ///
    /// ```
    /// use kqlite::{Database, DateTime, Options};
    /// let db = Database::new();
    /// let query = db.compile("print url_decode('100%')")?;
    /// let answer = query.run(&db, &Options::new(DateTime::UNIX_EPOCH))?;
    /// assert_eq!(answer.warnings()[0].function, "url_decode");
    /// assert!(query.run(&db, &Options::new(DateTime::UNIX_EPOCH).strict(true)).is_err());
    /// # Ok::<(), kqlite::Error>(())
    /// ```
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The same rows with warnings.
    #[must_use]
    pub fn with_warnings(mut self, warnings: Vec<Warning>) -> Self {
        self.warnings = warnings.into();
        self
    }

    /// Rows `offset .. offset + len` as a chunk, sharing the buffers.
    #[must_use]
    pub fn chunk(&self, offset: usize, len: usize) -> Chunk {
        let offset = offset.min(self.rows);
        let len = len.min(self.rows - offset);
        Chunk::new(self.columns.iter().map(|column| column.slice(offset, len)).collect(), len)
    }

    /// The same rows in the form that is fastest to query; done once, when a table is stored.
    #[must_use]
    pub fn compact(mut self) -> Self {
        let columns = Arc::unwrap_or_clone(self.columns);
        self.columns = Arc::new(columns.into_iter().map(Column::compact).collect());
        self
    }

    /// The table with another column of nulls at the end of its columns, where it has none of that name.
    #[must_use]
    pub fn with_missing_column(mut self, name: &str, data_type: ScalarType) -> Self {
        if self.schema.position(name).is_none() {
            Arc::make_mut(&mut self.schema).columns.push(ColumnSchema { name: name.into(), data_type });
            Arc::make_mut(&mut self.columns).push(Column::nulls(data_type, self.rows));
        }
        self
    }

    /// The same rows with some of the columns, sharing their buffers.
    #[must_use]
    pub fn with_columns(&self, places: impl IntoIterator<Item = usize>) -> Self {
        let (mut schema, mut columns) = (Schema::default(), Vec::new());
        for at in places {
            if let (Some(described), Some(column)) = (self.schema.columns.get(at), self.columns.get(at)) {
                schema.columns.push(described.clone());
                columns.push(column.clone());
            }
        }
        Self {
            schema: schema.into(),
            columns: Arc::new(columns),
            rows: self.rows,
            visualization: None,
            warnings: Arc::default(),
        }
    }

    /// About how many bytes its buffers hold.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        self.columns.iter().map(Column::byte_size).sum()
    }
}

/// Why there is no such cell, or not as the type that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CellError {
    /// There is no column of the name.
    #[error("there is no column '{0}'")]
    NoColumn(String),
    /// The table has fewer rows.
    #[error("there is no row {row}, the table has {rows}")]
    NoRow {
        /// The row that was asked for, from 0.
        row: usize,
        /// How many there are.
        rows: usize,
    },
    /// The cell is of another type, or null.
    #[error("column '{column}', row {row}: {error}")]
    Type {
        /// The column.
        column: String,
        /// The row, from 0.
        row: usize,
        /// What was expected and found.
        error: ValueTypeError,
    },
}

/// Gives the rows in order.
impl<'a> IntoIterator for &'a Table {
    type Item = Vec<Value>;
    type IntoIter = Box<dyn Iterator<Item = Vec<Value>> + 'a>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.rows())
    }
}

impl PartialEq for Table {
    /// Equal in schema and rows, in order, whatever the encoding.
    fn eq(&self, other: &Self) -> bool {
        self.schema == other.schema && self.rows == other.rows && self.columns == other.columns
    }
}
