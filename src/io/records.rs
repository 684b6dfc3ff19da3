//! Makes tables of Rust values and back, by way of serde and JSON.

use indexmap::IndexMap;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::record_rows::{common_type, record_row};
use super::{DataError, DataFormat, OutputFormat, TableReader};
use crate::column::Table;
use crate::types::{ScalarType, Schema, Value};

impl Table {
    /// Makes a table with a row for each record, a struct or a map. The types of the columns are those of the fields: integers
    /// are `long`, floats `real`, texts `string` whatever they hold, `None` null, lists, maps and structs `dynamic`. A
    /// [`DateTime`](crate::DateTime), [`TimeSpan`](crate::TimeSpan), [`Decimal`](crate::Decimal) or [`Guid`](crate::Guid) is of
    /// its own type; an instant of another crate is a text for serde.
    ///
    /// Of an empty slice there are no columns, and a field that is `None` in every record is a string:
    /// [`Table::from_records_with`] takes the types from a schema.
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
            let row =
                record_row(record).map_err(|error| DataError::new(None, format!("record {at}: {error}")))?;
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

    /// Makes a table of a schema with a row for each record.
    ///
    /// # Errors
    /// A record that is not written as a JSON object, or has a member that does not fit the schema.
    pub fn from_records_with<T: Serialize>(schema: Schema, records: &[T]) -> Result<Self, DataError> {
        read_records(records, TableReader::new(DataFormat::Json).schema(schema))
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
        read_records(rows, TableReader::new(DataFormat::Json))
    }

    /// Converts the rows to records: each is read from a JSON object with the columns' names.
    ///
    /// Datetimes, timespans, guids and decimals are strings in it, and so are reals that are no numbers.
    ///
    /// ```
    /// use kqlite::{ScalarType, Schema, Table, Value};
    ///
    /// #[derive(serde::Deserialize, Debug, PartialEq)]
    /// struct Size { name: String, bytes: Option<i64> }
    ///
    /// let schema = Schema::new([("name", ScalarType::String), ("bytes", ScalarType::Long)]);
    /// let table = Table::from_rows(schema, [vec![Value::from("a"), Value::Null]]);
    /// let sizes: Vec<Size> = table.records()?;
    /// assert_eq!(sizes, [Size { name: "a".into(), bytes: None }]);
    /// # Ok::<(), kqlite::DataError>(())
    /// ```
    ///
    /// # Errors
    /// A row that is no such record.
    pub fn records<T: DeserializeOwned>(&self) -> Result<Vec<T>, DataError> {
        serde_json::from_str(&self.to_text(OutputFormat::Json))
            .map_err(|error| DataError::new(None, error.to_string()))
    }
}

fn read_records<T: Serialize>(records: &[T], reader: TableReader) -> Result<Table, DataError> {
    let text = serde_json::to_vec(records).map_err(|error| DataError::new(None, error.to_string()))?;
    reader.origin("records").read(&text).map(|loaded| loaded.table)
}
