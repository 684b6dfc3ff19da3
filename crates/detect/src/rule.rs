//! Analytics rules of Microsoft Sentinel as YAML. It must not know tables or how a query runs.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::Deserialize;
use serde_saphyr::Spanned;

/// A rule file: a query and what is known about it.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Rule {
    /// The rule's identifier, mostly a guid.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it looks for.
    pub description: String,
    /// `High`, `Medium`, `Low` or `Informational`.
    pub severity: Option<String>,
    /// `Scheduled` or `NRT`; hunting queries have none.
    pub kind: Option<String>,
    /// The rule's own version.
    pub version: Option<String>,
    /// The connectors that bring the tables it reads.
    pub required_data_connectors: Vec<DataConnector>,
    /// How often it runs, such as `1h`.
    pub query_frequency: Option<String>,
    /// How far back it looks, such as `14d`.
    pub query_period: Option<String>,
    /// How the number of rows is compared to the threshold: `gt`, `lt`, `eq`, `ne`.
    pub trigger_operator: Option<String>,
    /// The number of rows that it is compared to.
    pub trigger_threshold: Option<u64>,
    /// MITRE ATT&CK tactics.
    pub tactics: Vec<String>,
    /// MITRE ATT&CK techniques, such as `T1566`.
    pub relevant_techniques: Vec<String>,
    /// The query.
    pub query: String,
    /// Which columns name the entities of an alert.
    pub entity_mappings: Vec<EntityMapping>,
    /// Every other key as it stands in the file.
    pub other: BTreeMap<String, serde_json::Value>,
    /// Where each line of the query stands in the file; empty where the query is no literal block.
    lines: Vec<QueryLine>,
}

/// A connector and the tables it brings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataConnector {
    /// The connector's identifier.
    pub connector_id: String,
    /// Its tables.
    #[serde(default)]
    pub data_types: Vec<String>,
}

/// An entity of an alert.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EntityMapping {
    /// The kind of entity, such as `Account`.
    pub entity_type: String,
    /// Its properties.
    #[serde(default)]
    pub field_mappings: Vec<FieldMapping>,
}

/// A property of an entity and the column that holds it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldMapping {
    /// The property, such as `FullName`.
    pub identifier: String,
    /// The column.
    pub column_name: String,
}

/// Why a text is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct RuleError {
    /// The line, from 1.
    pub line: usize,
    /// The column in it, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

/// A line of the query: where it begins in the query and in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct QueryLine {
    query: usize,
    file: usize,
}

/// The keys that are read; all may be missing but the query.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Known {
    #[serde(default)]
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    description: String,
    severity: Option<String>,
    kind: Option<String>,
    version: Option<String>,
    #[serde(default)]
    required_data_connectors: Option<Vec<DataConnector>>,
    query_frequency: Option<String>,
    query_period: Option<String>,
    trigger_operator: Option<String>,
    trigger_threshold: Option<u64>,
    #[serde(default)]
    tactics: Option<Vec<String>>,
    #[serde(default)]
    relevant_techniques: Option<Vec<String>>,
    query: Spanned<String>,
    #[serde(default)]
    entity_mappings: Option<Vec<EntityMapping>>,
}

const KNOWN: [&str; 15] = [
    "id",
    "name",
    "description",
    "severity",
    "kind",
    "version",
    "requiredDataConnectors",
    "queryFrequency",
    "queryPeriod",
    "triggerOperator",
    "triggerThreshold",
    "tactics",
    "relevantTechniques",
    "query",
    "entityMappings",
];

impl Rule {
    /// Reads a rule file.
    ///
    /// ```
    /// let error = kqlite_detect::Rule::parse("name: x\ndescription: |\nnot indented\n").unwrap_err();
    /// assert_eq!(error.line, 3);
    /// ```
    ///
    /// # Errors
    /// Text that is no YAML, a key with a value of another kind, no query.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        let known: Known = serde_saphyr::from_str(text).map_err(|error| rule_error(&error, text))?;
        let all: BTreeMap<String, serde_json::Value> =
            serde_saphyr::from_str(text).map_err(|error| rule_error(&error, text))?;
        let start = known.query.defined.line() as usize;
        Ok(Self {
            lines: place_lines(text, start, &known.query.value),
            id: known.id,
            name: known.name,
            description: known.description,
            severity: known.severity,
            kind: known.kind,
            version: known.version,
            required_data_connectors: known.required_data_connectors.unwrap_or_default(),
            query_frequency: known.query_frequency,
            query_period: known.query_period,
            trigger_operator: known.trigger_operator,
            trigger_threshold: known.trigger_threshold,
            tactics: known.tactics.unwrap_or_default(),
            relevant_techniques: known.relevant_techniques.unwrap_or_default(),
            query: known.query.value,
            entity_mappings: known.entity_mappings.unwrap_or_default(),
            other: all.into_iter().filter(|(key, _)| !KNOWN.contains(&key.as_str())).collect(),
        })
    }

    /// Whether an answer of so many rows raises an alert; without a trigger, any row does.
    ///
    /// `None` if the trigger's operator is unknown.
    #[must_use]
    pub fn triggers(&self, rows: usize) -> Option<bool> {
        let threshold = self.trigger_threshold.unwrap_or(0);
        let rows = rows as u64;
        Some(match self.trigger_operator.as_deref().unwrap_or("gt").to_ascii_lowercase().as_str() {
            "gt" | "greaterthan" => rows > threshold,
            "lt" | "lessthan" => rows < threshold,
            "eq" | "equal" => rows == threshold,
            "ne" | "notequal" => rows != threshold,
            _ => return None,
        })
    }

    /// Where a byte of the query stands in the file's text, so that a mistake in the query can be shown there.
    ///
    /// `None` if the query is not written as a literal block (`query: |`).
    #[must_use]
    pub fn offset_in_file(&self, offset: usize) -> Option<usize> {
        let at = self.lines.partition_point(|line| line.query <= offset).checked_sub(1)?;
        let line = self.lines.get(at)?;
        Some(line.file + offset - line.query)
    }
}

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        Self::parse(text)
    }
}

