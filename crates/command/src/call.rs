//! Commands as data, and what runs them: the entry of the words that a text begins with is called, and what follows its pipe
//! is a query over what it gives. It must not know any command.

use std::borrow::Cow;

use kqlite::{
    Code, CompileOptions, Database, Diagnostic, Options, ParameterInfo, Query, Schema, Span, Table, Value,
    nearest,
};

use crate::environment::Environment;
use crate::error::CommandError;
use crate::managed_database::ManagedDatabase;
use crate::parts::PlacedName;
use crate::reader::Reader;

/// What a command does to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It shows something.
    Reads,
    /// It changes something.
    Writes,
}

/// A command as data: its words, how it is written, what it does, and the function that runs it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct CommandEntry {
    /// The words that it begins with, such as `.show tables`.
    pub name: &'static str,
    /// Whether it changes the database.
    pub effect: Effect,
    /// What Kusto calls this kind of command in reports, such as `TableCreate`.
    pub kind: &'static str,
    /// One sentence: what it does.
    pub summary: &'static str,
    /// How it is written, one form a line, as in entries of operators.
    pub syntax: &'static [&'static str],
    /// The words of the syntax that one puts something in for.
    pub parameters: &'static [ParameterInfo],
    /// What people get wrong about it.
    pub remarks: &'static [&'static str],
    /// The columns that it gives: `Name:string, Size:long`.
    pub columns: &'static str,
    pub(crate) run: fn(&mut Call<'_, '_>) -> Result<Table, CommandError>,
}

impl CommandEntry {
    /// What commands have in common that show something.
    pub(crate) const SHOW: Self = Self {
        name: "",
        effect: Effect::Reads,
        kind: "Show",
        summary: "",
        syntax: &[],
        parameters: &[],
        remarks: &[],
        columns: "",
        run: |call| Ok(call.rows(Vec::new())),
    };

    /// What commands have in common that change something.
    pub(crate) const CHANGE: Self = Self { effect: Effect::Writes, ..Self::SHOW };

    /// The names and types of what it gives.
    #[must_use]
    pub fn schema(&self) -> Schema {
        schema_of(self.columns)
    }
}

/// The schema of `Name:type, …`.
pub(crate) fn schema_of(columns: &str) -> Schema {
    let column = |text: &str| {
        let (name, data_type) = text.trim().split_once(':')?;
        Some((name.to_owned(), data_type.parse().ok()?))
    };
    Schema::new(columns.split(',').filter_map(column))
}

/// The text is a command: it begins with a dot, behind white space and comments.
#[must_use]
pub fn is_command(text: &str) -> bool {
    Reader::new(text).skip().starts_with('.')
}

/// The entry that a text begins with, and the reader behind its words.
pub(crate) fn find_in<'t>(
    commands: &[&'static [CommandEntry]],
    text: &'t str,
) -> Result<(&'static CommandEntry, Reader<'t>), CommandError> {
    let mut best: Option<(&'static CommandEntry, Reader<'t>)> = None;
    // Comments in front of it are passed over once.
    let mut start = Reader::new(text);
    start.skip();
    for entry in commands.iter().copied().flatten() {
        let mut reader = start.clone();
        let words = entry.name.split(' ');
        if words.clone().all(|word| reader.accept(word))
            && best.as_ref().is_none_or(|(known, _)| known.name.split(' ').count() < words.count())
        {
            best = Some((entry, reader));
        }
    }
    best.ok_or_else(|| unknown(commands, text))
}

