//! Binds `mv-expand`, and the expansion that `mv-apply` begins with.

use super::super::binder::Binder;
use super::super::names::Projection;
use super::super::scalar::{Scalar, type_name};
use super::super::scope::{Columns, Context, Env, Rows};
use super::extend::column_of;
use super::parameters::word;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Expr, Node, UnnestColumn, UnnestKind, UnnestOutput};
use crate::syntax::ast;
use crate::types::{ScalarType, Value};

/// `mvexpand`, the old spelling, gives at most as many rows for each row.
const OLD_LIMIT: i64 = 128;

/// An expansion that is bound, before it is a plan.
pub(super) struct ExpandedColumns {
    pub(super) columns: Columns,
    pub(super) layout: Vec<UnnestOutput>,
    pub(super) unnested: Vec<UnnestColumn>,
    pub(super) kind: UnnestKind,
}

impl Binder<'_> {
    pub(in crate::bind) fn bind_mv_expand(
        &mut self,
        it: &ast::MvExpandOperator,
        rows: Rows,
        env: &Env,
    ) -> Rows {
        let expansion = self.bind_expanded_columns("mv-expand", &it.columns, &it.parameters, &rows, env);
        let limit = match &it.limit {
            Some(limit) => Some(self.bind_count(limit, Context::new(env)).expr),
            None if it.old_spelling => Some(Expr::literal(Value::Long(OLD_LIMIT), ScalarType::Long)),
            None => None,
        };
        let ExpandedColumns { columns, layout, unnested, kind } = expansion;
        let node = Node::Unnest { input: rows.plan.clone(), columns: unnested, layout, kind, limit };
        Rows { plan: Self::plan(node, &columns, it.at.0), columns, source: None, ..rows }
    }

    /// The columns that are expanded, and those that come out: the input's, with the items in place of columns that are
    /// expanded under their own name, and behind them otherwise.
    pub(super) fn bind_expanded_columns(
        &mut self,
        operator: &str,
        expanded: &[ast::MvExpandColumn],
        parameters: &[ast::NamedParameter],
        rows: &Rows,
        env: &Env,
    ) -> ExpandedColumns {
        let context = Context::with_rows(env, rows);
        let width = rows.columns.list.len();
        let mut projection = Projection::of(&rows.columns);
        let mut unnested: Vec<UnnestColumn> = Vec::new();
        for column in expanded {
            let value = column.expression.unnamed();
            let scalar = self.bind_scalar(value, context);
            if scalar.kind.is_some_and(|kind| kind != ScalarType::Dynamic) {
                let message = format!("{operator} takes a dynamic value, this is {}", type_name(scalar.kind));
                self.report(
                    Diagnostic::error(Code::ExpectedType, value.span(), message)
                        .help("todynamic(…) reads JSON text as a dynamic value"),
                );
            }
            let kind = match &column.to {
                Some(name) => name.text.parse::<ScalarType>().ok(),
                None => scalar.kind.map(|_| ScalarType::Dynamic),
            };
            // The expanded columns are numbered from the input's width on.
            let place = Expr::column(width + unnested.len(), kind.unwrap_or(ScalarType::Dynamic));
            match &column.expression {
                ast::Expr::Named(named) => {
                    if let Some(name) = named.names.first() {
                        let scalar = Scalar { expr: place, kind };
                        self.declare_column(&mut projection, &name.text, name.at.0, scalar, true);
                    }
                }
                other => match column_of(other, &scalar).and_then(|at| rows.columns.list.get(at)) {
                    Some(column) => {
                        let name = column.name.clone();
                        let scalar = Scalar { expr: place, kind };
                        self.declare_column(&mut projection, &name, other.span(), scalar, true);
                    }
                    None => {
                        let name = self
                            .inferred_name(other, context.row)
                            .unwrap_or_else(|| self.default_name(context.row));
                        projection.add(name, None, kind, place, true);
                    }
                },
            }
            unnested.push(UnnestColumn { expr: scalar.expr, kind: kind.unwrap_or(ScalarType::Dynamic) });
        }
        if let Some((name, _)) = word(parameters, "with_itemindex") {
            let place = Expr::column(width + unnested.len(), ScalarType::Long);
            projection.add(name.to_owned(), None, Some(ScalarType::Long), place, false);
        }
        let bags = [("bag", UnnestKind::Bag), ("array", UnnestKind::Array)];
        let kind = self.choice(parameters, "bagexpansion", &bags, UnnestKind::Bag);
        let kind = self.choice(parameters, "kind", &bags, kind);
        let (mut columns, exprs) = projection.into_parts();
        columns.open |= rows.columns.open;
        // Nothing but columns was put there: the input's, the items, and the number of the item.
        let output = |expr: &Expr| match expr.as_column() {
            Some(index) if index < width => UnnestOutput::Input(index),
            Some(index) if index - width < unnested.len() => UnnestOutput::Item(index - width),
            Some(_) | None => UnnestOutput::ItemIndex,
        };
        let layout = exprs.iter().map(output).collect();
        ExpandedColumns { columns, layout, unnested, kind }
    }
}
