//! The standard library: every function that the engine runs, one entry each. It must not know plans or queries.

mod aggregate;
mod scalar;
mod sketch;
#[cfg(test)]
mod tests;
mod unbuilt;

use crate::function::Registry;

/// Every function of the standard library by name.
#[must_use]
pub fn registry() -> Registry {
    let mut registry = Registry::default();
    scalar::register(&mut registry);
    aggregate::register(&mut registry);
    unbuilt::register(&mut registry);
    registry
}
