//! `project-reorder`: puts columns first.

use super::super::input::{ListShape, Res, Tokens, comma_list, keyword, missing_expr};
use super::super::name::name_or_wildcard;
use crate::syntax::ast::{At, ProjectReorderOperator, QueryOperator, ReorderColumn, ReorderDirection};

pub(super) fn project_reorder_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("project-reorder")(i)?;
    let missing = |i| ReorderColumn { column: missing_expr(i), order: None };
    let (i, columns) = comma_list(i, ListShape::ANY, reorder_column, missing);
    let it = ProjectReorderOperator { columns, keyword_at: At(start.span), at: i.since(start) };
    Ok((i, QueryOperator::ProjectReorder(it)))
}

const DIRECTIONS: &[(&str, ReorderDirection)] = &[
    ("asc", ReorderDirection::Ascending),
    ("desc", ReorderDirection::Descending),
    ("granny-asc", ReorderDirection::GrannyAscending),
    ("granny-desc", ReorderDirection::GrannyDescending),
];

/// `name [asc|desc|granny-asc|granny-desc]`
fn reorder_column(i: Tokens<'_>) -> Res<'_, ReorderColumn> {
    let (i, column) = name_or_wildcard(i)?;
    let order = DIRECTIONS.iter().find(|(word, _)| i.is_text(word)).map(|(_, order)| *order);
    Ok((i.skip(usize::from(order.is_some())), ReorderColumn { column, order }))
}
