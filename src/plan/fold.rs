//! Computes calls whose arguments are known, without a run. It must not know rows.

use super::Expr;
use crate::function::{Context, Limits, Volatility};
use crate::types::DateTime;

/// The most bytes that a folded value may have: larger ones are left to the run and its limits.
const MAX_FOLDED_BYTES: usize = 1 << 20;

/// The expression with every call of known values computed.
///
/// A call that fails is left as it is: it fails again in the run, where it is reported.
#[must_use]
pub fn fold(expr: Expr) -> Expr {
    let Expr::Call { function, arguments, returns, output, span } = expr else { return expr };
    let arguments: Vec<Expr> = arguments.into_iter().map(fold).collect();
    let known = arguments.iter().map(|argument| match argument {
        Expr::Literal { value, kind } => Some((value, *kind)),
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
        let context = Context::new(DateTime::MIN, Limits { column_bytes: MAX_FOLDED_BYTES }, 0);
        if let Some(Ok(values)) = function.of_constants(&known, &returns, &context, span)
            && let Some((value, kind)) = values.into_iter().nth(output)
        {
            return Expr::literal(value, kind);
        }
    }
    Expr::Call { function, arguments, returns, output, span }
}
