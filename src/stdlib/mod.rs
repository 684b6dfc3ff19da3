//! The standard library: every function that the engine runs, one entry each. It must not know plans or queries.

mod aggregate;
mod ip_network;
mod kql_names;
mod plugin;
mod scalar;
mod sketch;
#[cfg(test)]
mod tests;

use crate::function::Registry;

/// Every function of the standard library by name.
#[must_use]
pub fn registry() -> Registry {
    let mut registry = Registry::default();
    scalar::register(&mut registry);
    aggregate::register(&mut registry);
    plugin::register(&mut registry);
    kql_names::register(&mut registry);
    registry
}
