//! `top-nested`: the top values level by level.

use super::super::expr::{named_expression, unnamed_expression};
use super::super::input::{
    ListShape, Res, Tokens, absent, comma_list, keyword, need, need_expr, need_keyword, optional,
};
use super::super::literal::literal;
use super::sort::{missing_key, ordered_expression};
use crate::diagnostic::Code;
use crate::syntax::ast::{
    At, Expression, OrderedExpression, QueryOperator, TopNestedClause, TopNestedOperator,
};
use crate::syntax::token::TokenKind;

pub(super) fn top_nested_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    if !i.is_keyword(0, "top-nested") {
        return absent();
    }
    let start = i.peek(0);
    let (i, clauses) = comma_list(i, ListShape::SOME, top_nested_clause, missing_clause);
    let it = TopNestedOperator { clauses, keyword_at: At(start.span), at: i.since(start) };
    Ok((i, QueryOperator::TopNested(it)))
}

/// `top-nested [n] of x [with others = v] by aggregate`
fn top_nested_clause(i: Tokens<'_>) -> Res<'_, TopNestedClause> {
    let (i, _) = keyword("top-nested")(i)?;
    let (i, count) = optional(i, named_expression);
    let i = need_keyword(i, "of");
    let (i, of) = need_expr(i, named_expression);
    let (i, others) = match keyword("with")(i) {
        Ok((i, _)) => {
            let i = need(need_keyword(i, "others"), TokenKind::Equal, "=");
            let (i, it) = need_expr(i, |i| literal(i).or_else(|_| unnamed_expression(i)));
            (i, Some(it))
        }
        Err(_) => (i, None),
    };
    let i = need_keyword(i, "by");
    let (i, by) = ordered_expression(i).unwrap_or_else(|_| (i, missing_key(i)));
    Ok((i, TopNestedClause { count, of, others, by }))
}

fn missing_clause(i: Tokens<'_>) -> TopNestedClause {
    i.missing(Code::Expected, "a clause 'top-nested …'");
    let gap = || Expression::Missing(At(i.gap()));
    let by = OrderedExpression { expression: gap(), descending: None, granny: false, nulls_first: None };
    TopNestedClause { count: None, of: gap(), others: None, by }
}
