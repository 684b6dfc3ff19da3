//! The text of an answer, as case files and reference entries expect it: a header of `name:type`, then each row as a JSON
//! array.

use kqlite::{Table, Value};

/// The header: `User:string, Failures:long`.
pub fn header(table: &Table) -> String {
    let columns: Vec<String> =
        table.schema().columns.iter().map(|it| format!("{}:{}", it.name, it.data_type)).collect();
    columns.join(", ")
}

/// Each row as a JSON array.
pub fn rows(table: &Table, sorted: bool) -> Vec<String> {
    let mut lines: Vec<String> = table
        .rows()
        .map(|row| serde_json::Value::Array(row.iter().map(Value::to_json).collect()).to_string())
        .collect();
    if sorted {
        lines.sort();
    }
    lines
}

/// The header and the rows, a line each.
pub fn text(table: &Table, sorted: bool) -> String {
    let mut lines = vec![header(table)];
    lines.extend(rows(table, sorted));
    lines.join("\n")
}
