//! A shared part that only one place reads is an ordinary part. It must not know other rewrites.

use std::collections::HashMap;
use std::sync::Arc;

use super::rewrite::bottom_up;
use crate::plan::{Expr, Node, Plan};

pub(super) fn apply(plan: &Arc<Plan>) -> Arc<Plan> {
    let mut uses = Uses::default();
    uses.plan(plan);
    bottom_up(plan, &mut |plan| match &plan.node {
        Node::Shared { input, id } if uses.counts.get(id) == Some(&1) => Plan::clone(input),
        _ => plan,
    })
}

/// How many places read each shared part.
#[derive(Default)]
struct Uses {
    counts: HashMap<usize, usize>,
}

impl Uses {
    fn plan(&mut self, plan: &Plan) {
        if let Node::Shared { id, .. } = &plan.node {
            let count = self.counts.entry(*id).or_default();
            *count += 1;
            if *count > 1 {
                // What is below runs once, however often it is read.
                return;
            }
        }
        plan.exprs().into_iter().for_each(|expr| self.expr(expr));
        plan.inputs().into_iter().for_each(|input| self.plan(input));
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Subquery { plan, .. } | Expr::ListSubquery { plan } => self.plan(plan),
            Expr::Call { arguments, .. } => arguments.iter().for_each(|argument| self.expr(argument)),
            Expr::Literal { .. } | Expr::Column { .. } | Expr::Parameter { .. } => {}
        }
    }
}
