//! `partition` and `__partitionby`: a subquery for each part of the rows.

use super::super::expr::{as_pipe, empty_pipe, expression, function_call, simple_path};
use super::super::input::{
    Res, Tokens, keyword, missing_expr, missing_name, need, need_expr, need_keyword, optional,
};
use super::super::literal::{dynamic_literal, literal};
use super::super::parameter::{PARTITION, leading_parameters, missing_value};
use super::mv_apply::contextual_subquery;
use crate::syntax::ast::{At, Expression, PartitionOperator, QueryOperator};
use crate::syntax::token::TokenKind;

pub(super) fn partition_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("partition")(i)?;
    let (i, parameters) = leading_parameters(i, PARTITION);
    let i = need_keyword(i, "by");
    let (i, by) = need_path(i);
    let (i, scope) = optional(i, partition_scope);
    let braces = i.kind() == TokenKind::OpenBrace;
    let (i, subquery) = match i.kind() {
        TokenKind::OpenBrace => {
            let (i, query) = need_expr(i.skip(1), expression);
            (need(i, TokenKind::CloseBrace, "}"), as_pipe(query))
        }
        TokenKind::OpenParen => {
            let (i, it) = contextual_subquery(i.skip(1));
            (need(i, TokenKind::CloseParen, ")"), it)
        }
        _ => {
            i.expected("'(' or '{'");
            missing_expr(i);
            (i, empty_pipe(start))
        }
    };
    let it = PartitionOperator {
        parameters,
        by,
        scope,
        context_id: None,
        subquery,
        braces,
        old_spelling: false,
        keyword_at: At(start.span),
        at: i.since(start),
    };
    Ok((i, QueryOperator::Partition(it)))
}

fn need_path(i: Tokens<'_>) -> (Tokens<'_>, Expression) {
    simple_path(i).unwrap_or_else(|_| (i, Expression::Name(missing_name(i))))
}

/// `in function(…)` or `in dynamic(…)`
fn partition_scope(i: Tokens<'_>) -> Res<'_, Expression> {
    let (i, _) = keyword("in")(i)?;
    if let Ok((i, call)) = function_call(i) {
        return Ok((i, Expression::Call(call)));
    }
    Ok(dynamic_literal(i).unwrap_or_else(|_| (i, missing_expr(i))))
}

/// `__partitionby column [id guid] (…)`
pub(super) fn partition_by_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("__partitionby")(i)?;
    let (i, parameters) = leading_parameters(i, PARTITION);
    let (i, by) = need_path(i);
    let (i, context_id) = optional(i, partition_id);
    let i = need(i, TokenKind::OpenParen, "(");
    let (i, subquery) = contextual_subquery(i);
    let i = need(i, TokenKind::CloseParen, ")");
    let it = PartitionOperator {
        parameters,
        by,
        scope: None,
        context_id,
        subquery,
        braces: false,
        old_spelling: true,
        keyword_at: At(start.span),
        at: i.since(start),
    };
    Ok((i, QueryOperator::Partition(it)))
}

fn partition_id(i: Tokens<'_>) -> Res<'_, Expression> {
    let (i, _) = keyword("id")(i)?;
    Ok(literal(i).unwrap_or_else(|_| (i, missing_value(i))))
}
