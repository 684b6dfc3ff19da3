//! Makes alerts of an answer: title and description after override, severity, tactics, entities, custom details.

use kqlite::{Table, Value};

use super::model::Rule;
use super::words::{AggregationKind, AlertSeverity, RuleKind};
use crate::mitre;

/// An alert as Sentinel would raise it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Alert {
    /// The title: the rule's name, or what its format gives.
    pub title: String,
    /// The description: the rule's, or what its format gives.
    pub description: String,
    /// The severity: of its column, or the rule's.
    pub severity: Option<AlertSeverity>,
    /// The tactics: of their column, or the rule's.
    pub tactics: Vec<String>,
    /// The rule's techniques.
    pub techniques: Vec<String>,
    /// The entities of the rows, each once.
    pub entities: Vec<Entity>,
    /// Names and the different values of their columns.
    pub custom_details: Vec<(String, Vec<String>)>,
    /// Other properties that columns give, such as `ProductName`.
    pub properties: Vec<(String, String)>,
    /// The rows of the answer that it is of, from 0.
    pub rows: Vec<usize>,
}

/// An entity of an alert.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Entity {
    /// The kind, such as `Account`.
    pub kind: String,
    /// Its properties: `FullName` and the like, with their values.
    pub identifiers: Vec<(String, String)>,
}

/// The most alerts that one run of a rule raises; the last one is for all rows.
const MAX_ALERTS: usize = 150;
const MAX_ALERTS_NRT: usize = 30;

/// The most values that a custom detail keeps.
const MAX_VALUES: usize = 50;

impl Rule {
    /// The alert of one row of the answer.
    ///
    /// ```
    /// use kqlite::{Database, DateTime, Options};
    /// let rule = kqlite_detect::Rule::parse("
    /// name: Odd mail
    /// query: print User = 'ann', Count = 3
    /// alertDetailsOverride: {alertDisplayNameFormat: '{{Count}} odd mails of {{User}}'}
    /// entityMappings: [{entityType: Account, fieldMappings: [{identifier: Name, columnName: User}]}]
    /// ").unwrap();
    /// let database = Database::new();
    /// let table = database.compile(&rule.query)?.run(&database, &Options::new(DateTime::UNIX_EPOCH))?;
    /// let alert = rule.alert(&table, 0);
    /// assert_eq!(alert.title, "3 odd mails of ann");
    /// assert_eq!(alert.entities[0].to_string(), "Account(Name: ann)");
    /// # Ok::<(), kqlite::Error>(())
    /// ```
    #[must_use]
    pub fn alert(&self, table: &Table, row: usize) -> Alert {
        self.alert_of(table, &[row])
    }

    /// The alerts of an answer: none if the trigger does not hold; else one for all rows, or one for each row, as the
    /// rule says.
    ///
    /// The title of an alert for several rows is made of the first. Where there are more rows than a rule may raise
    /// alerts (150; 30 for NRT rules), the last alert is for all rows.
    #[must_use]
    pub fn alerts(&self, table: &Table) -> Vec<Alert> {
        let rows: Vec<usize> = (0..table.len()).collect();
        if !self.trigger.holds(rows.len()) {
            return Vec::new();
        }
        if self.event_grouping != Some(AggregationKind::AlertPerResult) || rows.is_empty() {
            return vec![self.alert_of(table, &rows)];
        }
        let max = if self.kind == Some(RuleKind::Nrt) { MAX_ALERTS_NRT } else { MAX_ALERTS };
        let single = if rows.len() > max { max - 1 } else { rows.len() };
        let mut alerts: Vec<Alert> = rows.iter().take(single).map(|row| self.alert(table, *row)).collect();
        if rows.len() > max {
            alerts.push(self.alert_of(table, &rows));
        }
        alerts
    }

