//! Finds the query of a map by its keys: a rule of Sentinel in the form of its YAML, a parser that becomes a function, a custom
//! detection of Defender XDR. Each is given the keys of a rule's YAML form. It must not know in which file the map stands.

use super::found::FoundQuery;
use super::function;
use super::tree::{Content, Key, Node};
use super::words::QueryRole;

/// Keys that rules have and other files seldom.
const TELLING: [&str; 10] = [
    "queryFrequency",
    "queryPeriod",
    "triggerOperator",
    "triggerThreshold",
    "tactics",
    "relevantTechniques",
    "entityMappings",
    "requiredDataConnectors",
    "alertDetailsOverride",
    "eventGroupingSettings",
];

/// The query of a map.
pub(super) fn of_map(file: &str, node: &Node) -> Option<FoundQuery> {
    if node.get("query").is_some_and(is_text) {
        let is_analytics = node.get("kind").is_some() || node.get("queryFrequency").is_some();
        let role = if is_analytics { QueryRole::Analytics } else { QueryRole::Hunting };
        return Some(FoundQuery::new(file, node.clone(), role));
    }
    if let Some(found) = function::of_map(file, node) {
        return Some(found);
    }
    let condition = node.get("queryCondition").unwrap_or(node);
    condition.get("queryText").filter(|it| is_text(it))?;
    Some(FoundQuery::new(file, custom_detection(node), QueryRole::CustomDetection))
}

const fn is_text(node: &Node) -> bool {
    matches!(node.content, Content::Text(_))
}

/// Whether a map among others is a rule: rows of data may have a column `query`, too.
pub(super) fn is_rule(node: &Node) -> bool {
    let query = node.get("query").filter(|it| is_text(it)).and_then(Node::text).unwrap_or_default();
    let is_named = node.get("name").is_some() || node.get("displayName").is_some();
    let is_told = TELLING.iter().chain(&["severity", "description"]).any(|name| node.get(name).is_some());
    is_named && is_told && query.contains([' ', '\n', '|'])
}

/// A custom detection, as exported as YAML or by Graph, under the keys of a rule.
fn custom_detection(node: &Node) -> Node {
    let deep = |names: &[&str]| names.iter().try_fold(node, |node, name| node.get(name));
    let alert = ["detectionAction", "alertTemplate"];
    let mut entries = Vec::new();
    for (name, places) in [
        ("id", vec![vec!["id"]]),
        ("name", vec![vec!["ruleName"], vec!["displayName"], vec!["name"]]),
        (
            "description",
            vec![vec!["alertDescription"], vec!["description"], vec![alert[0], alert[1], "description"]],
        ),
        ("severity", vec![vec!["alertSeverity"], vec!["severity"], vec![alert[0], alert[1], "severity"]]),
        ("enabled", vec![vec!["isEnabled"]]),
        ("query", vec![vec!["queryText"], vec!["queryCondition", "queryText"]]),
        (
            "queryFrequency",
            vec![vec!["frequency"], vec!["schedule", "frequency"], vec!["schedule", "period"]],
        ),
        ("queryPeriod", vec![vec!["lookback"], vec!["schedule", "lookback"]]),
        ("relevantTechniques", vec![vec!["mitreTechniques"], vec![alert[0], alert[1], "mitreTechniques"]]),
    ] {
        if let Some(value) = places.iter().find_map(|names| deep(names)) {
            entries.push((Key { name: name.to_owned(), span: value.span }, value.clone()));
        }
    }
    Node { content: Content::Map(entries), span: node.span }
}

/// What a map without a query is.
pub(super) enum NoQuery {
    /// Something that has no query, such as a rule that Microsoft runs, in words.
    PassedOver(String),
    /// A rule whose query is missing.
    RuleWithoutQuery,
    /// Something else.
    Other,
}

/// Says what a map without a query is.
pub(super) fn without_query(node: &Node) -> NoQuery {
    let kind = node.get("kind").and_then(Node::text).unwrap_or_default();
    let with_query = ["scheduled", "nrt"].contains(&kind.to_ascii_lowercase().as_str());
    let has = |name: &&&str| node.get(name).is_some();
    if node.get("logsource").is_some() && node.get("detection").is_some() {
        return NoQuery::PassedOver("a rule of Sigma, which its own program converts to KQL".to_owned());
    }
    let built_in = [
        "Fusion",
        "MLBehaviorAnalytics",
        "ThreatIntelligence",
        "MicrosoftSecurityIncidentCreation",
        "Anomaly",
    ];
    if built_in.iter().any(|it| it.eq_ignore_ascii_case(kind)) {
        return NoQuery::PassedOver(format!("a rule of the kind {kind}, which has no query"));
    }
    if TELLING.iter().filter(has).count() >= 2 || (with_query && node.get("name").is_some()) {
        return NoQuery::RuleWithoutQuery;
    }
    NoQuery::Other
}
