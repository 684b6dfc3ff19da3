//! `where` and `filter`: rows that meet a predicate.

use super::super::expr::named_expression;
use super::super::input::{Res, Tokens, keyword, need_expr};
use super::super::parameter::{NO_PARAMETERS, parameters};
use crate::syntax::ast::{At, QueryOperator, WhereOperator};

pub(super) fn where_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("where")(i).or_else(|_| keyword("filter")(i))?;
    let (i, parameters) = parameters(i, NO_PARAMETERS);
    let (i, predicate) = need_expr(i, named_expression);
    let it = WhereOperator {
        filter_spelling: i.text(start) == "filter",
        parameters,
        predicate,
        keyword_at: At(start.span),
        at: i.since(start),
    };
    Ok((i, QueryOperator::Where(it)))
}
