//! Binds `where`. It must not know other operators.

use super::super::binder::Binder;
use super::super::scope::{Env, ExprScope, Rows};
use crate::function::Semantics;
use crate::plan::{Expr, Node};
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::syntax::ast;

pub(in crate::bind) const ENTRY: LanguageEntry = LanguageEntry {
    name: "where",
    aliases: &["filter"],
    kind: EntryKind::TabularOperator,
    summary: "Keeps the rows for which a condition is true.",
    syntax: &["T | where Predicate"],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::required(
            "Predicate",
            "An expression of type bool. '*' in it stands for any column: * has 'x'.",
        ),
    ],
    remarks: &[
        "A row for which the condition is null is dropped, like one for which it is false. Comparisons such as > with a null \
         are null, and so is not() of them.",
        "== and != with one null are false and true: x != 2 keeps the rows without x.",
        "A string is never null: ask with isempty(), not with isnull().",
        "== and in compare text with its case, =~ and in~ without. has finds whole terms and contains any part of the text; \
         both pass over the case.",
        "There is no operator 'not': write not(…).",
    ],
    examples: &[
        TableExample {
            query: r"datatable (User: string, Failures: long) [
    'ann', 2,
    'bob', 9,
    'cid', long(null),
]
| where Failures > 5 or User =~ 'ANN'",
            result: r#"User:string, Failures:long
["ann",2]
["bob",9]"#,
        },
        TableExample {
            query: r"datatable (User: string, Failures: long) [
    'ann', 2,
    'bob', 9,
    'cid', long(null),
]
| where not(Failures > 5)",
            result: r#"User:string, Failures:long
["ann",2]"#,
        },
        TableExample {
            query: r"datatable (User: string, Failures: long) [
    'ann', 2,
    'bob', 9,
    'cid', long(null),
]
| where Failures != 2",
            result: r#"User:string, Failures:long
["bob",9]
["cid",null]"#,
        },
        TableExample {
            query: r"datatable (Source: string, Text: string) [
    'web', 'an error occurred',
    'web', 'terrors of the night',
    'error-log', 'all is well',
]
| where * has 'error'",
            result: r#"Source:string, Text:string
["web","an error occurred"]
["error-log","all is well"]"#,
        },
    ],
};

impl Binder<'_> {
    pub(in crate::bind) fn bind_where(&mut self, it: &ast::WhereOperator, rows: Rows, env: &Env) -> Rows {
        let predicate = self.bind_bool(&it.predicate, ExprScope::with_rows(env, &rows));
        self.recorder.condition(&it.predicate, &predicate);
        Self::filter(rows, predicate.expr, it.at.0)
    }

    /// The rows for which a condition holds.
    pub(in crate::bind) fn filter(rows: Rows, condition: Expr, span: crate::source::Span) -> Rows {
        let mut conjuncts = Vec::new();
        split(condition, &mut conjuncts);
        let node = Node::Filter { input: rows.plan.clone(), conjuncts };
        Rows { plan: Self::plan(node, &rows.columns, span), source: None, ..rows }
    }
}

/// Takes `and` apart.
fn split(condition: Expr, out: &mut Vec<Expr>) {
    match condition {
        Expr::Call { function, arguments, .. } if function.semantics == Semantics::And => {
            arguments.into_iter().for_each(|argument| split(argument, out));
        }
        condition @ (Expr::Call { .. }
        | Expr::Literal { .. }
        | Expr::Column { .. }
        | Expr::Parameter { .. }
        | Expr::Outer { .. }
        | Expr::Subquery { .. }
        | Expr::ListSubquery { .. }) => out.push(condition),
    }
}
