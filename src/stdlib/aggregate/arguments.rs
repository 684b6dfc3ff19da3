//! What several aggregates ask of their arguments, and the failure of a call that cannot be answered.

use crate::diagnostic::{Code, Diagnostic};
use crate::function::{AggregateCall, Failure, Result};

/// The failure of a call whose meaning is not known or not built.
pub(super) fn refuse(call: &AggregateCall<'_>, why: &str) -> Failure {
    Box::new(Diagnostic::error(Code::Unsupported, call.span, format!("'{}' {why}", call.name)))
}

/// How many items `make_list`, `make_set` and `make_bag` keep at the most.
pub(super) const MAX_SIZE: usize = 1_048_576;

/// How many items they kept under their old names, unless told otherwise.
pub(super) const OLD_MAX_SIZE: usize = 128;

/// The `maxSize` that is the last argument of a call of two arguments, or what holds without one.
pub(super) fn max_size(call: &AggregateCall<'_>, unless_given: usize) -> Result<usize> {
    if call.arguments.len() < 2 {
        return Ok(unless_given);
    }
    let given = call.constants.get(1).and_then(Option::as_ref).and_then(|value| value.as_long());
    match given.map(usize::try_from) {
        Some(Ok(size)) if size > 0 => Ok(size.min(MAX_SIZE)),
        _ => Err(refuse(call, "takes a size above 0, as a constant")),
    }
}
