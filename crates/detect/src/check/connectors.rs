//! Checks that the data connectors of a rule bring the tables that its query reads. It must not know the columns of tables.

use kqlite::{ReferenceKind, Span};

use super::checker::RuleChecker;
use super::code::RuleCode;
use super::finding::Finding;

/// Tables that Sentinel fills by itself.
const OF_SENTINEL: [&str; 9] = [
    "SecurityAlert",
    "SecurityIncident",
    "IdentityInfo",
    "BehaviorAnalytics",
    "UserPeerAnalytics",
    "UserAccessAnalytics",
    "Anomalies",
    "Watchlist",
    "SentinelHealth",
];

pub(super) fn check(checker: &mut RuleChecker<'_>) {
    let connectors = &checker.rule.required_data_connectors;
    let Some(node) = checker.node("requiredDataConnectors") else { return };
    // What a connector without names of tables brings, nobody can tell.
    if connectors.is_empty() || connectors.iter().any(|it| it.data_types.is_empty()) {
        return;
    }
    // `CommonSecurityLog (Cisco)` is a part of a table.
    let table_of = |name: &str| name.split(['(', ' ']).next().unwrap_or_default().to_ascii_lowercase();
    let mut known: Vec<String> =
        connectors.iter().flat_map(|it| &it.data_types).map(|name| table_of(name)).collect();
    known.extend(OF_SENTINEL.map(str::to_ascii_lowercase));
    let mut missing: Vec<(&str, Span)> = Vec::new();
    for it in checker.query.references().iter().filter(|it| it.kind == ReferenceKind::Table && it.is_known) {
        let is_told = missing.iter().any(|(name, _)| *name == it.name);
        if !is_told && !known.contains(&it.name.to_ascii_lowercase()) {
            missing.push((&it.name, it.span));
        }
    }
    let mut findings = Vec::new();
    for (name, span) in missing {
        let message = format!("the rule reads '{name}', which none of its data connectors brings");
        let mut finding = Finding::warning(RuleCode::TableWithoutConnector, node.span, message);
        finding = match checker.rule.span_in_file(span) {
            Some(at) => Finding::warning(RuleCode::TableWithoutConnector, at, finding.message)
                .also(node.span, "the connectors"),
            None => finding,
        };
        findings
            .push(finding.help(format!("name it in the dataTypes of the connector that brings '{name}'")));
    }
    findings.into_iter().for_each(|it| checker.add(it));
}
