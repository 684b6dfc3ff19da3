//! Makes tables of Rust values and back, by way of serde and JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{DataError, DataFormat, OutputFormat, TableReader};
use crate::column::Table;
use crate::types::Schema;

impl Table {
    /// Makes a table with a row for each record; the types of the columns are inferred, see [`TableReader::new`].
    ///
    /// ```
    /// use kqlite::{ScalarType, Table};
    ///
    /// #[derive(serde::Serialize)]
    /// struct Logon { account: String, failures: u32 }
    ///
    /// let table = Table::from_records(&[Logon { account: "ann".into(), failures: 3 }])?;
    /// assert_eq!(table.schema().columns[1].data_type, ScalarType::Long);
    /// # Ok::<(), kqlite::DataError>(())
    /// ```
    ///
    /// # Errors
    /// A record that is not written as a JSON object.
    pub fn from_records<T: Serialize>(records: &[T]) -> Result<Self, DataError> {
        read_records(records, TableReader::new(DataFormat::Json))
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
        Self::from_records(rows)
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
