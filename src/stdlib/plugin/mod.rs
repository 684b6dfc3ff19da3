//! Plugins, one file each. It must not know scalar functions or aggregates.

mod bag_unpack;

use crate::function::{Plugin, Registry};

const PLUGINS: &[Plugin] = &[bag_unpack::PLUGIN];

/// Adds every plugin.
pub(super) fn register(registry: &mut Registry) {
    registry.add_plugins(PLUGINS);
}
