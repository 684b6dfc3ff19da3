//! Laws of whole queries, over small random tables: the optimizer, the size of chunks, threads and the encoding of
//! strings never change an answer, and joins, groups and filters agree with models that look at one row at a time.
//! The models must not know how the engine works.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that fails should say so")]

use std::collections::BTreeMap;
use std::io::Cursor;

use kqlite::{
    Database, DateTime, Options, ScalarType, ScanCondition, ScanRequest, ScanTest, Schema, Table, TableParts,
    TableSource, Tuning, Value,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Enough rows for the texts of a table to get a dictionary.
const DICTIONARY_ROWS: usize = 300;

/// A row: a text that repeats, a long or null, a real that may be NaN or null, a bool or null.
#[derive(Debug, Clone)]
struct Row {
    s: &'static str,
    n: Option<i64>,
    x: Option<f64>,
    b: Option<bool>,
}

impl Row {
    fn values(&self) -> Vec<Value> {
        vec![
            Value::from(self.s),
            self.n.map_or(Value::Null, Value::Long),
            self.x.map_or(Value::Null, Value::Real),
            self.b.map_or(Value::Null, Value::Bool),
        ]
    }
}

fn row() -> impl Strategy<Value = Row> {
    let text = select(vec!["", "a", "b", "A", "a b", "é"]);
    let long = select(vec![None, Some(-2), Some(0), Some(1), Some(2), Some(7)]);
    let real = select(vec![None, Some(f64::NAN), Some(-1.5), Some(0.0), Some(2.0), Some(7.0)]);
    (text, long, real, any::<Option<bool>>()).prop_map(|(s, n, x, b)| Row { s, n, x, b })
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    vec(row(), 0..12)
}

fn table(rows: &[Row]) -> Table {
    let kinds = [
        ("s", ScalarType::String),
        ("n", ScalarType::Long),
        ("x", ScalarType::Real),
        ("b", ScalarType::Bool),
    ];
    Table::from_rows(Schema::new(kinds), rows.iter().map(Row::values))
}

fn database(left: &[Row], right: &[Row]) -> Database {
    let mut db = Database::new();
    db.insert("T", table(left)).insert("R", table(right));
    db
}

/// The rows again and again, until there are enough for a dictionary. Without rows there is nothing to repeat.
fn many(rows: &[Row]) -> Vec<Row> {
    rows.iter().cycle().take(if rows.is_empty() { 0 } else { DICTIONARY_ROWS }).cloned().collect()
}

fn options() -> Options {
    Options::new(DateTime::UNIX_EPOCH)
}

/// Every operator that can puts its rows aside.
fn spilling() -> Options {
    options().tuning(Tuning::SMALL).spill_to(|| Ok(Cursor::new(Vec::new())))
}

/// Sizes that take the strategies of large data over a few rows, and those that merge what threads found.
fn tunings() -> [Tuning; 2] {
    let mut merging = Tuning::SMALL;
    merging.sampled_rows = usize::MAX;
    [Tuning::SMALL, merging]
}

/// A cell as text, so that NaN is like NaN.
fn cell(value: &Value) -> String {
    value.to_json().to_string()
}

fn lines(table: &Table, ordered: bool) -> Vec<String> {
    let mut lines: Vec<String> = table.rows().map(|row| line(&row)).collect();
    if !ordered {
        lines.sort();
    }
    lines
}

fn line(row: &[Value]) -> String {
    row.iter().map(cell).collect::<Vec<_>>().join(",")
}

fn run(db: &Database, query: &str, options: &Options) -> Table {
    db.compile(query).and_then(|it| it.run(db, options)).unwrap_or_else(|error| panic!("{query}\n{error}"))
}

fn answer(db: &Database, query: &str) -> Vec<String> {
    lines(&run(db, query, &options()), false)
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

/// A predicate: as it is written, and what it is for a row.
#[derive(Debug, Clone)]
enum Predicate {
    Long(&'static str, Option<i64>),
    Columns(&'static str),
    Text(&'static str, &'static str),
    Listed(bool, Vec<i64>),
    Between(i64, i64),
    Flag,
    Not(Box<Predicate>),
    And(Box<Predicate>, Box<Predicate>),
    Or(Box<Predicate>, Box<Predicate>),
}

const COMPARISONS: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];

fn predicate() -> impl Strategy<Value = Predicate> {
    let comparison = || select(COMPARISONS.to_vec());
    let leaf = prop_oneof![
        (comparison(), select(vec![None, Some(-2), Some(0), Some(1), Some(7)]))
            .prop_map(|(operator, value)| Predicate::Long(operator, value)),
        comparison().prop_map(Predicate::Columns),
        (
            select(vec!["==", "!=", "=~", "has", "!has", "contains", "startswith"]),
            select(vec!["a", "A", "b"])
        )
            .prop_map(|(operator, text)| Predicate::Text(operator, text)),
        (any::<bool>(), vec(-2_i64..3, 1..3)).prop_map(|(negated, list)| Predicate::Listed(negated, list)),
        (-2_i64..3, -2_i64..8).prop_map(|(low, high)| Predicate::Between(low, high)),
        Just(Predicate::Flag),
    ];
    leaf.prop_recursive(3, 12, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|it| Predicate::Not(Box::new(it))),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Predicate::And(Box::new(a), Box::new(b))),
            (inner.clone(), inner).prop_map(|(a, b)| Predicate::Or(Box::new(a), Box::new(b))),
        ]
    })
}

