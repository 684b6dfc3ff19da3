//! The text of an answer: a table, records where it is too wide, or a form of files. It must not know where the answer came
//! from.

use std::fmt::Write as _;

use kqlite::{NamedTable, OutputFormat, Table, Value, write_tables};
use kqlite_chart::{Chart, TerminalSize};

use crate::screen::{Screen, TextStyle, width};
use crate::settings::{AnswerForm, Settings};

/// The text of the tables of an answer.
pub fn answer_text(tables: &[NamedTable], settings: &Settings, screen: Screen) -> String {
    let is_for_people = !matches!(settings.form, AnswerForm::As(format) if format != OutputFormat::Table);
    let mut text = match tables {
        [alone] => one(&alone.table, settings, screen, is_for_people),
        several => all(several, settings),
    };
    if is_for_people && settings.charts.unwrap_or(screen.is_terminal) {
        for it in tables {
            let chart = chart(&it.table, screen);
            if tables.len() > 1 && !chart.is_empty() {
                let _ = write!(text, "\n{}:", it.name);
            }
            text.push_str(&chart);
        }
    }
    text
}

/// The text of the only table of an answer.
fn one(table: &Table, settings: &Settings, screen: Screen, is_for_people: bool) -> String {
    let shown = first_rows(table, settings.rows);
    let mut text = formed(&shown, settings.form, screen);
    if is_for_people && shown.len() < table.len() {
        let left = table.len() - shown.len();
        let note = format!("… {left} more rows: .set rows N shows more, .save FILE writes all of them");
        let _ = writeln!(text, "{}", screen.styled(TextStyle::Dim, &note));
    }
    text
}

/// How many lines a chart has, and how many columns at the most.
const CHART_HEIGHT: usize = 16;
const CHART_WIDTH: usize = 160;

/// The chart that `render` asks for, behind an empty line; why it cannot be drawn, if that is so.
fn chart(table: &Table, screen: Screen) -> String {
    let width = screen.size().map_or(100, |(columns, _)| columns).min(CHART_WIDTH);
    let size = TerminalSize { width, height: CHART_HEIGHT, has_colours: screen.has_colour };
    match Chart::of_answer(table) {
        Ok(Some(chart)) => format!("\n{}", chart.to_text(size)),
        Ok(None) => String::new(),
        Err(error) => format!("note: no chart is drawn: {error}\n"),
    }
}

/// The text of several tables.
fn all(tables: &[NamedTable], settings: &Settings) -> String {
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
            match is_too_wide {
                // Its last line says how many columns it has.
                true if table.is_empty() => with_line_end(text.lines().last().unwrap_or_default().to_owned()),
                true => records(table, screen),
                false => text,
            }
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
