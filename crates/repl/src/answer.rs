//! The text of an answer: a table, records where it is too wide, or a form of files. It must not know where the answer came
//! from.

use std::fmt::Write as _;

use kqlite::{NamedTable, OutputFormat, Table, Value, write_tables};

use crate::screen::{Screen, TextStyle, width};
use crate::settings::{AnswerForm, Settings};

/// The text of the tables of an answer.
pub fn answer_text(tables: &[NamedTable], settings: &Settings, screen: Screen) -> String {
    let [alone] = tables else { return several(tables, settings) };
    let table = &alone.table;
    let shown = first_rows(table, settings.rows);
    let mut text = match (chart(&shown, screen), settings.form) {
        (Some(chart), AnswerForm::Auto) => chart,
        (_, form) => formed(&shown, form, screen),
    };
    let is_for_people = !matches!(settings.form, AnswerForm::As(format) if format != OutputFormat::Table);
    if is_for_people && shown.len() < table.len() {
        let left = table.len() - shown.len();
        let note = format!("… {left} more rows: .set rows N shows more, .save FILE writes all of them");
        let _ = writeln!(text, "{}", screen.styled(TextStyle::Dim, &note));
    }
    text
}

/// The chart that `render` asks for, if it can be drawn here. Nothing draws charts yet: a table stands for them.
const fn chart(_: &Table, _: Screen) -> Option<String> {
    None
}

fn several(tables: &[NamedTable], settings: &Settings) -> String {
    let shown: Vec<Table> = tables.iter().map(|it| first_rows(&it.table, settings.rows)).collect();
    let named: Vec<(&str, &Table)> = tables.iter().map(|it| it.name.as_str()).zip(&shown).collect();
    let format = match settings.form {
        AnswerForm::As(format) if format.holds_several() => format,
        _ => OutputFormat::Table,
    };
    let mut text = String::new();
    match write_tables(&named, format, &mut text) {
        Ok(()) => text,
        // A text takes all that is written to it.
        Err(error) => format!("{error}\n"),
    }
}

/// The first rows; all if the number is 0.
fn first_rows(table: &Table, rows: usize) -> Table {
    if rows == 0 || table.len() <= rows {
        return table.clone();
    }
    let first = table.rows().take(rows);
    Table::from_rows(table.schema().clone(), first).with_visualization(table.visualization().cloned())
}

fn formed(table: &Table, form: AnswerForm, screen: Screen) -> String {
    match form {
        AnswerForm::As(format) => with_line_end(table.to_text(format)),
        AnswerForm::Records => records(table, screen),
        AnswerForm::Auto => {
            let text = with_line_end(table.to_text(OutputFormat::Table));
            let room = screen.size().map_or(usize::MAX, |(columns, _)| columns);
            // The first line is as wide as the others: columns are aligned.
            let is_too_wide = text.lines().take(2).any(|line| width(line) > room);
            if is_too_wide && !table.is_empty() { records(table, screen) } else { text }
        }
    }
}

fn with_line_end(mut text: String) -> String {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// One column a line, with the number of the row above.
fn records(table: &Table, screen: Screen) -> String {
    let names: Vec<&str> = table.schema().names().collect();
    let wide = names.iter().map(|name| width(name)).max().unwrap_or(0);
    let mut text = String::new();
    for (number, row) in table.rows().enumerate() {
        let _ = writeln!(text, "{}", screen.styled(TextStyle::Dim, &format!("[{number}]")));
        for (name, value) in names.iter().zip(&row) {
            let pad = " ".repeat(wide.saturating_sub(width(name)));
            let line = format!("{}{pad}  {}", screen.styled(TextStyle::Bold, name), plain(value));
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }
    text
}

/// A value in one line.
fn plain(value: &Value) -> String {
    value.to_text().chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
