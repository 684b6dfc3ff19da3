//! The tables of a unit: rows and data files of the test file, built-in schemas, watchlists; and its stored functions.

use std::collections::HashSet;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use kqlite::{ExternalData, ScalarType, Schema, Table};

use super::cache::{Prepared, TestCache};
use super::cell::Cells;
use super::error::TestFileError;
use super::external_columns::external_columns;
use super::fixture::{self, DataFile, FixtureBudget};
use super::fixture_spec::{FixtureSpec, RowSource};
use super::loaded_rule::LoadedRule;
use super::period::Period;
use super::source::SourceText;
use super::unit::Unit;
use crate::helpers::{helper_schema, watchlist_table};
use crate::names;
use crate::workspace::INGESTION_TIME;
use crate::yaml::{YamlKey, YamlNode};

/// The tables that a unit gives.
pub(crate) struct Tables<'f> {
    pub list: Vec<TableFixture<'f>>,
    functions: Vec<(&'f str, &'f str)>,
    /// The names of the watchlists.
    watchlists: Vec<&'f str>,
}

/// A table whose columns are known; its rows are made once the query tells which columns it reads.
pub(crate) struct TableFixture<'f> {
    pub name: String,
    key: &'f YamlKey,
    schema: Arc<Schema>,
    /// What distinguishes the schema from others of that name.
    declared: String,
    rows: FixtureRows<'f>,
    search_key: Option<&'f YamlKey>,
    is_watchlist: bool,
    /// It is given by the test or the case, not by the file.
    own: bool,
}

/// The rows of a table, read from the test file, or the bytes of a data file.
enum FixtureRows<'f> {
    Inline(Vec<fixture::Row<'f>>),
    /// `table` is there where the file had to be read for its columns.
    File {
        path: PathBuf,
        bytes: Arc<[u8]>,
        at: Range<usize>,
        table: Option<Table>,
    },
}

impl<'f> Tables<'f> {
    /// The tables of a unit, for a rule with these words.
    pub fn of(
        unit: Unit<'f>,
        cells: &Cells<'f>,
        cache: &TestCache,
        words: &HashSet<String>,
    ) -> Result<Self, TestFileError> {
        let mut list = Vec::new();
        let workspace = &unit.file.repository.workspace;
        let called = workspace.functions_for(words.iter().map(String::as_str));
        let is_named = |name: &str| {
            words.contains(name) || called.iter().any(|(_, text)| names::words(text).any(|it| it == name))
        };
        for (key, _) in unit.nearest(|layer| &layer.tables) {
            // Of what all tests of a repository are given, most is for other tests.
            if unit.is_of_repository(key) && !is_named(&key.text) {
                continue;
            }
            list.push(TableFixture::table_of(unit, cells, cache, words, key)?);
        }
        for (what, patches) in
            [("row", unit.patches(|layer| &layer.row)), ("set", unit.patches(|layer| &layer.set))]
        {
            for (key, own) in patches {
                let inline =
                    list.iter().any(|it| it.name == key.text && matches!(it.rows, FixtureRows::Inline(_)));
                if !inline && own {
                    let message =
                        format!("'{what}' has cells for '{}', of which this test has no rows", key.text);
                    let help = format!(
                        "give it rows: 'tables: {{{}: [{{}}]}}' is one of just these cells",
                        key.text
                    );
                    return Err(TestFileError::new(cells.source, key.at.clone(), message).help(help));
                }
            }
        }
        let functions: Vec<(&str, &str)> = unit
            .nearest(|layer| &layer.functions)
            .into_iter()
            .map(|(key, node)| (key.text.as_str(), node.text().unwrap_or_default()))
            .collect();
        let watchlists = unit.nearest(|layer| &layer.watchlists);
        let mut aliases = Vec::new();
        for (key, _) in watchlists {
            aliases.push(key.text.as_str());
            list.push(TableFixture::watchlist_of(unit, cells, cache, key)?);
        }
        Ok(Self { list, functions, watchlists: aliases })
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|it| it.name.as_str())
    }

    pub fn prepare(&self, unit: Unit<'_>, rule: &LoadedRule, cache: &TestCache) -> Arc<Prepared> {
        use std::fmt::Write as _;
        let mut key = match &rule.path {
            Some(path) => format!("{}#{}#{}", path.display(), rule.rule.id, rule.rule.name),
            None => format!("{}\u{1}{}", unit.file.path().display(), rule.rule.query),
        };
        if let Some(path) = &unit.file.repository.path {
            let _ = write!(key, "\u{1}{}", path.display());
        }
        for made in &self.list {
            let _ = write!(key, "\u{1}{}\u{2}{}", made.name, made.declared);
        }
        for (name, text) in &self.functions {
            let _ = write!(key, "\u{1}{name}\u{3}{text}");
        }
        let schemas: Vec<(&str, Arc<Schema>)> =
            self.list.iter().map(|it| (it.name.as_str(), Arc::clone(&it.schema))).collect();
        let workspace = &unit.file.repository.workspace;
        cache.prepared(rule, key, &schemas, &self.functions, &self.watchlists, workspace)
    }

    /// A table that the test gives and the rule never reads is an error; one of the whole file may be for another test.
    pub fn all_read(&self, unit: Unit<'_>, prepared: &Prepared) -> Result<(), TestFileError> {
        match self.list.iter().find(|it| it.own && !prepared.reads.contains_key(&it.name)) {
            Some(made) => Err(never_read(&unit.file.source, made.key, &made.name, prepared.reads.keys())),
            None => Ok(()),
        }
    }
}

