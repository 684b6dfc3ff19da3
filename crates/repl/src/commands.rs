//! The prompt's own commands, as a table of entries; all others that begin with a dot are Kusto's. It must not know who types.

use std::fmt::Write as _;

use kqlite::explain::RowRef;
use kqlite::{DateTime, ScalarType, Schema, Table, Value, nearest};

use crate::screen::TextStyle;
use crate::settings::{self, SETTINGS};
use crate::shell::{LAST, Outcome, Shell};

/// A command of the prompt as data.
pub struct ShellCommand {
    /// The word that it begins with.
    pub name: &'static str,
    /// How it is written.
    pub syntax: &'static str,
    /// One sentence: what it does.
    pub summary: &'static str,
    /// What its first word completes to.
    pub(crate) argument: CommandArgument,
    run: fn(&mut Shell, &str) -> Result<Outcome, String>,
}

/// What a command takes, for those who complete it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandArgument {
    Nothing,
    File,
    Table,
    Query,
    Setting,
    Reference,
    Switch,
    Command,
}

/// The commands of the prompt.
#[must_use]
pub const fn commands() -> &'static [ShellCommand] {
    COMMANDS
}

const COMMANDS: &[ShellCommand] = &[
    ShellCommand {
        name: ".tables",
        syntax: ".tables",
        summary: "Lists the tables with their rows and columns.",
        argument: CommandArgument::Nothing,
        run: |shell, _| Ok(Outcome::Text(tables(shell))),
    },
    ShellCommand {
        name: ".schema",
        syntax: ".schema Table",
        summary: "Lists the columns of a table, _ included.",
        argument: CommandArgument::Table,
        run: schema,
    },
    ShellCommand {
        name: ".load",
        syntax: ".load File [as Table]",
        summary: "Reads a file or a folder into tables, called as the files or as it is said.",
        argument: CommandArgument::File,
        run: load,
    },
    ShellCommand {
        name: ".save",
        syntax: ".save File",
        summary: "Writes the last answer to a file: .csv, .json, .ndjson, .md and the like by its name.",
        argument: CommandArgument::File,
        run: save,
    },
    ShellCommand {
        name: ".explain",
        syntax: ".explain [Query]",
        summary: "Tells what each step of a query did, of the last one if none is given.",
        argument: CommandArgument::Query,
        run: explain,
    },
    ShellCommand {
        name: ".why",
        syntax: ".why (Table[Row] | Row)",
        summary: "Tells why a row of a table is in the answer of the last query or not, or what a row of the answer was made of.",
        argument: CommandArgument::Table,
        run: why,
    },
    ShellCommand {
        name: ".plan",
        syntax: ".plan [Query]",
        summary: "Prints the plan of a query, of the last one if none is given.",
        argument: CommandArgument::Query,
        run: |shell, rest| Ok(Outcome::Text(shell.compiled_or_last(rest)?.1.plan())),
    },
    ShellCommand {
        name: ".docs",
        syntax: ".docs Name",
        summary: "Explains an operator, a function, a plugin or a type, with examples.",
        argument: CommandArgument::Reference,
        run: |shell, rest| shell.host.docs(rest).map(Outcome::Text),
    },
    ShellCommand {
        name: ".now",
        syntax: ".now [Time | clock]",
        summary: "Sets what now() gives, or lets it be the clock's time again.",
        argument: CommandArgument::Nothing,
        run: now,
    },
    ShellCommand {
        name: ".set",
        syntax: ".set [Name Value]",
        summary: "Changes a setting; alone it lists all of them.",
        argument: CommandArgument::Setting,
        run: set,
    },
    ShellCommand {
        name: ".timing",
        syntax: ".timing (on | off)",
        summary: "Tells after each query how long it took.",
        argument: CommandArgument::Switch,
        run: |shell, rest| {
            shell.settings.timing = settings::switch(rest).ok_or("write .timing on, or .timing off\n")?;
            Ok(Outcome::Text(String::new()))
        },
    },
    ShellCommand {
        name: ".help",
        syntax: ".help [Command]",
        summary: "Lists the commands, or explains one.",
        argument: CommandArgument::Command,
        run: help,
    },
    ShellCommand {
        name: ".quit",
        syntax: ".quit",
        summary: "Ends the prompt, as Ctrl-D does.",
        argument: CommandArgument::Nothing,
        run: |_, _| Ok(Outcome::Quit),
    },
];

