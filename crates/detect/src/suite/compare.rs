//! Compares expected rows with found ones: which agree, which differ, and in which cells. Rows that differ are paired with
//! the nearest: by the cells that agree, long texts weighing most.

use std::collections::HashMap;

use kqlite::{Dynamic, Value};

/// What was expected and what was found, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Diff {
    /// The compared columns.
    pub columns: Vec<String>,
    /// Whether a column's cells are numbers or times, and stand to the right.
    pub right: Vec<bool>,
    /// The rows: the expected ones in their order, then those that were not expected.
    pub rows: Vec<DiffRow>,
}

/// A row of a difference. Cells are texts for people.
#[derive(Debug, Clone, PartialEq)]
pub enum DiffRow {
    /// Expected and found.
    Same(Vec<String>),
    /// The nearest of what was found differs.
    Changed {
        /// The expected cells.
        expected: Vec<String>,
        /// The found ones.
        found: Vec<String>,
        /// Which cells differ.
        differs: Vec<bool>,
    },
    /// Expected, and not found.
    Missing(Vec<String>),
    /// Found, and not expected.
    Unexpected(Vec<String>),
}

impl Diff {
    /// How many rows are the same, differ, are missing, and were not expected.
    #[must_use]
    pub fn counts(&self) -> [usize; 4] {
        let mut counts = [0; 4];
        for row in &self.rows {
            let at = match row {
                DiffRow::Same(_) => 0,
                DiffRow::Changed { .. } => 1,
                DiffRow::Missing(_) => 2,
                DiffRow::Unexpected(_) => 3,
            };
            if let Some(count) = counts.get_mut(at) {
                *count += 1;
            }
        }
        counts
    }

    /// Everything is the same.
    #[must_use]
    pub fn is_same(&self) -> bool {
        let [_, others @ ..] = self.counts();
        others == [0; 3]
    }
}

/// Rows to compare: a cell that is not compared is `None`.
pub(crate) type Expect = Vec<Option<Value>>;

/// The most pairs of rows among which the nearest are looked for.
const MAX_PAIRS: usize = 250_000;

/// Compares all rows, whatever their order.
pub(crate) fn whole(columns: Vec<String>, expected: &[Expect], found: &[Vec<Value>]) -> Diff {
    let mut partner: Vec<Option<usize>> = vec![None; expected.len()];
    let mut left: Vec<bool> = vec![true; found.len()];
    // Most rows agree to the letter.
    let mut by_text: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, row) in found.iter().enumerate().rev() {
        by_text.entry(key(row.iter())).or_default().push(at);
    }
    for (at, row) in expected.iter().enumerate() {
        let Some(text) =
            row.iter().map(Option::as_ref).collect::<Option<Vec<_>>>().map(|row| key(row.into_iter()))
        else {
            continue;
        };
        if let Some(other) = by_text.get_mut(&text).and_then(Vec::pop) {
            pair(&mut partner, &mut left, at, other);
        }
    }
    // Reals may be a little off, and a cell may be left open.
    for at in 0..expected.len() {
        if partner.get(at) == Some(&None) {
            let equal = (0..found.len()).find(|other| {
                left.get(*other) == Some(&true) && equal_cells(expected, found, at, *other) == columns.len()
            });
            if let Some(other) = equal {
                pair(&mut partner, &mut left, at, other);
            }
        }
    }
    let same: Vec<bool> = partner.iter().map(Option::is_some).collect();
    pair_nearest(expected, found, &mut partner, &mut left);
    draw(columns, expected, found, &partner, &same, &left)
}

/// Whether the rows stand in the expected order.
pub(crate) fn in_order(expected: &[Expect], found: &[Vec<Value>]) -> bool {
    let width = expected.first().map_or(0, Vec::len);
    (0..expected.len()).all(|at| equal_cells(expected, found, at, at) == width)
}

