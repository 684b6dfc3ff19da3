//! Checks an answer against what a test expects of it.

use std::sync::Arc;

use kqlite::{Error, Table, Value};

use super::alert::alerts_of;
use super::cell::Cells;
use super::compare::{self, Diff, Expect};
use super::error::TestFileError;
use super::expect::{Expectation, Expected};
use super::fixture::{self, DataFile};
use super::fixture_spec::RowSource;
use super::keys;
use super::loaded_rule::LoadedRule;
use super::outcome::{Detail, Failure, Mismatch};
use super::words::counted_rows;
use crate::TriggerOperator;
use crate::suggest::suggestion;
use crate::yaml::YamlNode;

/// Reads a file by its path from the test file.
pub(crate) type ReadBeside<'a> = dyn Fn(&str) -> Result<Arc<[u8]>, String> + 'a;

/// What running a query gave.
pub(crate) enum RunResult<'a> {
    Table {
        table: &'a Table,
        /// Its rows have an order.
        ordered: bool,
        /// Reads a file beside the test file.
        files: &'a ReadBeside<'a>,
    },
    /// It is wrong, or ended with an error.
    Error(&'a Error),
}

/// Checks every expectation; the failures are those that do not hold.
pub(crate) fn check(
    cells: &Cells<'_>,
    expected: &[&Expectation],
    answer: &RunResult<'_>,
    rule: &LoadedRule,
) -> Result<Vec<Failure>, TestFileError> {
    let mut failures = Vec::new();
    match answer {
        RunResult::Error(error) => {
            let wanted = expected.iter().find_map(|it| match &it.what {
                Expected::Error(text) => Some((it, text)),
                _ => None,
            });
            let (key, at, message) = match wanted {
                Some((_, text)) if is_error(error, text) => return Ok(failures),
                Some((it, text)) => {
                    ("error", it.at.clone(), format!("another error than '{text}' was expected; it is:"))
                }
                None => ("query", expected.first().map_or(0..0, |it| it.at.clone()), what_failed(error)),
            };
            let detail = Some(Detail::Text(rule.render_error(error, false) + &help(error)));
            failures.push(Failure { key, at, message, detail });
        }
        RunResult::Table { table, ordered, files } => {
            for it in expected {
                let failure = match &it.what {
                    Expected::Fires(wanted) => fires(*wanted, table, rule),
                    Expected::Count(range) if range.holds(table.len()) => None,
                    Expected::Count(range) => {
                        let message = format!(
                            "{range} expected, {} found",
                            if table.is_empty() { "none".into() } else { table.len().to_string() }
                        );
                        Some(Mismatch::new(message, found_rows(table)))
                    }
                    Expected::Columns(names) => columns(names, table),
                    Expected::Result { rows, node } => {
                        let wanted = match rows {
                            RowSource::File { path, .. } => {
                                expected_file(cells, table, path, node.clone(), *files)?
                            }
                            RowSource::Inline(rows) => inline_rows(cells, table, rows, false)?,
                            RowSource::Unspecified => inline_rows(cells, table, &[], false)?,
                        };
                        whole(wanted, table, *ordered)
                    }
                    Expected::Contains(rows) => contains(inline_rows(cells, table, rows, true)?, table),
                    Expected::Excludes(rows) => excludes(cells, table, rows)?,
                    Expected::Alert(alerts) => alerts_of(cells, alerts, table, rule)?,
                    Expected::Error(text) => {
                        let message = format!(
                            "the error '{text}' was expected; the query gave {}",
                            counted_rows(table.len())
                        );
                        Some(Mismatch::new(message, None))
                    }
                };
                if let Some(Mismatch { message, detail }) = failure {
                    failures.push(Failure { key: it.key, at: it.at.clone(), message, detail });
                }
            }
        }
    }
    Ok(failures)
}

fn is_error(error: &Error, text: &str) -> bool {
    error.diagnostics().iter().any(|it| it.code.as_str() == text || it.message.contains(text))
}

/// What a test file can do about an error.
fn help(error: &Error) -> String {
    let watchlist = error.diagnostics().iter().any(|it| it.message.contains("_GetWatchlist"));
    if watchlist {
        "\n  = help: give the watchlist's rows: 'watchlists: {ALIAS: [{SearchKey: value}]}'".to_owned()
    } else {
        String::new()
    }
}

