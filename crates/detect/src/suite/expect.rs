//! Reads what a test expects, as it stands in the file.

use std::ops::Range;

use super::alert::{self, ExpectedAlerts};
use super::error::TestFileError;
use super::fixture_spec::{RowSource, read_rows};
use super::keys::{self, Keys};
use super::source::SourceText;
use super::words::counted_rows;
use crate::yaml::{YamlKind, YamlNode};

/// One expectation and its key's place.
#[derive(Debug, Clone)]
pub(crate) struct Expectation {
    pub key: &'static str,
    pub at: Range<usize>,
    pub what: Expected,
}

#[derive(Debug, Clone)]
pub(crate) enum Expected {
    /// The rule raises an alert, or none.
    Fires(bool),
    /// How many rows.
    Count(CountRange),
    /// The columns' names in order.
    Columns(Vec<String>),
    /// Exactly these rows.
    Result { rows: RowSource, node: Range<usize> },
    /// These rows, and maybe others.
    Contains(Vec<YamlNode>),
    /// None of these rows.
    Excludes(Vec<YamlNode>),
    /// What the alert says.
    Alert(ExpectedAlerts),
    /// The query is wrong or ends with an error whose code or text this is.
    Error(String),
}

/// A range of row counts, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CountRange {
    pub min: usize,
    pub max: usize,
}

impl CountRange {
    pub fn holds(self, rows: usize) -> bool {
        (self.min..=self.max).contains(&rows)
    }
}

impl std::fmt::Display for CountRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.min, self.max) {
            (min, max) if min == max => write!(f, "{}", counted_rows(min)),
            (min, usize::MAX) => write!(f, "at least {}", counted_rows(min)),
            (0, max) => write!(f, "at most {}", counted_rows(max)),
            (min, max) => write!(f, "{min} to {}", counted_rows(max)),
        }
    }
}

/// Reads the expectations of a test or a case.
pub(crate) fn read(source: &SourceText, keys: &Keys<'_>) -> Result<Vec<Expectation>, TestFileError> {
    let mut expected = Vec::new();
    for key in keys::EXPECTED {
        let Some((place, node)) = keys.entry(key) else { continue };
        let empty_is_no_rows = matches!(key, "result" | "contains" | "excludes");
        if node.is_null() && !empty_is_no_rows {
            return Err(TestFileError::new(source, place.at.clone(), format!("'{key}' has no value")));
        }
        let what = match key {
            "fires" => Expected::Fires(keys::bool(source, node, key)?),
            "rows" => Expected::Count(range(source, node)?),
            "columns" => Expected::Columns(
                keys::list(source, node, key, "names")?
                    .iter()
                    .map(|item| Ok(keys::text(source, item, key)?.to_owned()))
                    .collect::<Result<_, TestFileError>>()?,
            ),
            "result" => Expected::Result { rows: read_rows(source, key, node)?, node: node.at.clone() },
            "contains" => Expected::Contains(some_rows(source, key, node)?),
            "excludes" => Expected::Excludes(some_rows(source, key, node)?),
            "alert" => Expected::Alert(alert::read(source, node)?),
            _ => Expected::Error(keys::text(source, node, key)?.to_owned()),
        };
        expected.push(Expectation { key, at: place.at.clone(), what });
    }
    if let Some(error) = expected.iter().find(|it| it.key == "error")
        && let Some(other) = expected.iter().find(|it| it.key != "error")
    {
        let message = format!("'{}' cannot hold beside 'error': there is no answer then", other.key);
        return Err(TestFileError::new(source, error.at.clone(), message));
    }
    Ok(expected)
}

/// Rows that state some cells: a list, or one of them.
fn some_rows(source: &SourceText, key: &str, node: &YamlNode) -> Result<Vec<YamlNode>, TestFileError> {
    if matches!(node.kind, YamlKind::Map(_)) {
        return Ok(vec![node.clone()]);
    }
    match read_rows(source, key, node)? {
        RowSource::Inline(rows) if !rows.is_empty() => Ok(rows),
        RowSource::Inline(_) => {
            Err(TestFileError::new(source, node.at.clone(), format!("'{key}' has no row")))
        }
        _ => Err(keys::wrong(source, node, key, "a list of rows")),
    }
}

/// `3`, `">= 2"`, `2..5`, `{min: 2, max: 5}`
fn range(source: &SourceText, node: &YamlNode) -> Result<CountRange, TestFileError> {
    let range = match &node.kind {
        YamlKind::Map(_) => {
            let keys = Keys::of(source, node, "'rows'", &[&keys::RANGE])?;
            let bound = |key| keys.get(key).map(|node| keys::count(source, node, key)).transpose();
            let (min, max) = (bound("min")?, bound("max")?);
            (min.is_some() || max.is_some())
                .then(|| CountRange { min: min.unwrap_or(0), max: max.unwrap_or(usize::MAX) })
        }
        YamlKind::Scalar { text, .. } => range_of_text(text),
        YamlKind::List(_) => None,
    };
    let range = range.ok_or_else(|| {
        let message = "'rows' takes a number of rows: 3, '>= 2', 2..5 or {min: 2, max: 5}";
        TestFileError::new(source, node.at.clone(), message).help("the rows themselves are given by 'result'")
    })?;
    if range.min > range.max {
        return Err(TestFileError::new(source, node.at.clone(), "no number of rows is in this range"));
    }
    Ok(range)
}

fn range_of_text(text: &str) -> Option<CountRange> {
    let text = text.trim();
    let number = |text: &str| text.trim().parse::<usize>().ok();
    let range = |min, max| Some(CountRange { min, max });
    if let Some((min, max)) = text.split_once("..") {
        let max = max.trim().trim_start_matches('=');
        let max = if max.is_empty() { usize::MAX } else { number(max)? };
        return range(if min.trim().is_empty() { 0 } else { number(min)? }, max);
    }
    if let Some(rest) = text.strip_prefix(">=") {
        return range(number(rest)?, usize::MAX);
    }
    if let Some(rest) = text.strip_prefix("<=") {
        return range(0, number(rest)?);
    }
    if let Some(rest) = text.strip_prefix('>') {
        return range(number(rest)?.checked_add(1)?, usize::MAX);
    }
    if let Some(rest) = text.strip_prefix('<') {
        return range(0, number(rest)?.checked_sub(1)?);
    }
    let count = number(text.trim_start_matches('='))?;
    range(count, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let check = |text: &str, expected: Option<(usize, usize)>| {
            let range = range_of_text(text).map(|it| (it.min, it.max));
            assert_eq!(range, expected, "{text}");
        };
        check("3", Some((3, 3)));
        check(">= 2", Some((2, usize::MAX)));
        check("> 2", Some((3, usize::MAX)));
        check("<3", Some((0, 2)));
        check("<= 3", Some((0, 3)));
        check("2..5", Some((2, 5)));
        check("..5", Some((0, 5)));
        check("== 4", Some((4, 4)));
        for text in ["", "many", "-1", "< 0", "2...5", ">"] {
            check(text, None);
        }
        let shown = |text: &str| range_of_text(text).unwrap().to_string();
        assert_eq!(
            [shown("1"), shown(">1"), shown("<3"), shown("2..5")],
            ["1 row", "at least 2 rows", "at most 2 rows", "2 to 5 rows"]
        );
    }
}