/// Looks for each expected row among the found ones; those that were found besides do not count.
pub(crate) fn contained(columns: Vec<String>, expected: &[Expect], found: &[Vec<Value>]) -> Diff {
    let matches: Vec<Vec<usize>> = (0..expected.len())
        .map(|at| {
            (0..found.len())
                .filter(|other| equal_cells(expected, found, at, *other) == columns.len())
                .collect()
        })
        .collect();
    let mut taken: Vec<Option<usize>> = vec![None; found.len()];
    for at in 0..expected.len() {
        assign(at, &matches, &mut taken, &mut vec![false; found.len()]);
    }
    let mut partner: Vec<Option<usize>> = vec![None; expected.len()];
    let mut left: Vec<bool> = vec![true; found.len()];
    for (other, at) in taken.iter().enumerate() {
        if let Some(at) = at {
            pair(&mut partner, &mut left, *at, other);
        }
    }
    let same: Vec<bool> = partner.iter().map(Option::is_some).collect();
    pair_nearest(expected, found, &mut partner, &mut left);
    draw(columns, expected, found, &partner, &same, &vec![false; found.len()])
}

/// The found rows that are one of those that must not be there.
pub(crate) fn excluded(columns: Vec<String>, excluded: &[Expect], found: &[Vec<Value>]) -> Diff {
    let width = columns.len();
    let left: Vec<bool> = (0..found.len())
        .map(|other| (0..excluded.len()).any(|at| equal_cells(excluded, found, at, other) == width))
        .collect();
    draw(columns, &[], found, &[], &[], &left)
}

/// Gives an expected row a found one, moving others where they have a choice.
fn assign(at: usize, matches: &[Vec<usize>], taken: &mut [Option<usize>], seen: &mut [bool]) -> bool {
    for &other in matches.get(at).map_or(&[][..], Vec::as_slice) {
        let Some(was_seen) = seen.get_mut(other) else { continue };
        if std::mem::replace(was_seen, true) {
            continue;
        }
        let holder = taken.get(other).copied().flatten();
        if holder.is_none_or(|holder| assign(holder, matches, taken, seen)) {
            if let Some(slot) = taken.get_mut(other) {
                *slot = Some(at);
            }
            return true;
        }
    }
    false
}

fn pair(partner: &mut [Option<usize>], left: &mut [bool], at: usize, other: usize) {
    if let (Some(slot), Some(free)) = (partner.get_mut(at), left.get_mut(other)) {
        *slot = Some(other);
        *free = false;
    }
}

/// Gives each expected row that is alone the nearest of the found ones that are left, if they share a cell.
fn pair_nearest(expected: &[Expect], found: &[Vec<Value>], partner: &mut [Option<usize>], left: &mut [bool]) {
    let alone: Vec<usize> = (0..expected.len()).filter(|at| partner.get(*at) == Some(&None)).collect();
    let free: Vec<usize> = (0..found.len()).filter(|at| left.get(*at) == Some(&true)).collect();
    if alone.len().saturating_mul(free.len()) > MAX_PAIRS {
        return;
    }
    let mut pairs: Vec<(usize, usize, usize)> = alone
        .iter()
        .flat_map(|at| free.iter().map(move |other| (*at, *other)))
        .map(|(at, other)| (nearness(expected, found, at, other), at, other))
        .filter(|(near, _, _)| *near > 0)
        .collect();
    pairs.sort_by_key(|(near, at, other)| (std::cmp::Reverse(*near), at.abs_diff(*other), *at));
    for (_, at, other) in pairs {
        if partner.get(at) == Some(&None) && left.get(other) == Some(&true) {
            pair(partner, left, at, other);
        }
    }
    // One of each is left: they belong together even if they share nothing.
    let alone: Vec<usize> = (0..expected.len()).filter(|at| partner.get(*at) == Some(&None)).collect();
    let free: Vec<usize> = (0..found.len()).filter(|at| left.get(*at) == Some(&true)).collect();
    if let ([at], [other]) = (alone.as_slice(), free.as_slice()) {
        pair(partner, left, *at, *other);
    }
}

