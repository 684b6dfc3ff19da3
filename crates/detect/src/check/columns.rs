//! The columns that a rule names beside its query, against those that the query gives. It must not know what they are
//! used for.

use kqlite::{Schema, Span};

use super::{Finding, Looking, RuleCode};
use crate::rule::{Node, placeholders};

pub(super) fn look(at: &mut Looking<'_>) {
    // Of a query that is wrong, nobody can tell the columns.
    let Some(schema) = at.query.columns().filter(|_| at.query.is_ok()) else { return };
    for mapping in at.node("entityMappings").map(Node::items).unwrap_or_default() {
        for field in mapping.get("fieldMappings").map(Node::items).unwrap_or_default() {
            whole(at, &schema, field.get("columnName"), RuleCode::UnknownEntityColumn, "the entity mapping");
        }
    }
    for mapping in at.node("sentinelEntitiesMappings").map(Node::items).unwrap_or_default() {
        whole(at, &schema, mapping.get("columnName"), RuleCode::UnknownEntityColumn, "the entity mapping");
    }
    for (key, value) in at.node("customDetails").map(Node::entries).unwrap_or_default() {
        let what = format!("the custom detail '{}'", key.name);
        whole(at, &schema, Some(value), RuleCode::UnknownDetailColumn, &what);
    }
    let Some(details) = at.node("alertDetailsOverride") else { return };
    for name in ["alertDisplayNameFormat", "alertDescriptionFormat"] {
        let Some(node) = details.get(name) else { continue };
        for place in placeholders(node.text().unwrap_or_default()) {
            let column = place.name.trim();
            if column.is_empty() {
                continue;
            }
            let blanks = place.name.len() - place.name.trim_start().len();
            let start = place.start + 2 + blanks;
            let span = at.part(node, Span::new(start, start + column.len()));
            let code = RuleCode::UnknownFormatColumn;
            known(at, &schema, column, span, code, "the format");
        }
    }
    for name in ["alertTacticsColumnName", "alertSeverityColumnName"] {
        whole(at, &schema, details.get(name), RuleCode::UnknownOverrideColumn, &format!("'{name}'"));
    }
    for item in details.get("alertDynamicProperties").map(Node::items).unwrap_or_default() {
        let what = item.get("alertProperty").and_then(Node::text).unwrap_or_default();
        let what = format!("the property '{what}'");
        whole(at, &schema, item.get("value"), RuleCode::UnknownOverrideColumn, &what);
    }
}

/// A value that is a column's name.
fn whole(at: &mut Looking<'_>, schema: &Schema, node: Option<&Node>, code: RuleCode, what: &str) {
    let Some(node) = node else { return };
    let Some(column) = node.text() else { return };
    let span = at.part(node, Span::new(0, column.len()));
    known(at, schema, column, span, code, what);
}

fn known(at: &mut Looking<'_>, schema: &Schema, column: &str, span: Span, code: RuleCode, what: &str) {
    if schema.position(column).is_none() {
        let message = format!("{what} names the column '{column}', which the query does not give");
        at.add(Finding::error(code, span, message).suggest(column, "it gives", schema.names()));
    }
}
