//! Walks a plan and builds it anew, what is below first. It must not know any rewrite.

use std::collections::HashMap;
use std::sync::Arc;

use crate::plan::{Expr, Plan};

/// Rewrites every node, what is below it first: inputs, bodies and the tables in expressions. A node that several places
/// share is rewritten once and stays shared.
pub(super) fn bottom_up(plans: &[Arc<Plan>], f: &mut dyn FnMut(Plan) -> Plan) -> Vec<Arc<Plan>> {
    let mut walk = Walk { done: HashMap::new(), f };
    plans.iter().map(|plan| walk.plan(plan)).collect()
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
        for child in fresh.children_mut() {
            *child = self.plan(child);
        }
        for expr in fresh.exprs_mut() {
            self.tables(expr);
        }
        let fresh = Arc::new((self.f)(fresh));
        self.done.insert(key, (plan.clone(), fresh.clone()));
        fresh
    }

    /// Rewrites the tables that an expression reads.
    fn tables(&mut self, expr: &mut Expr) {
        let mut tables = Vec::new();
        expr.subqueries_mut(&mut tables);
        tables.into_iter().for_each(|table| *table = self.plan(table));
    }
}
