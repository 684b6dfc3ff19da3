//! Computes calls whose arguments are known, without a run. It must not know rows.

use super::Expr;
use crate::column::Column;
use crate::function::{Call, Context, Kernel, Limits, Volatility};
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
    let known = arguments.iter().all(|argument| matches!(argument, Expr::Literal { .. }));
    if let (true, Volatility::Immutable, Kernel::Rows(kernel), [kind]) =
        (known, function.volatility, function.kernel, &returns[..])
    {
        let columns: Vec<Column> = arguments
            .iter()
            .filter_map(|argument| match argument {
                Expr::Literal { value, kind } => Some(Column::constant(value.clone(), *kind, 1)),
                _ => None,
            })
            .collect();
        // Immutable functions read no clock and no random numbers: any context does.
        let context = Context::new(DateTime::MIN, Limits { column_bytes: MAX_FOLDED_BYTES }, 0);
        let call = Call {
            name: function.name,
            arguments: &columns,
            rows: 1,
            returns: *kind,
            kinds: &returns,
            context: &context,
            span,
        };
        if let Ok(column) = kernel(&call) {
            return Expr::literal(column.value(0), *kind);
        }
    }
    Expr::Call { function, arguments, returns, output, span }
}
