//! What the lexer yields: tokens with their kinds and places.
//! It must not know the grammar: whether a word is a keyword or a name is for the parser to say.

use crate::source::Span;

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A word: a name, or a keyword where the parser looks for one.
    Word(NameUse),
    /// `true`, `false`
    Bool,
    /// `bool(…)`
    BoolForm,
    /// `1`, `0x1F`
    Long,
    /// `long(…)`
    LongForm,
    /// `int(…)`
    IntForm,
    /// `1.5`, `1e3`
    Real,
    /// `real(…)`
    RealForm,
    /// `decimal(…)`
    DecimalForm,
    /// `datetime(…)`
    DateTimeForm,
    /// `1d`
    TimeSpan,
    /// `timespan(…)`
    TimeSpanForm,
    /// `guid(…)`
    GuidForm,
    /// A guid without `guid(…)` around it; allowed within `dynamic(…)` only.
    RawGuid,
    /// A string in any of its forms.
    String,
    OpenParen,
    CloseParen,
    OpenBracket,
    CloseBracket,
    OpenBrace,
    CloseBrace,
    Bar,
    Dot,
    DotDot,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    Less,
    LessOrEqual,
    LessBar,
    LessGreater,
    Greater,
    GreaterOrEqual,
    Equal,
    EqualEqual,
    FatArrow,
    EqualTilde,
    Bang,
    BangEqual,
    BangTilde,
    Colon,
    Semicolon,
    Comma,
    AtSign,
    Question,
    /// `#…` up to the end of the line.
    Directive,
    /// A character that no token starts with; an error speaks of it already.
    Bad,
    /// The end of the text.
    End,
}

/// Where a word may stand as a name without brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum NameUse {
    /// Not a keyword at all.
    Plain,
    /// A keyword that may be a name everywhere.
    Anywhere,
    /// A keyword that may be a name where something is declared or listed.
    Extended,
    /// A keyword that may be a name where a path begins.
    Special,
    /// A keyword that needs brackets to be a name.
    Never,
}

/// A token and its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: TokenKind,
    /// Its bytes in the text.
    pub(crate) span: Span,
}

impl Token {
    /// A word that is a keyword, whatever it may be besides.
    pub(crate) fn is_keyword(self) -> bool {
        matches!(self.kind, TokenKind::Word(use_) if use_ != NameUse::Plain)
    }

    /// A word that may stand as a name everywhere.
    pub(crate) fn is_name(self) -> bool {
        matches!(self.kind, TokenKind::Word(NameUse::Plain | NameUse::Anywhere))
    }

    /// A word that may stand as a name where something is declared or listed.
    pub(crate) fn is_extended_name(self) -> bool {
        matches!(self.kind, TokenKind::Word(NameUse::Plain | NameUse::Anywhere | NameUse::Extended))
    }

    /// A literal of any type.
    pub(crate) fn is_literal(self) -> bool {
        use TokenKind::*;
        matches!(
            self.kind,
            Bool | BoolForm
                | Long
                | LongForm
                | IntForm
                | Real
                | RealForm
                | DecimalForm
                | DateTimeForm
                | TimeSpan
                | TimeSpanForm
                | GuidForm
                | RawGuid
                | String
        )
    }
}
