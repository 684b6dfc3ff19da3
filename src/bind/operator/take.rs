//! Binds `take` and `limit`. It must not know other operators.

use super::super::binder::Binder;
use super::super::scope::{Env, ExprScope, Rows};
use crate::plan::Node;
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::syntax::ast;

pub(in crate::bind) const ENTRY: LanguageEntry = LanguageEntry {
    name: "take",
    aliases: &["limit"],
    kind: EntryKind::TabularOperator,
    summary: "Keeps at most a given number of rows.",
    syntax: &["T | take Count"],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::required("Count", "The most rows to give: an integer, or a variable with one."),
    ],
    remarks: &[
        "Behind sort, it gives the first rows. Otherwise Kusto may give any rows, and others each time; kqlite gives the \
         first of the input.",
        "For the greatest values, use top.",
    ],
    examples: &[
        TableExample {
            query: r"range x from 1 to 5 step 1
| take 2",
            result: "x:long\n[1]\n[2]",
        },
        TableExample {
            query: r"datatable (User: string, Failures: long) [
    'ann', 2,
    'bob', 9,
    'cid', 7,
]
| sort by Failures
| limit 1",
            result: r#"User:string, Failures:long
["bob",9]"#,
        },
    ],
};

impl Binder<'_> {
    pub(in crate::bind) fn bind_take(&mut self, it: &ast::TakeOperator, rows: Rows, env: &Env) -> Rows {
        let count = self.bind_count(&it.count, ExprScope::new(env)).expr;
        let node = Node::Limit { input: rows.plan.clone(), count };
        Rows { plan: Self::plan(node, &rows.columns, it.at.0), source: None, ..rows }
    }
}
