//! A database for one query: the tables that it names, from files or without rows; the time and other options.
//! It must not know what is done with the answer.

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use kqlite::{BadRows, Database, DateTime, Diagnostic, Error, Options, Query};

use crate::args::{self, OnBadRow};
use crate::data::{self, Schemas, Shape};
use crate::failure::Failure;
use crate::text::QueryText;

/// A query over its database, ready to run.
pub struct Session {
    /// The query's text.
    pub text: QueryText,
    /// Its tables.
    pub database: Database,
    /// The compiled query.
    pub query: Query,
    /// Time, parameters, threads.
    pub options: Options,
    /// How long reading the data took.
    pub load: Duration,
    /// How long compiling took.
    pub compile: Duration,
}

impl Session {
    /// Reads the query and the data, and compiles.
    pub fn open(source: &args::Source) -> Result<Self, Failure> {
        let text = QueryText::from_arguments(source.query.as_deref(), source.query_file.as_deref())?;
        let options = options(&source.data)?;
        let start = Instant::now();
        let (mut database, passed_over) = open_database(&source.data, &text.text, false)?;
        let mut load = start.elapsed();
        let start = Instant::now();
        let mut compiled = database.compile(&text.text);
        let compile = start.elapsed();
        if compiled.is_err() && passed_over {
            // A name may be written in a way that was not seen; and an error tells which tables there are.
            let start = Instant::now();
            if let Ok((all, _)) = open_database(&source.data, &text.text, true) {
                database = all;
                load += start.elapsed();
                compiled = database.compile(&text.text);
            }
        }
        let query = compiled.map_err(|error| Failure::Wrong(render_error(&error, &text)))?;
        Ok(Self { text, database, query, options, load, compile })
    }

    /// The failure for a run that ended with an error.
    pub fn failure(&self, error: &Error) -> Failure {
        Failure::Wrong(render_error(error, &self.text))
    }
}

/// Errors as text for the standard error, coloured if it is a terminal.
pub fn render_error(error: &Error, text: &QueryText) -> String {
    render(error.diagnostics(), text, crate::colour(&std::io::stderr()))
}

/// Diagnostics as text: for a query from a rule file at their places in that file.
pub fn render(diagnostics: &[Diagnostic], text: &QueryText, colour: bool) -> String {
    let rendered: Vec<String> = diagnostics
        .iter()
        .map(|diagnostic| match in_rule_file(diagnostic, text) {
            Some((moved, file)) => moved.render(&text.origin, file, colour),
            None => diagnostic.render(&text.origin, &text.text, colour),
        })
        .collect();
    rendered.join("\n")
}

/// The diagnostic with its places in the rule file, and the file's text; `None` where that cannot be told.
fn in_rule_file<'t>(diagnostic: &Diagnostic, text: &'t QueryText) -> Option<(Diagnostic, &'t str)> {
    let (file, rule) = text.rule.as_ref()?;
    let mut moved = diagnostic.clone();
    for label in &mut moved.labels {
        let place = |offset: u32| u32::try_from(rule.offset_in_file(offset as usize)?).ok();
        let start = place(label.span.start)?;
        // The end is taken from the last byte within, so that it stays in its line.
        let end = match label.span.end.checked_sub(1) {
            Some(last) if label.span.end > label.span.start => place(last)? + 1,
            _ => start,
        };
        label.span.start = start;
        label.span.end = end;
    }
    Some((moved, file))
}

fn options(data: &args::Data) -> Result<Options, Failure> {
    let clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let now = match &data.now {
        Some(text) => DateTime::parse(text).ok_or_else(|| {
            Failure::usage(format_args!("--now: '{text}' is no time, such as 2024-06-30T12:00:00Z"))
        })?,
        None => {
            let ticks = i64::try_from(clock.as_nanos() / 100).unwrap_or(i64::MAX);
            DateTime::from_ticks(DateTime::UNIX_EPOCH.0.saturating_add(ticks)).unwrap_or(DateTime::MAX)
        }
    };
    let threads = match data.threads {
        Some(threads) => threads,
        None => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
    };
    let mut options = Options::new(now).seed(clock.as_nanos() as u64).threads(threads);
    for parameter in &data.param {
        let (name, value) = parameter
            .split_once('=')
            .ok_or_else(|| Failure::usage(format_args!("--param: '{parameter}' is not NAME=VALUE")))?;
        options = options.parameter(name, value);
    }
    Ok(options)
}

/// The tables that a query names, or all: from the data, or without rows. Says whether data was passed over.
fn open_database(arguments: &args::Data, query: &str, all: bool) -> Result<(Database, bool), Failure> {
    let mut database = Database::new();
    let bad_rows = match arguments.on_bad_row {
        OnBadRow::Fail => BadRows::Fail,
        OnBadRow::Skip => BadRows::Skip,
    };
    let schemas = match &arguments.schema {
        Some(path) => data::read_schemas(path)?,
        None => Schemas::default(),
    };
    let words = words(query);
    // These read tables that they do not name.
    let all = all || ["search", "find", "union"].iter().any(|word| words.contains(word));
    let mut left = Vec::new();
    for file in data::data_files(&arguments.data)? {
        if !all && !query.contains(&file.name) {
            left.push(file.name);
            continue;
        }
        let shape = match (schemas.get(&file.name), kqlite_detect::schema_of(&file.name)) {
            (Some(schema), _) => Shape::Exactly(schema.clone()),
            (None, Some(schema)) => Shape::BuiltIn(schema),
            (None, None) => Shape::Inferred,
        };
        database.insert(&file.name, data::load(&file.path, &shape, bad_rows)?);
    }
    for external in &arguments.external {
        // An address may hold an equals sign, a path hardly ever does.
        let (location, path) = external
            .rsplit_once('=')
            .ok_or_else(|| Failure::usage(format_args!("--external: '{external}' is not URL=PATH")))?;
        database.insert_external(location, data::load(Path::new(path), &Shape::Declared, bad_rows)?);
    }
    // A table whose data was passed over must not be taken for an empty one.
    for (name, schema) in schemas.into_iter().filter(|(name, _)| !left.contains(name)) {
        database.declare(name, schema);
    }
    declare_built_in(&mut database, &words, &left);
    Ok((database, !left.is_empty()))
}

/// Declares the built-in tables among the words of a query, but those in `not`.
pub fn declare_built_in(database: &mut Database, words: &HashSet<&str>, not: &[String]) {
    let mut known: Vec<_> = words
        .iter()
        .filter(|word| database.table(word).is_none() && !not.iter().any(|name| name == *word))
        .filter_map(|word| kqlite_detect::schema_of(word).map(|schema| (*word, schema)))
        .collect();
    known.sort_unstable_by_key(|(word, _)| *word);
    for (word, schema) in known {
        database.declare(word, schema);
    }
}

/// Everything in a text that may be a name. Words in comments and strings are among them; they do no harm.
pub fn words(text: &str) -> HashSet<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect()
}
