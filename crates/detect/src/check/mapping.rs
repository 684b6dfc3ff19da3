//! Checks entity mappings and incident grouping against the entities that Sentinel knows and those that the rule maps.

use kqlite::Severity;

use super::checker::RuleChecker;
use super::code::RuleCode;
use super::entities::{EntityKind, KINDS, find};
use super::finding::Finding;
use crate::rule::Node;

pub(super) fn check(checker: &mut RuleChecker<'_>) {
    for mapping in checker.node("entityMappings").map(Node::items).unwrap_or_default() {
        let Some(node) = mapping.get("entityType") else { continue };
        let name = node.text().unwrap_or_default();
        match find(name) {
            Some(kind) => identifiers(checker, mapping, node, kind),
            None => {
                let message = format!("there is no kind of entity '{name}'");
                let finding =
                    Finding::new(severity(checker), RuleCode::UnknownEntityType, node.span, message);
                checker.add(finding.suggest(name, "Sentinel knows", KINDS.iter().map(|it| it.name)));
            }
        }
    }
    groups(checker);
}

/// Sentinel refuses such a rule; hunting queries are read by people too.
fn severity(checker: &RuleChecker<'_>) -> Severity {
    if checker.rule.is_analytics() { Severity::Error } else { Severity::Warning }
}

fn identifiers(checker: &mut RuleChecker<'_>, mapping: &Node, entity: &Node, kind: &EntityKind) {
    let mut seen: Vec<&str> = Vec::new();
    let mut unknown = false;
    for field in mapping.get("fieldMappings").map(Node::items).unwrap_or_default() {
        let Some(node) = field.get("identifier") else { continue };
        let name = node.text().unwrap_or_default();
        if !kind.identifiers.iter().any(|it| it.eq_ignore_ascii_case(name)) {
            unknown = true;
            let message = format!("the entity {} has no property '{name}'", kind.name);
            let finding = Finding::new(severity(checker), RuleCode::UnknownIdentifier, node.span, message);
            checker.add(finding.suggest(name, "it has", kind.identifiers.iter().copied()));
        } else if seen.iter().any(|it| it.eq_ignore_ascii_case(name)) {
            let message = format!("the property '{name}' is mapped twice");
            checker.add(Finding::new(severity(checker), RuleCode::IdentifierTwice, node.span, message));
        }
        seen.push(name);
    }
    let has = |name: &&str| seen.iter().any(|it| it.eq_ignore_ascii_case(name));
    if !unknown && !kind.needed.iter().any(|set| set.iter().all(has)) {
        let sets: Vec<String> = kind.needed.iter().map(|set| set.join(" with ")).collect();
        let message = format!("these properties do not tell which {} it is", kind.name);
        let finding = Finding::warning(RuleCode::WeakEntity, entity.span, message);
        checker.add(finding.help(format!("map one of these: {}", sets.join(", "))));
    }
}

/// What incidents are grouped by must be mapped.
fn groups(checker: &mut RuleChecker<'_>) {
    let Some(grouping) = checker.deep(&["incidentConfiguration", "groupingConfiguration"]) else { return };
    let mapped: Vec<&str> = checker.rule.entity_mappings.iter().map(|it| it.entity_type.as_str()).collect();
    let details: Vec<&str> = checker.rule.custom_details.iter().map(|(name, _)| name.as_str()).collect();
    for (key, known, what) in [
        ("groupByEntities", mapped, "the rule maps no entity"),
        ("groupByCustomDetails", details, "the rule has no custom detail"),
    ] {
        for node in grouping.get(key).map(Node::items).unwrap_or_default() {
            let name = node.text().unwrap_or_default();
            if !known.iter().any(|it| it.eq_ignore_ascii_case(name)) {
                let finding = Finding::error(RuleCode::UnknownGroup, node.span, format!("{what} '{name}'"));
                checker.add(if known.is_empty() {
                    finding
                } else {
                    finding.suggest(name, "it has", known.iter().copied())
                });
            }
        }
    }
}
