//! `project` and its kin: which columns go on.

use super::super::expr::{named_expression, unnamed_expression};
use super::super::input::{ListShape, Res, Tokens, comma_list, keyword, missing_expr};
use super::super::name::name_or_wildcard;
use crate::syntax::ast::{At, Expression, ProjectOperator, QueryOperator};

pub(super) fn project_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, it) = project_columns(i, "project", named_expression)?;
    Ok((i, QueryOperator::Project(it)))
}

pub(super) fn project_rename_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, it) = project_columns(i, "project-rename", named_expression)?;
    Ok((i, QueryOperator::ProjectRename(it)))
}

pub(super) fn project_away_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, it) = project_columns(i, "project-away", name_or_wildcard)?;
    Ok((i, QueryOperator::ProjectAway(it)))
}

pub(super) fn project_keep_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, it) = project_columns(i, "project-keep", name_or_wildcard)?;
    Ok((i, QueryOperator::ProjectKeep(it)))
}

pub(super) fn project_by_names_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, it) = project_columns(i, "project-by-names", unnamed_expression)?;
    Ok((i, QueryOperator::ProjectByNames(it)))
}

fn project_columns<'p>(
    i: Tokens<'p>,
    word: &'static str,
    element: fn(Tokens<'p>) -> Res<'p, Expression>,
) -> Res<'p, ProjectOperator> {
    let (i, start) = keyword(word)(i)?;
    let (i, columns) = comma_list(i, ListShape::ANY, element, missing_expr);
    Ok((i, ProjectOperator { columns, keyword_at: At(start.span), at: i.since(start) }))
}
