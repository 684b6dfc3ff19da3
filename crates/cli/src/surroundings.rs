//! What a query reaches outside of its tables, by the arguments: files behind addresses, places of addresses, watchlists,
//! functions. It must not know how a query is compiled or run.

use std::path::{Path, PathBuf};

use kqlite::syntax::ast::{LetValue, Statement};
use kqlite::{Database, Table};
use kqlite_detect::suite::Repository;
use kqlite_detect::{add_helpers, add_watchlists, as_watchlist, watchlist_table, words};

use crate::args;
use crate::external::ExternalFiles;
use crate::failure::Failure;
use crate::geoip::GeoIp;
use crate::source::ReadOptions;
use crate::table_file::load_declared;

/// See the file's header.
#[derive(Default)]
pub struct Surroundings {
    external: Option<ExternalFiles>,
    geoip: Option<GeoIp>,
    /// The watchlists by their names.
    watchlists: Vec<(String, Table)>,
    functions: Vec<StoredText>,
}

/// A function of a file.
struct StoredText {
    name: String,
    text: String,
    path: PathBuf,
}

impl Surroundings {
    /// Reads what the arguments name. The files behind addresses are read when a query asks for them.
    /// What the settings of the repository name counts behind it, as far as the query may call it.
    pub fn open(
        arguments: &args::Data,
        options: ReadOptions,
        query: &str,
        repository: &Repository,
    ) -> Result<Self, Failure> {
        let mut watchlists: Vec<(String, Table)> = Vec::new();
        for given in &arguments.watchlist {
            let (name, path) = given
                .split_once('=')
                .ok_or_else(|| Failure::usage(format_args!("--watchlist: '{given}' is not NAME=FILE")))?;
            let rows = load_declared(Path::new(path), options.clone())?;
            watchlists.push((name.to_owned(), as_watchlist(&rows)));
        }
        let mut functions = Vec::new();
        let united = repository.workspace.united_parsers(words(query));
        let parts = united.iter().flat_map(|(_, text)| words(text));
        let called = repository.workspace.functions_for(words(query).chain(parts));
        let called = called.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned()));
        let called: Vec<(String, String)> = called.collect();
        let path = repository.path.clone().unwrap_or_default();
        functions.extend(called.into_iter().chain(united).map(|(name, text)| StoredText {
            name,
            text,
            path: path.clone(),
        }));
        let is_named = |alias: &str| {
            query.contains(alias) || functions.iter().any(|it: &StoredText| it.text.contains(alias))
        };
        for it in repository.watchlists().filter(|it| is_named(&it.alias)) {
            if watchlists.iter().all(|(known, _)| *known != it.alias) {
                let rows = load_declared(&it.path, options.clone())?;
                watchlists.push((it.alias, as_watchlist(&found_by(rows, it.search_key.as_deref()))));
            }
        }
        for path in &arguments.functions {
            functions.extend(functions_of(path)?);
        }
        Ok(Self {
            external: Some(ExternalFiles::new(&arguments.external, options.clone())?),
            geoip: arguments.geoip.as_deref().map(|path| GeoIp::open(path, options.clone())).transpose()?,
            watchlists,
            functions,
        })
    }

    /// The texts of the functions, which name tables too.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.functions.iter().map(|it| it.text.as_str())
    }

    /// Adds all of it to a database that has its tables, for a query with these words.
    pub fn add_to<'w>(
        &self,
        database: &mut Database,
        words: impl IntoIterator<Item = &'w str>,
    ) -> Result<(), Failure> {
        if let Some(external) = &self.external {
            database.add_external_source(external.clone());
        }
        if let Some(geoip) = &self.geoip {
            database.locate_ips(geoip.clone());
        }
        for (name, table) in &self.watchlists {
            database.insert(watchlist_table(name), table.clone());
        }
        add_helpers(database, words);
        if !self.watchlists.is_empty() {
            add_watchlists(database, self.watchlists.iter().map(|(name, _)| name.as_str()));
        }
        for it in &self.functions {
            database.define(it.name.as_str(), &it.text).map_err(|error| {
                Failure::wrong(format_args!("{}: '{}': {error}", it.path.display(), it.name))
            })?;
        }
        Ok(())
    }
}

/// The rows of a watchlist with the column that they are found by.
fn found_by(rows: Table, key: Option<&str>) -> Table {
    let Some(found) = key.and_then(|key| rows.column(key)).cloned() else { return rows };
    let others = rows.schema().names().zip(rows.columns()).filter(|(name, _)| *name != "SearchKey");
    let columns = std::iter::once(("SearchKey", found)).chain(others.map(|(name, it)| (name, it.clone())));
    Table::new(columns.collect()).unwrap_or(rows)
}

/// The functions and tables that a file declares with `let`.
fn functions_of(path: &Path) -> Result<Vec<StoredText>, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?;
    let parsed = kqlite::syntax::parse(&text);
    if let Some(found) = parsed.diagnostics.first() {
        return Err(Failure::Wrong(found.render(&path.display().to_string(), &text, false)));
    }
    let mut functions = Vec::new();
    for statement in &parsed.tree.statements {
        let Statement::Let(it) = statement else {
            let message = "a file of functions holds 'let name = (…) {…};' alone";
            return Err(Failure::wrong(format_args!("{}: {message}", path.display())));
        };
        let (span, is_function) = match &it.value {
            LetValue::Expression(expression) => (expression.span(), false),
            LetValue::Function(function) => (function.at.0, true),
            _ => continue,
        };
        let value = text.get(span.range()).unwrap_or_default();
        let text = if is_function { value.to_owned() } else { format!("() {{ {value} }}") };
        functions.push(StoredText { name: it.name.text.clone(), text, path: path.to_owned() });
    }
    Ok(functions)
}
