//! Reads a map into a rule. What has the wrong kind of value is an error here; what has a value that Sentinel does not know
//! is left out and found by the check.

use std::collections::BTreeMap;

use kqlite::TimeSpan;

use super::duration::parse_duration;
use super::error::RuleError;
use super::found::{FoundQuery, FunctionHead};
use super::model::{
    AlertDetailsOverride, DataConnector, DynamicProperty, EntityMapping, FieldMapping, FunctionText,
    GroupingConfiguration, IncidentConfiguration, Rule, Tag, Trigger,
};
use super::place::PlacedText;
use super::tree::{Content, Node};
use super::words::{AggregationKind, AlertSeverity, MatchingMethod, RuleKind, TriggerOperator};

/// Every key that is read.
pub(crate) const KEYS: [&str; 31] = [
    "id",
    "name",
    "description",
    "description-detailed",
    "severity",
    "status",
    "enabled",
    "kind",
    "version",
    "requiredDataConnectors",
    "queryFrequency",
    "queryPeriod",
    "triggerOperator",
    "triggerThreshold",
    "startTimeUtc",
    "tactics",
    "relevantTechniques",
    "subTechniques",
    "query",
    "entityMappings",
    "sentinelEntitiesMappings",
    "customDetails",
    "alertDetailsOverride",
    "eventGroupingSettings",
    "incidentConfiguration",
    "suppressionEnabled",
    "suppressionDuration",
    "alertRuleTemplateName",
    "tags",
    "metadata",
    "author",
];

/// Reads a map's members.
struct RuleReader<'n> {
    file: &'n str,
    node: &'n Node,
}

type Read<T> = Result<T, RuleError>;

impl<'n> RuleReader<'n> {
    fn at(&self, node: &'n Node) -> Self {
        Self { file: self.file, node }
    }

    fn fail<T>(&self, node: &Node, name: &str, wanted: &str) -> Read<T> {
        Err(RuleError::at(self.file, node.span, format!("'{name}' is {}; expected {wanted}", node.kind())))
    }

    fn map(&self, name: &str) -> Read<Option<Self>> {
        match self.node.get(name) {
            None => Ok(None),
            Some(node) if matches!(node.content, Content::Map(_)) => Ok(Some(self.at(node))),
            Some(node) => self.fail(node, name, "keys with values"),
        }
    }

    fn text(&self, name: &str) -> Read<Option<String>> {
        let Some(node) = self.node.get(name) else { return Ok(None) };
        node.text().map_or_else(|| self.fail(node, name, "a text"), |it| Ok(Some(it.to_owned())))
    }

    fn needed(&self, name: &str) -> Read<String> {
        match self.text(name)? {
            Some(text) => Ok(text),
            None => Err(RuleError::at(self.file, self.node.span, format!("the key '{name}' is missing"))),
        }
    }

    fn flag(&self, name: &str) -> Read<Option<bool>> {
        match self.node.get(name) {
            None => Ok(None),
            Some(Node { content: Content::Bool(it), .. }) => Ok(Some(*it)),
            // A template may have it as text, and old YAML has more words for it.
            Some(node) => match node.text().map(str::to_ascii_lowercase).as_deref() {
                Some("true" | "yes" | "on" | "y") => Ok(Some(true)),
                Some("false" | "no" | "off" | "n") => Ok(Some(false)),
                _ => self.fail(node, name, "true or false"),
            },
        }
    }

    /// The items of a list; a single value stands for a list of one.
    fn list(&self, name: &str) -> Read<Vec<&'n Node>> {
        match self.node.get(name) {
            None => Ok(Vec::new()),
            Some(node) => match &node.content {
                Content::List(items) => Ok(items.iter().filter(|it| it.content != Content::Null).collect()),
                Content::Map(_) => self.fail(node, name, "a list"),
                _ => Ok(vec![node]),
            },
        }
    }

    fn texts(&self, name: &str) -> Read<Vec<String>> {
        let items = self.list(name)?.into_iter();
        items
            .map(|item| item.text().map_or_else(|| self.fail(item, name, "texts"), |it| Ok(it.to_owned())))
            .collect()
    }

    fn word<T>(&self, name: &str, parse: impl Fn(&str) -> Option<T>) -> Read<Option<T>> {
        Ok(self.text(name)?.and_then(|text| parse(&text)))
    }

    /// A list of maps, each read by `read`.
    fn maps<T>(&self, name: &str, read: impl Fn(&Self) -> Read<T>) -> Read<Vec<T>> {
        self.list(name)?
            .into_iter()
            .map(|item| match item.content {
                Content::Map(_) => read(&self.at(item)),
                _ => self.fail(item, name, "keys with values"),
            })
            .collect()
    }
}

