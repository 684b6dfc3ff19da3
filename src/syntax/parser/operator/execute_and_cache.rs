//! `__executeAndCache`: keeps the rows so far.

use super::super::input::{Res, Tokens, keyword};
use crate::syntax::ast::{At, BareOperator, QueryOperator};

pub(super) fn execute_and_cache_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("__executeAndCache")(i)?;
    let it = BareOperator { parameters: Vec::new(), keyword_at: At(start.span), at: i.since(start) };
    Ok((i, QueryOperator::ExecuteAndCache(it)))
}
