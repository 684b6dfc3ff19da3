//! Walks a plan and builds it anew, what is below first. It must not know any rewrite.

use std::collections::HashMap;
use std::sync::Arc;

use crate::plan::{Expr, Plan};

/// Rewrites every node, what is below it first: inputs, bodies and the tables in expressions. A node that several places
/// share is rewritten once and stays shared.
pub(super) fn bottom_up(plans: &[Arc<Plan>], f: &mut dyn FnMut(Plan) -> Plan) -> Vec<Arc<Plan>> {
    rewrite(plans, &mut |_| {}, f)
}

/// Rewrites every node before what is below it, and once more after that.
pub(super) fn rewrite(
    plans: &[Arc<Plan>],
    before: &mut dyn FnMut(&mut Plan),
    after: &mut dyn FnMut(Plan) -> Plan,
) -> Vec<Arc<Plan>> {
    let mut walk = Rewriter { memo: Memo::default(), before, after };
    plans.iter().map(|plan| walk.plan(plan)).collect()
}

/// Plans and what became of them.
#[derive(Default)]
pub(super) struct Memo {
    /// By identity of the plan as it was; the plan is kept so that its address stays its own.
    done: HashMap<usize, (Arc<Plan>, Arc<Plan>)>,
}

impl Memo {
    pub(super) fn get(&self, plan: &Arc<Plan>) -> Option<Arc<Plan>> {
        self.done.get(&(Arc::as_ptr(plan) as usize)).map(|(_, done)| done.clone())
    }

    pub(super) fn insert(&mut self, plan: &Arc<Plan>, done: &Arc<Plan>) {
        self.done.insert(Arc::as_ptr(plan) as usize, (plan.clone(), done.clone()));
    }
}

struct Rewriter<'f> {
    memo: Memo,
    before: &'f mut dyn FnMut(&mut Plan),
    after: &'f mut dyn FnMut(Plan) -> Plan,
}

impl Rewriter<'_> {
    fn plan(&mut self, plan: &Arc<Plan>) -> Arc<Plan> {
        if let Some(done) = self.memo.get(plan) {
            return done;
        }
        let mut fresh = Plan::clone(plan);
        (self.before)(&mut fresh);
        for child in fresh.children_mut() {
            *child = self.plan(child);
        }
        for expr in fresh.exprs_mut() {
            self.tables(expr);
        }
        let fresh = Arc::new((self.after)(fresh));
        self.memo.insert(plan, &fresh);
        fresh
    }

    /// Rewrites the tables that an expression reads.
    fn tables(&mut self, expr: &mut Expr) {
        let mut tables = Vec::new();
        expr.subqueries_mut(&mut tables);
        tables.into_iter().for_each(|table| *table = self.plan(table));
    }
}