/// The error of a table that no rule reads.
pub(crate) fn never_read<'n>(
    source: &SourceText,
    key: &YamlKey,
    name: &str,
    reads: impl IntoIterator<Item = &'n String>,
) -> TestFileError {
    let error = TestFileError::new(source, key.at.clone(), format!("the rule never reads '{name}'"));
    let reads: Vec<&str> = reads.into_iter().map(String::as_str).collect();
    if reads.is_empty() {
        return error.help("it reads no table");
    }
    error.help(crate::suggest::suggestion(name, "it reads", reads))
}

impl<'f> TableFixture<'f> {
    fn table_of(
        unit: Unit<'f>,
        cells: &Cells<'f>,
        cache: &TestCache,
        words: &HashSet<String>,
        key: &'f YamlKey,
    ) -> Result<Self, TestFileError> {
        let name = key.text.as_str();
        let (rows, columns, own) = unit.fixture(name, |layer| &layer.tables);
        let row = unit.patches_of(name, |layer| &layer.row);
        let set = unit.patches_of(name, |layer| &layer.set);
        let mut rows = read_fixture_rows(cells, cache, rows, &row, &set)?;
        let is_stated = |column: &str| match &rows {
            FixtureRows::Inline(rows) => {
                rows.iter().flat_map(|it| &it.cells).any(|(key, _)| key.text == column)
            }
            FixtureRows::File { .. } => false,
        };
        let asks_for = |column: &str| column == INGESTION_TIME && words.contains("ingestion_time");
        let is_named = |column: &str| words.contains(column) || is_stated(column) || asks_for(column);
        let known = unit.file.repository.workspace.columns_named(name, is_named);
        let is_known = known.is_some();
        // What the rows state is there beside what is known, or makes all of the columns; what other tests of the file state, too.
        let is_open = (!is_known && columns.is_empty()) || unit.file.repository.workspace.is_open(name);
        let mut found = Schema::default();
        match &mut rows {
            FixtureRows::File { path, bytes, at, table: read } if is_open => {
                let file = DataFile { path, at: at.clone(), bytes };
                let table = fixture::data_file(cells, None, &file)?;
                found = table.schema().clone();
                if !is_known {
                    *read = Some(table);
                }
            }
            FixtureRows::Inline(rows) if is_open => {
                found = fixture::infer_schema(cells, rows)?;
                for (column, data_type) in unit.file.stated_columns(name) {
                    fixture::add(&mut found, column, data_type);
                }
            }
            FixtureRows::File { .. } | FixtureRows::Inline(_) => {}
        }
        if asks_for(INGESTION_TIME) && found.position("TimeGenerated").is_some() {
            fixture::add(&mut found, INGESTION_TIME, ScalarType::DateTime);
        }
        let schema = fixture::schema(cells, key, known, &columns, found)?;
        let declared = match unit.file.repository.workspace.schema_of(name) {
            Some(usual) if usual == schema => String::new(),
            _ => describe(&schema),
        };
        Ok(Self {
            name: name.to_owned(),
            key,
            schema: schema.into(),
            declared,
            rows,
            search_key: None,
            is_watchlist: false,
            own,
        })
    }

