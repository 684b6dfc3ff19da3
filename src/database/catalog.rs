//! A database: named tables, data outside of it, and stored functions. It must not know how a query is compiled or run.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;

use super::Error;
use super::stored_table::{AppendError, StoredTable};
use crate::bind::{AnnouncedFunction, Catalog};
use crate::column::Table;
use crate::exec;
use crate::function::{AggregateUdf, IpLocator, Registry, ScalarUdf};
use crate::syntax::{self, ast};
use crate::types::Schema;

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
    tables: IndexMap<String, StoredTable>,
    functions: IndexMap<String, Arc<StoredFunction>>,
    announced: HashMap<String, AnnouncedFunction>,
    external: HashMap<String, exec::ExternalData>,
    external_source: Option<Arc<dyn exec::ExternalSource>>,
    pub(super) registry: Arc<Registry>,
    pub(super) locator: Option<Arc<dyn IpLocator>>,
}

struct StoredFunction {
    declaration: ast::FunctionDeclaration,
    /// The text that the declaration's spans point into.
    text: Arc<str>,
    takes_column_names: bool,
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
        let mut registry = crate::stdlib::registry();
        crate::bind::LANGUAGE.iter().for_each(|entries| registry.add_language(entries));
        Self {
            tables: IndexMap::new(),
            functions: IndexMap::new(),
            announced: HashMap::new(),
            external: HashMap::new(),
            external_source: None,
            registry: Arc::new(registry),
            locator: None,
        }
    }

    /// Adds a table, or replaces the one of that name.
    pub fn insert(&mut self, name: impl Into<String>, table: Table) -> &mut Self {
        self.tables.insert(name.into(), StoredTable::new(table.compact()));
        self
    }

    /// Adds rows at the end of a table, or makes the table of them if there is none of that name. The rows that are there are
    /// not copied, and clones of the database do not see the new ones. Columns are found by their names.
    ///
    /// ```
    /// use kqlite::{Database, DateTime, Options, ScalarType, Schema, Table, Value};
    /// let rows = |n: i64| Table::from_rows(Schema::new([("n", ScalarType::Long)]), [vec![Value::from(n)]]);
    /// let mut db = Database::new();
    /// db.append("T", &rows(1))?.append("T", &rows(2))?;
    /// let before = db.clone();
    /// db.append("T", &rows(3))?;
    /// let query = db.compile("T | summarize sum(n)")?;
    /// let sum = |db: &Database| query.run(db, &Options::new(DateTime::UNIX_EPOCH)).unwrap().value(0, "sum_n");
    /// assert_eq!((sum(&before), sum(&db)), (Some(Value::Long(3)), Some(Value::Long(6))));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The rows have other columns than the table, or it has a source; it stays as it was.
    pub fn append(&mut self, name: &str, rows: &Table) -> Result<&mut Self, AppendError> {
        match self.tables.get_mut(name) {
            Some(table) => table.append(rows)?,
            None => {
                self.insert(name, rows.clone());
            }
        }
        Ok(self)
    }

    /// Adds a table whose rows come from a source when a query asks for them, or replaces the one of that name.
    pub fn add_source(
        &mut self,
        name: impl Into<String>,
        source: impl exec::TableSource + 'static,
    ) -> &mut Self {
        self.tables.insert(name.into(), StoredTable::Source(Arc::new(source)));
        self
    }

    /// Adds a table without rows, unless there is one of that name: queries that name it can be checked and run.
    pub fn declare(&mut self, name: impl Into<String>, schema: Schema) -> &mut Self {
        self.tables.entry(name.into()).or_insert_with(|| StoredTable::new(Table::empty(schema)));
        self
    }

    /// Adds a scalar function, or replaces the one of that name, KQL's own included. Queries that are compiled later know it.
    pub fn add_scalar(&mut self, function: ScalarUdf) -> &mut Self {
        Arc::make_mut(&mut self.registry).add_scalar_udf(function);
        self
    }

    /// Adds an aggregate function, or replaces the one of that name, KQL's own included.
    pub fn add_aggregate(&mut self, function: AggregateUdf) -> &mut Self {
        Arc::make_mut(&mut self.registry).add_aggregate_udf(function);
        self
    }

    /// Gives what tells `geo_info_from_ip_address` where addresses are; without it the function gives nulls, and the answer a
    /// warning. See [`IpRanges`](crate::IpRanges) for an example.
    pub fn locate_ips(&mut self, locator: impl IpLocator + 'static) -> &mut Self {
        self.locator = Some(Arc::new(locator));
        self
    }

    /// Gives the rows that `externaldata` reads from a location. Its columns are found by their names.
    pub fn insert_external(&mut self, location: impl Into<String>, table: Table) -> &mut Self {
        self.external.insert(location.into(), exec::ExternalData::Table(table));
        self
    }

    /// Gives the bytes of the file that `externaldata` reads from a location, unpacked. They are read in the format that the
    /// query says: columns by their places, each line a row.
    ///
    /// ```
    /// let mut db = kqlite::Database::new();
    /// db.insert_external_bytes("https://example.com/ips.txt", b"# bad addresses\n10.0.0.1\n".as_slice());
    /// let text = "externaldata (Ip: string) ['https://example.com/ips.txt'] | where Ip !startswith '#'";
    /// let answer = db.compile(text)?.run(&db, &kqlite::Options::new(kqlite::DateTime::UNIX_EPOCH))?;
    /// assert_eq!(answer.value(0, "Ip"), Some("10.0.0.1".into()));
    /// # Ok::<(), kqlite::Error>(())
    /// ```
    pub fn insert_external_bytes(
        &mut self,
        location: impl Into<String>,
        bytes: impl Into<Arc<[u8]>>,
    ) -> &mut Self {
        self.external.insert(location.into(), exec::ExternalData::Bytes(bytes.into()));
        self
    }

    /// Gives what is asked for the data of locations that were not given one by one. See [`ExternalSource`](crate::ExternalSource)
    /// for an example.
    pub fn add_external_source(&mut self, source: impl exec::ExternalSource + 'static) -> &mut Self {
        self.external_source = Some(Arc::new(source));
        self
    }

    /// Adds a stored function: `text` is its parameters and body, such as `(n: long) { T | take n }`. One that begins with `view` and
    /// takes nothing is among the tables that a pattern of `union` or `search` stands for.
    ///
    /// ```
    /// let mut db = kqlite::Database::new();
    /// db.define("twice", "(n: long) { 2 * n }")?;
    /// let options = kqlite::Options::new(kqlite::DateTime::UNIX_EPOCH);
    /// let table = db.compile("print x = twice(4)")?.run(&db, &options)?;
    /// assert_eq!(table.value(0, "x"), Some(kqlite::Value::Long(8)));
    ///
    /// db.define("Ones", "view () { print One = 1 }")?;
    /// assert_eq!(db.compile("union On*")?.run(&db, &options)?.len(), 1);
    /// # Ok::<(), kqlite::Error>(())
    /// ```
    ///
    /// # Errors
    /// The text is no function declaration.
    pub fn define(&mut self, name: impl Into<String>, text: &str) -> Result<&mut Self, Error> {
        self.add_function(name.into(), text, false)
    }

    /// Adds a stored function for `invoke` that is told columns by their names, as `FileProfile` of Defender is: in
    /// `T | invoke f(SHA1)` the parameter behind the rows is the text `SHA1`, which `column_ifexists` takes.
    ///
    /// ```
    /// let mut db = kqlite::Database::new();
    /// db.define_over_columns("shout", "(T: (*), Name: string) { T | extend Loud = toupper(column_ifexists(Name, '')) }")?;
    /// let query = db.compile("print Word = 'hey' | invoke shout(Word)")?;
    /// let answer = query.run(&db, &kqlite::Options::new(kqlite::DateTime::UNIX_EPOCH))?;
    /// assert_eq!(answer.value(0, "Loud"), Some("HEY".into()));
    /// # Ok::<(), kqlite::Error>(())
    /// ```
    ///
    /// # Errors
    /// The text is no function declaration.
    pub fn define_over_columns(&mut self, name: impl Into<String>, text: &str) -> Result<&mut Self, Error> {
        self.add_function(name.into(), text, true)
    }

    /// Announces a function of tables, or a table, that is not here, with the columns that are known of what it gives; it may
    /// have more. A query that calls it is no mistake to [`Database::check`]. To compile it is one, with this help: how the
    /// function is given. A name may be a pattern of tables, as in `union Device*`: there may be more tables than those of the
    /// database.
    ///
    /// ```
    /// let mut db = kqlite::Database::new();
    /// db.announce("vips", kqlite::Schema::default(), true, "give the rows of vips");
    /// assert!(db.check("vips() | where Name has 'ann'").diagnostics().is_empty());
    /// assert!(db.compile("vips() | where Name has 'ann'").unwrap_err().to_string().contains("give the rows of vips"));
    /// ```
    pub fn announce(
        &mut self,
        name: impl Into<String>,
        columns: Schema,
        has_more: bool,
        help: impl Into<String>,
    ) -> &mut Self {
        self.announced.insert(name.into(), AnnouncedFunction { columns, has_more, help: help.into() });
        self
    }

    fn add_function(
        &mut self,
        name: String,
        text: &str,
        takes_column_names: bool,
    ) -> Result<&mut Self, Error> {
        // A declaration is a statement in files of functions, and may end like one.
        let written = text.trim_end().trim_end_matches(';');
        let parsed = syntax::parse_function(written);
        if !parsed.diagnostics.is_empty() {
            return Err(Error::new(parsed.diagnostics, text.into()));
        }
        let function = StoredFunction { declaration: parsed.tree, text: text.into(), takes_column_names };
        self.functions.insert(name, function.into());
        Ok(self)
    }

    /// The texts of stored functions, which the places in them point into.
    pub(super) fn function_texts(&self) -> HashMap<String, Arc<str>> {
        self.functions.iter().map(|(name, function)| (name.clone(), function.text.clone())).collect()
    }

    /// The table of a name, if its rows are in memory.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.get(name)?.whole()
    }

    /// Whether there is a table of this name, in memory or elsewhere.
    #[must_use]
    pub fn has_table(&self, name: &str) -> bool {
        self.tables.contains_key(name)
    }

    /// The tables in memory by name, in the order in which they were added.
    pub fn tables(&self) -> impl Iterator<Item = (&str, &Table)> {
        self.tables.iter().filter_map(|(name, table)| Some((name.as_str(), table.whole()?)))
    }

    /// The columns of a table, in memory or elsewhere.
    #[must_use]
    pub fn table_schema(&self, name: &str) -> Option<Schema> {
        self.tables.get(name)?.schema()
    }

    /// The names of all tables, in the order in which they were added.
    pub fn table_names(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    /// How many rows a table has, and about how many bytes they take; nothing of one that is not in memory.
    #[must_use]
    pub fn table_size(&self, name: &str) -> Option<(usize, usize)> {
        self.tables.get(name)?.size()
    }

    /// Takes a table away; `false` if there is none of that name.
    pub fn remove(&mut self, name: &str) -> bool {
        self.tables.shift_remove(name).is_some()
    }

    /// Gives a table another name; `false`, and nothing is done, if there is none of the old name or one of the new name.
    ///
    /// ```
    /// let mut db = kqlite::Database::new();
    /// db.insert("Old", kqlite::Table::default());
    /// assert!(db.rename("Old", "New") && !db.has_table("Old") && db.has_table("New"));
    /// assert!(!db.rename("Old", "New"));
    /// ```
    pub fn rename(&mut self, from: &str, to: &str) -> bool {
        if self.tables.contains_key(to) {
            return false;
        }
        let Some(table) = self.tables.shift_remove(from) else { return false };
        self.tables.insert(to.to_owned(), table);
        true
    }

    /// The names of the stored functions, in the order in which they were added.
    pub fn function_names(&self) -> impl Iterator<Item = &str> {
        self.functions.keys().map(String::as_str)
    }

    /// The text of a stored function, as it was given to [`Database::define`].
    #[must_use]
    pub fn function_text(&self, name: &str) -> Option<&str> {
        self.functions.get(name).map(|it| &*it.text)
    }

    /// Takes a stored function away; `false` if there is none of that name.
    pub fn remove_function(&mut self, name: &str) -> bool {
        self.functions.shift_remove(name).is_some()
    }

    /// The functions that queries may call, and the reference of the language.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }
}

impl Catalog for Database {
    fn table(&self, name: &str) -> Option<Schema> {
        self.tables.get(name)?.schema()
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

    fn takes_column_names(&self, function: &str) -> bool {
        self.functions.get(function).is_some_and(|it| it.takes_column_names)
    }

    fn announced(&self, name: &str) -> Option<&AnnouncedFunction> {
        self.announced.get(name)
    }
}

impl exec::Tables for Database {
    fn table(&self, name: &str) -> Option<exec::StoredRows<'_>> {
        self.tables.get(name).map(StoredTable::rows)
    }

    fn external(&self, request: &exec::ExternalRequest<'_>) -> Result<Option<exec::ExternalData>, String> {
        match (self.external.get(request.location), &self.external_source) {
            (Some(known), _) => Ok(Some(known.clone())),
            (None, Some(source)) => source.open(request),
            (None, None) => Ok(None),
        }
    }
}
