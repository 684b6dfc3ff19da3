//! `distinct`: each combination of some columns once.

use super::super::expr::{named_expression, star_expression};
use super::super::input::{ListShape, Res, Tokens, comma_list, keyword, missing_expr};
use super::super::parameter::{NO_PARAMETERS, parameters};
use crate::syntax::ast::{At, DistinctOperator, Expression, QueryOperator};

pub(super) fn distinct_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("distinct")(i)?;
    let (i, parameters) = parameters(i, NO_PARAMETERS);
    let (i, columns) = comma_list(i, ListShape::SOME, distinct_expression, missing_expr);
    let it = DistinctOperator { parameters, columns, keyword_at: At(start.span), at: i.since(start) };
    Ok((i, QueryOperator::Distinct(it)))
}

/// `*` or an expression.
fn distinct_expression(i: Tokens<'_>) -> Res<'_, Expression> {
    star_expression(i).or_else(|_| named_expression(i))
}
