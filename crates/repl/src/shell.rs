//! The state of a prompt: the database, the last query and its answer, settings; and how a query is run. It must not know
//! commands, nor who types.

use std::time::{Duration, Instant};

use kqlite::syntax::{HighlightKind, highlight};
use kqlite::{Code, CompileOptions, Database, DateTime, Error, NamedTable, Options, Query, Table};
use kqlite_command::{Environment, Interpreter, ManagedDatabase};

use crate::answer::answer_text;
use crate::host::Host;
use crate::screen::Screen;
use crate::settings::Settings;

/// The name of the last answer.
pub const LAST: &str = "_";

/// An answer without rows is explained where its tables have no more rows than this.
const MAX_ROWS_AGAIN: usize = 200_000;

/// The state of a prompt.
pub struct Shell {
    pub(crate) host: Box<dyn Host>,
    pub(crate) database: ManagedDatabase,
    pub(crate) settings: Settings,
    /// The time that `.now` gave.
    pub(crate) now: Option<DateTime>,
    /// The last query that ran.
    pub(crate) query: Option<LastQuery>,
    /// The answer of the last query, or of the last command of Kusto's.
    pub(crate) answer: Option<Table>,
    /// What gave it.
    pub(crate) statement: String,
    pub(crate) screen: Screen,
}

/// A query that ran.
pub(crate) struct LastQuery {
    pub text: String,
    /// What the last answer was before.
    before: Option<Table>,
}

/// What comes of a statement.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A text to show.
    Text(String),
    /// An answer, and what is to be said of it: warnings, notes, times.
    Answer { text: String, notes: String },
    /// Nobody wants to go on.
    Quit,
}

impl Shell {
    /// A prompt over a database, without an answer yet.
    #[must_use]
    pub fn new(name: &str, database: Database, settings: Settings, host: Box<dyn Host>) -> Self {
        Self {
            host,
            database: ManagedDatabase::new(name, database),
            settings,
            now: None,
            query: None,
            answer: None,
            statement: String::new(),
            screen: Screen { is_terminal: false, has_colour: false },
        }
    }

    /// The prompt with this time, until another one is given; none is that of the clock.
    #[must_use]
    pub fn at(mut self, now: Option<DateTime>) -> Self {
        self.now = now;
        self
    }

    /// The database as a query sees it: with the last answer and the well-known tables, if it names them.
    pub(crate) fn seen_by(&self, query: &str) -> Database {
        self.seen_with(query, self.answer.as_ref())
    }

    fn seen_with(&self, query: &str, answer: Option<&Table>) -> Database {
        let mut database = self.database.database().clone();
        self.host.add_named(&mut database, query);
        if let Some(answer) = answer.filter(|_| names_last(query)) {
            database.insert(LAST, answer.clone());
        }
        database
    }

    /// Runs something within the limits of the settings: Ctrl-C ends it, and so does its time.
    pub(crate) fn limited<T>(&self, run: impl FnOnce(&Options) -> T) -> Result<T, String> {
        let options = self.host.options(self.now)?;
        let mut options = self.settings.applied(options).cancel(self.host.interrupted());
        if let Some(limit) = self.settings.time {
            let start = Instant::now();
            options = options.time_limit(limit, move || start.elapsed());
        }
        let noted = self.host.run(self.settings.time);
        let result = run(&options);
        drop(noted);
        Ok(result)
    }

    /// Compiles a query.
    pub(crate) fn compiled(&self, text: &str) -> Result<(Database, Query), String> {
        let database = self.seen_by(text);
        let query = self.compiled_over(&database, text)?;
        Ok((database, query))
    }

    fn compiled_over(&self, database: &Database, text: &str) -> Result<Query, String> {
        let options = CompileOptions::default().cancel(self.host.interrupted());
        let noted = self.host.run(self.settings.time);
        let compiled = database.compile_with(text, &options);
        drop(noted);
        compiled.map_err(|error| self.error(&error))
    }

    /// Compiles the query that is given, or else the last one, which sees the answer that it saw.
    pub(crate) fn compiled_or_last(&self, given: &str) -> Result<(Database, Query), String> {
        if !given.is_empty() {
            return self.compiled(given);
        }
        let Some(last) = &self.query else {
            return Err("there is no query yet: write one behind the command".to_owned());
        };
        let database = self.seen_with(&last.text, last.before.as_ref());
        let query = self.compiled_over(&database, &last.text)?;
        Ok((database, query))
    }

