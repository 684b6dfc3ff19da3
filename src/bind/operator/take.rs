//! Binds `take`, `limit` and `sample`. It must not know other operators.

use super::super::binder::Binder;
use super::super::scope::{Context, Env, Rows};
use crate::plan::Node;
use crate::syntax::ast;

impl Binder<'_> {
    pub(in crate::bind) fn bind_take(
        &mut self,
        it: &ast::TakeOperator,
        rows: Rows,
        env: &Env,
        sample: bool,
    ) -> Rows {
        let count = self.bind_count(&it.count, Context::new(env)).expr;
        let input = rows.plan.clone();
        let node = if sample { Node::Sample { input, count } } else { Node::Limit { input, count } };
        Rows {
            plan: Self::plan(node, &rows.columns, it.at.0),
            source: None,
            serialized: rows.serialized && !sample,
            ..rows
        }
    }
}
