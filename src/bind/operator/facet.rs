//! Binds `facet`, the last operator of a statement: a table for the pipeline behind `with` and one for each column. The rows
//! before it are computed once. It must not know other operators.

use super::super::binder::Binder;
use super::super::scope::{BoundColumn, Columns, Env, ExprScope, NamedRows, Rows};
use crate::plan::{Expr, Node};
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::ScalarType;

pub(in crate::bind) const ENTRY: LanguageEntry = LanguageEntry {
    name: "facet",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Gives a table for each of some columns: its values, and how many rows have each of them.",
    syntax: &["T | facet by Column [, …] [with (Pipeline)]"],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::required("Column", "A column to count the values of. It cannot be dynamic."),
        ParameterInfo::optional(
            "Pipeline",
            "Operators with pipes between them, run over the rows; its table comes first.",
        ),
    ],
    remarks: &[
        "It is the last operator of a query: nothing can follow several tables.",
        "The rows in front of it are computed once.",
        "Query::run_all gives every table, Query::run the first one.",
    ],
    examples: &[
        TableExample {
            query: r"datatable (User: string, Ip: string) [
    'ann', '10.0.0.1',
    'ann', '10.0.0.2',
    'bob', '10.0.0.1',
]
| facet by User, Ip",
            result: r#"User:string, count_User:long
["ann",2]
["bob",1]

Ip:string, count_Ip:long
["10.0.0.1",2]
["10.0.0.2",1]"#,
        },
        TableExample {
            query: r"range x from 1 to 4 step 1
| extend Even = x % 2 == 0
| facet by Even with (where x > 3 | project x)",
            result: "x:long\n[4]\n\nEven:bool, count_Even:long\n[false,2]\n[true,2]",
        },
    ],
};

impl Binder<'_> {
    pub(in crate::bind) fn bind_facet(
        &mut self,
        it: &ast::FacetOperator,
        rows: Rows,
        env: &Env,
    ) -> NamedRows {
        let rows = self.share(rows);
        let with = it
            .with
            .as_ref()
            .map(|with| (None, self.bind_operators(Some(rows.clone()), &with.operators, env)));
        let mut tables: NamedRows = with.into_iter().collect();
        for ast in &it.columns {
            let column = self.expect_column(ast, ExprScope::with_rows(env, &rows));
            tables.push((None, column.map_or_else(Rows::unknown, |at| self.counted(&rows, at, ast.span()))));
        }
        tables
    }

    /// The values of a column, and how many rows have each of them.
    fn counted(&mut self, rows: &Rows, at: usize, span: Span) -> Rows {
        let column = rows.columns.list[at].clone();
        if column.data_type == Some(ScalarType::Dynamic) {
            self.dynamic_key(&column.name, span);
        }
        let Some(count) = self.row_count(span) else { return Rows::unknown() };
        let key = Expr::column(at, column.data_type.unwrap_or(ScalarType::Dynamic));
        let name = format!("count_{}", column.name);
        let counts = BoundColumn { name: name.into(), data_type: Some(ScalarType::Long) };
        let columns = Columns { list: vec![column, counts].into(), open: false };
        let node = Node::Aggregate { input: rows.plan.clone(), keys: vec![key], aggregates: vec![count] };
        Rows::new(Self::plan(node, &columns, span), columns)
    }
}
