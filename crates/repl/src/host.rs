//! What a prompt asks of the program that it runs in. It must not know the prompt.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use kqlite::explain::{Explanation, Lineage, RowTraces};
use kqlite::{Database, DateTime, Options, Table};

/// What a prompt asks of the program that it runs in. Errors are texts to show, with a line break at the end.
pub trait Host {
    /// Options for one run: the given time, or that of the clock; a seed, a session, where rows are put aside.
    ///
    /// # Errors
    /// Rows have no place where they could be put aside any more.
    fn options(&self, now: Option<DateTime>) -> Result<Options, String>;

    /// The flag that Ctrl-C sets while a statement runs.
    fn interrupted(&self) -> Arc<AtomicBool>;

    /// Notes that a run begins: the program ends if it takes much longer than this. What it gives is dropped when it has ended.
    fn run(&self, limit: Option<Duration>) -> Box<dyn Any>;

    /// Adds to a database what a query names and is not there, such as well-known tables.
    fn add_named(&self, database: &mut Database, query: &str);

    /// Reads the tables of a file or a folder; of one file under a name, if one is given.
    ///
    /// # Errors
    /// There is no such file, or it is no data.
    fn load(&self, path: &str, name: Option<&str>) -> Result<Vec<(String, Table)>, String>;

    /// Writes a table, which a statement gave, to a file, in the form that its name tells.
    ///
    /// # Errors
    /// The file cannot be written, or its name tells no form.
    fn save(&self, table: &Table, statement: &str, path: &str) -> Result<(), String>;

    /// What the reference says of a name.
    ///
    /// # Errors
    /// Nothing is called so.
    fn docs(&self, name: &str) -> Result<String, String>;

    /// The steps of a run.
    fn explanation(&self, explanation: &Explanation) -> String;

    /// The ways of rows.
    fn traces(&self, traces: &RowTraces) -> String;

    /// Which rows a row of the answer was made of.
    fn lineage(&self, lineage: &Lineage) -> String;
}
