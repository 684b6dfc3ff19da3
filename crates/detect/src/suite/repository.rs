//! The settings of a repository of rules, `kqlite.yaml`: tables, functions and watchlists that all of its queries have, what its
//! tests start from, and which files are left out. It must not know who reads them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kqlite::{ScalarType, Schema, fits_wildcard};

use super::cache::ReadFile;
use super::error::TestFileError;
use super::fixture_spec::RowSource;
use super::keys::{self, Keys};
use super::layer::{Layer, repository_layer};
use super::source::SourceText;
use crate::rule::{Rule, RuleFormat};
use crate::suggest::suggestion;
use crate::workspace::Workspace;
use crate::yaml::{self, AliasPlace, YamlKey, YamlKind, YamlNode};

/// What the settings of a repository are called.
pub const SETTINGS_NAME: &str = "kqlite.yaml";

/// How many settings may extend each other.
const MAX_EXTENDED: usize = 16;

/// The settings that count for the files of a folder.
#[derive(Debug, Clone, Default)]
pub struct Repository {
    /// The file of the settings, if there is one.
    pub path: Option<PathBuf>,
    /// The tables and stored functions of its queries.
    pub workspace: Workspace,
    /// What its tests start from; its watchlists are among that.
    pub(crate) layer: Layer,
    /// Patterns of files that are left out, each with the folder that it starts from.
    excluded: Vec<(PathBuf, String)>,
}

/// A watchlist of a repository that is in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryWatchlist {
    /// The name that `_GetWatchlist` takes.
    pub alias: String,
    /// Its file.
    pub path: PathBuf,
    /// The column that rows are found by.
    pub search_key: Option<String>,
}

impl Repository {
    /// A repository without settings, whose queries have a workspace.
    #[must_use]
    pub fn of(workspace: Workspace) -> Self {
        Self { workspace, ..Self::default() }
    }

    /// The settings that count for a file: those of its folder, or else of the nearest folder above it, up to the one that is
    /// under version control. Nothing if there are none.
    #[must_use]
    pub fn find(file: &Path) -> Option<PathBuf> {
        let absolute = std::path::absolute(file).ok()?;
        let start = if absolute.is_dir() { Some(absolute.as_path()) } else { absolute.parent() };
        for folder in start?.ancestors() {
            let path = folder.join(SETTINGS_NAME);
            if path.is_file() {
                return Some(shortened(&path));
            }
            if folder.join(".git").exists() {
                return None;
            }
        }
        None
    }

    /// Reads settings, those that they extend, and the files that these name.
    ///
    /// # Errors
    /// A file that cannot be read, a key that there is not, a value of another kind, a table or a function that is none.
    pub fn load(path: &Path, read: &ReadFile) -> Result<Self, TestFileError> {
        let mut repository = Self::default();
        Loader { repository: &mut repository, read }.load(path, 0)?;
        repository.path = Some(path.to_owned());
        Ok(repository)
    }

    /// Whether the settings leave a file out.
    #[must_use]
    pub fn excludes(&self, file: &Path) -> bool {
        let Ok(file) = std::path::absolute(file) else { return false };
        self.excluded.iter().any(|(folder, pattern)| {
            let below = file.strip_prefix(folder).ok().and_then(Path::to_str);
            below.is_some_and(|below| is_excluded(pattern, &below.replace('\\', "/")))
        })
    }

    /// The watchlists that are in files.
    pub fn watchlists(&self) -> impl Iterator<Item = RepositoryWatchlist> + '_ {
        self.layer.watchlists.iter().filter_map(|(key, given)| match &given.rows {
            RowSource::File { path, .. } => Some(RepositoryWatchlist {
                alias: key.text.clone(),
                path: path.into(),
                search_key: given.search_key.as_ref().map(|it| it.text.clone()),
            }),
            RowSource::Inline(_) | RowSource::Unspecified => None,
        })
    }
}

/// A path from the current folder on, if it is below it.
fn shortened(path: &Path) -> PathBuf {
    let current = std::env::current_dir().ok();
    let below = current.and_then(|current| path.strip_prefix(current).ok().map(Path::to_owned));
    below.unwrap_or_else(|| path.to_owned())
}