    fn watchlist_of(
        unit: Unit<'f>,
        cells: &Cells<'f>,
        cache: &TestCache,
        key: &'f YamlKey,
    ) -> Result<Self, TestFileError> {
        let (rows, columns, own) = unit.fixture(&key.text, |layer| &layer.watchlists);
        let search_key = rows.and_then(|(_, fixture)| fixture.search_key.as_ref());
        let rows = read_fixture_rows(cells, cache, rows, &[], &[])?;
        let schema = match &rows {
            FixtureRows::Inline(rows) => {
                let names = rows.iter().flat_map(|row| row.cells.iter().map(|(key, _)| key.text.as_str()));
                fixture::watchlist_schema(&columns, names)
            }
            FixtureRows::File { path, bytes, at, .. } => {
                let file = DataFile { path, at: at.clone(), bytes };
                let inferred = fixture::data_file(cells, None, &file)?;
                fixture::watchlist_schema(&columns, inferred.schema().names())
            }
        };
        if let Some(from) = search_key
            && schema.position(&from.text).is_none()
        {
            let message = format!("the watchlist has no column '{}'", from.text);
            let help = crate::suggest::suggestion(&from.text, "its columns are", schema.names());
            return Err(TestFileError::new(cells.source, from.at.clone(), message).help(help));
        }
        let declared = describe(&schema);
        let name = watchlist_table(&key.text);
        Ok(Self { name, key, schema: schema.into(), declared, rows, search_key, is_watchlist: true, own })
    }

    /// Its rows are events, which a rule sees if they are of its period: neither a watchlist nor what a helper reads is such.
    pub fn has_times(&self) -> bool {
        !self.is_watchlist && helper_schema(&self.name).is_none()
    }

    /// Columns that are read, and those that tell whether rows are of the period, and when they came in.
    pub fn with_times(&self, read: &[String], period: Option<Period>) -> Vec<String> {
        let type_of = |name: &str| Some(self.schema.columns.get(self.schema.position(name)?)?.data_type);
        let mut times = period.map(|it| it.time_columns(type_of)).unwrap_or_default();
        if read.iter().any(|name| name == INGESTION_TIME) {
            times.extend(EVENT_TIMES);
        }
        let more = times.into_iter().filter(|name| !read.iter().any(|it| it == name)).map(str::to_owned);
        read.iter().cloned().chain(more).collect()
    }

    pub fn table(
        &self,
        cells: &Cells<'_>,
        cache: &TestCache,
        wanted: &[String],
        budget: &mut FixtureBudget,
    ) -> Result<Table, TestFileError> {
        let table = match &self.rows {
            // The search key is made of another column, which must be there.
            FixtureRows::Inline(rows) => {
                let wanted = Some(wanted).filter(|_| self.search_key.is_none());
                fixture::table(cells, &self.name, &self.schema, rows, wanted, budget)?
            }
            FixtureRows::File { table: Some(table), .. } => table.clone(),
            FixtureRows::File { path, bytes, at, table: None } => {
                let key =
                    format!("{}\u{1}{}\u{1}{}\u{1}{}", path.display(), self.name, self.declared, cells.now.0);
                cache.table(&key, || {
                    let file = DataFile { path, at: at.clone(), bytes };
                    fixture::data_file(cells, Some(&self.schema), &file)
                })?
            }
        };
        let filled = match self.search_key {
            Some(from) => fixture::with_search_key(&table, &from.text),
            // A row comes in when it is made, unless the test says otherwise.
            None => EVENT_TIMES.iter().fold(None, |filled, time| {
                let from = filled.as_ref().unwrap_or(&table);
                fixture::filled_from(from, INGESTION_TIME, time).or(filled)
            }),
        };
        Ok(filled.unwrap_or(table))
    }
}

