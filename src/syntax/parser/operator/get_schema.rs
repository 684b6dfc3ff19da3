//! `getschema`: the columns as rows.

use super::super::input::{Res, Tokens, keyword, optional};
use super::super::parameter::{ParameterValue, named_parameter};
use crate::syntax::ast::{At, BareOperator, QueryOperator};

pub(super) fn get_schema_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("getschema")(i)?;
    let (i, kind) = optional(i, |i| named_parameter(i, "kind", ParameterValue::Word(&["csl"])));
    let it = BareOperator {
        parameters: kind.into_iter().collect(),
        keyword_at: At(start.span),
        at: i.since(start),
    };
    Ok((i, QueryOperator::GetSchema(it)))
}