/// `a == b` and the like: a null makes all of them null, save that one null makes `==` false and `!=` true.
fn compare<T: PartialOrd>(operator: &str, a: Option<T>, b: Option<T>) -> Option<bool> {
    let (Some(a), Some(b)) = (&a, &b) else {
        let one = a.is_some() != b.is_some();
        return match operator {
            "==" if one => Some(false),
            "!=" if one => Some(true),
            _ => None,
        };
    };
    Some(match operator {
        "==" => a == b,
        "!=" => a != b,
        "<" => a < b,
        "<=" => a <= b,
        ">" => a > b,
        _ => a >= b,
    })
}

fn has(text: &str, term: &str) -> bool {
    text.to_lowercase().split(|c: char| !c.is_alphanumeric()).any(|it| it == term.to_lowercase())
}

impl Predicate {
    fn text(&self) -> String {
        match self {
            Self::Long(operator, value) => {
                format!("n {operator} {}", value.map_or("long(null)".to_owned(), |it| it.to_string()))
            }
            Self::Columns(operator) => format!("n {operator} x"),
            Self::Text(operator, text) => format!("s {operator} '{text}'"),
            Self::Listed(negated, list) => {
                let list: Vec<String> = list.iter().map(i64::to_string).collect();
                format!("n {} ({})", if *negated { "!in" } else { "in" }, list.join(", "))
            }
            Self::Between(low, high) => format!("n between ({low} .. {high})"),
            Self::Flag => "b".to_owned(),
            Self::Not(it) => format!("not({})", it.text()),
            Self::And(a, b) => format!("({} and {})", a.text(), b.text()),
            Self::Or(a, b) => format!("({} or {})", a.text(), b.text()),
        }
    }

