//! Binds `distinct` and `count`. It must not know other operators.

use super::super::binder::Binder;
use super::super::names::Projection;
use super::super::scope::{BoundColumn, Columns, Env, ExprScope, Rows};
use super::extend::Style;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{AggregateExpr, Node};
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::ScalarType;

pub(in crate::bind) const ENTRY: LanguageEntry = LanguageEntry {
    name: "distinct",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Keeps each combination of values of some columns once.",
    syntax: &["T | distinct Column [, …]", "T | distinct *"],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::required(
            "Column",
            "A column to keep; the others are gone. '*' stands for all columns.",
        ),
    ],
    remarks: &[
        "To keep a whole row for each value, use summarize arg_max(Time, *) by Column or summarize take_any(*) by Column.",
        "Text is compared with its case: 'a' and 'A' are two values. Null is a value of its own.",
        "A dynamic column cannot be compared: convert it before, for example with tostring().",
        "Kusto gives the rows in no particular order; kqlite in the order in which the values came first.",
    ],
    examples: &[
        TableExample {
            query: r"datatable (User: string, Ip: string) [
    'ann', '10.0.0.1',
    'ann', '10.0.0.2',
    'ann', '10.0.0.1',
    'bob', '10.0.0.1',
]
| distinct User, Ip",
            result: r#"User:string, Ip:string
["ann","10.0.0.1"]
["ann","10.0.0.2"]
["bob","10.0.0.1"]"#,
        },
        TableExample {
            query: r"datatable (User: string) ['ann', 'Ann', 'ann']
| distinct *",
            result: r#"User:string
["ann"]
["Ann"]"#,
        },
    ],
};

pub(in crate::bind) const COUNT: LanguageEntry = LanguageEntry {
    name: "count",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Counts the rows and gives the number as a table of one row.",
    syntax: &["T | count [as Name]"],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::optional("Name", "The name of the column, 'Count' where nothing is said."),
    ],
    remarks: &[
        "Without rows the answer is 0, not an empty table.",
        "To count by groups, use the aggregate: summarize count() by Column. Its column is called 'count_'.",
    ],
    examples: &[
        TableExample {
            query: r"datatable (User: string, Failures: long) [
    'ann', 2,
    'bob', 9,
    'cid', 7,
]
| where Failures > 5
| count",
            result: "Count:long\n[2]",
        },
        TableExample {
            query: r"datatable (User: string) ['ann', 'bob']
| where User == 'cid'
| count",
            result: "Count:long\n[0]",
        },
    ],
};

impl Binder<'_> {
    pub(in crate::bind) fn bind_distinct(
        &mut self,
        it: &ast::DistinctOperator,
        rows: Rows,
        env: &Env,
    ) -> Rows {
        let mut projection = Projection::default();
        for ast in &it.columns {
            let before = projection.columns.len();
            self.add_column(ast, &mut projection, ExprScope::with_rows(env, &rows), Style::Project, None);
            let dynamic = projection.columns[before..]
                .iter()
                .find(|column| column.data_type == Some(ScalarType::Dynamic));
            if let Some(column) = dynamic {
                let name = column.name.clone();
                self.dynamic_key(&name, ast.span());
            }
        }
        let (mut columns, exprs) = projection.into_parts();
        columns.open |=
            rows.columns.open && it.columns.iter().any(|ast| matches!(ast, ast::Expression::Star(_)));
        let node = Node::Aggregate { input: rows.plan, keys: exprs, aggregates: Vec::new() };
        Rows::new(Self::plan(node, &columns, it.at.0), columns)
    }

    /// Reports a dynamic value where values are compared.
    pub(in crate::bind) fn dynamic_key(&mut self, name: &str, span: Span) {
        let message = format!("'{name}' is dynamic: rows cannot be grouped by it");
        self.report(
            Diagnostic::error(Code::ExpectedType, span, message)
                .help(format!("convert it: tostring({name})")),
        );
    }

    /// `count()`, the number of rows.
    pub(in crate::bind) fn row_count(&mut self, span: Span) -> Option<AggregateExpr> {
        let Some(function) = self.registry.aggregate("count") else {
            self.unsupported(span, "aggregate function", "count");
            return None;
        };
        Some(AggregateExpr {
            function: function.clone(),
            arguments: Vec::new(),
            constants: Vec::new(),
            returns: vec![ScalarType::Long],
            span,
        })
    }

    pub(in crate::bind) fn bind_count_operator(&mut self, it: &ast::CountOperator, rows: Rows) -> Rows {
        let name = it.name.as_ref().map_or("Count", |name| name.text.as_str());
        let columns = Columns {
            list: vec![BoundColumn { name: name.into(), data_type: Some(ScalarType::Long) }].into(),
            open: false,
        };
        let Some(count) = self.row_count(it.at.0) else { return Rows::unknown() };
        let node = Node::Aggregate { input: rows.plan, keys: Vec::new(), aggregates: vec![count] };
        Rows::new(Self::plan(node, &columns, it.at.0), columns)
    }
}
