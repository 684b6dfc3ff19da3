//! `invoke`: hands the rows to a function.

use super::super::expr::{function_call, grown, is_call};
use super::super::input::{Res, Tokens, keyword, need_expr};
use crate::syntax::ast::{At, Expression, InvokeOperator, PathExpression, QueryOperator};
use crate::syntax::expected::Expected;
use crate::syntax::token::TokenKind;

pub(super) fn invoke_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("invoke")(i)?;
    let (i, call) = need_expr(i, dotted_call);
    Ok((i, QueryOperator::Invoke(InvokeOperator { call, keyword_at: At(start.span), at: i.since(start) })))
}

/// `a(…).b(…)`
fn dotted_call(i: Tokens<'_>) -> Res<'_, Expression> {
    i.expects(0, Expected::Call);
    let (mut i, call) = function_call(i)?;
    let mut target = Expression::Call(call);
    while i.kind() == TokenKind::Dot && is_call(i, 1) {
        let (after, selector) = function_call(i.skip(1))?;
        target = Expression::Path(Box::new(PathExpression { target, selector: Expression::Call(selector) }));
        i = grown(after);
    }
    Ok((i, target))
}
