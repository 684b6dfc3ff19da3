//! The functions by name. It must not know any of them: the caller fills it.

use std::collections::HashMap;

use super::{AggregateFunction, Plugin, ScalarFunction};

/// What a name stands for that KQL knows and this engine does not run yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unbuilt {
    /// A scalar function.
    Scalar,
    /// An aggregate function.
    Aggregate,
    /// A plugin.
    Plugin,
}

impl Unbuilt {
    /// The word for it in messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scalar => "function",
            Self::Aggregate => "aggregate function",
            Self::Plugin => "plugin",
        }
    }
}

/// Scalar and aggregate functions by name, aliases included.
#[derive(Debug, Default)]
pub struct Registry {
    scalars: HashMap<&'static str, &'static ScalarFunction>,
    aggregates: HashMap<&'static str, &'static AggregateFunction>,
    plugins: HashMap<&'static str, &'static Plugin>,
    unbuilt: HashMap<&'static str, Unbuilt>,
}

impl Registry {
    /// Adds scalar functions; a name that is there already is replaced.
    pub fn add_scalars(&mut self, functions: &'static [ScalarFunction]) {
        for function in functions {
            for name in std::iter::once(&function.name).chain(function.aliases) {
                self.scalars.insert(name, function);
            }
        }
    }

    /// Adds an aggregate function.
    pub fn add_aggregate(&mut self, function: &'static AggregateFunction) {
        for name in std::iter::once(&function.name).chain(function.aliases) {
            self.aggregates.insert(name, function);
        }
    }

    /// Adds a plugin; one of that name is replaced.
    pub fn add_plugin(&mut self, plugin: &'static Plugin) {
        self.plugins.insert(plugin.name, plugin);
    }

    /// Adds names that KQL knows and this engine does not run yet; those that are built are passed over.
    pub fn add_unbuilt(&mut self, what: Unbuilt, names: &'static [&'static str]) {
        for name in names {
            let built = match what {
                Unbuilt::Scalar | Unbuilt::Aggregate => {
                    self.scalars.contains_key(name) || self.aggregates.contains_key(name)
                }
                Unbuilt::Plugin => self.plugins.contains_key(name),
            };
            if !built {
                self.unbuilt.insert(name, what);
            }
        }
    }

    /// The scalar function of a name.
    #[must_use]
    pub fn scalar(&self, name: &str) -> Option<&'static ScalarFunction> {
        self.scalars.get(name).copied()
    }

    /// The aggregate function of a name.
    #[must_use]
    pub fn aggregate(&self, name: &str) -> Option<&'static AggregateFunction> {
        self.aggregates.get(name).copied()
    }

    /// The plugin of a name.
    #[must_use]
    pub fn plugin(&self, name: &str) -> Option<&'static Plugin> {
        self.plugins.get(name).copied()
    }

    /// Every plugin, by name.
    #[must_use]
    pub fn plugins(&self) -> Vec<&'static Plugin> {
        let mut all: Vec<_> = self.plugins.values().copied().collect();
        all.sort_by_key(|plugin| plugin.name);
        all
    }

    /// What a name stands for that is known, but not built.
    #[must_use]
    pub fn unbuilt(&self, name: &str) -> Option<Unbuilt> {
        self.unbuilt.get(name).copied()
    }

    /// Every scalar function once, by name.
    #[must_use]
    pub fn scalars(&self) -> Vec<&'static ScalarFunction> {
        let mut all: Vec<_> =
            self.scalars.iter().filter(|(name, it)| **name == it.name).map(|(_, it)| *it).collect();
        all.sort_by_key(|function| function.name);
        all
    }

    /// Every aggregate function once, by name.
    #[must_use]
    pub fn aggregates(&self) -> Vec<&'static AggregateFunction> {
        let mut all: Vec<_> =
            self.aggregates.iter().filter(|(name, it)| **name == it.name).map(|(_, it)| *it).collect();
        all.sort_by_key(|function| function.name);
        all
    }

    /// Every known name that is not built, by name.
    #[must_use]
    pub fn unbuilt_names(&self) -> Vec<(&'static str, Unbuilt)> {
        let mut all: Vec<_> = self.unbuilt.iter().map(|(name, what)| (*name, *what)).collect();
        all.sort_unstable_by_key(|(name, _)| *name);
        all
    }

    /// Every name that a scalar function can be called by, for suggestions.
    pub fn scalar_names(&self) -> impl Iterator<Item = &'static str> {
        self.scalars.keys().copied()
    }

    /// Every name that an aggregate function can be called by, for suggestions.
    pub fn aggregate_names(&self) -> impl Iterator<Item = &'static str> {
        self.aggregates.keys().copied()
    }
}
