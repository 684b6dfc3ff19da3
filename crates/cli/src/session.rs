//! Opens a database for one query: the tables that it names, from files or without rows; the time and other options.
//! It must not know what is done with the answer.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use kqlite::{
    BadRows, Code, Database, DateTime, Diagnostic, Error, NamedTable, Options, Profile, Query, Table,
};

use kqlite_detect::suite::Repository;
use kqlite_detect::words;

use crate::args::{self, DefaultLimits, OnBadRow};
use crate::data::{self, DataFile, Schemas};
use crate::data_warning::{self, DataWarning};
use crate::failure::Failure;
use crate::file_source::SharedReport;
use crate::interrupt;
use crate::output::has_colour;
use crate::query_text::QueryText;
use crate::settings::repository_of_query;
use crate::source::{ReadOptions, SchemaChoice, SkippedRows};
use crate::surroundings::Surroundings;
use crate::table_file::TableFile;
use crate::watchdog::{self, Watchdog};

/// A query over its database, ready to run.
pub struct Session {
    /// The query's text.
    pub text: QueryText,
    /// All columns of its tables, without rows: what the query is compiled against.
    pub catalog: Database,
    /// Its tables, with the columns that it reads.
    pub database: Database,
    /// The compiled query.
    pub query: Query,
    /// The time that it is, parameters, threads, limits but for that on time.
    options: Options,
    /// The longest time that the query may take.
    time: Option<Duration>,
    /// What the answer does not show of the data.
    data_warnings: Vec<DataWarning>,
    /// Warnings are errors.
    strict: bool,
    /// How long reading the data took.
    pub load: Duration,
    /// How long compiling took.
    pub compile: Duration,
}

/// How much of the tables is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Load {
    /// The rows and columns that one run can need. A file that it reads once is read while it runs.
    ForOneRun,
    /// The columns that runs can need.
    ForRuns,
    /// All of the tables that are read.
    Whole,
}

/// A query that was run once.
pub struct Answer {
    pub session: Session,
    pub tables: Vec<NamedTable>,
    /// What the operators did, if that was asked for.
    pub profile: Option<Profile>,
    /// How long the run took, with what it read of files.
    pub execute: Duration,
}

impl Answer {
    /// Reads the query, compiles it, and runs it over the data, which is read in the meantime.
    pub fn of(source: &args::Source, profiled: bool) -> Result<Self, Failure> {
        let text = QueryText::from_arguments(source.query.as_deref(), source.query_file.as_deref())?;
        let options = options(&source.data)?;
        let time = source.data.limits.time(&DefaultLimits::QUERY);
        let mut start = Instant::now();
        let mut tables = Tables::of(source, &text)?;
        loop {
            let (catalog, database, query, compile) =
                tables.compiled(&text, Load::ForOneRun, &options, time)?;
            let load = start.elapsed().saturating_sub(compile);
            start = Instant::now();
            let watchdog = Watchdog::start(time);
            let limited = with_time(&options, time);
            let answer = if profiled {
                let run = query.run_profiled(&database, &limited, move || start.elapsed());
                run.map(|(tables, profile)| (tables, Some(profile)))
            } else {
                query.run_all(&database, &limited).map(|tables| (tables, None))
            };
            drop(watchdog);
            let execute = start.elapsed();
            if !tables.finish_reading(answer.as_ref().err())? {
                start = Instant::now();
                continue;
            }
            let data_warnings = tables.warnings(&text, &query);
            drop(tables);
            let strict = source.data.strict;
            let session = Session {
                text,
                catalog,
                database,
                query,
                options,
                time,
                data_warnings,
                strict,
                load,
                compile,
            };
            let (tables, profile) = answer.map_err(|error| session.failure(&error))?;
            return Ok(Self { session, tables, profile, execute });
        }
    }
}

impl Session {
    /// Reads the query and the data, and compiles.
    pub fn open(source: &args::Source, load: Load) -> Result<Self, Failure> {
        let text = QueryText::from_arguments(source.query.as_deref(), source.query_file.as_deref())?;
        let options = options(&source.data)?;
        let time = source.data.limits.time(&DefaultLimits::QUERY);
        let start = Instant::now();
        let mut tables = Tables::of(source, &text)?;
        let (catalog, database, query, compile) = tables.compiled(&text, load, &options, time)?;
        let load = start.elapsed().saturating_sub(compile);
        let data_warnings = tables.warnings(&text, &query);
        drop(tables);
        let strict = source.data.strict;
        Ok(Self { text, catalog, database, query, options, time, data_warnings, strict, load, compile })
    }

