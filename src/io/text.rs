//! Writes tables for people: aligned text and Markdown.

use std::fmt::{self, Write};

use crate::column::Table;
use crate::types::{Dynamic, ScalarType, Value};

/// The widest that a cell of aligned text may be, in characters; longer ones are cut.
const MAX_CELL_CHARS: usize = 60;

impl fmt::Display for Table {
    /// Writes aligned columns, numbers to the right, null as `null`; cells of more than 60 characters are cut unless the
    /// alternate form `{:#}` is asked for. The last line counts rows and columns.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let max_chars = if f.alternate() { usize::MAX } else { MAX_CELL_CHARS };
        let columns: Vec<Vec<String>> = self
            .columns()
            .iter()
            .zip(self.schema().names())
            .map(|(column, name)| {
                let cells = column.values().map(|value| shown(&value, max_chars));
                std::iter::once(printable(name, usize::MAX)).chain(cells).collect()
            })
            .collect();
        let widths: Vec<usize> = columns
            .iter()
            .map(|cells| cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0).max(1))
            .collect();
        let mut line = String::new();
        for row in 0..=self.len() {
            line.clear();
            for (at, (cells, width)) in columns.iter().zip(&widths).enumerate() {
                let cell = cells.get(row).map_or("", String::as_str);
                let right = self.schema().columns.get(at).is_some_and(|column| column.data_type.is_number());
                line.push_str(if at > 0 { "  " } else { "" });
                let _ = if right { write!(line, "{cell:>width$}") } else { write!(line, "{cell:<width$}") };
            }
            writeln!(f, "{}", line.trim_end())?;
            if row == 0 {
                let rule: Vec<String> = widths.iter().map(|&width| "─".repeat(width)).collect();
                writeln!(f, "{}", rule.join("  "))?;
            }
        }
        let count = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
        writeln!(f, "{}, {}", count(self.len(), "row"), count(self.columns().len(), "column"))
    }
}

/// A cell as plain text: what `tostring` gives, but datetimes without trailing zeros and bools in lower case.
pub(super) fn plain_cell(value: &Value) -> String {
    match value {
        Value::DateTime(it) => it.to_short_string(),
        Value::Bool(it) => it.to_string(),
        Value::Dynamic(it) => it.to_json(),
        _ => value.to_text().to_string(),
    }
}

/// A cell for people: strings as they are, null as `null`.
fn shown(value: &Value, max_chars: usize) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Dynamic(Dynamic::String(text)) => printable(text, max_chars),
        _ => printable(&plain_cell(value), max_chars),
    }
}

/// Control characters would break the lines or command the terminal: they are written out.
fn printable(text: &str, max_chars: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max_chars));
    for (count, c) in text.chars().enumerate() {
        if count + 1 >= max_chars && text.chars().count() > max_chars {
            out.push('…');
            break;
        }
        if c.is_control() {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// Writes a Markdown table; null is an empty cell.
pub(super) fn write_markdown(table: &Table, out: &mut impl Write) -> fmt::Result {
    let escaped = |text: &str| {
        text.replace('\\', "\\\\").replace('|', "\\|").replace("\r\n", "<br>").replace(['\n', '\r'], "<br>")
    };
    let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    out.write_str(&row(table.schema().names().map(escaped).collect()))?;
    let rule = |data_type: ScalarType| if data_type.is_number() { "---:" } else { "---" };
    out.write_str(&row(table
        .schema()
        .columns
        .iter()
        .map(|column| rule(column.data_type).to_owned())
        .collect()))?;
    for number in 0..table.len() {
        let cells = table.columns().iter().map(|column| escaped(&plain_cell(&column.value(number))));
        out.write_str(&row(cells.collect()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::OutputFormat;
    use crate::types::Schema;

    fn table() -> Table {
        let schema = Schema::new([("Name", ScalarType::String), ("Size", ScalarType::Long)]);
        Table::from_rows(
            schema,
            [
                vec![Value::from("é"), Value::Long(12345)],
                vec![Value::from("two\nlines|\u{1b}[31m"), Value::Null],
                vec![Value::string(&"x".repeat(61)), Value::Long(7)],
            ],
        )
    }

    #[test]
    fn aligned_and_cut() {
        let long = "x".repeat(59) + "…";
        let rule = "─".repeat(60);
        let expected = format!(
            "{:60}   Size\n{rule}  ─────\n{:60}  12345\n{:60}   null\n{long}      7\n3 rows, 2 columns\n",
            "Name", "é", "two\\nlines|\\u{1b}[31m"
        );
        assert_eq!(table().to_string(), expected);
        assert!(format!("{:#}", table()).contains(&"x".repeat(61)));
        assert_eq!(Table::default().to_string(), "\n\n0 rows, 0 columns\n");
    }

    #[test]
    fn markdown() {
        let text = table().to_text(OutputFormat::Markdown);
        assert!(
            text.starts_with("| Name | Size |\n| --- | ---: |\n| é | 12345 |\n| two<br>lines\\|"),
            "{text}"
        );
    }
}
