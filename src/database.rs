//! The library's face: a database of tables and functions, queries compiled once and run often, options of a run.
//! It must not know how any stage works inside.

mod check;
mod error;
mod explain;
mod lookback;
mod options;
mod query;
mod sieve;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::bind::{self, Bound, Catalog};
use crate::column::Table;
use crate::diagnostic::{Code, Diagnostic};
use crate::exec;
use crate::function::Registry;
use crate::source::Span;
use crate::syntax::{self, ast};
use crate::types::{ColumnSchema, Schema};

pub use crate::exec::Tuning;
pub use check::Check;
pub use error::Error;
pub use lookback::Lookback;
pub use options::{Limits, Options};
pub use query::{NamedTable, PlanStep, Query};
pub use sieve::Sieve;

/// Named tables and stored functions that queries read.
///
/// ```
/// use kqlite::{Database, DateTime, Options, ScalarType, Schema, Table, Value};
///
/// let schema = Schema::new([("User", ScalarType::String), ("Failures", ScalarType::Long)]);
/// let rows = [vec![Value::from("ann"), Value::from(2_i64)], vec![Value::from("bob"), Value::from(9_i64)]];
/// let mut db = Database::new();
/// db.insert("Logons", Table::from_rows(schema, rows));
///
/// let query = db.compile("Logons | where Failures > 5 | project User")?;
/// let table = query.run(&db, &Options::new(DateTime::UNIX_EPOCH))?;
/// assert_eq!(table.value(0, "User"), Some(Value::from("bob")));
/// # Ok::<(), kqlite::Error>(())
/// ```
#[derive(Clone)]
pub struct Database {
    tables: IndexMap<String, Table>,
    functions: IndexMap<String, Function>,
    external: HashMap<String, Table>,
    registry: Arc<Registry>,
}

#[derive(Clone)]
struct Function {
    declaration: ast::FunctionDeclaration,
    /// The text that the declaration's spans point into.
    text: Arc<str>,
}

