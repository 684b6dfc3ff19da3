//! Checks lengths and numbers against the limits that Sentinel's documentation states for names, mappings, details and
//! formats.

use kqlite::Span;

use super::checker::RuleChecker;
use super::code::RuleCode;
use super::finding::Finding;
use crate::rule::{Node, placeholders};

const MAX_NAME_CHARS: usize = 256;
const MAX_DESCRIPTION_CHARS: usize = 5_000;
const MAX_QUERY_CHARS: usize = 10_000;
const MAX_MAPPINGS: usize = 10;
const MAX_IDENTIFIERS: usize = 3;
const MAX_DETAILS: usize = 20;
const MAX_DETAIL_NAME_CHARS: usize = 20;
const MAX_PLACEHOLDERS: usize = 3;

pub(super) fn check(checker: &mut RuleChecker<'_>) {
    length(checker, &["name"], MAX_NAME_CHARS);
    length(checker, &["description"], MAX_DESCRIPTION_CHARS);
    if checker.rule.is_analytics() {
        length(checker, &["query"], MAX_QUERY_CHARS);
    }
    length(checker, &["alertDetailsOverride", "alertDisplayNameFormat"], MAX_NAME_CHARS);
    length(checker, &["alertDetailsOverride", "alertDescriptionFormat"], MAX_DESCRIPTION_CHARS);
    if let Some(node) = checker.node("entityMappings") {
        count(checker, node, node.items().len(), MAX_MAPPINGS, "entity mappings", "a rule");
        for item in node.items() {
            if let Some(fields) = item.get("fieldMappings") {
                count(checker, fields, fields.items().len(), MAX_IDENTIFIERS, "identifiers", "an entity");
            }
        }
    }
    if let Some(node) = checker.node("customDetails") {
        count(checker, node, node.entries().len(), MAX_DETAILS, "custom details", "a rule");
        for (key, _) in node.entries() {
            detail_name(checker, &key.name, key.span);
        }
    }
    for name in ["alertDisplayNameFormat", "alertDescriptionFormat"] {
        if let Some(node) = checker.deep(&["alertDetailsOverride", name]) {
            format(checker, node);
        }
    }
}

fn length(checker: &mut RuleChecker<'_>, names: &[&str], max: usize) {
    let Some(node) = checker.deep(names) else { return };
    let length = node.text().unwrap_or_default().trim_end().chars().count();
    if length > max {
        let name = names.last().copied().unwrap_or_default();
        let message = format!("'{name}' has {length} characters, Sentinel takes {max}");
        // The beginning is place enough for a long text.
        let start = Span { start: node.span.start, end: node.span.start };
        checker.add(Finding::error(RuleCode::TooLong, start, message));
    }
}

fn count(checker: &mut RuleChecker<'_>, node: &Node, count: usize, max: usize, what: &str, whose: &str) {
    if count > max {
        let beyond = match node.entries().get(max) {
            Some((key, _)) => Some(key.span),
            None => node.items().get(max).map(|it| it.span),
        };
        let message = format!("{whose} can have {max} {what}, here are {count}");
        checker.add(Finding::error(RuleCode::TooMany, beyond.unwrap_or(node.span), message));
    }
}

fn detail_name(checker: &mut RuleChecker<'_>, name: &str, span: Span) {
    let letters = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !letters || name.len() > MAX_DETAIL_NAME_CHARS {
        let message = format!("'{name}' cannot be the name of a custom detail");
        let help = format!(
            "it begins with a letter, has letters, digits and _ only, and at most {MAX_DETAIL_NAME_CHARS} of them"
        );
        checker.add(Finding::error(RuleCode::BadDetailName, span, message).help(help));
    }
}

fn format(checker: &mut RuleChecker<'_>, node: &Node) {
    let text = node.text().unwrap_or_default();
    let places = placeholders(text);
    let mut names: Vec<&str> = places.iter().map(|it| it.name.trim()).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() > MAX_PLACEHOLDERS
        && let Some(fourth) = places.get(MAX_PLACEHOLDERS)
    {
        let span = checker.part(node, Span::new(fourth.start, fourth.end));
        let message = format!("a format can have {MAX_PLACEHOLDERS} columns, here are {}", names.len());
        checker.add(Finding::error(RuleCode::TooMany, span, message));
    }
    for place in places {
        let span = checker.part(node, Span::new(place.start, place.end));
        let name = place.name.trim();
        if name.is_empty() {
            let message = "there is no column between the brackets";
            checker.add(Finding::error(RuleCode::BadPlaceholder, span, message));
        } else if name.len() != place.name.len() {
            let message = format!("Sentinel does not read '{{{{{}}}}}' as a column", place.name);
            let help = format!("write it without blanks: {{{{{name}}}}}");
            checker.add(Finding::error(RuleCode::BadPlaceholder, span, message).help(help));
        }
    }
}
