//! Finds how far back a query looks: the calls of `ago(…)` and their like in its plan whose arguments are constant. It must
//! not know tables.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::function::{Semantics, TimeShift};
use crate::plan::{Expr, Plan, fold};
use crate::source::Span;
use crate::types::{TimeSpan, Value};

/// Names a point in time before `now()` that a query looks back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lookback {
    /// The place of the call in the query.
    pub span: Span,
    /// The time between it and `now()`.
    pub back: TimeSpan,
}

/// Finds the lookbacks of plans, the longest first.
pub fn of(plans: &[Arc<Plan>]) -> Vec<Lookback> {
    let mut found = Vec::new();
    for plan in plans {
        plan.walk_once(&mut |plan| {
            for expr in plan.exprs() {
                expr.visit(&mut |it| {
                    if let Expr::Call { span, .. } = it {
                        found.extend(back(it).map(|back| Lookback { span: *span, back }));
                    }
                });
            }
            ControlFlow::Continue(())
        });
    }
    found.sort_by_key(|it: &Lookback| (std::cmp::Reverse(it.back), it.span.start));
    found.dedup();
    found
}

/// Computes how far before `now()` a call is, in ticks; `None` for a call of another function, or of the future.
fn back(expr: &Expr) -> Option<TimeSpan> {
    let Expr::Call { function, arguments, .. } = expr else { return None };
    let Semantics::TimeShift(shift) = function.semantics else { return None };
    let ticks = match (shift, &arguments[..]) {
        (TimeShift::NowBack, [by]) => span_of(by)?,
        (TimeShift::NowForward, [by]) => span_of(by)?.checked_neg()?,
        (TimeShift::FirstArgumentBack, [from, by]) if is_now(from) => span_of(by)?,
        (TimeShift::FirstArgumentForward, [from, by]) if is_now(from) => span_of(by)?.checked_neg()?,
        _ => return None,
    };
    (ticks > 0).then_some(TimeSpan(ticks))
}

/// Says whether an expression is `now()` without an argument.
fn is_now(expr: &Expr) -> bool {
    let now = Semantics::TimeShift(TimeShift::NowForward);
    matches!(expr, Expr::Call { function, arguments, .. } if function.semantics == now && arguments.is_empty())
}

/// Computes the ticks of a constant timespan, of a parameter those of its default.
fn span_of(expr: &Expr) -> Option<i64> {
    let value = match fold(expr.clone()) {
        Expr::Literal { value, .. } => Some(value),
        Expr::Parameter { default, .. } => default,
        Expr::Column { .. }
        | Expr::Call { .. }
        | Expr::Outer { .. }
        | Expr::Subquery { .. }
        | Expr::ListSubquery { .. } => None,
    };
    if let Some(Value::TimeSpan(span)) = value { Some(span.0) } else { None }
}