impl Default for Database {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("tables", &self.tables.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl Database {
    /// An empty database with KQL's own functions.
    #[must_use]
    pub fn new() -> Self {
        Self {
            tables: IndexMap::new(),
            functions: IndexMap::new(),
            external: HashMap::new(),
            registry: Arc::new(crate::stdlib::registry()),
        }
    }

    /// Adds a table, or replaces the one of that name.
    pub fn insert(&mut self, name: impl Into<String>, table: Table) -> &mut Self {
        self.tables.insert(name.into(), table.compact());
        self
    }

    /// Adds a table without rows, unless there is one of that name: queries that name it can be checked and run.
    pub fn declare(&mut self, name: impl Into<String>, schema: Schema) -> &mut Self {
        self.tables.entry(name.into()).or_insert_with(|| Table::empty(schema));
        self
    }

    /// Gives the data that `externaldata` reads from a location.
    pub fn insert_external(&mut self, location: impl Into<String>, table: Table) -> &mut Self {
        self.external.insert(location.into(), table);
        self
    }

    /// Adds a stored function: `text` is its parameters and body, such as `(n: long) { T | take n }`.
    ///
    /// ```
    /// let mut db = kqlite::Database::new();
    /// db.define("twice", "(n: long) { 2 * n }")?;
    /// let options = kqlite::Options::new(kqlite::DateTime::UNIX_EPOCH);
    /// let table = db.compile("print x = twice(4)")?.run(&db, &options)?;
    /// assert_eq!(table.value(0, "x"), Some(kqlite::Value::Long(8)));
    /// # Ok::<(), kqlite::Error>(())
    /// ```
    ///
    /// # Errors
    /// The text is no function declaration.
    pub fn define(&mut self, name: impl Into<String>, text: &str) -> Result<&mut Self, Error> {
        let prefix = "let f = ";
        let whole = format!("{prefix}{text}");
        let parsed = syntax::parse(&whole);
        let declaration = parsed.tree.statements.into_iter().find_map(|statement| match statement {
            ast::Statement::Let(ast::LetStatement { value: ast::LetValue::Function(it), .. }) => Some(it),
            _ => None,
        });
        match declaration {
            Some(declaration) if parsed.diagnostics.is_empty() => {
                self.functions.insert(name.into(), Function { declaration, text: whole.into() });
                Ok(self)
            }
            _ => {
                let mut diagnostics = parsed.diagnostics;
                if diagnostics.is_empty() {
                    let message = "a function is written as '(parameters) { body }'";
                    diagnostics.push(Diagnostic::error(Code::Expected, Span::new(0, whole.len()), message));
                }
                Err(Error::new(diagnostics, whole.into()))
            }
        }
    }

    /// The table of a name.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.get(name)
    }

    /// The tables by name, in the order in which they were added.
    pub fn tables(&self) -> impl Iterator<Item = (&str, &Table)> {
        self.tables.iter().map(|(name, table)| (name.as_str(), table))
    }

    /// The functions that queries may call.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Compiles a query against the tables and functions that there are now.
    ///
    /// # Errors
    /// Every mistake in the query: syntax, names, types, and what is not supported yet.
    pub fn compile(&self, text: &str) -> Result<Query, Error> {
        let (tree, bound, diagnostics) = self.bind(text);
        let query = bound.and_then(|bound| Query::new(text.into(), tree.into(), &bound));
        query.ok_or_else(|| {
            let mut diagnostics = diagnostics;
            if diagnostics.is_empty() {
                let message = "there is no query in this text";
                diagnostics.push(Diagnostic::error(Code::MissingReturn, Span::default(), message));
            }
            Error::new(diagnostics, text.into())
        })
    }

    /// Looks for every mistake in a query without running it.
    ///
    /// ```
    /// let db = kqlite::Database::new();
    /// assert_eq!(db.check("print 1 +").diagnostics().len(), 1);
    /// assert!(db.check("print x = 1").columns().is_some());
    /// ```
    #[must_use]
    pub fn check(&self, text: &str) -> Check {
        let (_, bound, diagnostics) = self.bind(text);
        Check::new(bound, diagnostics)
    }

    /// Parses and binds a query: the tree, what the binder gave if the text is KQL, and every finding by its place.
    fn bind(&self, text: &str) -> (ast::QueryBlock, Option<Bound>, Vec<Diagnostic>) {
        let parsed = syntax::parse(text);
        let broken = !parsed.diagnostics.is_empty();
        let mut bound = bind::bind(&parsed.tree, self, &self.registry, &[]);
        let mut diagnostics = parsed.diagnostics;
        let mut found = std::mem::take(&mut bound.diagnostics);
        if broken {
            // What a broken text means is a guess: only what is not supported is worth telling beside it.
            found.retain(|it| it.code == Code::Unsupported);
        }
        diagnostics.extend(found);
        diagnostics.sort_by_key(|it| (it.span().start, it.span().end));
        diagnostics.dedup();
        (parsed.tree, Some(bound).filter(|_| !broken), diagnostics)
    }
}

impl Catalog for Database {
    fn table(&self, name: &str) -> Option<Schema> {
        self.tables.get(name).map(|table| table.schema().clone())
    }

    fn table_names(&self) -> Vec<String> {
        self.tables.keys().cloned().collect()
    }

    fn function(&self, name: &str) -> Option<&ast::FunctionDeclaration> {
        self.functions.get(name).map(|function| &function.declaration)
    }

    fn function_names(&self) -> Vec<String> {
        self.functions.keys().cloned().collect()
    }
}

impl exec::Tables for Database {
    fn table(&self, name: &str) -> Option<Table> {
        self.tables.get(name).cloned()
    }

    fn external(&self, location: &str) -> Option<Table> {
        self.external.get(location).cloned()
    }
}

/// A query text in canonical form: one operator a line, comments kept. It means the same.
///
/// ```
/// assert_eq!(kqlite::format("T|where x>1|count")?, "T\n| where x > 1\n| count\n");
/// # Ok::<(), kqlite::Error>(())
/// ```
///
/// # Errors
/// The text is not KQL.
pub fn format(text: &str) -> Result<String, Error> {
    syntax::format(text).map_err(|diagnostics| Error::new(diagnostics, text.into()))
}

/// A column list as it is often needed: names and types.
impl From<Vec<ColumnSchema>> for Schema {
    fn from(columns: Vec<ColumnSchema>) -> Self {
        Self { columns }
    }
}
