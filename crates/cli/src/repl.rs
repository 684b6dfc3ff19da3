//! `kqlite repl`: queries and commands at a prompt, in a build with the feature `repl`. It must not know how a prompt works: it
//! brings the data, the clock, and the texts of reports.

use crate::args::Repl;
use crate::failure::Failure;

/// Reads statements until there are no more.
#[cfg(not(feature = "repl"))]
pub fn repl(_: &Repl) -> Result<(), Failure> {
    Err(Failure::usage(
        "kqlite repl is not in this build\n = help: a build with the feature 'repl' has it: cargo run --release --features \
         repl -- repl --data FOLDER",
    ))
}

#[cfg(feature = "repl")]
pub use with::repl;

#[cfg(feature = "repl")]
mod with {
    use std::any::Any;
    use std::path::Path;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;
    use std::time::Duration;

    use kqlite::explain::{Explanation, Lineage, RowTraces};
    use kqlite::{Database, DateTime, NamedTable, Options, Table};
    use kqlite_repl::{Ending, Host, Settings, Shell, history_file, run};

    use super::{Failure, Repl};
    use crate::args::{Data, DefaultLimits};
    use crate::query_text::QueryText;
    use crate::watchdog::Watchdog;
    use crate::{docs, explain, interrupt, run as run_command, session, why};

    /// Reads statements until there are no more.
    pub fn repl(arguments: &Repl) -> Result<(), Failure> {
        let data = &arguments.data;
        // What is wrong with the options is told before anything is typed.
        session::options(data)?;
        let database = session::whole_database(data)?;
        let limits = data.limits.limits(&DefaultLimits::QUERY);
        let time = data.limits.time(&DefaultLimits::QUERY);
        let settings = Settings::new(limits, time, session::threads(data.threads), data.strict);
        // The prompt keeps the time: it may be changed there.
        let host = CommandLineHost { data: Data { now: None, ..data.clone() } };
        let now = session::given_now(data)?;
        let shell = Shell::new(&data.database, database, settings, Box::new(host)).at(now);
        let history = history_file().filter(|_| !arguments.no_history);
        let ending = run(shell, history.as_deref())
            .map_err(|error| Failure::usage(format_args!("the prompt ended: {error}")))?;
        match ending {
            Ending::Well => Ok(()),
            // It was told where it happened.
            Ending::Wrong => Err(Failure::Wrong(String::new())),
        }
    }

    /// What the command line brings to a prompt.
    struct CommandLineHost {
        data: Data,
    }

    /// The rows of each step that an explanation shows.
    const SAMPLE_ROWS: usize = 3;

    fn text(failure: &Failure) -> String {
        failure.text().to_owned()
    }

    impl Host for CommandLineHost {
        fn options(&self, now: Option<DateTime>) -> Result<Options, String> {
            let data = match now {
                Some(now) => &Data { now: Some(now.to_string()), ..self.data.clone() },
                None => &self.data,
            };
            session::options(data).map_err(|failure| text(&failure))
        }

        fn interrupted(&self) -> Arc<AtomicBool> {
            interrupt::flag()
        }

        fn run(&self, limit: Option<Duration>) -> Box<dyn Any> {
            Box::new((interrupt::Running::begin(), Watchdog::start(limit)))
        }

        fn add_named(&self, database: &mut Database, query: &str) {
            session::add_named(database, query);
        }

        fn load(&self, path: &str, name: Option<&str>) -> Result<Vec<(String, Table)>, String> {
            if !Path::new(path).exists() && !path.contains(['*', '?', '[']) {
                return Err(format!("{path}: there is no such file"));
            }
            let value = name.map_or_else(|| path.to_owned(), |name| format!("{name}={path}"));
            let data = Data { data: vec![value], workspace: Vec::new(), ..self.data.clone() };
            session::tables_of_files(&data).map_err(|failure| text(&failure))
        }

        fn save(&self, table: &Table, statement: &str, path: &str) -> Result<(), String> {
            let answer = NamedTable { name: "answer".to_owned(), table: table.clone() };
            let query = QueryText { origin: "query".to_owned(), text: statement.to_owned(), rule: None };
            run_command::save(answer, &query, Path::new(path)).map_err(|failure| text(&failure))
        }

        fn docs(&self, name: &str) -> Result<String, String> {
            docs::text_of(Database::new().registry(), name).map_err(|failure| text(&failure))
        }

        fn explanation(&self, explanation: &Explanation) -> String {
            explain::text(explanation, SAMPLE_ROWS)
        }

        fn traces(&self, traces: &RowTraces) -> String {
            why::text(traces)
        }

        fn lineage(&self, lineage: &Lineage) -> String {
            why::lineage_text(lineage)
        }
    }
}
