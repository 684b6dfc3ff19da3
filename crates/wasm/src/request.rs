//! What a page asks for. It must not know how it is answered.

use serde::Deserialize;

/// A request, by its member `do`.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub(crate) enum Request {
    /// Makes a table of a file's text.
    Load { name: String, format: String, text: String },
    /// Takes a table away.
    Drop { name: String },
    /// The tables with their columns.
    Tables,
    /// Runs a query: tables, charts, warnings.
    Run { query: String, now: String, width: Option<f64> },
    /// Finds every mistake without running.
    Check { query: String },
    /// Proposes what may stand at a place, which counts units of UTF-16.
    Complete { query: String, at: usize },
    /// Says what each step did.
    Explain { query: String, now: String },
    /// Says what became of a row.
    Why { query: String, now: String, table: String, row: usize },
    /// Formats a query.
    Format { query: String },
    /// Explains a name of the language.
    Docs { word: String },
    /// The lessons, without their solutions.
    Lessons,
    /// Puts the tables of a lesson, or those of all lessons, in place of others.
    Open { lesson: Option<usize> },
    /// Judges an answer to a lesson's task.
    Judge { lesson: usize, query: String },
    /// The solution of a lesson, for who gives up.
    Solution { lesson: usize },
}
