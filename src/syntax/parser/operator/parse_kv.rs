//! `parse-kv`: columns out of pairs of key and value.

use super::super::expr::unnamed_expression;
use super::super::input::{Res, Tokens, keyword, need, need_expr, need_keyword};
use super::super::parameter::{PARSE_KV, parameter_list};
use super::super::schema::need_row_schema;
use crate::syntax::ast::{At, ParseKvOperator, QueryOperator};
use crate::syntax::token::TokenKind;

pub(super) fn parse_kv_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("parse-kv")(i)?;
    let (i, expression) = need_expr(i, unnamed_expression);
    let i = need_keyword(i, "as");
    let (i, schema) = need_row_schema(i);
    let (i, properties) = match keyword("with")(i) {
        Ok((i, _)) => {
            let i = need(i, TokenKind::OpenParen, "(");
            let (i, properties) = parameter_list(i, PARSE_KV, false);
            (need(i, TokenKind::CloseParen, ")"), properties)
        }
        Err(_) => (i, Vec::new()),
    };
    let at = i.since(start);
    let it = ParseKvOperator { expression, schema, properties, keyword_at: At(start.span), at };
    Ok((i, QueryOperator::ParseKv(it)))
}
