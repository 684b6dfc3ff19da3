//! `mv-expand`: a row for each element of an array.

use super::super::expr::{named_expression, unnamed_expression};
use super::super::input::{
    ListShape, Res, Tokens, comma_list, is_list_end, keyword, missing_expr, need_expr,
};
use super::super::literal::typeof_form;
use super::super::parameter::{MV_EXPAND, parameters};
use crate::diagnostic::Code;
use crate::syntax::ast::{At, MvExpandColumn, MvExpandOperator, QueryOperator, TypeName, TypeOf};

pub(super) fn mv_expand_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("mvexpand")(i).or_else(|_| keyword("mv-expand")(i))?;
    let (i, parameters) = parameters(i, MV_EXPAND);
    let end = |i: Tokens<'_>| i.is_keyword(0, "limit") || is_list_end(i);
    let (i, columns) = comma_list(i, ListShape::until(end), mv_column, missing_column);
    let (i, limit) = match keyword("limit")(i) {
        Ok((i, _)) => {
            let (i, it) = need_expr(i, unnamed_expression);
            (i, Some(it))
        }
        Err(_) => (i, None),
    };
    let it = MvExpandOperator {
        parameters,
        columns,
        limit,
        old_spelling: i.text(start) == "mvexpand",
        keyword_at: At(start.span),
        at: i.since(start),
    };
    Ok((i, QueryOperator::MvExpand(it)))
}

/// `column [to typeof(type)]`
pub(super) fn mv_column(i: Tokens<'_>) -> Res<'_, MvExpandColumn> {
    let (i, expression) = if i.is_keyword(0, "to") { (i, missing_expr(i)) } else { named_expression(i)? };
    let (i, to) = to_type(i);
    Ok((i, MvExpandColumn { expression, to }))
}

pub(super) fn missing_column(i: Tokens<'_>) -> MvExpandColumn {
    MvExpandColumn { expression: missing_expr(i), to: None }
}

/// `to typeof(type)`
pub(super) fn to_type(i: Tokens<'_>) -> (Tokens<'_>, Option<TypeName>) {
    let Ok((i, _)) = keyword("to")(i) else { return (i, None) };
    match typeof_form(i) {
        Ok((i, it)) => {
            let kind = match it.of {
                TypeOf::Scalar(kind) => kind,
                // A schema makes no sense here: it is kept as its text, to be refused by name.
                TypeOf::Table { star, columns } => {
                    let star = star.then(|| "*".to_owned());
                    let columns = columns.iter().map(ToString::to_string);
                    let parts: Vec<String> = star.into_iter().chain(columns).collect();
                    TypeName { text: parts.join(", "), at: it.at }
                }
            };
            (i, Some(kind))
        }
        Err(_) => {
            i.missing(Code::Expected, "typeof(…)");
            (i, Some(TypeName { text: String::new(), at: At(i.gap()) }))
        }
    }
}
