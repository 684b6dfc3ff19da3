//! Computes what is known before the run; a filter keeps no condition that is always true.
//! It must not know other rewrites.

use std::sync::Arc;

use super::rewrite::bottom_up;
use crate::function::Registry;
use crate::plan::{ConstantFolder, Expr, Node, Plan};
use crate::types::{ScalarType, Value};

pub(super) fn apply(plans: &[Arc<Plan>], _: &Registry) -> Vec<Arc<Plan>> {
    let folder = ConstantFolder::default();
    bottom_up(plans, &mut |mut plan| {
        for expr in plan.exprs_mut() {
            let nothing = Expr::literal(Value::Null, ScalarType::Dynamic);
            *expr = folder.fold(std::mem::replace(expr, nothing));
        }
        if let Node::Filter { conjuncts, .. } = &mut plan.node {
            conjuncts.retain(|it| !matches!(it, Expr::Literal { value: Value::Bool(true), .. }));
        }
        plan
    })
}
