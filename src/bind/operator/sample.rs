//! Binds `sample` and `sample-distinct`. It must not know other operators.

use super::super::binder::Binder;
use super::super::scope::{Columns, Env, ExprScope, Rows};
use crate::plan::{Expr, Node};
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::syntax::ast;
use crate::types::ScalarType;

pub(in crate::bind) const SAMPLE: LanguageEntry = LanguageEntry {
    name: "sample",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Keeps a given number of rows, chosen at random.",
    syntax: &["T | sample Count"],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::required("Count", "The most rows to give: an integer, or a variable with one."),
    ],
    remarks: &[
        "Kusto chooses other rows each time, even for two uses of one let variable; materialize() makes them the same. kqlite \
         chooses the same rows again for the same Options::seed.",
        "For a share of the rows, use where rand() < 0.1.",
    ],
    examples: &[
        TableExample {
            query: r"range x from 1 to 100 step 1
| sample 5
| count",
            result: "Count:long\n[5]",
        },
        TableExample {
            query: r"let Chosen = materialize(range x from 1 to 100 step 1 | sample 5);
Chosen
| join kind=leftanti Chosen on x
| count",
            result: "Count:long\n[0]",
        },
    ],
};

pub(in crate::bind) const SAMPLE_DISTINCT: LanguageEntry = LanguageEntry {
    name: "sample-distinct",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Gives some of the distinct values of a column.",
    syntax: &["T | sample-distinct Count of Column"],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::required("Count", "The most values to give: an integer, or a variable with one."),
        ParameterInfo::required("Column", "The column; the others are gone. It cannot be dynamic."),
    ],
    remarks: &[
        "Kusto may give any of the values, and others each time; kqlite gives those that come first.",
        "It is quick, not fair: for statistics take sample, for the most frequent values top-hitters or summarize.",
    ],
    examples: &[
        TableExample {
            query: r"datatable (User: string) ['ann', 'bob', 'ann', 'cid', 'dan']
| sample-distinct 2 of User
| count",
            result: "Count:long\n[2]",
        },
        TableExample {
            query: r"let Logons = datatable (User: string, Ip: string) [
    'ann', '10.0.0.1',
    'ann', '10.0.0.2',
];
Logons
| where User in ((Logons | sample-distinct 10 of User))
| project Ip",
            result: r#"Ip:string
["10.0.0.1"]
["10.0.0.2"]"#,
        },
    ],
};

impl Binder<'_> {
    pub(in crate::bind) fn bind_sample(&mut self, it: &ast::TakeOperator, rows: Rows, env: &Env) -> Rows {
        let count = self.bind_count(&it.count, ExprScope::new(env)).expr;
        let node = Node::Sample { input: rows.plan.clone(), count };
        Rows { plan: Self::plan(node, &rows.columns, it.at.0), source: None, serialized: false, ..rows }
    }

    pub(in crate::bind) fn bind_sample_distinct(
        &mut self,
        it: &ast::SampleDistinctOperator,
        rows: Rows,
        env: &Env,
    ) -> Rows {
        let count = self.bind_count(&it.count, ExprScope::new(env)).expr;
        let Some(at) = self.expect_column(&it.of, ExprScope::with_rows(env, &rows)) else {
            return Rows::unknown();
        };
        let column = rows.columns.list[at].clone();
        if column.data_type == Some(ScalarType::Dynamic) {
            self.dynamic_key(&column.name, it.of.span());
        }
        let key = Expr::column(at, column.data_type.unwrap_or(ScalarType::Dynamic));
        let columns = Columns { list: vec![column].into(), open: false };
        let distinct = Node::Aggregate { input: rows.plan, keys: vec![key], aggregates: Vec::new() };
        let input = Self::plan(distinct, &columns, it.at.0);
        Rows::new(Self::plan(Node::Limit { input, count }, &columns, it.at.0), columns)
    }
}
