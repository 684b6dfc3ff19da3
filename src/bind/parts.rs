//! The tables that an operator puts together, and the columns that they have in common. It must not know what is done with
//! their rows.

use super::binder::Binder;
use super::references::ReferenceKind;
use super::scope::{BoundColumn, Columns, Env, Local, Rows};
use std::rc::Rc;
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use super::names::{fresh_name, make_unique};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::Expr;
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{ScalarType, Value};
use crate::wildcard::fits_wildcard;

/// So many cells of a union's table of parts and columns count as one column of an operator.
const COLUMNS_A_CELL: usize = 6;

/// So many columns take about what a part takes beside its columns.
const COLUMNS_A_PART: usize = 12;

/// A first column that says which part a row came from.
#[derive(Clone, Copy)]
pub(super) struct PartNames<'n> {
    /// Its name.
    pub column: &'n str,
    /// What a part without a name is called, with its number.
    pub otherwise: &'n str,
}

/// Which columns the parts get.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum UnionForm {
    /// Those of all parts.
    Outer,
    /// Those that every part has.
    Inner,
    /// Those of all parts, the several types of a name side by side.
    Searched,
}

/// Parts with the same columns.
pub(super) struct UnifiedParts {
    /// The columns.
    pub columns: Columns,
    /// For each part what each column is, over the part's own columns.
    pub projections: Vec<Vec<Expr>>,
}

impl Binder<'_> {
    /// What makes the columns of all parts the same; nothing where there are too many.
    pub(super) fn unified(
        &mut self,
        parts: &[Rows],
        form: UnionForm,
        names: Option<PartNames<'_>>,
        span: Span,
    ) -> Option<UnifiedParts> {
        let columns = unify(parts, form);
        let width = columns.len();
        // A column that a part lacks is one of the plan all the same.
        if !self.spend_columns(parts.len().saturating_mul(width) / COLUMNS_A_CELL, span) {
            return None;
        }
        let mut next: Vec<usize> = vec![0; width];
        let mut list: Vec<BoundColumn> = columns.iter().map(|it| it.column.clone()).collect();
        if let Some(names) = names {
            list.insert(0, BoundColumn { name: names.column.into(), data_type: Some(ScalarType::String) });
            make_unique(&mut list);
        }
        let open = parts.iter().any(|part| part.columns.open);
        let mut projections = Vec::with_capacity(parts.len());
        for (at, part) in parts.iter().enumerate() {
            let mut exprs = Vec::with_capacity(width + 1);
            if let Some(names) = names {
                let name = part.source.clone().unwrap_or_else(|| format!("{}{at}", names.otherwise));
                exprs.push(Expr::literal(Value::string(&name), ScalarType::String));
            }
            for (unified, next) in columns.iter().zip(&mut next) {
                let data_type = unified.column.data_type.unwrap_or(ScalarType::Dynamic);
                exprs.push(match unified.places.get(*next).filter(|it| it.part == at) {
                    Some(it) => {
                        *next += 1;
                        Expr::column(it.place, data_type)
                    }
                    None => Expr::literal(Value::null_of(data_type), data_type),
                });
            }
            projections.push(exprs);
        }
        Some(UnifiedParts { columns: Columns { list: list.into(), open }, projections })
    }

    /// Every table and view.
    pub(super) fn all_parts(&mut self, span: Span, env: &Env, parts: &mut Vec<Rows>) {
        let found = self.union_scope(|_| true, env);
        self.add_named_parts(found, span, env, parts);
        if self.is_announced_pattern("*") {
            parts.push(Rows::unknown());
        }
    }

    /// A pattern that may stand for tables that are not here, of which nobody knows the columns.
    fn is_announced_pattern(&self, pattern: &str) -> bool {
        self.is_check && self.catalog.announced(pattern).is_some()
    }

    /// Adds the rows of one operand; a wildcard may stand for several tables.
    pub(super) fn union_part(
        &mut self,
        ast: &ast::Expression,
        fuzzy: bool,
        env: &Env,
        parts: &mut Vec<Rows>,
    ) {
        match ast.unparenthesised() {
            ast::Expression::Wildcard(name) => {
                let found = self.union_scope(|table| fits_wildcard(&name.text, table), env);
                // What stands for tables of any name may stand for others, too.
                let is_any = found.is_empty() || fits_wildcard(&name.text, "");
                if is_any && self.is_announced_pattern(&name.text) {
                    parts.push(Rows::unknown());
                } else if found.is_empty() && !fuzzy {
                    let message = format!("no table is called '{}'", name.text);
                    self.report(Diagnostic::error(Code::UnknownTable, name.at.0, message));
                    parts.push(Rows::unknown());
                }
                self.add_named_parts(found, name.at.0, env, parts);
            }
            ast::Expression::Star(_) => {
                self.all_parts(ast.span(), env, parts);
            }
            // A table that is not there is passed over, if the union is fuzzy.
            ast::Expression::Name(name)
                if fuzzy
                    && env.find(&name.text).is_none()
                    && (!env.sees(&name.text)
                        || self.catalog.table(&name.text).is_none()
                            && self.catalog.function(&name.text).is_none()) =>
            {
                self.refers_to_unknown(ReferenceKind::Table, &name.text, name.at.0);
            }
            ast::Expression::Name(name) => parts.push(self.named_part(name, env)),
            other => {
                let before = self.diagnostics.len();
                let rows = self.bind_table(other, env);
                let missing = |it: &Diagnostic| it.code == Code::UnknownTable;
                if fuzzy && self.diagnostics.get(before..).is_some_and(|found| found.iter().any(missing)) {
                    self.diagnostics.truncate(before);
                } else {
                    parts.push(rows);
                }
            }
        }
    }

    /// The tables and views whose name passes a test, by name: what a pattern may stand for.
    fn union_scope(&self, test: impl Fn(&str) -> bool, env: &Env) -> Vec<String> {
        let is_view =
            |name: &Rc<str>| matches!(env.find(name), Some(Local::Function(it)) if it.declaration.view);
        let views = env.names().into_iter().filter(is_view).map(|name| name.to_string());
        let mut found: Vec<String> = self.catalog.table_names();
        let is_stored_view =
            |name: &String| self.catalog.function(name).is_some_and(|it| it.view && it.parameters.is_empty());
        found.extend(self.catalog.function_names().into_iter().filter(is_stored_view));
        found.retain(|name| env.sees(name));
        found.extend(views);
        found.retain(|name| test(name));
        found.sort();
        found.dedup();
        found
    }

    fn add_named_parts(&mut self, names: Vec<String>, span: Span, env: &Env, parts: &mut Vec<Rows>) {
        for text in names {
            if self.budget.is_over {
                return;
            }
            let name = ast::Name { text, bracketed: true, at: span.into() };
            parts.push(self.named_part(&name, env));
        }
    }

    /// The rows that a name stands for. Those of a function are called after it.
    fn named_part(&mut self, name: &ast::Name, env: &Env) -> Rows {
        let mut rows = self.table_named(name, env);
        self.spend_columns(COLUMNS_A_PART + rows.columns.list.len() / COLUMNS_A_CELL, name.at.0);
        let is_function = match env.find(&name.text) {
            Some(local) => matches!(local, Local::Function(_)),
            None => env.sees(&name.text) && self.catalog.function(&name.text).is_some(),
        };
        if is_function {
            rows.source = Some(name.text.clone());
        }
        rows
    }
}

