//! A `distinct` that feeds only a question of membership is dropped: a semi or anti join asks whether a key is there, not
//! how often. It must not know other rewrites.

use std::sync::Arc;

use super::rewrite::bottom_up;
use crate::plan::{JoinKind, Node, Plan};

pub(super) fn apply(plan: &Arc<Plan>) -> Arc<Plan> {
    bottom_up(plan, &mut |mut plan| {
        if let Node::Join { kind, left, right, .. } = &mut plan.node {
            match kind {
                JoinKind::LeftSemi | JoinKind::LeftAnti => *right = without_distinct(right),
                JoinKind::RightSemi | JoinKind::RightAnti => *left = without_distinct(left),
                _ => {}
            }
        }
        plan
    })
}

/// The rows, each perhaps several times.
fn without_distinct(plan: &Arc<Plan>) -> Arc<Plan> {
    match &plan.node {
        Node::Aggregate { input, keys, aggregates } if aggregates.is_empty() && !keys.is_empty() => {
            let node = Node::Project { input: input.clone(), columns: keys.clone() };
            Arc::new(Plan { node, ..Plan::clone(plan) })
        }
        _ => plan.clone(),
    }
}
