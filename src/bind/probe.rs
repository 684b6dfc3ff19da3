//! Notes what may be named at a place that somebody asks about: a name that nobody has stands there, and what could have been
//! meant is noted where the binder comes across it. Nothing is noted otherwise. It must not know operators.

use std::collections::HashSet;

use super::binder::Binder;
use super::place::{Place, PlaceKind, PlaceVariable, VariableKind};
use super::scope::{Columns, Env, ExprScope, Local, UserFunction};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{ScalarType, is_hidden};

impl Binder<'_> {
    /// The place that is looked for lies here, and not all of it is known yet: a function that is declared for any table is
    /// bound again where it is called.
    pub(super) fn is_probed(&self, span: Span) -> bool {
        // The body of a stored function is another text.
        self.probe.at.is_some_and(|at| span.start <= at && at < span.end)
            && self.probe.found.as_ref().is_none_or(|it| it.is_open)
            && self.in_stored == 0
    }

    /// Notes what the name may mean that an expression is or calls, if it is the one that is asked about.
    pub(super) fn probe_expression(
        &mut self,
        ast: &ast::Expression,
        kind: PlaceKind,
        context: ExprScope<'_>,
    ) {
        match ast {
            ast::Expression::Name(name) => self.probe_name(name, kind, context),
            ast::Expression::Call(call) => self.probe_name(&call.name, kind, context),
            _ => {}
        }
    }

    /// Notes what a name may mean, if it is the one that is asked about.
    pub(super) fn probe_name(&mut self, name: &ast::Name, kind: PlaceKind, context: ExprScope<'_>) {
        if self.probe.at == Some(name.at.0.start) && self.is_probed(name.at.0) {
            self.probe_scope(kind, context);
        }
    }

    /// Notes what a name may mean anywhere in an expression that is bound for one table after the other.
    pub(super) fn probe_within(&mut self, ast: &ast::Expression, context: ExprScope<'_>) {
        if self.is_probed(ast.span()) {
            self.probe_scope(PlaceKind::Scalar, context);
        }
    }

    /// Notes that aggregates may stand somewhere in an expression, save in the calls of aggregates that are there.
    pub(super) fn probe_aggregates(
        &mut self,
        ast: &ast::Expression,
        aggregates: impl FnOnce(&Self) -> Vec<ast::FunctionCall>,
        context: ExprScope<'_>,
    ) {
        if self.is_probed(ast.span()) && !aggregates(self).iter().any(|call| self.is_probed(call.at.0)) {
            self.probe_scope(PlaceKind::Aggregate, context);
        }
    }

    /// Notes what may be a key of a join, if a key is asked about.
    pub(super) fn probe_join_key(
        &mut self,
        ast: &ast::Expression,
        left: &Columns,
        right: &Columns,
        context: ExprScope<'_>,
    ) {
        if !matches!(ast, ast::Expression::Name(_)) || !self.is_probed(ast.span()) {
            return;
        }
        self.probe_scope(PlaceKind::JoinKey, ExprScope { row: Some(left), ..context });
        if let Some(place) = &mut self.probe.found {
            let same = |name: &str, left: Option<ScalarType>| {
                let right = right.find(name).map(|(_, column)| column.data_type);
                right.is_some_and(|right| left.is_none() || right.is_none() || left == right)
            };
            place.columns.retain(|(name, data_type)| same(name, *data_type));
        }
    }

    fn probe_scope(&mut self, kind: PlaceKind, context: ExprScope<'_>) {
        let is_open = context.row.is_some_and(|row| row.open);
        if is_open && self.probe.found.is_some() {
            // No more is known here than before.
            return;
        }
        let columns = context.row.map(|row| &row.list[..]).unwrap_or_default();
        let columns = columns.iter().filter(|it| !is_hidden(&it.name));
        let columns = columns.map(|it| (it.name.clone(), it.data_type)).collect();
        let mut tables = self.catalog.table_names();
        tables.retain(|name| context.env.sees(name) && !is_hidden(name));
        let mut functions = Vec::new();
        for name in self.catalog.function_names() {
            if context.env.sees(&name)
                && let Some(function) = self.catalog.function(&name)
            {
                let parameters = parameters(function);
                functions.push((name, parameters));
            }
        }
        let variables = variables(context.env);
        let is_serialized = context.serialized;
        self.probe.found =
            Some(Place { kind, columns, variables, tables, functions, is_serialized, is_open });
    }
}

/// What is declared, the latest first; a name that is declared again once.
fn variables(env: &Env) -> Vec<PlaceVariable> {
    let mut seen = HashSet::new();
    let names = env.names().into_iter().filter(|name| !is_hidden(name) && seen.insert(name.clone()));
    names
        .filter_map(|name| {
            let kind = match env.find(&name)? {
                Local::Scalar(scalar) => VariableKind::Scalar(scalar.data_type),
                Local::Table(_) => VariableKind::Table,
                Local::Function(UserFunction { declaration, .. }) => {
                    VariableKind::Function(parameters(&declaration))
                }
                Local::Unknown => VariableKind::Scalar(None),
                Local::Pattern(_) | Local::EntityGroup(_) | Local::Database | Local::Step(_) => {
                    VariableKind::Other
                }
            };
            Some(PlaceVariable { name, kind })
        })
        .collect()
}

/// The parameters of a function as they are declared.
fn parameters(function: &ast::FunctionDeclaration) -> String {
    let all: Vec<String> = function.parameters.iter().map(ToString::to_string).collect();
    format!("({})", all.join(", "))
}
