//! A limit over a sort keeps the first rows only. It must not know other rewrites.

use std::sync::Arc;

use super::rewrite::bottom_up;
use crate::function::Registry;
use crate::plan::{Expr, Node, Plan};

pub(super) fn apply(plans: &[Arc<Plan>], _: &Registry) -> Vec<Arc<Plan>> {
    bottom_up(plans, &mut |plan| match &plan.node {
        Node::Limit { input, count } => first_rows(input, count, &plan).unwrap_or(plan),
        _ => plan,
    })
}

/// The first rows of a plan in the place of the limit over it, if they are those of an order.
fn first_rows(plan: &Plan, count: &Expr, limit: &Plan) -> Option<Plan> {
    match &plan.node {
        Node::Sort { input, keys } => {
            let node = Node::TopN { input: input.clone(), count: count.clone(), keys: keys.clone() };
            Some(Plan { node, schema: plan.schema.clone(), ..limit.clone() })
        }
        // A projection gives a row for each row; window functions see more than the first ones.
        Node::Project { input, columns } if !columns.iter().any(|it| it.has_window() || it.is_volatile()) => {
            let input = Arc::new(first_rows(input, count, limit)?);
            Some(Plan { node: Node::Project { input, columns: columns.clone() }, ..plan.clone() })
        }
        _ => None,
    }
}