/// A query and what is published with it, as a rule.
pub(super) fn rule(file: &str, found: &FoundQuery) -> Read<Rule> {
    let node = &found.node;
    let from = RuleReader { file, node };
    if !matches!(node.content, Content::Map(_)) {
        return Err(RuleError::at(
            file,
            node.span,
            format!("a rule is keys with values, this is {}", node.kind()),
        ));
    }
    let (query, functions) = query_and_functions(found);
    let PlacedText { text: query, places: placed } = query;
    let threshold = match node.get("triggerThreshold") {
        None => None,
        Some(it) => match it.text().and_then(|text| text.trim().parse().ok()) {
            Some(number) => Some(number),
            None => return from.fail(it, "triggerThreshold", "a whole number from 0 on"),
        },
    };
    let operator = from.word("triggerOperator", TriggerOperator::parse)?;
    let trigger = Trigger {
        operator: operator.unwrap_or(TriggerOperator::GreaterThan),
        threshold: threshold.unwrap_or_default(),
    };
    let known = |name: &str| KEYS.contains(&name);
    let other = node.entries().iter().filter(|(key, _)| !known(&key.name));
    Ok(Rule {
        id: from.text("id")?.unwrap_or_default(),
        name: from.text("name")?.unwrap_or_default(),
        description: from.text("description")?.unwrap_or_default(),
        detailed_description: from.text("description-detailed")?,
        severity: from.word("severity", AlertSeverity::parse)?,
        status: from.text("status")?,
        enabled: from.flag("enabled")?,
        kind: from.word("kind", RuleKind::parse)?,
        version: from.text("version")?,
        author: match node.get("author") {
            Some(it) => it.text().or_else(|| it.get("name")?.text()).map(str::to_owned),
            None => None,
        },
        required_data_connectors: from.maps("requiredDataConnectors", |it| {
            Ok(DataConnector { connector_id: it.needed("connectorId")?, data_types: it.texts("dataTypes")? })
        })?,
        query_frequency: from.word("queryFrequency", frequency)?,
        query_period: from.word("queryPeriod", parse_duration)?,
        trigger,
        start_time: from.text("startTimeUtc")?,
        tactics: from.texts("tactics")?,
        relevant_techniques: {
            let mut all = from.texts("relevantTechniques")?;
            all.extend(from.texts("subTechniques")?);
            all
        },
        entity_mappings: from.maps("entityMappings", |it| {
            let field = |it: &RuleReader<'_>| {
                Ok(FieldMapping {
                    identifier: it.needed("identifier")?,
                    column_name: it.needed("columnName")?,
                })
            };
            Ok(EntityMapping {
                entity_type: it.needed("entityType")?,
                field_mappings: it.maps("fieldMappings", field)?,
            })
        })?,
        sentinel_entities: from.maps("sentinelEntitiesMappings", |it| it.needed("columnName"))?,
        custom_details: match from.map("customDetails")? {
            None => Vec::new(),
            Some(it) => {
                let entries = it.node.entries().iter().filter(|(_, value)| value.content != Content::Null);
                entries
                    .map(|(key, value)| {
                        let column = value.text().map(str::to_owned);
                        match column {
                            Some(column) => Ok((key.name.clone(), column)),
                            None => it.fail(value, &key.name, "the name of a column"),
                        }
                    })
                    .collect::<Read<_>>()?
            }
        },
        alert_details_override: match from.map("alertDetailsOverride")? {
            None => None,
            Some(it) => Some(AlertDetailsOverride {
                display_name_format: it.text("alertDisplayNameFormat")?,
                description_format: it.text("alertDescriptionFormat")?,
                severity_column: it.text("alertSeverityColumnName")?.or(it.text("alertSeverity")?),
                tactics_column: it.text("alertTacticsColumnName")?.or(it.text("alertTactics")?),
                dynamic_properties: it.maps("alertDynamicProperties", |it| {
                    Ok(DynamicProperty { property: it.needed("alertProperty")?, column: it.needed("value")? })
                })?,
            }),
        },
        event_grouping: match from.map("eventGroupingSettings")? {
            None => None,
            Some(it) => it.word("aggregationKind", AggregationKind::parse)?,
        },
        incident_configuration: match from.map("incidentConfiguration")? {
            None => None,
            Some(it) => Some(IncidentConfiguration {
                create_incident: it.flag("createIncident")?.unwrap_or(true),
                grouping: match it.map("groupingConfiguration")? {
                    None => None,
                    Some(it) => Some(GroupingConfiguration {
                        enabled: it.flag("enabled")?.unwrap_or(false),
                        reopen_closed_incident: it.flag("reopenClosedIncident")?.unwrap_or(false),
                        lookback_duration: it.word("lookbackDuration", parse_duration)?,
                        matching_method: it.word("matchingMethod", MatchingMethod::parse)?,
                        group_by_entities: it.texts("groupByEntities")?,
                        group_by_alert_details: it.texts("groupByAlertDetails")?,
                        group_by_custom_details: it.texts("groupByCustomDetails")?,
                    }),
                },
            }),
        },
        suppression_enabled: from.flag("suppressionEnabled")?.unwrap_or(false),
        suppression_duration: from.word("suppressionDuration", parse_duration)?,
        template_name: from.text("alertRuleTemplateName")?,
        tags: tags(&from)?,
        metadata: node.get("metadata").map(Node::to_json),
        other: other.map(|(key, value)| (key.name.clone(), value.to_json())).collect::<BTreeMap<_, _>>(),
        query,
        role: found.role,
        functions,
        placed,
        node: node.clone(),
    })
}

