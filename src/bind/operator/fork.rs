//! Binds `fork`, the last operator of a statement: a table for each branch. The rows before it are computed once.

use super::super::binder::Binder;
use super::super::scope::{Env, Rows};
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
        "Query::run_all gives every table with its name; Query::run and kqlite run give the last one.",
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

/// The tables that a statement gives, with the names that it gives them.
pub(in crate::bind) type NamedRows = Vec<(Option<String>, Rows)>;

impl Binder<'_> {
    /// Binds a statement that gives several tables; `None` for any other.
    pub(in crate::bind) fn bind_tables(&mut self, ast: &ast::Expression, env: &Env) -> Option<NamedRows> {
        let ast::Expression::Pipe(pipe) = ast.unparenthesised() else { return None };
        let (last, before) = pipe.operators.split_last()?;
        let QueryOperator::Fork(fork) = last else { return None };
        let mut env = env.clone();
        let source = pipe.source.as_ref().map(|source| self.bind_table(source, &env));
        let rows = match (source, before) {
            (Some(rows), []) => rows,
            (None, []) => {
                let message = "this operator needs rows: a table and '|' in front of it";
                self.error(Code::ExpectedTable, last.keyword_span(), message);
                return Some(vec![(None, Rows::unknown())]);
            }
            (source, before) => self.bind_operators_in(source, before, &mut env),
        };
        Some(self.bind_fork(fork, rows, &env))
    }

    fn bind_fork(&mut self, it: &ast::ForkOperator, rows: Rows, env: &Env) -> NamedRows {
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

    /// Several tables where one is expected.
    pub(in crate::bind) fn misplaced_fork(&mut self, it: &ast::ForkOperator) -> Rows {
        let message = "fork gives several tables: it stands at the end of a query";
        self.error(Code::NotAllowedHere, it.keyword_at.0, message);
        Rows::unknown()
    }
}

/// The branch ends in `as`.
fn named(branch: &ast::ForkBranch) -> bool {
    matches!(branch.subquery.operators.last(), Some(QueryOperator::As(_)))
}