    /// Tells what the answer does not show of the data; an error where the run is strict.
    pub fn report_data(&self) -> Result<(), Failure> {
        data_warning::report(&self.data_warnings, self.strict)
    }

    /// What `now()` gives.
    pub const fn now(&self) -> DateTime {
        self.options.now()
    }

    /// Options for one run, whose time begins here.
    pub fn options(&self) -> Options {
        with_time(&self.options, self.time)
    }

    /// Ends the process if what begins here takes much longer than a run may.
    pub fn watchdog(&self) -> Watchdog {
        Watchdog::start(self.time)
    }

    /// Does something with the query, within its limits.
    pub fn limited<T>(&self, work: impl FnOnce(&Options) -> Result<T, Error>) -> Result<T, Failure> {
        let _watchdog = self.watchdog();
        work(&self.options()).map_err(|error| self.failure(&error))
    }

    /// Runs the query and measures its operators.
    pub fn profiled(&self) -> Result<(Vec<NamedTable>, Profile), Failure> {
        let start = Instant::now();
        self.limited(|options| self.query.run_profiled(&self.database, options, move || start.elapsed()))
    }

    /// Warnings as text for the standard error.
    pub fn warnings(&self, table: &Table) -> String {
        let found: Vec<Diagnostic> = table.warnings().iter().map(kqlite::Warning::diagnostic).collect();
        render(&found, &self.text, has_colour(&std::io::stderr()))
    }

    /// The failure for a run that ended with an error.
    pub fn failure(&self, error: &Error) -> Failure {
        let helped = |diagnostic: &Diagnostic| match diagnostic.code {
            Code::TimeLimit => diagnostic.clone().help(watchdog::HELP),
            Code::RowLimit => diagnostic.clone().help("--max-rows N allows more"),
            Code::ByteLimit => diagnostic
                .clone()
                .help("--max-mb N allows more; --spill-dir FOLDER puts what has no room into files"),
            _ => diagnostic.clone(),
        };
        let diagnostics: Vec<Diagnostic> = error.diagnostics().iter().map(helped).collect();
        Failure::Wrong(render(&diagnostics, &self.text, has_colour(&std::io::stderr())))
    }
}

/// The options with a limit on time, which begins here.
fn with_time(options: &Options, time: Option<Duration>) -> Options {
    let options = options.clone();
    let Some(limit) = time else { return options };
    let start = Instant::now();
    options.time_limit(limit, move || start.elapsed())
}

/// Errors as text for the standard error, coloured if it is a terminal.
pub fn render_error(error: &Error, text: &QueryText) -> String {
    render(error.diagnostics(), text, has_colour(&std::io::stderr()))
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

/// Moves a diagnostic to its places in the rule file, and gives the file's text; `None` where these are not known.
pub fn in_rule_file<'t>(diagnostic: &Diagnostic, text: &'t QueryText) -> Option<(Diagnostic, &'t str)> {
    let (file, rule) = text.rule.as_ref()?;
    let mut moved = diagnostic.clone();
    for label in &mut moved.labels {
        label.span = rule.span_in_file(label.span)?;
    }
    Some((moved, file))
}

/// How files of data are read.
pub fn read_options(arguments: &args::Data) -> Result<ReadOptions, Failure> {
    Ok(ReadOptions {
        bad_rows: match arguments.on_bad_row {
            OnBadRow::Fail => BadRows::Fail,
            OnBadRow::Skip => BadRows::Skip,
        },
        threads: threads(arguments.threads),
        max_bytes: arguments.max_load_mb.saturating_mul(1 << 20),
        layout: arguments.layout.layout()?,
    })
}

/// How many threads there are to use.
pub fn threads(given: Option<usize>) -> usize {
    given.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get))
}

/// The time that is given for `now()`, if one is.
pub fn given_now(data: &args::Data) -> Result<Option<DateTime>, Failure> {
    let read = |text: &String| {
        DateTime::parse(text).ok_or_else(|| {
            Failure::usage(format_args!("--now: '{text}' is no time, such as 2024-06-30T12:00:00Z"))
        })
    };
    data.now.as_ref().map(read).transpose()
}

