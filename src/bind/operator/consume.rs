//! Binds `consume`: all rows are read and none are given.

use super::super::binder::Binder;
use super::super::scalar::Scalar;
use super::super::scope::{BoundColumn, Columns, Rows};
use crate::diagnostic::Code;
use crate::plan::{Expr, Node};
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::syntax::ast::{self, LiteralKind};
use crate::types::{ScalarType, Value};

pub(in crate::bind) const ENTRY: LanguageEntry = LanguageEntry {
    name: "consume",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Reads all rows and gives none: to see that a query runs, and how long it takes.",
    syntax: &["T | consume [decodeblocks=(true | false)]"],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::optional(
            "decodeblocks",
            "true makes Kusto decode every value. Tables of kqlite are in memory as they are: it changes nothing.",
        ),
    ],
    remarks: &[
        "The result has neither columns nor rows.",
        "Rows are counted, so that filters and joins run; a column that none of them reads is not computed.",
    ],
    examples: &[
        TableExample {
            query: r"datatable (User: string, Failures: long) ['ann', 2, 'bob', 9]
| where Failures > 5
| consume
| count",
            result: "Count:long\n[0]",
        },
        TableExample {
            query: r"range x from 1 to 3 step 1
| consume decodeblocks=true
| getschema
| count",
            result: "Count:long\n[0]",
        },
    ],
};

impl Binder<'_> {
    pub(in crate::bind) fn bind_consume(&mut self, it: &ast::BareOperator, rows: Rows) -> Rows {
        for parameter in &it.parameters {
            let is_bool = matches!(&parameter.value, ast::Expression::Literal(literal) if literal.kind == LiteralKind::Bool);
            if parameter.name.text == "decodeblocks" && !is_bool {
                let message = "'decodeblocks' takes true or false";
                self.error(Code::ExpectedLiteral, parameter.value.span(), message);
            }
        }
        let Some(count) = self.row_count(it.at.0) else { return Rows::unknown() };
        let counted = BoundColumn { name: "Count".into(), data_type: Some(ScalarType::Long) };
        let columns = Columns { list: vec![counted].into(), open: false };
        let node = Node::Aggregate { input: rows.plan, keys: Vec::new(), aggregates: vec![count] };
        let rows = Rows::new(Self::plan(node, &columns, it.at.0), columns);
        // No number of rows is that large: whoever looks at it has to count them.
        let never = Expr::literal(Value::Long(i64::MAX), ScalarType::Long);
        let count = Scalar::new(Expr::column(0, ScalarType::Long));
        let is_never = self.call_builtin("==", vec![count, Scalar::new(never)], it.at.0);
        let rows = Self::filter(rows, is_never.expr, it.at.0);
        Self::project_to(&rows, Columns::default(), Vec::new(), it.at.0)
    }
}
