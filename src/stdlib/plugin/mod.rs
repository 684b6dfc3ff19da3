//! Plugins, one file each. It must not know scalar functions or aggregates.

mod bag_unpack;
mod narrow;
mod reduce;

use crate::function::{Plugin, Registry};

const PLUGINS: &[Plugin] = &[bag_unpack::PLUGIN, narrow::PLUGIN];

/// Adds every plugin.
pub(super) fn register(registry: &mut Registry) {
    registry.add_plugins(PLUGINS);
    registry.add_internal_plugins(&[&reduce::PLUGIN]);
}
