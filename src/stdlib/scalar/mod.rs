//! Scalar functions, one file a family. It must not know aggregates.

mod bin;
mod datetime;
mod rows;
mod string;

use crate::function::Registry;

/// Adds every family.
pub(super) fn register(registry: &mut Registry) {
    for family in [bin::FUNCTIONS, datetime::FUNCTIONS, string::FUNCTIONS] {
        registry.add_scalars(family);
    }
}
