//! Which parts of the text the parser could not read, so that a mistake in one part hides none in the others.
//! It must not know what is bound.
//!
//! A part is an operator, or a statement up to its first operator; what the parser misses behind it belongs to it. Of a part
//! that was not read to its end only names are judged: its types are a guess. What comes after it sees columns that may be any.

use crate::diagnostic::{Code, CodeClass};
use crate::source::Span;

/// How much of the part at hand the parser understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Whole,
    /// An operator with a syntax error.
    Operator,
    /// A statement with a syntax error before its first operator.
    Statement,
}

/// The syntax errors of a text, and the part at hand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Readable<'a> {
    /// Where the errors are, in ascending order.
    errors: &'a [u32],
    /// Where the part at hand ends.
    end: u32,
    reading: Reading,
}

impl<'a> Readable<'a> {
    /// A text with syntax errors at these places, in ascending order.
    pub fn new(errors: &'a [u32]) -> Self {
        Self { errors, end: u32::MAX, reading: Reading::Whole }
    }

    /// Says whether there is a syntax error in a range of the text.
    pub fn is_broken(&self, from: u32, to: u32) -> bool {
        let first = self.errors.partition_point(|&at| at < from);
        self.errors.get(first).is_some_and(|&at| at < to)
    }

    /// Where the part at hand ends.
    pub const fn end(&self) -> u32 {
        self.end
    }

    /// Says whether a finding about the part at hand is a guess.
    pub fn hides(&self, code: Code, span: Span) -> bool {
        let is_name = matches!(code, Code::UnknownName | Code::UnknownTable | Code::UnknownFunction);
        // A word right at the mistake may be what the mistake is.
        let touches = || self.is_broken(span.start.saturating_sub(1), span.end.saturating_add(2));
        code.class() == CodeClass::Semantic
            && match self.reading {
                Reading::Whole => false,
                Reading::Operator => !is_name || touches(),
                Reading::Statement => true,
            }
    }

    /// The part of an operator; what stands up to `to` belongs to it.
    pub fn operator(self, from: u32, to: u32) -> Self {
        let reading = if self.is_broken(from, to) { Reading::Operator } else { Reading::Whole };
        Self { end: to, reading, ..self }
    }

    /// The part of a statement up to its first operator, if it has one.
    pub fn statement(self, from: u32, operators: Option<u32>, to: u32) -> Self {
        let is_broken = self.is_broken(from, operators.unwrap_or(to));
        let reading = if is_broken { Reading::Statement } else { Reading::Whole };
        Self { end: to, reading, ..self }
    }

    /// What of the part at hand ends before it does.
    pub fn up_to(self, end: u32) -> Self {
        Self { end: end.min(self.end), ..self }
    }

    /// The body of a function, which may stand anywhere in the text; that of a stored one is another text, without errors.
    pub fn body(self, end: u32, stored: bool) -> Self {
        let errors = if stored { &[] } else { self.errors };
        Self { errors, end, reading: Reading::Whole }
    }

    /// Says whether the part at hand was not read to its end.
    pub fn is_partial(self) -> bool {
        self.reading != Reading::Whole
    }
}
