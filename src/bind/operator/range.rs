//! Binds `range`. It must not know other operators.

use super::super::binder::Binder;
use super::super::scope::{BoundColumn, Columns, Env, ExprScope, Rows};
use crate::diagnostic::Code;
use crate::plan::Node;
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::syntax::ast;
use crate::types::ScalarType;

pub(in crate::bind) const ENTRY: LanguageEntry = LanguageEntry {
    name: "range",
    aliases: &[],
    kind: EntryKind::Source,
    summary: "Counts from one value to another in steps and gives a row for each value.",
    syntax: &["range Name from Start to Stop step Step"],
    parameters: &[
        ParameterInfo::required("Name", "The name of the only column."),
        ParameterInfo::required("Start", "The first value: a number, datetime or timespan."),
        ParameterInfo::required("Stop", "The last value. It is in the answer only if the steps meet it."),
        ParameterInfo::required("Step", "What is added each time; a negative step counts down."),
    ],
    remarks: &[
        "Both ends belong to it. Where Start lies behind Stop already, there are no rows.",
        "The three values are computed once: no column can be named in them.",
        "The scalar function range(1, 3) gives an array instead.",
    ],
    examples: &[
        TableExample { query: "range x from 1 to 8 step 3", result: "x:long\n[1]\n[4]\n[7]" },
        TableExample {
            query: "range Day from datetime(2024-02-28) to datetime(2024-03-01) step 1d",
            result: r#"Day:datetime
["2024-02-28T00:00:00Z"]
["2024-02-29T00:00:00Z"]
["2024-03-01T00:00:00Z"]"#,
        },
        TableExample { query: "range x from 2 to 0 step -1", result: "x:long\n[2]\n[1]\n[0]" },
    ],
};

impl Binder<'_> {
    pub(in crate::bind) fn bind_range(&mut self, it: &ast::RangeOperator, env: &Env) -> Rows {
        let context = ExprScope::new(env);
        let from = self.bind_scalar(&it.from, context);
        let to = self.bind_scalar(&it.to, context);
        let step = self.bind_scalar(&it.step, context);
        for (scalar, ast) in [(&from, &it.from), (&to, &it.to), (&step, &it.step)] {
            if scalar.data_type.is_some_and(|data_type| !data_type.is_summable()) {
                let message = "a range counts in numbers, datetimes or timespans";
                self.error(Code::ExpectedType, ast.span(), message);
            }
        }
        let data_type = match (from.data_type, to.data_type, step.data_type) {
            (Some(from), Some(to), Some(step)) => Some(range_type(from, to, step)),
            _ => None,
        };
        let columns = Columns {
            list: vec![BoundColumn { name: it.name.text.as_str().into(), data_type }].into(),
            open: false,
        };
        let node = Node::Range { from: from.expr, to: to.expr, step: step.expr };
        let mut rows = Rows::new(Self::plan(node, &columns, it.at.0), columns);
        rows.serialized = true;
        rows
    }
}

/// The widest of the three numbers, integers counting as long; a datetime or timespan stays what it starts as.
fn range_type(from: ScalarType, to: ScalarType, step: ScalarType) -> ScalarType {
    use crate::function::{is_wider, promote};
    if !from.is_number() {
        return from;
    }
    [to, step]
        .into_iter()
        .fold(promote(from), |widest, data_type| if is_wider(data_type, widest) { data_type } else { widest })
}
