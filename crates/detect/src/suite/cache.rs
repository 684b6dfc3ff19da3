//! Caches what tests share: rules and data files are read once, queries compiled once for the same columns of tables.
//! The caller says how a file is read.

use std::collections::HashMap;
use std::hash::Hash;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use indexmap::IndexMap;
use kqlite::{Database, Error, Query, Schema, Table};

use super::loaded_rule::LoadedRule;
use crate::helpers::add_watchlists;
use crate::names::words;
use crate::suggest::suggestion;
use crate::workspace::Workspace;
use crate::{Rule, RuleFormat};

/// How a file is read.
pub type ReadFile = dyn Fn(&Path) -> std::io::Result<Vec<u8>> + Send + Sync;

/// A file's bytes, or why there are none.
type FileBytes = Result<Arc<[u8]>, String>;

/// A query compiled over the columns of its tables.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// The tables without rows, and the stored functions.
    pub database: Database,
    pub query: Result<Query, Error>,
    /// The tables that are read, and their columns.
    pub reads: IndexMap<String, Vec<String>>,
    /// The answer's rows have an order.
    pub ordered: bool,
}

/// Rules, data files, tables and compiled queries, each made once.
pub(crate) struct TestCache {
    read: Box<ReadFile>,
    /// A database without tables; copies share its functions.
    base: Database,
    rules: OncePerKey<PathBuf, Result<Arc<LoadedRule>, String>>,
    files: OncePerKey<PathBuf, FileBytes>,
    tables: Mutex<HashMap<String, Table>>,
    prepared: OncePerKey<String, Arc<Prepared>>,
}

/// Values that are made once for each key. Who makes one keeps nobody waiting but those who want the same.
struct OncePerKey<K, V>(Mutex<HashMap<K, Arc<OnceLock<V>>>>);

impl<K: Eq + Hash, V: Clone> OncePerKey<K, V> {
    fn new() -> Self {
        Self(Mutex::default())
    }

    fn get(&self, key: K, make: impl FnOnce() -> V) -> V {
        let cell = Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
        cell.get_or_init(make).clone()
    }
}

impl TestCache {
    pub fn new(read: Box<ReadFile>) -> Self {
        Self {
            read,
            base: Database::new(),
            rules: OncePerKey::new(),
            files: OncePerKey::new(),
            tables: Mutex::default(),
            prepared: OncePerKey::new(),
        }
    }

    /// Puts a rule where a file would be.
    pub fn insert_rule(&self, path: PathBuf, rule: Arc<LoadedRule>) {
        let _ = self.rules.get(path, || Ok(rule));
    }

    /// The rule of a file.
    pub fn rule(&self, path: &Path) -> Result<Arc<LoadedRule>, String> {
        self.rules.get(path.to_owned(), || self.load_rule(path).map(Arc::new))
    }

    fn load_rule(&self, path: &Path) -> Result<LoadedRule, String> {
        let (path, name) = split_name(path);
        let (path, name) = (path.as_path(), name.as_deref());
        let shown = path.display();
        let bytes =
            (self.read)(path).map_err(|error| format!("the rule '{shown}' cannot be read: {error}"))?;
        let text = String::from_utf8(bytes).map_err(|_| format!("the rule '{shown}' is not UTF-8"))?;
        let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
        let rule = read_rule(path, name, &text).map_err(|message| format!("{shown}:{message}"))?;
        Ok(LoadedRule::new(Some(path.to_owned()), text, rule))
    }

    /// The bytes of a data file.
    pub fn file(&self, path: &Path) -> FileBytes {
        let read =
            || (self.read)(path).map(Into::into).map_err(|error| format!("'{}': {error}", path.display()));
        self.files.get(path.to_owned(), read)
    }

    /// A table that is made once for all that ask by the same key.
    pub fn table<E>(&self, key: &str, make: impl FnOnce() -> Result<Table, E>) -> Result<Table, E> {
        let tables = || self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(table) = tables().get(key) {
            return Ok(table.clone());
        }
        let table = make()?.compact();
        tables().insert(key.to_owned(), table.clone());
        Ok(table)
    }

    /// The rule's query over tables of these columns and these stored functions; `key` stands for them.
    pub fn prepared(
        &self,
        rule: &LoadedRule,
        key: String,
        schemas: &[(&str, Arc<Schema>)],
        functions: &[(&str, &str)],
        watchlists: &[&str],
        workspace: &Workspace,
    ) -> Arc<Prepared> {
        let prepare = || Arc::new(self.prepare(rule, schemas, functions, watchlists, workspace));
        self.prepared.get(key, prepare)
    }

    fn prepare(
        &self,
        rule: &LoadedRule,
        schemas: &[(&str, Arc<Schema>)],
        functions: &[(&str, &str)],
        watchlists: &[&str],
        workspace: &Workspace,
    ) -> Prepared {
        let mut database = self.base.clone();
        for (name, schema) in schemas {
            database.declare(*name, Schema::clone(schema));
        }
        let mut named: Vec<&str> = rule.words.iter().map(String::as_str).collect();
        named.extend(functions.iter().flat_map(|(_, text)| words(text)));
        named.sort_unstable();
        named.dedup();
        // Tables that the test gives no rows are there, and empty.
        let declared = workspace.declare_for(&mut database, named.iter().copied());
        let mut failed = declared.err().map(|it| *it.error);
        if !watchlists.is_empty() {
            add_watchlists(&mut database, watchlists.iter().copied());
        }
        for (name, text) in functions {
            failed = failed.or(database.define(*name, text).err());
        }
        let query = match failed {
            Some(error) => Err(error),
            None => database.compile(&rule.rule.query),
        };
        let reads = query.as_ref().map(Query::reads).unwrap_or_default();
        let ordered = query.as_ref().is_ok_and(Query::is_ordered);
        Prepared { database, query, reads, ordered }
    }
}

/// The rule of a file or, of several, the one with this name or identifier.
fn read_rule(path: &Path, name: Option<&str>, text: &str) -> Result<Rule, String> {
    let format = RuleFormat::of_name(&path.to_string_lossy()).ok_or(
        " the name of a rule file ends in .yaml, .yml, .json, .kql, .csl, .kusto, .txt or .md".to_owned(),
    )?;
    let mut rules = Rule::parse_all(text, format)
        .map_err(|error| format!("{}:{}: {}", error.line, error.column, error.message))?;
    match name {
        Some(name) => {
            let at = rules.iter().position(|rule| rule.name == name || rule.id == name).ok_or_else(|| {
                let known = rules.iter().map(|rule| rule.name.as_str());
                format!(" the file has no rule '{name}'; {}", suggestion(name, "its rules are", known))
            })?;
            Ok(rules.swap_remove(at))
        }
        None => match (rules.pop(), rules.is_empty()) {
            (Some(rule), true) => Ok(rule),
            _ => Err(format!(
                " the file has {} rules; say which as '{}#NAME'",
                rules.len() + 1,
                path.file_name().unwrap_or_default().to_string_lossy()
            )),
        },
    }
}

/// A file's path and, after a `#`, the name of one of its rules.
fn split_name(path: &Path) -> (PathBuf, Option<String>) {
    match path.to_str().and_then(|text| text.split_once('#')) {
        Some((file, name)) => (file.into(), Some(name.to_owned())),
        None => (path.to_owned(), None),
    }
}
