//! Writes expected rows anew from what was found, for review: of a test file nothing but these rows is changed. It makes
//! texts, and writes no file.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use kqlite::{DataFormat, OutputFormat, Table, Value};

use super::cell::relative;
use super::evaluate::RuleRun;
use super::expect::Expected;
use super::fixture_spec::RowSource;
use super::outcome::{Failure, Outcome};
use super::unit::Unit;
use crate::yaml::YamlKind;

/// New texts of files.
#[derive(Debug, Default)]
pub struct Updates {
    /// The files and their whole new text.
    pub files: BTreeMap<PathBuf, String>,
    /// How many results were written anew.
    pub results: usize,
    /// Tests whose rows could not be written, and why.
    pub left: Vec<String>,
    /// Edits of test files: the place, the new text, the test.
    edits: BTreeMap<PathBuf, Vec<(Range<usize>, String, String)>>,
}

impl Updates {
    /// Notes what must be written for a test whose `result` does not hold.
    pub(crate) fn note(&mut self, unit: Unit<'_>, outcome: &Outcome, ran: &RuleRun) {
        let Outcome::Failed(failures) = outcome else { return };
        let is_result = |failure: &Failure| failure.key == "result";
        let (true, Some(table)) = (failures.iter().any(is_result), &ran.answer) else { return };
        for expectation in unit.expected() {
            let Expected::Result { rows, node } = &expectation.what else { continue };
            match rows {
                RowSource::File { path, .. } => {
                    let path = unit.file.source.resolve(path);
                    match text_for(&path, table) {
                        Some(text) => {
                            self.files.insert(path, text);
                            self.results += 1;
                        }
                        None => {
                            self.left.push(format!("{}: '{}' is no data file", unit.name(), path.display()))
                        }
                    }
                }
                RowSource::Inline(_) | RowSource::Unspecified => {
                    let columns = stated(rows, table);
                    let edit = Edit { unit, table, columns: &columns };
                    let (at, text) = edit.of(node.clone(), expectation.at.clone());
                    let edits = self.edits.entry(unit.file.path().to_owned()).or_default();
                    match edits.iter().find(|(other, ..)| *other == at) {
                        Some((_, other, _)) if *other == text => {}
                        Some(_) => self.left.push(format!(
                            "{}: its rows are those of other cases, too, which differ",
                            unit.name()
                        )),
                        None => {
                            edits.push((at, text, unit.name()));
                            self.results += 1;
                        }
                    }
                }
            }
        }
    }

    /// Makes the new texts of the test files, `text` being the present one of each.
    pub(crate) fn finish(mut self, text: impl Fn(&PathBuf) -> Option<String>) -> Self {
        for (path, mut edits) in std::mem::take(&mut self.edits) {
            let Some(mut new) = text(&path) else { continue };
            edits.sort_by_key(|(at, ..)| std::cmp::Reverse(at.start));
            for (at, replacement, _) in edits {
                if new.get(at.clone()).is_some() {
                    new.replace_range(at, &replacement);
                }
            }
            self.files.insert(path, new);
        }
        self
    }
}

/// The whole text of a data file.
fn text_for(path: &std::path::Path, table: &Table) -> Option<String> {
    let format: DataFormat = path.extension()?.to_str()?.parse().ok()?;
    Some(table.to_text(match format {
        DataFormat::Json => OutputFormat::Json,
        DataFormat::NdJson => OutputFormat::NdJson,
        DataFormat::Csv => OutputFormat::Csv,
        // No answer is written as TSV.
        _ => return None,
    }))
}

/// The places of the columns that the rows state so far; all columns, if they state none.
fn stated(rows: &RowSource, table: &Table) -> Vec<usize> {
    let mut columns: Vec<usize> = Vec::new();
    if let RowSource::Inline(rows) = rows {
        for node in rows {
            let YamlKind::Map(entries) = &node.kind else { continue };
            for (key, _) in entries {
                if let Some(at) = table.schema().position(&key.text)
                    && !columns.contains(&at)
                {
                    columns.push(at);
                }
            }
        }
    }
    if columns.is_empty() { (0..table.schema().len()).collect() } else { columns }
}

struct Edit<'e> {
    unit: Unit<'e>,
    table: &'e Table,
    columns: &'e [usize],
}

impl Edit<'_> {
    /// What is replaced, and by what: `node` is the value, `key` the key before it.
    fn of(&self, node: Range<usize>, key: Range<usize>) -> (Range<usize>, String) {
        let text = &self.unit.file.source.text;
        let old = text.get(node.clone()).unwrap_or_default();
        if old.starts_with('[') {
            return (node, format!("[{}]", self.rows().join(", ")));
        }
        // Where the key's colon ends.
        let end = text.get(key.end..).and_then(|rest| rest.find(':')).map_or(key.end, |at| key.end + at + 1);
        if old.starts_with('-') && self.table.is_empty() {
            return (end..node.end, " []".to_owned());
        }
        if old.starts_with('-') {
            let (_, column) = self.unit.file.source.place(node.start);
            return (node, self.block(column - 1));
        }
        // Nothing stands behind the key.
        let (_, column) = self.unit.file.source.place(key.start);
        let new = if self.table.is_empty() {
            " []".to_owned()
        } else {
            format!("\n{:indent$}{}", "", self.block(column - 1), indent = column - 1)
        };
        (end..end, new)
    }

    /// Rows below each other, all but the first indented.
    fn block(&self, indent: usize) -> String {
        let rows: Vec<String> = self.rows().into_iter().map(|row| format!("- {row}")).collect();
        rows.join(&format!("\n{:indent$}", ""))
    }

    fn rows(&self) -> Vec<String> {
        let names: Vec<&str> = self.table.schema().names().collect();
        self.table
            .rows()
            .map(|row| {
                let cells = self.columns.iter().filter_map(|at| {
                    Some(format!("{}: {}", plain_or_quoted(names.get(*at)?), self.cell(row.get(*at)?)))
                });
                format!("{{{}}}", cells.collect::<Vec<_>>().join(", "))
            })
            .collect()
    }

    /// A cell as it is read again.
    fn cell(&self, value: &Value) -> String {
        let text = match value {
            Value::Null => return "null".to_owned(),
            Value::Bool(it) => return it.to_string(),
            Value::DateTime(it) => return it.to_short_string(),
            Value::Dynamic(it) => it.to_json(),
            Value::String(text) => plain_or_quoted(text),
            other => return other.to_text().to_string(),
        };
        if self.unit.has_placeholders() { text.replace('$', "$$") } else { text }
    }
}

/// A text in YAML's flow: plain where it stays a text.
fn plain_or_quoted(text: &str) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '.' | '/' | '@' | '+' | '-');
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(word)
        && !text.ends_with(' ')
        && relative(text).is_none()
        && !["true", "false", "null", "nan", "inf", "yes", "no", "on", "off"]
            .contains(&text.to_ascii_lowercase().as_str());
    if plain {
        text.to_owned()
    } else if text.chars().any(char::is_control) {
        serde_json::Value::from(text).to_string()
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stay_texts() {
        let check = |text: &str, expected: &str| assert_eq!(plain_or_quoted(text), expected);
        check("Microsoft Account Team", "Microsoft Account Team");
        check("ann@corp.example", "ann@corp.example");
        check("", "''");
        check("true", "'true'");
        check("now", "'now'");
        check("-2h", "'-2h'");
        check("RE: it's", "'RE: it''s'");
        check("a\nb", "\"a\\nb\"");
        check("12", "'12'");
    }
}
