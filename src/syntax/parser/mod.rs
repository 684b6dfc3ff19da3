//! Tokens to syntax tree, with nom: what is missing is put in and recorded, so that one text yields a tree and all
//! its errors. It must not know names, types or tables.

mod expr;
mod input;
mod literal;
mod name;
mod operator;
mod parameter;
mod schema;
mod similar;
mod source;
mod statement;

use super::ast::QueryBlock;
use super::token::Token;
use crate::diagnostic::Diagnostic;

/// The tree of a text, and what is wrong with it.
pub(super) fn parse_tokens(text: &str, tokens: &[Token]) -> (QueryBlock, Vec<Diagnostic>) {
    let state = input::State::new(text, tokens);
    let tree = statement::query_block(input::Input::new(&state));
    (tree, state.into_diagnostics())
}
