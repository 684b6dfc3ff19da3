//! A sort whose order nobody sees is dropped: below an aggregation that asks for no order.
//! It must not know other rewrites.

use std::sync::Arc;

use super::rewrite::bottom_up;
use crate::plan::{Expr, Node, Plan};

/// Aggregates that give the same whatever the order of the rows.
const ORDER_FREE: &[&str] = &["count", "countif", "dcount", "dcountif", "count_distinct", "count_distinctif"];

pub(super) fn apply(plan: &Arc<Plan>) -> Arc<Plan> {
    bottom_up(plan, &mut |mut plan| {
        if let Node::Aggregate { input, aggregates, .. } = &mut plan.node
            && aggregates.iter().all(|it| ORDER_FREE.contains(&it.function.name))
        {
            *input = without_sort(input);
        }
        plan
    })
}

/// The rows without sorts above the first operator that looks at their order.
fn without_sort(plan: &Arc<Plan>) -> Arc<Plan> {
    match &plan.node {
        Node::Sort { input, .. } => without_sort(input),
        Node::Filter { input, conjuncts } => {
            let node = Node::Filter { input: without_sort(input), conjuncts: conjuncts.clone() };
            Arc::new(Plan { node, ..Plan::clone(plan) })
        }
        Node::Project { input, columns } if !columns.iter().any(Expr::has_window) => {
            let node = Node::Project { input: without_sort(input), columns: columns.clone() };
            Arc::new(Plan { node, ..Plan::clone(plan) })
        }
        _ => plan.clone(),
    }
}
