//! Calls that name a point in time before `now()`: `ago(…)` and their like. It must not know plans.

use super::Expr;
use crate::function::{Semantics, TimeShift};
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

impl Lookback {
    /// The point in time that a call names, if it is one before `now()` and known; `fold` computes constants.
    pub(crate) fn of(expr: &Expr, fold: impl FnOnce(Expr) -> Expr) -> Option<Self> {
        let Expr::Call { function, arguments, span, .. } = expr else { return None };
        let Semantics::TimeShift(shift) = function.semantics else { return None };
        let ticks = match (shift, &arguments[..]) {
            (TimeShift::NowBack, [by]) => span_of(by, fold)?,
            (TimeShift::NowForward, [by]) => span_of(by, fold)?.checked_neg()?,
            (TimeShift::FirstArgumentBack, [from, by]) if is_now(from) => span_of(by, fold)?,
            (TimeShift::FirstArgumentForward, [from, by]) if is_now(from) => {
                span_of(by, fold)?.checked_neg()?
            }
            _ => return None,
        };
        (ticks > 0).then_some(Self { span: *span, back: TimeSpan(ticks) })
    }

    /// Puts lookbacks in their order: the longest first, each once.
    pub(crate) fn sorted(mut found: Vec<Self>) -> Vec<Self> {
        found.sort_by_key(|it| (std::cmp::Reverse(it.back), it.span.start));
        found.dedup();
        found
    }
}

/// Says whether an expression is `now()` without an argument.
fn is_now(expr: &Expr) -> bool {
    let now = Semantics::TimeShift(TimeShift::NowForward);
    matches!(expr, Expr::Call { function, arguments, .. } if function.semantics == now && arguments.is_empty())
}

/// Computes the ticks of a constant timespan, of a parameter those of its default.
fn span_of(expr: &Expr, fold: impl FnOnce(Expr) -> Expr) -> Option<i64> {
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
