//! Every name that KQL knows: one with an entry binds in its own examples, one without is `unsupported` by its name.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that fails should say so")]

use kqlite::{Code, Database, Example, KnownName};

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

#[test]
fn a_known_name_runs_or_is_said_to_be_unsupported() {
    let db = Database::new();
    let registry = db.registry();
    let (mut run, mut refused, mut wrong) = (0, 0, Vec::new());
    for (name, what) in registry.known_names() {
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
        if examples.is_empty() {
            refused += 1;
            let query = match what {
                KnownName::Scalar => format!("print x = {name}()"),
                KnownName::Aggregate => format!("print a = 1 | summarize x = {name}(a)"),
                KnownName::Plugin => format!("print a = 1 | evaluate {name}()"),
                KnownName::Tabular => format!("print a = 1 | invoke {name}()"),
            };
            if !unsupported(&db, &query).iter().any(|it| it == name) {
                wrong.push(format!("'{name}' is not said to be unsupported: {query}"));
            }
        } else {
            run += 1;
            for query in examples {
                let missing = unsupported(&db, &query);
                if !missing.is_empty() {
                    wrong.push(format!("'{name}' has an entry and needs {missing:?}: {query}"));
                }
            }
        }
    }
    assert!(run > 300 && refused > 50, "{run} names run, {refused} do not: the test reads the wrong names");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_function_of_defender_is_known_wherever_it_is_called() {
    let db = Database::new();
    for query in ["FileProfile('hash')", "SeenBy() | take 1", "print a = 1 | invoke FileProfile(a, 1000)"] {
        assert_eq!(unsupported(&db, query).len(), 1, "{query}");
    }
}