/// The command that a text begins with, and what stands behind its word. A `.set` with `<|` is Kusto's.
pub fn find(text: &str) -> Option<(&'static ShellCommand, &str)> {
    let text = text.trim();
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let found = COMMANDS.iter().find(|it| it.name == word)?;
    (found.name != ".set" || !rest.contains("<|")).then(|| (found, rest.trim()))
}

/// Runs a statement: a command of the prompt, one of Kusto's, or a query. Errors are texts to show.
pub fn run_statement(shell: &mut Shell, text: &str) -> Result<Outcome, String> {
    let text = text.trim_end().trim_end_matches(';');
    if !kqlite_command::is_command(text) {
        return shell.run_query(text);
    }
    if let Some((command, rest)) = find(text) {
        return (command.run)(shell, rest).map_err(with_line_end);
    }
    let word = text.split_whitespace().next().unwrap_or_default();
    let verbs = || kqlite_command::entries().filter_map(|it| it.name.split(' ').next());
    if verbs().any(|verb| verb == word) {
        return shell.run_command(text);
    }
    let near = nearest(word, COMMANDS.iter().map(|it| it.name).chain(verbs()));
    let help = near.map_or_else(|| ".help lists all".to_owned(), |near| format!("did you mean '{near}'?"));
    Err(format!("error: there is no command '{word}'\n = help: {help}\n"))
}

/// The text of an error, as others are shown.
fn with_line_end(text: String) -> String {
    let text = if text.starts_with("error") { text } else { format!("error: {text}") };
    if text.ends_with('\n') { text } else { format!("{text}\n") }
}

fn tables(shell: &Shell) -> String {
    let database = shell.database.database();
    let mut names: Vec<&str> = database.table_names().collect();
    names.sort_unstable();
    let mut rows = Vec::new();
    for name in names {
        let count = database.table_size(name).map_or(0, |(rows, _)| rows);
        let columns = database.table_schema(name).map_or(0, |it| it.columns.len());
        rows.push(vec![Value::from(name), Value::Long(count as i64), Value::Long(columns as i64)]);
    }
    let columns = [("Table", ScalarType::String), ("Rows", ScalarType::Long), ("Columns", ScalarType::Long)];
    shell.table_text(&Table::from_rows(Schema::new(columns), rows))
}

fn schema(shell: &mut Shell, name: &str) -> Result<Outcome, String> {
    if name.is_empty() {
        return Err("write .schema and the name of a table".to_owned());
    }
    let database = shell.seen_by(name);
    let Some(schema) = database.table_schema(name) else {
        let near = nearest(name, database.table_names());
        let help =
            near.map_or_else(|| ".tables lists all".to_owned(), |near| format!("did you mean '{near}'?"));
        return Err(format!("there is no table '{name}'\n = help: {help}"));
    };
    let rows =
        schema.columns.iter().map(|it| vec![Value::from(&*it.name), Value::from(it.data_type.as_str())]);
    let columns = [("Column", ScalarType::String), ("Type", ScalarType::String)];
    let table = Table::from_rows(Schema::new(columns), rows);
    Ok(Outcome::Text(shell.table_text(&table)))
}

fn load(shell: &mut Shell, rest: &str) -> Result<Outcome, String> {
    let (path, name) = match rest.rsplit_once(" as ") {
        Some((path, name)) => (path.trim(), Some(name.trim())),
        None => (rest, None),
    };
    if path.is_empty() || name == Some("") {
        return Err("write .load and a file".to_owned());
    }
    let tables = shell.host.load(unquoted(path), name)?;
    let mut text = String::new();
    for (name, table) in tables {
        let rows = if table.len() == 1 { "row" } else { "rows" };
        let _ = writeln!(text, "{name}: {} {rows}", table.len());
        shell.database.database_mut().insert(name, table);
    }
    Ok(Outcome::Text(text))
}

fn save(shell: &mut Shell, path: &str) -> Result<Outcome, String> {
    if path.is_empty() {
        return Err("write .save and a file, such as answer.csv".to_owned());
    }
    let table = shell.answer.as_ref().ok_or("there is no answer to write yet")?;
    shell.host.save(table, &shell.statement, unquoted(path))?;
    let rows = if table.len() == 1 { "row" } else { "rows" };
    Ok(Outcome::Text(format!("{}: {} {rows}\n", unquoted(path), table.len())))
}