/// The columns that say when an event was, the one that counts most first.
const EVENT_TIMES: [&str; 2] = ["TimeGenerated", "Timestamp"];

/// A schema as a text that no other schema has.
fn describe(schema: &Schema) -> String {
    schema.columns.iter().map(|column| format!("{}:{},", column.name, column.data_type)).collect()
}

fn read_fixture_rows<'f>(
    cells: &Cells<'f>,
    cache: &TestCache,
    fixture: Option<(&'f YamlKey, &'f FixtureSpec)>,
    row: &[&'f [(YamlKey, YamlNode)]],
    set: &[&'f [(YamlKey, YamlNode)]],
) -> Result<FixtureRows<'f>, TestFileError> {
    Ok(match fixture.map(|(_, fixture)| &fixture.rows) {
        Some(RowSource::Inline(items)) => FixtureRows::Inline(fixture::rows(cells, items, row, set)?),
        Some(RowSource::File { path, at }) => {
            let path = cells.source.resolve(path);
            let bytes =
                cache.file(&path).map_err(|message| TestFileError::new(cells.source, at.clone(), message))?;
            FixtureRows::File { path, bytes, at: at.clone(), table: None }
        }
        Some(RowSource::Unspecified) | None => FixtureRows::Inline(Vec::new()),
    })
}

/// Data behind the location of an `externaldata` operator of a query, which declares its types.
pub(crate) fn external(
    cells: &Cells<'_>,
    cache: &TestCache,
    key: &YamlKey,
    given: &FixtureSpec,
    query: &str,
    budget: &mut FixtureBudget,
) -> Result<ExternalData, TestFileError> {
    match read_fixture_rows(cells, cache, Some((key, given)), &[], &[])? {
        // The query says how a file is read, as it does where it reads an address.
        FixtureRows::File { bytes, .. } if given.columns.is_none() => Ok(ExternalData::Bytes(bytes)),
        FixtureRows::File { path, bytes, at, .. } => {
            let declared = given.columns.as_ref().map(|columns| {
                Schema::new(columns.iter().map(|(key, data_type)| (key.text.as_str(), *data_type)))
            });
            let file = DataFile { path: &path, at, bytes: &bytes };
            fixture::data_file(cells, declared.as_ref(), &file).map(ExternalData::Table)
        }
        FixtureRows::Inline(rows) => {
            let mut schema = Schema::default();
            let declared =
                given.columns.iter().flatten().map(|(key, data_type)| (key.text.as_str(), *data_type));
            let of_query = external_columns(query, &key.text);
            let of_query = of_query.iter().map(|(name, data_type)| (name.as_str(), *data_type));
            // Only what a row states need be there.
            let of_query = of_query
                .filter(|(name, _)| rows.iter().flat_map(|row| &row.cells).any(|(key, _)| key.text == *name));
            let named = rows
                .iter()
                .flat_map(|row| &row.cells)
                .map(|(key, _)| (key.text.as_str(), ScalarType::String));
            for (name, data_type) in declared.chain(of_query).chain(named) {
                if schema.position(name).is_none() {
                    schema.columns.push(kqlite::ColumnSchema { name: name.into(), data_type });
                }
            }
            fixture::table(cells, &key.text, &schema, &rows, None, budget).map(ExternalData::Table)
        }
    }
}
