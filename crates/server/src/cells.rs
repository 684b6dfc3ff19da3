//! Cells, rows and columns as the JSON of Kusto's answers. It must not know what stands around them.

use kqlite::{Schema, Table, Value};

use crate::answer::Truncation;
use crate::failure::Failure;

/// Appends a text as JSON.
pub(crate) fn text(text: &str, out: &mut String) {
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}

/// Appends a cell: what JSON lacks is a string.
pub(crate) fn cell(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(it) => out.push_str(if *it { "true" } else { "false" }),
        Value::Int(it) => out.push_str(&it.to_string()),
        Value::Long(it) => out.push_str(&it.to_string()),
        Value::Real(it) if it.is_finite() => out.push_str(&serde_json::to_string(it).unwrap_or_default()),
        Value::Real(it) if it.is_nan() => out.push_str("\"NaN\""),
        Value::Real(it) => out.push_str(if *it > 0.0 { "\"Infinity\"" } else { "\"-Infinity\"" }),
        Value::Decimal(it) => text(&it.to_string(), out),
        Value::String(it) => text(it, out),
        Value::DateTime(it) => text(&it.to_string(), out),
        Value::TimeSpan(it) => text(&it.to_string(), out),
        Value::Guid(it) => text(&it.to_string(), out),
        Value::Dynamic(it) => it.write_json(out),
    }
}

/// Appends `[…],[…]`, as many rows as may be sent: how many these are, and why there are no more. `used` counts the bytes of
/// all rows of an answer.
pub(crate) fn rows(
    table: &Table,
    limits: Truncation,
    used: &mut usize,
    out: &mut String,
) -> (usize, Option<Failure>) {
    for row in 0..table.len() {
        if row >= limits.records {
            return (row, Some(Failure::truncated(&format!("{} records", limits.records))));
        }
        let start = out.len();
        if row > 0 {
            out.push(',');
        }
        out.push('[');
        for (at, column) in table.columns().iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            cell(&column.value(row), out);
        }
        out.push(']');
        *used = used.saturating_add(out.len() - start);
        if *used > limits.bytes {
            out.truncate(start);
            return (row, Some(Failure::truncated(&format!("{} bytes", limits.bytes))));
        }
    }
    (table.len(), None)
}

/// Appends `[{"ColumnName":…,"ColumnType":…}]`, where it is asked for with the type of .NET.
pub(crate) fn columns(schema: &Schema, dotnet: Option<BoolName>, out: &mut String) {
    out.push('[');
    for (at, column) in schema.columns.iter().enumerate() {
        out.push_str(if at > 0 { ",{\"ColumnName\":" } else { "{\"ColumnName\":" });
        text(&column.name, out);
        if let Some(bool_name) = dotnet {
            let full = column.data_type.dotnet_name();
            let short = full.rsplit('.').next().unwrap_or(full);
            let shown = if short == "SByte" && bool_name == BoolName::Boolean { "Boolean" } else { short };
            out.push_str(&format!(",\"DataType\":\"{shown}\""));
        }
        out.push_str(&format!(",\"ColumnType\":\"{}\"}}", column.data_type));
    }
    out.push(']');
}

/// What .NET's type of a bool is called: queries have another name than commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BoolName {
    SByte,
    Boolean,
}
