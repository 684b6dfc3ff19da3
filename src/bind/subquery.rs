//! Binds the functions that take a query: `toscalar`, `totable`, `materialize`. It must not know operators.

use super::binder::Binder;
use super::scalar::Scalar;
use super::scope::{Any, ExprScope, Rows};
use crate::diagnostic::Code;
use crate::plan::Expr;
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::syntax::ast;

pub(super) const ENTRIES: &[LanguageEntry] = &[TOSCALAR, TOTABLE, MATERIALIZE];

const TOSCALAR: LanguageEntry = LanguageEntry {
    name: "toscalar",
    aliases: &[],
    kind: EntryKind::TabularFunction,
    summary: "Makes a scalar of a query: the first cell of its first row.",
    syntax: &["toscalar(Query)"],
    parameters: &[ParameterInfo::required("Query", "A query, or a scalar, which stays as it is.")],
    remarks: &[
        "It is computed once for the whole query, so it cannot depend on the row that it stands in: use a join for that.",
        "Without rows it is null, and the empty text for a column of type string.",
        "A list to compare with needs no toscalar: where User in (Allowed | project User).",
    ],
    examples: &[
        TableExample {
            query: r"let T = datatable (User: string, Failures: long) ['ann', 2, 'bob', 9, 'cid', 4];
let Mean = toscalar(T | summarize avg(Failures));
T
| where Failures > Mean
| extend Mean",
            result: r#"User:string, Failures:long, Mean:real
["bob",9,5.0]"#,
        },
        TableExample {
            query: "print First = toscalar(range x from 5 to 9 step 1)",
            result: "First:long\n[5]",
        },
        TableExample {
            query: "print Nothing = toscalar(range x from 1 to 0 step 1)",
            result: "Nothing:long\n[null]",
        },
    ],
};

const TOTABLE: LanguageEntry = LanguageEntry {
    name: "totable",
    aliases: &[],
    kind: EntryKind::TabularFunction,
    summary: "Says that an expression is a table, and gives it as it is.",
    syntax: &["totable(Query)"],
    parameters: &[ParameterInfo::required("Query", "A query.")],
    remarks: &["Microsoft's parser knows it, its pages do not. Parentheses around a query do the same."],
    examples: &[
        TableExample {
            query: r"totable(range x from 1 to 3 step 1)
| summarize sum(x)",
            result: "sum_x:long\n[6]",
        },
        TableExample {
            query: r"let Numbers = totable(range x from 1 to 3 step 1);
print 2 in (Numbers)",
            result: "print_0:bool\n[true]",
        },
    ],
};

const MATERIALIZE: LanguageEntry = LanguageEntry {
    name: "materialize",
    aliases: &[],
    kind: EntryKind::TabularFunction,
    summary: "Computes a query once and keeps its rows, for several uses in the same query.",
    syntax: &["materialize(Query)"],
    parameters: &[ParameterInfo::required("Query", "A query.")],
    remarks: &[
        "In Kusto a let variable stands for a computation that is done again at each use: with rand() or new_guid() in it, \
         each use sees other values. materialize makes them the same.",
        "kqlite computes a let table once anyway.",
        "Kusto keeps 5 GB at most; kqlite's limit is Limits::bytes.",
    ],
    examples: &[
        TableExample {
            query: r"let Random = materialize(range x from 1 to 100 step 1 | extend r = rand());
Random
| join kind=inner Random on x
| where r != r1
| count",
            result: "Count:long\n[0]",
        },
        TableExample {
            query: r"let Totals = materialize(
    datatable (Team: string, Failures: long) ['red', 2, 'blue', 4, 'red', 6]
    | summarize Failures = sum(Failures) by Team
);
Totals
| extend Share = 100.0 * Failures / toscalar(Totals | summarize sum(Failures))
| sort by Share",
            result: r#"Team:string, Failures:long, Share:real
["red",8,66.66666666666667]
["blue",4,33.333333333333336]"#,
        },
    ],
};

impl Binder<'_> {
    pub(super) fn bind_toscalar(&mut self, it: &ast::SubqueryExpression, context: ExprScope<'_>) -> Scalar {
        match self.bind_any(&it.inner, ExprScope { row: None, right: None, ..context }) {
            Any::Scalar(scalar) => scalar,
            Any::Table(rows) => match rows.columns.list.first() {
                Some(first) => match first.data_type {
                    Some(data_type) => Scalar::new(Expr::Subquery { plan: rows.plan, data_type }),
                    None => Scalar::unknown(),
                },
                None => {
                    if !rows.columns.open {
                        self.error(
                            Code::ExpectedTable,
                            it.inner.span(),
                            "a table with a column is expected here",
                        );
                    }
                    Scalar::unknown()
                }
            },
        }
    }

    pub(super) fn bind_materialize(&mut self, it: &ast::SubqueryExpression, context: ExprScope<'_>) -> Any {
        match self.bind_any(&it.inner, ExprScope { row: None, right: None, ..context }) {
            Any::Table(rows) => Any::Table(self.share(rows)),
            Any::Scalar(scalar) => {
                if scalar.data_type.is_some() {
                    self.error(Code::ExpectedTable, it.inner.span(), "materialize takes a table");
                }
                Any::Table(Rows::unknown())
            }
        }
    }

    pub(super) fn bind_totable(&mut self, it: &ast::SubqueryExpression, context: ExprScope<'_>) -> Any {
        Any::Table(self.bind_table(&it.inner, context.env))
    }
}