/// How many cells are equal, those that are not compared among them.
fn equal_cells(expected: &[Expect], found: &[Vec<Value>], at: usize, other: usize) -> usize {
    let (Some(expected), Some(found)) = (expected.get(at), found.get(other)) else { return 0 };
    expected.iter().zip(found).filter(|(a, b)| a.as_ref().is_none_or(|a| same(a, b))).count()
}

/// How near two rows are: cells that say something count, the longer the more, since names are rarer than flags.
fn nearness(expected: &[Expect], found: &[Vec<Value>], at: usize, other: usize) -> usize {
    let (Some(expected), Some(found)) = (expected.get(at), found.get(other)) else { return 0 };
    let cells = expected.iter().zip(found).filter_map(|(a, b)| Some((a.as_ref()?, b)));
    cells
        .filter(|(a, b)| same(a, b))
        .map(|(a, _)| match a {
            Value::Null => 1,
            Value::String(text) => 1 + 4 * text.chars().count().min(8),
            Value::Bool(_) => 3,
            _ => 8,
        })
        .sum()
}

fn draw(
    columns: Vec<String>,
    expected: &[Expect],
    found: &[Vec<Value>],
    partner: &[Option<usize>],
    same_rows: &[bool],
    left: &[bool],
) -> Diff {
    let is_right = |at: usize| {
        let wanted = expected.iter().filter_map(|row| row.get(at)?.as_ref());
        let cells = found.iter().filter_map(|row| row.get(at)).chain(wanted);
        let mut cells = cells.filter(|it| !it.is_null()).peekable();
        cells.peek().is_some()
            && cells.all(|it| !matches!(it, Value::String(_) | Value::Dynamic(_) | Value::Bool(_)))
    };
    let right = (0..columns.len()).map(is_right).collect();
    let wanted =
        |row: &Expect| row.iter().map(|cell| cell.as_ref().map_or_else(|| "…".to_owned(), show)).collect();
    let shown = |row: &[Value]| row.iter().map(show).collect::<Vec<_>>();
    let mut rows = Vec::new();
    for (at, row) in expected.iter().enumerate() {
        let other = partner.get(at).copied().flatten().and_then(|other| found.get(other));
        rows.push(match other {
            None => DiffRow::Missing(wanted(row)),
            Some(other) if same_rows.get(at) == Some(&true) => DiffRow::Same(shown(other)),
            Some(other) => DiffRow::Changed {
                expected: row.iter().zip(other).map(|(a, b)| show(a.as_ref().unwrap_or(b))).collect(),
                found: shown(other),
                differs: row
                    .iter()
                    .zip(other)
                    .map(|(a, b)| a.as_ref().is_some_and(|a| !same(a, b)))
                    .collect(),
            },
        });
    }
    for (other, row) in found.iter().enumerate() {
        if left.get(other) == Some(&true) {
            rows.push(DiffRow::Unexpected(shown(row)));
        }
    }
    Diff { columns, right, rows }
}

/// A cell for people: null and the empty text can be told from each other, and a text stays in its line.
pub(crate) fn show(value: &Value) -> String {
    match value {
        Value::Null | Value::Dynamic(Dynamic::Null) => "null".to_owned(),
        Value::String(text) if text.is_empty() => "''".to_owned(),
        Value::String(text) if text.contains(|c: char| c.is_control()) => text
            .chars()
            .map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() })
            .collect(),
        Value::Bool(it) => it.to_string(),
        Value::DateTime(it) => it.to_short_string(),
        Value::Dynamic(it) => it.to_json(),
        other => other.to_text().to_string(),
    }
}

/// A text that is the same for rows that are the same to the letter.
fn key<'v>(row: impl Iterator<Item = &'v Value>) -> String {
    let mut text = String::new();
    for value in row {
        text.push_str(&show(value));
        text.push('\u{1f}');
    }
    text
}

/// Reals agree to nine digits; dynamic values as JSON, whatever the order of their keys.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Real(a), Value::Real(b)) => near(*a, *b),
        (Value::Dynamic(a), Value::Dynamic(b)) => same_json(&a.to_serde_json(), &b.to_serde_json()),
        (a, b) if a.is_null() || b.is_null() => a.is_null() && b.is_null(),
        _ => a == b,
    }
}