/// The error of a text that begins with no command.
fn unknown(commands: &[&'static [CommandEntry]], text: &str) -> CommandError {
    let mut reader = Reader::new(text);
    reader.skip();
    let start = reader.at();
    let Some(first) = reader.peek().filter(|word| word.starts_with('.')) else {
        return reader.expected("a command, which begins with a dot");
    };
    let mut words = vec![first];
    reader.accept(first);
    let mut end = reader.at();
    while words.len() < 3
        && let Some(word) = reader.peek()
        && reader.accept(word)
    {
        words.push(word);
        end = reader.at();
    }
    let help = help_with(&words, &commands.iter().copied().flatten().map(|it| it.name).collect::<Vec<_>>());
    let shown = words.join(" ");
    let message = format!("the command '{shown}' is not supported");
    let mut diagnostic = Diagnostic::error(Code::Unsupported, Span::new(start, end), message).help(help);
    diagnostic.unsupported = Some(shown);
    CommandError::new(diagnostic, text)
}

/// What helps with words that begin no command: the nearest command, those with the same first word, or the first words.
fn help_with(words: &[&str], names: &[&str]) -> String {
    fn verb(name: &str) -> &str {
        name.split(' ').next().unwrap_or_default()
    }
    let Some((first, rest)) = words.split_first() else { return String::new() };
    let mut verbs: Vec<&str> = names.iter().map(|name| verb(name)).collect();
    verbs.dedup();
    let meant = verbs.iter().copied().find(|it| it.eq_ignore_ascii_case(first));
    let Some(meant) = meant.or_else(|| nearest(first, verbs.iter().copied())) else {
        return format!("commands begin with: {}", verbs.join(", "));
    };
    let of_verb = || names.iter().copied().filter(|name| verb(name) == meant);
    let near = (1..=rest.len()).rev().find_map(|count| {
        let phrase = format!("{meant} {}", rest.get(..count).unwrap_or_default().join(" ")).to_lowercase();
        of_verb().find(|name| *name == phrase).or_else(|| nearest(&phrase, of_verb()))
    });
    match near {
        Some(near) => format!("did you mean '{near}'?"),
        None => format!("there are: {}", of_verb().collect::<Vec<_>>().join(", ")),
    }
}

/// Runs commands over a database, which stays as it is: what they change is a new one.
pub struct Interpreter<'a> {
    pub(crate) database: Cow<'a, ManagedDatabase>,
    pub(crate) environment: &'a Environment,
    pub(crate) options: &'a Options,
    commands: &'static [&'static [CommandEntry]],
}

impl<'a> Interpreter<'a> {
    pub(crate) const fn over(
        database: &'a ManagedDatabase,
        environment: &'a Environment,
        options: &'a Options,
        commands: &'static [&'static [CommandEntry]],
    ) -> Self {
        Self { database: Cow::Borrowed(database), environment, options, commands }
    }

    /// The database as the commands have left it.
    #[must_use]
    pub fn database(&self) -> &ManagedDatabase {
        &self.database
    }

    /// The database that the commands have made, if they changed anything.
    #[must_use]
    pub fn into_changed(self) -> Option<ManagedDatabase> {
        match self.database {
            Cow::Owned(changed) => Some(changed),
            Cow::Borrowed(_) => None,
        }
    }

    /// Reads a command, runs it, and the query behind its pipe.
    ///
    /// # Errors
    /// The text is no command, names what is not there, or has a query with mistakes; a limit of the options is reached. A
    /// command that fails has changed nothing, but for a script, whose first commands may have run.
    pub fn run(&mut self, text: &str) -> Result<Table, CommandError> {
        let (entry, reader) = find_in(self.commands, text)?;
        let mut call = Call { entry, reader, interpreter: self };
        let table = (entry.run)(&mut call)?;
        let (at, rest) = (call.reader.at(), call.reader.skip());
        if !rest.starts_with('|') {
            return Ok(table);
        }
        self.piped(table, text, at)
    }

    /// Runs the query that stands behind the command, which ends at a byte of the text.
    fn piped(&self, table: Table, text: &str, at: usize) -> Result<Table, CommandError> {
        // The command's place is taken by a name, so that the places in the query stay.
        const NAME: &str = "_show";
        let head = text.get(..at).unwrap_or_default();
        let tail = text.get(at..).unwrap_or_default();
        let blank = |c: char| if matches!(c, '\n' | '\r') { c } else { ' ' };
        let padding: String = head
            .char_indices()
            .filter(|(at, _)| *at >= NAME.len())
            .flat_map(|(_, c)| std::iter::repeat_n(blank(c), c.len_utf8()))
            .collect();
        let query = format!("{NAME}{padding}{tail}");
        let mut database = self.database.database().clone();
        database.insert(NAME, table);
        let shift = text.len() as isize - query.len() as isize;
        run_query(&database, self.environment, self.options, &query)
            .map_err(|error| CommandError::in_query(&error, text, shift))
    }
}

/// Compiles a query and runs it.
pub(crate) fn run_query(
    database: &Database,
    environment: &Environment,
    options: &Options,
    text: &str,
) -> Result<Table, kqlite::Error> {
    compile(database, environment, text)?.run(database, options)
}

fn compile(database: &Database, environment: &Environment, text: &str) -> Result<Query, kqlite::Error> {
    database.compile_with(text, &CompileOptions::default().limits(environment.limits))
}