/// The options of a run, but for its limit on time.
pub fn options(data: &args::Data) -> Result<Options, Failure> {
    let clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let now = match given_now(data)? {
        Some(now) => now,
        None => {
            let ticks = i64::try_from(clock.as_nanos() / 100).unwrap_or(i64::MAX);
            DateTime::from_ticks(DateTime::UNIX_EPOCH.0.saturating_add(ticks)).unwrap_or(DateTime::MAX)
        }
    };
    let mut options = Options::new(now)
        .seed(clock.as_nanos() as u64)
        .threads(threads(data.threads))
        .limits(data.limits.limits(&DefaultLimits::QUERY))
        .cancel(interrupt::flag())
        .session(kqlite::Session {
            database: data.database.clone(),
            cluster: data.cluster.clone(),
            principal: data.principal.clone(),
            ..kqlite::Session::default()
        })
        .strict(data.strict);
    if let Some(folder) = spill_folder(data)? {
        options = options.spill_to(move || tempfile::tempfile_in(&folder));
    }
    for parameter in &data.param {
        let (name, value) = parameter
            .split_once('=')
            .ok_or_else(|| Failure::usage(format_args!("--param: '{parameter}' is not NAME=VALUE")))?;
        options = options.parameter(name, value);
    }
    Ok(options)
}

/// The folder for rows that have no room in memory. One that takes no file is told before a query runs.
pub fn spill_folder(data: &args::Data) -> Result<Option<PathBuf>, Failure> {
    let Some(folder) = &data.spill_dir else { return Ok(None) };
    tempfile::tempfile_in(folder)
        .map_err(|error| Failure::usage(format_args!("--spill-dir {}: {error}", folder.display())))?;
    Ok(Some(folder.clone()))
}

/// The tables of a query: first their columns, then as many of them as it reads.
struct Tables<'a> {
    words: HashSet<&'a str>,
    read_options: ReadOptions,
    schemas: Schemas,
    /// The files that the query seems to name.
    files: Vec<(String, TableFile)>,
    /// The others.
    left: Vec<DataFile>,
    surroundings: Surroundings,
    /// The tables that were loaded, with the columns that were read.
    loaded: HashMap<String, (Vec<String>, Table)>,
    /// The tables that are read while the query runs, and what is found there.
    streamed: Vec<(String, SharedReport)>,
    /// What memory has no room for is put into files.
    spills: bool,
}

impl<'a> Tables<'a> {
    /// The tables of the query of a command.
    fn of(source: &args::Source, text: &'a QueryText) -> Result<Self, Failure> {
        let repository = repository_of_query(source)?;
        Self::open(&source.data, &repository, &text.text, threads(source.data.threads))
    }

    fn open(
        arguments: &args::Data,
        repository: &Repository,
        query: &'a str,
        threads: usize,
    ) -> Result<Self, Failure> {
        let words: HashSet<&str> = words(query).collect();
        // These read tables that they do not name.
        let all = ["search", "find", "union"].iter().any(|word| words.contains(word));
        let mut schemas = match &arguments.schema {
            Some(path) => data::read_schemas(path)?,
            None => Schemas::default(),
        };
        for (name, columns) in repository.workspace.tables() {
            schemas.entry(name.to_owned()).or_insert_with(|| columns.clone());
        }
        let mut tables = Self {
            words,
            read_options: ReadOptions { threads, ..read_options(arguments)? },
            schemas,
            files: Vec::new(),
            left: Vec::new(),
            surroundings: Surroundings::default(),
            loaded: HashMap::new(),
            streamed: Vec::new(),
            spills: arguments.spill_dir.is_some(),
        };
        tables.surroundings = Surroundings::open(arguments, tables.read_options.clone(), query, repository)?;
        for file in data::data_files(&arguments.data)? {
            let is_named = |text: &str| text.contains(&file.name);
            if all || is_named(query) || tables.surroundings.texts().any(is_named) {
                let opened = tables.opened(&file)?;
                tables.files.push((file.name, opened));
            } else {
                tables.left.push(file);
            }
        }
        for file in data::workspace_files(&arguments.workspace)? {
            let opened = tables.opened(&file)?;
            tables.files.push((file.name, opened));
        }
        Ok(tables)
    }

    /// Opens a file and reads its schema.
    fn opened(&self, file: &DataFile) -> Result<TableFile, Failure> {
        TableFile::open(&file.paths, &self.choice(&file.name), &self.read_options)
    }

    /// Where the schema of a table comes from.
    fn choice(&self, table: &str) -> SchemaChoice {
        // A table of another workspace has the columns of its kin.
        let name = table.rsplit_once("').").map_or(table, |(_, name)| name);
        let built_in = kqlite_detect::schema_of(name).or_else(|| kqlite_detect::helper_schema(name));
        match (self.schemas.get(table), built_in) {
            (Some(schema), _) => SchemaChoice::Exactly(schema.clone()),
            (None, Some(schema)) => SchemaChoice::BuiltIn(schema),
            (None, None) => SchemaChoice::Inferred,
        }
    }

