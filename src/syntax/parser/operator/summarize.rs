//! `summarize`: aggregates over groups.

use super::super::expr::{named_expression, unnamed_expression};
use super::super::input::{
    ListShape, Res, Tokens, comma_list, is_list_end, keyword, missing_expr, need_expr,
};
use super::super::parameter::{NO_PARAMETERS, parameters};
use crate::syntax::ast::{At, Expression, QueryOperator, SummarizeOperator};
use crate::syntax::token::TokenKind;

pub(in super::super) fn summarize_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("summarize")(i)?;
    let (i, parameters) = parameters(i, NO_PARAMETERS);
    let end = |i: Tokens<'_>| i.is_keyword(0, "by") || is_list_end(i);
    let shape = ListShape::until(end).or_none();
    let (i, aggregates) = comma_list(i, shape, named_expression, missing_expr);
    let (i, by, bin) = summarize_by(i);
    let it =
        SummarizeOperator { parameters, aggregates, by, bin, keyword_at: At(start.span), at: i.since(start) };
    Ok((i, QueryOperator::Summarize(it)))
}

/// `by keys`, with `bin = value` of the old form.
fn summarize_by(i: Tokens<'_>) -> (Tokens<'_>, Option<Vec<Expression>>, Option<Expression>) {
    let Ok((i, _)) = keyword("by")(i) else { return (i, None, None) };
    let (i, keys) = comma_list(i, ListShape::until(is_keys_end), named_expression, missing_expr);
    if i.is_keyword(0, "bin") && i.peek(1).kind == TokenKind::Equal {
        let (i, bin) = need_expr(i.skip(2), unnamed_expression);
        return (i, Some(keys), Some(bin));
    }
    (i, Some(keys), None)
}

/// The keys end at `bin = literal` too.
fn is_keys_end(i: Tokens<'_>) -> bool {
    let is_old_bin = i.is_keyword(0, "bin") && i.peek(1).kind == TokenKind::Equal && i.peek(2).is_literal();
    is_old_bin || is_list_end(i)
}
