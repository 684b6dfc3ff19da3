//! The page of an answer: its tables to sort and to filter, and its chart, in one HTML file that needs nothing else. It must not
//! know how charts are drawn.

use std::fmt::{self, Write};

use kqlite::{NamedTable, Table, Value};
use kqlite_chart::{Chart, PictureSize};
use serde_json::json;

use crate::html::title;
use crate::query_text::QueryText;
use crate::template::{escaped, filled, in_script};

/// Styles, the program and the frame; what is between its two halves is the data.
const TEMPLATE: &str = include_str!("answer.html");
/// The chart on a wide page, and on a narrow one.
const SIZES: [(&str, PictureSize); 2] = [
    ("wide", PictureSize { width: 960.0, height: 420.0 }),
    ("narrow", PictureSize { width: 420.0, height: 360.0 }),
];

/// Writes the page.
pub fn write(tables: &[NamedTable], text: &QueryText, out: &mut impl Write) -> fmt::Result {
    let title = title(text.rule.as_ref().map(|(_, rule)| &**rule), &text.origin);
    let made = format!("kqlite {}", env!("CARGO_PKG_VERSION"));
    let charts: String = tables.iter().map(|it| chart(&it.table)).collect();
    let fill = |half: &str| {
        filled(half, |name| match name {
            "title" => Some(escaped(&title).into()),
            "query" => Some(escaped(text.text.trim()).into()),
            "charts" => Some(charts.as_str().into()),
            "made" => Some(escaped(&made).into()),
            _ => None,
        })
    };
    // The rows are written one by one, so that memory does not hold them twice.
    let (before, behind) = TEMPLATE.split_once("{{data}}").unwrap_or((TEMPLATE, ""));
    out.write_str(&fill(before))?;
    out.write_str("[")?;
    for (at, it) in tables.iter().enumerate() {
        out.write_str(if at > 0 { ",\n" } else { "" })?;
        write_table(it, out)?;
    }
    out.write_str("]")?;
    out.write_str(&fill(behind))
}

/// The chart in each size, or what hinders it.
fn chart(table: &Table) -> String {
    match Chart::of_answer(table) {
        Ok(Some(chart)) => {
            let figure =
                |(class, size)| format!("<figure class=\"{class}\">{}</figure>\n", chart.to_svg(size));
            SIZES.map(figure).concat()
        }
        Ok(None) => String::new(),
        Err(error) => format!("<p class=\"note\">No chart is drawn: {}</p>\n", escaped(&error.to_string())),
    }
}

fn write_table(it: &NamedTable, out: &mut impl Write) -> fmt::Result {
    let columns: Vec<_> = it
        .table
        .schema()
        .columns
        .iter()
        .map(|column| json!({"name": &*column.name, "type": column.data_type.as_str()}))
        .collect();
    let head = json!({"name": it.name, "columns": columns}).to_string();
    let head = in_script(&head);
    out.write_str(head.strip_suffix('}').unwrap_or(&head))?;
    out.write_str(",\"rows\":[")?;
    for (at, row) in it.table.rows().enumerate() {
        out.write_str(if at > 0 { ",\n[" } else { "\n[" })?;
        for (column, value) in row.iter().enumerate() {
            out.write_str(if column > 0 { "," } else { "" })?;
            out.write_str(&in_script(&cell(value).to_string()))?;
        }
        out.write_str("]")?;
    }
    out.write_str("]}")
}

/// A cell as the page shows it: a text, since numbers of JavaScript have fewer digits than those of KQL; null for null.
fn cell(value: &Value) -> serde_json::Value {
    match value {
        it if it.is_null() => serde_json::Value::Null,
        Value::DateTime(it) => it.to_short_string().into(),
        other => (*other.to_text()).into(),
    }
}