    /// What the answer of a query does not show of the data.
    fn warnings(&self, text: &QueryText, query: &Query) -> Vec<DataWarning> {
        let reads = query.reads();
        let mut warnings = Vec::new();
        for (name, file) in self.files.iter().filter(|(name, _)| reads.contains_key(name)) {
            warnings.extend(match self.choice(name) {
                SchemaChoice::BuiltIn(schema) => file.warnings(name, Some(&schema)),
                SchemaChoice::Exactly(_) => Vec::new(),
                SchemaChoice::Inferred => file.warnings(name, None),
            });
        }
        let is_given = |table: &str| self.files.iter().any(|(name, _)| name == table);
        let is_known = |table: &str| !matches!(self.choice(table), SchemaChoice::Inferred);
        let without: Vec<&str> =
            reads.keys().map(String::as_str).filter(|table| !is_given(table) && is_known(table)).collect();
        let connectors = text.rule.as_ref().map_or(&[][..], |(_, rule)| &rule.required_data_connectors);
        warnings.extend(DataWarning::of_tables(&without, connectors));
        warnings
    }

    /// Opens the files that were passed over. `false` if there are none, or if one is wrong: what is wrong with the
    /// query comes first.
    fn open_left(&mut self) -> bool {
        let opened: Result<Vec<_>, Failure> =
            self.left.iter().map(|file| Ok((file.name.clone(), self.opened(file)?))).collect();
        match opened {
            Ok(opened) if !opened.is_empty() => {
                self.left.clear();
                self.files.extend(opened);
                self.files.sort_by(|(a, _), (b, _)| a.cmp(b));
                true
            }
            _ => false,
        }
    }

    /// Compiles the query and loads what it reads: the declared tables, the loaded ones, the query, and how long
    /// compiling took.
    fn compiled(
        &mut self,
        text: &QueryText,
        load: Load,
        options: &Options,
        time: Option<Duration>,
    ) -> Result<(Database, Database, Query, Duration), Failure> {
        loop {
            let catalog = self.declared()?;
            let start = Instant::now();
            let watchdog = Watchdog::start(time);
            let compiled = catalog.compile(&text.text);
            drop(watchdog);
            let compile = start.elapsed();
            match compiled {
                Ok(query) => {
                    let mut database = catalog.clone();
                    if self.load(Some((&query, load, options)), Some(&mut database))? {
                        return Ok((catalog, database, query, compile));
                    }
                }
                // A name may be written in a way that was not seen; and an error lists the tables that there are.
                Err(_) if self.open_left() => {}
                Err(error) => {
                    // A row that was not looked at may have the column that is missed.
                    if self.load(None, None)? {
                        return Err(Failure::Wrong(render_error(&error, text)));
                    }
                }
            }
        }
    }

    /// The tables, without rows.
    fn declared(&self) -> Result<Database, Failure> {
        let mut database = Database::new();
        for (name, file) in &self.files {
            database.declare(name, file.schema().clone());
        }
        // A table whose data was passed over must not be taken for an empty one.
        let left: Vec<String> = self.left.iter().map(|file| file.name.clone()).collect();
        for (name, schema) in self.schemas.iter().filter(|(name, _)| !left.contains(name)) {
            database.declare(name, schema.clone());
        }
        let more = self.surroundings.texts().flat_map(words);
        let words = self.words.iter().copied().chain(more).collect();
        declare_built_in(&mut database, &words, &left);
        self.surroundings.add_to(&mut database, words.iter().copied())?;
        Ok(database)
    }

    /// Loads the columns that are read, and checks the inferred types of the others. `false` if a row contradicts these: the
    /// query has to be compiled again.
    fn load(
        &mut self,
        query: Option<(&Query, Load, &Options)>,
        mut database: Option<&mut Database>,
    ) -> Result<bool, Failure> {
        let reads = query.map(|(query, ..)| query.reads()).unwrap_or_default();
        self.streamed.clear();
        let mut held = 0_usize;
        for (name, file) in &mut self.files {
            let read = reads.get(name);
            if read.is_none() && !file.is_guess() {
                continue;
            }
            if let (Some((query, Load::ForOneRun, _)), Some(database)) = (query, &mut database)
                && match query.scan_count(name) {
                    Some(1) => true,
                    // Reading a file again costs time, and where memory is to suffice no table is held.
                    Some(_) => self.spills && !file.is_guess() && self.read_options.bad_rows == BadRows::Fail,
                    None => false,
                }
            {
                self.streamed.push((name.clone(), file.add_source(database, name)));
                continue;
            }
            let whole = query.is_some_and(|(_, load, _)| load == Load::Whole);
            let columns = match read {
                Some(_) if whole => file.schema().names().map(str::to_owned).collect(),
                read => read.cloned().unwrap_or_default(),
            };
            let once = query.filter(|(_, load, _)| *load == Load::ForOneRun);
            let scan_filter = once.and_then(|(query, _, options)| query.scan_filter(name, options));
            let table = match self.loaded.get(name) {
                Some((loaded, table)) if *loaded == columns && scan_filter.is_none() => table.clone(),
                _ => {
                    let room = self.read_options.max_bytes.saturating_sub(held);
                    let loaded = file.load(&columns, scan_filter.as_ref(), room)?;
                    let Some(table) = loaded else {
                        self.loaded.remove(name);
                        return Ok(false);
                    };
                    if scan_filter.is_none() {
                        self.loaded.insert(name.clone(), (columns, table.clone()));
                    }
                    table
                }
            };
            held = held.saturating_add(table.byte_size());
            if let Some(database) = &mut database {
                database.insert(name.as_str(), table);
            }
        }
        Ok(true)
    }
}

