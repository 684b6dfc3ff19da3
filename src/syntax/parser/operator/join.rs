//! `join` and `lookup`: rows of two tables side by side.

use super::super::expr::unnamed_expression;
use super::super::input::{ListShape, Res, Tokens, comma_list, keyword, missing_expr, need_expr};
use super::super::parameter::{JOIN, LOOKUP, parameters};
use crate::diagnostic::Code;
use crate::syntax::ast::{At, JoinCondition, JoinOperator, LookupOperator, QueryOperator};

pub(super) fn join_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("join")(i)?;
    let (i, parameters) = parameters(i, JOIN);
    let (i, right) = need_expr(i, unnamed_expression);
    let (i, condition) = match (keyword("on")(i), keyword("where")(i)) {
        (Ok((i, _)), _) => on_clause(i),
        (_, Ok((i, _))) => {
            let (i, predicate) = need_expr(i, unnamed_expression);
            (i, JoinCondition::Where(predicate))
        }
        _ => (i, JoinCondition::None),
    };
    let it = JoinOperator { parameters, right, condition, keyword_at: At(start.span), at: i.since(start) };
    Ok((i, QueryOperator::Join(it)))
}

pub(super) fn lookup_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("lookup")(i)?;
    let (i, parameters) = parameters(i, LOOKUP);
    let (i, right) = need_expr(i, unnamed_expression);
    let (i, condition) = match keyword("on")(i) {
        Ok((i, _)) => on_clause(i),
        Err(_) => {
            i.missing(Code::Expected, "the condition 'on …'");
            (i, JoinCondition::None)
        }
    };
    let it = LookupOperator { parameters, right, condition, keyword_at: At(start.span), at: i.since(start) };
    Ok((i, QueryOperator::Lookup(it)))
}

/// What follows `on`.
fn on_clause(i: Tokens<'_>) -> (Tokens<'_>, JoinCondition) {
    let (i, all) = comma_list(i, ListShape::OPEN, unnamed_expression, missing_expr);
    (i, JoinCondition::On(all))
}
