//! Which names are plain words at their place, and how the others are written: `['…']`.

use std::borrow::Cow;

use crate::syntax::lexer::lex;
use crate::syntax::token::{NameUse, Token, TokenKind};

/// Where a name stands, which tells the keywords that it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::syntax) enum NamePlace {
    /// Where any name may stand: a table, a function, a variable that is declared.
    Any,
    /// Where columns are declared or listed, or get their name.
    Declared,
    /// In an expression: a column or the like, or a part of a path.
    Path,
    /// A parameter's value, which may be a word of the language.
    Value,
    /// A word of the language: never in brackets.
    Word,
}

impl NamePlace {
    fn takes(self, word: &str, name_use: NameUse) -> bool {
        match name_use {
            NameUse::Plain | NameUse::Anywhere => true,
            NameUse::Extended => matches!(self, Self::Declared | Self::Word),
            NameUse::Special => matches!(self, Self::Path | Self::Word),
            NameUse::Never => match self {
                Self::Value => VALUES.contains(&word),
                Self::Word => true,
                Self::Any | Self::Declared | Self::Path => false,
            },
        }
    }
}

/// Keywords that are values of parameters.
const VALUES: &[&str] = &["hotcache", "nooptimization", "relaxed", "simple"];

/// Whether a name can be read without brackets at its place.
pub(super) fn is_plain(text: &str, place: NamePlace) -> bool {
    if place == NamePlace::Word || text.is_empty() {
        return true;
    }
    let (tokens, _) = lex(text);
    match tokens.as_slice() {
        [token, _] if token.span.range() == (0..text.len()) => match token.kind {
            TokenKind::Word(name_use) => place.takes(text, name_use),
            TokenKind::AtSign => place == NamePlace::Path,
            _ => false,
        },
        tokens => is_placeholder(text, tokens),
    }
}

/// A name as a query writes it, wherever it stands: in brackets if it needs them.
pub(crate) fn written_name(text: &str) -> Cow<'_, str> {
    if is_plain(text, NamePlace::Any) { Cow::Borrowed(text) } else { Cow::Owned(bracketed(text)) }
}

/// `{name}` or `{name[1]}`, without blanks.
fn is_placeholder(text: &str, tokens: &[Token]) -> bool {
    use TokenKind::*;
    let touch = tokens.windows(2).all(|pair| pair[0].span.end == pair[1].span.start);
    let starts = tokens.first().is_some_and(|token| token.span.start == 0);
    let kinds: Vec<TokenKind> = tokens.iter().map(|token| token.kind).collect();
    let inner = match kinds.as_slice() {
        [OpenBrace, Word(_), inner @ .., CloseBrace, End] => inner,
        _ => return false,
    };
    let is_index =
        matches!(inner, [] | [OpenBracket, Long, CloseBracket] | [OpenBracket, Minus, Long, CloseBracket]);
    touch && starts && is_index && text.ends_with('}')
}

/// A name in brackets.
pub(super) fn bracketed(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 4);
    out.push_str("['");
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other => out.push(other),
        }
    }
    out.push_str("']");
    out
}
