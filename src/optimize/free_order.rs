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
            // With keys, the groups' own order tells of the rows' order: only what was sorted on purpose is dropped.
            *input = free(input, keys.is_empty());
        }
        plan
    })
}

/// The rows in any order: without the sorts above the first operator that looks at it, and if `joins`, with joins that
/// give theirs as they come.
fn free(plan: &Arc<Plan>, joins: bool) -> Arc<Plan> {
    let node = match &plan.node {
        Node::Sort { input, .. } => return free(input, joins),
        Node::Filter { input, conjuncts } => {
            Node::Filter { input: free(input, joins), conjuncts: conjuncts.clone() }
        }
        Node::Project { input, columns } if !columns.iter().any(Expr::has_window) => {
            Node::Project { input: free(input, joins), columns: columns.clone() }
        }
        Node::Join { kind, left, right, keys, .. } if joins => Node::Join {
            kind: *kind,
            // Which of the rows with a key is the first is seen.
            left: if *kind == JoinKind::InnerUnique { left.clone() } else { free(left, joins) },
            right: free(right, joins),
            keys: keys.clone(),
            any_order: true,
        },
        _ => return plan.clone(),
    };
    Arc::new(Plan { node, ..Plan::clone(plan) })
}