/// A column of the union and where it stands in the parts that have it, the first part first.
struct Unified {
    column: BoundColumn,
    places: Vec<PartPlace>,
}

/// A column of a part.
#[derive(Clone, Copy, PartialEq, Eq)]
struct PartPlace {
    part: usize,
    place: usize,
}

/// Columns of one name and type are one; a name with several types becomes one column a type, named after it.
fn unify(parts: &[Rows], form: UnionForm) -> Vec<Unified> {
    let mut columns: Vec<Unified> = Vec::new();
    let mut of_name: HashMap<Arc<str>, Vec<usize>> = HashMap::new();
    for (part, rows) in parts.iter().enumerate() {
        for (place, column) in rows.columns.list.iter().enumerate() {
            let found = PartPlace { part, place };
            let named = of_name.entry(column.name.clone()).or_default();
            let known = named.iter().copied().find(|&at| {
                columns.get(at).is_some_and(|it| {
                    (it.column.data_type == column.data_type
                        || it.column.data_type.is_none()
                        || column.data_type.is_none())
                        && it.places.last().is_none_or(|last| last.part < part)
                })
            });
            match known.and_then(|at| columns.get_mut(at)) {
                Some(known) => known.places.push(found),
                None => {
                    named.push(columns.len());
                    columns.push(Unified { column: column.clone(), places: vec![found] });
                }
            }
        }
    }
    match form {
        UnionForm::Outer => {}
        UnionForm::Inner => columns.retain(|it| it.places.len() == parts.len()),
        UnionForm::Searched => {
            let first = |it: &Unified| of_name.get(&it.column.name).and_then(|named| named.first().copied());
            columns.sort_by_key(first);
        }
    }
    let mut counts: HashMap<Arc<str>, usize> = HashMap::new();
    columns.iter().for_each(|it| *counts.entry(it.column.name.clone()).or_default() += 1);
    let clashes = |name: &Arc<str>| counts.get(name).is_some_and(|count| *count > 1);
    let mut taken: HashSet<Arc<str>> =
        columns.iter().map(|it| it.column.name.clone()).filter(|name| !clashes(name)).collect();
    let mut numbers = HashMap::new();
    for it in &mut columns {
        if !clashes(&it.column.name) {
            continue;
        }
        let data_type = it.column.data_type.map_or("unknown", ScalarType::as_str);
        let base: Arc<str> = format!("{}_{data_type}", it.column.name).into();
        let name = match taken.contains(&base) {
            true => fresh_name(&base, &mut numbers, |name| taken.contains(name)),
            false => base,
        };
        taken.insert(name.clone());
        it.column.name = name;
    }
    columns
}