    fn holds(&self, row: &Row) -> Option<bool> {
        match self {
            Self::Long(operator, value) => compare(operator, row.n, *value),
            Self::Columns(operator) => compare(operator, row.n.map(|it| it as f64), row.x),
            Self::Text(operator, text) => {
                let (s, folded, wanted) = (row.s, row.s.to_lowercase(), text.to_lowercase());
                Some(match *operator {
                    "==" => s == *text,
                    "!=" => s != *text,
                    "=~" => folded == wanted,
                    "has" => has(s, text),
                    "!has" => !has(s, text),
                    "contains" => folded.contains(&wanted),
                    _ => folded.starts_with(&wanted),
                })
            }
            // A null is in no list.
            Self::Listed(negated, list) => Some(row.n.is_some_and(|n| list.contains(&n)) != *negated),
            Self::Between(low, high) => row.n.map(|n| *low <= n && n <= *high),
            Self::Flag => row.b,
            Self::Not(it) => it.holds(row).map(|it| !it),
            Self::And(a, b) => match (a.holds(row), b.holds(row)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Self::Or(a, b) => match (a.holds(row), b.holds(row)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
        }
    }
}

/// A query over the tables `T` and `R` whose answer is one multiset, and whether its order is fixed too.
fn query() -> impl Strategy<Value = (String, bool)> {
    let step = prop_oneof![
        predicate().prop_map(|it| format!("where {}", it.text())),
        Just("extend n = n + 1, s = strcat(s, '!')".to_owned()),
        Just("extend x = iff(b, x, toreal(n))".to_owned()),
        Just("project-reorder b, x".to_owned()),
        Just("join kind=inner (R | distinct s, r = n) on s | project s, n = coalesce(n, r), x, b".to_owned()),
        Just("join kind=leftouter (R | distinct n) on n | project s, n, x, b".to_owned()),
        Just("join kind=leftanti R on n, s".to_owned()),
        Just("lookup (R | summarize m = max(n) by s) on s | project s, n = m, x, b".to_owned()),
        Just("union R".to_owned()),
        Just("distinct s, n, x, b".to_owned()),
        Just("summarize n = sum(n), x = max(x), b = countif(b) > 1 by s".to_owned()),
        Just(
            "extend d = pack_array(n, s) | mv-expand e = d | extend s = tostring(e) | project s, n, x, b"
                .to_owned()
        ),
    ];
    let last = select(vec![
        ("", false),
        ("| count", true),
        ("| summarize count(), sum(n), min(s), max(x), dcount(n) by s", false),
        ("| sort by s asc, n desc, x asc, b desc", true),
        ("| top 3 by s asc, n | project s", true),
        ("| sort by s asc, n asc | extend r = row_number() | project s, n, r", true),
        ("| summarize count() by n | sort by n asc nulls last", true),
    ]);
    (vec(step, 0..4), last).prop_map(|(steps, (last, ordered))| {
        let last = if last.starts_with("| top") { "| top 3 by s asc | project s" } else { last };
        let steps: String = steps.iter().map(|it| format!("| {it}\n")).collect();
        (format!("T\n{steps}{last}"), ordered)
    })
}

const JOINS: [&str; 9] = [
    "inner",
    "innerunique",
    "leftouter",
    "rightouter",
    "fullouter",
    "leftsemi",
    "leftanti",
    "rightsemi",
    "rightanti",
];

/// Joins on `n`, by nested loops. Null matches null.
fn join_model(kind: &str, left: &[Row], right: &[Row]) -> Vec<String> {
    let same = |a: &Row, b: &Row| a.n == b.n;
    let with = |row: &Row, others: &[Row]| others.iter().any(|other| same(row, other));
    let nothing = [Value::from(""), Value::Null, Value::Null, Value::Null];
    let mut out = Vec::new();
    match kind {
        "leftsemi" => out.extend(left.iter().filter(|row| with(row, right)).map(|row| line(&row.values()))),
        "leftanti" => out.extend(left.iter().filter(|row| !with(row, right)).map(|row| line(&row.values()))),
        "rightsemi" => out.extend(right.iter().filter(|row| with(row, left)).map(|row| line(&row.values()))),
        "rightanti" => out.extend(right.iter().filter(|row| !with(row, left)).map(|row| line(&row.values()))),
        _ => {
            for (at, row) in left.iter().enumerate() {
                if kind == "innerunique" && with(row, &left[..at]) {
                    continue;
                }
                for other in right.iter().filter(|other| same(row, other)) {
                    out.push(line(&[row.values(), other.values()].concat()));
                }
                if matches!(kind, "leftouter" | "fullouter") && !with(row, right) {
                    out.push(line(&[row.values(), nothing.to_vec()].concat()));
                }
            }
            if matches!(kind, "rightouter" | "fullouter") {
                for other in right.iter().filter(|other| !with(other, left)) {
                    out.push(line(&[nothing.to_vec(), other.values()].concat()));
                }
            }
        }
    }
    sorted(out)
}

/// `count(), sum(n), min(n), max(n), dcount(n), make_set(n), countif(b)` by `s`.
fn summarize_model(rows: &[Row]) -> Vec<String> {
    let mut groups: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        groups.entry(row.s).or_default().push(row);
    }
    let lines = groups.into_iter().map(|(key, rows)| {
        let mut numbers: Vec<i64> = rows.iter().filter_map(|row| row.n).collect();
        let sum: i64 = numbers.iter().sum();
        numbers.sort_unstable();
        numbers.dedup();
        let optional = |it: Option<&i64>| it.map_or(Value::Null, |it| Value::Long(*it));
        let set = format!("[{}]", numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(","));
        let flags = rows.iter().filter(|row| row.b == Some(true)).count();
        line(&[
            Value::from(key),
            Value::Long(rows.len() as i64),
            Value::Long(sum),
            optional(numbers.first()),
            optional(numbers.last()),
            Value::Long(numbers.len() as i64),
            Value::from(set.as_str()),
            Value::Long(flags as i64),
        ])
    });
    sorted(lines.collect())
}

/// A source of rows in parts that gives what it is asked for and nothing else, or ignores all that it may.
struct Source {
    rows: Vec<Row>,
    part_rows: usize,
    obeys: bool,
}

/// Whether a row meets a condition, by what the documentation of [`ScanTest`] says.
fn meets(row: &Row, condition: &ScanCondition<'_>) -> bool {
    let place = ["s", "n", "x", "b"].iter().position(|it| *it == condition.column).unwrap();
    let value = &row.values()[place];
    // Values of one type, none of them null.
    let order = |other: &Value| match (value, other) {
        (Value::Long(a), Value::Long(b)) => a.partial_cmp(b),
        (Value::Real(a), Value::Real(b)) => a.partial_cmp(b),
        (Value::String(a), Value::String(b)) => a.partial_cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.partial_cmp(b),
        (Value::Null, Value::Null) => panic!("a condition has a null: {condition:?}"),
        (Value::Null, _) => None,
        _ => panic!("a condition has a value of another type: {condition:?}"),
    };
    let is = |other: &Value| order(other).is_some_and(|it| it.is_eq());
    match &condition.test {
        ScanTest::Equal(other) => is(other),
        ScanTest::NotEqual(other) => !is(other),
        ScanTest::Less(other) => order(other).is_some_and(|it| it.is_lt()),
        ScanTest::LessOrEqual(other) => order(other).is_some_and(|it| it.is_le()),
        ScanTest::Greater(other) => order(other).is_some_and(|it| it.is_gt()),
        ScanTest::GreaterOrEqual(other) => order(other).is_some_and(|it| it.is_ge()),
        ScanTest::In(others) => others.iter().any(is),
        ScanTest::NotIn(others) => !others.iter().any(is),
        ScanTest::StartsWith(text) => row.s.starts_with(text),
        ScanTest::EndsWith(text) => row.s.ends_with(text),
        ScanTest::Contains(text) => row.s.contains(text),
        ScanTest::HasTerm(term) => row.s.split(|c: char| !c.is_alphanumeric()).any(|it| it == term),
        other => panic!("an unknown test: {other:?}"),
    }
}

impl TableSource for Source {
    fn schema(&self) -> Schema {
        table(&[]).schema().clone()
    }

