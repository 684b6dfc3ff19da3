//! Computes calls whose arguments are known, without a run. It must not know rows.

use super::Expr;
use crate::budget::Budget;
use crate::function::{Context, Semantics, Volatility};
use crate::types::{DateTime, ScalarType, Value};

/// The most bytes that a folded value may have: larger ones are left to the run and its limits.
const MAX_FOLDED_BYTES: usize = 1 << 20;

/// The expression with every call of known values computed.
///
/// A call that fails is left as it is: it fails again in the run, where it is reported.
#[must_use]
pub fn fold(expr: Expr) -> Expr {
    let Expr::Call { function, arguments, returns, output, span } = expr else { return expr };
    let mut arguments: Vec<Expr> = arguments.into_iter().map(fold).collect();
    if let Some(known) = decide(function.semantics, &mut arguments) {
        return known;
    }
    let known = arguments.iter().map(|argument| match argument {
        Expr::Literal { value, data_type } => Some((value, *data_type)),
        Expr::Column { .. }
        | Expr::Parameter { .. }
        | Expr::Call { .. }
        | Expr::Outer { .. }
        | Expr::Subquery { .. }
        | Expr::ListSubquery { .. } => None,
    });
    if function.volatility == Volatility::Immutable
        && let Some(known) = known.collect::<Option<Vec<_>>>()
    {
        // Immutable functions read no clock and no random numbers: any context does.
        let context = Context::new(DateTime::MIN, Budget::of_bytes(MAX_FOLDED_BYTES), 0);
        if let Some(Ok((values, _))) = function.of_constants(&known, &returns, &context, span)
            && let Some((value, data_type)) = values.into_iter().nth(output)
        {
            return Expr::literal(value, data_type);
        }
    }
    Expr::Call { function, arguments, returns, output, span }
}

/// Leaves out operands of `and` and `or` that change nothing. Gives the result where an operand decides it, or where one
/// alone is left.
fn decide(semantics: Semantics, operands: &mut Vec<Expr>) -> Option<Expr> {
    let deciding = match semantics {
        Semantics::And => false,
        Semantics::Or => true,
        Semantics::Opaque
        | Semantics::Not
        | Semantics::Choice
        | Semantics::FirstPresent
        | Semantics::Item
        | Semantics::Member
        | Semantics::TimeShift(_)
        | Semantics::ConversionTo(_)
        | Semantics::Comparison(_) => return None,
    };
    let is = |operand: &Expr, known: bool| matches!(operand, Expr::Literal { value: Value::Bool(value), .. } if *value == known);
    if let Some(decided) = operands.iter().find(|it| is(it, deciding)) {
        return Some(decided.clone());
    }
    // One is left where all are neutral. A null is not: `null and false` is false.
    while let Some(at) = operands.iter().position(|it| is(it, !deciding)).filter(|_| operands.len() > 1) {
        operands.remove(at);
    }
    match &operands[..] {
        [alone] if alone.scalar_type() == ScalarType::Bool => Some(alone.clone()),
        _ => None,
    }
}
