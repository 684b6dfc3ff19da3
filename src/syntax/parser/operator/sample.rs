//! `sample` and `sample-distinct`: some rows or values at random.

use super::super::expr::named_expression;
use super::super::input::{Res, Tokens, keyword, need_expr, need_keyword};
use super::super::parameter::{NO_PARAMETERS, parameters};
use crate::syntax::ast::{At, QueryOperator, SampleDistinctOperator, TakeOperator};

pub(super) fn sample_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("sample")(i)?;
    let (i, parameters) = parameters(i, NO_PARAMETERS);
    let (i, count) = need_expr(i, named_expression);
    let at = i.since(start);
    let it = TakeOperator { limit_spelling: false, parameters, count, keyword_at: At(start.span), at };
    Ok((i, QueryOperator::Sample(it)))
}

pub(super) fn sample_distinct_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("sample-distinct")(i)?;
    let (i, parameters) = parameters(i, NO_PARAMETERS);
    let (i, count) = need_expr(i, named_expression);
    let i = need_keyword(i, "of");
    let (i, of) = need_expr(i, named_expression);
    let it = SampleDistinctOperator { parameters, count, of, keyword_at: At(start.span), at: i.since(start) };
    Ok((i, QueryOperator::SampleDistinct(it)))
}
