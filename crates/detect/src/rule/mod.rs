//! Detection rules: analytics rules (scheduled and near real time) and hunting queries of Microsoft Sentinel, in every form
//! that they are published in. It must not know tables or how a query runs.

mod alert;
mod duration;
mod format;
mod json;
mod place;
mod read;
mod tree;
mod words;
mod yaml;

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

use kqlite::{LineIndex, Span, TimeSpan};

pub(crate) use alert::placeholders;
pub use alert::{Alert, Entity};
pub use duration::parse_duration;
pub(crate) use duration::short;
pub use format::RuleFormat;
use place::Placed;
pub(crate) use read::KEYS;
pub(crate) use tree::Node;
pub use words::{AggregationKind, AlertSeverity, MatchingMethod, RuleKind, TriggerOperator};

/// A query and all that is published with it.
///
/// Settings that Sentinel does not know (`severity: Severe`) are `None` here; [`check_rule`](crate::check_rule) finds them.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Rule {
    /// The rule's identifier, mostly a guid.
    pub id: String,
    /// Its name, which is an alert's title.
    pub name: String,
    /// What it looks for.
    pub description: String,
    /// What it looks for, at length (`description-detailed`).
    pub detailed_description: Option<String>,
    /// How serious its alerts are.
    pub severity: Option<AlertSeverity>,
    /// How far it is: `Available`, `Preview`, `Deprecated`.
    pub status: Option<String>,
    /// Whether it runs.
    pub enabled: Option<bool>,
    /// How it runs; hunting queries and plain queries have none.
    pub kind: Option<RuleKind>,
    /// The rule's own version.
    pub version: Option<String>,
    /// Who wrote it.
    pub author: Option<String>,
    /// The connectors that bring the tables it reads.
    pub required_data_connectors: Vec<DataConnector>,
    /// How often it runs.
    pub query_frequency: Option<TimeSpan>,
    /// How far back it looks.
    pub query_period: Option<TimeSpan>,
    /// How many rows raise an alert; any row, if the file says nothing.
    pub trigger: Trigger,
    /// When it runs first, as it is written.
    pub start_time: Option<String>,
    /// MITRE ATT&CK tactics.
    pub tactics: Vec<String>,
    /// MITRE ATT&CK techniques and sub-techniques, such as `T1566` and `T1566.001`.
    pub relevant_techniques: Vec<String>,
    /// The query.
    pub query: String,
    /// Which columns name the entities of an alert.
    pub entity_mappings: Vec<EntityMapping>,
    /// The columns that hold entities ready made (`sentinelEntitiesMappings`).
    pub sentinel_entities: Vec<String>,
    /// What an alert tells beside its entities: name and column, in the order of the file.
    pub custom_details: Vec<(String, String)>,
    /// What of an alert comes from columns.
    pub alert_details_override: Option<AlertDetailsOverride>,
    /// How many alerts an answer becomes; one, if the file says nothing.
    pub event_grouping: Option<AggregationKind>,
    /// How alerts become incidents.
    pub incident_configuration: Option<IncidentConfiguration>,
    /// Whether it rests after an alert.
    pub suppression_enabled: bool,
    /// For how long.
    pub suppression_duration: Option<TimeSpan>,
    /// The template that it was made from.
    pub template_name: Option<String>,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// Who supports it, and what it is about.
    pub metadata: Option<serde_json::Value>,
    /// Every other key as it stands in the file.
    pub other: BTreeMap<String, serde_json::Value>,
    /// Where the query stands in the file.
    placed: Placed,
    /// All of it with its places.
    node: Node,
}

/// A connector and the tables it brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataConnector {
    /// The connector's identifier.
    pub connector_id: String,
    /// Its tables.
    pub data_types: Vec<String>,
}

/// An entity of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityMapping {
    /// The kind of entity, such as `Account`.
    pub entity_type: String,
    /// Its properties.
    pub field_mappings: Vec<FieldMapping>,
}

