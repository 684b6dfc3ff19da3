//! `fork`: sends the rows into several pipes.

use super::super::expr::{as_pipe, expression, sub_pipe};
use super::super::input::{Res, Tokens, absent, keyword, list, missing_expr, need, need_expr};
use super::super::name::{name, scan_name};
use super::{piped_operator, unpiped_operator};
use crate::syntax::ast::{At, ForkBranch, ForkOperator, PipeExpression, QueryOperator};
use crate::syntax::expected::Expected;
use crate::syntax::token::TokenKind;

pub(super) fn fork_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("fork")(i)?;
    let (i, branches) = list(i, fork_branch);
    if branches.is_empty() {
        i.expected("'('");
        missing_expr(i);
    }
    let it = ForkOperator { branches, keyword_at: At(start.span), at: i.since(start) };
    Ok((i, QueryOperator::Fork(it)))
}

/// `(…)` or `name = (…)`
fn fork_branch(i: Tokens<'_>) -> Res<'_, ForkBranch> {
    let is_named = scan_name(i, 0).is_some_and(|count| i.peek(count).kind == TokenKind::Equal);
    let (i, name) = if is_named {
        let (i, name) = name(i)?;
        (i.skip(1), Some(name))
    } else if i.kind() == TokenKind::OpenParen {
        (i, None)
    } else {
        return absent();
    };
    let i = need(i, TokenKind::OpenParen, "(");
    let (i, subquery) = pipe_or_query(i, fork_operand);
    Ok((need(i, TokenKind::CloseParen, ")"), ForkBranch { name, subquery }))
}

/// Operators without a source; a query with one is read too, and refused later.
pub(super) fn pipe_or_query<'p>(
    i: Tokens<'p>,
    first: fn(Tokens<'p>) -> Res<'p, QueryOperator>,
) -> (Tokens<'p>, PipeExpression) {
    sub_pipe(i, first).unwrap_or_else(|_| {
        let (i, query) = need_expr(i, expression);
        (i, as_pipe(query))
    })
}

/// An operator at the head of a branch.
pub(super) fn fork_operand(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    i.expects(0, Expected::PipedOperator);
    piped_operator(i).or_else(|_| i.quietly(|| unpiped_operator(i)))
}
