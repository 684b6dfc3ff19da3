//! Reads a test file: what it shares, its tests and their cases. Every key is checked against those that there are.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;
use kqlite::ScalarType;

use super::cell::stated_type;
use super::error::TestFileError;
use super::expect;
use super::fixture_spec::RowSource;
use super::keys::{self, Keys};
use super::layer::{Layer, cells, layer};
use super::repository::Repository;
use super::source::SourceText;
use crate::yaml::{self, AliasPlace, YamlKey, YamlKind, YamlNode};

/// A test file.
#[derive(Debug, Clone)]
pub struct TestFile {
    pub(crate) source: SourceText,
    /// What all tests are given.
    pub(crate) shared: Layer,
    pub(crate) tests: Vec<Test>,
    /// The columns that tests state of tables that are not built in, or have more columns in each workspace.
    stated: HashMap<String, Vec<(String, ScalarType)>>,
    /// The settings of the repository that the file is in.
    pub(crate) repository: Arc<Repository>,
}

/// A test: one run of a rule, or one for each of its cases.
#[derive(Debug, Clone)]
pub(crate) struct Test {
    pub name: String,
    pub at: Range<usize>,
    pub layer: Layer,
    pub cases: Vec<Case>,
}

/// A case of a test.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub name: String,
    pub at: Range<usize>,
    pub layer: Layer,
}

impl TestFile {
    /// Reads a test file.
    ///
    /// # Errors
    /// Text that is no YAML, a key that there is not, a value of another kind, a test that expects nothing.
    pub fn parse(path: &Path, text: &str) -> Result<Self, TestFileError> {
        let source = SourceText::new(path, text.strip_prefix('\u{feff}').unwrap_or(text));
        let node = yaml::parse(&source.text, AliasPlace::Alias).map_err(|error| {
            let told = TestFileError::new(&source, error.at, error.message);
            error.help.into_iter().fold(told, TestFileError::help)
        })?;
        let keys = Keys::of(&source, &node, "a test file", &[&keys::GIVEN, &keys::FILE])?;
        let mut shared = layer(&source, &keys)?;
        shared.tags = keys.texts("tags")?;
        keys.text("description")?;
        let Some(tests) = keys.get("tests") else {
            let at = keys.entry("tests").map_or(keys.at(), |(key, _)| key.at.clone());
            return Err(TestFileError::new(
                &source,
                at,
                "a test file has 'tests', a list with at least one test",
            ));
        };
        let items = keys::list(&source, tests, "tests", "tests")?;
        if items.is_empty() {
            return Err(TestFileError::new(&source, tests.at.clone(), "'tests' has no test"));
        }
        let tests = items
            .iter()
            .map(|item| test(&source, item, shared.rule.is_some()))
            .collect::<Result<Vec<_>, _>>()?;
        for (number, test) in tests.iter().enumerate() {
            if tests.iter().take(number).any(|other| other.name == test.name) {
                let message = format!("another test is called '{}', too", test.name);
                return Err(TestFileError::new(&source, test.at.clone(), message));
            }
        }
        let stated = stated_columns(&shared, &tests);
        Ok(Self { source, shared, tests, stated, repository: Arc::default() })
    }

    /// The file in a repository.
    pub(crate) fn within(self, repository: Arc<Repository>) -> Self {
        Self { repository, ..self }
    }

    /// A file of one test.
    pub(crate) fn of_test(test: Test) -> Self {
        Self {
            source: SourceText::new(Path::new(""), ""),
            shared: Layer::default(),
            stated: stated_columns(&Layer::default(), std::slice::from_ref(&test)),
            tests: vec![test],
            repository: Arc::default(),
        }
    }

    /// The columns that some test states of a table whose columns are not known.
    pub(crate) fn stated_columns(&self, table: &str) -> impl Iterator<Item = (&str, ScalarType)> {
        let found = self.stated.get(table).into_iter().flatten();
        found.map(|(name, data_type)| (name.as_str(), *data_type))
    }

    /// The file's name.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.source.path
    }
}

/// The columns that tests state of tables that are not built in, in the order in which they come.
fn stated_columns(shared: &Layer, tests: &[Test]) -> HashMap<String, Vec<(String, ScalarType)>> {
    let mut stated: HashMap<String, IndexMap<String, ScalarType>> = HashMap::new();
    let mut note = |table: &str, cells: &[(YamlKey, YamlNode)]| {
        if crate::schema_of(table).is_some() && table != "AzureDiagnostics" {
            return;
        }
        let columns = stated.entry(table.to_owned()).or_default();
        for (key, node) in cells.iter().filter(|(key, _)| !key.text.starts_with('$')) {
            let is_placeholder = node.text().is_some_and(|text| text.starts_with('$'));
            if let Some(data_type) = stated_type(node).filter(|_| !is_placeholder) {
                columns.entry(key.text.clone()).or_insert(data_type);
            }
        }
    };
    let mut layers: Vec<&Layer> = vec![shared];
    for test in tests {
        layers.push(&test.layer);
        layers.extend(test.cases.iter().map(|it| &it.layer));
    }
    for layer in layers {
        for (table, fixture) in &layer.tables {
            if let RowSource::Inline(rows) = &fixture.rows {
                for row in rows {
                    if let YamlKind::Map(cells) = &row.kind {
                        note(&table.text, cells);
                    }
                }
            }
        }
        layer.row.iter().chain(&layer.set).for_each(|(table, cells)| note(&table.text, cells));
    }
    stated.into_iter().map(|(table, columns)| (table, columns.into_iter().collect())).collect()
}

