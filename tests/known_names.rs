//! Every name that KQL knows: one with an entry binds in its own examples, one without is `unsupported` by its name.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that fails should say so")]

use kqlite::{Code, Database, EntryKind, Example, ScalarType};

/// An example of a scalar function is an expression, or a query where it needs rows or tables.
fn query_of(example: &str) -> String {
    let is_query = example.starts_with("let ") || example.starts_with("print ");
    if is_query { example.to_owned() } else { format!("print x = {example}") }
}

/// The names of what a query needs and the engine does not run.
fn unsupported(db: &Database, query: &str) -> Vec<String> {
    let check = db.check(query);
    let found = check.diagnostics().iter().filter(|it| it.code == Code::Unsupported);
    found.map(|it| it.unsupported.clone().unwrap_or_else(|| it.message.clone())).collect()
}

/// The queries of examples, with calls of one name in place of another.
fn calls(examples: &[Example], name: &str, of: &str, query: impl Fn(&str) -> String) -> Vec<String> {
    examples.iter().map(|it| query(it.query).replace(&format!("{of}("), &format!("{name}("))).collect()
}

/// A query that uses each part of the language that is not built, other than functions.
const REFUSED: &[(&str, &str)] = &[
    ("__contextual_datatable", "__contextual_datatable 'id' (a: long)"),
    ("graph-mark-components", "print s = 'a' | make-graph s --> s | graph-mark-components"),
    ("graph-match", "print s = 'a' | make-graph s --> s | graph-match (n) project n.s"),
    (
        "graph-shortest-paths",
        "print s = 'a' | make-graph s --> s | graph-shortest-paths (a)-[e*1..2]->(b) project x = 1",
    ),
    ("graph-to-table", "print s = 'a' | make-graph s --> s | graph-to-table nodes"),
    ("graph-where-edges", "print s = 'a' | make-graph s --> s | graph-where-edges true"),
    ("graph-where-nodes", "print s = 'a' | make-graph s --> s | graph-where-nodes true"),
    (
        "inline_external_table",
        "inline_external_table (a: long) kind=storage dataformat=csv ('https://example.com/a')",
    ),
    ("make-graph", "print s = 'a' | make-graph s --> s"),
    (
        "materialized-view-combine",
        "let T = print a = 1; materialized-view-combine (V) base (T) delta (T) aggregations (summarize count())",
    ),
];

/// A query that uses a name that is not built.
fn refused_query(name: &str, kind: EntryKind) -> Option<String> {
    let listed = REFUSED.iter().find(|(it, _)| *it == name && !kind.is_function());
    if let Some((_, query)) = listed {
        return Some((*query).to_owned());
    }
    Some(match kind {
        EntryKind::ScalarFunction => format!("print x = {name}()"),
        EntryKind::AggregateFunction => format!("print a = 1 | summarize x = {name}(a)"),
        EntryKind::Plugin => format!("print a = 1 | evaluate {name}()"),
        EntryKind::TabularFunction => format!("print a = 1 | invoke {name}()"),
        EntryKind::ScalarOperator => format!("print x = 'a' {name} 'b'"),
        _ => return None,
    })
}

#[test]
fn a_known_name_runs_or_is_said_to_be_unsupported() {
    let db = Database::new();
    let registry = db.registry();
    let (mut run, mut refused, mut wrong) = (0, 0, Vec::new());
    let missing = registry.unsupported_names();
    for (name, kind) in registry.known_names() {
        let mut examples = Vec::new();
        if let Some(entry) = registry.scalar(name) {
            examples.extend(calls(entry.examples, name, entry.name, query_of));
        }
        if let Some(entry) = registry.aggregate(name) {
            examples.extend(calls(entry.examples, name, &entry.name, str::to_owned));
        }
        if let Some(entry) = registry.plugin(name) {
            examples.extend(entry.examples.iter().map(|it| it.query.to_owned()));
        }
        let entries = registry.language(name).into_iter().filter(|entry| entry.kind == kind);
        examples.extend(entries.flat_map(|entry| entry.examples).map(|it| it.query.to_owned()));
        if missing.contains(&(name, kind)) {
            refused += 1;
            let Some(query) = refused_query(name, kind) else {
                wrong
                    .push(format!("'{name}' has no query that shows that it is refused: add one to REFUSED"));
                continue;
            };
            if !unsupported(&db, &query).iter().any(|it| it == name) {
                wrong.push(format!("'{name}' is not said to be unsupported: {query}"));
            }
        } else {
            run += 1;
            if examples.is_empty() {
                wrong.push(format!("'{name}' has an entry and no example"));
            }
            for query in examples {
                let missing = unsupported(&db, &query);
                if !missing.is_empty() {
                    wrong.push(format!("'{name}' has an entry and needs {missing:?}: {query}"));
                }
            }
        }
    }
    assert!(run > 400 && refused > 80, "{run} names run, {refused} do not: the test reads the wrong names");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_entry_is_a_known_name() {
    let db = Database::new();
    let known = db.registry().known_names();
    for entry in db.registry().language_entries() {
        assert!(known.contains(&(entry.name, entry.kind)), "'{}' is in no list of known names", entry.name);
    }
    for (name, kind) in &known {
        let times = known.iter().filter(|it| **it == (*name, *kind)).count();
        assert_eq!(times, 1, "'{name}' is known {times} times as the same");
    }
}

#[test]
fn every_scalar_type_has_an_entry() {
    let db = Database::new();
    for kind in ScalarType::ALL {
        let entries = db.registry().language(kind.as_str());
        assert!(entries.iter().any(|it| it.kind == EntryKind::DataType), "{kind} has no entry");
        for name in entries.iter().flat_map(|it| it.names()) {
            assert_eq!(name.parse(), Ok(kind), "{name}");
        }
    }
}

#[test]
fn a_function_of_defender_is_known_wherever_it_is_called() {
    let db = Database::new();
    for query in ["FileProfile('hash')", "SeenBy() | take 1", "print a = 1 | invoke FileProfile(a, 1000)"] {
        assert_eq!(unsupported(&db, query).len(), 1, "{query}");
    }
}
