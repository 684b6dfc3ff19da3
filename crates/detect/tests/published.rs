//! Runs queries in the style of published detections over rows that carry their own literals: none may fail, and most shall
//! find something. `KQLITE_QUERIES` names a folder with further queries, one a `.kql` file; those that are here are run in any
//! case.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "published/conditions.rs"]
mod conditions;
#[path = "published/rows.rs"]
mod rows;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use conditions::{Source, conditions};
use kqlite::syntax::SyntaxNode;
use kqlite::syntax::ast::{Expression, QueryOperator};
use kqlite::{
    Code, CodeClass, Database, DateTime, ExternalData, ExternalFormat, ExternalRequest, ExternalSource,
    Options, Query,
};
use kqlite_detect::{add_helpers, helper_schema, schema_of};
use rows::{Style, shared, table};

/// What became of a query.
#[derive(Debug, PartialEq)]
enum Outcome {
    /// It has mistakes, or needs what is not built: it does not run.
    Refused(String),
    /// A run gave rows.
    Found,
    /// No run gave rows.
    Nothing,
    /// A run ended with an error.
    Failed(String),
    Panicked,
}

/// Whatever is behind an address, fields that match what the rows hold by default.
struct AnyFile;

impl ExternalSource for AnyFile {
    fn open(&self, request: &ExternalRequest<'_>) -> Result<Option<ExternalData>, String> {
        let text = match request.format {
            ExternalFormat::Delimited(delimiter) => ["value"; 16].join(&char::from(delimiter).to_string()),
            ExternalFormat::Json | ExternalFormat::MultiJson => "{}".to_owned(),
            _ => "value".to_owned(),
        };
        Ok(Some(ExternalData::Bytes(text.into_bytes().into())))
    }
}

fn words(text: &str) -> HashSet<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect()
}

/// The tables that a query names, without rows, and what it calls.
fn declared(text: &str) -> Database {
    let (mut database, words) = (Database::new(), words(text));
    for (word, schema) in words.iter().filter_map(|word| Some((*word, schema_of(word)?))) {
        database.declare(word, schema);
    }
    for (word, schema) in words.iter().filter_map(|word| Some((*word, helper_schema(word)?))) {
        database.declare(word, schema);
    }
    add_helpers(&mut database, words);
    database.add_external_source(AnyFile);
    database
}

/// The columns that a query expands.
fn expanded(text: &str) -> BTreeSet<String> {
    let tree = kqlite::syntax::parse(text).tree;
    let mut found = BTreeSet::new();
    for node in tree.nodes() {
        let columns = match node {
            SyntaxNode::Operator(QueryOperator::MvExpand(it)) => &it.columns,
            SyntaxNode::Operator(QueryOperator::MvApply(it)) => &it.columns,
            _ => continue,
        };
        for node in columns.iter().flat_map(|it| it.expression.nodes()) {
            if let SyntaxNode::Expression(Expression::Name(name)) = node {
                found.insert(name.text.clone());
            }
        }
    }
    found
}

/// An error that the real engine has for the query too: a pattern that is none, a comparison of two dynamic values; or a column
/// that a plugin makes of other data alone.
fn is_by_the_query(query: &Query, error: &kqlite::Error) -> bool {
    error.diagnostics().iter().all(|it| match it.code {
        Code::BadRegex => true,
        Code::EvaluationFailed => it.message.contains("both operands are dynamic"),
        Code::UnknownName => query.is_open(),
        _ => false,
    })
}

fn outcome(text: &str, now: DateTime) -> Outcome {
    let database = declared(text);
    let query = match database.compile(text) {
        Ok(query) => query,
        Err(error) => {
            let first = error.diagnostics().first().map(|it| it.message.clone()).unwrap_or_default();
            let is_bug = error.diagnostics().iter().any(|it| it.code.class() == CodeClass::Internal);
            return if is_bug { Outcome::Failed(first) } else { Outcome::Refused(first) };
        }
    };
    let (sources, known) = conditions(text, &database, now);
    let (expanded, shared, none) = (expanded(text), shared(&sources), BTreeSet::new());
    let mut by_table: BTreeMap<&str, Vec<&Source>> = BTreeMap::new();
    for source in &sources {
        by_table.entry(&source.table).or_default().push(source);
    }
    // Tables that nobody could follow have rows without conditions.
    let any = Source::any();
    for table in query.reads().keys() {
        if let Some((name, _)) = database.tables().find(|(name, _)| name == table) {
            by_table.entry(name).or_insert_with(|| vec![&any]);
        }
    }
    let many = known.threshold as usize + 3;
    let styles = [(1, &none), (many, &none), (many, &known.counted)];
    for (copies, varied) in styles {
        let style = Style { now, copies, varied, expanded: &expanded, shared: &shared };
        let mut filled = database.clone();
        for (name, sources) in &by_table {
            let Some(empty) = database.table(name) else { continue };
            filled.insert(*name, table(empty.schema(), sources, &style));
        }
        let start = Instant::now();
        let options = Options::new(now).time_limit(Duration::from_secs(60), move || start.elapsed());
        match catch_unwind(AssertUnwindSafe(|| query.run(&filled, &options))) {
            Err(_) => return Outcome::Panicked,
            Ok(Err(error)) if is_by_the_query(&query, &error) => return Outcome::Refused(error.to_string()),
            Ok(Err(error)) => return Outcome::Failed(error.to_string()),
            Ok(Ok(answer)) if answer.is_empty() => {}
            Ok(Ok(_)) => return Outcome::Found,
        }
    }
    Outcome::Nothing
}

fn queries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|it| it.extension().is_some_and(|it| it == "kql")).collect();
    files.sort();
    files
}

fn outcomes(folder: &Path) -> Vec<(String, Outcome)> {
    let now = DateTime::parse("2024-06-30T12:00:00Z").unwrap();
    let files = queries(folder);
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    kqlite::map_in_parallel(threads, files, |file| {
        let text = std::fs::read_to_string(&file).unwrap();
        (file.file_stem().unwrap().to_string_lossy().into_owned(), outcome(&text, now))
    })
}

#[test]
fn our_queries_find_something() {
    let found = outcomes(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/queries"));
    assert!(found.len() >= 8, "{} queries", found.len());
    for (name, outcome) in found {
        assert_eq!(outcome, Outcome::Found, "{name}");
    }
}

#[test]
fn published_queries_run() {
    let Some(folder) = std::env::var_os("KQLITE_QUERIES") else { return };
    let found = outcomes(Path::new(&folder));
    let count = |is: fn(&Outcome) -> bool| found.iter().filter(|(_, it)| is(it)).count();
    let refused = count(|it| matches!(it, Outcome::Refused(_)));
    let (run, fired) = (found.len() - refused, count(|it| *it == Outcome::Found));
    for (name, outcome) in &found {
        match outcome {
            Outcome::Found => {}
            Outcome::Nothing => println!("nothing: {name}"),
            other => println!("{name}: {other:?}"),
        }
    }
    println!("{} queries, {refused} refused; {fired} of {run} that run found something", found.len());
    let failed = count(|it| matches!(it, Outcome::Failed(_) | Outcome::Panicked));
    assert_eq!(failed, 0, "queries failed");
    assert!(fired * 100 >= run * 75, "{fired} of {run} found something");
}
