//! `reduce`: texts that look alike, grouped.

use super::super::expr::named_expression;
use super::super::input::{Res, Tokens, keyword, need_expr, need_keyword};
use super::super::parameter::{REDUCE, leading_parameters, parameter_list};
use crate::syntax::ast::{At, QueryOperator, ReduceOperator};

pub(super) fn reduce_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("reduce")(i)?;
    let (i, parameters) = leading_parameters(i, REDUCE);
    let i = need_keyword(i, "by");
    let (i, by) = need_expr(i, named_expression);
    let (i, with) = match keyword("with")(i) {
        Ok((i, _)) => parameter_list(i, REDUCE, true),
        Err(_) => (i, Vec::new()),
    };
    let it = ReduceOperator { parameters, by, with, keyword_at: At(start.span), at: i.since(start) };
    Ok((i, QueryOperator::Reduce(it)))
}
