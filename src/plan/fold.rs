//! Computes calls whose arguments are known, without a run. It must not know rows.

use std::cell::Cell;

use super::Expr;
use crate::budget::Budget;
use crate::function::{Context, FunctionRef, Semantics, Volatility};
use crate::source::Span;
use crate::types::{DateTime, ScalarType, Value};

/// The most bytes that a computed value may have: larger ones are left to the run and its limits.
const MAX_VALUE_BYTES: usize = 64 << 10;

/// The most bytes of arguments that a call is computed of.
const MAX_ARGUMENT_BYTES: usize = 32 << 10;

/// The work that one folder does, in units of [`work_of`].
const MAX_WORK: u64 = 1 << 30;

/// What a call costs that gives more than it may.
const WORK_OF_REFUSED: u64 = 1 << 24;

/// About the most steps that a kernel takes over so many bytes, and what calling it costs: a text may be a regular
/// expression with repetitions or classes, which takes long to compile.
const fn work_of(bytes: usize, has_pattern: bool) -> u64 {
    let call = if has_pattern { 1 << 19 } else { 1 << 12 };
    (bytes as u64).saturating_pow(2).saturating_add(call)
}

/// Computes calls whose arguments are known. All that one does together is bounded; what is left is computed in the run.
#[derive(Debug)]
pub struct ConstantFolder {
    work_left: Cell<u64>,
    bytes_left: Cell<usize>,
}

impl Default for ConstantFolder {
    /// The values take 16 MB at the most.
    fn default() -> Self {
        Self::new(16 << 20)
    }
}

impl ConstantFolder {
    /// A folder whose values take so many bytes at the most.
    #[must_use]
    pub const fn new(bytes: usize) -> Self {
        Self { work_left: Cell::new(MAX_WORK), bytes_left: Cell::new(bytes) }
    }

    /// The expression with every call of known values computed.
    ///
    /// A call that fails is left as it is: it fails again in the run, where it is reported.
    #[must_use]
    pub fn fold(&self, expr: Expr) -> Expr {
        let Expr::Call { function, arguments, returns, output, span, mut unfoldable } = expr else {
            return expr;
        };
        if unfoldable {
            return Expr::Call { function, arguments, returns, output, span, unfoldable };
        }
        let mut arguments: Vec<Expr> = arguments.into_iter().map(|argument| self.fold(argument)).collect();
        if let Some(known) = decide(function.semantics, &mut arguments) {
            return known;
        }
        if function.volatility == Volatility::Immutable
            && arguments.iter().all(|it| it.as_literal().is_some())
        {
            match self.value_of(&function, &arguments, &returns, output, span) {
                Some(known) => return known,
                None => unfoldable = true,
            }
        }
        Expr::Call { function, arguments, returns, output, span, unfoldable }
    }

    /// What a call of known values gives; `None` where it is not to be known now.
    fn value_of(
        &self,
        function: &FunctionRef,
        arguments: &[Expr],
        returns: &[ScalarType],
        output: usize,
        span: Span,
    ) -> Option<Expr> {
        let mut known = Vec::with_capacity(arguments.len());
        let mut bytes = 0;
        for argument in arguments {
            let Expr::Literal { value, data_type } = argument else { return None };
            bytes = value.byte_size().saturating_add(bytes);
            known.push((value, *data_type));
        }
        if bytes > MAX_ARGUMENT_BYTES {
            return None;
        }
        let is_pattern = |value: &Value| value.as_str().is_some_and(|text| text.contains(['{', '\\']));
        let has_pattern = known.iter().any(|(value, _)| is_pattern(value));
        self.spend(work_of(bytes, has_pattern))?;
        // Immutable functions read no clock and no random numbers: any context does.
        let context = Context::new(DateTime::MIN, Budget::of_bytes(MAX_VALUE_BYTES), 0);
        let found = match function.of_constants(&known, returns, &context, span)? {
            Ok((values, _)) => values.into_iter().nth(output),
            Err(failure) if failure.code.is_limit() => None,
            Err(_) => return None,
        };
        let known = found.and_then(|(value, data_type)| {
            let bytes = value.byte_size();
            if bytes > MAX_VALUE_BYTES {
                return None;
            }
            Some((Expr::literal(value, data_type), bytes))
        });
        let Some((known, bytes)) = known else {
            self.spend(WORK_OF_REFUSED);
            return None;
        };
        match self.bytes_left.get().checked_sub(bytes) {
            Some(left) => self.bytes_left.set(left),
            None => {
                self.work_left.set(0);
                return None;
            }
        }
        Some(known)
    }

    /// Takes from the work that is left; `None` where there is not enough.
    fn spend(&self, work: u64) -> Option<()> {
        let left = self.work_left.get().checked_sub(work);
        self.work_left.set(left.unwrap_or(0));
        left.map(|_| ())
    }
}

/// The expression with every call of known values computed.
#[must_use]
pub fn fold(expr: Expr) -> Expr {
    ConstantFolder::default().fold(expr)
}

/// Leaves out operands of `and` and `or` that change nothing. Gives the result where an operand decides it, or where one
/// alone is left.
fn decide(semantics: Semantics, operands: &mut Vec<Expr>) -> Option<Expr> {
    let deciding = match semantics {
        Semantics::And => false,
        Semantics::Or => true,
        Semantics::Opaque
        | Semantics::IngestionTime
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
