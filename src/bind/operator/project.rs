//! Binds `project` and its kin. It must not know what expressions compute.

use super::super::binder::Binder;
use super::super::names::Projection;
use super::super::query::matching;
use super::super::scope::{Columns, Context, Env, Rows};
use super::extend::Style;
use crate::diagnostic::Code;
use crate::syntax::ast::{self, ReorderDirection};

impl Binder<'_> {
    pub(in crate::bind) fn bind_project(&mut self, it: &ast::ProjectOperator, rows: Rows, env: &Env) -> Rows {
        let mut projection = Projection::default();
        for ast in &it.columns {
            self.add_column(ast, &mut projection, Context::with_rows(env, &rows), Style::Project, None);
        }
        let (columns, exprs) = projection.into_parts();
        let open = columns.open;
        let mut result = Self::project_to(&rows, columns, exprs, it.at.0);
        // All columns are named now, whatever was unknown before.
        result.columns.open = open;
        result
    }

    pub(in crate::bind) fn bind_project_away(&mut self, it: &ast::ProjectOperator, rows: Rows) -> Rows {
        let away = self.columns_of_list(&it.columns, &rows.columns);
        let places: Vec<_> = (0..rows.columns.list.len()).filter(|at| !away.contains(at)).collect();
        Self::keep_columns(&rows, &places, it.at.0)
    }

    pub(in crate::bind) fn bind_project_keep(&mut self, it: &ast::ProjectOperator, rows: Rows) -> Rows {
        let kept = self.columns_of_list(&it.columns, &rows.columns);
        let places: Vec<_> = (0..rows.columns.list.len()).filter(|at| kept.contains(at)).collect();
        Self::keep_columns(&rows, &places, it.at.0)
    }

    pub(in crate::bind) fn bind_project_rename(&mut self, it: &ast::ProjectOperator, rows: Rows) -> Rows {
        let mut projection = Projection::of(&rows.columns);
        let env = Env::default();
        for ast in &it.columns {
            let ast::Expr::Named(named) = ast else {
                if !matches!(ast, ast::Expr::Missing(_)) {
                    self.error(Code::NotAllowedHere, ast.span(), "project-rename takes 'new = old'");
                }
                continue;
            };
            let context = Context { row: Some(&rows.columns), ..Context::new(&env) };
            let Some(index) = self.expect_column(&named.value, context) else { continue };
            let old = rows.columns.list[index].name.clone();
            if let Some(new) = named.names.first()
                && projection.rename(&old, &new.text).is_none()
            {
                let message = format!("a column '{}' is already declared", new.text);
                self.error(Code::DuplicateColumn, new.at.0, message);
            }
        }
        let (columns, exprs) = projection.into_parts();
        Self::project_to(&rows, columns, exprs, it.at.0)
    }

    pub(in crate::bind) fn bind_project_reorder(
        &mut self,
        it: &ast::ProjectReorderOperator,
        rows: Rows,
    ) -> Rows {
        let mut places = Vec::new();
        let env = Env::default();
        for column in &it.columns {
            let mut found = match &column.column {
                ast::Expr::Wildcard(name) => matching(&name.text, &rows.columns),
                ast::Expr::Star(_) => (0..rows.columns.list.len()).collect(),
                other => {
                    let context = Context { row: Some(&rows.columns), ..Context::new(&env) };
                    self.expect_column(other, context).into_iter().collect()
                }
            };
            if let Some(order) = column.order {
                reorder(&mut found, &rows.columns, order);
            }
            places.extend(found);
        }
        places.extend(0..rows.columns.list.len());
        let mut seen = std::collections::HashSet::new();
        places.retain(|at| seen.insert(*at));
        Self::keep_columns(&rows, &places, it.at.0)
    }
}

/// Orders columns by name, whatever the case.
fn reorder(places: &mut [usize], columns: &Columns, order: ReorderDirection) {
    let name = |at: &usize| columns.list[*at].name.to_uppercase();
    match order {
        ReorderDirection::Ascending | ReorderDirection::Descending => places.sort_by_key(name),
        ReorderDirection::GrannyAscending | ReorderDirection::GrannyDescending => {
            places.sort_by_key(|at| granny(&name(at)));
        }
    }
    if matches!(order, ReorderDirection::Descending | ReorderDirection::GrannyDescending) {
        places.reverse();
    }
}

/// A name cut into texts and numbers, so that `a2` comes before `a10`.
fn granny(name: &str) -> Vec<(u64, String)> {
    let mut parts: Vec<(u64, String)> = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let text = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        if text > 0 {
            parts.push((u64::MAX, rest[..text].to_owned()));
            rest = &rest[text..];
            continue;
        }
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        parts.push((rest[..digits].parse().unwrap_or(u64::MAX), String::new()));
        rest = &rest[digits..];
    }
    parts
}
