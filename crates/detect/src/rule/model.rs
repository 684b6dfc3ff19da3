//! A rule as Sentinel publishes it: its settings, its query and where that stands in the file.
//! It must not know in which form a rule is written.

use std::collections::BTreeMap;

use kqlite::{Span, TimeSpan};

use super::place::Placed;
use super::tree::Node;
use super::words::{AggregationKind, AlertSeverity, MatchingMethod, QueryRole, RuleKind, TriggerOperator};

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
    /// What it is for.
    pub role: QueryRole,
    /// The functions that it declares for other queries.
    pub functions: Vec<FunctionText>,
    /// Where the query stands in the file.
    pub(super) placed: Placed,
    /// All of it with its places.
    pub(super) node: Node,
}

/// A stored function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionText {
    /// What it is called; a parser may have two names.
    pub names: Vec<String>,
    /// Its parameters and body, as [`Database::define`](kqlite::Database::define) takes them.
    pub text: String,
}

/// The queries of a file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QueryFile {
    /// Rules, functions and other queries, in the order of the file.
    pub rules: Vec<Rule>,
    /// What the file has beside them that was not read as a query, such as a rule that Microsoft runs: its line, from 1, and what
    /// it is.
    pub passed_over: Vec<(usize, String)>,
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
    /// Whether an answer of `rows` rows raises an alert.
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

impl Rule {
    /// Where a byte of the query stands in the file's text, so that a mistake in the query can be shown there.
    ///
    /// `None` where the file has no such text: a template may put a query together of several.
    #[must_use]
    pub fn offset_in_file(&self, offset: usize) -> Option<usize> {
        self.placed.offset(offset)
    }

    /// Where a part of the query stands in the file's text; as [`Rule::offset_in_file`].
    #[must_use]
    pub fn span_in_file(&self, span: Span) -> Option<Span> {
        self.placed.span(span)
    }

    /// How far back the rows go that the service shows the query of a rule, by the time of the events; nothing where it
    /// shows all, as to queries to hunt with, or chooses by the time at which rows come in, as for rules in near real time.
    ///
    /// ```
    /// use kqlite::TimeSpan;
    /// let rule = kqlite_detect::Rule::parse("query: T\nkind: Scheduled\nqueryPeriod: 6h\n")?;
    /// assert_eq!(rule.shown_period(), Some(TimeSpan(6 * TimeSpan::HOUR)));
    /// # Ok::<(), kqlite_detect::RuleError>(())
    /// ```
    #[must_use]
    pub fn shown_period(&self) -> Option<TimeSpan> {
        if self.is_custom_detection() {
            // Four times as far as the next run is away; the last 30 days from once a day on.
            let by_frequency = |every: TimeSpan| match every.0 {
                ..=0 => None,
                ticks if ticks < TimeSpan::DAY => Some(TimeSpan(ticks.saturating_mul(4))),
                _ => Some(TimeSpan(30 * TimeSpan::DAY)),
            };
            return self.query_period.or_else(|| self.query_frequency.and_then(by_frequency));
        }
        self.query_period.filter(|period| self.kind != Some(RuleKind::Nrt) && period.0 > 0)
    }

    /// A custom detection of Defender XDR.
    #[must_use]
    pub fn is_custom_detection(&self) -> bool {
        self.role == QueryRole::CustomDetection
    }

    /// A rule that runs by itself and raises alerts, rather than a query to hunt with.
    #[must_use]
    pub fn is_analytics(&self) -> bool {
        let is_rule = matches!(self.role, QueryRole::Analytics | QueryRole::Hunting);
        is_rule && (self.kind.is_some() || self.node.get("kind").is_some() || self.query_frequency.is_some())
    }

    /// All of the rule with its places.
    pub(crate) const fn node(&self) -> &Node {
        &self.node
    }
}
