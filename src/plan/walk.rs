//! Walks over plans: everything below a plan, bodies and the tables in expressions included.

use std::collections::{BTreeSet, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use super::{Expr, Node, Plan};

impl Plan {
    /// Visits the plan and everything below it, outermost first: inputs, bodies, and the tables in expressions. The
    /// visitor is called at each place that reads a plan; what is below a shared part is entered once. Where it breaks,
    /// nothing below is visited.
    pub fn walk_once<'p>(self: &'p Arc<Self>, visit: &mut dyn FnMut(&'p Arc<Self>) -> ControlFlow<()>) {
        let (mut todo, mut shared) = (vec![self], HashSet::new());
        while let Some(plan) = todo.pop() {
            if visit(plan).is_break() || !Self::enter(plan, &mut shared) {
                continue;
            }
            // The last one is taken first.
            let tables = plan.exprs().into_iter().flat_map(Expr::subqueries);
            let below: Vec<&Arc<Self>> = plan.children().into_iter().chain(tables).collect();
            todo.extend(below.into_iter().rev());
        }
    }

    /// The shared part was not entered before, or the plan is none.
    fn enter(plan: &Self, shared: &mut HashSet<usize>) -> bool {
        if let Node::Shared { id, .. } = &plan.node { shared.insert(*id) } else { true }
    }

    /// The scopes of enclosing bodies that the plan reads from.
    #[must_use]
    pub fn outer_scopes(&self) -> BTreeSet<usize> {
        let (mut read, mut own) = (BTreeSet::new(), BTreeSet::new());
        let (mut todo, mut shared) = (vec![self], HashSet::new());
        while let Some(plan) = todo.pop() {
            if let Node::Outer { scope } = &plan.node {
                read.insert(*scope);
            } else if let Node::Apply { scope, .. } = &plan.node {
                own.insert(*scope);
            }
            if !Self::enter(plan, &mut shared) {
                continue;
            }
            for expr in plan.exprs() {
                expr.visit(&mut |it| match it {
                    Expr::Outer { scope, .. } => _ = read.insert(*scope),
                    Expr::Subquery { plan, .. } | Expr::ListSubquery { plan } => todo.push(plan),
                    Expr::Literal { .. }
                    | Expr::Column { .. }
                    | Expr::Parameter { .. }
                    | Expr::Call { .. } => {}
                });
            }
            todo.extend(plan.children().into_iter().map(|it| &**it));
        }
        read.retain(|scope| !own.contains(scope));
        read
    }
}
