//! Plugins, one file each. It must not know the entries of scalar functions or
//! aggregates.

mod active_users_count;
mod activity_counts_metrics;
mod activity_engagement;
mod activity_metrics;
mod arguments;
mod autocluster;
mod bag_unpack;
mod basket;
mod dcount_intersect;
mod diffpatterns;
mod funnel_sequence_completion;
mod geo_lookup;
mod identity;
mod ip_lookup;
mod narrow;
mod new_activity_metrics;
mod numbers;
mod patterns;
mod pivot;
mod preview;
mod reduce;
mod refused;
mod rolling_percentile;
mod rows_near;
mod schema_merge;
mod sequence_detect;
mod session_count;
mod sliding_window_counts;
mod timeline;

use crate::function::{Plugin, Registry};
use crate::reference::EntryKind;

const PLUGINS: &[Plugin] = &[
    active_users_count::PLUGIN,
    activity_counts_metrics::PLUGIN,
    activity_engagement::PLUGIN,
    activity_metrics::PLUGIN,
    autocluster::PLUGIN,
    bag_unpack::PLUGIN,
    basket::PLUGIN,
    dcount_intersect::PLUGIN,
    diffpatterns::PLUGIN,
    funnel_sequence_completion::PLUGIN,
    geo_lookup::LINES,
    geo_lookup::POLYGONS,
    identity::PLUGIN,
    ip_lookup::IPV4,
    ip_lookup::IPV6,
    narrow::PLUGIN,
    new_activity_metrics::PLUGIN,
    pivot::PLUGIN,
    preview::PLUGIN,
    rolling_percentile::PLUGIN,
    rows_near::PLUGIN,
    schema_merge::PLUGIN,
    sequence_detect::PLUGIN,
    session_count::PLUGIN,
    sliding_window_counts::PLUGIN,
];

/// Adds every plugin, and why others are none.
pub(super) fn register(registry: &mut Registry) {
    registry.add_plugins(PLUGINS);
    registry.add_internal_plugins(&[&reduce::PLUGIN]);
    registry.add_refusals(EntryKind::Plugin, refused::REFUSALS);
}
