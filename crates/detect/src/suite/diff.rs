//! Draws a difference for people: one line a row, the cells that differ marked.

use std::fmt::Write as _;

use super::compare::{Diff, DiffRow};

/// How a difference looks.
#[derive(Debug, Clone, Copy)]
pub struct DiffStyle {
    /// The widest that a line may be.
    pub width: usize,
    /// With colours.
    pub colour: bool,
    /// The most rows that are drawn.
    pub rows: usize,
}

impl Default for DiffStyle {
    fn default() -> Self {
        Self { width: 110, colour: false, rows: 12 }
    }
}

/// The widest that a cell is drawn, in characters.
const MAX_CELL: usize = 36;
/// The most rows without a difference that are drawn, for orientation.
const MAX_SAME: usize = 2;

const RED: &str = "31";
const GREEN: &str = "32";
const DIM: &str = "2";

impl Diff {
    /// The rows as lines: `-` stands before what was expected, `+` before what was found; of a row that differs, only the
    /// cells that do.
    #[must_use]
    pub fn draw(&self, style: DiffStyle) -> String {
        let shown = self.shown(style);
        let lines: Vec<Line> = shown.iter().flat_map(|row| lines_of(row)).collect();
        let (columns, hidden) = self.columns_that_fit(&lines, style.width);
        let columns: Vec<(usize, usize)> =
            columns.into_iter().map(|at| (at, self.width_of(at, &lines))).collect();
        let paint_as = |code| style.colour.then_some(code);
        let mut out = String::new();
        let heads = (' ', self.columns.iter().cloned().map(Some).collect(), None);
        self.line(&mut out, &heads, &columns, paint_as(DIM));
        let rules: Vec<String> = columns.iter().map(|(_, width)| "─".repeat(*width)).collect();
        let _ = writeln!(out, "{}", paint(&format!("  {}", rules.join("  ")), paint_as(DIM)));
        for line in &lines {
            let of_mark = match line.0 {
                '-' => RED,
                '+' => GREEN,
                _ => DIM,
            };
            self.line(&mut out, line, &columns, paint_as(of_mark));
        }
        self.rest(&mut out, shown.len(), &hidden, paint_as(DIM));
        out
    }

    /// The rows that are drawn: those that differ, and a few others.
    fn shown(&self, style: DiffStyle) -> Vec<&DiffRow> {
        let mut same = 0;
        let rows = self.rows.iter().filter(|row| {
            same += usize::from(matches!(row, DiffRow::Same(_)));
            !matches!(row, DiffRow::Same(_)) || same <= MAX_SAME
        });
        rows.take(style.rows.max(1)).collect()
    }

