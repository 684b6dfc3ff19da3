//! Makes tables of Rust values and back, by way of serde.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::record_rows::{common_type, fit, record_row};
use super::row_deserializer::RowDeserializer;
use super::{DataError, DataFormat, TableReader};
use crate::column::Table;
use crate::types::{ScalarType, Schema, Value};

impl Table {
    /// Makes a table with a row for each record, a struct or a map. The types of the columns are those of the fields: integers
    /// are `long`, floats `real`, texts `string` whatever they hold, `None` null, lists, maps and structs `dynamic`. A
    /// [`DateTime`](crate::DateTime), [`TimeSpan`](crate::TimeSpan), [`Decimal`](crate::Decimal) or [`Guid`](crate::Guid) is of
    /// its own type, and so are [`std::time::Duration`] and [`SystemTime`](std::time::SystemTime); an instant of another crate is
    /// a text for serde.
    ///
    /// Of an empty slice there are no columns, and a field that is `None` in every record is a string:
    /// [`Table::from_records_with`] takes the types from a schema, and [`Schema::of`] makes one of the Rust type.
    ///
    /// ```
    /// use kqlite::{DateTime, ScalarType, Table};
    ///
    /// #[derive(serde::Serialize)]
    /// struct Logon { account: String, failures: u32, at: DateTime, tags: Vec<&'static str> }
    ///
    /// let logon = Logon { account: "2024-06-30".into(), failures: 3, at: DateTime::UNIX_EPOCH, tags: vec!["a"] };
    /// let table = Table::from_records(&[logon])?;
    /// let types: Vec<ScalarType> = table.schema().columns.iter().map(|it| it.data_type).collect();
    /// assert_eq!(types, [ScalarType::String, ScalarType::Long, ScalarType::DateTime, ScalarType::Dynamic]);
    /// # Ok::<(), kqlite::DataError>(())
    /// ```
    ///
    /// # Errors
    /// A record that is neither a struct nor a map, or an integer that does not fit into a `long`.
    pub fn from_records<T: Serialize>(records: &[T]) -> Result<Self, DataError> {
        let mut types: IndexMap<String, Option<ScalarType>> = IndexMap::new();
        let mut rows = Vec::with_capacity(records.len());
        for (at, record) in records.iter().enumerate() {
            let row = record_row(record, false)
                .map_err(|error| DataError::new(None, format!("record {at}: {error}")))?;
            for (name, value) in &row {
                match types.get_mut(name) {
                    Some(known) => *known = common_type(*known, value),
                    None => {
                        types.insert(name.clone(), common_type(None, value));
                    }
                }
            }
            rows.push(row);
        }
        let columns = types.iter().map(|(name, it)| (name.as_str(), it.unwrap_or(ScalarType::String)));
        let schema = Schema::new(columns);
        let cells = rows.into_iter().map(|row| {
            let mut cells = vec![Value::Null; types.len()];
            for (name, value) in row {
                let slot = types.get_index_of(&name).and_then(|at| cells.get_mut(at));
                if let Some(slot) = slot {
                    *slot = value;
                }
            }
            cells
        });
        Ok(Table::from_rows(schema, cells))
    }

    /// Makes a table of a schema with a row for each record. Fields that the schema does not have are an error, columns that
    /// a record does not have are null. A value becomes one of its column's type where nothing is lost, as in data that is
    /// read: a text is read as a datetime, a guid or a number.
    ///
    /// With the schema of the type itself a table has the same columns whatever the records hold, and where there are none:
    ///
    /// ```
    /// use kqlite::{ScalarType, Schema, Table};
    ///
    /// #[derive(serde::Serialize, serde::Deserialize)]
    /// struct Logon { account: String, note: Option<i64>, at: String }
    ///
    /// let schema = Schema::of::<Logon>()?.with("at", ScalarType::DateTime);
    /// let logon = Logon { account: "ann".into(), note: None, at: "2024-06-30T12:00:00Z".into() };
    /// let some = Table::from_records_with(schema.clone(), &[logon])?;
    /// let none = Table::from_records_with::<Logon>(schema, &[])?;
    /// assert_eq!(some.schema(), none.schema());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A record that is neither a struct nor a map, or has a field that does not fit the schema: with its row, from 1.
    pub fn from_records_with<T: Serialize>(schema: Schema, records: &[T]) -> Result<Self, DataError> {
        let mut rows = Vec::with_capacity(records.len());
        // Of columns with one name the first is meant, which is put in last.
        let places: HashMap<String, usize> =
            schema.columns.iter().enumerate().rev().map(|(at, it)| (it.name.to_string(), at)).collect();
        for (at, record) in records.iter().enumerate() {
            let place = |mut error: DataError| {
                (error.line, error.by_row) = (Some(at + 1), true);
                error.at(ORIGIN)
            };
            let mut cells = vec![Value::Null; schema.len()];
            for (name, value) in record_row(record, true).map_err(|error| place(error.at_row(at)))? {
                let position = places.get(&*name).copied();
                let column = position.and_then(|at| Some((schema.columns.get(at)?, cells.get_mut(at)?)));
                let Some((column, cell)) = column else {
                    let known = schema.names().collect::<Vec<_>>().join(", ");
                    let message = format!("the table has no column '{name}'; its columns are: {known}");
                    return Err(place(DataError::from_message(message)));
                };
                *cell = fit(&value, column.data_type).ok_or_else(|| {
                    place(DataError::from_value(&column.name, &value.to_text(), column.data_type))
                })?;
            }
            rows.push(cells);
        }
        Ok(Table::from_rows(schema, rows))
    }