fn what_failed(error: &Error) -> String {
    use kqlite::CodeClass;
    let mut codes = error.diagnostics().iter().map(|it| it.code);
    match codes.next() {
        Some(code) if code.is_limit() => "the query was stopped: it needs more than a test may".to_owned(),
        Some(code) if matches!(code.class(), CodeClass::Runtime | CodeClass::Data | CodeClass::Internal) => {
            "the query ended with an error".to_owned()
        }
        Some(code) if code.class() == CodeClass::Unsupported => "the query cannot be run here".to_owned(),
        _ => "the query is wrong".to_owned(),
    }
}

fn fires(wanted: bool, table: &Table, rule: &LoadedRule) -> Option<Mismatch> {
    let rows = table.len();
    let fired = rule.rule.trigger.holds(rows);
    if fired == wanted {
        return None;
    }
    let gave = if rows == 0 {
        "the query gave no row".to_owned()
    } else {
        format!("the query gave {}", counted_rows(rows))
    };
    let needs = trigger(rule).map(|needs| format!("; the rule fires on {needs}")).unwrap_or_default();
    let message = if wanted {
        format!("the rule should fire, and is silent: {gave}{needs}")
    } else {
        format!("the rule should be silent, and fires: {gave}{needs}")
    };
    Some(Mismatch::new(message, found_rows(table)))
}

/// What raises an alert, if it is not just any row.
fn trigger(rule: &LoadedRule) -> Option<String> {
    let trigger = rule.rule.trigger;
    let rows = counted_rows(usize::try_from(trigger.threshold).ok()?);
    Some(match trigger.operator {
        TriggerOperator::GreaterThan if trigger.threshold == 0 => return None,
        TriggerOperator::GreaterThan => format!("more than {rows}"),
        TriggerOperator::LessThan => format!("less than {rows}"),
        TriggerOperator::Equal => format!("exactly {rows}"),
        TriggerOperator::NotEqual => format!("another number than {rows}"),
    })
}

fn names(table: &Table) -> Vec<String> {
    table.schema().names().map(str::to_owned).collect()
}

/// The rows that were found, as a difference from none: the columns that have something in them.
fn found_rows(table: &Table) -> Option<Detail> {
    let is_empty = |value: &Value| value.is_null() || value.as_str() == Some("");
    let has_value =
        |at: &usize| table.columns().get(*at).is_some_and(|it| !it.values().all(|it| is_empty(&it)));
    let table = table.with_columns((0..table.schema().len()).filter(has_value));
    let rows: Vec<Vec<Value>> = table.rows().collect();
    (!rows.is_empty() && !table.schema().is_empty())
        .then(|| Detail::Diff(compare::whole(names(&table), &[], &rows)))
}

fn columns(wanted: &[String], table: &Table) -> Option<Mismatch> {
    let found = names(table);
    if *wanted == found {
        return None;
    }
    let without = |names: &[String], others: &[String]| {
        names.iter().filter(|name| !others.contains(name)).cloned().collect::<Vec<_>>().join(", ")
    };
    let (missing, extra) = (without(wanted, &found), without(&found, wanted));
    let mut parts = Vec::new();
    if !missing.is_empty() {
        parts.push(format!("missing: {missing}"));
    }
    if !extra.is_empty() {
        parts.push(format!("not expected: {extra}"));
    }
    if parts.is_empty() {
        parts.push(format!("they stand in another order: {}", found.join(", ")));
    }
    Some(Mismatch::new(format!("the columns differ; {}", parts.join("; ")), None))
}

/// Rows to compare, and the places of their columns in the answer.
struct Wanted {
    columns: Vec<usize>,
    rows: Vec<Expect>,
}

/// Expected rows: of `open` ones, cells that a row does not state are not compared; of others, columns that no row states.
fn inline_rows(
    cells: &Cells<'_>,
    table: &Table,
    rows: &[YamlNode],
    open: bool,
) -> Result<Wanted, TestFileError> {
    let mut columns: Vec<usize> = Vec::new();
    let mut read: Vec<Vec<(usize, Value)>> = Vec::new();
    for node in rows {
        let mut row = Vec::new();
        for (key, value) in keys::map(cells.source, node, "a row")? {
            let schema = table.schema();
            let place = schema.position(&key.text);
            let Some((place, column)) = place.and_then(|at| Some((at, schema.columns.get(at)?))) else {
                let message = format!("the answer has no column '{}'", key.text);
                let help = suggestion(&key.text, "its columns are", schema.names());
                return Err(TestFileError::new(cells.source, key.at.clone(), message).help(help));
            };
            if !columns.contains(&place) {
                columns.push(place);
            }
            row.push((place, cells.value(value, column.data_type, &key.text)?));
        }
        read.push(row);
    }
    columns.sort_unstable();
    if rows.is_empty() {
        columns = (0..table.schema().len()).collect();
    }
    let kinds = &table.schema().columns;
    let rows = read
        .into_iter()
        .map(|row| {
            columns
                .iter()
                .map(|place| {
                    let stated = row.iter().find(|(at, _)| at == place).map(|(_, value)| value.clone());
                    let empty =
                        || kinds.get(*place).map_or(Value::Null, |column| Value::null_of(column.data_type));
                    if open { stated } else { Some(stated.unwrap_or_else(empty)) }
                })
                .collect()
        })
        .collect();
    Ok(Wanted { columns, rows })
}