/// A command that runs: its entry, what is left of its text, and what it runs over.
pub(crate) struct Call<'c, 'a> {
    pub entry: &'static CommandEntry,
    pub reader: Reader<'c>,
    pub interpreter: &'c mut Interpreter<'a>,
}

impl Call<'_, '_> {
    /// The database, to be read.
    pub(crate) fn database(&self) -> &ManagedDatabase {
        &self.interpreter.database
    }

    /// The database, to be changed.
    pub(crate) fn database_mut(&mut self) -> &mut ManagedDatabase {
        self.interpreter.database.to_mut()
    }

    pub(crate) const fn environment(&self) -> &Environment {
        self.interpreter.environment
    }

    /// The entry of another command.
    pub(crate) fn find(&self, text: &str) -> Result<&'static CommandEntry, CommandError> {
        find_in(self.interpreter.commands, text).map(|(entry, _)| entry)
    }

    /// What the command gives, as rows of the columns of its entry.
    pub(crate) fn rows(&self, rows: Vec<Vec<Value>>) -> Table {
        Table::from_rows(self.entry.schema(), rows)
    }

    /// Rows of other columns than those of the entry.
    pub(crate) fn rows_of(columns: &str, rows: Vec<Vec<Value>>) -> Table {
        Table::from_rows(schema_of(columns), rows)
    }

    pub(crate) fn error(&self, code: Code, span: Span, message: impl Into<String>) -> CommandError {
        self.reader.error(code, span, message)
    }

    /// The error of a name that is not there, with those that are.
    pub(crate) fn not_there<'n>(
        &self,
        code: Code,
        what: &str,
        name: &PlacedName,
        known: impl IntoIterator<Item = &'n str>,
    ) -> CommandError {
        const MAX_NAMED: usize = 12;
        let known: Vec<&str> = known.into_iter().collect();
        let message = format!("there is no {what} '{}'", name.text);
        let mut diagnostic = Diagnostic::error(code, name.span, message);
        if let Some(near) = nearest(&name.text, known.iter().copied()) {
            diagnostic = diagnostic.help(format!("did you mean '{near}'?"));
        } else if !known.is_empty() {
            let named = known.get(..MAX_NAMED.min(known.len())).unwrap_or_default().join(", ");
            let more = if known.len() > MAX_NAMED { ", …" } else { "" };
            diagnostic = diagnostic.help(format!("there are: {named}{more}"));
        }
        CommandError::new(diagnostic, self.reader.text())
    }

    /// Reads the name of a table that must be there.
    pub(crate) fn table_name(&mut self) -> Result<PlacedName, CommandError> {
        let name = self.reader.name("the name of a table")?;
        self.known_table(name)
    }

    /// The name, if there is such a table.
    pub(crate) fn known_table(&self, name: PlacedName) -> Result<PlacedName, CommandError> {
        let database = self.database().database();
        match database.has_table(&name.text) {
            true => Ok(name),
            false => Err(self.not_there(Code::UnknownTable, "table", &name, database.table_names())),
        }
    }

    /// The name, if there is such a stored function.
    pub(crate) fn known_function(&self, name: PlacedName) -> Result<PlacedName, CommandError> {
        let database = self.database().database();
        match database.function_text(&name.text) {
            Some(_) => Ok(name),
            None => Err(self.not_there(Code::UnknownFunction, "function", &name, database.function_names())),
        }
    }

    /// Runs a query that stands in the command's text from a place on; a `.show` command may stand for one.
    pub(crate) fn query(&mut self, query: &str, at: usize) -> Result<Table, CommandError> {
        if is_command(query) {
            let (entry, _) = find_in(self.interpreter.commands, query)?;
            if entry.effect == Effect::Writes {
                let message = format!("'{}' gives no rows for another command: only .show does", entry.name);
                return Err(self.error(
                    Code::NotAllowedHere,
                    Span::new(at, self.reader.text().len()),
                    message,
                ));
            }
            return self.interpreter.run(query);
        }
        let database = self.interpreter.database.database();
        run_query(database, self.interpreter.environment, self.interpreter.options, query)
            .map_err(|error| CommandError::in_query(&error, self.reader.text(), at as isize))
    }

    /// The plan of a query that stands in the command's text from a place on.
    pub(crate) fn compiled(&self, query: &str, at: usize) -> Result<Query, CommandError> {
        compile(self.database().database(), self.environment(), query)
            .map_err(|error| CommandError::in_query(&error, self.reader.text(), at as isize))
    }
}
