//! Finds how far back a query looks: the calls of `ago(…)` and their like in its plan whose arguments are constant. It must
//! not know tables.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::plan::{Lookback, Plan, fold};

/// Finds the lookbacks of plans, the longest first.
pub fn of(plans: &[Arc<Plan>]) -> Vec<Lookback> {
    let mut found = Vec::new();
    for plan in plans {
        plan.walk_once(&mut |plan| {
            for expr in plan.exprs() {
                expr.visit(&mut |it| found.extend(Lookback::of(it, fold)));
            }
            ControlFlow::Continue(())
        });
    }
    Lookback::sorted(found)
}
