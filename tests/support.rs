//! SUPPORT.md is made from the registry and the grammar of operators, so that it cannot lie.
//!
//! `KQLITE_UPDATE=1 cargo test --workspace --test support` rewrites it.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that fails should say so")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use kqlite::{Code, Database, KnownName, ScalarType, Schema};

/// Every tabular operator with a query that uses it over the table T.
const OPERATORS: &[(&str, &str)] = &[
    ("as", "T | as X"),
    ("assert-schema", "T | project a | assert-schema (a: long)"),
    ("consume", "T | consume"),
    ("count", "T | count"),
    ("datatable", "datatable (x: long) [1]"),
    ("distinct", "T | distinct a"),
    ("evaluate", "T | evaluate bag_unpack(d)"),
    ("extend", "T | extend x = a"),
    ("externaldata", "externaldata (x: string) ['https://example.com/x.csv']"),
    ("facet", "T | facet by a"),
    ("find", "find in (T) where a == 1"),
    ("fork", "T | fork (take 1) (count)"),
    ("getschema", "T | getschema"),
    ("graph-match", "T | make-graph s --> s | graph-match (n) project n.s"),
    ("invoke", "let f = (X: (*)) { X | take 1 }; T | invoke f()"),
    ("join", "T | join kind=inner T on a"),
    ("lookup", "T | lookup T on a"),
    ("macro-expand", "macro-expand entity_group [database('a')] as X (X.T)"),
    ("make-graph", "T | make-graph s --> s"),
    ("make-series", "T | make-series count() on t from ago(1d) to now() step 1h"),
    ("mv-apply", "T | mv-apply d on (take 1)"),
    ("mv-expand", "T | mv-expand d"),
    ("parse", "T | parse s with 'x' y"),
    ("parse-kv", "T | parse-kv s as (x: string)"),
    ("parse-where", "T | parse-where s with 'x' y"),
    ("partition", "T | partition by a (take 1)"),
    ("print", "print x = 1"),
    ("project", "T | project a"),
    ("project-away", "T | project-away a"),
    ("project-by-names", "T | project-by-names 'a'"),
    ("project-keep", "T | project-keep a"),
    ("project-rename", "T | project-rename x = a"),
    ("project-reorder", "T | project-reorder s"),
    ("range", "range x from 1 to 3 step 1"),
    ("reduce", "T | reduce by s"),
    ("render", "T | render table"),
    ("sample", "T | sample 1"),
    ("sample-distinct", "T | sample-distinct 1 of a"),
    ("scan", "T | sort by a | scan with (step s1: true;)"),
    ("search", "search in (T) 'x'"),
    ("serialize", "T | serialize"),
    ("sort", "T | sort by a"),
    ("summarize", "T | summarize count() by a"),
    ("take", "T | take 1"),
    ("top", "T | top 1 by a"),
    ("top-hitters", "T | top-hitters 1 of a"),
    ("top-nested", "T | top-nested 1 of a by count()"),
    ("union", "T | union T"),
    ("where", "T | where a == 1"),
];

fn database() -> Database {
    let mut db = Database::new();
    let schema = [
        ("a", ScalarType::Long),
        ("s", ScalarType::String),
        ("d", ScalarType::Dynamic),
        ("t", ScalarType::DateTime),
    ];
    db.declare("T", Schema::new(schema));
    db
}

fn page(db: &Database) -> String {
    let mut out = String::from(
        "# What kqlite runs\n\nMade from the registry by `KQLITE_UPDATE=1 cargo test --workspace --test support`; \
         do not edit by hand.\n\nThe whole language is parsed. What is not listed as running is an `unsupported` \
         error with its name and place.\n\n## Tabular operators\n\n",
    );
    let (mut runs, mut waits) = (Vec::new(), Vec::new());
    for (name, query) in OPERATORS {
        let check = db.check(query);
        if check.diagnostics().iter().any(|it| it.code == Code::Unsupported) {
            waits.push(format!("`{name}`"));
        } else {
            assert!(check.is_ok(), "{query}: {:?}", check.diagnostics());
            runs.push(format!("`{name}`"));
        }
    }
    let _ = writeln!(out, "Running ({}): {}.\n", runs.len(), runs.join(", "));
    let _ = writeln!(out, "Not yet ({}): {}.\n", waits.len(), waits.join(", "));
    let mut families: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for function in db.registry().scalars() {
        for name in std::iter::once(&function.name).chain(function.aliases) {
            families.entry(function.category).or_default().push(format!("`{name}`"));
        }
    }
    let total: usize = families.values().map(Vec::len).sum();
    let _ = writeln!(out, "## Scalar functions and operators ({total})\n");
    for (category, mut names) in families {
        names.sort();
        let _ = writeln!(out, "**{}** ({}): {}.\n", category.as_str(), names.len(), names.join(", "));
    }
    let mut names: Vec<String> = db
        .registry()
        .aggregates()
        .iter()
        .flat_map(|it| std::iter::once(&*it.name).chain(it.aliases.iter().copied()))
        .map(|name| format!("`{name}`"))
        .collect();
    names.sort();
    let _ = writeln!(out, "## Aggregate functions ({})\n\n{}.\n", names.len(), names.join(", "));
    let names: Vec<String> = db.registry().plugins().iter().map(|it| format!("`{}`", it.name)).collect();
    let _ = writeln!(out, "## Plugins ({})\n\n{}.\n", names.len(), names.join(", "));
    out.push_str("## Known to KQL, not running yet\n\n");
    for (what, heading) in [
        (KnownName::Scalar, "Scalar functions"),
        (KnownName::Aggregate, "Aggregate functions"),
        (KnownName::Plugin, "Plugins"),
        (KnownName::Tabular, "Tabular functions"),
    ] {
        let names: Vec<String> = db
            .registry()
            .unsupported_names()
            .into_iter()
            .filter(|(name, kind)| *kind == what && !name.starts_with("__"))
            .map(|(name, _)| format!("`{name}`"))
            .collect();
        let _ = writeln!(out, "**{heading}** ({}): {}.\n", names.len(), names.join(", "));
    }
    out.trim_end().to_owned() + "\n"
}

#[test]
fn the_page_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("SUPPORT.md");
    let page = page(&database());
    if std::env::var_os("KQLITE_UPDATE").is_some() {
        std::fs::write(&path, &page).expect("written");
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stored == page,
        "SUPPORT.md is out of date: KQLITE_UPDATE=1 cargo test --workspace --test support"
    );
}
