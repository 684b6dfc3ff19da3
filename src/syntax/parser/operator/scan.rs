//! `scan`: steps over ordered rows.

use super::super::expr::unnamed_expression;
use super::super::input::{
    ListShape, Res, Tokens, comma_list, is_list_end, keyword, list, missing_expr, missing_name, need,
    need_expr, need_keyword, optional,
};
use super::super::name::extended_name;
use super::super::parameter::{SCAN, leading_parameters, need_word};
use super::super::statement::{function_parameter, missing_function_parameter};
use super::sort::ordered_expression;
use crate::syntax::ast::{
    At, Expression, FunctionParameter, Name, OrderedExpression, QueryOperator, ScanOperator, ScanStep,
};
use crate::syntax::token::TokenKind;

pub(super) fn scan_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("scan")(i)?;
    let (i, parameters) = leading_parameters(i, SCAN);
    let (i, order_by) = optional(i, scan_order_by);
    let (i, partition_by) = optional(i, scan_partition_by);
    let (i, declarations) = optional(i, scan_declare);
    let i = need_keyword(i, "with");
    let i = need(i, TokenKind::OpenParen, "(");
    let (i, steps) = list(i, scan_step);
    let i = need(i, TokenKind::CloseParen, ")");
    let it = ScanOperator {
        parameters,
        order_by: order_by.unwrap_or_default(),
        partition_by: partition_by.unwrap_or_default(),
        declarations: declarations.unwrap_or_default(),
        steps,
        keyword_at: At(start.span),
        at: i.since(start),
    };
    Ok((i, QueryOperator::Scan(it)))
}

fn is_scan_list_end(i: Tokens<'_>) -> bool {
    ["partition", "order", "by", "declare", "with"].iter().any(|word| i.is_keyword(0, word)) || is_list_end(i)
}

fn scan_order_by(i: Tokens<'_>) -> Res<'_, Vec<OrderedExpression>> {
    let (i, _) = keyword("order")(i)?;
    let i = need_keyword(i, "by");
    let shape = ListShape::until(is_scan_list_end);
    Ok(comma_list(i, shape, ordered_expression, super::sort::missing_key))
}

fn scan_partition_by(i: Tokens<'_>) -> Res<'_, Vec<Expression>> {
    let (i, _) = keyword("partition")(i)?;
    let i = need_keyword(i, "by");
    Ok(comma_list(i, ListShape::until(is_scan_list_end), unnamed_expression, missing_expr))
}

fn scan_declare(i: Tokens<'_>) -> Res<'_, Vec<FunctionParameter>> {
    let (i, _) = keyword("declare")(i)?;
    let i = need(i, TokenKind::OpenParen, "(");
    let (i, all) = comma_list(i, ListShape::ANY, function_parameter, missing_function_parameter);
    Ok((need(i, TokenKind::CloseParen, ")"), all))
}

/// `step name [optional] [output = all]: condition [=> a = b, …];`
fn scan_step(i: Tokens<'_>) -> Res<'_, ScanStep> {
    let (i, _) = keyword("step")(i)?;
    let (i, name) = extended_name(i).unwrap_or_else(|_| (i, missing_name(i)));
    let (i, is_optional) = optional(i, keyword("optional"));
    let (i, output) = match keyword("output")(i) {
        Ok((i, _)) => {
            let (i, word) = need_word(need(i, TokenKind::Equal, "="), &["all", "last", "none"]);
            (i, Some(word))
        }
        Err(_) => (i, None),
    };
    let i = need(i, TokenKind::Colon, ":");
    let (i, condition) = need_expr(i, unnamed_expression);
    let (i, assignments) = if i.kind() == TokenKind::FatArrow {
        let missing = |i: Tokens<'_>| (missing_name(i), Expression::Missing(At(i.gap())));
        comma_list(i.skip(1), ListShape::SOME, scan_assignment, missing)
    } else {
        (i, Vec::new())
    };
    let i = need(i, TokenKind::Semicolon, ";");
    Ok((i, ScanStep { name, optional: is_optional.is_some(), output, condition, assignments }))
}

fn scan_assignment(i: Tokens<'_>) -> Res<'_, (Name, Expression)> {
    let (i, name) = extended_name(i)?;
    let i = need(i, TokenKind::Equal, "=");
    let (i, value) = need_expr(i, unnamed_expression);
    Ok((i, (name, value)))
}
