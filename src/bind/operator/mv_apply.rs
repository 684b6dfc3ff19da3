//! Binds `mv-apply`: the items of each row's arrays, and a subquery over them row by row.
//!
//! The rows are expanded first, and the body is run over neighbours that came from one row. So a row without items has no
//! run. The result has the input's columns, save those that an expanded column replaces, with the body's columns in
//! place of theirs or behind them. Source: the page of mv-apply, and the recorded answers of its examples, which keep a
//! column that is expanded under another name.

use super::super::binder::Binder;
use super::super::scope::{Column, Columns, Context, Env, Rows};
use std::sync::Arc;

use super::mv_expand::ExpandedColumns;
use crate::plan::{Expr, Node, OutputColumn, Plan, RunsOver, UnnestOutput};
use crate::syntax::ast;
use crate::types::{ScalarType, Schema};

/// The name of the hidden column with the number of the row that an item came from.
const ROW: &str = "\u{0}row";

impl Binder<'_> {
    pub(in crate::bind) fn bind_mv_apply(
        &mut self,
        it: &ast::MvApplyOperator,
        rows: Rows,
        env: &Env,
    ) -> Rows {
        let expansion = self.bind_expanded_columns("mv-apply", &it.columns, &it.parameters, &rows, env);
        let limit = it.limit.as_ref().map(|limit| self.bind_count(limit, Context::new(env)).expr);
        let ExpandedColumns { columns: expanded, mut layout, unnested, kind } = expansion;
        // Columns of the input that are still there, each with its place among the expanded columns.
        let mut kept: Vec<(Column, usize)> = Vec::new();
        for (at, (column, output)) in expanded.list.iter().zip(&layout).enumerate() {
            if let UnnestOutput::Input(_) = output {
                kept.push((column.clone(), at));
            }
        }
        layout.push(UnnestOutput::InputRow);
        let mut schema = expanded.schema();
        schema.columns.extend(Schema::new([(ROW, ScalarType::Long)]).columns);
        let node = Node::Unnest { input: rows.plan.clone(), columns: unnested, layout, kind, limit };
        let unnest = super::super::window::hoist(Plan::new(node, schema, it.at.0));

        let (scope, given) = self.outer_rows(&expanded, rows.serialized);
        let body = self.bind_body_of_rows(given, &it.subquery, env);
        let (columns, layout) = apply_columns(&kept, &body.columns);
        let row = Expr::column(expanded.list.len(), ScalarType::Long);
        let node = Node::Apply {
            input: Arc::new(unnest),
            runs: RunsOver::Adjacent(vec![row]),
            body: body.plan,
            scope,
            given: (0..expanded.list.len()).collect(),
            layout,
            max_runs: None,
        };
        let open = expanded.open || body.columns.open;
        let columns = Columns { list: columns, open };
        Rows::new(Self::plan(node, &columns, it.at.0), columns)
    }
}

/// The columns of the result, and where each comes from: those of the input, with the body's in place of theirs or behind
/// them.
fn apply_columns(kept: &[(Column, usize)], body: &Columns) -> (Vec<Column>, Vec<OutputColumn>) {
    let mut columns: Vec<Column> = kept.iter().map(|(column, _)| column.clone()).collect();
    let mut layout: Vec<OutputColumn> = kept.iter().map(|(_, at)| OutputColumn::Input(*at)).collect();
    for (at, column) in body.list.iter().enumerate() {
        match columns.iter().position(|known| known.name == column.name) {
            Some(place) => {
                columns[place] = column.clone();
                layout[place] = OutputColumn::New(at);
            }
            None => {
                columns.push(column.clone());
                layout.push(OutputColumn::New(at));
            }
        }
    }
    (columns, layout)
}