/// A property of an entity and the column that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldMapping {
    /// The property, such as `FullName`.
    pub identifier: String,
    /// The column.
    pub column_name: String,
}

/// How many rows raise an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trigger {
    /// How the number of rows is compared.
    pub operator: TriggerOperator,
    /// What it is compared with.
    pub threshold: u64,
}

impl Trigger {
    /// Whether an answer of so many rows raises an alert.
    ///
    /// ```
    /// let rule = kqlite_detect::Rule::parse("query: T\ntriggerOperator: gt\ntriggerThreshold: 2\n")?;
    /// assert!(!rule.trigger.holds(2));
    /// assert!(rule.trigger.holds(3));
    /// # Ok::<(), kqlite_detect::RuleError>(())
    /// ```
    #[must_use]
    pub fn holds(self, rows: usize) -> bool {
        let rows = rows as u64;
        match self.operator {
            TriggerOperator::GreaterThan => rows > self.threshold,
            TriggerOperator::LessThan => rows < self.threshold,
            TriggerOperator::Equal => rows == self.threshold,
            TriggerOperator::NotEqual => rows != self.threshold,
        }
    }
}

impl Default for Trigger {
    /// Any row.
    fn default() -> Self {
        Self { operator: TriggerOperator::GreaterThan, threshold: 0 }
    }
}

/// What of an alert comes from the columns of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AlertDetailsOverride {
    /// The title, with `{{Column}}` for values.
    pub display_name_format: Option<String>,
    /// The description, with `{{Column}}` for values.
    pub description_format: Option<String>,
    /// The column of the severity.
    pub severity_column: Option<String>,
    /// The column of the tactics.
    pub tactics_column: Option<String>,
    /// Other properties.
    pub dynamic_properties: Vec<DynamicProperty>,
}

/// A property of an alert and the column that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DynamicProperty {
    /// The property, such as `ProductName`.
    pub property: String,
    /// The column.
    pub column: String,
}

/// How alerts become incidents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentConfiguration {
    /// Whether they do.
    pub create_incident: bool,
    /// Which alerts share an incident.
    pub grouping: Option<GroupingConfiguration>,
}

/// Which alerts share an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupingConfiguration {
    /// Whether alerts are grouped.
    pub enabled: bool,
    /// Whether a closed incident is opened again.
    pub reopen_closed_incident: bool,
    /// How far apart alerts of an incident may be.
    pub lookback_duration: Option<TimeSpan>,
    /// What must be the same.
    pub matching_method: Option<MatchingMethod>,
    /// The kinds of entities that must be the same.
    pub group_by_entities: Vec<String>,
    /// The details that must be the same.
    pub group_by_alert_details: Vec<String>,
    /// The custom details that must be the same.
    pub group_by_custom_details: Vec<String>,
}

/// A tag: a word, or a name with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// The word or the name.
    pub name: String,
    /// The value.
    pub value: Option<String>,
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

/// Why a rule file could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It cannot be read.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// It is no rule.
    #[error("{path}:{}:{}: {}", error.line, error.column, error.message)]
    Rule {
        /// The file.
        path: String,
        /// Why.
        error: RuleError,
    },
    /// It has several rules, or none of the name.
    #[error("{path}: there are {count} rules in the file; 'FILE#NAME' is the one of that name or id")]
    Several {
        /// The file.
        path: String,
        /// How many.
        count: usize,
    },
}

