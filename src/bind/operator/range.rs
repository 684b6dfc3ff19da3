//! Binds `range`. It must not know other operators.

use super::super::binder::Binder;
use super::super::scope::{Column, Columns, Context, Env, Rows};
use crate::diagnostic::Code;
use crate::plan::Node;
use crate::syntax::ast;
use crate::types::ScalarType;

impl Binder<'_> {
    pub(in crate::bind) fn bind_range(&mut self, it: &ast::RangeOperator, env: &Env) -> Rows {
        let context = Context::new(env);
        let from = self.bind_scalar(&it.from, context);
        let to = self.bind_scalar(&it.to, context);
        let step = self.bind_scalar(&it.step, context);
        for (scalar, ast) in [(&from, &it.from), (&to, &it.to), (&step, &it.step)] {
            if scalar.kind.is_some_and(|kind| !kind.is_summable()) {
                let message = "a range counts in numbers, datetimes or timespans";
                self.error(Code::ExpectedType, ast.span(), message);
            }
        }
        let kind = match (from.kind, to.kind, step.kind) {
            (Some(from), Some(to), Some(step)) => Some(range_type(from, to, step)),
            _ => None,
        };
        let columns =
            Columns { list: vec![Column { name: it.name.text.as_str().into(), kind }], open: false };
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
        .fold(promote(from), |widest, kind| if is_wider(kind, widest) { kind } else { widest })
}
