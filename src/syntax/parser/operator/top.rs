//! `top`: the first rows in some order.

use super::super::expr::named_expression;
use super::super::input::{Res, Tokens, keyword, need_expr, need_keyword};
use super::super::parameter::{NO_PARAMETERS, parameters};
use super::sort::{missing_key, ordered_expression};
use crate::syntax::ast::{At, QueryOperator, TopOperator};

pub(super) fn top_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("top")(i)?;
    let (i, parameters) = parameters(i, NO_PARAMETERS);
    let (i, count) = need_expr(i, named_expression);
    let i = need_keyword(i, "by");
    let (i, by) = ordered_expression(i).unwrap_or_else(|_| (i, missing_key(i)));
    let it = TopOperator { parameters, count, by, keyword_at: At(start.span), at: i.since(start) };
    Ok((i, QueryOperator::Top(it)))
}
