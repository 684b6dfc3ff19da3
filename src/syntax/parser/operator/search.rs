//! `search`: rows that hold a text somewhere.

use super::super::expr::{data_scope_clause, star_expression, unnamed_expression};
use super::super::input::{Res, Tokens, keyword, need_expr, optional};
use super::super::parameter::{SEARCH, parameters};
use super::find::in_tables;
use crate::syntax::ast::{At, Expression, LogicalExpression, QueryOperator, SearchOperator};

pub(super) fn search_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("search")(i)?;
    let (i, mut parameters) = parameters(i, SEARCH);
    let (i, scope) = optional(i, data_scope_clause);
    parameters.extend(scope);
    let (i, tables) = optional(i, in_tables);
    let (i, predicate) = need_expr(i, search_predicate);
    let it = SearchOperator {
        parameters,
        tables: tables.unwrap_or_default(),
        predicate,
        keyword_at: At(start.span),
        at: i.since(start),
    };
    Ok((i, QueryOperator::Search(it)))
}

/// An expression, `*`, or `* and expression`.
fn search_predicate(i: Tokens<'_>) -> Res<'_, Expression> {
    unnamed_expression(i).or_else(|_| {
        let (i, star) = star_expression(i)?;
        let Ok((i, and)) = keyword("and")(i) else { return Ok((i, star)) };
        let (i, right) = need_expr(i, unnamed_expression);
        let (operands, operators_at) = (vec![star, right], vec![At(and.span)]);
        Ok((i, Expression::Logical(LogicalExpression { and: true, operands, operators_at })))
    })
}
