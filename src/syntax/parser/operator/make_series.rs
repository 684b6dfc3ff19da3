//! `make-series`: aggregates along an axis, as arrays.

use super::super::expr::{named_expression, unnamed_expression};
use super::super::input::{
    ListShape, Res, Tokens, absent, comma_list, is_list_end, keyword, missing_expr, need, need_expr,
    need_keyword, optional,
};
use super::super::name::word_name;
use super::super::parameter::{MAKE_SERIES, parameters};
use crate::syntax::ast::{
    At, Expression, FunctionCall, MakeSeriesOperator, MakeSeriesRange, Name, QueryOperator,
};
use crate::syntax::token::TokenKind;

pub(super) fn make_series_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("make-series")(i)?;
    let (i, parameters) = parameters(i, MAKE_SERIES);
    let end = |i: Tokens<'_>| ["on", "from", "in"].iter().any(|word| i.is_keyword(0, word)) || is_list_end(i);
    let missing = |i: Tokens<'_>| (missing_expr(i), None);
    let (i, aggregates) = comma_list(i, ListShape::until(end), series_aggregate, missing);
    let i = need_keyword(i, "on");
    let (i, axis) = need_expr(i, named_expression);
    let (i, range) = match from_to_step(i) {
        Ok(found) => found,
        Err(_) => in_range(i),
    };
    let (i, by) = optional(i, by_clause);
    let it = MakeSeriesOperator {
        parameters,
        aggregates,
        axis,
        range,
        by: by.unwrap_or_default(),
        keyword_at: At(start.span),
        at: i.since(start),
    };
    Ok((i, QueryOperator::MakeSeries(it)))
}

/// `aggregate [default = value]`
fn series_aggregate(i: Tokens<'_>) -> Res<'_, (Expression, Option<Expression>)> {
    let (i, aggregate) = named_expression(i)?;
    let Ok((i, _)) = keyword("default")(i) else { return Ok((i, (aggregate, None))) };
    let i = need(i, TokenKind::Equal, "=");
    let (i, default) = need_expr(i, named_expression);
    Ok((i, (aggregate, Some(default))))
}

/// `from a to b step c`; `from` and `to` may be left out.
fn from_to_step(i: Tokens<'_>) -> Res<'_, MakeSeriesRange> {
    if !["from", "to", "step"].iter().any(|word| i.is_keyword(0, word)) {
        return absent();
    }
    let (i, from) = optional(i, |i| bound(i, "from"));
    let (i, to) = optional(i, |i| bound(i, "to"));
    let i = need_keyword(i, "step");
    let (i, step) = need_expr(i, unnamed_expression);
    Ok((i, MakeSeriesRange::FromToStep { from, to, step }))
}

fn bound<'p>(i: Tokens<'p>, word: &'static str) -> Res<'p, Expression> {
    let (i, _) = keyword(word)(i)?;
    Ok(need_expr(i, unnamed_expression))
}

/// `in range(a, b, c)`
fn in_range(i: Tokens<'_>) -> (Tokens<'_>, MakeSeriesRange) {
    let i = need_keyword(i, "in");
    let start = i.peek(0);
    let (i, name) = if i.is_keyword(0, "range") {
        (i.skip(1), word_name(i, start))
    } else {
        (need_keyword(i, "range"), Name { text: String::new(), bracketed: false, at: At(i.gap()) })
    };
    let i = need(i, TokenKind::OpenParen, "(");
    let (i, arguments) = comma_list(i, ListShape::ANY, named_expression, missing_expr);
    let i = need(i, TokenKind::CloseParen, ")");
    (i, MakeSeriesRange::InRange(FunctionCall { name, arguments, at: i.since(start) }))
}

fn by_clause(i: Tokens<'_>) -> Res<'_, Vec<Expression>> {
    let (i, _) = keyword("by")(i)?;
    Ok(comma_list(i, ListShape::OPEN, named_expression, missing_expr))
}
