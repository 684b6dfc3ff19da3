//! Compares the alerts of an answer with those that a test expects.

use std::ops::Range;

use kqlite::Table;

use super::cell::Cells;
use super::error::TestFileError;
use super::keys::{self, Keys};
use super::loaded_rule::LoadedRule;
use super::outcome::{Detail, Mismatch};
use super::source::SourceText;
use super::words::counted;
use crate::Alert;
use crate::yaml::{YamlKind, YamlNode};

/// The alerts that a test expects: some of them, or all.
#[derive(Debug, Clone)]
pub(crate) struct ExpectedAlerts {
    alerts: Vec<ExpectedAlert>,
    /// They are a list: there are no others.
    all: bool,
}

/// What an alert says; what is not stated is not compared.
#[derive(Debug, Clone)]
struct ExpectedAlert {
    title: Option<YamlNode>,
    description: Option<YamlNode>,
    severity: Option<YamlNode>,
    tactics: Option<Vec<YamlNode>>,
    entities: Option<Vec<ExpectedEntity>>,
    custom_details: Option<Vec<(String, Vec<YamlNode>)>>,
}

/// The kind of an entity and its properties.
type ExpectedEntity = (String, Vec<(String, YamlNode)>);

/// Reads one alert, or the list of all of them.
pub(crate) fn read(source: &SourceText, node: &YamlNode) -> Result<ExpectedAlerts, TestFileError> {
    match &node.kind {
        YamlKind::List(items) => {
            let alerts = items.iter().map(|item| read_alert(source, item)).collect::<Result<_, _>>()?;
            Ok(ExpectedAlerts { alerts, all: true })
        }
        _ => Ok(ExpectedAlerts { alerts: vec![read_alert(source, node)?], all: false }),
    }
}

fn read_alert(source: &SourceText, node: &YamlNode) -> Result<ExpectedAlert, TestFileError> {
    let keys = Keys::of(source, node, "an alert", &[&keys::ALERT])?;
    let text = |key: &str| -> Result<Option<YamlNode>, TestFileError> {
        match keys.get(key) {
            Some(node) => keys::text(source, node, key).map(|_| Some(node.clone())),
            None => Ok(None),
        }
    };
    Ok(ExpectedAlert {
        title: text("title")?,
        description: text("description")?,
        severity: text("severity")?,
        tactics: keys.get("tactics").map(|node| texts(source, node, "tactics")).transpose()?,
        entities: keys.get("entities").map(|node| entities(source, node)).transpose()?,
        custom_details: keys
            .get("customDetails")
            .map(|node| {
                keys::map(source, node, "'customDetails'")?
                    .iter()
                    .map(|(key, node)| Ok((key.text.clone(), texts(source, node, &key.text)?)))
                    .collect::<Result<_, TestFileError>>()
            })
            .transpose()?,
    })
}

/// Texts: a list, or a single one.
fn texts(source: &SourceText, node: &YamlNode, key: &str) -> Result<Vec<YamlNode>, TestFileError> {
    let items = match &node.kind {
        YamlKind::List(items) => items.clone(),
        _ => vec![node.clone()],
    };
    items.iter().try_for_each(|item| keys::text(source, item, key).map(|_| ()))?;
    Ok(items)
}

/// `[{Account: {FullName: ann}}, …]`
fn entities(source: &SourceText, node: &YamlNode) -> Result<Vec<ExpectedEntity>, TestFileError> {
    let wrong = |at: &Range<usize>| {
        TestFileError::new(source, at.clone(), "an entity is its kind and its properties")
            .help("such as '- Account: {FullName: ann@corp.example}'")
    };
    let mut entities = Vec::new();
    for item in keys::list(source, node, "entities", "entities")? {
        let YamlKind::Map(entries) = &item.kind else { return Err(wrong(&item.at)) };
        let [(kind, properties)] = entries.as_slice() else { return Err(wrong(&item.at)) };
        let YamlKind::Map(properties) = &properties.kind else { return Err(wrong(&properties.at)) };
        let properties = properties
            .iter()
            .map(|(key, node)| keys::text(source, node, &key.text).map(|_| (key.text.clone(), node.clone())))
            .collect::<Result<_, TestFileError>>()?;
        entities.push((kind.text.clone(), properties));
    }
    Ok(entities)
}

