//! Binds `where`. It must not know other operators.

use super::super::binder::Binder;
use super::super::scope::{Context, Env, Rows};
use crate::function::Semantics;
use crate::plan::{Expr, Node};
use crate::syntax::ast;

impl Binder<'_> {
    pub(in crate::bind) fn bind_where(&mut self, it: &ast::WhereOperator, rows: Rows, env: &Env) -> Rows {
        let predicate = self.bind_bool(&it.predicate, Context::with_rows(env, &rows));
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