/// A pattern stands for a file, or for a folder and all that is in it. Without a `/` it is that of a name anywhere.
fn is_excluded(pattern: &str, below: &str) -> bool {
    let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
    if pattern.contains('/') {
        let depth = pattern.split('/').count();
        let parts: Vec<&str> = below.split('/').take(depth).collect();
        return parts.len() == depth
            && pattern.split('/').zip(parts).all(|(pattern, part)| fits_wildcard(pattern, part));
    }
    below.split('/').any(|part| fits_wildcard(pattern, part))
}

/// Reads settings into a repository. What is read first counts.
struct Loader<'r> {
    repository: &'r mut Repository,
    read: &'r ReadFile,
}

impl Loader<'_> {
    fn text(&self, path: &Path) -> Result<String, String> {
        let bytes = (self.read)(path).map_err(|error| format!("'{}': {error}", path.display()))?;
        let text =
            String::from_utf8(bytes).map_err(|_| format!("'{}': the text is not UTF-8", path.display()))?;
        Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
    }

    fn load(&mut self, path: &Path, depth: usize) -> Result<(), TestFileError> {
        let text = self.text(path).map_err(|message| TestFileError::of_file(path, message))?;
        let source = SourceText::new(path, &text);
        let node = yaml::parse(&source.text, AliasPlace::Alias).map_err(|error| {
            let told = TestFileError::new(&source, error.at, error.message);
            error.help.into_iter().fold(told, TestFileError::help)
        })?;
        if node.is_null() {
            return Ok(());
        }
        let keys = Keys::of(&source, &node, "the settings of a repository", &[&keys::REPOSITORY])?;
        keys.text("description")?;
        self.schemas(&source, &keys)?;
        self.functions(&source, &keys)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        for pattern in keys.texts("exclude")? {
            self.repository.excluded.push((folder.clone(), pattern));
        }
        let layer = repository_layer(&source, &keys)?;
        self.layer(&source, layer)?;
        for (base, at) in texts(&source, &keys, "extends")? {
            if depth >= MAX_EXTENDED {
                let message = format!("more than {MAX_EXTENDED} settings extend each other");
                return Err(TestFileError::new(&source, at, message));
            }
            let base = source.resolve(&base);
            if !base.is_file() {
                let message = format!("there is no file '{}'", base.display());
                return Err(TestFileError::new(&source, at, message));
            }
            self.load(&base, depth + 1)?;
        }
        Ok(())
    }

    /// Takes what tests start from: paths start from the settings, wherever the tests are.
    fn layer(&mut self, source: &SourceText, mut layer: Layer) -> Result<(), TestFileError> {
        for (table, cells) in &layer.row {
            self.columns_are_there(source, &table.text, cells)?;
        }
        for (table, given) in &layer.tables {
            if let RowSource::Inline(rows) = &given.rows {
                for row in rows {
                    self.columns_are_there(source, &table.text, keys::map(source, row, "a row")?)?;
                }
            }
        }
        for (_, given) in layer.tables.iter_mut().chain(&mut layer.watchlists) {
            match &mut given.rows {
                RowSource::File { path, at } => {
                    let full = std::path::absolute(source.resolve(path));
                    if let Ok(full) = full {
                        *path = full.display().to_string();
                    }
                    *at = 0..0;
                }
                RowSource::Inline(rows) => rows.iter_mut().for_each(unplaced),
                RowSource::Unspecified => {}
            }
        }
        // A place of this file is none of the test file that the cells are for.
        for (key, cells) in &mut layer.row {
            key.at = 0..0;
            for (key, node) in cells {
                key.at = 0..0;
                unplaced(node);
            }
        }
        let own = &mut self.repository.layer;
        own.now = own.now.or(layer.now);
        own.period = own.period.or(layer.period);
        own.tables.extend(layer.tables);
        own.watchlists.extend(layer.watchlists);
        own.row.extend(layer.row);
        Ok(())
    }

    fn columns_are_there(
        &self,
        source: &SourceText,
        table: &str,
        cells: &[(YamlKey, YamlNode)],
    ) -> Result<(), TestFileError> {
        let Some(schema) = self.repository.workspace.schema_of(table) else { return Ok(()) };
        for (key, _) in cells.iter().filter(|(key, _)| !key.text.starts_with('$')) {
            let is_there = schema.position(&key.text).is_some()
                || self.repository.workspace.is_open(table)
                || key.text.starts_with('_');
            if !is_there {
                let message = format!("the table '{table}' has no column '{}'", key.text);
                return Err(TestFileError::new(source, key.at.clone(), message).help(suggestion(
                    &key.text,
                    "its columns are",
                    schema.names(),
                )));
            }
        }
        Ok(())
    }

    /// `schemas`: files, folders, or the columns of tables.
    fn schemas(&mut self, source: &SourceText, keys: &Keys<'_>) -> Result<(), TestFileError> {
        let Some(node) = keys.get("schemas") else { return Ok(()) };
        if matches!(node.kind, YamlKind::Map(_)) {
            return self.tables(source, node);
        }
        for (name, at) in texts(source, keys, "schemas")? {
            for path in files(source, &name, &at, &["json", "yaml", "yml"])? {
                let text =
                    self.text(&path).map_err(|message| TestFileError::new(source, at.clone(), message))?;
                let schema = SourceText::new(&path, &text);
                let node = yaml::parse(&schema.text, AliasPlace::Alias)
                    .map_err(|error| TestFileError::new(&schema, error.at, error.message))?;
                self.tables(&schema, &node)?;
            }
        }
        Ok(())
    }

    /// `{Table: {Column: type}}`
    fn tables(&mut self, source: &SourceText, node: &YamlNode) -> Result<(), TestFileError> {
        for (table, columns) in keys::map(source, node, "the columns of tables")? {
            let mut schema = Schema::default();
            for (column, data_type) in keys::map(source, columns, &format!("'{}'", table.text))? {
                let text = keys::text(source, data_type, &column.text)?;
                let known = text.parse().map_err(|()| {
                    let known = ScalarType::ALL.map(ScalarType::as_str);
                    TestFileError::new(source, data_type.at.clone(), format!("there is no type '{text}'"))
                        .help(suggestion(text, "the types are", known))
                })?;
                schema
                    .columns
                    .push(kqlite::ColumnSchema { name: column.text.as_str().into(), data_type: known });
            }
            if !self.repository.workspace.has_table(&table.text) {
                self.repository.workspace.add_table(table.text.as_str(), schema);
            }
        }
        Ok(())
    }

    /// `functions`: files, folders, or the texts of functions.
    fn functions(&mut self, source: &SourceText, keys: &Keys<'_>) -> Result<(), TestFileError> {
        let Some(node) = keys.get("functions") else { return Ok(()) };
        if let YamlKind::Map(entries) = &node.kind {
            for (key, node) in entries {
                let text = keys::text(source, node, &key.text)?;
                self.function(&key.text, text)
                    .map_err(|message| TestFileError::new(source, node.at.clone(), message))?;
            }
            return Ok(());
        }
        for (name, at) in texts(source, keys, "functions")? {
            let endings = ["kql", "csl", "kusto", "yaml", "yml", "json"];
            for path in files(source, &name, &at, &endings)? {
                let wrong = |message: String| TestFileError::new(source, at.clone(), message);
                let text = self.text(&path).map_err(wrong)?;
                let format = RuleFormat::of_name(&path.to_string_lossy()).unwrap_or(RuleFormat::Kql);
                let found = Rule::read_all(&text, format).map_err(|error| {
                    let place = format!("{}:{}:{}", path.display(), error.line, error.column);
                    wrong(format!("{place}: {}", error.message))
                })?;
                let declared = found.rules.iter().flat_map(|rule| &rule.functions);
                let mut any = false;
                for function in declared {
                    any = true;
                    for name in &function.names {
                        self.function(name, &function.text).map_err(wrong)?;
                    }
                }
                // A query in a file of its own is a function of the file's name.
                if let (false, [rule], Some(stem)) =
                    (any, &found.rules[..], path.file_stem().and_then(OsStr::to_str))
                    && format == RuleFormat::Kql
                {
                    let body = rule.query.trim_end().trim_end_matches(';');
                    self.function(stem, &format!("() {{\n{body}\n}}")).map_err(wrong)?;
                }
            }
        }
        Ok(())
    }

    fn function(&mut self, name: &str, text: &str) -> Result<(), String> {
        let mut database = kqlite::Database::new();
        database.define(name, text).map_err(|error| format!("the function '{name}': {error}"))?;
        if self.repository.workspace.functions().all(|(known, _)| known != name) {
            self.repository.workspace.add_function(name, text);
        }
        Ok(())
    }
}