    /// The columns that fit into a line: those that differ first, then from the left; and the names of the others.
    fn columns_that_fit(&self, lines: &[Line], width: usize) -> (Vec<usize>, Vec<&str>) {
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

    fn width_of(&self, at: usize, lines: &[Line]) -> usize {
        let cells = lines.iter().filter_map(|(_, cells, _)| cells.get(at)?.as_deref());
        let head = self.columns.get(at).map_or(0, |name| name.chars().count());
        cells.map(|cell| cell.chars().count().min(MAX_CELL)).max().unwrap_or(0).max(head)
    }

    fn line(&self, out: &mut String, line: &Line, columns: &[(usize, usize)], style: Option<&str>) {
        let (mark, cells, marked) = line;
        let mut parts: Vec<(String, bool)> = vec![(mark.to_string(), true)];
        for (number, (at, width)) in columns.iter().enumerate() {
            let cell = cut(cells.get(*at).and_then(Option::as_deref).unwrap_or_default());
            let gap = if number > 0 { "  " } else { " " };
            let is_marked = marked.as_ref().is_none_or(|marked| marked.get(*at) == Some(&true));
            let padded = if self.right.get(*at) == Some(&true) {
                format!("{gap}{cell:>width$}")
            } else {
                format!("{gap}{cell:<width$}")
            };
            parts.push((padded, is_marked));
        }
        // No blanks at the end of a line.
        while let Some((last, _)) = parts.last_mut() {
            last.truncate(last.trim_end().len());
            if !last.is_empty() {
                break;
            }
            parts.pop();
        }
        let whole = parts.iter().all(|(_, is_marked)| *is_marked);
        if whole {
            let line: String = parts.into_iter().map(|(text, _)| text).collect();
            let _ = writeln!(out, "{}", paint(&line, style));
            return;
        }
        let line: String = parts
            .into_iter()
            .map(|(text, is_marked)| paint(&text, style.filter(|_| is_marked && !text.trim().is_empty())))
            .collect();
        let _ = writeln!(out, "{line}");
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

/// A row's mark and its cells; of a found row that differs, only the cells that do. Then which cells have a colour, if not
/// all have.
type Line = (char, Vec<Option<String>>, Option<Vec<bool>>);

/// The lines of a row.
fn lines_of(row: &DiffRow) -> Vec<Line> {
    let texts = |cells: &[String]| cells.iter().map(|cell| Some(cell.clone())).collect();
    match row {
        DiffRow::Same(cells) => vec![(' ', texts(cells), None)],
        DiffRow::Missing(cells) => vec![('-', texts(cells), None)],
        DiffRow::Unexpected(cells) => vec![('+', texts(cells), None)],
        DiffRow::Changed { expected, found, differs } => {
            let (mut before, mut after) = (Vec::new(), Vec::new());
            for ((expected, found), differs) in expected.iter().zip(found).zip(differs) {
                if *differs {
                    let (expected, found) = around_difference(expected, found);
                    before.push(Some(expected));
                    after.push(Some(found));
                } else {
                    before.push(Some(expected.clone()));
                    after.push(None);
                }
            }
            vec![('-', before, Some(differs.clone())), ('+', after, Some(differs.clone()))]
        }
    }
}

/// Two texts from a little before where they differ, if they are too long to be shown whole.
fn around_difference(a: &str, b: &str) -> (String, String) {
    const BEFORE: usize = 10;
    let same = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    let longest = a.chars().count().max(b.chars().count());
    if longest <= MAX_CELL || same <= BEFORE {
        return (a.to_owned(), b.to_owned());
    }
    let from = |text: &str| std::iter::once('…').chain(text.chars().skip(same - BEFORE)).collect();
    (from(a), from(b))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_cells_are_shown_where_they_differ() {
        let text = |end: &str| format!("{}{end}", "x".repeat(50));
        let (a, b) = around_difference(&text("abc"), &text("abd"));
        assert_eq!((a.as_str(), b.as_str()), ("…xxxxxxxxabc", "…xxxxxxxxabd"));
        assert_eq!(around_difference("short", "shore"), ("short".to_owned(), "shore".to_owned()));
    }

    #[test]
    fn a_difference_is_drawn() {
        let cells = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        let diff = Diff {
            columns: cells(["Name", "Count"]),
            right: vec![false, true],
            rows: vec![
                DiffRow::Same(cells(["ann", "1"])),
                DiffRow::Changed {
                    expected: cells(["bob", "2"]),
                    found: cells(["bob", "30"]),
                    differs: vec![false, true],
                },
                DiffRow::Missing(cells(["cat", "4"])),
                DiffRow::Unexpected(cells(["dan", "5"])),
            ],
        };
        let expected = "  Name  Count\n  ────  ─────\n  ann       1\n- bob       2\n+          30\n- cat       4\n+ dan       5\n";
        assert_eq!(diff.draw(DiffStyle::default()), expected);
        let narrow = diff.draw(DiffStyle { width: 10, rows: 2, ..DiffStyle::default() });
        assert!(narrow.ends_with("  … 2 more rows; not shown: column Name\n"), "{narrow}");
        let coloured = diff.draw(DiffStyle { colour: true, ..DiffStyle::default() });
        assert!(coloured.contains("\u{1b}[31m-\u{1b}[0m bob \u{1b}[31m      2\u{1b}[0m"), "{coloured}");
    }
}
