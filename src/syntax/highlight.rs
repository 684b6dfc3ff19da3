//! The parts of a text by what they are, for those who draw a query in colours. It must not know the grammar: whether a word
//! is a keyword or a name is told by the word and by what stands before it.

use super::lexer::lex;
use super::token::{NameUse, TokenKind};
use crate::source::Span;

/// What a part of a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HighlightKind {
    /// `// …`
    Comment,
    /// A word of the language, such as `where` and `has`.
    Keyword,
    /// A name, with `(` behind it that of a function.
    Name,
    /// A text in quotes.
    String,
    /// A number or a span of time.
    Number,
    /// Another literal, such as `true` and `datetime(…)`.
    Literal,
    /// A sign between operands, such as `==`.
    Operator,
    /// `|`, commas, brackets and the like.
    Punctuation,
    /// What does not belong to the language.
    Unknown,
}

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Highlight {
    /// The bytes of the text.
    pub span: Span,
    /// What it is.
    pub kind: HighlightKind,
}

/// The parts of a query text in order, also of one with mistakes; white space is left out.
///
/// ```
/// use kqlite::syntax::{HighlightKind, highlight};
/// let kinds: Vec<_> = highlight("T | where a // x").iter().map(|part| part.kind).collect();
/// use HighlightKind::*;
/// assert_eq!(kinds, [Name, Punctuation, Keyword, Name, Comment]);
/// ```
#[must_use]
pub fn highlight(text: &str) -> Vec<Highlight> {
    let (tokens, _) = lex(text);
    let mut parts = Vec::with_capacity(tokens.len());
    let mut end = 0;
    let mut before = TokenKind::Bar;
    for token in tokens {
        comments(text, end, token.span.start as usize, &mut parts);
        end = token.span.end as usize;
        if token.kind != TokenKind::End {
            parts.push(Highlight { span: token.span, kind: kind(token.kind, before) });
        }
        before = token.kind;
    }
    comments(text, end, text.len(), &mut parts);
    parts
}

/// The comments between two tokens.
fn comments(text: &str, from: usize, to: usize, parts: &mut Vec<Highlight>) {
    let mut at = from;
    while let Some(found) = text.get(at..to).and_then(|gap| gap.find("//")) {
        let start = at + found;
        let end = text[start..to].find(super::lexer::is_line_break).map_or(to, |length| start + length);
        parts.push(Highlight { span: Span::new(start, end), kind: HighlightKind::Comment });
        at = end;
    }
}

fn kind(token: TokenKind, before: TokenKind) -> HighlightKind {
    use TokenKind::*;
    match token {
        Word(NameUse::Plain) => HighlightKind::Name,
        // Such a word is an operator behind a pipe, and mostly a name elsewhere.
        Word(NameUse::Anywhere) if before != Bar => HighlightKind::Name,
        Word(_) => HighlightKind::Keyword,
        Long | Real | TimeSpan => HighlightKind::Number,
        Bool | BoolForm | LongForm | IntForm | RealForm | DecimalForm | DateTimeForm | TimeSpanForm
        | GuidForm | RawGuid => HighlightKind::Literal,
        String => HighlightKind::String,
        Plus | Minus | Star | Slash | Percent | Less | LessOrEqual | LessBar | LessGreater | Greater
        | GreaterOrEqual | Equal | EqualEqual | FatArrow | EqualTilde | Bang | BangEqual | BangTilde => {
            HighlightKind::Operator
        }
        OpenParen | CloseParen | OpenBracket | CloseBracket | OpenBrace | CloseBrace | Bar | Dot | DotDot
        | Colon | Semicolon | Comma | AtSign | Question => HighlightKind::Punctuation,
        Directive => HighlightKind::Comment,
        Bad | End => HighlightKind::Unknown,
    }
}
