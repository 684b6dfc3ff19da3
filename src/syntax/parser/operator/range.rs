//! `range`: a table of evenly spaced values.

use super::super::expr::unnamed_expression;
use super::super::input::{Res, Tokens, absent, keyword, need_expr, need_keyword};
use super::super::name::need_name;
use crate::syntax::ast::{At, QueryOperator, RangeOperator};
use crate::syntax::token::TokenKind;

/// `range x from a to b step c`; `range(` is a function.
pub(super) fn range_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    if i.peek(1).kind == TokenKind::OpenParen {
        return absent();
    }
    let (i, start) = keyword("range")(i)?;
    let (i, name) = need_name(i);
    let (i, from) = need_expr(need_keyword(i, "from"), unnamed_expression);
    let (i, to) = need_expr(need_keyword(i, "to"), unnamed_expression);
    let (i, step) = need_expr(need_keyword(i, "step"), unnamed_expression);
    let it = RangeOperator { name, from, to, step, keyword_at: At(start.span), at: i.since(start) };
    Ok((i, QueryOperator::Range(it)))
}