/// How often a rule runs; Defender writes `1H`, and `0` or `NRT` for as often as can be.
fn frequency(text: &str) -> Option<TimeSpan> {
    let text = text.trim();
    match text.to_ascii_lowercase().as_str() {
        "nrt" | "continuous" => Some(TimeSpan(0)),
        lower => parse_duration(text).or_else(|| parse_duration(lower)),
    }
}

/// The query as it can be checked, and what it declares: a function with parameters is a declaration.
fn query_and_functions(found: &FoundQuery) -> (PlacedText, Vec<FunctionText>) {
    let mut query = found.query.clone();
    let text = |head: &FunctionHead| {
        let body = found.query.text.trim_end().trim_end_matches(';');
        head.text.clone().unwrap_or_else(|| format!("{} {{\n{body}\n}}", head.parameters))
    };
    let functions = found
        .functions
        .iter()
        .map(|head| FunctionText { names: head.names.clone(), text: text(head) })
        .collect();
    if let [FunctionHead { names, parameters, text: None }] = found.functions.as_slice()
        && !parameters.trim_matches(['(', ')', ' ', '\n']).is_empty()
        && let Some(name) = names.first()
    {
        let body = query.text.trim_end().trim_end_matches(';').len();
        let mut declaration = PlacedText::unplaced(&format!("let {name} = {parameters} {{\n"));
        declaration.push(&query.part(0..body));
        declaration.push(&PlacedText::unplaced("\n};\n"));
        query = declaration;
    }
    (query, functions)
}

/// Tags are words, or names with values.
fn tags(from: &RuleReader<'_>) -> Read<Vec<Tag>> {
    let mut tags = Vec::new();
    for item in from.list("tags")? {
        match &item.content {
            Content::Map(entries) => {
                for (key, value) in entries {
                    tags.push(Tag { name: key.name.clone(), value: value.text().map(str::to_owned) });
                }
            }
            _ => match item.text() {
                Some(text) => tags.push(Tag { name: text.to_owned(), value: None }),
                None => return from.fail(item, "tags", "words, or names with values"),
            },
        }
    }
    Ok(tags)
}
