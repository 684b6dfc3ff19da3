//! The patterns of `basket` are those of a model that tries all of them, and searching them keeps to the budget.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails should say so")]

#[path = "shared/numbers.rs"]
mod numbers;

use std::collections::BTreeSet;

use kqlite::{Code, Database, DateTime, Limits, Options, ScalarType, Schema, Table, Value};
use numbers::Numbers;

/// Values by their numbers; a pattern has none for the columns of which it does not speak.
type Cells = Vec<Option<usize>>;

fn table(rows: &[Vec<usize>], columns: usize) -> Table {
    let names: Vec<String> = (0..columns).map(|at| format!("c{at}")).collect();
    let schema = Schema::new(names.iter().map(|name| (name.as_str(), ScalarType::Long)));
    Table::from_rows(
        schema,
        rows.iter().map(|row| row.iter().map(|n| Value::Long(*n as i64)).collect::<Vec<_>>()),
    )
}

/// The closed patterns that enough rows meet, of all patterns that are made of values of rows.
fn closed(rows: &[Vec<usize>], columns: usize, threshold: f64) -> BTreeSet<(Cells, usize)> {
    let mut found = BTreeSet::new();
    for row in rows {
        for subset in 0..1_usize << columns {
            let speaks = |at: usize| subset >> at & 1 == 1;
            let met: Vec<&Vec<usize>> =
                rows.iter().filter(|it| (0..columns).all(|at| !speaks(at) || it[at] == row[at])).collect();
            let pattern: Cells =
                (0..columns).map(|at| met.iter().all(|it| it[at] == row[at]).then_some(row[at])).collect();
            if met.len() as f64 >= threshold * rows.len() as f64 && pattern.iter().any(Option::is_some) {
                found.insert((pattern, met.len()));
            }
        }
    }
    found
}

fn run(rows: &[Vec<usize>], columns: usize, query: &str) -> Table {
    let mut database = Database::new();
    database.insert("T", table(rows, columns));
    database.compile(query).unwrap().run(&database, &Options::new(DateTime::UNIX_EPOCH)).unwrap()
}

#[test]
fn basket_finds_all_closed_patterns() {
    let mut numbers = Numbers(41);
    for _ in 0..150 {
        let (columns, count) = (1 + numbers.below(4), numbers.below(14));
        let rows: Vec<Vec<usize>> =
            (0..count).map(|_| (0..columns).map(|_| numbers.below(3)).collect()).collect();
        let threshold = *numbers.of(&[0.05, 0.2, 0.34, 0.5, 1.0]);
        let answer = run(&rows, columns, &format!("T | evaluate basket({threshold}, '~', 9)"));
        let mut found = BTreeSet::new();
        let mut before = usize::MAX;
        for row in answer.rows() {
            let number = |value: &Value| if let Value::Long(n) = value { Some(*n as usize) } else { None };
            let pattern: Cells = row[3..].iter().map(number).collect();
            let met = number(&row[1]).unwrap();
            let percent = row[2].as_real().unwrap();
            assert!((percent - 100.0 * met as f64 / count as f64).abs() < 1e-9);
            let rank = met * pattern.iter().flatten().count();
            assert!(rank <= before, "patterns come by rows times columns: {answer:?}");
            before = rank;
            assert!(found.insert((pattern, met)), "no pattern comes twice: {answer:?}");
        }
        assert_eq!(found, closed(&rows, columns, threshold), "{rows:?} {threshold}");
    }
}

#[test]
fn patterns_of_sets_are_counted_in_each() {
    let mut numbers = Numbers(43);
    for _ in 0..60 {
        let rows: Vec<Vec<usize>> = (0..20).map(|_| (0..3).map(|_| numbers.below(3)).collect()).collect();
        let answer = run(&rows, 3, "T | evaluate diffpatterns(c0, '0', '1', '~', 0.1)");
        for row in answer.rows() {
            let meets = |it: &&Vec<usize>| {
                (1..3).all(|at| row[6 + at].is_null() || row[6 + at] == Value::Long(it[at] as i64))
            };
            let count = |set: usize| rows.iter().filter(|it| it[0] == set).filter(meets).count();
            assert_eq!((&row[1], &row[2]), (&Value::Long(count(0) as i64), &Value::Long(count(1) as i64)));
            assert!(row[5].as_real().unwrap() >= 10.0 && row[6].is_null(), "{answer:?}");
        }
    }
}

// Thirty columns of which each value may be with each other one have more patterns than there is room for.
#[test]
fn a_search_without_end_reaches_a_limit() {
    let mut numbers = Numbers(47);
    let rows: Vec<Vec<usize>> = (0..400).map(|_| (0..30).map(|_| numbers.below(2)).collect()).collect();
    let mut database = Database::new();
    database.insert("T", table(&rows, 30));
    for query in
        ["T | evaluate basket(0.015, '~', 1000)", "T | evaluate diffpatterns(c0, '0', '1', '~', 0.015)"]
    {
        let limits = Limits { bytes: 4 << 20, ..Limits::default() };
        let options = Options::new(DateTime::UNIX_EPOCH).limits(limits);
        let error = database.compile(query).unwrap().run(&database, &options).unwrap_err();
        assert!(error.diagnostics().iter().all(|it| it.code == Code::ByteLimit), "{error}");
    }
}
