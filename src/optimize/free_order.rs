//! An order that nobody sees costs nothing: below an aggregation that asks for none, sorts are dropped, and joins may give
//! their rows in whatever order is found first. It must not know other rewrites.

use std::sync::Arc;

use super::rewrite::bottom_up;
use crate::plan::{AggregateExpr, Expr, JoinKind, Node, Plan};
use crate::types::ScalarType;

/// Aggregates that give the same whatever the order of the rows.
const COUNTS: &[&str] = &["count", "countif", "dcount", "dcountif", "count_distinct", "count_distinctif"];

/// So do these of whole numbers. The last digits of a sum of reals depend on the order, and of two decimals that are equal,
/// the first is the least.
const OF_WHOLE_NUMBERS: &[&str] = &["sum", "sumif", "min", "minif", "max", "maxif"];

fn is_free(aggregate: &AggregateExpr) -> bool {
    let name = aggregate.function.name;
    let whole = |expr: &Expr| {
        matches!(
            expr.scalar_type(),
            ScalarType::Bool
                | ScalarType::Int
                | ScalarType::Long
                | ScalarType::DateTime
                | ScalarType::TimeSpan
        )
    };
    COUNTS.contains(&name) || (OF_WHOLE_NUMBERS.contains(&name) && aggregate.arguments.iter().all(whole))
}

pub(super) fn apply(plan: &Arc<Plan>) -> Arc<Plan> {
    bottom_up(plan, &mut |mut plan| {
        if let Node::Aggregate { input, keys, aggregates } = &mut plan.node
            && aggregates.iter().all(is_free)
        {
            *input = if keys.is_empty() { free(input) } else { without_sort(input) };
        }
        plan
    })
}

/// The rows in any order: without sorts, with joins and groups that give theirs as they come.
fn free(plan: &Arc<Plan>) -> Arc<Plan> {
    let mut plan = Plan::clone(plan);
    match &mut plan.node {
        Node::Sort { input, .. } => return free(input),
        Node::Project { columns, .. } if columns.iter().any(Expr::has_window) => return Arc::new(plan),
        Node::Filter { input, .. } | Node::Project { input, .. } => *input = free(input),
        Node::Join { kind, left, right, .. } => {
            plan.any_order = true;
            *right = free(right);
            // Which of the rows with a key is the first one is seen.
            if *kind != JoinKind::InnerUnique {
                *left = free(left);
            }
        }
        Node::Aggregate { input, aggregates, .. } => {
            plan.any_order = true;
            if aggregates.iter().all(is_free) {
                *input = free(input);
            }
        }
        _ => {}
    }
    Arc::new(plan)
}

/// The rows without sorts above the first operator that looks at their order. Groups come in the order of their first
/// rows, so that joins and groups below keep theirs: only what was sorted on purpose is dropped.
fn without_sort(plan: &Arc<Plan>) -> Arc<Plan> {
    let mut plan = Plan::clone(plan);
    match &mut plan.node {
        Node::Sort { input, .. } => return without_sort(input),
        Node::Project { columns, .. } if columns.iter().any(Expr::has_window) => {}
        Node::Filter { input, .. } | Node::Project { input, .. } => *input = without_sort(input),
        _ => {}
    }
    Arc::new(plan)
}
