//! `parse` and `parse-where`: columns out of a text by a pattern.

use super::super::expr::unnamed_expression;
use super::super::input::{Res, Tokens, keyword, list, missing_name, need_expr, need_keyword, token};
use super::super::name::extended_name;
use super::super::parameter::{PARSE, parameters};
use super::super::schema::need_type;
use super::super::string::string_literal;
use crate::syntax::ast::{At, Expression, ParseOperator, ParsePart, QueryOperator};
use crate::syntax::token::TokenKind;

pub(super) fn parse_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, it) = parse_with(i, "parse")?;
    Ok((i, QueryOperator::Parse(it)))
}

pub(super) fn parse_where_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, it) = parse_with(i, "parse-where")?;
    Ok((i, QueryOperator::ParseWhere(it)))
}

fn parse_with<'p>(i: Tokens<'p>, word: &'static str) -> Res<'p, ParseOperator> {
    let (i, start) = keyword(word)(i)?;
    let (i, parameters) = parameters(i, PARSE);
    let (i, expression) = need_expr(i, unnamed_expression);
    let i = need_keyword(i, "with");
    let (i, pattern) = list(i, parse_part);
    let at = i.since(start);
    Ok((i, ParseOperator { parameters, expression, pattern, keyword_at: At(start.span), at }))
}

/// `*`, a string, `name` or `name: type`
fn parse_part(i: Tokens<'_>) -> Res<'_, ParsePart> {
    if let Ok((i, star)) = token(TokenKind::Star)(i) {
        return Ok((i, ParsePart::Star(At(star.span))));
    }
    if let Ok((i, text)) = string_literal(i) {
        return Ok((i, ParsePart::Text(Expression::Literal(text))));
    }
    let (i, name) = if i.kind() == TokenKind::Colon { (i, missing_name(i)) } else { extended_name(i)? };
    if i.kind() != TokenKind::Colon {
        return Ok((i, ParsePart::Column { name, data_type: None }));
    }
    let (i, data_type) = need_type(i.skip(1));
    Ok((i, ParsePart::Column { name, data_type: Some(data_type) }))
}