/// A path without the quotes around it.
fn unquoted(path: &str) -> &str {
    let inner = |quote| path.strip_prefix(quote).and_then(|it| it.strip_suffix(quote));
    inner('\'').or_else(|| inner('"')).unwrap_or(path)
}

fn explain(shell: &mut Shell, rest: &str) -> Result<Outcome, String> {
    let (database, query) = shell.compiled_or_last(rest)?;
    let explanation = shell.limited(|options| query.explain(&database, options))?;
    let explanation = explanation.map_err(|error| shell.error(&error))?;
    Ok(Outcome::Text(shell.host.explanation(&explanation)))
}

fn why(shell: &mut Shell, rest: &str) -> Result<Outcome, String> {
    let (database, query) = shell.compiled_or_last("")?;
    if let Ok(row) = rest.parse::<usize>() {
        let lineage = shell.limited(|options| query.origins(&database, options, row))?;
        let lineage = lineage.map_err(|error| shell.error(&error))?;
        return Ok(Outcome::Text(shell.host.lineage(&lineage)));
    }
    let row: RowRef = rest.parse().map_err(|message: String| {
        format!(
            "{message}\n = help: .why Table[3] asks about a row of a table, .why 0 about one of the answer"
        )
    })?;
    let traces = shell.limited(|options| query.why(&database, options, &[row]))?;
    let traces = traces.map_err(|error| shell.error(&error))?;
    Ok(Outcome::Text(shell.host.traces(&traces)))
}

fn now(shell: &mut Shell, rest: &str) -> Result<Outcome, String> {
    match rest {
        "" => {}
        "clock" => shell.now = None,
        text => {
            let time = DateTime::parse(text);
            let help = || format!("'{text}' is no time, such as 2024-06-30T12:00:00Z");
            shell.now = Some(time.ok_or_else(help)?);
        }
    }
    Ok(Outcome::Text(match shell.now {
        Some(now) => format!("now() is {}\n", now.to_short_string()),
        None => "now() is the clock's time\n".to_owned(),
    }))
}

fn set(shell: &mut Shell, rest: &str) -> Result<Outcome, String> {
    if let Some((name, value)) = rest.split_once(char::is_whitespace) {
        settings::set(&mut shell.settings, name, value.trim())?;
        return Ok(Outcome::Text(String::new()));
    }
    let mut rows: Vec<_> = SETTINGS.iter().filter(|it| rest.is_empty() || it.name == rest).collect();
    if rows.is_empty() {
        // The error says which there are.
        settings::set(&mut shell.settings, rest, "")?;
    }
    rows.sort_by_key(|it| it.name);
    let rows = rows.into_iter().map(|it| {
        let value = settings::get(&shell.settings, it);
        vec![Value::from(it.name), Value::from(value.as_str()), Value::from(it.summary)]
    });
    let columns =
        [("Name", ScalarType::String), ("Value", ScalarType::String), ("Summary", ScalarType::String)];
    let table = Table::from_rows(Schema::new(columns), rows.collect::<Vec<_>>());
    Ok(Outcome::Text(shell.table_text(&table)))
}

fn help(shell: &mut Shell, rest: &str) -> Result<Outcome, String> {
    let screen = shell.screen;
    let mut text = String::new();
    let mut add = |name: &str, syntax: &str, summary: &str| {
        let is_asked =
            rest.is_empty() || name.trim_start_matches('.').starts_with(rest.trim_start_matches('.'));
        if is_asked {
            let _ = writeln!(text, "{}\n    {summary}", screen.styled(TextStyle::Bold, syntax));
        }
    };
    COMMANDS.iter().for_each(|it| add(it.name, it.syntax, it.summary));
    for it in kqlite_command::entries() {
        if rest.is_empty() {
            add(it.name, it.name, it.summary);
        } else {
            it.syntax.iter().for_each(|syntax| add(it.name, syntax, it.summary));
        }
    }
    if text.is_empty() {
        return Err(format!("there is no command '{rest}'\n = help: .help lists all"));
    }
    if rest.is_empty() {
        text.insert_str(
            0,
            &format!(
                "A query ends with the line, unless the line ends in '|' or brackets are open; Alt-Enter begins a new line, a \
                 blank line ends it.\nTab completes, Ctrl-C cancels, {LAST} is the last answer as a table.\n\n"
            ),
        );
    }
    Ok(Outcome::Text(text))
}
