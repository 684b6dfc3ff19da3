//! Kusto's management commands over a [`kqlite::Database`]: read, run, and their results as tables. It must not know files,
//! clocks or who asks: the caller brings them.
//!
//! ```
//! use kqlite::{Database, DateTime, Options};
//! use kqlite_command::{Environment, Interpreter, ManagedDatabase};
//!
//! let database = ManagedDatabase::new("Logs", Database::new());
//! let environment = Environment::default();
//! let options = Options::new(DateTime::UNIX_EPOCH);
//! let mut commands = Interpreter::new(&database, &environment, &options);
//! commands.run(".set Logons <| print User = 'ann', Failures = 9")?;
//! let tables = commands.run(".show tables | where TableName startswith 'L' | project TableName")?;
//! assert_eq!(tables.value(0, "TableName"), Some("Logons".into()));
//! // The database that was given is as it was; what the commands changed is a new one.
//! assert!(!database.database().has_table("Logons"));
//! assert!(commands.into_changed().is_some_and(|changed| changed.database().has_table("Logons")));
//! # Ok::<(), kqlite_command::CommandError>(())
//! ```
//!
//! A command may be followed by `| KQL`, which sees what it gives. What a command is (its words, how it is written, what it
//! gives) is a [`CommandEntry`], and [`entries`] lists all of them; the columns are those of Kusto's own commands.

mod call;
mod commands;
mod csl;
mod define;
mod environment;
mod error;
mod ingest;
mod managed_database;
mod parts;
mod reader;
mod scan;
mod schema;
mod script;
mod show;
#[cfg(test)]
mod tests;

pub use call::{CommandEntry, Effect, Interpreter, is_command};
pub use commands::{entries, find};
pub use environment::{Capacity, Environment};
pub use error::CommandError;
pub use managed_database::{EntityNotes, ManagedDatabase};
