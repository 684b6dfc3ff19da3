//! Binds `partition`: a subquery for the rows of each key, with the rows as its source or with a source of its own.
//!
//! Both forms may name the key column as a scalar, and `as` gives the rows of a part a name. The legacy strategy, which is
//! the default, takes 64 keys at the most; the others differ in speed alone. Source: the page of partition; the recorded
//! answer of a query whose native strategy has a source of its own, which the page says legacy alone has.

use super::super::binder::Binder;
use super::super::scalar::Scalar;
use super::super::scope::{BoundColumn, Columns, Env, ExprScope, Local, Rows};
use super::parameters::word;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Expr, Node, OutputColumn, Plan, RunsOver};
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::ScalarType;

pub(in crate::bind) const ENTRY: LanguageEntry = LanguageEntry {
    name: "partition",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Splits the rows by a key, runs a subquery over each part, and puts the results one after the other.",
    syntax: &[
        "T | partition [hint.strategy=Strategy] by Column (Subquery)",
        "T | partition [hint.strategy=legacy] by Column { SubqueryWithSource }",
    ],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::optional(
            "Strategy",
            "legacy, the default, takes 64 keys at most; native and shuffle take any number. The answer is the same.",
        ),
        ParameterInfo::required("Column", "The column whose values make the parts."),
        ParameterInfo::required("Subquery", "Operators with pipes between them, over the rows of one part."),
        ParameterInfo::required(
            "SubqueryWithSource",
            "A query with a table of its own. Of T it can read the key alone, as toscalar(Column).",
        ),
    ],
    remarks: &[
        "Use it for what summarize cannot say: the top rows of each key, or prev() and row_number() within a key.",
        "The key is a column of the result only if the subquery gives it.",
        "Null is a key too. A dynamic column cannot be the key.",
        "Kusto gives the parts in no particular order; kqlite in the order in which the keys came first.",
    ],
    examples: &[
        TableExample {
            query: r"datatable (Team: string, User: string, Failures: long) [
    'red', 'ann', 2,
    'blue', 'cid', 4,
    'red', 'bob', 9,
]
| partition hint.strategy=native by Team (top 1 by Failures)",
            result: r#"Team:string, User:string, Failures:long
["red","bob",9]
["blue","cid",4]"#,
        },
        TableExample {
            query: r"datatable (Team: string, User: string) [
    'red', 'ann',
    'blue', 'cid',
    'red', 'bob',
]
| partition by Team (summarize Users = count())",
            result: "Users:long\n[2]\n[1]",
        },
        TableExample {
            query: r"datatable (Key: string) ['b', 'a']
| partition by Key {
    range Day from 1 to 2 step 1
    | extend Of = toscalar(Key)
}",
            result: r#"Day:long, Of:string
[1,"b"]
[2,"b"]
[1,"a"]
[2,"a"]"#,
        },
    ],
};

/// The most different keys of the legacy strategy.
const MAX_LEGACY_KEYS: usize = 64;

impl Binder<'_> {
    pub(in crate::bind) fn bind_partition(
        &mut self,
        it: &ast::PartitionOperator,
        rows: Rows,
        env: &Env,
    ) -> Rows {
        let key = self.expect_column(&it.by, ExprScope::with_rows(env, &rows));
        let key = key.and_then(|at| Some((at, rows.columns.list.get(at)?.clone())));
        if let Some((_, BoundColumn { name, data_type: Some(ScalarType::Dynamic) })) = &key {
            self.dynamic_key(name, it.by.span());
        }
        let strategies = [("legacy", true), ("native", false), ("shuffle", false)];
        let legacy = self.choice(&it.parameters, "hint.strategy", &strategies, true);
        let shuffled = word(&it.parameters, "hint.shufflekey").is_some();
        if let Some(scope) = &it.scope {
            self.unsupported(scope.span(), "clause", "in");
            return Rows::unknown();
        }
        let (scope, given) = self.outer_rows(&rows.columns, rows.serialized);
        // The key is a scalar in the subquery, unless its rows have a column of that name.
        let env = match &key {
            Some((at, BoundColumn { name, data_type: Some(data_type) })) => {
                let value = Expr::Outer { scope, index: *at, data_type: *data_type };
                env.with(name, Local::Scalar(Scalar::new(value)))
            }
            Some((_, BoundColumn { name, data_type: None })) => env.with(name, Local::Unknown),
            None => env.clone(),
        };
        let body = if it.braces {
            self.bind_pipe(&it.subquery, &env)
        } else {
            self.bind_body_of_rows(given, &it.subquery, &env)
        };
        let Some((at, BoundColumn { data_type: Some(data_type), .. })) = key else {
            return Rows { serialized: false, ..body };
        };
        let node = Node::Apply {
            input: rows.plan,
            runs: RunsOver::Keys(vec![Expr::column(at, data_type)]),
            layout: (0..body.columns.list.len()).map(OutputColumn::New).collect(),
            body: body.plan,
            scope,
            given: (0..rows.columns.list.len()).collect(),
            max_runs: (legacy && !shuffled).then_some(MAX_LEGACY_KEYS),
        };
        let columns = Columns { list: body.columns.list, open: rows.columns.open || body.columns.open };
        Rows::new(Self::plan(node, &columns, it.at.0), columns)
    }

    /// The rows that a body is given, in a scope of their own.
    pub(super) fn outer_rows(&mut self, columns: &Columns, serialized: bool) -> (usize, Rows) {
        let scope = self.next_scope;
        self.next_scope += 1;
        let plan = Plan::new(Node::Outer { scope }, columns.schema(), Span::default());
        let mut rows = Rows::new(plan.into(), columns.clone());
        rows.serialized = serialized;
        (scope, rows)
    }

    /// Binds a subquery whose source are the rows that it is given.
    pub(super) fn bind_body_of_rows(
        &mut self,
        rows: Rows,
        subquery: &ast::PipeExpression,
        env: &Env,
    ) -> Rows {
        if let Some(source) = &subquery.source {
            self.unsupported(source.span(), "expression", "__contextual_datatable");
            return Rows::unknown();
        }
        if let Some(ast::QueryOperator::Fork(fork)) = subquery.operators.last() {
            let message = "a subquery gives one table, fork gives several";
            self.report(Diagnostic::error(Code::NotAllowedHere, fork.keyword_at.0, message));
            return Rows::unknown();
        }
        self.in_body += 1;
        let outer = std::mem::replace(&mut self.nested_depth, 0);
        let body = self.bind_operators(Some(rows), &subquery.operators, env);
        self.nested_depth = outer.max(body.depth);
        self.in_body -= 1;
        body
    }
}
