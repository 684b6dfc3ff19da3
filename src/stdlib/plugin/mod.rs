//! Plugins, one file each. It must not know scalar functions or aggregates.

mod bag_unpack;

use crate::function::Registry;

/// Adds every plugin.
pub(super) fn register(registry: &mut Registry) {
    for plugin in [&bag_unpack::PLUGIN] {
        registry.add_plugin(plugin);
    }
}
