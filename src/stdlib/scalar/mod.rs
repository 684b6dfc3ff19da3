//! Scalar functions, one file a family. It must not know aggregates.

mod string;

use crate::function::Registry;

/// Adds every family.
pub(super) fn register(registry: &mut Registry) {
    for family in [string::FUNCTIONS] {
        registry.add_scalars(family);
    }
}
