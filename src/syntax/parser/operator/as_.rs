//! `as`: names the rows so far.

use super::super::input::{Res, Tokens, keyword};
use super::super::name::need_name;
use super::super::parameter::{NO_PARAMETERS, parameters};
use crate::syntax::ast::{AsOperator, At, QueryOperator};

pub(super) fn as_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("as")(i)?;
    let (i, parameters) = parameters(i, NO_PARAMETERS);
    let (i, name) = need_name(i);
    Ok((
        i,
        QueryOperator::As(AsOperator { parameters, name, keyword_at: At(start.span), at: i.since(start) }),
    ))
}