/// A value that stands at no place.
fn unplaced(node: &mut YamlNode) {
    node.at = 0..0;
    match &mut node.kind {
        YamlKind::Scalar { .. } => {}
        YamlKind::List(items) => items.iter_mut().for_each(unplaced),
        YamlKind::Map(entries) => {
            for (key, value) in entries {
                key.at = 0..0;
                unplaced(value);
            }
        }
    }
}

/// Texts of a key with their places: a list, or a single one.
fn texts(
    source: &SourceText,
    keys: &Keys<'_>,
    key: &str,
) -> Result<Vec<(String, std::ops::Range<usize>)>, TestFileError> {
    let nodes: Vec<&YamlNode> = match keys.get(key) {
        None => Vec::new(),
        Some(YamlNode { kind: YamlKind::List(items), .. }) => items.iter().collect(),
        Some(node) => vec![node],
    };
    nodes.into_iter().map(|node| Ok((keys::text(source, node, key)?.to_owned(), node.at.clone()))).collect()
}

/// The file of a name, or the files of a folder and its folders that end so, sorted.
fn files(
    source: &SourceText,
    name: &str,
    at: &std::ops::Range<usize>,
    endings: &[&str],
) -> Result<Vec<PathBuf>, TestFileError> {
    fn walk(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) -> std::io::Result<()> {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(folder)?.map(|entry| entry.map(|it| it.path())).collect::<Result<_, _>>()?;
        entries.sort();
        for path in entries {
            let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if hidden || path.is_symlink() {
                continue;
            }
            let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default();
            if path.is_dir() {
                walk(&path, endings, found)?;
            } else if path.is_file() && endings.contains(&ending) {
                found.push(path);
            }
        }
        Ok(())
    }
    let path = source.resolve(name);
    if path.is_dir() {
        let mut found = Vec::new();
        walk(&path, endings, &mut found)
            .map_err(|error| TestFileError::new(source, at.clone(), format!("'{name}': {error}")))?;
        return Ok(found);
    }
    if path.is_file() {
        return Ok(vec![path]);
    }
    let message = format!("there is no file or folder '{}'", path.display());
    Err(TestFileError::new(source, at.clone(), message).help("paths start from the folder of kqlite.yaml"))
}

