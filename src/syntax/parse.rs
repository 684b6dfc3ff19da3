//! The entries of the parser: texts that are a query, a function or an expression, read whole. What follows is an error, and
//! places are those of the text.

use super::ast::{Expression, FunctionDeclaration, QueryBlock};
use super::expected::Expected;
use super::token::Token;
use super::{lexer, parser, teach};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// The longest text that is read, in bytes.
pub const MAX_TEXT: usize = 4 << 20;

/// The most tokens that are read: a tree takes far more memory than a text of very many small ones.
const MAX_TOKENS: usize = 1_500_000;

/// What a text says, and what is wrong with it.
#[derive(Debug, Clone)]
pub struct Parsed<T = QueryBlock> {
    /// The tree; parts that could not be read are missing.
    pub tree: T,
    /// The errors, by their place in the text; of those that one mistake makes, the first.
    pub diagnostics: Vec<Diagnostic>,
    /// Where the parser was at a loss, in ascending order: the errors that are not told, too.
    pub(crate) broken: Vec<u32>,
}

impl<T> Parsed<T> {
    /// The same findings about another tree.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Parsed<U> {
        Parsed { tree: make(self.tree), diagnostics: self.diagnostics, broken: self.broken }
    }
}

/// Reads a query text: a tree always, and all errors.
#[must_use]
pub fn parse(text: &str) -> Parsed {
    whole(text, "the query", parser::query)
}

/// Reads a function, `(parameters) { body }`.
#[must_use]
pub fn parse_function(text: &str) -> Parsed<FunctionDeclaration> {
    whole(text, "the function", parser::function)
}

/// Reads a scalar expression.
#[must_use]
pub fn parse_expression(text: &str) -> Parsed<Expression> {
    whole(text, "the expression", parser::expression)
}

/// What may stand at the end of a text with which a query begins. Nothing of a text that is too long.
#[must_use]
pub(crate) fn expected_behind(text: &str) -> Vec<Expected> {
    if text.len() > MAX_TEXT {
        return Vec::new();
    }
    parser::expected(text, &lexer::lex(text).0)
}

/// Lexes a text and reads it as a whole.
fn whole<T>(text: &str, what: &str, read: fn(&str, &[Token]) -> (T, Vec<Diagnostic>)) -> Parsed<T> {
    if text.len() > MAX_TEXT {
        return too_long(format!("{what} is {} bytes long; {MAX_TEXT} are allowed", text.len()), read);
    }
    let (tokens, mut diagnostics) = lexer::lex(text);
    if tokens.len() > MAX_TOKENS {
        let count = tokens.len();
        return too_long(format!("{what} has {count} words and signs; {MAX_TOKENS} are allowed"), read);
    }
    let (tree, more) = read(text, &tokens);
    diagnostics.extend(more);
    diagnostics.sort_by_key(|it| it.span().start);
    let broken = diagnostics.iter().map(|it| it.span().start).collect();
    let diagnostics = teach::teach(text, &tokens, diagnostics);
    Parsed { tree, diagnostics, broken }
}

/// Nothing of a text that is too long, without what is missing in it.
fn too_long<T>(message: String, read: fn(&str, &[Token]) -> (T, Vec<Diagnostic>)) -> Parsed<T> {
    let tree = read("", &lexer::lex("").0).0;
    let diagnostics = vec![Diagnostic::error(Code::TooLong, Span::default(), message)];
    Parsed { tree, diagnostics, broken: vec![0] }
}
