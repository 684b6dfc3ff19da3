//! `facet`: one table for each of some columns.

use super::super::expr::{empty_pipe, simple_path, sub_pipe};
use super::super::input::{
    ListShape, Res, Tokens, comma_list, is_list_end, keyword, missing_name, need, need_keyword, optional,
    token,
};
use super::fork::fork_operand;
use super::missing_operator;
use crate::syntax::ast::{At, Expression, FacetOperator, PipeExpression, QueryOperator};
use crate::syntax::token::TokenKind;

pub(super) fn facet_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("facet")(i)?;
    let i = need_keyword(i, "by");
    let end = |i: Tokens<'_>| i.is_keyword(0, "with") || is_list_end(i);
    let shape = ListShape::until(end);
    let (i, columns) = comma_list(i, shape, simple_path, |i| Expression::Name(missing_name(i)));
    let (i, with) = optional(i, facet_with);
    let it = FacetOperator { columns, with, keyword_at: At(start.span), at: i.since(start) };
    Ok((i, QueryOperator::Facet(it)))
}

/// `with operator` or `with (operator | operator)`
fn facet_with(i: Tokens<'_>) -> Res<'_, PipeExpression> {
    let (i, with) = keyword("with")(i)?;
    if let Ok((i, _)) = token(TokenKind::OpenParen)(i) {
        let (i, pipe) = sub_pipe(i, fork_operand).unwrap_or_else(|_| {
            missing_operator(i);
            (i, empty_pipe(with))
        });
        return Ok((need(i, TokenKind::CloseParen, ")"), pipe));
    }
    match fork_operand(i) {
        Ok((i, operator)) => {
            let at = At(operator.span());
            Ok((i, PipeExpression { source: None, operators: vec![operator], at }))
        }
        Err(_) => {
            missing_operator(i);
            Ok((i, empty_pipe(with)))
        }
    }
}
