//! `top-hitters`: the most frequent values.

use super::super::expr::named_expression;
use super::super::input::{Res, Tokens, keyword, need_expr, need_keyword};
use crate::syntax::ast::{At, QueryOperator, TopHittersOperator};

pub(super) fn top_hitters_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("top-hitters")(i)?;
    let (i, count) = need_expr(i, named_expression);
    let i = need_keyword(i, "of");
    let (i, of) = need_expr(i, named_expression);
    let (i, by) = match keyword("by")(i) {
        Ok((i, _)) => {
            let (i, it) = need_expr(i, named_expression);
            (i, Some(it))
        }
        Err(_) => (i, None),
    };
    let it = TopHittersOperator {
        parameters: Vec::new(),
        count,
        of,
        by,
        keyword_at: At(start.span),
        at: i.since(start),
    };
    Ok((i, QueryOperator::TopHitters(it)))
}