fn test(source: &SourceText, node: &YamlNode, has_rule: bool) -> Result<Test, TestFileError> {
    let keys = Keys::of(source, node, "a test", &[&keys::GIVEN, &keys::EXPECTED, &keys::TEST])?;
    let Some(name) = keys.text("name")? else {
        return Err(TestFileError::new(source, first_line(node), "a test has a 'name'"));
    };
    let at = keys.get("name").map_or(keys.at(), |node| node.at.clone());
    keys.text("description")?;
    let mut layer = layer(source, &keys)?;
    layer.expected = expect::read(source, &keys)?;
    layer.tags = keys.texts("tags")?;
    layer.skip = skip(source, &keys)?;
    let cases: Vec<Case> = match keys.get("cases") {
        None => Vec::new(),
        Some(node) => {
            let items = keys::list(source, node, "cases", "cases")?;
            if items.is_empty() {
                return Err(TestFileError::new(source, node.at.clone(), "'cases' has no case"));
            }
            items.iter().map(|item| case(source, item)).collect::<Result<_, _>>()?
        }
    };
    for (number, case) in cases.iter().enumerate() {
        if cases.iter().take(number).any(|other| other.name == case.name) {
            let message = format!("another case is called '{}', too", case.name);
            return Err(TestFileError::new(source, case.at.clone(), message));
        }
        if layer.expected.is_empty() && case.layer.expected.is_empty() {
            return Err(nothing_expected(source, case.at.clone(), "case"));
        }
    }
    if cases.is_empty() && layer.expected.is_empty() {
        return Err(nothing_expected(source, at, "test"));
    }
    let every = if cases.is_empty() { vec![&layer] } else { cases.iter().map(|case| &case.layer).collect() };
    if !has_rule && layer.rule.is_none() && every.iter().any(|it| it.rule.is_none()) {
        let message = format!("the test '{name}' has no rule");
        let help = "say 'rule: FILE' or 'query: |', in the test or for the whole file";
        return Err(TestFileError::new(source, at, message).help(help));
    }
    Ok(Test { name: name.to_owned(), at, layer, cases })
}

fn nothing_expected(source: &SourceText, at: Range<usize>, what: &str) -> TestFileError {
    TestFileError::new(source, at, format!("this {what} expects nothing"))
        .help("say what is expected: fires, rows, columns, result, contains, excludes, alert or error")
}

fn case(source: &SourceText, node: &YamlNode) -> Result<Case, TestFileError> {
    let keys = Keys::of(source, node, "a case", &[&keys::GIVEN, &keys::EXPECTED, &keys::CASE])?;
    let mut layer = layer(source, &keys)?;
    layer.expected = expect::read(source, &keys)?;
    layer.set = cells(source, &keys, "set")?;
    layer.tags = keys.texts("tags")?;
    layer.skip = skip(source, &keys)?;
    let name = keys.text("name")?.map(str::to_owned).or_else(|| name_of(&layer));
    let at = keys.get("name").map_or_else(|| first_line(node), |node| node.at.clone());
    match name {
        Some(name) => Ok(Case { name, at, layer }),
        None => Err(TestFileError::new(source, at, "a case without 'set' or 'with' has a 'name'")),
    }
}

/// What a case without a name is called: what is special about it.
fn name_of(layer: &Layer) -> Option<String> {
    let cells = layer.set.iter().flat_map(|(_, cells)| cells).chain(&layer.with);
    let parts: Vec<String> = cells
        .map(|(key, value)| match value.text() {
            Some("") => format!("{} ''", key.text),
            Some(text) => format!("{} {text}", key.text),
            None => format!("{} {}", key.text, value.to_json()),
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn skip(source: &SourceText, keys: &Keys<'_>) -> Result<Option<String>, TestFileError> {
    match keys.entry("skip") {
        None => Ok(None),
        Some((key, node)) => match node.text().map(str::trim) {
            Some("" | "true" | "false") | None => Err(TestFileError::new(
                source,
                key.at.clone(),
                "'skip' takes the reason why the test is left out, such as 'skip: waits for the new connector'",
            )),
            Some(reason) => Ok(Some(reason.to_owned())),
        },
    }
}

/// The place of a node as far as its first line goes.
fn first_line(node: &YamlNode) -> Range<usize> {
    match &node.kind {
        YamlKind::Map(entries) => entries.first().map_or(node.at.clone(), |(key, _)| key.at.clone()),
        _ => node.at.clone(),
    }
}
