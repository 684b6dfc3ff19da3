//! All commands. It must not know what they do.

use kqlite::Options;

use crate::call::{CommandEntry, Interpreter, find_in};
use crate::environment::Environment;
use crate::error::CommandError;
use crate::managed_database::ManagedDatabase;
use crate::{define, ingest, script, show};

const COMMANDS: &[&[CommandEntry]] = &[
    show::server::ENTRIES,
    show::database::ENTRIES,
    show::table::ENTRIES,
    show::function::ENTRIES,
    show::entity::ENTRIES,
    show::query_plan::ENTRIES,
    define::table::ENTRIES,
    define::alter_table::ENTRIES,
    define::function::ENTRIES,
    ingest::query::ENTRIES,
    ingest::data::ENTRIES,
    script::ENTRIES,
];

/// Every command, those of a family one after the other.
///
/// ```
/// assert!(kqlite_command::entries().any(|it| it.name == ".show tables" && it.summary.starts_with("Shows the tables")));
/// ```
pub fn entries() -> impl Iterator<Item = &'static CommandEntry> {
    COMMANDS.iter().copied().flatten()
}

/// The command that a text begins with.
///
/// ```
/// use kqlite_command::{Effect, find};
/// assert_eq!(find("// rows\n.clear table T data")?.effect, Effect::Writes);
/// assert!(find(".shw tables").unwrap_err().to_string().contains("did you mean '.show tables'?"));
/// # Ok::<(), kqlite_command::CommandError>(())
/// ```
///
/// # Errors
/// It begins with none: the error names those that are near.
pub fn find(text: &str) -> Result<&'static CommandEntry, CommandError> {
    find_in(COMMANDS, text).map(|(entry, _)| entry)
}

impl<'a> Interpreter<'a> {
    /// Runs commands over a database, within the limits of some options.
    #[must_use]
    pub const fn new(
        database: &'a ManagedDatabase,
        environment: &'a Environment,
        options: &'a Options,
    ) -> Self {
        Self::over(database, environment, options, COMMANDS)
    }
}