fn rule_error(error: &serde_saphyr::Error, text: &str) -> RuleError {
    let error = error.without_snippet();
    let (line, column) =
        error.location().map_or((1, 1), |place| (place.line() as usize, place.column() as usize));
    let message = error.to_string();
    let place = format!(" at line {line}, column {column}");
    let mut message = message.strip_suffix(&place).unwrap_or(&message).to_owned();
    // The mistake that published rules have most often.
    let above = text.lines().take(line.saturating_sub(1)).last().unwrap_or_default();
    if column == 1 && above.trim_end().ends_with(['|', '>']) {
        message.push_str(&format!("; the text below '{}' must be indented", above.trim()));
    }
    RuleError { line, column, message }
}

/// Matches the query's lines with the file's, from line `start` on: each must be the same but for its indentation.
fn place_lines(text: &str, start: usize, query: &str) -> Vec<QueryLine> {
    let mut offset = 0;
    let file_lines: Vec<(usize, &str)> = text
        .split_inclusive('\n')
        .map(|line| {
            let at = offset;
            offset += line.len();
            (at, line.trim_end_matches(['\n', '\r']))
        })
        .collect();
    let query_lines: Vec<&str> = query.split('\n').map(|line| line.trim_end_matches('\r')).collect();
    // The block begins in the line of `query: |` or below it.
    'first: for first in start.saturating_sub(1)..(start + 2).min(file_lines.len()) {
        let Some(indent) = file_lines[first].1.find(|c: char| c != ' ') else { continue };
        if indent == 0 {
            continue;
        }
        let mut placed = Vec::with_capacity(query_lines.len());
        let mut at = 0;
        for (number, line) in query_lines.iter().enumerate() {
            let Some(&(file, shown)) = file_lines.get(first + number) else {
                if line.is_empty() {
                    break;
                }
                continue 'first;
            };
            if shown.get(indent..).unwrap_or_default() != *line && !(line.is_empty() && number > 0) {
                continue 'first;
            }
            placed.push(QueryLine { query: at, file: file + indent.min(shown.len()) });
            at += query.get(at..).and_then(|rest| rest.find('\n')).map_or(0, |end| end + 1);
        }
        return placed;
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "\
id: b2beec6a-2c1c-4319-a191-e70c2ee42857
name: Mail
description: |
  What it does
severity: High
kind: Scheduled
requiredDataConnectors:
- connectorId: MicrosoftThreatProtection
  dataTypes:
  - EmailEvents
queryFrequency: 1h
queryPeriod: 14d
triggerOperator: gt
triggerThreshold: 2
tactics:
- InitialAccess
relevantTechniques:
- T1566
query: |
  let n = 3; // not 'é'

  EmailEvents
  | take n
entityMappings:
- entityType: Account
  fieldMappings:
  - identifier: FullName
    columnName: RecipientEmailAddress
version: 1.0
tags: [a, b]
";

    #[test]
    fn every_key_is_read() {
        let rule = Rule::parse(RULE).unwrap();
        assert_eq!(rule.name, "Mail");
        assert_eq!(rule.description, "What it does\n");
        assert_eq!(rule.required_data_connectors[0].data_types, ["EmailEvents"]);
        assert_eq!(rule.entity_mappings[0].field_mappings[0].column_name, "RecipientEmailAddress");
        assert_eq!(rule.version.as_deref(), Some("1.0"));
        assert_eq!(rule.query, "let n = 3; // not 'é'\n\nEmailEvents\n| take n\n");
        assert_eq!(rule.other, [("tags".to_owned(), serde_json::json!(["a", "b"]))].into());
        assert_eq!((rule.triggers(2), rule.triggers(3)), (Some(false), Some(true)));
    }

    #[test]
    fn the_query_is_placed_in_the_file() {
        let rule = Rule::parse(RULE).unwrap();
        for word in ["let", "EmailEvents\n|", "take"] {
            let offset = rule.query.find(word).unwrap();
            let file = rule.offset_in_file(offset).unwrap();
            assert_eq!(&RULE[file..file + 3], &word[..3], "{word}");
        }
        let flow = Rule::parse("query: EmailEvents | count\n").unwrap();
        assert_eq!(flow.offset_in_file(3), None);
        let folded = Rule::parse("query: >\n  EmailEvents\n  | count\n").unwrap();
        assert_eq!(folded.query, "EmailEvents | count\n");
        assert_eq!(folded.offset_in_file(3), None);
    }

    #[test]
    fn mistakes_are_placed() {
        let check = |text: &str, line: usize, part: &str| {
            let error = Rule::parse(text).unwrap_err();
            assert_eq!(error.line, line, "{error}");
            assert!(error.message.contains(part), "{error}");
        };
        check("name: x\n", 1, "query");
        check("name: x\nquery: T\ntriggerThreshold: many\n", 3, "");
        check("name: x\nquery: T\ntactics: {a: b}\n", 3, "");
        check("name: x\nquery: |\nEmailEvents\n| count\n", 3, "below 'query: |' must be indented");
        check("name: 'x\n", 1, "");
    }
}
