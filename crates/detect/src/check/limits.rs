//! How many and how long: what Sentinel's documentation says of names, mappings, details and formats.
//! It must not know columns.

use kqlite::Span;

use super::{Finding, Looking, RuleCode};
use crate::rule::{Node, placeholders};

const NAME: usize = 256;
const DESCRIPTION: usize = 5_000;
const QUERY: usize = 10_000;
const MAPPINGS: usize = 10;
const IDENTIFIERS: usize = 3;
const DETAILS: usize = 20;
const DETAIL_NAME: usize = 20;
const PLACEHOLDERS: usize = 3;

pub(super) fn look(at: &mut Looking<'_>) {
    length(at, &["name"], NAME);
    length(at, &["description"], DESCRIPTION);
    if at.rule.is_analytics() {
        length(at, &["query"], QUERY);
    }
    length(at, &["alertDetailsOverride", "alertDisplayNameFormat"], NAME);
    length(at, &["alertDetailsOverride", "alertDescriptionFormat"], DESCRIPTION);
    if let Some(node) = at.node("entityMappings") {
        count(at, node, node.items().len(), MAPPINGS, "entity mappings", "a rule");
        for item in node.items() {
            if let Some(fields) = item.get("fieldMappings") {
                count(at, fields, fields.items().len(), IDENTIFIERS, "identifiers", "an entity");
            }
        }
    }
    if let Some(node) = at.node("customDetails") {
        count(at, node, node.entries().len(), DETAILS, "custom details", "a rule");
        for (key, _) in node.entries() {
            detail_name(at, &key.name, key.span);
        }
    }
    for name in ["alertDisplayNameFormat", "alertDescriptionFormat"] {
        if let Some(node) = at.deep(&["alertDetailsOverride", name]) {
            format(at, node);
        }
    }
}

fn length(at: &mut Looking<'_>, names: &[&str], most: usize) {
    let Some(node) = at.deep(names) else { return };
    let length = node.text().unwrap_or_default().trim_end().chars().count();
    if length > most {
        let name = names.last().copied().unwrap_or_default();
        let message = format!("'{name}' has {length} characters, Sentinel takes {most}");
        // The beginning is place enough for a long text.
        let start = Span { start: node.span.start, end: node.span.start };
        at.add(Finding::error(RuleCode::TooLong, start, message));
    }
}

fn count(at: &mut Looking<'_>, node: &Node, count: usize, most: usize, what: &str, whose: &str) {
    if count > most {
        let beyond = match node.entries().get(most) {
            Some((key, _)) => Some(key.span),
            None => node.items().get(most).map(|it| it.span),
        };
        let message = format!("{whose} can have {most} {what}, here are {count}");
        at.add(Finding::error(RuleCode::TooMany, beyond.unwrap_or(node.span), message));
    }
}

fn detail_name(at: &mut Looking<'_>, name: &str, span: Span) {
    let letters = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !letters || name.len() > DETAIL_NAME {
        let message = format!("'{name}' cannot be the name of a custom detail");
        let help = format!(
            "it begins with a letter, has letters, digits and _ only, and at most {DETAIL_NAME} of them"
        );
        at.add(Finding::error(RuleCode::BadDetailName, span, message).help(help));
    }
}

fn format(at: &mut Looking<'_>, node: &Node) {
    let text = node.text().unwrap_or_default();
    let places = placeholders(text);
    let mut names: Vec<&str> = places.iter().map(|it| it.name.trim()).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() > PLACEHOLDERS
        && let Some(fourth) = places.get(PLACEHOLDERS)
    {
        let span = at.part(node, Span::new(fourth.start, fourth.end));
        let message = format!("a format can have {PLACEHOLDERS} columns, here are {}", names.len());
        at.add(Finding::error(RuleCode::TooMany, span, message));
    }
    for place in places {
        let span = at.part(node, Span::new(place.start, place.end));
        let name = place.name.trim();
        if name.is_empty() {
            let message = "there is no column between the brackets";
            at.add(Finding::error(RuleCode::BadPlaceholder, span, message));
        } else if name.len() != place.name.len() {
            let message = format!("Sentinel does not read '{{{{{}}}}}' as a column", place.name);
            let help = format!("write it without blanks: {{{{{name}}}}}");
            at.add(Finding::error(RuleCode::BadPlaceholder, span, message).help(help));
        }
    }
}