    fn scan<'a>(&'a self, request: ScanRequest<'a>) -> Result<TableParts<'a>, String> {
        if !self.obeys {
            return Ok(Box::new(self.rows.chunks(self.part_rows).map(|rows| Ok(table(rows)))));
        }
        let kept: Vec<&Row> =
            self.rows.iter().filter(|row| request.conditions.iter().all(|it| meets(row, it))).collect();
        let kept = kept[..request.limit.unwrap_or(kept.len()).min(kept.len())].to_vec();
        let schema = self.schema();
        // No columns but those that were asked for, the last one first.
        let narrow = |rows: &[Row], columns: &[&str]| {
            let whole = table(rows);
            let wanted = schema.columns.iter().rev().filter(|it| columns.contains(&&*it.name));
            let wanted = Schema::new(wanted.map(|it| (it.name.clone(), it.data_type)));
            if wanted.is_empty() {
                return Table::without_columns(rows.len());
            }
            let row =
                |at: usize| wanted.names().map(|name| whole.value(at, name).unwrap()).collect::<Vec<_>>();
            Table::from_rows(wanted.clone(), (0..rows.len()).map(row))
        };
        let parts: Vec<Table> = kept
            .chunks(self.part_rows)
            .map(|rows| {
                let rows: Vec<Row> = rows.iter().map(|row| (*row).clone()).collect();
                let passing = request.passing_rows(&narrow(&rows, request.filter_columns()));
                let rows = match passing {
                    Some(passing) => passing.into_iter().map(|at| rows[at as usize].clone()).collect(),
                    None => rows,
                };
                narrow(&rows, &request.columns)
            })
            .collect();
        Ok(Box::new(parts.into_iter().map(Ok)))
    }
}

fn sources(left: &[Row], right: &[Row], part_rows: usize, obeys: bool) -> Database {
    let mut db = Database::new();
    for (name, rows) in [("T", left), ("R", right)] {
        db.add_source(name, Source { rows: rows.to_vec(), part_rows, obeys });
    }
    db
}

/// What reads a table, and may want only its first rows.
fn reader() -> impl Strategy<Value = String> {
    let step = prop_oneof![
        3 => predicate().prop_map(|it| format!("where {}", it.text())),
        1 => select(vec!["startswith_cs", "has_cs", "contains_cs", "endswith_cs"]).prop_map(|it| format!("where s {it} 'a'")),
        1 => Just("where n in (dynamic([1, 2])) or b".to_owned()),
        1 => Just("where x >= 0 and x in (0, 2)".to_owned()),
        2 => (0_usize..6).prop_map(|count| format!("take {count}")),
        1 => Just("extend m = n + 1, s = s".to_owned()),
        1 => Just("union R".to_owned()),
        1 => Just("where n in ((R | where n > 0 | project n))".to_owned()),
    ];
    vec(step, 0..4)
        .prop_map(|steps| steps.iter().fold("T".to_owned(), |text, step| format!("{text} | {step}")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_a_source_makes_of_a_request_never_changes_an_answer(
        left in rows(),
        right in rows(),
        (text, ordered) in query(),
        reader in reader(),
        part in 1_usize..5,
        threads in 1_usize..3,
    ) {
        let memory = database(&left, &right);
        for (text, ordered) in [(&text, ordered), (&reader, true)] {
            let expected = lines(&run(&memory, text, &options()), ordered);
            for obeys in [false, true] {
                let db = sources(&left, &right, part, obeys);
                for options in [options().threads(threads), options().without_optimizer().chunk_rows(part)] {
                    let found = lines(&run(&db, text, &options), ordered);
                    prop_assert_eq!(&expected, &found, "{}\nobeys: {}", text, obeys);
                }
            }
        }
    }

    #[test]
    fn how_a_query_is_run_never_changes_its_answer(
        left in rows(),
        right in rows(),
        (text, ordered) in query(),
        chunk in 1_usize..4,
    ) {
        let db = database(&left, &right);
        let whole = run(&db, &text, &options());
        let expected = lines(&whole, ordered);
        for other in [
            options().without_optimizer(),
            options().chunk_rows(chunk),
            options().chunk_rows(chunk).threads(2),
            options().without_optimizer().chunk_rows(chunk).threads(2),
            options().chunk_rows(chunk).threads(2).tuning(tunings()[0]),
            options().chunk_rows(chunk).threads(2).tuning(tunings()[1]),
            options().without_optimizer().chunk_rows(chunk).threads(3).tuning(tunings()[0]),
            spilling().chunk_rows(chunk),
            spilling().without_optimizer().chunk_rows(chunk).threads(2).tuning(tunings()[1]),
        ] {
            let found = run(&db, &text, &other);
            prop_assert_eq!(whole.schema(), found.schema(), "{}", &text);
            prop_assert_eq!(&expected, &lines(&found, ordered), "{}\n{:?}", &text, other);
        }
    }

    #[test]
    fn where_agrees_with_three_valued_logic(rows in rows(), predicate in predicate()) {
        let text = predicate.text();
        let kept = |rows: &[Row]| {
            sorted(rows.iter().filter(|row| predicate.holds(row) == Some(true)).map(|row| line(&row.values())).collect())
        };
        let query = format!("T | where {text}");
        let db = database(&rows, &[]);
        prop_assert_eq!(kept(&rows), answer(&db, &query), "{}", &query);
        let shown: Vec<String> = rows.iter().map(|row| predicate.holds(row).map_or(Value::Null, Value::Bool)).map(|it| cell(&it)).collect();
        prop_assert_eq!(shown, lines(&run(&db, &format!("T | project p = {text}"), &options()), true), "{}", &query);
        let rows = many(&rows);
        prop_assert_eq!(kept(&rows), answer(&database(&rows, &[]), &query), "dictionary: {}", &query);
    }

    #[test]
    fn joins_agree_with_nested_loops(left in rows(), right in rows(), kind in select(JOINS.to_vec()), chunk in 1_usize..4) {
        let query = format!("T | join kind={kind} R on n");
        let expected = join_model(kind, &left, &right);
        let db = database(&left, &right);
        // Which left row of a key innerunique keeps is not fixed: only the others are told apart.
        let keys = |lines: Vec<String>| if kind == "innerunique" { vec![lines.len().to_string()] } else { lines };
        prop_assert_eq!(keys(expected.clone()), keys(answer(&db, &query)), "{}", &query);
        let chunks = lines(&run(&db, &query, &options().chunk_rows(chunk).threads(2)), false);
        prop_assert_eq!(keys(expected.clone()), keys(chunks), "{}", &query);
        let small = options().chunk_rows(chunk).threads(2).tuning(Tuning::SMALL);
        prop_assert_eq!(keys(expected.clone()), keys(lines(&run(&db, &query, &small), false)), "small: {}", &query);
        let spilled = lines(&run(&db, &query, &spilling().chunk_rows(chunk)), false);
        prop_assert_eq!(keys(expected), keys(spilled), "spilled: {}", &query);
    }

    #[test]
    fn groups_agree_with_a_map(rows in rows(), chunk in 1_usize..4) {
        let query = "T | summarize count(), sum(n), min(n), max(n), dcount(n), \
            tostring(array_sort_asc(make_set(n))), countif(b) by s";
        prop_assert_eq!(summarize_model(&rows), answer(&database(&rows, &[]), query));
        let db = database(&rows, &[]);
        prop_assert_eq!(summarize_model(&rows), lines(&run(&db, query, &options().chunk_rows(chunk)), false));
        for tuning in tunings() {
            let options = options().chunk_rows(chunk).threads(2).tuning(tuning);
            prop_assert_eq!(summarize_model(&rows), lines(&run(&db, query, &options), false), "{:?}", tuning);
        }
        let spilled = lines(&run(&db, query, &spilling().chunk_rows(chunk)), false);
        prop_assert_eq!(summarize_model(&rows), spilled, "spilled");
        let rows = many(&rows);
        prop_assert_eq!(summarize_model(&rows), answer(&database(&rows, &[]), query), "dictionary");
    }

    #[test]
    fn sort_agrees_with_the_rows(rows in rows(), descending in any::<bool>()) {
        let query = format!("T | sort by n {}, s asc | project n, s", if descending { "desc" } else { "asc" });
        let mut expected: Vec<(Option<i64>, &str)> = rows.iter().map(|row| (row.n, row.s)).collect();
        // Null is less than every value, whichever way it goes.
        expected.sort_by(|a, b| (if descending { b.0.cmp(&a.0) } else { a.0.cmp(&b.0) }).then(a.1.cmp(b.1)));
        let expected: Vec<String> =
            expected.iter().map(|(n, s)| line(&[n.map_or(Value::Null, Value::Long), Value::from(*s)])).collect();
        prop_assert_eq!(expected, lines(&run(&database(&rows, &[]), &query, &options()), true), "{}", &query);
    }

    #[test]
    fn any_text_is_checked_without_a_panic(text in any::<String>()) {
        let _ = Database::new().check(&text);
    }

    #[test]
    fn pieces_of_queries_are_checked_without_a_panic(pieces in vec(select(PIECES.to_vec()), 0..24)) {
        let text = pieces.concat();
        let db = database(&[], &[]);
        for finding in db.check(&text).diagnostics() {
            prop_assert!(finding.span().range().end <= text.len(), "{:?}", &text);
        }
        // What is refused says why.
        if let Err(error) = db.compile(&text) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}

const PIECES: [&str; 48] = [
    "T",
    " | ",
    "where ",
    "n",
    " == ",
    "1",
    "'a'",
    "\"",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ";",
    "\n",
    "let ",
    "f",
    " = ",
    "summarize ",
    "count()",
    " by ",
    "join ",
    "kind=",
    "inner ",
    " on ",
    "extend ",
    "project ",
    "*",
    "-",
    "dynamic(",
    "..",
    "datatable",
    "x:long",
    "mv-expand ",
    "parse ",
    "with ",
    "union ",
    "sort ",
    "asc",
    "1h",
    "é😀",
    " and ",
    "in ",
    "//",
    "@'",
    "T | where n > 1 | ",
];

/// Enough rows for every way of sharing work between threads.
#[test]
fn threads_never_change_an_answer_over_many_rows() {
    let rows = "range x from 1 to 40000 step 1 | extend r = x * 7919 % 40009, t = strcat('k', x * 31 % 20011), s = strcat('s', x % 7)";
    let db = Database::new();
    for query in [
        // Nearly as many groups as rows: numbers, texts, both, with nulls.
        "summarize count(), sum(x), make_list(x), arg_max(x, s) by r",
        "summarize count(), make_set(s), take_any(x) by t",
        "summarize dcount(t), min(x) by r, t = iff(x % 3 == 0, '', t), n = iff(x % 5 == 0, long(null), x)",
        "summarize max(r) by k = tostring(parse_json(strcat('[', x % 20000, ']'))[0]), x = x / 2.0 | summarize count(), sum(max_r)",
        // Few groups, many distinct values.
        "summarize dcount(t), count_distinct(r), make_list(x, 100), make_set(t, 100) by s",
        "summarize count(), dcount(t), percentile(r, 50)",
        "distinct t, s",
        "where x % 2 == 0 | summarize count() by t | where count_ > 1 | order by t asc",
        // A filter that leaves nothing of the first chunks.
        "where x > 30000 | summarize count(), make_list(x, 3) by t",
        "sort by s asc, r desc",
        "sort by t asc",
        "sort by t asc, x desc | extend n = row_number() | where n % 1000 == 0",
        "top 1000 by r",
        "mv-expand y = pack_array(x, r) to typeof(long) | summarize count(), sum(y) by s",
        "mv-expand y = range(1, x % 5, 1) | summarize count() by tostring(y), s",
        "mv-expand y = split(t, '1') to typeof(string) limit 2 | summarize count() by y",
        "join kind=inner (range y from 1 to 40000 step 3 | project x = y, z = y % 10) on x | summarize count(), sum(z) by s",
        "join kind=leftanti (range y from 1 to 40000 step 3 | project t = strcat('k', y)) on t | summarize count() by s",
        "parse t with 'k' n:long | summarize count(), sum(n) by s",
    ] {
        let text = format!("{rows} | {query}");
        let expected = run(&db, &text, &options());
        for (threads, chunk) in [(1, 5000), (2, 5000), (3, 4099), (2, 65536)] {
            let found = run(&db, &text, &options().threads(threads).chunk_rows(chunk));
            assert!(found == expected, "{threads} threads, chunks of {chunk}: {query}");
        }
        for tuning in tunings() {
            let found = run(&db, &text, &options().threads(2).chunk_rows(4099).tuning(tuning));
            assert!(found == expected, "{tuning:?}: {query}");
        }
    }
}

/// The last row that matched each step of a scan, and the number of the match; values are `n` and `m`.
#[derive(Clone)]
struct Sequence {
    rows: Vec<Option<(Option<i64>, i64)>>,
    number: i64,
}

/// A step: its condition, whether it fills `m`, and its output.
type Step = (usize, bool, &'static str);

const CONDITIONS: [&str; 7] =
    ["true", "n == 2", "n > s.n", "b", "n + s.m > 3", "isnull(s.n) and n < 2", "n > 0 and n != s.n"];

/// Whether a row meets a condition, with what is remembered of a step.
fn meets_step(condition: usize, row: &Row, remembered: Option<(Option<i64>, i64)>) -> bool {
    let n_before = remembered.and_then(|it| it.0);
    let m_before = remembered.map_or(0, |it| it.1);
    let both = row.n.zip(n_before);
    match condition {
        0 => true,
        1 => row.n == Some(2),
        2 => both.is_some_and(|(n, before)| n > before),
        3 => row.b == Some(true),
        4 => row.n.is_some_and(|n| n + m_before > 3),
        5 => n_before.is_none() && row.n.is_some_and(|n| n < 2),
        // No value is the same as null.
        _ => row.n.is_some_and(|n| n > 0 && n_before != Some(n)),
    }
}

/// Scan by the words of its page, a row at a time: n, m and the number of the match of each row that comes out.
fn scan_model(rows: &[Row], steps: &[Step]) -> Vec<String> {
    let mut states: Vec<Option<Sequence>> = vec![None; steps.len()];
    let mut next = 0;
    let mut out = Vec::new();
    for row in rows {
        for at in (0..steps.len()).rev() {
            let (condition, fills, output) = steps[at];
            let read = at.saturating_sub(1);
            let remembered = |state: &Option<Sequence>| state.as_ref().and_then(|it| *it.rows.get(read)?);
            let m_of = |state: &Option<Sequence>| {
                if fills { row.n.unwrap_or(-9) + remembered(state).map_or(0, |it| it.1) } else { 0 }
            };
            let (m, number);
            if at > 0 && states[at - 1].is_some() && meets_step(condition, row, remembered(&states[at - 1])) {
                m = m_of(&states[at - 1]);
                let mut sequence = states[at - 1].take().unwrap();
                sequence.rows.resize(at, None);
                sequence.rows.push(Some((row.n, m)));
                number = sequence.number;
                states[at] = Some(sequence);
            } else if (at == 0 || states[at].is_some()) && meets_step(condition, row, remembered(&states[at]))
            {
                m = m_of(&states[at]);
                let state = states[at].get_or_insert_with(|| {
                    next += 1;
                    Sequence { rows: Vec::new(), number: next - 1 }
                });
                state.rows.resize(at, None);
                state.rows.push(Some((row.n, m)));
                number = state.number;
            } else {
                continue;
            }
            if output != "none" {
                let n = row.n.map_or_else(|| "null".to_owned(), |n| n.to_string());
                out.push(format!("{n},{m},{number}"));
            }
        }
    }
    out
}

fn scan_query(steps: &[Step]) -> String {
    let step = |(at, (condition, fills, output)): (usize, &Step)| {
        // Each step reads what the step before it remembers; the first one what it remembers itself.
        let read = format!("s{}.", at.saturating_sub(1));
        let condition = CONDITIONS[*condition].replace("s.", &read);
        let filled = if *fills { format!(" => m = coalesce(n, -9) + {read}m") } else { String::new() };
        format!("step s{at} output={output}: {condition}{filled};")
    };
    let steps: Vec<String> = steps.iter().enumerate().map(step).collect();
    format!(
        "T | serialize | scan with_match_id=i declare (m: long = 0) with ({}) | project n, m, i",
        steps.join(" ")
    )
}

/// A key, and the count and the sum of each bin.
type Series<'k> = (&'k str, BTreeMap<i64, (i64, i64)>);

/// make-series by the words of its page: counts and sums of `n` in bins of itself.
fn series_model(rows: &[Row], from: Option<i64>, to: Option<i64>, step: i64) -> Vec<String> {
    let mut groups: Vec<Series<'_>> = Vec::new();
    let origin = from.unwrap_or(0);
    for row in rows {
        let Some(n) = row.n.filter(|n| from.is_none_or(|from| *n >= from) && to.is_none_or(|to| *n < to))
        else {
            continue;
        };
        let at = match groups.iter().position(|(key, _)| *key == row.s) {
            Some(at) => at,
            None => {
                groups.push((row.s, BTreeMap::new()));
                groups.len() - 1
            }
        };
        let bin = groups[at].1.entry((n - origin).div_euclid(step)).or_default();
        *bin = (bin.0 + 1, bin.1 + n);
    }
    let line = |(key, bins): &Series<'_>| {
        let first = if from.is_some() { 0 } else { *bins.keys().next().unwrap() };
        let last = bins.keys().last().unwrap();
        let (mut counts, mut sums, mut axis) = (Vec::new(), Vec::new(), Vec::new());
        let mut bin = first;
        while to.map_or(bin <= *last, |to| origin + bin * step < to) {
            counts.push(bins.get(&bin).map_or(0, |it| it.0).to_string());
            sums.push(bins.get(&bin).map_or_else(|| "null".to_owned(), |it| it.1.to_string()));
            axis.push((origin + bin * step).to_string());
            bin += 1;
        }
        let [counts, sums, axis] = [counts, sums, axis].map(|it| format!("[{}]", it.join(",")));
        format!("\"{key}\",{counts},{sums},{axis}")
    };
    groups.iter().map(line).collect()
}

/// The first groups of rows by a key, by the sum of `n` down and by their first rows; with others behind them.
fn tops<'r>(rows: &[&'r Row], key: fn(&Row) -> String, count: usize) -> Vec<(Option<String>, Vec<&'r Row>)> {
    let mut groups: Vec<(Option<String>, Vec<&Row>)> = Vec::new();
    for row in rows {
        match groups.iter_mut().find(|(known, _)| *known == Some(key(row))) {
            Some((_, rows)) => rows.push(row),
            None => groups.push((Some(key(row)), vec![row])),
        }
    }
    groups.sort_by_key(|(_, rows)| -sum_of(rows));
    let others: Vec<&Row> = groups.iter().skip(count).flat_map(|(_, rows)| rows.clone()).collect();
    groups.truncate(count);
    if !others.is_empty() {
        groups.push((None, others));
    }
    groups
}

fn sum_of(rows: &[&Row]) -> i64 {
    rows.iter().filter_map(|row| row.n).sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn scan_matches_as_its_page_says(
        rows in vec(row(), 0..20),
        steps in vec((0..CONDITIONS.len(), any::<bool>(), select(vec!["all", "none"])), 1..4),
        chunk_rows in 1_usize..6,
    ) {
        let db = database(&rows, &[]);
        let query = scan_query(&steps);
        let found = lines(&run(&db, &query, &options()), true);
        prop_assert_eq!(&found, &scan_model(&rows, &steps), "{}", query);
        let small = options().chunk_rows(chunk_rows);
        prop_assert_eq!(found, lines(&run(&db, &query, &small), true), "{}", query);
    }

    #[test]
    fn series_have_an_item_for_each_bin(
        rows in vec(row(), 0..20),
        from in select(vec![None, Some(-3_i64), Some(0), Some(1)]),
        to in select(vec![None, Some(0_i64), Some(2), Some(9)]),
        step in 1_i64..4,
        chunk_rows in 1_usize..6,
    ) {
        let db = database(&rows, &[]);
        let bound = |word: &str, it: Option<i64>| it.map_or_else(String::new, |it| format!("{word} {it} "));
        let query = format!(
            "T | make-series count(), sum(n) default=long(null) on n {}{}step {step} by s",
            bound("from", from), bound("to", to)
        );
        let found = lines(&run(&db, &query, &options()), true);
        prop_assert_eq!(&found, &series_model(&rows, from, to, step), "{}", query);
        for tuning in tunings() {
            let other = options().chunk_rows(chunk_rows).tuning(tuning).threads(2);
            prop_assert_eq!(&found, &lines(&run(&db, &query, &other), true), "{}", query);
        }
    }

    #[test]
    fn nested_tops_are_tops_of_tops(
        rows in vec(row(), 0..20), outer in 1_usize..4, inner in 1_usize..3, chunk_rows in 1_usize..6,
    ) {
        let db = database(&rows, &[]);
        let query = format!(
            "T | extend n = coalesce(n, 0), t = tostring(b) \
             | top-nested {outer} of s with others='-' by sum(n), top-nested {inner} of t with others='-' by sum(n)"
        );
        let all: Vec<&Row> = rows.iter().collect();
        let mut expected = Vec::new();
        let flag: fn(&Row) -> String = |row| row.b.map_or_else(String::new, |b| if b { "True" } else { "False" }.to_owned());
        let cell = |key: &Option<String>| key.clone().unwrap_or_else(|| "-".to_owned());
        for (key, of_key) in tops(&all, |row| row.s.to_owned(), outer) {
            let within = if key.is_none() { vec![(None, of_key.clone())] } else { tops(&of_key, flag, inner) };
            for (inner, of_both) in within {
                expected.push(format!(
                    "\"{}\",{},\"{}\",{}", cell(&key), sum_of(&of_key), cell(&inner), sum_of(&of_both)
                ));
            }
        }
        let expected = sorted(expected);
        prop_assert_eq!(&answer(&db, &query), &expected, "{}", query);
        for tuning in tunings() {
            let other = options().chunk_rows(chunk_rows).tuning(tuning).threads(2);
            prop_assert_eq!(&lines(&run(&db, &query, &other), false), &expected, "{}", query);
        }
    }
}
