//! `print`: one row of expressions.

use super::super::expr::named_expression;
use super::super::input::{ListShape, Res, Tokens, comma_list, keyword, missing_expr};
use crate::syntax::ast::{At, PrintOperator, QueryOperator};

pub(super) fn print_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("print")(i)?;
    let (i, columns) = comma_list(i, ListShape::SOME, named_expression, missing_expr);
    Ok((i, QueryOperator::Print(PrintOperator { columns, keyword_at: At(start.span), at: i.since(start) })))
}
