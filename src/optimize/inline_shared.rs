//! A shared part that only one place reads becomes an ordinary part.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use super::rewrite::bottom_up;
use crate::function::Registry;
use crate::plan::{Node, Plan};

pub(super) fn apply(plans: &[Arc<Plan>], _: &Registry) -> Vec<Arc<Plan>> {
    let mut readers: HashMap<usize, usize> = HashMap::new();
    // A body is run over and over, and what it shares is computed once where it does not depend on the rows.
    let mut in_bodies: HashSet<usize> = HashSet::new();
    for plan in plans {
        // What is below a shared part of several plans is counted for each of them, and stays shared.
        plan.walk_once(&mut |plan| {
            if let Some(id) = id_of(plan) {
                *readers.entry(id).or_default() += 1;
            }
            if let Some(body) = plan.body() {
                body.walk_once(&mut |plan| {
                    in_bodies.extend(id_of(plan));
                    ControlFlow::Continue(())
                });
            }
            ControlFlow::Continue(())
        });
    }
    bottom_up(plans, &mut |plan| {
        if let Node::Shared { input, id } = &plan.node
            && readers.get(id) == Some(&1)
            && !in_bodies.contains(id)
        {
            return Plan::clone(input);
        }
        plan
    })
}

/// The number of a shared part.
const fn id_of(plan: &Plan) -> Option<usize> {
    if let Node::Shared { id, .. } = &plan.node { Some(*id) } else { None }
}
