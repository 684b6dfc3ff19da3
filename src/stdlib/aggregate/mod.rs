//! Aggregate functions, one file each (or a pair of twins), and what they share: folds, masks, distinct values, picked
//! rows. It must not know scalar functions.

mod arg_max;
mod avg;
mod binary_all;
mod buildschema;
mod count;
mod dcount;
mod distinct;
mod fold;
mod hll;
mod make_bag;
mod make_list;
mod make_set;
mod min_max;
mod order;
mod percentile;
mod pick;
mod read;
mod sum;
mod take_any;
mod tdigest;
#[cfg(test)]
mod tests;
mod variance;

use crate::diagnostic::{Code, Diagnostic};
use crate::function::{AggregateCall, Failure, Registry, Result};

/// Adds every aggregate.
pub(super) fn register(registry: &mut Registry) {
    for functions in [
        arg_max::FUNCTIONS,
        avg::FUNCTIONS,
        binary_all::FUNCTIONS,
        buildschema::FUNCTIONS,
        count::FUNCTIONS,
        dcount::FUNCTIONS,
        hll::FUNCTIONS,
        make_bag::FUNCTIONS,
        make_list::FUNCTIONS,
        make_set::FUNCTIONS,
        min_max::FUNCTIONS,
        percentile::FUNCTIONS,
        sum::FUNCTIONS,
        take_any::FUNCTIONS,
        tdigest::FUNCTIONS,
        variance::FUNCTIONS,
    ] {
        registry.add_aggregates(functions);
    }
}

/// The failure of a call whose meaning is not known or not built.
fn refuse(call: &AggregateCall<'_>, why: &str) -> Failure {
    Box::new(Diagnostic::error(Code::Unsupported, call.span, format!("'{}' {why}", call.name)))
}

/// How many items `make_list`, `make_set` and `make_bag` keep at the most.
const MAX_SIZE: usize = 1_048_576;

/// How many items they kept under their old names, unless told otherwise.
const OLD_MAX_SIZE: usize = 128;

/// The `maxSize` that is the last argument of a call of two arguments, or what holds without one.
fn max_size(call: &AggregateCall<'_>, unless_given: usize) -> Result<usize> {
    if call.arguments.len() < 2 {
        return Ok(unless_given);
    }
    let given = call.constants.get(1).and_then(Option::as_ref).and_then(|value| value.as_long());
    match given.map(usize::try_from) {
        Some(Ok(size)) if size > 0 => Ok(size.min(MAX_SIZE)),
        _ => Err(refuse(call, "takes a size above 0, as a constant")),
    }
}
