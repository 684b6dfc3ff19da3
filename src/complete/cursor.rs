//! Where in a text the cursor stands: the word to complete, whether in a string or a comment, the call and the operator
//! around it. It must not know what names mean.

use crate::source::Span;
use crate::syntax::{Expected, Highlight, HighlightKind, highlight, is_open_string};

/// Names of the query or the database may stand where these are expected.
pub(super) fn names_are_expected(expected: &[Expected]) -> bool {
    expected.iter().any(|it| matches!(it, Expected::Operand | Expected::Name | Expected::Call))
}

/// What the cursor stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CursorPlace {
    /// Words and signs.
    Code,
    /// A text in quotes.
    Text,
    /// A comment, a number, or anything else where nothing is proposed.
    Nothing,
}

/// The cursor in a text.
pub(super) struct Cursor<'t> {
    text: &'t str,
    offset: usize,
    /// The parts of the text in front of the word.
    parts: Vec<Highlight>,
    /// The word that the cursor is in or behind, with the brackets and quotes around a name.
    pub span: Span,
    /// Where what is typed of it begins.
    typed_from: usize,
    pub inside: CursorPlace,
    /// What the grammar lets stand there.
    pub expected: Vec<Expected>,
}

impl<'t> Cursor<'t> {
    /// The cursor behind so many bytes; `None` if there is no such place in the text.
    pub fn at(text: &'t str, offset: usize, expected: impl Fn(&str) -> Vec<Expected>) -> Option<Self> {
        if !text.is_char_boundary(offset) {
            return None;
        }
        let mut parts = highlight(text);
        // A part that begins at the cursor is behind it.
        parts.truncate(parts.partition_point(|part| (part.span.start as usize) < offset));
        let mut cursor = Self {
            text,
            offset,
            span: Span::new(offset, offset),
            typed_from: offset,
            inside: CursorPlace::Code,
            expected: Vec::new(),
            parts,
        };
        match cursor.parts.last() {
            Some(&part) if cursor.is_within(part) => cursor.enter(part),
            _ => {}
        }
        if cursor.inside == CursorPlace::Text
            && let Some(found) = cursor.bracketed(&expected)
        {
            // No word of the language stands in brackets.
            cursor.expected =
                found.into_iter().filter(|it| matches!(it, Expected::Name | Expected::Operand)).collect();
        } else if cursor.inside == CursorPlace::Code {
            cursor.expected = cursor.widened(&expected).unwrap_or_else(|| expected(cursor.before()));
        }
        Some(cursor)
    }

    /// What is typed at the cursor goes on with this part.
    fn is_within(&self, part: Highlight) -> bool {
        let end = part.span.end as usize;
        match part.kind {
            HighlightKind::Operator | HighlightKind::Punctuation => false,
            HighlightKind::String => self.offset < end || is_open_string(&self.text[part.span.range()]),
            HighlightKind::Literal => {
                // `true` is a word; what stands in `datetime(…)` is none, and behind it something else begins.
                self.offset < end || !self.text[part.span.range()].ends_with(')')
            }
            HighlightKind::Comment | HighlightKind::Keyword | HighlightKind::Name | HighlightKind::Number => {
                self.offset <= end
            }
            _ => self.offset < end,
        }
    }

    fn enter(&mut self, part: Highlight) {
        let text = &self.text[part.span.range()];
        self.inside = match part.kind {
            HighlightKind::Keyword | HighlightKind::Name => CursorPlace::Code,
            HighlightKind::String if text.starts_with(['"', '\'']) => CursorPlace::Text,
            _ => CursorPlace::Nothing,
        };
        match self.inside {
            CursorPlace::Code => self.span = part.span,
            CursorPlace::Text => {
                let end = part.span.end as usize - usize::from(!is_open_string(text));
                self.span = Span::new(part.span.start as usize + 1, end);
            }
            CursorPlace::Nothing => return,
        }
        self.typed_from = self.span.start as usize;
        self.parts.pop();
    }

