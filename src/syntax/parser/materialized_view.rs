//! `materialized-view-combine`: a view of two parts and the `summarize` that combines them.

use super::expr::expression;
use super::input::{Res, Tokens, keyword, missing_expr, need, need_expr, text};
use super::operator::summarize::summarize_operator;
use crate::diagnostic::Code;
use crate::syntax::ast::{At, Expression, MaterializedViewCombineExpression, MissingOperator, QueryOperator};
use crate::syntax::token::TokenKind;

/// `materialized-view-combine (name) base (…) delta (…) aggregations (…)`
pub(super) fn materialized_view_combine(i: Tokens<'_>) -> Res<'_, Expression> {
    let (i, start) = keyword("materialized-view-combine")(i)?;
    let i = need(i, TokenKind::OpenParen, "(");
    let (i, view) = need_expr(i, expression);
    let i = need(i, TokenKind::CloseParen, ")");
    let (i, base) = combine_clause(i, "base");
    let (i, delta) = combine_clause(i, "delta");
    let missing =
        |i: Tokens<'_>| QueryOperator::Missing(MissingOperator { keyword_at: At(i.gap()), at: At(i.gap()) });
    let (i, aggregations) = match text("aggregations")(i) {
        Ok((i, _)) => {
            let i = need(i, TokenKind::OpenParen, "(");
            let (i, it) = match summarize_operator(i) {
                Ok(found) => found,
                Err(_) => {
                    missing_expr(i);
                    (i, missing(i))
                }
            };
            (need(i, TokenKind::CloseParen, ")"), it)
        }
        Err(_) => {
            i.missing(Code::Expected, "the clause 'aggregations'");
            (i, missing(i))
        }
    };
    let it = MaterializedViewCombineExpression { view, base, delta, aggregations, at: i.since(start) };
    Ok((i, Expression::MaterializedViewCombine(Box::new(it))))
}

fn combine_clause<'p>(i: Tokens<'p>, word: &'static str) -> (Tokens<'p>, Expression) {
    match text(word)(i) {
        Ok((i, _)) => {
            let i = need(i, TokenKind::OpenParen, "(");
            let (i, it) = need_expr(i, expression);
            (need(i, TokenKind::CloseParen, ")"), it)
        }
        Err(_) => {
            i.missing(Code::Expected, &format!("the clause '{word}'"));
            (i, Expression::Missing(At(i.gap())))
        }
    }
}