impl Rule {
    /// Reads a rule as YAML.
    ///
    /// ```
    /// let error = kqlite_detect::Rule::parse("name: x\ndescription: |\nnot indented\n").unwrap_err();
    /// assert_eq!(error.line, 3);
    /// ```
    ///
    /// # Errors
    /// Text that is no YAML, a key with a value of another kind, no query.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        read::rule(text, &yaml::read(text)?)
    }

    /// Reads the rules of a text: an export may have several.
    ///
    /// ```
    /// use kqlite_detect::{Rule, RuleFormat};
    /// let export = r#"{"resources": [{"type": "x/alertRules", "kind": "NRT",
    ///     "properties": {"displayName": "Mail", "query": "EmailEvents\n| count"}}]}"#;
    /// let rules = Rule::parse_all(export, RuleFormat::Json)?;
    /// assert_eq!(rules[0].name, "Mail");
    /// # Ok::<(), kqlite_detect::RuleError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Rule::parse`]; also where there is no rule.
    pub fn parse_all(text: &str, format: RuleFormat) -> Result<Vec<Self>, RuleError> {
        let nodes = format::read(text, format)?;
        let mut rules = nodes.iter().map(|node| read::rule(text, node)).collect::<Result<Vec<_>, _>>()?;
        if let (RuleFormat::Kql, [rule]) = (format, &mut rules[..]) {
            rule.placed = Placed::whole(text);
        }
        Ok(rules)
    }

    /// Reads the rule of a file; its name tells the form. Of several, `FILE#NAME` is the one with this name or id.
    ///
    /// # Errors
    /// A file that cannot be read, whose form is not known, or that has not one such rule.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        let whole = path.as_ref();
        let (file, name) = match whole.to_str().and_then(|text| text.split_once('#')) {
            Some((file, name)) if !whole.exists() => (Path::new(file), Some(name.trim())),
            _ => (whole, None),
        };
        let mut rules = Self::load_all(file)?;
        let count = rules.len();
        if let Some(name) = name {
            rules.retain(|rule| rule.name.trim() == name || rule.id == name);
        }
        match (rules.pop(), rules.is_empty()) {
            (Some(rule), true) => Ok(rule),
            _ => Err(LoadError::Several { path: whole.display().to_string(), count }),
        }
    }

    /// Reads the rules of a file; its name tells the form.
    ///
    /// # Errors
    /// A file that cannot be read, whose form is not known, or that has no rule.
    pub fn load_all(path: impl AsRef<Path>) -> Result<Vec<Self>, LoadError> {
        let name = path.as_ref().display().to_string();
        let failed = |error| LoadError::File { path: name.clone(), error };
        let Some(format) = RuleFormat::of_name(&name) else {
            let message = "a rule file ends in .yaml, .yml, .json, .kql, .csl, .kusto or .txt";
            return Err(failed(std::io::Error::new(std::io::ErrorKind::InvalidInput, message)));
        };
        let text = std::fs::read_to_string(path.as_ref()).map_err(failed)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        Self::parse_all(text, format).map_err(|error| LoadError::Rule { path: name, error })
    }

    /// Where a byte of the query stands in the file's text, so that a mistake in the query can be shown there.
    ///
    /// `None` where that cannot be told: if the query is folded (`query: >`).
    #[must_use]
    pub fn offset_in_file(&self, offset: usize) -> Option<usize> {
        self.placed.offset(offset)
    }

    /// Where a part of the query stands in the file's text; as [`Rule::offset_in_file`].
    #[must_use]
    pub fn span_in_file(&self, span: Span) -> Option<Span> {
        self.placed.span(span)
    }

    /// A rule that runs by itself and raises alerts, rather than a query to hunt with.
    #[must_use]
    pub fn is_analytics(&self) -> bool {
        self.kind.is_some() || self.node.get("kind").is_some() || self.query_frequency.is_some()
    }

    /// All of the rule with its places.
    pub(crate) const fn node(&self) -> &Node {
        &self.node
    }
}

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        Self::parse(text)
    }
}

/// Line and column of a byte, both from 1.
fn line_column(text: &str, offset: u32) -> (usize, usize) {
    LineIndex::new(text).line_column(text, offset)
}

/// Where parts of a text value stand in the file.
pub(crate) fn place_part(file: &str, node: &Node, part: Span) -> Span {
    Placed::new(file, node).span(part).unwrap_or(node.span)
}

#[cfg(test)]
mod tests;