/// The settings of files, each read once.
pub struct Repositories {
    read: Box<ReadFile>,
    known: Vec<(PathBuf, Arc<Repository>)>,
    /// What counts where there are no settings, and before them.
    given: Repository,
}

impl Repositories {
    /// Settings that are read by a function. The tables of a workspace count before those of the settings.
    #[must_use]
    pub fn new(given: Workspace, read: Box<ReadFile>) -> Self {
        Self { read, known: Vec::new(), given: Repository::of(given) }
    }

    /// The settings for a file.
    ///
    /// # Errors
    /// As [`Repository::load`].
    pub fn of(&mut self, file: &Path) -> Result<Arc<Repository>, TestFileError> {
        let path = Repository::find(file).unwrap_or_default();
        if let Some((_, known)) = self.known.iter().find(|(other, _)| *other == path) {
            return Ok(Arc::clone(known));
        }
        let mut repository = match path.as_os_str().is_empty() {
            true => Repository::default(),
            false => Repository::load(&path, &*self.read)?,
        };
        for (name, columns) in self.given.workspace.tables() {
            repository.workspace.add_table(name, columns.clone());
        }
        let repository = Arc::new(repository);
        self.known.push((path, Arc::clone(&repository)));
        Ok(repository)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_leave_files_out() {
        for (pattern, file, out) in [
            ("archive/", "archive/a.kql", true),
            ("archive", "rules/archive/b/a.kql", true),
            ("rules/archive", "rules/archive/b/a.kql", true),
            ("rules/archive", "other/archive/a.kql", false),
            ("*.draft.yaml", "rules/a.draft.yaml", true),
            ("rules/*.yaml", "rules/a.yaml", true),
            ("rules/*.yaml", "rules/a/b.yaml", false),
            ("./rules", "rules", true),
        ] {
            assert_eq!(is_excluded(pattern, file), out, "{pattern} {file}");
        }
    }
}
