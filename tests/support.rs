//! SUPPORT.md is made from the entries of the reference and the names that KQL knows, so that it cannot lie: that entries run
//! and other names are refused is tested by `examples.rs` and `known_names.rs`.
//!
//! `KQLITE_UPDATE=1 cargo test --workspace --test support` rewrites it.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that fails should say so")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use kqlite::{Database, EntryKind, Registry};

/// The kinds that have entries of the language, in the order of the page.
const LANGUAGE: [EntryKind; 5] = [
    EntryKind::Statement,
    EntryKind::Source,
    EntryKind::TabularOperator,
    EntryKind::TabularFunction,
    EntryKind::DataType,
];

/// The kinds whose functions stand under several headings.
const FUNCTIONS: [EntryKind; 4] =
    [EntryKind::ScalarOperator, EntryKind::ScalarFunction, EntryKind::AggregateFunction, EntryKind::Plugin];

/// Names as code. What begins with `__` is written by tools alone.
fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> Vec<String> {
    let mut shown: Vec<&str> = names.into_iter().filter(|name| !name.starts_with("__")).collect();
    shown.sort_unstable();
    shown.into_iter().map(|name| format!("`{name}`")).collect()
}

fn missing(registry: &Registry, kind: EntryKind) -> Vec<String> {
    let names = registry.unsupported_names().into_iter().filter(|(_, it)| *it == kind);
    listed(names.map(|(name, _)| name))
}

fn page(registry: &Registry) -> String {
    let mut out = String::from(
        "# What kqlite runs\n\nMade from the reference by `KQLITE_UPDATE=1 cargo test --workspace --test support`; \
         do not edit by hand. `kqlite docs NAME` explains each name that runs.\n\nThe whole language is parsed. What is \
         not listed as running is an `unsupported` error with its name and place.\n\n",
    );
    for kind in LANGUAGE {
        let entries = registry.language_entries().into_iter().filter(|entry| entry.kind == kind);
        let runs = listed(entries.map(|entry| entry.name));
        let _ = writeln!(out, "## {}\n\nRunning ({}): {}.\n", kind.heading(), runs.len(), runs.join(", "));
        let waits = missing(registry, kind);
        if !waits.is_empty() {
            let _ = writeln!(out, "Not yet ({}): {}.\n", waits.len(), waits.join(", "));
        }
    }
    let mut families: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for function in registry.scalars() {
        let names = families.entry(function.category).or_default();
        names.extend(std::iter::once(function.name).chain(function.aliases.iter().copied()));
    }
    let total: usize = families.values().map(Vec::len).sum();
    let _ = writeln!(out, "## Scalar functions and operators ({total})\n");
    for (category, names) in families {
        let names = listed(names);
        let _ = writeln!(out, "**{}** ({}): {}.\n", category.as_str(), names.len(), names.join(", "));
    }
    let aggregates = registry.aggregates();
    let names =
        listed(aggregates.iter().flat_map(|it| std::iter::once(&*it.name).chain(it.aliases.iter().copied())));
    let _ = writeln!(out, "## Aggregate functions ({})\n\n{}.\n", names.len(), names.join(", "));
    let names = listed(registry.plugins().iter().map(|it| it.name));
    let _ = writeln!(out, "## Plugins ({})\n\n{}.\n", names.len(), names.join(", "));
    out.push_str("## Functions known to KQL, not running yet\n\n");
    for kind in FUNCTIONS {
        let names = missing(registry, kind);
        let _ = writeln!(out, "**{}** ({}): {}.\n", kind.heading(), names.len(), names.join(", "));
    }
    out.trim_end().to_owned() + "\n"
}

/// No kind of part is left out of the page.
#[test]
fn every_kind_is_on_the_page() {
    let mut kinds = [&LANGUAGE[..], &FUNCTIONS[..]].concat();
    kinds.sort();
    assert_eq!(kinds, EntryKind::ALL);
}

#[test]
fn the_page_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("SUPPORT.md");
    let page = page(Database::new().registry());
    if std::env::var_os("KQLITE_UPDATE").is_some() {
        std::fs::write(&path, &page).expect("written");
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stored == page,
        "SUPPORT.md is out of date: KQLITE_UPDATE=1 cargo test --workspace --test support"
    );
}
