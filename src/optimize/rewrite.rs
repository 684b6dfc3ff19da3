//! Walks a plan and builds it anew, inputs first. Shared parts are rewritten once. It must not know any rewrite.

use std::collections::HashMap;
use std::sync::Arc;

use crate::plan::{Expr, Plan};

/// Rewrites every node, inputs first; a node that several places share is rewritten once and stays shared.
pub(super) fn bottom_up(plan: &Arc<Plan>, f: &mut dyn FnMut(Plan) -> Plan) -> Arc<Plan> {
    Walk { done: HashMap::new(), f }.plan(plan)
}

struct Walk<'f> {
    /// By identity of the node as it was; the node is kept so that its address stays its own.
    done: HashMap<usize, (Arc<Plan>, Arc<Plan>)>,
    f: &'f mut dyn FnMut(Plan) -> Plan,
}

impl Walk<'_> {
    fn plan(&mut self, plan: &Arc<Plan>) -> Arc<Plan> {
        let key = Arc::as_ptr(plan) as usize;
        if let Some((_, done)) = self.done.get(&key) {
            return done.clone();
        }
        let mut fresh = Plan::clone(plan);
        for input in fresh.inputs_mut() {
            *input = self.plan(input);
        }
        for expr in fresh.exprs_mut() {
            self.subqueries(expr);
        }
        let fresh = Arc::new((self.f)(fresh));
        self.done.insert(key, (plan.clone(), fresh.clone()));
        fresh
    }

    /// Rewrites the tables that an expression reads.
    fn subqueries(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Subquery { plan, .. } | Expr::ListSubquery { plan } => *plan = self.plan(plan),
            Expr::Call { arguments, .. } => {
                arguments.iter_mut().for_each(|argument| self.subqueries(argument))
            }
            Expr::Literal { .. } | Expr::Column { .. } | Expr::Parameter { .. } => {}
        }
    }
}
