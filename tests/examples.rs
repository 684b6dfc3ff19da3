//! Every example of every entry of the reference runs, and gives what its entry says.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that fails should say so")]

#[path = "shared/answer.rs"]
mod answer;

use kqlite::{Database, DateTime, LanguageEntry, Options, TableExample};

/// The options of all examples.
fn options() -> Options {
    Options::new(DateTime::parse(TableExample::NOW).expect("a datetime"))
}

/// The only cell of a query's result, as JSON.
fn cell(query: &str) -> Result<String, String> {
    let db = Database::new();
    let compiled = db.compile(query).map_err(|error| error.to_string())?;
    let table = compiled.run(&db, &options()).map_err(|error| error.to_string())?;
    if table.len() != 1 || table.columns().len() != 1 {
        return Err(format!("{} rows, {} columns", table.len(), table.columns().len()));
    }
    Ok(table.columns()[0].value(0).to_json().to_string())
}

/// The tables that a query gives, with an empty line between two.
fn tables(query: &str) -> Result<String, String> {
    let db = Database::new();
    let check = db.check(query);
    if !check.diagnostics().is_empty() {
        return Err(format!("check finds {:?}", check.diagnostics()));
    }
    let compiled = db.compile(query).map_err(|error| error.to_string())?;
    let tables = compiled.run_all(&db, &options()).map_err(|error| error.to_string())?;
    let texts: Vec<String> = tables.iter().map(|it| answer::text(&it.table, false)).collect();
    Ok(texts.join("\n\n"))
}

/// An example of a scalar function is an expression, or a query where it needs rows or tables.
fn query_of(example: &str) -> String {
    let is_query = example.starts_with("let ") || example.starts_with("print ");
    if is_query { example.to_owned() } else { format!("print x = {example}") }
}

fn check(name: &str, found: Result<String, String>, query: &str, expected: &str, wrong: &mut Vec<String>) {
    match found {
        Ok(found) if found == expected => {}
        Ok(found) => wrong.push(format!("{name}: {query}\ngives\n{found}\nthe entry says\n{expected}")),
        Err(error) => wrong.push(format!("{name}: {query}\n{error}")),
    }
}

/// The entries of the language and those of plugins.
fn table_entries(db: &Database) -> Vec<LanguageEntry> {
    let language = db.registry().language_entries().into_iter().copied();
    language.chain(db.registry().plugins().iter().map(|plugin| plugin.entry())).collect()
}

#[test]
fn scalar_examples_hold() {
    let db = Database::new();
    let mut wrong = Vec::new();
    for function in db.registry().scalars() {
        for example in function.examples {
            let found = cell(&query_of(example.query));
            check(function.name, found, example.query, example.result, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{} examples fail:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn aggregate_examples_hold() {
    let db = Database::new();
    let mut wrong = Vec::new();
    for function in db.registry().aggregates() {
        for example in function.examples {
            check(&function.name, cell(example.query), example.query, example.result, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{} examples fail:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn examples_with_tables_hold() {
    let (mut run, mut wrong) = (0, Vec::new());
    for entry in table_entries(&Database::new()) {
        for example in entry.examples {
            run += 1;
            check(entry.name, tables(example.query), example.query, example.result, &mut wrong);
        }
    }
    assert!(run > 100, "only {run} examples were run");
    assert!(wrong.is_empty(), "{} of {run} examples fail:\n\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn every_function_says_what_it_does() {
    let db = Database::new();
    for function in db.registry().scalars() {
        assert!(!function.summary.is_empty(), "{} has no summary", function.name);
        assert!(!function.signatures.is_empty(), "{} has no signature", function.name);
        assert!(!function.examples.is_empty(), "{} has no example", function.name);
    }
    for function in db.registry().aggregates() {
        assert!(!function.summary.is_empty(), "{} has no summary", function.name);
        assert!(!function.examples.is_empty(), "{} has no example", function.name);
    }
}

/// A name stands in a text as a word of its own.
fn has_word(text: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    text.match_indices(name)
        .any(|(at, _)| !text[..at].ends_with(is_word) && !text[at + name.len()..].starts_with(is_word))
}

#[test]
fn every_part_of_the_language_says_what_it_does() {
    let db = Database::new();
    let mut wrong = Vec::new();
    for entry in table_entries(&db) {
        let name = entry.name;
        let mut must = |holds: bool, what: &str| {
            if !holds {
                wrong.push(format!("{name}: {what}"));
            }
        };
        must(entry.summary.ends_with('.'), "the summary is no sentence");
        must(!entry.syntax.is_empty(), "no syntax");
        must(entry.parameters.iter().all(|it| it.summary.ends_with('.')), "a parameter without a sentence");
        must(entry.remarks.iter().all(|it| it.ends_with('.')), "a remark that is no sentence");
        must(!entry.remarks.is_empty(), "no remark");
        must(!entry.examples.is_empty(), "no example");
        // What the entry describes stands in its syntax and in an example: else these are of something else.
        let is_shown = |text: &str| entry.names().any(|name| has_word(text, name));
        // These are known by their form.
        let has_name = !matches!(name, "tabular expression" | "string");
        must(is_shown(&entry.syntax.join(" ")) || !has_name, "not in its own syntax");
        let in_examples = entry.examples.iter().any(|it| is_shown(it.query) || is_shown(it.result));
        must(in_examples || !has_name, "not in its own examples");
        // A parameter is a word of the syntax.
        for parameter in entry.parameters {
            let is_there = entry.syntax.iter().any(|form| form.contains(parameter.name));
            must(is_there, &format!("the parameter '{}' is not in the syntax", parameter.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