/// Expected rows of a data file: all of its columns are compared.
fn expected_file(
    cells: &Cells<'_>,
    table: &Table,
    path: &str,
    at: std::ops::Range<usize>,
    files: &ReadBeside<'_>,
) -> Result<Wanted, TestFileError> {
    let bytes = files(path).map_err(|message| TestFileError::new(cells.source, at.clone(), message))?;
    let path = cells.source.resolve(path);
    let file = DataFile { path: &path, at, bytes: &bytes };
    let read = fixture::data_file(cells, Some(table.schema()), &file)?;
    let rows = read.rows().map(|row| row.into_iter().map(Some).collect()).collect();
    Ok(Wanted { columns: (0..table.schema().len()).collect(), rows })
}

impl Wanted {
    fn names(&self, table: &Table) -> Vec<String> {
        let all = names(table);
        self.columns.iter().filter_map(|at| all.get(*at).cloned()).collect()
    }

    fn found(&self, table: &Table) -> Vec<Vec<Value>> {
        let cell = |row: &[Value], at: &usize| row.get(*at).cloned().unwrap_or_default();
        table.rows().map(|row| self.columns.iter().map(|at| cell(&row, at)).collect()).collect()
    }
}

fn whole(wanted: Wanted, table: &Table, ordered: bool) -> Option<Mismatch> {
    let found = wanted.found(table);
    let diff = compare::whole(wanted.names(table), &wanted.rows, &found);
    if !diff.is_same() {
        let message = sum_up(&diff, wanted.rows.len(), found.len());
        return Some(Mismatch::new(message, Some(Detail::Diff(diff))));
    }
    if ordered && !compare::in_order(&wanted.rows, &found) {
        let message = "the rows are the expected ones, in another order than the query's 'order by' gives";
        let rows = compare::whole(diff.columns, &[], &found);
        return Some(Mismatch::new(message, Some(Detail::Diff(rows))));
    }
    None
}

fn sum_up(diff: &Diff, expected: usize, found: usize) -> String {
    let [_, changed, missing, unexpected] = diff.counts();
    let mut parts = Vec::new();
    for (count, what) in [
        (changed, if changed == 1 { "differs" } else { "differ" }),
        (missing, "missing"),
        (unexpected, "not expected"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    let found = if found == 0 { "none".to_owned() } else { found.to_string() };
    format!("{} expected, {found} found: {}", counted_rows(expected), parts.join(", "))
}

fn contains(wanted: Wanted, table: &Table) -> Option<Mismatch> {
    let found = wanted.found(table);
    let diff = compare::contained(wanted.names(table), &wanted.rows, &found);
    if diff.is_same() {
        return None;
    }
    let [same, ..] = diff.counts();
    let missing = wanted.rows.len() - same;
    let verb = if missing == 1 { "is" } else { "are" };
    let message =
        format!("{} that should be there {verb} not, among {} found", counted_rows(missing), found.len());
    Some(Mismatch::new(message, Some(Detail::Diff(diff))))
}

/// Each row that must not be there is looked for by the cells that it states.
fn excludes(cells: &Cells<'_>, table: &Table, rows: &[YamlNode]) -> Result<Option<Mismatch>, TestFileError> {
    let wanted = inline_rows(cells, table, rows, true)?;
    let diff = compare::excluded(wanted.names(table), &wanted.rows, &wanted.found(table));
    if diff.is_same() {
        return Ok(None);
    }
    let message = format!("{} found that should not be there", counted_rows(diff.rows.len()));
    Ok(Some(Mismatch::new(message, Some(Detail::Diff(diff)))))
}