    /// What is expected in front of `['name']`, if names may stand there: the word is all of it then.
    fn bracketed(&mut self, expected: &impl Fn(&str) -> Vec<Expected>) -> Option<Vec<Expected>> {
        let bracket = *self.parts.last()?;
        let quote = self.span.start - 1;
        if bracket.span.end != quote || &self.text[bracket.span.range()] != "[" {
            return None;
        }
        let found = expected(&self.text[..bracket.span.start as usize]);
        if !names_are_expected(&found) {
            return None;
        }
        let behind = self.after();
        let closing = ["']", "\"]"].iter().find(|it| behind.starts_with(**it)).map_or(0, |it| it.len());
        self.span = Span::new(bracket.span.start as usize, self.span.end as usize + closing);
        self.inside = CursorPlace::Code;
        self.parts.pop();
        Some(found)
    }

    /// What is expected in front of a run of words that a keyword may be: `project-aw`, `!ha`, `hint.str`. The word is the whole
    /// run then.
    fn widened(&mut self, expected: &impl Fn(&str) -> Vec<Expected>) -> Option<Vec<Expected>> {
        let mut count = 0;
        let mut start = self.span.start;
        for part in self.parts.iter().rev() {
            let text = &self.text[part.span.range()];
            let is_word = matches!(part.kind, HighlightKind::Keyword | HighlightKind::Name);
            if part.span.end != start || !(is_word || matches!(text.as_bytes(), [b'-' | b'!' | b'.'])) {
                break;
            }
            (start, count) = (part.span.start, count + 1);
        }
        if count == 0 {
            return None;
        }
        let run = Span { start, end: self.span.end };
        let found = expected(&self.text[..start as usize]);
        let typed = self.text.get(start as usize..self.offset)?;
        let goes_on = |word: &str| word.len() > typed.len() && word.starts_with(typed);
        let is_meant = found.iter().any(|it| match it {
            Expected::PipedOperator | Expected::FirstOperator => typed.contains('-'),
            Expected::Infix => typed.starts_with('!'),
            Expected::Keyword(word) | Expected::Parameter(word) | Expected::Value(word) => goes_on(word),
            _ => false,
        });
        if !is_meant {
            return None;
        }
        self.span = run;
        self.typed_from = start as usize;
        self.parts.truncate(self.parts.len() - count);
        Some(found)
    }

    /// The text in front of the word.
    pub fn before(&self) -> &'t str {
        &self.text[..self.span.start as usize]
    }

    /// The text behind the word.
    pub fn after(&self) -> &'t str {
        &self.text[self.span.end as usize..]
    }

    /// The part of the word in front of the cursor.
    pub fn typed(&self) -> &'t str {
        self.text.get(self.typed_from..self.offset).unwrap_or("")
    }

    /// An opening parenthesis stands right behind the word.
    pub fn goes_on_with_parenthesis(&self) -> bool {
        self.after().starts_with('(')
    }

    /// The name of the function whose arguments the cursor is in, and the number of arguments in front of the cursor.
    pub fn call(&self) -> Option<(&'t str, usize)> {
        let mut open = 0_usize;
        let mut arguments = 0;
        for (at, part) in self.parts.iter().enumerate().rev() {
            match &self.text[part.span.range()] {
                ")" | "]" | "}" => open += 1,
                "(" | "[" | "{" if open > 0 => open -= 1,
                "(" => {
                    let name = self.parts.get(at.checked_sub(1)?)?;
                    return Some((&self.text[name.span.range()], arguments));
                }
                "[" | "{" | "|" | ";" if open == 0 => return None,
                "," if open == 0 => arguments += 1,
                _ => {}
            }
        }
        None
    }

    /// The word that the operator at hand begins with.
    pub fn operator(&self) -> Option<&'t str> {
        let mut open = 0_usize;
        for (at, part) in self.parts.iter().enumerate().rev() {
            match &self.text[part.span.range()] {
                ")" | "]" | "}" => open += 1,
                "(" | "[" | "{" => open = open.saturating_sub(1),
                "|" if open == 0 => return self.parts.get(at + 1).map(|it| &self.text[it.span.range()]),
                ";" if open == 0 => return None,
                _ if at == 0 => return Some(&self.text[part.span.range()]),
                _ => {}
            }
        }
        None
    }
}
