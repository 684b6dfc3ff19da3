//! What can have no rows is not computed: a filter that is never true, and operators over it. It must not know other rewrites.

use std::sync::Arc;

use super::rewrite::bottom_up;
use crate::column::Table;
use crate::function::Registry;
use crate::plan::{Expr, JoinKind, Node, Plan};
use crate::types::{Schema, Value};

pub(super) fn apply(plans: &[Arc<Plan>], _: &Registry) -> Vec<Arc<Plan>> {
    bottom_up(plans, &mut |mut plan| {
        if is_empty_over_its_inputs(&plan) {
            let table = Table::empty(Schema::clone(&plan.schema));
            return Plan { node: Node::Values { table }, ..plan };
        }
        if let Node::Union { inputs } = &mut plan.node {
            inputs.retain(|input| !is_empty(input));
            if let [alone] = &inputs[..] {
                return Plan::clone(alone);
            }
        }
        plan
    })
}

fn is_empty(plan: &Plan) -> bool {
    matches!(&plan.node, Node::Values { table } if table.is_empty())
}

fn is_empty_over_its_inputs(plan: &Plan) -> bool {
    match &plan.node {
        Node::Filter { input, conjuncts } => is_empty(input) || conjuncts.iter().any(is_never_true),
        Node::Project { input, .. }
        | Node::Sort { input, .. }
        | Node::TopN { input, .. }
        | Node::Limit { input, .. }
        | Node::Sample { input, .. }
        | Node::Unnest { input, .. }
        | Node::Parse { input, .. }
        | Node::MatchSteps { input, .. }
        | Node::Apply { input, .. } => is_empty(input),
        // All rows together are one group, which is there without any row.
        Node::Aggregate { input, keys, .. } => !keys.is_empty() && is_empty(input),
        Node::Union { inputs } => inputs.iter().all(|input| is_empty(input)),
        Node::Join { kind, left, right, .. } => match kind {
            JoinKind::Inner | JoinKind::InnerUnique | JoinKind::LeftSemi | JoinKind::RightSemi => {
                is_empty(left) || is_empty(right)
            }
            JoinKind::LeftOuter | JoinKind::LeftAnti => is_empty(left),
            JoinKind::RightOuter | JoinKind::RightAnti => is_empty(right),
            JoinKind::FullOuter => is_empty(left) && is_empty(right),
        },
        // A chart may be drawn of no rows; the others have rows of their own, or are read elsewhere too.
        Node::Visualize { .. }
        | Node::Scan { .. }
        | Node::External { .. }
        | Node::Values { .. }
        | Node::Range { .. }
        | Node::Outer { .. }
        | Node::Plugin { .. }
        | Node::Shared { .. } => false,
    }
}

fn is_never_true(condition: &Expr) -> bool {
    matches!(condition, Expr::Literal { value, .. } if *value != Value::Bool(true))
}
