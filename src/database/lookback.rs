//! How far back a query looks: the constant `ago(…)` and their like in its plan. It must not know tables.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::function::{Semantics, TimeShift};
use crate::plan::{Expr, Plan, fold};
use crate::source::Span;
use crate::types::{TimeSpan, Value};

/// A point in time before `now()` that a query names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lookback {
    /// Where it stands in the query.
    pub span: Span,
    /// How long before `now()` it is.
    pub back: TimeSpan,
}

/// Those of some plans, the longest first.
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

/// How far back a call is, if it is one of these.
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

fn is_now(expr: &Expr) -> bool {
    let now = Semantics::TimeShift(TimeShift::NowForward);
    matches!(expr, Expr::Call { function, arguments, .. } if function.semantics == now && arguments.is_empty())
}

fn span_of(expr: &Expr) -> Option<i64> {
    match fold(expr.clone()) {
        Expr::Literal { value: Value::TimeSpan(span), .. } => Some(span.0),
        Expr::Parameter { default: Some(Value::TimeSpan(span)), .. } => Some(span.0),
        _ => None,
    }
}
