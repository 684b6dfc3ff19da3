//! Tokens to syntax tree, with nom: what is missing is put in and recorded, so that one text yields a tree and all
//! its errors. It must not know names, types or tables.

mod entity;
mod expr;
mod infix;
mod input;
mod literal;
mod materialized_view;
mod name;
mod operator;
mod parameter;
mod schema;
mod source;
mod statement;
mod string;

use super::ast::{Expression, FunctionDeclaration, QueryBlock};
use super::expected::Expected;
use super::token::Token;
use crate::diagnostic::Diagnostic;
pub(super) use infix::{is_word_operator, word_operators};
pub(super) use input::quoted;
use input::{ParserState, Tokens};
pub(super) use operator::is_operator;

/// Reads a query: its tree and its errors.
pub(super) fn query(text: &str, tokens: &[Token]) -> (QueryBlock, Vec<Diagnostic>) {
    read(text, tokens, statement::query_block)
}

/// Reads a function and nothing behind it: its tree and its errors.
pub(super) fn function(text: &str, tokens: &[Token]) -> (FunctionDeclaration, Vec<Diagnostic>) {
    read(text, tokens, statement::whole_function)
}

/// Reads a scalar expression and nothing behind it: its tree and its errors.
pub(super) fn expression(text: &str, tokens: &[Token]) -> (Expression, Vec<Diagnostic>) {
    read(text, tokens, expr::whole_expression)
}

/// What may stand at the end of a text that a query begins with.
pub(super) fn expected(text: &str, tokens: &[Token]) -> Vec<Expected> {
    let state = ParserState::expecting(text, tokens);
    statement::query_block(Tokens::new(&state));
    state.into_expected()
}

fn read<T>(text: &str, tokens: &[Token], parse: impl FnOnce(Tokens<'_>) -> T) -> (T, Vec<Diagnostic>) {
    let state = ParserState::new(text, tokens);
    let tree = parse(Tokens::new(&state));
    (tree, state.into_diagnostics())
}
