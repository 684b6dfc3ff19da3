//! `take` and `limit`: the first rows.

use super::super::expr::named_expression;
use super::super::input::{Res, Tokens, keyword, need_expr};
use super::super::parameter::{NO_PARAMETERS, parameters};
use crate::syntax::ast::{At, QueryOperator, TakeOperator};

pub(super) fn take_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("take")(i).or_else(|_| keyword("limit")(i))?;
    let (i, parameters) = parameters(i, NO_PARAMETERS);
    let (i, count) = need_expr(i, named_expression);
    let it = TakeOperator {
        limit_spelling: i.text(start) == "limit",
        parameters,
        count,
        keyword_at: At(start.span),
        at: i.since(start),
    };
    Ok((i, QueryOperator::Take(it)))
}