/// Codes of runs that reached a limit.
const STOPPED: [Code; 5] =
    [Code::LimitExceeded, Code::RowLimit, Code::ByteLimit, Code::TimeLimit, Code::Cancelled];

impl Tables<'_> {
    /// Looks at what was found in the files that were read while the query ran, and reports the rows that were skipped.
    /// `false` if a row contradicts an inferred type: the query has to be compiled again.
    ///
    /// A run may end before a file does. What is inferred from a file is checked to its end all the same, and so is which
    /// rows are skipped: neither depends on the query, unless it takes the first rows as they are.
    fn finish_reading(&mut self, error: Option<&Error>) -> Result<bool, Failure> {
        // Whoever stops a run does not want to wait for the rest.
        let stopped =
            error.is_some_and(|error| error.diagnostics().iter().any(|it| STOPPED.contains(&it.code)));
        let mut skipped = Vec::new();
        for (name, report) in self.streamed.drain(..) {
            let Some((_, file)) = self.files.iter_mut().find(|(it, _)| *it == name) else { continue };
            let report = std::mem::take(&mut *report.lock());
            if let Some(failure) = report.failure {
                return Err(failure);
            }
            let whole =
                report.ended || stopped || !(file.is_guess() || self.read_options.bad_rows == BadRows::Skip);
            let found = match (report.contradicted, whole) {
                (true, _) => None,
                (false, true) => Some(report.skipped),
                (false, false) => file.check()?,
            };
            match found {
                Some(found) => skipped.push(found),
                None => {
                    file.infer_from_all()?;
                    return Ok(false);
                }
            }
        }
        skipped.iter().for_each(SkippedRows::print);
        Ok(true)
    }
}

/// All tables with all of their rows, for queries that are not known yet.
#[cfg(any(feature = "serve", feature = "repl"))]
pub fn whole_database(arguments: &args::Data) -> Result<Database, Failure> {
    let (tables, loaded) = whole_tables(arguments)?;
    let mut database = tables.declared()?;
    for (name, table) in loaded {
        database.insert(name, table);
    }
    Ok(database)
}

/// The tables of files, with all of their rows.
#[cfg(feature = "repl")]
pub fn tables_of_files(arguments: &args::Data) -> Result<Vec<(String, Table)>, Failure> {
    Ok(whole_tables(arguments)?.1)
}

#[cfg(any(feature = "serve", feature = "repl"))]
fn whole_tables(arguments: &args::Data) -> Result<(Tables<'static>, Vec<(String, Table)>), Failure> {
    // The word that reads tables which it does not name.
    let mut tables = Tables::open(arguments, &Repository::default(), "union", threads(arguments.threads))?;
    let mut loaded = Vec::new();
    let mut room = tables.read_options.max_bytes;
    for (name, file) in &mut tables.files {
        loop {
            let columns: Vec<String> = file.schema().names().map(str::to_owned).collect();
            // Where a row contradicts the types, they are inferred anew.
            if let Some(table) = file.load(&columns, None, room)? {
                room = room.saturating_sub(table.byte_size());
                loaded.push((name.clone(), table));
                break;
            }
        }
    }
    Ok((tables, loaded))
}

/// Adds to a database what a query names and is not there: built-in tables, functions that rules call.
#[cfg(any(feature = "serve", feature = "repl"))]
pub fn add_named(database: &mut Database, query: &str) {
    let words: HashSet<&str> = words(query).collect();
    declare_built_in(database, &words, &[]);
    let helpers: Vec<&str> =
        words.iter().copied().filter(|word| database.function_text(word).is_none()).collect();
    kqlite_detect::add_helpers(database, helpers);
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
