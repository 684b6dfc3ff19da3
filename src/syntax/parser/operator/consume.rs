//! `consume`: reads all rows and yields none.

use super::super::input::{Res, Tokens, keyword};
use super::super::parameter::{CONSUME, leading_parameters};
use crate::syntax::ast::{At, BareOperator, QueryOperator};

pub(super) fn consume_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("consume")(i)?;
    let (i, parameters) = leading_parameters(i, CONSUME);
    let it = BareOperator { parameters, keyword_at: At(start.span), at: i.since(start) };
    Ok((i, QueryOperator::Consume(it)))
}
