//! Computes calls whose arguments are known, without a run. It must not know rows.

use std::cell::Cell;

use super::Expr;
use crate::function::{Context, FunctionRef, KernelLimits, Semantics, Volatility};
use crate::source::Span;
use crate::types::{DateTime, Dynamic, ScalarType, Value};

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
            bytes += bytes_up_to(value, MAX_ARGUMENT_BYTES)?;
            known.push((value, *data_type));
        }
        if bytes > MAX_ARGUMENT_BYTES {
            return None;
        }
        let is_pattern = |value: &Value| value.as_str().is_some_and(|text| text.contains(['{', '\\']));
        let has_pattern = known.iter().any(|(value, _)| is_pattern(value));
        self.spend(work_of(bytes, has_pattern))?;
        // Immutable functions read no clock and no random numbers: any context does.
        let context = Context::new(DateTime::MIN, KernelLimits { column_bytes: MAX_VALUE_BYTES }, 0);
        let found = match function.of_constants(&known, returns, &context, span)? {
            Ok(values) => values.into_iter().nth(output),
            Err(failure) if failure.code.is_limit() => None,
            Err(_) => return None,
        };
        let known = found.and_then(|(value, data_type)| {
            let bytes = bytes_up_to(&value, MAX_VALUE_BYTES)?;
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

/// About how many bytes a value takes; `None` if they are more than `max`. What it shares counts as often as it stands
/// there, so that a small tree may have a large value.
fn bytes_up_to(value: &Value, max: usize) -> Option<usize> {
    let bytes = match value {
        Value::String(text) => text.len(),
        Value::Dynamic(dynamic) => {
            let mut left = max;
            take_bytes(dynamic, &mut left)?;
            max - left
        }
        _ => 0,
    };
    (bytes <= max).then_some(bytes)
}

/// Takes the bytes of a dynamic value from those that are left; each level takes some, which bounds the depth.
fn take_bytes(value: &Dynamic, left: &mut usize) -> Option<()> {
    let own = match value {
        Dynamic::String(text) => text.len(),
        _ => 0,
    };
    *left = left.checked_sub(own + size_of::<Dynamic>())?;
    match value {
        Dynamic::Array(items) => items.iter().try_for_each(|item| take_bytes(item, left)),
        Dynamic::Bag(bag) => bag.iter().try_for_each(|(key, item)| {
            *left = left.checked_sub(key.len())?;
            take_bytes(item, left)
        }),
        _ => Some(()),
    }
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