fn near(a: f64, b: f64) -> bool {
    const RELATIVE: f64 = 1e-9;
    const ABSOLUTE: f64 = 1e-12;
    let close = || (a - b).abs() <= (RELATIVE * a.abs().max(b.abs())).max(ABSOLUTE);
    a == b || (a.is_nan() && b.is_nan()) || (a.is_finite() && b.is_finite() && close())
}

fn same_json(a: &serde_json::Value, b: &serde_json::Value) -> bool {
    use serde_json::Value as Json;
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => {
            a == b || matches!((a.as_f64(), b.as_f64()), (Some(a), Some(b)) if near(a, b))
        }
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_json(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same_json(a, b)))
        }
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, count: i64) -> Vec<Value> {
        vec![name.into(), count.into()]
    }

    fn all(rows: &[Vec<Value>]) -> Vec<Expect> {
        rows.iter().map(|row| row.iter().cloned().map(Some).collect()).collect()
    }

    fn columns() -> Vec<String> {
        vec!["Name".into(), "Count".into()]
    }

    #[test]
    fn order_does_not_matter_and_counts_do() {
        let (a, b) = (row("ann", 1), row("bob", 2));
        let diff =
            |expected: &[Vec<Value>], found: &[Vec<Value>]| whole(columns(), &all(expected), found).counts();
        assert_eq!(diff(&[a.clone(), b.clone()], &[b.clone(), a.clone()]), [2, 0, 0, 0]);
        assert_eq!(diff(&[a.clone(), a.clone()], std::slice::from_ref(&a)), [1, 0, 1, 0]);
        assert_eq!(diff(std::slice::from_ref(&a), &[a.clone(), a.clone()]), [1, 0, 0, 1]);
        assert!(!in_order(&all(&[a.clone(), b.clone()]), &[b, a]));
    }

    #[test]
    fn the_nearest_row_is_shown_cell_by_cell() {
        let expected = all(&[row("ann", 1), row("bob", 2)]);
        let diff = whole(columns(), &expected, &[row("bob", 3), row("cat", 1), row("dan", 9)]);
        let changed = |expected: [&str; 2], found: [&str; 2], differs: [bool; 2]| DiffRow::Changed {
            expected: expected.map(str::to_owned).to_vec(),
            found: found.map(str::to_owned).to_vec(),
            differs: differs.to_vec(),
        };
        assert_eq!(
            diff.rows,
            [
                changed(["ann", "1"], ["cat", "1"], [true, false]),
                changed(["bob", "2"], ["bob", "3"], [false, true]),
                DiffRow::Unexpected(vec!["dan".into(), "9".into()]),
            ]
        );
        assert_eq!(diff.right, [false, true]);
    }

    #[test]
    fn each_row_that_must_be_there_has_one_of_its_own() {
        let open = vec![Some("ann".into()), None];
        let found = [row("ann", 1), row("ann", 2)];
        let exact = all(&[row("ann", 1)]).remove(0);
        assert!(contained(columns(), &[open.clone(), exact], &found).is_same());
        assert!(!contained(columns(), &[open.clone(), open.clone()], &found[..1]).is_same());
        assert_eq!(excluded(columns(), &[open], &found).counts(), [0, 0, 0, 2]);
    }

    #[test]
    fn values_that_are_the_same() {
        let json = |text: &str| Value::Dynamic(Dynamic::from_json(text).unwrap());
        assert!(same(&Value::Real(0.1 + 0.2), &Value::Real(0.3)));
        assert!(!same(&Value::Real(0.3), &Value::Real(0.300_001)));
        assert!(same(&json(r#"{"a": 1, "b": [1.0]}"#), &json(r#"{"b": [1], "a": 1}"#)));
        assert!(!same(&json("[1, 2]"), &json("[2, 1]")));
        assert!(!same(&Value::Null, &Value::Bool(false)));
    }
}