    /// Compiles a query and runs it; its answer is the last one then.
    pub(crate) fn run_query(&mut self, text: &str) -> Result<Outcome, String> {
        let start = Instant::now();
        let (database, query) = self.compiled(text)?;
        let compiled = start.elapsed();
        let run = self.limited(|options| query.run_all(&database, options))?;
        let time = start.elapsed();
        // What may be asked about is also a query that ended with an error.
        self.query = Some(LastQuery { text: text.to_owned(), before: self.answer.clone() });
        let tables = run.map_err(|error| self.error(&error))?;
        let shown = answer_text(&tables, &self.settings, self.screen);
        let mut notes = String::new();
        for table in &tables {
            for warning in table.table.warnings() {
                notes.push_str(&warning.diagnostic().render("query", text, self.screen.has_colour));
            }
        }
        if tables.iter().all(|it| it.table.is_empty()) {
            notes.push_str(&self.notes_on_nothing(&database, &query));
        }
        self.answer = tables.into_iter().next().map(|it| it.table);
        text.clone_into(&mut self.statement);
        if self.settings.timing {
            notes.push_str(&timing(compiled, time.saturating_sub(compiled)));
        }
        Ok(Outcome::Answer { text: shown, notes })
    }

    /// Why an answer has no rows: what the step that kept none would have kept, written a little differently. Nothing where the
    /// tables are too large to look at them once more.
    fn notes_on_nothing(&self, database: &Database, query: &Query) -> String {
        let reads = query.reads();
        let rows: usize =
            reads.keys().filter_map(|name| database.table_size(name)).map(|(rows, _)| rows).sum();
        if rows > MAX_ROWS_AGAIN {
            return String::new();
        }
        // What goes wrong in all of the rows went well in those that the answer needs: then there is no note.
        let Ok(Ok(explanation)) = self.limited(|options| query.explain(database, options)) else {
            return String::new();
        };
        let step = explanation.step_without_rows();
        let note = |number: usize, note: &String| format!("note: step {number}: {note}\n");
        step.map(|step| step.notes.iter().map(|it| note(step.number, it)).collect()).unwrap_or_default()
    }

    /// Runs one of Kusto's commands; what it gives is the last answer then.
    pub(crate) fn run_command(&mut self, text: &str) -> Result<Outcome, String> {
        let environment = Environment::default();
        let start = Instant::now();
        let (result, changed) = self.limited(|options| {
            let mut commands = Interpreter::new(&self.database, &environment, options);
            let result = commands.run(text);
            (result, commands.into_changed())
        })?;
        let colour = self.screen.has_colour;
        let table = result.map_err(|error| error.render("command", colour))?;
        if let Some(changed) = changed {
            self.database = changed;
        }
        let shown = self.table_text(&table);
        let mut notes = String::new();
        self.answer = Some(table);
        text.clone_into(&mut self.statement);
        if self.settings.timing {
            notes.push_str(&timing(Duration::ZERO, start.elapsed()));
        }
        Ok(Outcome::Answer { text: shown, notes })
    }

    /// The text of a table that a command gives.
    pub(crate) fn table_text(&self, table: &Table) -> String {
        let named = NamedTable { name: LAST.to_owned(), table: table.clone() };
        answer_text(&[named], &self.settings, self.screen)
    }

    /// The text of an error, with the settings that help.
    pub(crate) fn error(&self, error: &Error) -> String {
        let mut text = error.render("query", self.screen.has_colour);
        let helps = [
            (Code::TimeLimit, "timeout SECONDS"),
            (Code::RowLimit, "max-rows N"),
            (Code::ByteLimit, "max-mb N"),
        ];
        for (code, setting) in helps {
            if error.diagnostics().iter().any(|it| it.code == code) {
                text.push_str(&format!("  = help: .set {setting} allows more\n"));
            }
        }
        text
    }
}

fn timing(compile: Duration, run: Duration) -> String {
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    format!("compile {:.1} ms, run {:.1} ms\n", milliseconds(compile), milliseconds(run))
}

/// A query names the last answer.
fn names_last(query: &str) -> bool {
    highlight(query).iter().any(|it| it.kind == HighlightKind::Name && &query[it.span.range()] == LAST)
}
