//! Where a statement ends: in a text that is typed, and in one that is read whole. It must not know what statements do.
//!
//! A statement goes on while brackets are open, while a line ends in `|`, a comma or an operator, and while there are only
//! `let` statements; rows behind the `<|` of a command go on, too. A blank line ends it in any case, and so does `;` behind a query. In a text that is read whole a line that
//! is indented or begins with `|` belongs to the statement before.

use kqlite::syntax::{Highlight, HighlightKind, highlight};

/// The statement that was typed is whole.
pub fn is_complete(text: &str) -> bool {
    if text.trim().is_empty() || ends_with_blank_line(text) {
        return true;
    }
    let mut state = StatementState::default();
    let mut end = 0;
    for part in &highlight(text) {
        state.read(text, text.get(end..part.span.start as usize).unwrap_or_default(), part);
        end = part.span.end as usize;
    }
    !state.goes_on()
}

/// The statements of a text, each as it stands there, and the number of its first line.
pub fn statements(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut state = StatementState::default();
    let mut start = 0;
    let mut end = 0;
    let mut line = 1;
    let mut counted = 0;
    for part in &highlight(text) {
        let at = part.span.start as usize;
        let between = text.get(end..at).unwrap_or_default();
        if end > start && ends_between(text, &state, between, at) {
            found.push((line, text[start..end].trim_end()));
            state = StatementState::default();
            start = end;
        }
        if state.parts == 0 {
            // Comments in front of it belong to it.
            start = at;
            line += text[counted..start].matches('\n').count();
            counted = start;
        }
        state.read(text, between, part);
        end = part.span.end as usize;
    }
    if end > start && state.has_code {
        found.push((line, text[start..end].trim_end()));
    }
    found
}

/// A statement ends between two parts of a text.
fn ends_between(text: &str, state: &StatementState, between: &str, next: usize) -> bool {
    let Some((_, last_line)) = between.rsplit_once('\n') else {
        return state.is_ended;
    };
    let is_blank = between.matches('\n').count() > 1;
    if is_blank && state.open == 0 && state.has_code {
        return !state.has_only_declarations();
    }
    let belongs_to_it = !last_line.is_empty() || text[next..].starts_with(['|', ')', ']', '}']);
    !(state.goes_on() || belongs_to_it)
}

fn ends_with_blank_line(text: &str) -> bool {
    let line = text.rsplit_once('\n').map(|(_, line)| line);
    line.is_some_and(|line| line.trim().is_empty())
}

/// What is known of a statement as far as it was read.
#[derive(Default)]
struct StatementState {
    parts: usize,
    /// Something else than comments was read.
    has_code: bool,
    /// It begins with a dot.
    is_command: bool,
    open: usize,
    /// The last part asks for more.
    asks_for_more: bool,
    /// A semicolon ended a query.
    is_ended: bool,
    /// What begins at the start or behind a semicolon declares something.
    declares: bool,
    /// `<|` came last.
    is_behind_arrow: bool,
    /// Rows follow a command, a line each.
    takes_rows: bool,
    /// A semicolon came last.
    is_behind_semicolon: bool,
}

impl StatementState {
    /// Reads a part, which stands behind this text.
    fn read(&mut self, text: &str, between: &str, part: &Highlight) {
        self.takes_rows |= self.is_command && self.is_behind_arrow && between.contains('\n');
        self.parts += 1;
        if part.kind == HighlightKind::Comment {
            return;
        }
        let word = &text[part.span.range()];
        self.is_behind_arrow = word == "<|";
        if !self.has_code || self.is_behind_semicolon {
            self.declares = matches!(word, "let" | "set" | "declare" | "alias" | "restrict");
        }
        if !self.has_code {
            self.is_command = word == ".";
        }
        self.has_code = true;
        self.is_behind_semicolon = false;
        match word {
            _ if self.takes_rows => {}
            "(" | "[" | "{" if part.kind == HighlightKind::Punctuation => self.open += 1,
            ")" | "]" | "}" if part.kind == HighlightKind::Punctuation => {
                self.open = self.open.saturating_sub(1)
            }
            ";" if self.open == 0 => {
                self.is_ended = !self.declares;
                self.is_behind_semicolon = true;
            }
            _ => {}
        }
        self.asks_for_more = match part.kind {
            HighlightKind::Punctuation => matches!(word, "|" | "," | ":"),
            // `*` may be a name with wildcards, and commands have words with hyphens and paths.
            HighlightKind::Operator => word != "*" && (!self.is_command || word == "<|"),
            HighlightKind::String => ["```", "~~~"]
                .iter()
                .any(|fence| word.starts_with(fence) && !(word.len() > fence.len() && word.ends_with(fence))),
            _ => false,
        };
    }

    /// There is nothing yet that gives an answer.
    fn has_only_declarations(&self) -> bool {
        !self.is_command && self.declares
    }

    fn goes_on(&self) -> bool {
        !self.has_code
            || self.open > 0
            || self.asks_for_more
            || self.takes_rows
            || (self.has_only_declarations() && !self.is_ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_goes_on_while_something_is_open() {
        for whole in [
            "T",
            "T | take 3",
            "T;",
            "let x = 1; print x",
            ".tables",
            ".load a-b.csv",
            "T |\n\n",
            "",
            "T | project a*",
        ] {
            assert!(is_complete(whole), "{whole}");
        }
        for open in [
            "T |",
            "T | where (",
            "T | where a ==",
            "print 1,",
            "let x = 1;",
            "let x = 1",
            "print ```a",
            "// a",
            "T | join kind=inner (U",
            ".ingest inline into table T <|\n1,(2",
        ] {
            assert!(!is_complete(open), "{open}");
        }
    }

    #[test]
    fn a_text_is_parted_into_statements() {
        let text =
            "// first\nT\n| where a\n  and b\n| take 3\n.tables\n\nlet x = 1;\nprint x; print 2\nprint 3\n";
        let found: Vec<&str> = statements(text).into_iter().map(|(_, it)| it).collect();
        assert_eq!(
            found,
            [
                "// first\nT\n| where a\n  and b\n| take 3",
                ".tables",
                "let x = 1;\nprint x;",
                "print 2",
                "print 3",
            ]
        );
        let lines: Vec<usize> = statements(text).into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, [1, 6, 8, 9, 10]);
        let rows = ".ingest inline into table T <|\n1,2\n3,4\n\nT";
        assert_eq!(statements(rows).len(), 2, "{:?}", statements(rows));
        for nothing in ["", " \n", "// only a comment\n\n"] {
            assert_eq!(statements(nothing), []);
        }
    }
}
