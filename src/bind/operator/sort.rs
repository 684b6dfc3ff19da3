//! Binds `sort`, `order` and `top`. It must not know other operators.

use super::super::binder::Binder;
use super::super::scope::{Env, ExprScope, Rows};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Node, SortKey};
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::syntax::ast;
use crate::types::ScalarType;

pub(in crate::bind) const SORT: LanguageEntry = LanguageEntry {
    name: "sort",
    aliases: &["order"],
    kind: EntryKind::TabularOperator,
    summary: "Puts the rows in order by one or more values.",
    syntax: &["T | sort by Expression [asc | desc] [nulls (first | last)] [, …]"],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::required(
            "Expression",
            "What to sort by; the next one decides where values are equal.",
        ),
        ParameterInfo::optional(
            "asc | desc",
            "Up or down. Without it, down: the greatest value comes first.",
        ),
        ParameterInfo::optional(
            "nulls",
            "Where nulls stand: first with asc and last with desc, where nothing is said.",
        ),
    ],
    remarks: &[
        "The default is desc, unlike in SQL.",
        "Text is ordered by code points: 'B' stands before 'a'. sort by tolower(x) ignores the case.",
        "NaN stands with the nulls.",
        "Rows that are equal keep their order in kqlite; in Kusto they may come in any order.",
        "A dynamic value has to be converted before it can be sorted by.",
        "The order lasts until summarize, join or union: sort at the end.",
    ],
    examples: &[
        TableExample {
            query: r"datatable (x: long) [2, long(null), 3, 1]
| sort by x",
            result: "x:long\n[3]\n[2]\n[1]\n[null]",
        },
        TableExample {
            query: r"datatable (Team: string, Failures: long) [
    'red', 2,
    'blue', 4,
    'red', 9,
]
| sort by Team asc, Failures",
            result: r#"Team:string, Failures:long
["blue",4]
["red",9]
["red",2]"#,
        },
        TableExample {
            query: r"datatable (x: long) [2, long(null), 1]
| order by x asc nulls last",
            result: "x:long\n[1]\n[2]\n[null]",
        },
        TableExample {
            query: r"datatable (Name: string) ['b', 'A', 'a', 'B']
| sort by Name asc",
            result: r#"Name:string
["A"]
["B"]
["a"]
["b"]"#,
        },
    ],
};

pub(in crate::bind) const TOP: LanguageEntry = LanguageEntry {
    name: "top",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Gives the rows with the greatest or smallest values, in order.",
    syntax: &["T | top Count by Expression [asc | desc] [nulls (first | last)]"],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::required("Count", "The most rows to give."),
        ParameterInfo::required("Expression", "What decides which rows come first."),
        ParameterInfo::optional(
            "asc | desc",
            "The smallest or the greatest values; the greatest where nothing is said.",
        ),
        ParameterInfo::optional(
            "nulls",
            "Where nulls stand: first with asc and last with desc, where nothing is said.",
        ),
    ],
    remarks: &[
        "top 5 by x is sort by x | take 5.",
        "With asc, nulls come first: add nulls last, or a where isnotnull(x) in front.",
        "For the top rows of each group, use partition or summarize arg_max().",
    ],
    examples: &[
        TableExample {
            query: r"datatable (User: string, Failures: long) [
    'ann', 2,
    'bob', long(null),
    'cid', 9,
    'dan', 5,
]
| top 2 by Failures",
            result: r#"User:string, Failures:long
["cid",9]
["dan",5]"#,
        },
        TableExample {
            query: r"datatable (User: string, Failures: long) [
    'ann', 2,
    'bob', long(null),
    'cid', 9,
    'dan', 5,
]
| top 2 by Failures asc",
            result: r#"User:string, Failures:long
["bob",null]
["ann",2]"#,
        },
    ],
};

impl Binder<'_> {
    pub(in crate::bind) fn bind_sort(&mut self, it: &ast::SortOperator, rows: Rows, env: &Env) -> Rows {
        let keys = self.bind_keys(&it.by, &rows, env);
        let node = Node::Sort { input: rows.plan.clone(), keys };
        Rows { plan: Self::plan(node, &rows.columns, it.at.0), serialized: true, source: None, ..rows }
    }

    pub(in crate::bind) fn bind_top(&mut self, it: &ast::TopOperator, rows: Rows, env: &Env) -> Rows {
        let count = self.bind_count(&it.count, ExprScope::new(env)).expr;
        let keys = self.bind_keys(std::slice::from_ref(&it.by), &rows, env);
        let node = Node::TopN { input: rows.plan.clone(), count, keys };
        Rows { plan: Self::plan(node, &rows.columns, it.at.0), serialized: true, source: None, ..rows }
    }

    /// Descending where nothing is said; nulls are smaller than every value.
    fn bind_keys(&mut self, by: &[ast::OrderedExpression], rows: &Rows, env: &Env) -> Vec<SortKey> {
        let mut keys = Vec::with_capacity(by.len());
        for it in by {
            let key = self.bind_scalar(&it.expression, ExprScope::with_rows(env, rows));
            if key.data_type == Some(ScalarType::Dynamic) {
                self.report(
                    Diagnostic::error(
                        Code::ExpectedType,
                        it.expression.span(),
                        "rows cannot be sorted by a dynamic value",
                    )
                    .help("convert it: tostring(…), tolong(…), todatetime(…)"),
                );
            }
            let expr = key.expr;
            let descending = it.descending.unwrap_or(true);
            keys.push(SortKey { expr, descending, nulls_first: it.nulls_first.unwrap_or(!descending) });
        }
        keys
    }
}
