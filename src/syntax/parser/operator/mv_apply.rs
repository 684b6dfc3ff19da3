//! `mv-apply`: a subquery over each row's array.

use super::super::expr::{empty_pipe, sub_pipe, unnamed_expression};
use super::super::input::{
    ListShape, Res, Tokens, comma_list, is_list_end, keyword, missing_expr, need, need_expr, need_keyword,
    token,
};
use super::super::parameter::{MV_APPLY, parameters};
use super::super::source::contextual_data_table;
use super::mv_expand::{missing_column, mv_column, to_type};
use super::query_operator;
use crate::syntax::ast::{At, Expression, MvApplyOperator, MvExpandColumn, PipeExpression, QueryOperator};
use crate::syntax::token::TokenKind;

pub(super) fn mv_apply_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("mvapply")(i).or_else(|_| keyword("mv-apply")(i))?;
    let (i, parameters) = parameters(i, MV_APPLY);
    let (i, columns) = mv_apply_columns(i);
    let (i, limit) = clause(i, "limit");
    let (i, context_id) = clause(i, "id");
    let i = need_keyword(i, "on");
    let (i, subquery) = match token(TokenKind::OpenParen)(i) {
        Ok((i, _)) => {
            let (i, it) = contextual_subquery(i);
            (need(i, TokenKind::CloseParen, ")"), it)
        }
        Err(_) => {
            i.expected("'('");
            missing_expr(i);
            (i, empty_pipe(start))
        }
    };
    let it = MvApplyOperator {
        parameters,
        columns,
        limit,
        context_id,
        subquery,
        keyword_at: At(start.span),
        at: i.since(start),
    };
    Ok((i, QueryOperator::MvApply(it)))
}

fn mv_apply_columns(i: Tokens<'_>) -> (Tokens<'_>, Vec<MvExpandColumn>) {
    // A single `to typeof(…)` needs no column before it.
    let mark = i.findings();
    if let (after, Some(to)) = to_type(i) {
        if after.kind() != TokenKind::Comma {
            let expression = Expression::Missing(At(i.gap()));
            return (after, vec![MvExpandColumn { expression, to: Some(to) }]);
        }
        i.take_findings(mark);
    }
    comma_list(i, ListShape::until(is_column_list_end), mv_column, missing_column)
}

/// The list ends at the next clause, unless the clause's keyword is a column there.
fn is_column_list_end(i: Tokens<'_>) -> bool {
    let is_clause = ["limit", "id", "on"].iter().any(|word| i.is_keyword(0, word));
    let is_column = matches!(i.peek(1).kind, TokenKind::Comma | TokenKind::Equal) || i.is_keyword(1, "to");
    (is_clause && !is_column) || is_list_end(i)
}

fn clause<'p>(i: Tokens<'p>, word: &'static str) -> (Tokens<'p>, Option<Expression>) {
    match keyword(word)(i) {
        Ok((i, _)) => {
            let (i, it) = need_expr(i, unnamed_expression);
            (i, Some(it))
        }
        Err(_) => (i, None),
    }
}

/// Operators over rows that the context gives; `__contextual_datatable` may stand in front.
pub(super) fn contextual_subquery(i: Tokens<'_>) -> (Tokens<'_>, PipeExpression) {
    let start = i.peek(0);
    if let Ok((i, source)) = contextual_data_table(i) {
        let mut operators = Vec::new();
        let i = super::super::expr::more_operators(i, &mut operators);
        return (i, PipeExpression { source: Some(source), operators, at: i.since(start) });
    }
    sub_pipe(i, |i| Ok(query_operator(i))).unwrap_or_else(|_| {
        missing_expr(i);
        (i, empty_pipe(start))
    })
}
