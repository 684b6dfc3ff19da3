//! A difference drawn for people: one line a row, the cells that differ marked. It must not know how rows are compared.

use std::fmt::Write as _;

use super::compare::{Diff, DiffRow};

/// How a difference is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Drawing {
    /// The widest that a line may be.
    pub width: usize,
    /// With colours.
    pub colour: bool,
    /// At most so many rows.
    pub rows: usize,
}

impl Default for Drawing {
    fn default() -> Self {
        Self { width: 110, colour: false, rows: 12 }
    }
}

/// A cell is at most so wide.
const MAX_CELL: usize = 36;
/// So many rows that are the same are shown for orientation.
const MAX_SAME: usize = 2;

const RED: &str = "31";
const GREEN: &str = "32";
const DIM: &str = "2";

impl Diff {
    /// The rows as lines: `-` stands before what was expected, `+` before what was found; of a row that differs, only the
    /// cells that do.
    #[must_use]
    pub fn draw(&self, drawing: Drawing) -> String {
        let shown = self.shown(drawing);
        let lines: Vec<(char, Vec<Option<&str>>)> = shown.iter().flat_map(|row| lines_of(row)).collect();
        let (columns, hidden) = self.columns_that_fit(&lines, drawing.width);
        let widths: Vec<usize> = columns.iter().map(|at| self.width_of(*at, &lines)).collect();
        let mut out = String::new();
        let heads: Vec<Option<&str>> = self.columns.iter().map(|name| Some(name.as_str())).collect();
        self.line(&mut out, ' ', &heads, &columns, &widths, drawing.colour.then_some(DIM));
        let rules: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
        let _ = writeln!(out, "{}", paint(&format!("  {}", rules.join("  ")), drawing.colour.then_some(DIM)));
        for (mark, cells) in &lines {
            let style = match mark {
                '-' => RED,
                '+' => GREEN,
                _ => DIM,
            };
            self.line(&mut out, *mark, cells, &columns, &widths, drawing.colour.then_some(style));
        }
        self.rest(&mut out, shown.len(), &hidden, drawing.colour.then_some(DIM));
        out
    }

    /// The rows that are drawn: those that differ, and a few others.
    fn shown(&self, drawing: Drawing) -> Vec<&DiffRow> {
        let mut same = 0;
        let rows = self.rows.iter().filter(|row| {
            same += usize::from(matches!(row, DiffRow::Same(_)));
            !matches!(row, DiffRow::Same(_)) || same <= MAX_SAME
        });
        rows.take(drawing.rows.max(1)).collect()
    }

    /// The columns that fit into a line: those that differ first, then from the left; and the names of the others.
    fn columns_that_fit(&self, lines: &[(char, Vec<Option<&str>>)], width: usize) -> (Vec<usize>, Vec<&str>) {
        let differs = |at: usize| {
            self.rows
                .iter()
                .any(|row| matches!(row, DiffRow::Changed { differs, .. } if differs.get(at) == Some(&true)))
        };
        let mut order: Vec<usize> = (0..self.columns.len()).collect();
        order.sort_by_key(|at| !differs(*at));
        let mut left = width.saturating_sub(2);
        let mut fit = Vec::new();
        for at in order {
            let needed = self.width_of(at, lines) + 2;
            if needed <= left || fit.is_empty() {
                left = left.saturating_sub(needed);
                fit.push(at);
            }
        }
        fit.sort_unstable();
        let hidden = (0..self.columns.len()).filter(|at| !fit.contains(at));
        let hidden = hidden.filter_map(|at| self.columns.get(at).map(String::as_str)).collect();
        (fit, hidden)
    }

    fn width_of(&self, at: usize, lines: &[(char, Vec<Option<&str>>)]) -> usize {
        let cells = lines.iter().filter_map(|(_, cells)| cells.get(at).copied().flatten());
        let head = self.columns.get(at).map_or(0, |name| name.chars().count());
        cells.map(|cell| cell.chars().count().min(MAX_CELL)).max().unwrap_or(0).max(head)
    }

    fn line(
        &self,
        out: &mut String,
        mark: char,
        cells: &[Option<&str>],
        columns: &[usize],
        widths: &[usize],
        style: Option<&str>,
    ) {
        let mut line = format!("{mark} ");
        for (number, (at, width)) in columns.iter().zip(widths).enumerate() {
            let cell = cut(cells.get(*at).copied().flatten().unwrap_or_default());
            let gap = if number > 0 { "  " } else { "" };
            let _ = if self.right.get(*at) == Some(&true) {
                write!(line, "{gap}{cell:>width$}")
            } else {
                write!(line, "{gap}{cell:<width$}")
            };
        }
        let _ = writeln!(out, "{}", paint(line.trim_end(), style));
    }

    /// What is not drawn.
    fn rest(&self, out: &mut String, shown: usize, hidden: &[&str], style: Option<&str>) {
        let mut parts = Vec::new();
        if shown < self.rows.len() {
            let rest = self.rows.len() - shown;
            let same = self.counts()[0].saturating_sub(MAX_SAME);
            let rows = if rest == 1 { "row" } else { "rows" };
            parts.push(if same == rest {
                format!("{rest} more {rows} as expected")
            } else {
                format!("{rest} more {rows}")
            });
        }
        if !hidden.is_empty() {
            let columns = if hidden.len() == 1 { "column" } else { "columns" };
            parts.push(format!("not shown: {columns} {}", hidden.join(", ")));
        }
        if !parts.is_empty() {
            let _ = writeln!(out, "{}", paint(&format!("  … {}", parts.join("; ")), style));
        }
    }
}

/// The lines of a row; of a found row that differs, only the cells that do.
fn lines_of(row: &DiffRow) -> Vec<(char, Vec<Option<&str>>)> {
    let all = |cells: &'_ [String]| -> Vec<Option<String>> { cells.iter().cloned().map(Some).collect() };
    let _ = all;
    match row {
        DiffRow::Same(cells) => vec![(' ', texts(cells))],
        DiffRow::Missing(cells) => vec![('-', texts(cells))],
        DiffRow::Unexpected(cells) => vec![('+', texts(cells))],
        DiffRow::Changed { expected, found, differs } => {
            let changed = found.iter().zip(differs).map(|(cell, differs)| differs.then_some(cell.as_str()));
            vec![('-', texts(expected)), ('+', changed.collect())]
        }
    }
}

fn texts(cells: &[String]) -> Vec<Option<&str>> {
    cells.iter().map(|cell| Some(cell.as_str())).collect()
}

/// A cell, cut where it gets long.
fn cut(cell: &str) -> String {
    if cell.chars().count() <= MAX_CELL {
        return cell.to_owned();
    }
    cell.chars().take(MAX_CELL - 1).chain(['…']).collect()
}

fn paint(text: &str, style: Option<&str>) -> String {
    match style {
        Some(style) if !text.is_empty() => format!("\u{1b}[{style}m{text}\u{1b}[0m"),
        _ => text.to_owned(),
    }
}
