//! Projections one after the other become one, and one that changes nothing goes. It must not know other rewrites.

use std::sync::Arc;

use super::rewrite::bottom_up;
use crate::function::Registry;
use crate::plan::{Expr, Node, Plan};

pub(super) fn apply(plans: &[Arc<Plan>], _: &Registry) -> Vec<Arc<Plan>> {
    bottom_up(plans, &mut |mut plan| {
        while let Some(merged) = merged(&plan) {
            plan.node = merged;
        }
        if let Node::Project { input, columns } = &plan.node
            && changes_nothing(&plan, input, columns)
        {
            return Plan::clone(input);
        }
        plan
    })
}

/// The projection over the input of the one below it.
fn merged(plan: &Plan) -> Option<Node> {
    let Node::Project { input, columns: outer } = &plan.node else { return None };
    let Node::Project { input: below, columns: inner } = &input.node else { return None };
    // These see the rows in their order, or give another value each time.
    if inner.iter().chain(outer).any(|it| it.has_window() || it.is_volatile()) {
        return None;
    }
    let mut reads = vec![0_usize; inner.len()];
    outer.iter().flat_map(Expr::columns).for_each(|at| {
        if let Some(reads) = reads.get_mut(at) {
            *reads += 1;
        }
    });
    // What is read several times is computed once, below: copies of copies would double again and again.
    if inner.iter().zip(&reads).any(|(expr, reads)| *reads > 1 && matches!(expr, Expr::Call { .. })) {
        return None;
    }
    let over_below =
        |at: usize, data_type| inner.get(at).cloned().unwrap_or_else(|| Expr::column(at, data_type));
    let columns = outer.iter().map(|expr| expr.map_columns(&over_below)).collect();
    Some(Node::Project { input: below.clone(), columns })
}

fn changes_nothing(plan: &Plan, input: &Plan, columns: &[Expr]) -> bool {
    let is_same = |(at, expr): (usize, &Expr)| matches!(expr, Expr::Column { index, .. } if *index == at);
    plan.schema == input.schema && columns.iter().enumerate().all(is_same)
}
