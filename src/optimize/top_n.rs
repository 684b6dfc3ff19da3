//! A limit over a sort keeps the first rows only. It must not know other rewrites.

use std::sync::Arc;

use super::rewrite::bottom_up;
use crate::function::Registry;
use crate::plan::{Node, Plan};

pub(super) fn apply(plans: &[Arc<Plan>], _: &Registry) -> Vec<Arc<Plan>> {
    bottom_up(plans, &mut |plan| {
        let Node::Limit { input, count } = &plan.node else { return plan };
        let Node::Sort { input, keys } = &input.node else { return plan };
        let node = Node::TopN { input: input.clone(), count: count.clone(), keys: keys.clone() };
        Plan { node, ..plan }
    })
}
