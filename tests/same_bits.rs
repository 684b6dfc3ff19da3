//! Sums, means and spreads of reals and decimals are the same bit by bit, however a query is run and in whatever order the
//! rows come. The model is a sum of integers, which is exact.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that fails should say so")]

use std::io::Cursor;

use kqlite::{Database, DateTime, Decimal, Options, ScalarType, Schema, Table, Tuning, Value};
use proptest::prelude::*;
use proptest::sample::select;

/// The reals of a row: numbers far apart, whose sums depend on the order if they are rounded on the way.
fn real(row: i64) -> f64 {
    match row % 7 {
        0 => 1e16,
        1 => -1e16,
        2 => 1e-9 * row as f64,
        3 => 0.1,
        _ => 1.0 / row as f64,
    }
}

fn table(rows: i64) -> Table {
    let schema = Schema::new([
        ("i", ScalarType::Long),
        ("k", ScalarType::Long),
        ("x", ScalarType::Real),
        ("y", ScalarType::Real),
        ("z", ScalarType::Real),
        ("d", ScalarType::Decimal),
    ]);
    let row = |i: i64| {
        vec![
            Value::Long(i),
            Value::Long(i * 7_919 % 13),
            Value::Real(real(i)),
            Value::Real(1.0 / i as f64),
            if i % 5 == 0 { Value::Null } else { Value::Real(0.1 * (i % 1000) as f64 - 30.0) },
            Value::Decimal(Decimal::parse(&format!("{}.{i}", 7_i64.pow((i % 22) as u32))).unwrap()),
        ]
    };
    Table::from_rows(schema, (1..=rows).map(row))
}

fn database(rows: i64) -> Database {
    let mut database = Database::new();
    database.insert("T", table(rows));
    database
}

/// Every cell, reals by their bits.
fn bits(database: &Database, text: &str, options: &Options) -> Vec<Vec<String>> {
    let query = database.compile(text).unwrap_or_else(|error| panic!("{text}\n{error}"));
    let table = query.run(database, options).unwrap_or_else(|error| panic!("{text}\n{error}"));
    let cell = |value: &Value| match value {
        Value::Real(real) => format!("{real:e} {:016x}", real.to_bits()),
        other => format!("{other:?}"),
    };
    table.rows().map(|row| row.iter().map(cell).collect()).collect()
}

fn options() -> Options {
    Options::new(DateTime::UNIX_EPOCH)
}

/// Many groups are partitioned, and few ones merged, from the first rows on.
fn merging() -> Tuning {
    let mut tuning = Tuning::SMALL;
    tuning.sampled_rows = usize::MAX;
    tuning
}

const AGGREGATES: &str = "sum(x), sum(y), sumif(y, i % 3 == 0), sum(d), avg(x), avg(y), avg(d), avgif(z, i > 9), \
                          stdev(x), stdevp(y), variance(z), variancep(y), stdevif(y, i % 2 == 0), covariance(x, y), \
                          covariancep(y, z)";

/// Each way to run a query gives the same as one thread.
fn assert_same(database: &Database, text: &str) {
    let expected = bits(database, text, &options());
    for (threads, rows) in [(1, 1000), (2, 4096), (3, 1000), (7, 65_536)] {
        let found = bits(database, text, &options().threads(threads).chunk_rows(rows));
        assert!(found == expected, "{threads} threads, chunks of {rows}: {text}");
    }
    let plain = options().without_optimizer().threads(2);
    assert!(bits(database, text, &plain) == expected, "not optimized: {text}");
}

#[test]
fn threads_and_chunks_change_no_bit() {
    let few = database(20_000);
    for by in ["", " by k", " by i / 3"] {
        assert_same(&few, &format!("T | summarize {AGGREGATES}{by}"));
    }
    let many = database(300_000);
    assert_same(&many, "T | summarize sum(x), avg(y), stdev(x)");
    assert_same(&many, "T | summarize sum(x), avg(y) by k");
}

/// What is known without a computer: a sum of whole multiples of a power of two.
#[test]
fn sums_are_the_nearest_reals_to_the_exact_ones() {
    let mut database = Database::new();
    // 10^16 - 10^16 leaves the small ones: 100,000 times 2^-40 + 3.
    let rows = (0..400_000_i64).map(|i| {
        let x = match i % 4 {
            0 => 1e16,
            1 => 2_f64.powi(-40),
            2 => -1e16,
            _ => 3.0,
        };
        [Value::Real(x)].to_vec()
    });
    database.insert("T", Table::from_rows(Schema::new([("x", ScalarType::Real)]), rows));
    let sum = 300_000.0 + 100_000.0 * 2_f64.powi(-40);
    // Equal numbers have no spread, whatever their digits.
    let text = "T | summarize sum(x), avg(x), stdev(x * 0 + 0.1), variance(x * 0 + 1e15 / 3)";
    for threads in [1, 2, 3, 7] {
        let table = database.compile(text).unwrap().run(&database, &options().threads(threads)).unwrap();
        let row: Vec<Value> = table.rows().next().unwrap();
        assert_eq!(row, [sum, sum / 400_000.0, 0.0, 0.0].map(Value::Real));
    }
}

