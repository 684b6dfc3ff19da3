//! Binds `mv-apply`: the items of each row's arrays, and a subquery over them row by row.
//!
//! The rows are expanded first, and the body is run over neighbours that came from one row. So a row without items has no
//! run. The result has the input's columns, save those that an expanded column replaces, with the body's columns in
//! place of theirs or behind them. Source: the page of mv-apply, and the recorded answers of its examples, which keep a
//! column that is expanded under another name.

use super::super::binder::Binder;
use super::super::scope::{BoundColumn, Columns, Env, ExprScope, Rows};
use std::sync::Arc;

use super::mv_expand::ExpandedColumns;
use crate::plan::{Expr, Node, OutputColumn, Plan, RunsOver, UnnestOutput};
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::syntax::ast;
use crate::types::{ScalarType, Schema, hidden};

pub(in crate::bind) const ENTRY: LanguageEntry = LanguageEntry {
    name: "mv-apply",
    aliases: &["mvapply"],
    kind: EntryKind::TabularOperator,
    summary: "Runs a subquery over the items of each row's array, row by row, and keeps the row's other columns.",
    syntax: &[
        "T | mv-apply [with_itemindex=Index] [Name =] Array [to typeof(Type)] [, …] [limit Limit] on (Subquery)",
    ],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::optional("Index", "The name of a column for the number of the item, from 0."),
        ParameterInfo::optional("Name", "The name of the items. Without it, they replace the column."),
        ParameterInfo::required(
            "Array",
            "A dynamic column or expression; each of its items is a row of the subquery.",
        ),
        ParameterInfo::optional("Type", "The type of the items; dynamic where nothing is said."),
        ParameterInfo::optional("Limit", "The most items of one row."),
        ParameterInfo::required(
            "Subquery",
            "Operators with pipes between them. They see the items of one row at a time.",
        ),
    ],
    remarks: &[
        "It is mv-expand, a query for each row, and everything put together again: top 1 is the greatest item of each row, \
         not of the table.",
        "The subquery sees the row's other columns beside the item. The result has the other columns, with those of the \
         subquery in place of columns of the same name or behind them.",
        "A subquery that gives no rows takes the row away. One that ends in summarize without by always gives a row.",
        "A row with an empty array vanishes, whatever the subquery does.",
        "to typeof(…) converts nothing: an item of another type becomes null.",
    ],
    examples: &[
        TableExample {
            query: r"datatable (Name: string, Scores: dynamic) [
    'ann', dynamic([3, 9, 4]),
    'bob', dynamic([7]),
]
| mv-apply Best = Scores to typeof(long) on (top 1 by Best)",
            result: r#"Name:string, Scores:dynamic, Best:long
["ann",[3,9,4],9]
["bob",[7],7]"#,
        },
        TableExample {
            query: r"datatable (User: string, Ips: dynamic) [
    'ann', dynamic(['10.0.0.1', '203.0.113.5']),
    'bob', dynamic(['10.0.0.2']),
]
| mv-apply Ip = Ips to typeof(string) on (where not(ipv4_is_private(Ip)))
| project User, Ip",
            result: r#"User:string, Ip:string
["ann","203.0.113.5"]"#,
        },
        TableExample {
            query: r"datatable (User: string, Ips: dynamic) [
    'ann', dynamic(['10.0.0.1', '203.0.113.5']),
    'bob', dynamic(['10.0.0.2']),
]
| mv-apply Ip = Ips to typeof(string) on (
    where not(ipv4_is_private(Ip))
    | summarize Public = make_list(Ip)
)
| project User, Public",
            result: r#"User:string, Public:dynamic
["ann",["203.0.113.5"]]
["bob",[]]"#,
        },
        TableExample {
            query: r"datatable (Name: string, Wanted: string, Items: dynamic) [
    'first', 'b', dynamic(['a', 'b', 'c']),
    'second', 'x', dynamic(['x']),
]
| mv-apply with_itemindex=Position Item = Items to typeof(string) on (where Item == Wanted)
| project Name, Position",
            result: r#"Name:string, Position:long
["first",1]
["second",0]"#,
        },
    ],
};

/// The name of the hidden column with the number of the row that an item came from.
const ROW: &str = hidden!("row");

impl Binder<'_> {
    pub(in crate::bind) fn bind_mv_apply(
        &mut self,
        it: &ast::MvApplyOperator,
        rows: Rows,
        env: &Env,
    ) -> Rows {
        let expansion = self.bind_expanded_columns("mv-apply", &it.columns, &it.parameters, &rows, env);
        let limit = it.limit.as_ref().map(|limit| self.bind_count(limit, ExprScope::new(env)).expr);
        let ExpandedColumns { columns: expanded, mut layout, unnested, kind } = expansion;
        // Columns of the input that are still there, each with its place among the expanded columns.
        let mut kept: Vec<(BoundColumn, usize)> = Vec::new();
        for (at, (column, output)) in expanded.list.iter().zip(&layout).enumerate() {
            if let UnnestOutput::Input(_) = output {
                kept.push((column.clone(), at));
            }
        }
        layout.push(UnnestOutput::InputRow);
        let mut schema = Schema::clone(&expanded.schema());
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
        let columns = Columns { list: columns.into(), open };
        Rows::new(Self::plan(node, &columns, it.at.0), columns)
    }
}

/// The columns of the result, and where each comes from: those of the input, with the body's in place of theirs or behind
/// them.
fn apply_columns(kept: &[(BoundColumn, usize)], body: &Columns) -> (Vec<BoundColumn>, Vec<OutputColumn>) {
    let mut columns: Vec<BoundColumn> = kept.iter().map(|(column, _)| column.clone()).collect();
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
