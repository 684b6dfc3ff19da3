//! Entity mappings and incident grouping against what Sentinel knows and the rule has. It must not know columns.

use kqlite::Severity;

use super::entities::{EntityKind, KINDS, find};
use super::{Finding, Looking, RuleCode};
use crate::rule::Node;

pub(super) fn look(at: &mut Looking<'_>) {
    for mapping in at.node("entityMappings").map(Node::items).unwrap_or_default() {
        let Some(node) = mapping.get("entityType") else { continue };
        let name = node.text().unwrap_or_default();
        match find(name) {
            Some(kind) => identifiers(at, mapping, node, kind),
            None => {
                let message = format!("there is no kind of entity '{name}'");
                let finding = Finding::new(severity(at), RuleCode::UnknownEntityType, node.span, message);
                at.add(finding.suggest(name, "Sentinel knows", KINDS.iter().map(|it| it.name)));
            }
        }
    }
    groups(at);
}

/// Sentinel refuses such a rule; hunting queries are read by people too.
fn severity(at: &Looking<'_>) -> Severity {
    if at.rule.is_analytics() { Severity::Error } else { Severity::Warning }
}

fn identifiers(at: &mut Looking<'_>, mapping: &Node, entity: &Node, kind: &EntityKind) {
    let mut seen: Vec<&str> = Vec::new();
    let mut unknown = false;
    for field in mapping.get("fieldMappings").map(Node::items).unwrap_or_default() {
        let Some(node) = field.get("identifier") else { continue };
        let name = node.text().unwrap_or_default();
        if !kind.identifiers.iter().any(|it| it.eq_ignore_ascii_case(name)) {
            unknown = true;
            let message = format!("the entity {} has no property '{name}'", kind.name);
            let finding = Finding::new(severity(at), RuleCode::UnknownIdentifier, node.span, message);
            at.add(finding.suggest(name, "it has", kind.identifiers.iter().copied()));
        } else if seen.iter().any(|it| it.eq_ignore_ascii_case(name)) {
            let message = format!("the property '{name}' is mapped twice");
            at.add(Finding::new(severity(at), RuleCode::IdentifierTwice, node.span, message));
        }
        seen.push(name);
    }
    let has = |name: &&str| seen.iter().any(|it| it.eq_ignore_ascii_case(name));
    if !unknown && !kind.needed.iter().any(|set| set.iter().all(has)) {
        let sets: Vec<String> = kind.needed.iter().map(|set| set.join(" with ")).collect();
        let message = format!("these properties do not tell which {} it is", kind.name);
        let finding = Finding::warning(RuleCode::WeakEntity, entity.span, message);
        at.add(finding.help(format!("map one of these: {}", sets.join(", "))));
    }
}

/// What incidents are grouped by must be mapped.
fn groups(at: &mut Looking<'_>) {
    let Some(grouping) = at.deep(&["incidentConfiguration", "groupingConfiguration"]) else { return };
    let mapped: Vec<&str> = at.rule.entity_mappings.iter().map(|it| it.entity_type.as_str()).collect();
    let details: Vec<&str> = at.rule.custom_details.iter().map(|(name, _)| name.as_str()).collect();
    for (key, known, what) in [
        ("groupByEntities", mapped, "the rule maps no entity"),
        ("groupByCustomDetails", details, "the rule has no custom detail"),
    ] {
        for node in grouping.get(key).map(Node::items).unwrap_or_default() {
            let name = node.text().unwrap_or_default();
            if !known.iter().any(|it| it.eq_ignore_ascii_case(name)) {
                let finding = Finding::error(RuleCode::UnknownGroup, node.span, format!("{what} '{name}'"));
                at.add(if known.is_empty() {
                    finding
                } else {
                    finding.suggest(name, "it has", known.iter().copied())
                });
            }
        }
    }
}