    fn alert_of(&self, table: &Table, rows: &[usize]) -> Alert {
        let text = |column: &str| text_of(table, rows.first().copied(), column);
        let details = self.alert_details_override.clone().unwrap_or_default();
        // A value that is empty leaves what the rule says by itself.
        let filled = |format: Option<&String>| format.and_then(|format| fill(format, text));
        let severity = details.severity_column.as_deref().and_then(text);
        let tactics =
            details.tactics_column.as_deref().and_then(text).and_then(|it| mitre::read_tactics(&it));
        let mut entities = Vec::new();
        let mut custom_details: Vec<(String, Vec<String>)> =
            self.custom_details.iter().map(|(name, _)| (name.clone(), Vec::new())).collect();
        for &row in rows {
            for entity in self.entities(table, row) {
                if !entities.contains(&entity) {
                    entities.push(entity);
                }
            }
            for ((_, values), (_, column)) in custom_details.iter_mut().zip(&self.custom_details) {
                if let Some(value) = text_of(table, Some(row), column)
                    && !values.contains(&value)
                    && values.len() < MAX_VALUES
                {
                    values.push(value);
                }
            }
        }
        Alert {
            title: filled(details.display_name_format.as_ref()).unwrap_or_else(|| self.name.clone()),
            description: filled(details.description_format.as_ref())
                .unwrap_or_else(|| self.description.clone()),
            severity: severity.and_then(|it| AlertSeverity::parse(&it)).or(self.severity),
            tactics: tactics.unwrap_or_else(|| self.tactics.clone()),
            techniques: self.relevant_techniques.clone(),
            entities,
            custom_details,
            properties: details
                .dynamic_properties
                .iter()
                .filter_map(|it| Some((it.property.clone(), text(&it.column)?)))
                .collect(),
            rows: rows.to_vec(),
        }
    }

    /// The entities of a row of the answer; a mapping whose columns are all empty gives none.
    #[must_use]
    pub fn entities(&self, table: &Table, row: usize) -> Vec<Entity> {
        self.entity_mappings
            .iter()
            .filter_map(|mapping| {
                let identifiers: Vec<(String, String)> = mapping
                    .field_mappings
                    .iter()
                    .filter_map(|field| {
                        Some((field.identifier.clone(), text_of(table, Some(row), &field.column_name)?))
                    })
                    .collect();
                (!identifiers.is_empty()).then(|| Entity { kind: mapping.entity_type.clone(), identifiers })
            })
            .collect()
    }
}

impl std::fmt::Display for Entity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}(", self.kind)?;
        for (at, (name, value)) in self.identifiers.iter().enumerate() {
            write!(f, "{}{name}: {value}", if at > 0 { ", " } else { "" })?;
        }
        f.write_str(")")
    }
}

/// A cell as text; `None` for one that is empty, or not there.
fn text_of(table: &Table, row: Option<usize>, column: &str) -> Option<String> {
    let value: Value = table.value(row?, column)?;
    let text = value.to_text();
    (!value.is_null() && !text.is_empty()).then(|| text.to_string())
}

/// A place for a value in a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Placeholder<'f> {
    /// What stands between the brackets.
    pub name: &'f str,
    /// Where the brackets begin.
    pub start: usize,
    /// Where they end.
    pub end: usize,
}

/// The places for values in a format: `{{Column}}`.
pub(crate) fn placeholders(format: &str) -> Vec<Placeholder<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = format.get(at..).and_then(|rest| rest.find("{{")).map(|it| it + at) {
        let Some(end) = format.get(start..).and_then(|rest| rest.find("}}")).map(|it| it + start) else {
            break;
        };
        found.push(Placeholder { name: format.get(start + 2..end).unwrap_or_default(), start, end: end + 2 });
        at = end + 2;
    }
    found
}

/// A format with its values; `None` if one is empty.
fn fill(format: &str, value: impl Fn(&str) -> Option<String>) -> Option<String> {
    let (mut out, mut at) = (String::new(), 0);
    for place in placeholders(format) {
        out.push_str(format.get(at..place.start)?);
        out.push_str(&value(place.name.trim())?);
        at = place.end;
    }
    out.push_str(format.get(at..)?);
    Some(out)
}
