//! A limit over a sort keeps the first rows only. It must not know other rewrites.

use std::sync::Arc;

use super::rewrite::bottom_up;
use crate::function::Registry;
use crate::plan::{Expr, Node, Plan};

pub(super) fn apply(plans: &[Arc<Plan>], _: &Registry) -> Vec<Arc<Plan>> {
    bottom_up(plans, &mut |plan| {
        let Node::Limit { input, count } = &plan.node else { return plan };
        first_rows(input, count, &plan).unwrap_or(plan)
    })
}

/// The first rows of a plan in the place of the limit over it, if they are those of an order.
fn first_rows(plan: &Plan, count: &Expr, limit: &Plan) -> Option<Plan> {
    if let Node::Sort { input, keys } = &plan.node {
        let node = Node::TopN { input: input.clone(), count: count.clone(), keys: keys.clone() };
        return Some(Plan { node, schema: plan.schema.clone(), ..limit.clone() });
    }
    // A projection gives a row for each row; window functions see more than the first ones.
    let Node::Project { input, columns } = &plan.node else { return None };
    if columns.iter().any(|it| it.has_window() || it.is_volatile()) {
        return None;
    }
    let input = Arc::new(first_rows(input, count, limit)?);
    Some(Plan { node: Node::Project { input, columns: columns.clone() }, ..plan.clone() })
}
