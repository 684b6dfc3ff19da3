//! Writes a table as text: JSON, NDJSON, CSV, Kusto's answer form.

use std::fmt::{self, Write};
use std::str::FromStr;

use super::text::{self, plain_cell};
use crate::column::Table;
use crate::types::{Dynamic, Value};

/// A format of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OutputFormat {
    /// Aligned columns for people; long cells are cut.
    Table,
    /// A JSON array of objects.
    Json,
    /// One JSON object a line.
    NdJson,
    /// Comma-separated values with a header (RFC 4180, lines ended by a line feed).
    Csv,
    /// A Markdown table.
    Markdown,
    /// Kusto's answer, version 1: `{"Tables":[{"TableName":"Table_0","Columns":[…],"Rows":[[…]]}]}`.
    Kusto,
}

impl OutputFormat {
    /// The names that [`OutputFormat::from_str`] reads.
    pub const NAMES: [&'static str; 6] = ["table", "json", "ndjson", "csv", "markdown", "kusto"];

    /// Whether it has a place for several tables and their names. See [`write_tables`].
    #[must_use]
    pub const fn holds_several(self) -> bool {
        match self {
            Self::Table | Self::Json | Self::Markdown | Self::Kusto => true,
            Self::NdJson | Self::Csv => false,
        }
    }
}

impl FromStr for OutputFormat {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(match text {
            "table" => Self::Table,
            "json" => Self::Json,
            "ndjson" | "jsonl" => Self::NdJson,
            "csv" => Self::Csv,
            "markdown" | "md" => Self::Markdown,
            "kusto" => Self::Kusto,
            _ => return Err(()),
        })
    }
}

impl Table {
    /// Gives the table as text.
    ///
    /// ```
    /// use kqlite::{OutputFormat, ScalarType, Schema, Table, Value};
    /// let schema = Schema::new([("Name", ScalarType::String), ("Size", ScalarType::Long)]);
    /// let table = Table::from_rows(schema, [vec![Value::from("a"), Value::Null]]);
    /// assert_eq!(table.to_text(OutputFormat::Json), "[{\"Name\":\"a\",\"Size\":null}]\n");
    /// assert_eq!(table.to_text(OutputFormat::Csv), "Name,Size\na,\n");
    /// ```
    #[must_use]
    pub fn to_text(&self, format: OutputFormat) -> String {
        let mut out = String::new();
        // Writing to a string does not fail.
        let _ = self.write(format, &mut out);
        out
    }

    /// Writes the table as text.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, format: OutputFormat, out: &mut impl Write) -> fmt::Result {
        match format {
            OutputFormat::Table => write!(out, "{self}"),
            OutputFormat::Json => write_json(self, out),
            OutputFormat::NdJson => write_objects(self, out, "\n", "\n"),
            OutputFormat::Csv => write_csv(self, out),
            OutputFormat::Markdown => text::write_markdown(self, out),
            OutputFormat::Kusto => write_tables(&[("Table_0", self)], format, out),
        }
    }
}