#[test]
fn infinities_and_nans_are_the_same_in_any_order() {
    let database = Database::new();
    let rows = "range i from 1 to 1000 step 1 | extend x = case(i % 400 == 1, real(+inf), i % 450 == 2, real(-inf), 1.0 / i), \
                k = i / 300";
    for order in ["asc", "desc"] {
        for threads in [1, 3] {
            let text = format!(
                "{rows} | sort by i {order} | summarize s = sum(x), a = avg(x), v = stdev(x) by k | sort by k asc | project s, a, v"
            );
            let options = options().threads(threads).chunk_rows(100).tuning(merging()).without_optimizer();
            let found = database.compile(&text).unwrap().run(&database, &options).unwrap();
            let cells: Vec<String> = found
                .rows()
                .map(|row| row.iter().map(|it| it.to_json().to_string()).collect::<Vec<_>>().join(" "))
                .collect();
            // Below 300 both infinities stand, from 300 to 599 +inf and -inf (401 and 452), then no -inf but at 902.
            assert_eq!(cells[0], r#""NaN" "NaN" "NaN""#);
            assert_eq!(cells[1], r#""NaN" "NaN" "NaN""#);
            assert_eq!(cells[2], r#""Infinity" "Infinity" "NaN""#);
            assert_eq!(cells[3], r#""-Infinity" "-Infinity" "NaN""#);
        }
    }
}

#[test]
fn a_seed_gives_the_same_rows_and_numbers() {
    let database = database(5000);
    for text in [
        "T | sample 20 | project i",
        "T | where i % 3 == 0 | sample 700 | summarize sum(x)",
        "T | extend r = rand() | summarize sum(r)",
        "T | extend r = rand(), s = rand(), t = rand(10) | project r, s, t, g = new_guid()",
        "let f = (n: long) { rand(100) + n }; T | extend r = f(i), s = f(i + 1) | where rand() < 0.5 | project i, r, s",
    ] {
        let options = |threads, rows| options().seed(7).threads(threads).chunk_rows(rows);
        let expected = bits(&database, text, &options(1, 5000));
        for (threads, rows) in [(1, 7), (2, 100), (3, 64), (7, 1000)] {
            assert!(bits(&database, text, &options(threads, rows)) == expected, "{threads}, {rows}: {text}");
        }
        assert!(bits(&database, text, &options(1, 5000).seed(8)) != expected, "{text}");
    }
}

/// A pipeline that ends in sums of reals.
fn pipeline() -> impl Strategy<Value = String> {
    let step = prop_oneof![
        (2..9_i64).prop_map(|n| format!("where i % {n} != 0")),
        (-3..3_i32).prop_map(|n| format!("extend x = x * 1e{n}, y = y / 3")),
        Just("where x > 0 or y < 0.01".to_owned()),
        Just("extend y = iff(i % 97 == 0, x, y)".to_owned()),
        Just("sort by x desc, i asc".to_owned()),
        Just("union (T | where i < 60)".to_owned()),
        Just(
            "join kind=leftouter (T | where i % 5 == 1 | project i, w = x) on i | extend z = coalesce(w, z)"
                .to_owned()
        ),
        Just("mv-expand m = range(1, 3) to typeof(long) | extend y = y * m".to_owned()),
        Just(
            "summarize x = sum(x), y = avg(y), z = stdev(z), i = max(i), d = sum(d) by k, b = i % 50"
                .to_owned()
        ),
        Just(
            "summarize x = avg(x), y = sum(y), z = sum(z), i = count(), d = avg(d) by k = i % 250".to_owned()
        ),
    ];
    let aggregates = vec![
        "sum(x)",
        "sum(y)",
        "avg(x)",
        "avg(y)",
        "sumif(x, i % 2 == 0)",
        "avgif(z, y > 0.001)",
        "stdev(y)",
        "stdevp(x)",
        "variance(z)",
        "variancep(y)",
        "covariance(x, y)",
        "covariancep(y, z)",
        "sum(d)",
        "avg(d)",
        "stdevif(x, i > 50)",
    ];
    let aggregates = prop::collection::vec(select(aggregates), 1..5);
    let by = select(vec!["", " by k", " by i", " by k, j = i % 3", " by bin(y, 0.01)"]);
    (prop::collection::vec(step, 0..4), aggregates, by).prop_map(|(steps, aggregates, by)| {
        let steps: String = steps.iter().map(|step| format!(" | {step}")).collect();
        format!("T{steps} | summarize {}{by}", aggregates.join(", "))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn how_a_query_is_run_changes_no_bit(
        text in pipeline(),
        threads in 2..8_usize,
        rows in select(vec![7, 40, 150]),
        many in any::<bool>(),
        spills in any::<bool>(),
        optimized in any::<bool>(),
    ) {
        thread_local! {
            static DATABASE: Database = database(120);
        }
        DATABASE.with(|database| {
            let mut other = options().threads(threads).chunk_rows(rows);
            other = other.tuning(if many { Tuning::SMALL } else { merging() });
            other = if spills { other.spill_to(|| Ok(Cursor::new(Vec::new()))) } else { other };
            other = if optimized { other } else { other.without_optimizer() };
            let (mut expected, mut found) = (bits(database, &text, &options()), bits(database, &text, &other));
            expected.sort();
            found.sort();
            prop_assert_eq!(expected, found, "{}\n{:?}", &text, other);
            Ok(())
        })?;
    }
}
