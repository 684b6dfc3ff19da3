//! Plugins, one file each. It must not know scalar functions or aggregates.

mod autocluster;
mod bag_unpack;
mod basket;
mod diffpatterns;
mod narrow;
mod patterns;
mod reduce;

use crate::function::{Plugin, Registry};

const PLUGINS: &[Plugin] =
    &[autocluster::PLUGIN, bag_unpack::PLUGIN, basket::PLUGIN, diffpatterns::PLUGIN, narrow::PLUGIN];

/// Adds every plugin.
pub(super) fn register(registry: &mut Registry) {
    registry.add_plugins(PLUGINS);
    registry.add_internal_plugins(&[&reduce::PLUGIN]);
}
