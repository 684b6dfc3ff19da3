//! `sort` and `order`: rows by keys.

use super::super::expr::named_expression;
use super::super::input::{ListShape, Res, Tokens, comma_list, keyword, missing_expr, need_keyword};
use super::super::parameter::{SORT, leading_parameters};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{At, OrderedExpression, QueryOperator, SortOperator};

pub(super) fn sort_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("order")(i).or_else(|_| keyword("sort")(i))?;
    let (i, parameters) = leading_parameters(i, SORT);
    let i = need_keyword(i, "by");
    let (i, by) = comma_list(i, ListShape::SOME, ordered_expression, missing_key);
    let it = SortOperator {
        order_spelling: i.text(start) == "order",
        parameters,
        by,
        keyword_at: At(start.span),
        at: i.since(start),
    };
    Ok((i, QueryOperator::Sort(it)))
}

/// The directions: whether they descend, and whether by the numbers within texts.
const DIRECTIONS: &[(&str, bool, bool)] =
    &[("asc", false, false), ("desc", true, false), ("granny-asc", false, true), ("granny-desc", true, true)];

/// `expression [asc|desc] [nulls first|last]`
pub(super) fn ordered_expression(i: Tokens<'_>) -> Res<'_, OrderedExpression> {
    let (i, expression) = named_expression(i)?;
    let direction = DIRECTIONS.iter().find(|(word, ..)| i.is_text(word));
    let (descending, granny) = direction.map_or((None, false), |it| (Some(it.1), it.2));
    let i = i.skip(usize::from(descending.is_some()));
    let (i, nulls_first) = nulls_order(i);
    Ok((i, OrderedExpression { expression, descending, granny, nulls_first }))
}

/// `nulls first` or `nulls last`
fn nulls_order(i: Tokens<'_>) -> (Tokens<'_>, Option<bool>) {
    let Ok((i, _)) = keyword("nulls")(i) else { return (i, None) };
    for (word, first) in [("first", true), ("last", false)] {
        if let Ok((i, _)) = keyword(word)(i) {
            return (i, Some(first));
        }
    }
    i.report(Diagnostic::error(
        Code::Expected,
        i.token_gap(),
        format!("expected 'first' or 'last', found {}", i.found()),
    ));
    (i, None)
}

/// Records that a key is missing.
pub(super) fn missing_key(i: Tokens<'_>) -> OrderedExpression {
    OrderedExpression { expression: missing_expr(i), descending: None, granny: false, nulls_first: None }
}
