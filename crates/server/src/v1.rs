//! Kusto's answer, version 1: a JSON object with tables, of which those behind the rows tell about them. It must not know how the
//! answer was made.

use kqlite::{Guid, ScalarType, Schema, Table, Value};

use crate::answer::{Answer, Truncation, visualization};
use crate::cells::{self, BoolName};
use crate::failure::Failure;

/// Writes an answer.
pub(crate) fn write(answer: &Answer) -> String {
    let mut out = String::from("{\"Tables\":[");
    let mut used = 0;
    let mut failure = None;
    let bool_name = if answer.of_command { BoolName::Boolean } else { BoolName::SByte };
    for (at, it) in answer.tables.iter().enumerate() {
        let found = table(at, &it.table, answer.truncation, bool_name, &mut used, &mut out);
        failure = failure.or(found);
    }
    if !answer.of_command {
        let whole = Truncation { records: usize::MAX, bytes: usize::MAX };
        for (at, it) in about(answer, failure.as_ref()).iter().enumerate() {
            let at = answer.tables.len() + at;
            table(at, it, whole, BoolName::SByte, &mut 0, &mut out);
        }
    }
    out.push(']');
    if let Some(failure) = failure {
        out.push_str(",\"Exceptions\":[");
        cells::text(&failure.message, &mut out);
        out.push(']');
    }
    out.push('}');
    out
}

/// Appends a table; gives why its rows are not all there.
fn table(
    at: usize,
    table: &Table,
    limits: Truncation,
    bool_name: BoolName,
    used: &mut usize,
    out: &mut String,
) -> Option<Failure> {
    out.push_str(if at > 0 { ",\n" } else { "" });
    out.push_str(&format!("{{\"TableName\":\"Table_{at}\",\"Columns\":"));
    cells::columns(table.schema(), Some(bool_name), out);
    out.push_str(",\"Rows\":[");
    let (rows, failure) = cells::rows(table, limits, used, out);
    if let Some(failure) = &failure {
        out.push_str(if rows > 0 { "," } else { "" });
        out.push_str("{\"Exceptions\":[");
        cells::text(&failure.message, out);
        out.push_str("]}");
    }
    out.push_str("]}");
    failure
}

/// The tables about the rows: properties, the status, and the list of all tables.
fn about(answer: &Answer, failure: Option<&Failure>) -> [Table; 3] {
    use ScalarType::{DateTime, Guid as Id, Int, Long, String};
    let properties = Schema::new([("Value", String)]);
    let shown = answer.tables.iter().map(|it| {
        let value = visualization(&it.table, answer.is_ordered).to_string();
        vec![Value::from(value)]
    });
    let status = Schema::new([
        ("Timestamp", DateTime),
        ("Severity", Int),
        ("SeverityName", String),
        ("StatusCode", Int),
        ("StatusDescription", String),
        ("Count", Int),
        ("RequestId", Id),
        ("ActivityId", Id),
        ("SubActivityId", Id),
        ("ClientActivityId", String),
    ]);
    let id = Value::Guid(answer.id.activity);
    let (severity, name, code, description) = match failure {
        // Severities of 2 and less are failures.
        Some(failure) => (2, "Error", -2_133_196_797, failure.message.as_str()),
        None => (4, "Info", 0, "Query completed successfully"),
    };
    let done = vec![
        Value::DateTime(answer.at),
        Value::Int(severity),
        name.into(),
        Value::Int(code),
        description.into(),
        Value::Int(1),
        id.clone(),
        id.clone(),
        id,
        answer.id.client.as_str().into(),
    ];
    let contents = Schema::new([
        ("Ordinal", Long),
        ("Kind", String),
        ("Name", String),
        ("Id", String),
        ("PrettyName", String),
    ]);
    let row = |ordinal: usize, kind: &str, name: &str, id: Guid| {
        vec![Value::Long(ordinal as i64), kind.into(), name.into(), Value::from(id.to_string()), "".into()]
    };
    let count = answer.tables.len();
    let mut rows: Vec<Vec<Value>> = answer
        .tables
        .iter()
        .enumerate()
        .map(|(at, it)| {
            let name = if it.name.starts_with("Table_") { "PrimaryResult" } else { it.name.as_str() };
            row(at, "QueryResult", name, id_of_table(answer, at))
        })
        .collect();
    rows.push(row(count, "QueryProperties", "@ExtendedProperties", id_of_table(answer, count)));
    rows.push(row(count + 1, "QueryStatus", "QueryStatus", Guid(0)));
    [Table::from_rows(properties, shown), Table::from_rows(status, [done]), Table::from_rows(contents, rows)]
}

/// An id that no other table has.
const fn id_of_table(answer: &Answer, at: usize) -> Guid {
    Guid(answer.id.activity.0.wrapping_add(1 + at as u128))
}
