//! What the workspace of a query has beside the tables that every workspace has: tables of its own and stored functions. It
//! must not know files, rules and tests.

use std::collections::{BTreeMap, BTreeSet};

use kqlite::{ColumnSchema, Database, Error, ScalarType, Schema, fits_wildcard};

use crate::asim::united;
use crate::helpers::{add_helpers, helper_schema};
use crate::names::words;
use crate::schemas::{schema_of, table_names};

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
    is_closed: bool,
}

/// Columns that each table of a workspace has, though few tables list them all.
const STANDARD_COLUMNS: &[(&str, ScalarType)] = &[
    ("TimeGenerated", ScalarType::DateTime),
    ("TenantId", ScalarType::String),
    ("Type", ScalarType::String),
    ("SourceSystem", ScalarType::String),
    ("_ItemId", ScalarType::String),
    ("_TimeReceived", ScalarType::DateTime),
    ("_ResourceId", ScalarType::String),
    ("_SubscriptionId", ScalarType::String),
    ("_BilledSize", ScalarType::Real),
    ("_IsBillable", ScalarType::String),
];

/// The column that `ingestion_time()` reads, which no query can name.
pub(crate) const INGESTION_TIME: &str = "$IngestionTime";

/// Adds the columns that are not there.
fn add_columns(schema: &mut Schema, more: &[(&str, ScalarType)]) {
    for (name, data_type) in more {
        if schema.position(name).is_none() {
            schema.columns.push(ColumnSchema { name: (*name).into(), data_type: *data_type });
        }
    }
}

/// The most patterns of a text that are looked at.
const MAX_PATTERNS: usize = 1_000;

