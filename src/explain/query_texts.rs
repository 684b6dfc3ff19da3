//! Cuts what the author wrote out of the query's text, or that of a stored function, and puts it in one line.

use std::collections::HashMap;
use std::sync::Arc;

use super::report::QueryLocation;
use crate::plan::UserFunctionCall;
use crate::source::{LineIndex, Span};

/// Holds the texts that spans point into.
pub(super) struct QueryTexts {
    query: Arc<str>,
    lines: LineIndex,
    /// The declarations of stored functions.
    functions: HashMap<String, Arc<str>>,
}

impl QueryTexts {
    /// Takes the query's text and the declarations of stored functions.
    pub fn new(query: &str, functions: HashMap<String, Arc<str>>) -> Self {
        Self { query: query.into(), lines: LineIndex::new(query), functions }
    }

    /// Gives the text that the spans in a function's body point into.
    fn of(&self, function: Option<&UserFunctionCall>) -> &str {
        match function.and_then(|it| it.stored.as_deref()) {
            Some(stored) => self.functions.get(stored).map_or("", |text| text),
            None => &self.query,
        }
    }

    /// Cuts out what stands at a place, in one line and with `…` in place of the nested pieces.
    pub fn line(&self, function: Option<&UserFunctionCall>, span: Span, nested: &[Span]) -> String {
        let text = self.of(function);
        let mut pieces = String::new();
        let mut from = span.start as usize;
        let mut nested: Vec<Span> = nested
            .iter()
            .filter(|it| it.start >= span.start && it.end <= span.end && it.start < it.end && **it != span)
            .copied()
            .collect();
        nested.sort_unstable();
        for inner in nested {
            if (inner.start as usize) < from {
                continue;
            }
            pieces.push_str(text.get(from..inner.start as usize).unwrap_or_default());
            pieces.push('…');
            from = inner.end as usize;
        }
        pieces.push_str(text.get(from..span.end as usize).unwrap_or_default());
        one_line(&pieces)
    }

    /// Locates a place in the query's text; `None` for one in a stored function.
    pub fn location(&self, function: Option<&UserFunctionCall>, span: Span) -> Option<QueryLocation> {
        if function.is_some_and(|it| it.stored.is_some()) || span == Span::default() {
            return None;
        }
        let (line, column) = self.lines.line_column(&self.query, span.start);
        Some(QueryLocation { start: span.start, end: span.end, line, column })
    }
}

/// Takes comments and line breaks out of a text; string literals stay as they are.
fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(comment) = rest.strip_prefix("//") {
            rest = comment.find('\n').and_then(|end| comment.get(end..)).unwrap_or_default();
            continue;
        }
        if first.is_whitespace() {
            rest = rest.trim_start();
            if !out.is_empty() && !out.ends_with([' ', '(', '[']) && !rest.starts_with([')', ']']) {
                out.push(' ');
            }
            continue;
        }
        let len = string_length(rest, out.ends_with(['@'])).unwrap_or(first.len_utf8());
        let (piece, after) = rest.split_at(len.min(rest.len()));
        out.push_str(piece);
        rest = after;
    }
    out.truncate(out.trim_end().len());
    out
}

/// Measures the string literal at the start of a text; `None` if there is none.
fn string_length(text: &str, verbatim: bool) -> Option<usize> {
    for fence in ["```", "~~~"] {
        if let Some(inner) = text.strip_prefix(fence) {
            return Some(inner.find(fence).map_or(text.len(), |end| end + 2 * fence.len()));
        }
    }
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' if !verbatim => escaped = true,
            c if c == quote => return Some(at + c.len_utf8()),
            _ => {}
        }
    }
    Some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_in_one_line() {
        let text = "where a == \"x  // y\" // why\n   and b == @'c:\\' //\n  and\tc";
        assert_eq!(one_line(text), "where a == \"x  // y\" and b == @'c:\\' and c");
        assert_eq!(one_line("join kind=inner (\n  …\n) on a"), "join kind=inner (…) on a");
    }

    #[test]
    fn nested_tables_are_left_out() {
        let query = "T | join (U | where x > 1) on k";
        let texts = QueryTexts::new(query, HashMap::new());
        let span = |text: &str| {
            let start = query.find(text).unwrap();
            Span::new(start, start + text.len())
        };
        let line = texts.line(None, span("join (U | where x > 1) on k"), &[span("U | where x > 1")]);
        assert_eq!(line, "join (…) on k");
        assert_eq!(texts.location(None, span("join")).map(|it| (it.line, it.column)), Some((1, 5)));
    }
}
