//! Filters one after the other become one, its cheap conditions first. It must not know other rewrites.

use std::sync::Arc;

use super::rewrite::bottom_up;
use crate::function::Registry;
use crate::plan::{Expr, Node, Plan};

pub(super) fn apply(plans: &[Arc<Plan>], _: &Registry) -> Vec<Arc<Plan>> {
    bottom_up(plans, &mut |plan| {
        let Node::Filter { input, conjuncts } = plan.node else { return plan };
        let (input, mut all) = if let Node::Filter { input, conjuncts: before } = &input.node {
            (input.clone(), before.clone())
        } else {
            (input, Vec::new())
        };
        all.extend(conjuncts);
        // A stable order: equal costs stay as they were written.
        all.sort_by_key(Expr::cost);
        if all.is_empty() {
            return Plan::clone(&input);
        }
        Plan { node: Node::Filter { input, conjuncts: all }, ..plan }
    })
}
