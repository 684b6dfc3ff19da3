//! `extend` and `serialize`: add columns.

use super::super::expr::named_expression;
use super::super::input::{ListShape, Res, Tokens, comma_list, keyword, missing_expr};
use super::super::parameter::{NO_PARAMETERS, parameters};
use crate::syntax::ast::{At, ExtendOperator, QueryOperator};

pub(super) fn extend_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("extend")(i)?;
    let (i, columns) = comma_list(i, ListShape::SOME, named_expression, missing_expr);
    let it =
        ExtendOperator { parameters: Vec::new(), columns, keyword_at: At(start.span), at: i.since(start) };
    Ok((i, QueryOperator::Extend(it)))
}

pub(super) fn serialize_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("serialize")(i)?;
    let (i, parameters) = parameters(i, NO_PARAMETERS);
    let (i, columns) = comma_list(i, ListShape::ANY, named_expression, missing_expr);
    let it = ExtendOperator { parameters, columns, keyword_at: At(start.span), at: i.since(start) };
    Ok((i, QueryOperator::Serialize(it)))
}
