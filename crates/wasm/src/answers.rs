//! Tables, charts and diagnostics as JSON for a page. It must not know requests.

use kqlite::{Completions, Diagnostic, Error, NamedTable, Table, Value};
use kqlite_chart::{Chart, PictureSize};
use serde_json::{Value as Json, json};

/// A page gets no more rows of a table: more nobody reads, and text for them takes memory.
const MAX_ROWS: usize = 10_000;

/// A table with its chart.
pub(crate) fn table(it: &NamedTable, width: f64) -> Json {
    let (chart, unfit) = match Chart::of_answer(&it.table) {
        Ok(chart) => (
            chart.map(|it| it.to_svg(PictureSize { width, height: (width * 0.5).clamp(280.0, 440.0) })),
            None,
        ),
        Err(error) => (None, Some(error.to_string())),
    };
    json!({
        "name": it.name,
        "columns": columns(&it.table),
        "rows": it.table.rows().take(MAX_ROWS).map(|row| row.iter().map(cell).collect()).collect::<Vec<Json>>(),
        "count": it.table.len(),
        "chart": chart,
        "chartError": unfit,
    })
}

/// Names and types.
pub(crate) fn columns(table: &Table) -> Json {
    let columns = table.schema().columns.iter();
    columns.map(|it| json!({"name": &*it.name, "type": it.data_type.as_str()})).collect()
}

/// A cell as text, since numbers of JavaScript have fewer digits than those of KQL; null for null.
pub(crate) fn cell(value: &Value) -> Json {
    match value {
        it if it.is_null() => Json::Null,
        Value::DateTime(it) => it.to_short_string().into(),
        other => (*other.to_text()).into(),
    }
}

/// What is wrong with a query, in the place of its answer.
pub(crate) fn failure(error: &Error) -> Json {
    json!({"diagnostics": diagnostics(error.diagnostics(), error.text())})
}

/// The place of a byte as a page counts it: in units of UTF-16.
fn unit_at(text: &str, byte: u32) -> usize {
    let byte = (byte as usize).min(text.len());
    text.get(..byte).map_or(0, |before| before.encode_utf16().count())
}

/// The byte at a place that a page counts.
pub(crate) fn byte_at(text: &str, unit: usize) -> usize {
    let mut left = unit;
    for (byte, c) in text.char_indices() {
        match left.checked_sub(c.len_utf16()) {
            Some(rest) => left = rest,
            None => return byte,
        }
    }
    text.len()
}

/// What may stand at a place, those first that begin with what was typed. A list on a screen shows few of them.
pub(crate) fn completions(found: &Completions, text: &str) -> Json {
    const MOST: usize = 80;
    json!({
        "from": unit_at(text, found.span.start),
        "to": unit_at(text, found.span.end),
        "typed": found.typed,
        "items": found.matching().into_iter().take(MOST).collect::<Vec<_>>(),
    })
}

/// Diagnostics with places as a page counts them.
pub(crate) fn diagnostics(found: &[Diagnostic], text: &str) -> Json {
    let place = |byte: u32| unit_at(text, byte);
    let one = |it: &Diagnostic| {
        let labels: Vec<Json> = it
            .labels
            .iter()
            .map(|label| json!({"from": place(label.span.start), "to": place(label.span.end), "text": label.text}))
            .collect();
        json!({
            "severity": it.severity,
            "code": it.code.as_str(),
            "message": it.message,
            "help": it.help,
            "labels": labels,
            "text": it.render("query", text, false),
        })
    };
    found.iter().take(50).map(one).collect()
}
