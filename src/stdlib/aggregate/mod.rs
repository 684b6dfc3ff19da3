//! Aggregate functions, one file each (or a pair of twins), and what they share: folds, masks, distinct values, picked
//! rows. It must not know scalar functions.

mod arg_max;
mod arguments;
mod avg;
mod binary_all;
mod buildschema;
mod count;
mod dcount;
mod distinct;
mod exact;
mod fixed_point;
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
mod real_states;
mod sum;
mod take_any;
mod tdigest;
#[cfg(test)]
mod tests;
mod variance;
mod wide;

use crate::function::Registry;

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