    /// Makes a table with a row for each JSON object; the types of the columns are inferred.
    ///
    /// ```
    /// let rows = [serde_json::json!({"name": "a", "at": "2024-06-30T12:00:00Z"})];
    /// let table = kqlite::Table::from_json_rows(&rows)?;
    /// assert_eq!(table.len(), 1);
    /// # Ok::<(), kqlite::DataError>(())
    /// ```
    ///
    /// # Errors
    /// A value that is not an object.
    pub fn from_json_rows(rows: &[serde_json::Value]) -> Result<Self, DataError> {
        let text = serde_json::to_vec(rows).map_err(|error| DataError::new(None, error.to_string()))?;
        TableReader::new(DataFormat::Json).origin(ORIGIN).read(&text).map(|loaded| loaded.table)
    }

    /// Reads each row as a record: a struct or a map by the columns' names, a tuple by their order. Texts may be borrowed.
    ///
    /// Null is `None`; a string is never null. An int, long or real is the number that is asked for, if it is in range, NaN
    /// and infinities included; a dynamic value is whatever it holds. A [`DateTime`](crate::DateTime),
    /// [`TimeSpan`](crate::TimeSpan), [`Decimal`](crate::Decimal), [`Guid`](crate::Guid) or [`Value`] is the very value; for
    /// the types of other crates a datetime is ISO 8601, as `chrono::DateTime<Utc>` reads it, and timespans, guids and decimals
    /// are texts too. A decimal is also read as an `f64`, a timespan that is not negative as a [`std::time::Duration`], and an
    /// enum without fields from its name.
    ///
    /// ```
    /// use kqlite::{ScalarType, Schema, Table, Value};
    ///
    /// #[derive(serde::Deserialize, Debug, PartialEq)]
    /// struct Size<'t> { name: &'t str, bytes: Option<i64> }
    ///
    /// let schema = Schema::new([("name", ScalarType::String), ("bytes", ScalarType::Long)]);
    /// let table = Table::from_rows(schema, [vec![Value::from("a"), Value::Null]]);
    /// let sizes: Vec<Size> = table.records()?;
    /// assert_eq!(sizes, [Size { name: "a", bytes: None }]);
    ///
    /// let pairs: Vec<(String, Value)> = table.records()?;
    /// assert_eq!(pairs, [("a".to_owned(), Value::Null)]);
    ///
    /// let error = table.records::<(String, i64)>().unwrap_err();
    /// assert_eq!(error.to_string(), "data, row 1, column 'bytes': invalid type: null, expected i64");
    /// # Ok::<(), kqlite::DataError>(())
    /// ```
    ///
    /// # Errors
    /// A row that is no such record: the first one, with its number from 1, and the column where it is one cell that does not
    /// fit. A field that serde's `flatten` or an untagged enum reads has no column then.
    pub fn records<'t, T: Deserialize<'t>>(&'t self) -> Result<Vec<T>, DataError> {
        let mut records = Vec::with_capacity(self.len());
        for row in 0..self.len() {
            let record = T::deserialize(RowDeserializer::new(self, row));
            records.push(record.map_err(|error| error.at_row(row))?);
        }
        Ok(records)
    }
}

/// What records are called in errors.
const ORIGIN: &str = "records";
