//! The keys of test files, and readers of their values.

use std::ops::Range;

use super::error::TestFileError;
use super::source::SourceText;
use crate::suggest::suggestion;
use crate::yaml::{YamlKey, YamlKind, YamlNode};

/// What a rule is given: keys of a file, of a test and of a case.
pub(crate) const GIVEN: [&str; 11] = [
    "rule",
    "query",
    "now",
    "period",
    "tables",
    "row",
    "watchlists",
    "functions",
    "parameters",
    "external",
    "with",
];
/// What is expected: keys of a test and of a case.
pub(crate) const EXPECTED: [&str; 8] =
    ["fires", "rows", "columns", "result", "contains", "excludes", "alert", "error"];
/// Further keys of a file.
pub(crate) const FILE: [&str; 3] = ["description", "tags", "tests"];
/// Further keys of a test.
pub(crate) const TEST: [&str; 5] = ["name", "description", "tags", "skip", "cases"];
/// Further keys of a case.
pub(crate) const CASE: [&str; 4] = ["name", "set", "skip", "tags"];
/// Keys of the settings of a repository.
pub(crate) const REPOSITORY: [&str; 10] = [
    "description",
    "extends",
    "schemas",
    "functions",
    "watchlists",
    "tables",
    "row",
    "now",
    "period",
    "exclude",
];
/// Keys of a table that is more than rows or a file.
pub(crate) const TABLE: [&str; 3] = ["columns", "rows", "file"];
/// Keys of a watchlist that is more than rows or a file.
pub(crate) const WATCHLIST: [&str; 4] = ["searchKey", "columns", "rows", "file"];
/// Keys of a number of rows that is no number.
pub(crate) const RANGE: [&str; 2] = ["min", "max"];
/// Keys of an expected alert.
pub(crate) const ALERT: [&str; 6] =
    ["title", "description", "severity", "tactics", "entities", "customDetails"];

/// A map whose keys are known.
pub(crate) struct Keys<'n> {
    source: &'n SourceText,
    entries: &'n [(YamlKey, YamlNode)],
    at: Range<usize>,
}

impl<'n> Keys<'n> {
    /// The map, if it has no other keys than these.
    pub fn of(
        source: &'n SourceText,
        node: &'n YamlNode,
        what: &str,
        known: &[&[&str]],
    ) -> Result<Self, TestFileError> {
        let entries = map(source, node, what)?;
        for (key, _) in entries {
            let mut all = known.iter().copied().flatten().copied();
            if !all.any(|it| it == key.text) {
                let all = known.iter().copied().flatten().copied();
                let message = format!("{what} has no key '{}'", key.text);
                return Err(TestFileError::new(source, key.at.clone(), message).help(suggestion(
                    &key.text,
                    "the keys are",
                    all,
                )));
            }
        }
        Ok(Self { source, entries, at: node.at.clone() })
    }

    /// Where the map stands.
    pub fn at(&self) -> Range<usize> {
        self.at.clone()
    }

    /// The value of a key; a key without a value counts as absent.
    pub fn get(&self, key: &str) -> Option<&'n YamlNode> {
        self.entries.iter().find(|(it, _)| it.text == key).map(|(_, value)| value).filter(|it| !it.is_null())
    }

    /// The value of a key that is there, even without a value; and where the key stands.
    pub fn entry(&self, key: &str) -> Option<&'n (YamlKey, YamlNode)> {
        self.entries.iter().find(|(it, _)| it.text == key)
    }

    /// The text of a key.
    pub fn text(&self, key: &str) -> Result<Option<&'n str>, TestFileError> {
        self.get(key).map(|node| text(self.source, node, key)).transpose()
    }

    /// Texts of a key: a list, or a single one.
    pub fn texts(&self, key: &str) -> Result<Vec<String>, TestFileError> {
        match self.get(key) {
            None => Ok(Vec::new()),
            Some(YamlNode { kind: YamlKind::List(items), .. }) => {
                items.iter().map(|item| Ok(text(self.source, item, key)?.to_owned())).collect()
            }
            Some(node) => Ok(vec![text(self.source, node, key)?.to_owned()]),
        }
    }
}

/// An error about a value's kind.
pub(crate) fn wrong(source: &SourceText, node: &YamlNode, key: &str, expected: &str) -> TestFileError {
    TestFileError::new(
        source,
        node.at.clone(),
        format!("'{key}' takes {expected}, and this is {}", node.what()),
    )
}

/// The entries of a map.
pub(crate) fn map<'n>(
    source: &SourceText,
    node: &'n YamlNode,
    what: &str,
) -> Result<&'n [(YamlKey, YamlNode)], TestFileError> {
    match &node.kind {
        YamlKind::Map(entries) => Ok(entries),
        _ => {
            let message = format!("{what} is a map, such as 'key: value', and this is {}", node.what());
            Err(TestFileError::new(source, node.at.clone(), message))
        }
    }
}

/// The items of a list.
pub(crate) fn list<'n>(
    source: &SourceText,
    node: &'n YamlNode,
    key: &str,
    items: &str,
) -> Result<&'n [YamlNode], TestFileError> {
    match &node.kind {
        YamlKind::List(found) => Ok(found),
        _ => Err(wrong(source, node, key, &format!("a list of {items}"))),
    }
}

/// A text.
pub(crate) fn text<'n>(source: &SourceText, node: &'n YamlNode, key: &str) -> Result<&'n str, TestFileError> {
    node.text().ok_or_else(|| wrong(source, node, key, "a text"))
}

/// `true` or `false`.
pub(crate) fn bool(source: &SourceText, node: &YamlNode, key: &str) -> Result<bool, TestFileError> {
    match node.to_json() {
        serde_json::Value::Bool(it) => Ok(it),
        _ => Err(TestFileError::new(source, node.at.clone(), format!("'{key}' is true or false"))),
    }
}

/// A number that is not negative.
pub(crate) fn count(source: &SourceText, node: &YamlNode, key: &str) -> Result<usize, TestFileError> {
    let number = node.text().and_then(|text| text.trim().parse().ok());
    number.ok_or_else(|| {
        TestFileError::new(source, node.at.clone(), format!("'{key}' takes a number of rows, such as 3"))
    })
}
