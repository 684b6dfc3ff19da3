//! The functions and the other parts of the language by name. It must not know any of them: the caller fills it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::conditional::twin;
use super::{
    AggregateEntry, AggregateFunction, AggregateUdf, FunctionRef, Plugin, ScalarFunction, ScalarUdf,
    Semantics,
};
use crate::reference::{EntryKind, LanguageEntry, Refusal};
use crate::types::ScalarType;

/// Functions, plugins and the entries of the other parts of the language by name, aliases included.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    scalars: HashMap<&'static str, FunctionRef>,
    internals: HashMap<&'static str, FunctionRef>,
    internal_plugins: HashMap<&'static str, &'static Plugin>,
    conversions: HashMap<ScalarType, &'static ScalarFunction>,
    aggregates: HashMap<Cow<'static, str>, Arc<AggregateFunction>>,
    plugins: HashMap<&'static str, &'static Plugin>,
    refusals: Vec<(EntryKind, &'static Refusal)>,
    language: Vec<&'static LanguageEntry>,
    known: Vec<(&'static str, EntryKind)>,
}

impl Registry {
    /// Adds scalar functions; a name that is there already is replaced.
    pub fn add_scalars(&mut self, functions: &'static [ScalarFunction]) {
        for function in functions {
            for name in std::iter::once(&function.name).chain(function.aliases) {
                self.scalars.insert(name, function.into());
            }
            if let Semantics::ConversionTo(kind) = function.semantics {
                self.conversions.insert(kind, function);
            }
        }
    }

    /// Adds scalar functions that no query can name: parts of what operators do.
    pub(crate) fn add_internals(&mut self, functions: &'static [ScalarFunction]) {
        self.internals.extend(functions.iter().map(|function| (function.name, function.into())));
    }

    /// Adds a scalar function that a program brings; one of the name that is there already is replaced.
    pub fn add_scalar_udf(&mut self, function: ScalarUdf) {
        let function = FunctionRef::Udf(Arc::new(function));
        self.scalars.insert(function.name, function);
    }

    /// Adds an aggregate function that a program brings; one of the name that is there already is replaced.
    pub fn add_aggregate_udf(&mut self, function: AggregateUdf) {
        self.add_aggregate(function.into_function());
    }

    /// Adds aggregate functions and their conditional twins; names that are there already are replaced.
    pub fn add_aggregates(&mut self, entries: &'static [AggregateEntry]) {
        for entry in entries {
            self.add_aggregate(entry.into());
            if let Some(conditional) = &entry.conditional {
                self.add_aggregate(twin(entry, conditional));
            }
        }
    }

    /// Adds an aggregate function; names that are there already are replaced.
    pub fn add_aggregate(&mut self, function: AggregateFunction) {
        let function = Arc::new(function);
        for name in function.aliases {
            self.aggregates.insert(Cow::Borrowed(name), function.clone());
        }
        self.aggregates.insert(function.name.clone(), function);
    }

    /// Adds plugins; one of a name that is there already is replaced.
    pub fn add_plugins(&mut self, plugins: &'static [Plugin]) {
        self.plugins.extend(plugins.iter().map(|plugin| (plugin.name, plugin)));
    }

    /// Adds what operators do with all rows at once: plugins that no query can call.
    pub(crate) fn add_internal_plugins(&mut self, plugins: &[&'static Plugin]) {
        self.internal_plugins.extend(plugins.iter().map(|plugin| (plugin.name, *plugin)));
    }

    /// Adds the entries of parts of the language that are no functions.
    pub fn add_language(&mut self, entries: &'static [LanguageEntry]) {
        self.language.extend(entries);
    }

    /// Adds names that KQL knows; some of them may have entries.
    pub fn add_known(&mut self, kind: EntryKind, names: &'static [&'static str]) {
        self.known.extend(names.iter().map(|name| (*name, kind)));
    }

    /// Says of names without an entry why they have none, and what to do in their place.
    pub fn add_refusals(&mut self, kind: EntryKind, refusals: &'static [Refusal]) {
        self.refusals.extend(refusals.iter().map(|it| (kind, it)));
    }

    /// Why a name that KQL knows will not run, and what to do in its place, if that is said of it.
    #[must_use]
    pub fn refusal(&self, name: &str, kind: EntryKind) -> Option<(&'static str, &'static str)> {
        let found = self.refusals.iter().find(|(of, it)| *of == kind && it.names.contains(&name));
        found.map(|(_, it)| (it.reason, it.instead))
    }

    /// What a name stands for beside functions; most names stand for one thing at most.
    #[must_use]
    pub fn language(&self, name: &str) -> Vec<&'static LanguageEntry> {
        self.language.iter().copied().filter(|entry| entry.names().any(|it| it == name)).collect()
    }

    /// Every part of the language that is no function, by kind and name.
    #[must_use]
    pub fn language_entries(&self) -> Vec<&'static LanguageEntry> {
        let mut all = self.language.clone();
        all.sort_by_key(|entry| (entry.kind, entry.name));
        all
    }

    /// The scalar function of a name.
    #[must_use]
    pub fn scalar(&self, name: &str) -> Option<&FunctionRef> {
        self.scalars.get(name)
    }

    /// The name of the function that does the same as this one, but minds the case of texts.
    #[must_use]
    pub fn minding_case(&self, name: &str) -> Option<&'static str> {
        self.scalars.values().find(|it| it.ignoring_case == Some(name)).map(|it| it.name)
    }

    /// The scalar function of a name that no query can write.
    #[must_use]
    pub(crate) fn internal(&self, name: &str) -> Option<&FunctionRef> {
        self.internals.get(name)
    }

    /// The plugin of a name that no query can call.
    #[must_use]
    pub(crate) fn internal_plugin(&self, name: &str) -> Option<&'static Plugin> {
        self.internal_plugins.get(name).copied()
    }

    /// The function that converts values to a type.
    #[must_use]
    pub fn conversion_to(&self, data_type: ScalarType) -> Option<&'static ScalarFunction> {
        self.conversions.get(&data_type).copied()
    }

    /// The function with a meaning that only one function has: `and`, `or`.
    #[must_use]
    pub fn of_semantics(&self, semantics: Semantics) -> Option<&FunctionRef> {
        self.scalars.values().find(|function| function.semantics == semantics)
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

    /// The aggregate function of a name.
    #[must_use]
    pub fn aggregate(&self, name: &str) -> Option<&Arc<AggregateFunction>> {
        self.aggregates.get(name)
    }

    /// What a name stands for that KQL knows and that has no entry here.
    pub fn unsupported(&self, name: &str) -> impl Iterator<Item = EntryKind> {
        let is_missing = move |kind: &EntryKind| !self.has_entry(name, *kind);
        self.known.iter().filter(move |(known, _)| *known == name).map(|(_, kind)| *kind).filter(is_missing)
    }

    /// Whether a part of the language of this kind is called so.
    fn has_entry(&self, name: &str, kind: EntryKind) -> bool {
        match kind {
            EntryKind::ScalarFunction | EntryKind::AggregateFunction | EntryKind::ScalarOperator => {
                self.scalars.contains_key(name) || self.aggregates.contains_key(name)
            }
            EntryKind::Plugin => self.plugins.contains_key(name),
            EntryKind::Statement
            | EntryKind::Source
            | EntryKind::TabularOperator
            | EntryKind::TabularFunction
            | EntryKind::DataType => self.language(name).iter().any(|entry| entry.kind == kind),
        }
    }

    /// Every scalar function once, by name.
    #[must_use]
    pub fn scalars(&self) -> Vec<&FunctionRef> {
        let mut all: Vec<_> =
            self.scalars.iter().filter(|(name, it)| **name == it.name).map(|(_, it)| it).collect();
        all.sort_by_key(|function| function.name);
        all
    }

    /// Every aggregate function once, by name.
    #[must_use]
    pub fn aggregates(&self) -> Vec<&AggregateFunction> {
        let mut all: Vec<&AggregateFunction> =
            self.aggregates.iter().filter(|(name, it)| **name == it.name).map(|(_, it)| &**it).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// Every name that KQL knows, by name; one that stands for several things is there several times.
    #[must_use]
    pub fn known_names(&self) -> Vec<(&'static str, EntryKind)> {
        let mut all = self.known.clone();
        all.sort_by_key(|(name, _)| *name);
        all
    }

    /// The names that KQL knows and that have no entry here, by name.
    #[must_use]
    pub fn unsupported_names(&self) -> Vec<(&'static str, EntryKind)> {
        let mut all = self.known_names();
        all.retain(|(name, kind)| !self.has_entry(name, *kind));
        all
    }

    /// Every name that a scalar function can be called by, for suggestions.
    pub fn scalar_names(&self) -> impl Iterator<Item = &str> {
        self.scalars.keys().copied()
    }

    /// Every name that an aggregate function can be called by, for suggestions.
    pub fn aggregate_names(&self) -> impl Iterator<Item = &str> {
        self.aggregates.keys().map(|name| &**name)
    }
}
