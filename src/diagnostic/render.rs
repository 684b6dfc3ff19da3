//! Draws diagnostics for people: the source line with carets, then help. Colour is the caller's choice.
//! It must not know terminals or files; it makes text.

use std::fmt::Write as _;

use super::{Diagnostic, Label, Severity};
use crate::source::{LineIndex, Span};

/// ANSI sequences, or nothing.
struct Paint {
    red: &'static str,
    yellow: &'static str,
    blue: &'static str,
    bold: &'static str,
    off: &'static str,
}

const PLAIN: Paint = Paint { red: "", yellow: "", blue: "", bold: "", off: "" };
const COLOUR: Paint =
    Paint { red: "\x1b[1;31m", yellow: "\x1b[1;33m", blue: "\x1b[1;34m", bold: "\x1b[1m", off: "\x1b[0m" };

impl Diagnostic {
    /// The diagnostic as text for people: message, source lines with carets, help.
    ///
    /// `origin` names the text, such as a file name; `colour` adds ANSI colours.
    #[must_use]
    pub fn render(&self, origin: &str, text: &str, colour: bool) -> String {
        let Self { severity, code, message, labels, help, .. } = self;
        SourceReport { severity: *severity, code: code.as_str(), message, labels, help }
            .render(origin, text, colour)
    }
}

/// Reports a finding in a source text: its parts, to be rendered with the lines that they point at. A [`Diagnostic`] is
/// rendered so, and so can be findings of other crates that have codes of their own.
#[derive(Debug, Clone, Copy)]
pub struct SourceReport<'d> {
    /// Error or warning.
    pub severity: Severity,
    /// The code.
    pub code: &'d str,
    /// One sentence.
    pub message: &'d str,
    /// The places, the primary one first.
    pub labels: &'d [Label],
    /// What to do about it.
    pub help: &'d [String],
}

impl SourceReport<'_> {
    /// Renders the finding as text for people; as [`Diagnostic::render`].
    #[must_use]
    pub fn render(&self, origin: &str, text: &str, colour: bool) -> String {
        let paint = if colour { COLOUR } else { PLAIN };
        let (word, tone) = match self.severity {
            Severity::Error => ("error", paint.red),
            Severity::Warning => ("warning", paint.yellow),
        };
        let (bold, off, blue) = (paint.bold, paint.off, paint.blue);
        let mut out = format!("{tone}{word}[{}]{off}{bold}: {}{off}\n", self.code, self.message);
        let index = LineIndex::new(text);
        let width = self
            .labels
            .iter()
            .map(|l| index.line_column(text, l.span.start).0)
            .max()
            .unwrap_or(1)
            .to_string()
            .len();
        let mut last_line = 0;
        for (at, label) in self.labels.iter().enumerate() {
            let (line, column) = index.line_column(text, label.span.start);
            if at == 0 {
                let _ = writeln!(out, "{:width$}{blue}-->{off} {origin}:{line}:{column}", "");
                let _ = writeln!(out, "{:width$} {blue}|{off}", "");
            }
            let shown = index.line(text, line);
            if line != last_line {
                let _ = writeln!(out, "{blue}{line:>width$} |{off} {}", window(shown, column).0);
                last_line = line;
            }
            let (_, column) = window(shown, column);
            let carets =
                caret_count(&index, text, label.span).min(MAX_LINE.saturating_sub(column) + 1).max(1);
            let pad = " ".repeat(column - 1);
            let mark = if at == 0 { "^" } else { "-" }.repeat(carets);
            let gap = if label.text.is_empty() { "" } else { " " };
            let _ = writeln!(out, "{:width$} {blue}|{off} {pad}{tone}{mark}{gap}{}{off}", "", label.text);
        }
        for help in self.help {
            let _ = writeln!(out, "{:width$} {blue}={off} {bold}help{off}: {help}", "");
        }
        out
    }
}

/// The longest piece of a line that is shown.
const MAX_LINE: usize = 160;

/// The piece of a line that is shown, and the column within it. Tabs become single spaces, so that carets stand right.
fn window(line: &str, column: usize) -> (String, usize) {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    if line.chars().count() <= MAX_LINE {
        return (line.chars().map(clean).collect(), column);
    }
    let from = column.saturating_sub(MAX_LINE / 2).min(line.chars().count().saturating_sub(MAX_LINE));
    let mut shown: String = line.chars().skip(from).take(MAX_LINE).map(clean).collect();
    if from > 0 {
        shown = format!("…{}", shown.chars().skip(1).collect::<String>());
    }
    (shown, column - from)
}

/// How many carets a span gets: its characters on its first line, at least one.
fn caret_count(index: &LineIndex, text: &str, span: Span) -> usize {
    let (line, column) = index.line_column(text, span.start);
    let (end_line, end_column) = index.line_column(text, span.end);
    if end_line == line {
        end_column.saturating_sub(column).max(1)
    } else {
        (index.line(text, line).chars().count() + 1).saturating_sub(column).max(1)
    }
}