/// Writes several tables with their names as one text: one below the other, a JSON object of arrays, or Kusto's answer.
///
/// In a format that has no place for names ([`OutputFormat::holds_several`]) the tables come one after the other, with an
/// empty line between two of them.
///
/// ```
/// use kqlite::{OutputFormat, ScalarType, Schema, Table, Value, write_tables};
/// let table = Table::from_rows(Schema::new([("n", ScalarType::Long)]), [vec![Value::Long(1)]]);
/// let mut text = String::new();
/// write_tables(&[("first", &table), ("second", &table)], OutputFormat::Json, &mut text)?;
/// assert_eq!(text, "{\"first\":[{\"n\":1}],\n\"second\":[{\"n\":1}]}\n");
/// # Ok::<(), std::fmt::Error>(())
/// ```
///
/// # Errors
/// Those of `out`.
pub fn write_tables(tables: &[(&str, &Table)], format: OutputFormat, out: &mut impl Write) -> fmt::Result {
    match format {
        OutputFormat::Json => out.write_str("{")?,
        OutputFormat::Kusto => out.write_str("{\"Tables\":[")?,
        OutputFormat::Table | OutputFormat::NdJson | OutputFormat::Csv | OutputFormat::Markdown => {}
    }
    for (at, (name, table)) in tables.iter().enumerate() {
        let first = at == 0;
        match format {
            OutputFormat::Json => {
                write!(out, "{}{}:[", if first { "" } else { ",\n" }, json_text(name))?;
                write_objects(table, out, ",\n ", "")?;
                out.write_str("]")?;
            }
            OutputFormat::Kusto => {
                out.write_str(if first { "" } else { ",\n" })?;
                write_kusto_table(name, table, out)?;
            }
            OutputFormat::Table | OutputFormat::Markdown => {
                let heading = if format == OutputFormat::Table { "" } else { "## " };
                write!(out, "{}{heading}{name}\n\n", if first { "" } else { "\n" })?;
                table.write(format, out)?;
            }
            OutputFormat::NdJson | OutputFormat::Csv => {
                out.write_str(if first { "" } else { "\n" })?;
                table.write(format, out)?;
            }
        }
    }
    match format {
        OutputFormat::Json => out.write_str("}\n"),
        OutputFormat::Kusto => out.write_str("]}\n"),
        OutputFormat::Table | OutputFormat::NdJson | OutputFormat::Csv | OutputFormat::Markdown => Ok(()),
    }
}

/// Appends a cell as JSON: what JSON lacks is a string, datetimes without trailing zeros.
pub(super) fn json_cell(value: &Value, out: &mut String) {
    match value {
        Value::DateTime(it) => {
            out.push('"');
            out.push_str(&it.to_short_string());
            out.push('"');
        }
        Value::Dynamic(it) => it.write_json(out),
        _ => Dynamic::from_value(value).write_json(out),
    }
}

fn json_text(text: &str) -> String {
    Dynamic::string(text).to_json()
}

fn write_json(table: &Table, out: &mut impl Write) -> fmt::Result {
    out.write_str("[")?;
    write_objects(table, out, ",\n ", "")?;
    out.write_str("]\n")
}

/// Writes an object a row, `between` two of them and `after` the last one.
fn write_objects(table: &Table, out: &mut impl Write, between: &str, after: &str) -> fmt::Result {
    let keys: Vec<String> = table.schema().names().map(|name| json_text(name) + ":").collect();
    let mut line = String::new();
    for row in 0..table.len() {
        line.clear();
        line.push_str(if row > 0 { between } else { "" });
        line.push('{');
        for (at, (key, column)) in keys.iter().zip(table.columns()).enumerate() {
            line.push_str(if at > 0 { "," } else { "" });
            line.push_str(key);
            json_cell(&column.value(row), &mut line);
        }
        line.push('}');
        out.write_str(&line)?;
    }
    out.write_str(if table.is_empty() { "" } else { after })
}

/// Writes one of the tables of Kusto's answer.
fn write_kusto_table(name: &str, table: &Table, out: &mut impl Write) -> fmt::Result {
    write!(out, "{{\"TableName\":{},\"Columns\":[", json_text(name))?;
    for (at, column) in table.schema().columns.iter().enumerate() {
        let comma = if at > 0 { "," } else { "" };
        let name = json_text(&column.name);
        write!(out, "{comma}{{\"ColumnName\":{name},\"ColumnType\":\"{}\"}}", column.data_type)?;
    }
    out.write_str("],\"Rows\":[")?;
    let mut line = String::new();
    for row in 0..table.len() {
        line.clear();
        line.push_str(if row > 0 { ",\n[" } else { "[" });
        for (at, column) in table.columns().iter().enumerate() {
            line.push_str(if at > 0 { "," } else { "" });
            json_cell(&column.value(row), &mut line);
        }
        line.push(']');
        out.write_str(&line)?;
    }
    out.write_str("]}")
}

fn write_csv(table: &Table, out: &mut impl Write) -> fmt::Result {
    let alone = table.columns().len() == 1;
    let mut line = String::new();
    for (at, name) in table.schema().names().enumerate() {
        csv_field(name, at == 0, alone, &mut line);
    }
    line.push('\n');
    out.write_str(&line)?;
    for row in 0..table.len() {
        line.clear();
        for (at, column) in table.columns().iter().enumerate() {
            csv_field(&plain_cell(&column.value(row)), at == 0, alone, &mut line);
        }
        line.push('\n');
        out.write_str(&line)?;
    }
    Ok(())
}