/// The patterns of tables in a text: words with a `*` in them, and `*` itself, which `search` and `find` need not name.
fn patterns(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '*');
    let named = text.split(move |c| !is_part(c)).filter(|word| word.contains('*'));
    let searches = words(text).any(|word| word == "search" || word == "find");
    named.chain(searches.then_some("*"))
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

    /// The workspace without anything that nobody declared: each of its own tables has the columns that are known, and a
    /// pattern of tables stands for those that are there.
    #[must_use]
    pub fn closed(self) -> Self {
        Self { is_closed: true, ..self }
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

    /// The columns of a table for rows of a test: those that are known, and of those that every table of a workspace has the ones
    /// that are named.
    pub(crate) fn columns_named(&self, table: &str, is_named: impl Fn(&str) -> bool) -> Option<Schema> {
        let mut columns = self.schema_of(table)?;
        if !self.tables.contains_key(table) && columns.position("TimeGenerated").is_some() {
            let named: Vec<_> = STANDARD_COLUMNS.iter().copied().filter(|(name, _)| is_named(name)).collect();
            add_columns(&mut columns, &named);
        }
        if is_named(INGESTION_TIME) {
            add_columns(&mut columns, &[(INGESTION_TIME, ScalarType::DateTime)]);
        }
        Some(columns)
    }

    /// The columns of a table: of the workspace, of Defender XDR or Sentinel, or of one that a helper reads.
    #[must_use]
    pub fn schema_of(&self, table: &str) -> Option<Schema> {
        self.tables.get(table).cloned().or_else(|| schema_of(table)).or_else(|| helper_schema(table))
    }

    /// Whether the table is one of the workspace's own.
    pub(crate) fn has_table(&self, name: &str) -> bool {
        self.tables.contains_key(name)
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

    /// The parsers of ASIM among words that unite those that the workspace has, such as `_Im_Dns` or `imDns`, where it has no
    /// such function itself: their names and texts.
    #[must_use]
    pub fn united_parsers<'w>(&self, words: impl IntoIterator<Item = &'w str>) -> Vec<(String, String)> {
        let missing = words.into_iter().filter(|word| !self.functions.contains_key(*word));
        missing.filter_map(|word| Some((word.to_owned(), united(word, &self.functions)?))).collect()
    }

    /// Adds what a query that is checked, and not run, may name: what [`Workspace::declare_for`] adds; tables of which each
    /// workspace has its own columns, which may be any unless this one has their columns; and what patterns of tables
    /// stand for.
    ///
    /// ```
    /// use kqlite_detect::Workspace;
    /// let query = "union Device*, Own_CL | where Any_s == 'x' | summarize count() by DeviceId";
    /// let mut database = kqlite::Database::new();
    /// Workspace::new().declare_for_check(&mut database, query)?;
    /// assert!(database.check(query).diagnostics().is_empty());
    /// # Ok::<(), kqlite_detect::WorkspaceError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Workspace::declare_for`].
    pub fn declare_for_check(&self, database: &mut Database, query: &str) -> Result<(), WorkspaceError> {
        let called = self.functions_for(words(query));
        let texts: Vec<&str> = called.iter().map(|(_, text)| *text).chain([query]).collect();
        for text in &texts {
            for word in words(text).filter(|word| self.is_open(word)) {
                if database.has_table(word) {
                    continue;
                }
                let mut columns = self.schema_of(word).unwrap_or_default();
                add_columns(&mut columns, STANDARD_COLUMNS);
                database.announce(word, columns, true, "declare the columns of the table: --schema FILE");
            }
            let distinct: BTreeSet<&str> = patterns(text).take(MAX_PATTERNS).collect();
            for pattern in distinct {
                for (name, columns) in self.tables.iter().filter(|(name, _)| fits_wildcard(pattern, name)) {
                    database.declare(name.as_str(), columns.clone());
                }
                if self.is_closed {
                    continue;
                }
                database.announce(pattern, Schema::default(), true, "declare the tables: --schema FILE");
                for name in table_names().filter(|name| pattern != "*" && fits_wildcard(pattern, name)) {
                    if let Some(columns) = schema_of(name) {
                        database.declare(name, columns);
                    }
                }
            }
        }
        self.declare(database, words(query), true)
    }

    /// Each workspace has its own columns of the table, which are not known.
    pub(crate) fn is_open(&self, table: &str) -> bool {
        if self.is_closed {
            return false;
        }
        let is_own = table.ends_with("_CL") && schema_of(table).is_none();
        // Who declares one table of this kind declares all.
        let has_own = || self.tables.keys().any(|name| name.ends_with("_CL"));
        (is_own && !has_own()) || (table == "AzureDiagnostics" && !self.tables.contains_key(table))
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
        self.declare(database, words_of_query, false)
    }

    fn declare<'w>(
        &'w self,
        database: &mut Database,
        words_of_query: impl IntoIterator<Item = &'w str>,
        is_check: bool,
    ) -> Result<(), WorkspaceError> {
        let mut named: BTreeSet<&str> = words_of_query.into_iter().collect();
        // What a check may name, it need not find.
        let is_needed = |name: &&str| !is_check && !database.has_table(name);
        let united = self.united_parsers(named.iter().copied().filter(is_needed));
        let parts = united.iter().flat_map(|(_, text)| words(text));
        let functions = self.functions_for(named.iter().copied().chain(parts));
        named.extend(functions.iter().flat_map(|(_, text)| words(text)));
        let standard: Vec<(&str, ScalarType)> =
            STANDARD_COLUMNS.iter().copied().filter(|(name, _)| named.contains(name)).collect();
        for word in &named {
            if database.has_table(word) || (is_check && self.is_open(word)) {
                continue;
            }
            if let Some(columns) = self.tables.get(*word) {
                database.declare(*word, columns.clone());
            } else if let Some(mut columns) = schema_of(word) {
                if columns.position("TimeGenerated").is_some() {
                    add_columns(&mut columns, &standard);
                }
                database.declare(*word, columns);
            }
        }
        add_helpers(database, named.iter().copied());
        let united = united.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        for (name, text) in functions.into_iter().chain(united) {
            database
                .define(name, text)
                .map_err(|error| WorkspaceError { name: name.to_owned(), error: Box::new(error) })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mistakes of a query, by the check that reads no rows.
    fn mistakes(workspace: &Workspace, query: &str) -> Vec<String> {
        let mut database = Database::new();
        workspace.declare_for_check(&mut database, query).unwrap();
        database.check(query).diagnostics().iter().map(|it| it.message.clone()).collect()
    }

    #[test]
    fn what_each_workspace_has_is_known() {
        let none = Workspace::new();
        for query in [
            "union withsource=T * | where TimeGenerated > ago(1d) | summarize count() by T",
            "union * | where Any == 'x' | project Any, Other",
            "union Device* | where Timestamp > ago(1d) | summarize count() by DeviceId",
            "union isfuzzy=true Nothing*, SigninLogs | where UserPrincipalName == 'x'",
            "union Nothing* | where Any == 'x'",
            "search 'x' | where Any == 'y'",
            "search in (SigninLogs, Own*) 'x' | take 1",
            "find where Any == 'x'",
            "AzureDiagnostics | where ruleSetType_s == 'x' and Category == 'y'",
            "Own_CL | where a_s == 'x' and _ResourceId has 'y' | summarize count() by bin(TimeGenerated, 1h)",
            "SigninLogs | project _ItemId, _TimeReceived, _ResourceId, _BilledSize, _IsBillable, _SubscriptionId, Type, TenantId",
            "SigninLogs | summarize Size = sum(_BilledSize) by bin(_TimeReceived, 1d) | extend x = 2.0 * Size",
        ] {
            assert_eq!(mistakes(&none, query), [""; 0], "{query}");
        }
        for (query, mistake) in [
            (
                "union Device* | where Nothing == 'x'",
                "there is no column, variable, table or function 'Nothing'",
            ),
            ("Own | take 1", "there is no table 'Own'"),
            (
                "SigninLogs | where Nothing == 'x'",
                "there is no column, variable, table or function 'Nothing'",
            ),
        ] {
            assert_eq!(mistakes(&none, query), [mistake], "{query}");
        }
    }

    #[test]
    fn who_declares_tables_closes_them() {
        let mut workspace = Workspace::new();
        let columns = Schema::new([("TimeGenerated", ScalarType::DateTime), ("a_s", ScalarType::String)]);
        workspace.add_table("Own_CL", columns.clone()).add_table("AzureDiagnostics", columns);
        let no_column = "there is no column, variable, table or function 'b_s'";
        assert_eq!(mistakes(&workspace, "Own_CL | where b_s == 'x'"), [no_column]);
        assert_eq!(mistakes(&workspace, "AzureDiagnostics | where b_s == 'x'"), [no_column]);
        assert_eq!(mistakes(&workspace, "Owm_CL | take 1"), ["there is no table 'Owm_CL'"]);
        assert_eq!(
            mistakes(&workspace, "union Own_CL, SigninLogs | where a_s == UserPrincipalName"),
            [""; 0]
        );
    }

    #[test]
    fn after_a_step_that_is_not_supported_there_is_no_other_mistake() {
        for query in [
            "SigninLogs | evaluate python(typeof(*), 'x') | summarize First = arg_min(TimeGenerated, Count = ['n']) by ResultType | where Count > 5",
            "SigninLogs | evaluate python(typeof(*), 'x') | summarize (First, Count) = arg_min(TimeGenerated, n) by m | where Count > 5",
            "OfficeActivity | evaluate python(typeof(*), 'x') | project TimeGenerated, Operation, Other | where Operation == 'x'",
            "OfficeActivity | evaluate python(typeof(*), 'x') | join kind=inner SigninLogs on $left.x == $right.UserId | project x, Operation",
            "SigninLogs | evaluate python(typeof(*), 'x') | mv-expand y | parse y with * 'a' z:long | where z > 1 | project-rename q = y",
        ] {
            let found = mistakes(&Workspace::new(), query);
            assert_eq!(found, ["the plugin 'python' is not supported yet"], "{query}");
        }
    }

    #[test]
    fn of_a_closed_workspace_all_is_known() {
        let mut workspace = Workspace::new();
        workspace.add_table("Own", Schema::new([("a", ScalarType::String)]));
        let workspace = workspace.closed();
        assert_eq!(mistakes(&workspace, "union O* | where a == 'x'"), [""; 0]);
        for query in ["union * | where b == 'x'", "Other_CL | where a == 'x'", "union Other* | count"] {
            assert_eq!(mistakes(&workspace, query).len(), 1, "{query}");
        }
    }

    #[test]
    fn functions_bring_what_they_call() {
        let mut workspace = Workspace::new();
        workspace
            .add_function("A", "() { B(1) | where a_s == 'x' }")
            .add_function("B", "(n: long) { Own_CL | take n }");
        assert_eq!(mistakes(&workspace, "A | project a_s"), [""; 0]);
        workspace.add_function("B", "(n: long) { SigninLogs | take n }");
        assert_eq!(mistakes(&workspace, "B(2) | project UserPrincipalName"), [""; 0]);
        let mut database = Database::new();
        let error = workspace.add_function("C", "{").declare_for(&mut database, ["C"]).unwrap_err();
        assert!(error.to_string().starts_with("the function 'C': "), "{error}");
    }

    #[test]
    fn parsers_are_united_where_a_query_runs() {
        let mut workspace = Workspace::new();
        workspace.add_function(
            "vimDnsOwn",
            "(starttime: datetime = datetime(null)) { DnsEvents | project DnsQuery = Name }",
        );
        let mut database = Database::new();
        workspace.declare_for(&mut database, ["_Im_Dns"]).unwrap();
        assert!(database.compile("_Im_Dns(starttime=ago(1h)) | project DnsQuery").is_ok());
        // There, others may be united, too.
        assert_eq!(mistakes(&workspace, "_Im_Dns(domain='x') | project SrcIpAddr"), [""; 0]);
    }
}
