//! Checks the form of a rule: words that Sentinel does not know, spans of time, keys that are missing or misspelt, the id.

use super::checker::RuleChecker;
use super::code::RuleCode;
use super::finding::Finding;
use crate::rule::{
    AggregationKind, AlertSeverity, KEYS, MatchingMethod, Node, RuleKind, TriggerOperator, parse_duration,
};

/// The properties of an alert that columns can give.
const PROPERTIES: [&str; 10] = [
    "AlertLink",
    "ConfidenceLevel",
    "ConfidenceScore",
    "ExtendedLinks",
    "ProductComponentName",
    "ProductName",
    "ProviderName",
    "RemediationSteps",
    "SubTechniques",
    "Techniques",
];

/// Keys of values within the rule.
const INNER: [(&[&str], &[&str]); 4] = [
    (
        &["alertDetailsOverride"],
        &[
            "alertDisplayNameFormat",
            "alertDescriptionFormat",
            "alertTacticsColumnName",
            "alertSeverityColumnName",
            "alertDynamicProperties",
        ],
    ),
    (&["eventGroupingSettings"], &["aggregationKind"]),
    (&["incidentConfiguration"], &["createIncident", "groupingConfiguration"]),
    (
        &["incidentConfiguration", "groupingConfiguration"],
        &[
            "enabled",
            "reopenClosedIncident",
            "lookbackDuration",
            "matchingMethod",
            "groupByEntities",
            "groupByAlertDetails",
            "groupByCustomDetails",
        ],
    ),
];

pub(super) fn check(checker: &mut RuleChecker<'_>) {
    word(checker, &["severity"], AlertSeverity::WORDS, |it| AlertSeverity::parse(it).is_some());
    word(checker, &["kind"], RuleKind::WORDS, |it| RuleKind::parse(it).is_some());
    word(checker, &["triggerOperator"], TriggerOperator::WORDS, |it| TriggerOperator::parse(it).is_some());
    word(checker, &["eventGroupingSettings", "aggregationKind"], AggregationKind::WORDS, |it| {
        AggregationKind::parse(it).is_some()
    });
    let grouping = ["incidentConfiguration", "groupingConfiguration"];
    let matching = [grouping[0], grouping[1], "matchingMethod"];
    word(checker, &matching, MatchingMethod::WORDS, |it| MatchingMethod::parse(it).is_some());
    for item in
        checker.deep(&["alertDetailsOverride", "alertDynamicProperties"]).map(Node::items).unwrap_or_default()
    {
        let Some(node) = item.get("alertProperty") else { continue };
        one_of(checker, node, "alertProperty", &PROPERTIES, |it| {
            PROPERTIES.iter().any(|known| known.eq_ignore_ascii_case(it))
        });
    }
    let lookback = [grouping[0], grouping[1], "lookbackDuration"];
    for names in [&["queryFrequency"][..], &["queryPeriod"], &["suppressionDuration"], &lookback] {
        let Some(node) = checker.deep(names) else { continue };
        let text = node.text().unwrap_or_default();
        if parse_duration(text).is_none() {
            let name = names.last().copied().unwrap_or_default();
            let finding = Finding::error(
                RuleCode::BadDuration,
                node.span,
                format!("'{name}' is no span of time: '{text}'"),
            );
            checker.add(finding.help("write it as 5m, 1h, 14d, or as PT5M, PT1H, P14D in an export"));
        }
    }
    id(checker);
    keys(checker);
    missing(checker);
}

fn word(checker: &mut RuleChecker<'_>, names: &[&str], words: &[&str], known: impl Fn(&str) -> bool) {
    if let Some(node) = checker.deep(names) {
        one_of(checker, node, names.last().copied().unwrap_or_default(), words, known);
    }
}

fn one_of(
    checker: &mut RuleChecker<'_>,
    node: &Node,
    name: &str,
    words: &[&str],
    known: impl Fn(&str) -> bool,
) {
    let text = node.text().unwrap_or_default();
    if !known(text) {
        let message = format!("'{name}' cannot be '{text}'");
        let finding = Finding::error(RuleCode::UnknownWord, node.span, message);
        checker.add(finding.suggest(text, "it is one of", words.iter().copied()));
    }
}

fn id(checker: &mut RuleChecker<'_>) {
    let Some(node) = checker.node("id") else { return };
    let text = node.text().unwrap_or_default().trim();
    // A template may leave the guid to its parameters.
    let expression = text.starts_with('[') && text.ends_with(']');
    if kqlite::Guid::parse(text).is_none() && !expression {
        let finding = Finding::warning(RuleCode::BadId, node.span, format!("the id '{text}' is no guid"));
        checker.add(finding.help("Sentinel needs one such as 0f8fad5b-d9cb-469f-a165-70867728950e"));
    }
}

fn keys(checker: &mut RuleChecker<'_>) {
    misspelt(checker, checker.rule.node(), &KEYS);
    for (names, known) in INNER {
        if let Some(node) = checker.deep(names) {
            misspelt(checker, node, known);
        }
    }
}

/// Only what is close to a known key: others are the author's own.
fn misspelt(checker: &mut RuleChecker<'_>, node: &Node, known: &[&str]) {
    for (key, _) in node.entries() {
        let name = key.name.as_str();
        let there = |near: &&str| node.entries().iter().any(|(key, _)| key.name == *near);
        if known.contains(&name) {
            continue;
        }
        if let Some(near) = kqlite::nearest(name, known.iter().copied()).filter(|near| !there(near)) {
            let message = format!("the key '{name}' is not one that is read");
            let finding = Finding::warning(RuleCode::UnknownKey, key.span, message);
            checker.add(finding.help(format!("did you mean '{near}'?")));
        }
    }
}

fn missing(checker: &mut RuleChecker<'_>) {
    if !checker.rule.is_analytics() {
        return;
    }
    let scheduled = ["queryFrequency", "queryPeriod", "triggerOperator", "triggerThreshold"];
    let mut needed = vec!["name", "kind", "severity"];
    if checker.rule.kind != Some(RuleKind::Nrt) {
        needed.extend(scheduled);
    }
    // One that is misspelt is reported already.
    let misspelt = |name: &str| {
        let keys = checker.rule.node().entries().iter();
        keys.map(|(key, _)| key.name.as_str()).any(|key| kqlite::nearest(key, [name]).is_some())
    };
    let missing: Vec<&str> =
        needed.into_iter().filter(|name| checker.node(name).is_none() && !misspelt(name)).collect();
    if !missing.is_empty() {
        let kind = checker.rule.kind.unwrap_or(RuleKind::Scheduled);
        let what = if kind == RuleKind::Nrt { "an NRT rule" } else { "a scheduled rule" };
        let message = format!("{what} needs {}", quoted(&missing));
        checker.add(Finding::warning(RuleCode::MissingKey, checker.head(), message));
    }
}

/// `'a', 'b' and 'c'`
fn quoted(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|it| format!("'{it}'")).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}
