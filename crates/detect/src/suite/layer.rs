//! What a file, a test or a case says of what a rule is given, and the settings of a repository of what all of its tests start
//! from. It must not know tests.

use std::ops::Range;

use kqlite::DateTime;

use super::error::TestFileError;
use super::expect::Expectation;
use super::fixture_spec::{FixtureSpec, Patch, read_fixture};
use super::keys::{self, Keys};
use super::period::PeriodSetting;
use super::source::SourceText;
use crate::rule::parse_duration;
use crate::yaml::{YamlKey, YamlKind, YamlNode};

/// What a file, a test or a case says. What is nearer to the case counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layer {
    pub rule: Option<RuleText>,
    pub now: Option<DateTime>,
    pub period: Option<PeriodSetting>,
    pub tables: Vec<(YamlKey, FixtureSpec)>,
    /// Cells that the rows of a table start from.
    pub row: Vec<Patch>,
    /// Cells that the rows of a table end with.
    pub set: Vec<Patch>,
    /// What placeholders stand for.
    pub with: Vec<(YamlKey, YamlNode)>,
    pub watchlists: Vec<(YamlKey, FixtureSpec)>,
    pub functions: Vec<(YamlKey, YamlNode)>,
    pub parameters: Vec<(YamlKey, YamlNode)>,
    pub external: Vec<(YamlKey, FixtureSpec)>,
    pub expected: Vec<Expectation>,
    pub tags: Vec<String>,
    pub skip: Option<String>,
}

/// Which rule is tested.
#[derive(Debug, Clone)]
pub(crate) enum RuleText {
    /// A file, by its path from the test file.
    File { path: String, at: Range<usize> },
    /// A query.
    Query { text: String },
}

/// Reads the keys that files, tests and cases share.
pub(crate) fn layer(source: &SourceText, keys: &Keys<'_>) -> Result<Layer, TestFileError> {
    let rule = match (keys.get("rule"), keys.get("query")) {
        (Some(_), Some(query)) => {
            let message = "a query stands beside a rule; a test has one of them";
            return Err(TestFileError::new(source, query.at.clone(), message));
        }
        (Some(node), None) => {
            let path = keys::text(source, node, "rule")?.to_owned();
            Some(RuleText::File { path, at: node.at.clone() })
        }
        (None, Some(node)) => {
            let text = keys::text(source, node, "query")?.to_owned();
            Some(RuleText::Query { text })
        }
        (None, None) => None,
    };
    let functions = entries(source, keys, "functions")?;
    for (key, node) in functions {
        if node.text().is_none() {
            let message = format!("'{}' takes a function: '(parameters) {{ body }}'", key.text);
            return Err(TestFileError::new(source, node.at.clone(), message));
        }
    }
    Ok(Layer {
        rule,
        with: entries(source, keys, "with")?.to_vec(),
        functions: functions.to_vec(),
        parameters: entries(source, keys, "parameters")?.to_vec(),
        external: fixtures(source, keys, "external", &keys::TABLE)?,
        ..repository_layer(source, keys)?
    })
}

/// Reads the keys that the settings of a repository have, too.
pub(crate) fn repository_layer(source: &SourceText, keys: &Keys<'_>) -> Result<Layer, TestFileError> {
    let now = match keys.get("now") {
        None => None,
        Some(node) => Some(node.text().and_then(DateTime::parse).ok_or_else(|| {
            let message = "'now' takes a time, such as 2024-06-30T12:00:00Z";
            TestFileError::new(source, node.at.clone(), message)
        })?),
    };
    let period = keys.get("period").map(|node| period(source, node)).transpose()?;
    Ok(Layer {
        now,
        period,
        tables: fixtures(source, keys, "tables", &keys::TABLE)?,
        row: cells(source, keys, "row")?,
        watchlists: fixtures(source, keys, "watchlists", &keys::WATCHLIST)?,
        ..Layer::default()
    })
}

/// `off`, or a span of time.
fn period(source: &SourceText, node: &YamlNode) -> Result<PeriodSetting, TestFileError> {
    let text = node.text().unwrap_or_default();
    let span = parse_duration(text).filter(|span| span.0 > 0).map(PeriodSetting::Span);
    let off = ["off", "false"].contains(&text).then_some(PeriodSetting::Off);
    off.or(span).ok_or_else(|| {
        let message = "'period' takes off, or a span of time such as 14d";
        TestFileError::new(source, node.at.clone(), message)
            .help("without it, rows count as the rule says: those of its queryPeriod")
    })
}

/// The entries of a map behind a key.
pub(crate) fn entries<'n>(
    source: &SourceText,
    keys: &Keys<'n>,
    key: &str,
) -> Result<&'n [(YamlKey, YamlNode)], TestFileError> {
    keys.get(key).map_or(Ok(&[]), |node| keys::map(source, node, &format!("'{key}'")))
}

/// `{Table: {Column: value}}`
pub(crate) fn cells(source: &SourceText, keys: &Keys<'_>, key: &str) -> Result<Vec<Patch>, TestFileError> {
    entries(source, keys, key)?
        .iter()
        .map(|(table, cells)| {
            if matches!(&cells.kind, YamlKind::Map(_)) {
                return Ok((table.clone(), keys::map(source, cells, "a row")?.to_vec()));
            }
            let message = format!(
                "'{key}' takes the cells of tables, such as {{EmailEvents: {{Subject: Hello}}}}, and this is {}",
                cells.what()
            );
            Err(TestFileError::new(source, cells.at.clone(), message))
        })
        .collect()
}

pub(crate) fn fixtures(
    source: &SourceText,
    keys: &Keys<'_>,
    key: &str,
    known: &[&str],
) -> Result<Vec<(YamlKey, FixtureSpec)>, TestFileError> {
    entries(source, keys, key)?
        .iter()
        .map(|(name, node)| Ok((name.clone(), read_fixture(source, &name.text, node, known)?)))
        .collect()
}
