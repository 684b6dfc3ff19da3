//! Walks a plan and builds it anew, inputs first. Shared parts are rewritten once. It must not know any rewrite.

use std::collections::HashMap;
use std::sync::Arc;

use crate::plan::{Expr, Node, Plan};

/// Rewrites every node, inputs first; a node that several places share is rewritten once and stays shared.
pub(super) fn bottom_up(plan: &Arc<Plan>, f: &mut dyn FnMut(Plan) -> Plan) -> Arc<Plan> {
    Walk { done: HashMap::new(), f }.plan(plan)
}

struct Walk<'f> {
    /// By identity of the node as it was; the node is kept so that its address stays its own.
    done: HashMap<usize, (Arc<Plan>, Arc<Plan>)>,
    f: &'f mut dyn FnMut(Plan) -> Plan,
}

impl Walk<'_> {
    fn plan(&mut self, plan: &Arc<Plan>) -> Arc<Plan> {
        let key = Arc::as_ptr(plan) as usize;
        if let Some((_, done)) = self.done.get(&key) {
            return done.clone();
        }
        let mut fresh = Plan::clone(plan);
        for input in inputs_mut(&mut fresh.node) {
            *input = self.plan(input);
        }
        for expr in exprs_mut(&mut fresh.node) {
            self.subqueries(expr);
        }
        let fresh = Arc::new((self.f)(fresh));
        self.done.insert(key, (plan.clone(), fresh.clone()));
        fresh
    }

    /// Rewrites the tables that an expression reads.
    fn subqueries(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Subquery { plan, .. } | Expr::ListSubquery { plan } => *plan = self.plan(plan),
            Expr::Call { arguments, .. } => {
                arguments.iter_mut().for_each(|argument| self.subqueries(argument))
            }
            Expr::Literal { .. } | Expr::Column { .. } | Expr::Parameter { .. } => {}
        }
    }
}

fn inputs_mut(node: &mut Node) -> Vec<&mut Arc<Plan>> {
    match node {
        Node::Scan { .. } | Node::External { .. } | Node::Values { .. } | Node::Range { .. } => Vec::new(),
        Node::Filter { input, .. }
        | Node::Project { input, .. }
        | Node::Aggregate { input, .. }
        | Node::Sort { input, .. }
        | Node::TopN { input, .. }
        | Node::Limit { input, .. }
        | Node::Sample { input, .. }
        | Node::Unnest { input, .. }
        | Node::Parse { input, .. }
        | Node::Visualize { input, .. }
        | Node::Shared { input, .. } => vec![input],
        Node::Join { left, right, .. } => vec![left, right],
        Node::Union { inputs } => inputs.iter_mut().collect(),
    }
}

/// Every expression of a node.
pub(super) fn exprs_mut(node: &mut Node) -> Vec<&mut Expr> {
    match node {
        Node::Scan { .. }
        | Node::External { .. }
        | Node::Values { .. }
        | Node::Union { .. }
        | Node::Visualize { .. }
        | Node::Shared { .. } => Vec::new(),
        Node::Range { from, to, step } => vec![from, to, step],
        Node::Filter { conjuncts, .. } => conjuncts.iter_mut().collect(),
        Node::Project { columns, .. } => columns.iter_mut().collect(),
        Node::Aggregate { keys, aggregates, .. } => {
            keys.iter_mut().chain(aggregates.iter_mut().flat_map(|it| &mut it.arguments)).collect()
        }
        Node::Join { keys, .. } => keys.iter_mut().flat_map(|(left, right)| [left, right]).collect(),
        Node::Sort { keys, .. } => keys.iter_mut().map(|key| &mut key.expr).collect(),
        Node::TopN { count, keys, .. } => {
            std::iter::once(count).chain(keys.iter_mut().map(|key| &mut key.expr)).collect()
        }
        Node::Limit { count, .. } | Node::Sample { count, .. } => vec![count],
        Node::Unnest { columns, limit, .. } => {
            columns.iter_mut().map(|it| &mut it.expr).chain(limit).collect()
        }
        Node::Parse { text, .. } => vec![text],
    }
}
