//! `evaluate`: runs a plugin.

use super::super::expr::function_call;
use super::super::input::{ListShape, Res, Tokens, comma_list, keyword, need};
use super::super::name::{name, scan_name};
use super::super::parameter::{NO_PARAMETERS, leading_parameters};
use super::super::schema::{missing_name_and_type, name_and_type};
use crate::diagnostic::Code;
use crate::syntax::ast::{At, EvaluateOperator, EvaluateSchema, FunctionCall, Name, QueryOperator};
use crate::syntax::expected::Expected;
use crate::syntax::token::TokenKind;

pub(super) fn evaluate_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("evaluate")(i)?;
    let (i, parameters) = leading_parameters(i, NO_PARAMETERS);
    let (i, call) = plugin_call(i);
    let (i, schema) = if i.kind() == TokenKind::Colon { evaluate_schema(i.skip(1)) } else { (i, None) };
    let it = EvaluateOperator { parameters, call, schema, keyword_at: At(start.span), at: i.since(start) };
    Ok((i, QueryOperator::Evaluate(it)))
}

/// A call that has to be there.
fn plugin_call(i: Tokens<'_>) -> (Tokens<'_>, FunctionCall) {
    i.expects(0, Expected::Plugin);
    if let Ok(found) = function_call(i) {
        return found;
    }
    if scan_name(i, 0).is_some()
        && let Ok((after, name)) = name(i)
    {
        after.expected("'('");
        let at = after.since(i.peek(0));
        return (after, FunctionCall { name, arguments: Vec::new(), at });
    }
    i.missing(Code::Expected, "a plugin's call");
    let gap = At(i.gap());
    let name = Name { text: String::new(), bracketed: false, at: gap };
    (i, FunctionCall { name, arguments: Vec::new(), at: gap })
}

/// `(*, a: long)`: what a plugin yields.
fn evaluate_schema(i: Tokens<'_>) -> (Tokens<'_>, Option<EvaluateSchema>) {
    if i.kind() != TokenKind::OpenParen {
        i.missing(Code::Expected, "a schema such as (name: type)");
        return (i, None);
    }
    let skip = |i: Tokens<'_>, kind| if i.kind() == kind { 1 } else { 0 };
    let i = i.skip(1);
    let i = i.skip(skip(i, TokenKind::Comma));
    let star = i.kind() == TokenKind::Star;
    let i = i.skip(usize::from(star));
    let i = i.skip(skip(i, TokenKind::Comma));
    let (i, columns) = comma_list(i, ListShape::TRAILING, name_and_type, missing_name_and_type);
    (need(i, TokenKind::CloseParen, ")"), Some(EvaluateSchema { star, columns }))
}
