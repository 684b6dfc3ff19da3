//! Binds `fork`, the last operator of a statement: a table for each branch. The rows before it are computed once.

use super::super::binder::Binder;
use super::super::scope::{Env, NamedRows, Rows};
use crate::diagnostic::Code;
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::syntax::ast::{self, QueryOperator};

pub(in crate::bind) const ENTRY: LanguageEntry = LanguageEntry {
    name: "fork",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Sends the rows through several pipelines and gives a table for each of them.",
    syntax: &["T | fork [Name =] (Pipeline) [[Name =] (Pipeline) …]"],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::optional(
            "Name",
            "The name of the table; an 'as' at the end of the pipeline names it too.",
        ),
        ParameterInfo::required(
            "Pipeline",
            "Operators with pipes between them, such as where x > 1 | count.",
        ),
    ],
    remarks: &[
        "It is the last operator of a query: nothing can follow several tables.",
        "The rows in front of it are computed once.",
        "Query::run_all gives every table with its name, Query::run the first one.",
    ],
    examples: &[
        TableExample {
            query: r"range x from 1 to 4 step 1
| fork
    Low = (where x <= 2)
    Total = (summarize sum(x))",
            result: "x:long\n[1]\n[2]\n\nsum_x:long\n[10]",
        },
        TableExample {
            query: r"datatable (User: string, Failures: long) [
    'ann', 2,
    'bob', 9,
]
| fork (where Failures > 5 | as Suspects) (count)",
            result: r#"User:string, Failures:long
["bob",9]

Count:long
[2]"#,
        },
    ],
};

impl Binder<'_> {
    pub(in crate::bind) fn bind_fork(&mut self, it: &ast::ForkOperator, rows: Rows, env: &Env) -> NamedRows {
        let rows = self.share(rows);
        it.branches
            .iter()
            .map(|branch| {
                if let Some(source) = &branch.subquery.source {
                    let message = "a branch of fork goes on with the rows before it, it has no source";
                    self.error(Code::NotAllowedHere, source.span(), message);
                    return (None, Rows::unknown());
                }
                let name = branch.name.as_ref().map(|name| name.text.clone());
                let found = self.bind_operators(Some(rows.clone()), &branch.subquery.operators, env);
                (name.or_else(|| found.source.clone().filter(|_| named(branch))), found)
            })
            .collect()
    }
}

/// The branch ends in `as`.
fn named(branch: &ast::ForkBranch) -> bool {
    matches!(branch.subquery.operators.last(), Some(QueryOperator::As(_)))
}