/// Compares the alerts of an answer with the expected ones.
pub(super) fn alerts_of(
    cells: &Cells<'_>,
    expected: &ExpectedAlerts,
    table: &Table,
    rule: &LoadedRule,
) -> Result<Option<Mismatch>, TestFileError> {
    let mismatch = |message: String, detail| Ok(Some(Mismatch::new(message, detail)));
    let found = rule.rule.alerts(table);
    if found.is_empty() && !expected.alerts.is_empty() {
        return mismatch(format!("{} expected, none raised", counted(expected.alerts.len(), "alert")), None);
    }
    if expected.all && found.len() != expected.alerts.len() {
        let message = format!("{} expected, {} raised", counted(expected.alerts.len(), "alert"), found.len());
        return mismatch(message, Some(Detail::Text(list(&found))));
    }
    let mut left: Vec<&Alert> = found.iter().collect();
    for wanted in &expected.alerts {
        let mut differences = Vec::with_capacity(left.len());
        for alert in &left {
            differences.push(wanted.differences(cells, alert)?);
        }
        let nearest = differences.iter().enumerate().min_by_key(|(_, it)| it.len());
        match nearest {
            Some((at, differences)) if differences.is_empty() => {
                left.remove(at);
            }
            Some((_, differences)) => {
                let message = if found.len() == 1 {
                    "the alert differs".to_owned()
                } else {
                    format!(
                        "none of {} is the expected one; the nearest differs",
                        counted(found.len(), "alert")
                    )
                };
                return mismatch(message, Some(Detail::Text(differences.join("\n"))));
            }
            None => return mismatch("an alert is missing".to_owned(), Some(Detail::Text(list(&found)))),
        }
    }
    Ok(None)
}

fn list(alerts: &[Alert]) -> String {
    const MAX_LISTED: usize = 5;
    let mut lines: Vec<String> =
        alerts.iter().take(MAX_LISTED).map(|alert| format!("+ {}", alert.title)).collect();
    if alerts.len() > MAX_LISTED {
        lines.push(format!("… {} more", alerts.len() - MAX_LISTED));
    }
    lines.join("\n")
}

impl ExpectedAlert {
    /// Two lines for each part that differs: what was expected, what was found.
    fn differences(&self, cells: &Cells<'_>, alert: &Alert) -> Result<Vec<String>, TestFileError> {
        let text = |node: &YamlNode| -> Result<String, TestFileError> {
            Ok(cells.replaced(node)?.text().unwrap_or_default().trim().to_owned())
        };
        let all = |nodes: &[YamlNode]| nodes.iter().map(text).collect::<Result<Vec<String>, TestFileError>>();
        let mut differences = Vec::new();
        let mut compare = |what: &str, wanted: String, found: String| {
            if wanted != found {
                differences.push(format!("- {what}: {wanted}\n+ {what}: {found}"));
            }
        };
        if let Some(node) = &self.title {
            compare("title", text(node)?, alert.title.trim().to_owned());
        }
        if let Some(node) = &self.description {
            compare("description", text(node)?, alert.description.trim().to_owned());
        }
        if let Some(node) = &self.severity {
            compare("severity", text(node)?, alert.severity.map(|it| it.to_string()).unwrap_or_default());
        }
        if let Some(nodes) = &self.tactics {
            compare("tactics", sorted(all(nodes)?), sorted(alert.tactics.clone()));
        }
        if let Some(entities) = &self.entities {
            let wanted = entities
                .iter()
                .map(|(kind, properties)| {
                    let properties = properties.iter().map(|(name, node)| Ok((name.clone(), text(node)?)));
                    Ok(entity(kind, properties.collect::<Result<_, TestFileError>>()?))
                })
                .collect::<Result<Vec<String>, TestFileError>>()?;
            let found = alert.entities.iter().map(|it| entity(&it.kind, it.identifiers.clone())).collect();
            compare("entities", sorted(wanted), sorted(found));
        }
        if let Some(details) = &self.custom_details {
            let wanted = details
                .iter()
                .map(|(name, values)| Ok(format!("{name}: {}", sorted(all(values)?))))
                .collect::<Result<Vec<String>, TestFileError>>()?;
            let found = alert.custom_details.iter();
            let found = found.map(|(name, values)| format!("{name}: {}", sorted(values.clone()))).collect();
            compare("customDetails", sorted(wanted), sorted(found));
        }
        Ok(differences)
    }
}

/// An entity as a text; the order of its properties does not count.
fn entity(kind: &str, mut properties: Vec<(String, String)>) -> String {
    properties.sort();
    let shown: Vec<String> = properties.into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
    format!("{kind}({})", shown.join(", "))
}

fn sorted(mut texts: Vec<String>) -> String {
    texts.sort();
    if texts.is_empty() { "none".to_owned() } else { texts.join(", ") }
}