/// Appends a field, quoted where it must be; an empty one that is alone in its line would be an empty line.
fn csv_field(text: &str, first: bool, alone: bool, line: &mut String) {
    line.push_str(if first { "" } else { "," });
    if text.contains(['"', ',', '\n', '\r']) || (alone && text.is_empty()) {
        line.push('"');
        line.push_str(&text.replace('"', "\"\""));
        line.push('"');
    } else {
        line.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Bag, DateTime, Decimal, Guid, ScalarType, Schema, TimeSpan};

    fn everything() -> Table {
        let schema = Schema::new(ScalarType::ALL.map(|data_type| (format!("a {data_type}"), data_type)));
        let bag: Bag =
            [("z".into(), Dynamic::Real(5.0)), ("a".into(), Dynamic::Long(5))].into_iter().collect();
        let row = vec![
            Value::Bool(true),
            Value::Int(-1),
            Value::Long(1 << 60),
            Value::Real(f64::NEG_INFINITY),
            Value::Decimal(Decimal::parse("1.50").unwrap()),
            Value::string("say \"é\",\nnow|"),
            Value::DateTime(DateTime::parse("2024-06-30T12:00:00.5").unwrap()),
            Value::TimeSpan(TimeSpan(-TimeSpan::HOUR)),
            Value::Guid(Guid(7)),
            Value::Dynamic(Dynamic::bag(bag)),
        ];
        Table::from_rows(schema, [row, vec![]])
    }

    #[test]
    fn kusto_form() {
        let expected = r#"{"Tables":[{"TableName":"Table_0","Columns":[{"ColumnName":"a bool","ColumnType":"bool"},{"ColumnName":"a int","ColumnType":"int"},{"ColumnName":"a long","ColumnType":"long"},{"ColumnName":"a real","ColumnType":"real"},{"ColumnName":"a decimal","ColumnType":"decimal"},{"ColumnName":"a string","ColumnType":"string"},{"ColumnName":"a datetime","ColumnType":"datetime"},{"ColumnName":"a timespan","ColumnType":"timespan"},{"ColumnName":"a guid","ColumnType":"guid"},{"ColumnName":"a dynamic","ColumnType":"dynamic"}],"Rows":[[true,-1,1152921504606846976,"-Infinity","1.5","say \"é\",\nnow|","2024-06-30T12:00:00.5Z","-01:00:00","00000000-0000-0000-0000-000000000007",{"z":5.0,"a":5}],
[null,null,null,null,null,"",null,null,null,null]]}]}
"#;
        assert_eq!(everything().to_text(OutputFormat::Kusto), expected);
    }

    #[test]
    fn csv_form() {
        let expected = "a bool,a int,a long,a real,a decimal,a string,a datetime,a timespan,a guid,a dynamic\n\
            true,-1,1152921504606846976,-inf,1.5,\"say \"\"é\"\",\nnow|\",2024-06-30T12:00:00.5Z,-01:00:00,\
            00000000-0000-0000-0000-000000000007,\"{\"\"z\"\":5.0,\"\"a\"\":5}\"\n,,,,,,,,,\n";
        assert_eq!(everything().to_text(OutputFormat::Csv), expected);
        let empty = Table::from_rows(Schema::new([("x", ScalarType::String)]), [vec![]]);
        assert_eq!(empty.to_text(OutputFormat::Csv), "x\n\"\"\n");
    }

    #[test]
    fn one_object_a_line() {
        let table = Table::from_rows(
            Schema::new([("x", ScalarType::Long)]),
            [vec![Value::Long(1)], vec![Value::Null]],
        );
        assert_eq!(table.to_text(OutputFormat::NdJson), "{\"x\":1}\n{\"x\":null}\n");
        assert_eq!(table.to_text(OutputFormat::Json), "[{\"x\":1},\n {\"x\":null}]\n");
        assert_eq!(Table::empty(table.schema().clone()).to_text(OutputFormat::NdJson), "");
    }
}
