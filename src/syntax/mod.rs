//! Text to syntax tree and back. It must not know types, tables or functions: literals stay text.

pub mod ast;
mod format;
mod keyword;
mod lexer;
mod parser;
mod spacing;
#[cfg(test)]
mod tests;
mod token;

pub use format::format;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// A query may not be longer than this, in bytes.
pub const MAX_TEXT: usize = 4 << 20;

/// What a text says, and what is wrong with it.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The tree; parts that could not be read are missing.
    pub tree: ast::QueryBlock,
    /// The errors, by their place in the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a query text: a tree always, and all errors.
#[must_use]
pub fn parse(text: &str) -> Parsed {
    if text.len() > MAX_TEXT {
        let message = format!("the query is {} bytes long; {MAX_TEXT} are allowed", text.len());
        let error = Diagnostic::error(Code::TooLong, Span::default(), message);
        return Parsed { tree: ast::QueryBlock::default(), diagnostics: vec![error] };
    }
    let (tokens, mut diagnostics) = lexer::lex(text);
    let (tree, more) = parser::parse_tokens(text, &tokens);
    diagnostics.extend(more);
    diagnostics.sort_by_key(|it| it.span().start);
    Parsed { tree, diagnostics }
}
