//! What the workspace of a query has beside the tables that every workspace has: tables of its own and stored functions. It
//! must not know files, rules and tests.

use std::collections::{BTreeMap, BTreeSet};

use kqlite::{Database, Error, Schema};

use crate::helpers::{add_helpers, helper_schema};
use crate::names::words;
use crate::schemas::schema_of;

/// Tables and stored functions beside the built-in ones.
///
/// ```
/// use kqlite::{Database, ScalarType, Schema};
/// use kqlite_detect::Workspace;
///
/// let mut workspace = Workspace::new();
/// workspace.add_table("Okta_CL", Schema::new([("TimeGenerated", ScalarType::DateTime), ("actor_s", ScalarType::String)]));
/// workspace.add_function("Logons", "() { Okta_CL | where isnotempty(actor_s) }");
/// let mut database = Database::new();
/// workspace.declare_for(&mut database, ["Logons"])?;
/// assert!(database.check("Logons | project actor_s").diagnostics().is_empty());
/// # Ok::<(), kqlite_detect::WorkspaceError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Workspace {
    tables: BTreeMap<String, Schema>,
    functions: BTreeMap<String, String>,
}

/// A stored function that is none.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the function '{name}': {error}")]
pub struct WorkspaceError {
    /// Its name.
    pub name: String,
    /// What is wrong with its text.
    pub error: Box<Error>,
}

impl Workspace {
    /// A workspace with what every workspace has.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a table with its columns, or replaces the one of that name, also a built-in one.
    pub fn add_table(&mut self, name: impl Into<String>, columns: Schema) -> &mut Self {
        self.tables.insert(name.into(), columns);
        self
    }

    /// Adds a stored function, or replaces the one of that name: `text` is its parameters and body, such as
    /// `(n: long) { T | take n }`.
    pub fn add_function(&mut self, name: impl Into<String>, text: impl Into<String>) -> &mut Self {
        self.functions.insert(name.into(), text.into());
        self
    }

    /// The columns of a table: of the workspace, of Defender XDR or Sentinel, or of one that a helper reads.
    #[must_use]
    pub fn schema_of(&self, table: &str) -> Option<Schema> {
        self.tables.get(table).cloned().or_else(|| schema_of(table)).or_else(|| helper_schema(table))
    }

    /// The tables that are not built in, or have other columns than the built-in ones.
    pub fn tables(&self) -> impl Iterator<Item = (&str, &Schema)> {
        self.tables.iter().map(|(name, columns)| (name.as_str(), columns))
    }

    /// The stored functions: their names and texts.
    pub fn functions(&self) -> impl Iterator<Item = (&str, &str)> {
        self.functions.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// The stored functions that a query with these words may call, and those that these call, sorted by their names.
    #[must_use]
    pub fn functions_for<'w>(
        &'w self,
        words_of_query: impl IntoIterator<Item = &'w str>,
    ) -> Vec<(&'w str, &'w str)> {
        let mut called: BTreeMap<&str, &str> = BTreeMap::new();
        let mut left: Vec<&str> = words_of_query.into_iter().collect();
        while let Some(word) = left.pop() {
            if let Some((name, text)) = self.functions.get_key_value(word)
                && called.insert(name, text).is_none()
            {
                left.extend(words(text));
            }
        }
        called.into_iter().collect()
    }

    /// Adds what a query with these words needs: tables without rows unless they are there, helpers, and stored functions.
    ///
    /// # Errors
    /// A stored function whose text is none.
    pub fn declare_for<'w>(
        &'w self,
        database: &mut Database,
        words_of_query: impl IntoIterator<Item = &'w str>,
    ) -> Result<(), WorkspaceError> {
        let mut named: BTreeSet<&str> = words_of_query.into_iter().collect();
        let functions = self.functions_for(named.iter().copied());
        named.extend(functions.iter().flat_map(|(_, text)| words(text)));
        for word in &named {
            let columns = self.tables.get(*word).cloned().or_else(|| schema_of(word));
            if let Some(columns) = columns.filter(|_| !database.has_table(word)) {
                database.declare(*word, columns);
            }
        }
        add_helpers(database, named.iter().copied());
        for (name, text) in functions {
            database
                .define(name, text)
                .map_err(|error| WorkspaceError { name: name.to_owned(), error: Box::new(error) })?;
        }
        Ok(())
    }
}
