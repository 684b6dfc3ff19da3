//! `split(text, delimiter)[n]` makes the part that is asked for and no other. It must not know other rewrites.

use std::sync::Arc;

use super::rewrite::bottom_up;
use crate::function::Registry;
use crate::function::Semantics;
use crate::plan::{Expr, Plan};
use crate::types::{ScalarType, Value};

pub(super) fn apply(plans: &[Arc<Plan>], _: &Registry) -> Vec<Arc<Plan>> {
    bottom_up(plans, &mut |mut plan| {
        plan.exprs_mut().into_iter().for_each(narrow);
        plan
    })
}

fn narrow(expr: &mut Expr) {
    let Expr::Call { function, arguments, .. } = expr else { return };
    arguments.iter_mut().for_each(narrow);
    if function.semantics != Semantics::Item {
        return;
    }
    let [Expr::Call { function: inner, arguments: split, .. }, Expr::Literal { value, .. }] =
        &mut arguments[..]
    else {
        return;
    };
    // The part of an index is an array of one item; a negative index counts from an end that must be found first.
    if inner.item_argument == Some(split.len())
        && let Value::Long(index @ 0..) = value.convert(ScalarType::Long)
    {
        split.push(Expr::literal(Value::Long(index), ScalarType::Long));
        *value = Value::Long(0).convert(value.scalar_type().unwrap_or(ScalarType::Long));
    }
}
