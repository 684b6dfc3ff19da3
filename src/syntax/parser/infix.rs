//! The operators between two operands, by their tokens.

use super::input::Tokens;
use crate::syntax::ast::{BinaryOperator, InOperator};
use crate::syntax::expected::Expected;
use crate::syntax::precedence::Precedence;
use crate::syntax::token::{NameUse, TokenKind};

/// An operator between two operands.
#[derive(Debug, Clone, Copy)]
pub(super) enum Infix {
    Binary(BinaryOperator, Precedence),
    In(InOperator),
    Between { negated: bool },
    And,
    Or,
}

impl Infix {
    pub(super) const fn level(self) -> Precedence {
        match self {
            Self::Binary(_, level) => level,
            Self::In(_) | Self::Between { .. } => Precedence::Equality,
            Self::And => Precedence::And,
            Self::Or => Precedence::Or,
        }
    }
}

/// The operators that are words, and those that begin with `!`.
fn word_operator(word: &str) -> Option<Infix> {
    use BinaryOperator::*;
    let string = |it| Some(Infix::Binary(it, Precedence::of(it)));
    match word {
        "and" => Some(Infix::And),
        "or" => Some(Infix::Or),
        "in" => Some(Infix::In(InOperator::In)),
        "!in" => Some(Infix::In(InOperator::NotIn)),
        "in~" => Some(Infix::In(InOperator::InTilde)),
        "!in~" => Some(Infix::In(InOperator::NotInTilde)),
        "has_any" => Some(Infix::In(InOperator::HasAny)),
        "has_all" => Some(Infix::In(InOperator::HasAll)),
        "between" => Some(Infix::Between { negated: false }),
        "!between" => Some(Infix::Between { negated: true }),
        "has" => string(Has),
        "!has" => string(NotHas),
        "has_cs" => string(HasCs),
        "!has_cs" => string(NotHasCs),
        "hasprefix" => string(HasPrefix),
        "!hasprefix" => string(NotHasPrefix),
        "hasprefix_cs" => string(HasPrefixCs),
        "!hasprefix_cs" => string(NotHasPrefixCs),
        "hassuffix" => string(HasSuffix),
        "!hassuffix" => string(NotHasSuffix),
        "hassuffix_cs" => string(HasSuffixCs),
        "!hassuffix_cs" => string(NotHasSuffixCs),
        "contains" => string(Contains),
        "notcontains" | "!contains" => string(NotContains),
        "containscs" | "contains_cs" => string(ContainsCs),
        "notcontainscs" | "!contains_cs" => string(NotContainsCs),
        "startswith" => string(StartsWith),
        "!startswith" => string(NotStartsWith),
        "startswith_cs" => string(StartsWithCs),
        "!startswith_cs" => string(NotStartsWithCs),
        "endswith" => string(EndsWith),
        "!endswith" => string(NotEndsWith),
        "endswith_cs" => string(EndsWithCs),
        "!endswith_cs" => string(NotEndsWithCs),
        "matches regex" => string(MatchesRegex),
        "like" => string(Like),
        "notlike" => string(NotLike),
        "likecs" => string(LikeCs),
        "notlikecs" => string(NotLikeCs),
        _ => None,
    }
}

/// The operators that are words, those of old left out.
const WORDS: &[&str] = &[
    "and",
    "or",
    "in",
    "in~",
    "has_any",
    "has_all",
    "between",
    "has",
    "has_cs",
    "hasprefix",
    "hasprefix_cs",
    "hassuffix",
    "hassuffix_cs",
    "contains",
    "contains_cs",
    "startswith",
    "startswith_cs",
    "endswith",
    "endswith_cs",
    "matches regex",
];

/// The operators that are words, for suggestions.
pub(in crate::syntax) fn word_operators() -> impl Iterator<Item = &'static str> {
    WORDS.iter().copied()
}

/// Whether a keyword is an operator between two operands.
pub(in crate::syntax) fn is_word_operator(word: &str) -> bool {
    word_operator(word).is_some()
}

/// The operator that stands ahead.
pub(super) fn infix(i: Tokens<'_>, ahead: usize) -> Option<Infix> {
    use BinaryOperator::*;
    let token = i.peek(ahead);
    let operator = match token.kind {
        TokenKind::Plus => Add,
        TokenKind::Minus => Subtract,
        TokenKind::Star => Multiply,
        TokenKind::Slash => Divide,
        TokenKind::Percent => Modulo,
        TokenKind::EqualEqual => Equal,
        TokenKind::BangEqual | TokenKind::LessGreater => NotEqual,
        TokenKind::Less => Less,
        TokenKind::LessOrEqual => LessOrEqual,
        TokenKind::Greater => Greater,
        TokenKind::GreaterOrEqual => GreaterOrEqual,
        TokenKind::EqualTilde => EqualTilde,
        TokenKind::BangTilde => NotTilde,
        TokenKind::Colon => Search,
        TokenKind::Word(use_) if use_ != NameUse::Plain => {
            let word = i.text(token);
            // `in range(…)` belongs to make-series.
            if word == "in" && i.is_keyword(ahead + 1, "range") {
                return None;
            }
            return word_operator(word);
        }
        TokenKind::End => {
            i.expects(ahead, Expected::Infix);
            return None;
        }
        _ => return None,
    };
    Some(Infix::Binary(operator, Precedence::of(operator)))
}
