//! Checks the columns that a rule names beside its query against those that the query gives.

use kqlite::{Schema, Span};

use super::checker::RuleChecker;
use super::code::RuleCode;
use super::finding::Finding;
use crate::rule::{Node, placeholders};

pub(super) fn check(checker: &mut RuleChecker<'_>) {
    // Of a query that is wrong, nobody can tell the columns.
    let Some(schema) = checker.query.columns().filter(|_| checker.query.is_ok()) else { return };
    for mapping in checker.node("entityMappings").map(Node::items).unwrap_or_default() {
        for field in mapping.get("fieldMappings").map(Node::items).unwrap_or_default() {
            whole(
                checker,
                &schema,
                field.get("columnName"),
                RuleCode::UnknownEntityColumn,
                "the entity mapping",
            );
        }
    }
    for mapping in checker.node("sentinelEntitiesMappings").map(Node::items).unwrap_or_default() {
        whole(
            checker,
            &schema,
            mapping.get("columnName"),
            RuleCode::UnknownEntityColumn,
            "the entity mapping",
        );
    }
    for (key, value) in checker.node("customDetails").map(Node::entries).unwrap_or_default() {
        let what = format!("the custom detail '{}'", key.name);
        whole(checker, &schema, Some(value), RuleCode::UnknownDetailColumn, &what);
    }
    let Some(details) = checker.node("alertDetailsOverride") else { return };
    for name in ["alertDisplayNameFormat", "alertDescriptionFormat"] {
        let Some(node) = details.get(name) else { continue };
        for place in placeholders(node.text().unwrap_or_default()) {
            let column = place.name.trim();
            if column.is_empty() {
                continue;
            }
            let blanks = place.name.len() - place.name.trim_start().len();
            let start = place.start + 2 + blanks;
            let span = checker.part(node, Span::new(start, start + column.len()));
            let code = RuleCode::UnknownFormatColumn;
            known(checker, &schema, column, span, code, "the format");
        }
    }
    for name in ["alertTacticsColumnName", "alertSeverityColumnName"] {
        whole(checker, &schema, details.get(name), RuleCode::UnknownOverrideColumn, &format!("'{name}'"));
    }
    for item in details.get("alertDynamicProperties").map(Node::items).unwrap_or_default() {
        let what = item.get("alertProperty").and_then(Node::text).unwrap_or_default();
        let what = format!("the property '{what}'");
        whole(checker, &schema, item.get("value"), RuleCode::UnknownOverrideColumn, &what);
    }
}

/// A value that is a column's name.
fn whole(checker: &mut RuleChecker<'_>, schema: &Schema, node: Option<&Node>, code: RuleCode, what: &str) {
    let Some(node) = node else { return };
    let Some(column) = node.text() else { return };
    let span = checker.part(node, Span::new(0, column.len()));
    known(checker, schema, column, span, code, what);
}

fn known(
    checker: &mut RuleChecker<'_>,
    schema: &Schema,
    column: &str,
    span: Span,
    code: RuleCode,
    what: &str,
) {
    if schema.position(column).is_none() {
        let message = format!("{what} names the column '{column}', which the query does not give");
        checker.add(Finding::error(code, span, message).suggest(column, "it gives", schema.names()));
    }
}
