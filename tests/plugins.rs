//! Plugins over small random tables agree with models that look at one row, or one pair of rows, at a time. The models must
//! not know how the engine works.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that fails should say so")]

use std::collections::{BTreeMap, BTreeSet};

use kqlite::{Database, DateTime, Options, ScalarType, Schema, Table, Value};
use proptest::collection::vec;
use proptest::prelude::*;

/// Who was seen when, along which dimension, doing what.
type Row = (i64, i64, i64, i64);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    vec((0_i64..4, 0_i64..14, 0_i64..2, 0_i64..4), 0..24)
}

fn database(rows: &[Row]) -> Database {
    let schema = Schema::new(["u", "t", "d", "x"].map(|name| (name, ScalarType::Long)));
    let values = rows.iter().map(|&(u, t, d, x)| [u, t, d, x].map(Value::Long).to_vec());
    let mut db = Database::new();
    db.insert("T", Table::from_rows(schema, values));
    db
}

/// The answer as lines in order, the same however it is run. Doubts are no matter here.
fn answer(db: &Database, query: &str) -> Vec<String> {
    let options = Options::new(DateTime::UNIX_EPOCH);
    let run = |options: &Options| {
        let table = db.compile(query).and_then(|it| it.run(db, options));
        let table = table.unwrap_or_else(|error| panic!("{query}\n{error}"));
        let line =
            |row: Vec<Value>| row.iter().map(|cell| cell.to_json().to_string()).collect::<Vec<_>>().join(",");
        let mut lines: Vec<String> = table.rows().map(line).collect();
        lines.sort();
        lines
    };
    let found = run(&options);
    assert_eq!(found, run(&options.clone().without_optimizer().chunk_rows(2)), "{query}");
    assert_eq!(found, run(&options.threads(2).chunk_rows(3)), "{query}");
    found
}

fn sorted(lines: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<String> = lines.into_iter().collect();
    lines.sort();
    lines
}

/// The distinct values of the rows for which something holds.
fn distinct(rows: &[Row], value: impl Fn(&Row) -> i64, holds: impl Fn(&Row) -> bool) -> BTreeSet<i64> {
    rows.iter().filter(|row| holds(row)).map(value).collect()
}

/// An address as a network of some bits.
fn network((address, bits): (u32, u8)) -> String {
    format!("{}/{bits}", std::net::Ipv4Addr::from(address))
}

fn holds((network, bits): (u32, u8), address: u32) -> bool {
    let dropped = 32 - u32::from(bits);
    network.checked_shr(dropped).unwrap_or(0) == address.checked_shr(dropped).unwrap_or(0)
}

/// Addresses that are near one another, so that networks hold some of them.
fn address() -> impl Strategy<Value = u32> {
    (0_u32..3, 0_u32..3, 0_u32..2).prop_map(|(a, b, c)| (a << 30) | (b << 16) | c)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn pivot(rows in rows()) {
        let db = database(&rows);
        let columns: BTreeSet<i64> = rows.iter().map(|row| row.3).collect();
        let schema: Vec<String> = columns.iter().map(|x| format!("['{x}']: long")).collect();
        let query = format!("T | evaluate pivot(x, sum(t), d) : (d: long{}{})",
            if schema.is_empty() { "" } else { ", " }, schema.join(", "));
        let expected = distinct(&rows, |row| row.2, |_| true).into_iter().map(|d| {
            let sum = |x: i64| rows.iter().filter(|row| (row.2, row.3) == (d, x)).map(|row| row.1).sum::<i64>();
            std::iter::once(d).chain(columns.iter().map(|x| sum(*x))).map(|n| n.to_string()).collect::<Vec<_>>().join(",")
        });
        prop_assert_eq!(answer(&db, &query), sorted(expected));
    }

    #[test]
    fn ipv4_lookup(
        addresses in vec(address(), 0..8),
        networks in vec((address(), prop_oneof![Just(0_u8), Just(2), Just(16), Just(31), Just(32)]), 0..8),
        unmatched in any::<bool>(),
    ) {
        let mut db = Database::new();
        let text = |text: String| Value::from(text.as_str());
        db.insert("A", Table::from_rows(
            Schema::new([("ip", ScalarType::String), ("n", ScalarType::Long)]),
            addresses.iter().enumerate()
                .map(|(at, it)| vec![text(std::net::Ipv4Addr::from(*it).to_string()), Value::Long(at as i64)]),
        ));
        db.insert("N", Table::from_rows(
            Schema::new([("network", ScalarType::String), ("m", ScalarType::Long)]),
            networks.iter().enumerate().map(|(at, it)| vec![text(network(*it)), Value::Long(at as i64)]),
        ));
        let query = format!("A | evaluate ipv4_lookup(N, ip, network, {unmatched}) | project n, m");
        let mut expected = Vec::new();
        for (at, address) in addresses.iter().enumerate() {
            let found: Vec<usize> = (0..networks.len()).filter(|it| holds(networks[*it], *address)).collect();
            expected.extend(found.iter().map(|it| format!("{at},{it}")));
            if found.is_empty() && unmatched {
                expected.push(format!("{at},null"));
            }
        }
        prop_assert_eq!(answer(&db, &query), sorted(expected));
    }

    #[test]
    fn rows_near(rows in rows(), before in 0_usize..4, after in 0_usize..4) {
        let db = database(&rows);
        let numbered = format!("T | serialize n = row_number() | evaluate rows_near(x == 0, {before}, {after}) | project n");
        let near = |at: usize| (0..rows.len()).any(|it| rows[it].3 == 0 && at + before >= it && at <= it + after);
        let expected = (0..rows.len()).filter(|at| near(*at)).map(|at| (at + 1).to_string());
        prop_assert_eq!(answer(&db, &numbered), sorted(expected));
    }

    #[test]
    fn session_count(rows in rows(), start in 0_i64..4, end in 8_i64..14, bin in 1_i64..5, back in 1_i64..5) {
        let db = database(&rows);
        let query = format!("T | evaluate session_count(u, t, {start}, {end}, {bin}, {back}, d)");
        let within = |t: i64| (start..=end).contains(&t);
        let instants: BTreeSet<(i64, i64, i64)> =
            rows.iter().filter(|row| within(row.1)).map(|row| (row.2, row.0, row.1)).collect();
        let begins = |&&(d, u, t): &&(i64, i64, i64)| (t - back..t).all(|it| !instants.contains(&(d, u, it)));
        let mut counts: BTreeMap<(i64, i64), i64> = BTreeMap::new();
        for (d, _, t) in instants.iter().filter(begins) {
            *counts.entry((t - t % bin, *d)).or_default() += 1;
        }
        prop_assert_eq!(answer(&db, &query), sorted(counts.into_iter().map(|((t, d), n)| format!("{t},{d},{n}"))));
    }

    #[test]
    fn windows(rows in rows(), start in 0_i64..5, end in 5_i64..14, bin in 1_i64..4, periods in 1_i64..4) {
        let db = database(&rows);
        let window = bin * periods;
        let sliding = format!("T | evaluate sliding_window_counts(u, t, {start}, {end}, {window}, {bin}, d)");
        let engaged = format!("T | evaluate activity_engagement(u, t, {start}, {end}, {bin}, {window}, d) \
                               | project t, d, dcount_activities_inner, dcount_activities_outer");
        let (mut slid, mut engagement) = (Vec::new(), Vec::new());
        for period in (start..=end).step_by(bin as usize) {
            for d in 0..2 {
                let within = |row: &Row, first: i64| row.2 == d && row.1 <= end && (first..period + bin).contains(&row.1);
                let all = |row: &Row| within(row, period + bin - window);
                let count = rows.iter().filter(|row| all(row)).count();
                let users = distinct(&rows, |row| row.0, all).len();
                let inner = distinct(&rows, |row| row.0, |row| within(row, period)).len();
                if count > 0 {
                    slid.push(format!("{period},{d},{count},{users}"));
                }
                if inner > 0 {
                    engagement.push(format!("{period},{d},{inner},{users}"));
                }
            }
        }
        prop_assert_eq!(answer(&db, &sliding), sorted(slid));
        prop_assert_eq!(answer(&db, &engaged), sorted(engagement));
    }

    #[test]
    fn activity(rows in rows(), start in 0_i64..4, end in 4_i64..14, step in 1_i64..4) {
        let db = database(&rows);
        let counts = format!("T | evaluate activity_counts_metrics(u, t, {start}, {end}, {step}, d)");
        let metrics = format!("T | evaluate activity_metrics(u, t, {start}, {end}, {step}, d) \
                               | project t, d, dcount_values, dcount_newvalues, round(retention_rate, 6)");
        let (mut of_counts, mut of_metrics) = (Vec::new(), Vec::new());
        for period in (start..=end).step_by(step as usize) {
            for d in 0..2 {
                let within = |row: &Row, from: i64, to: i64| row.2 == d && row.1 <= end && (from..to).contains(&row.1);
                let users = |from: i64, to: i64| distinct(&rows, |row| row.0, |row| within(row, from.max(start), to));
                let here = users(period, period + step);
                if here.is_empty() {
                    continue;
                }
                let count = rows.iter().filter(|row| within(row, period, period + step)).count();
                let (before, last) = (users(start, period), users(period - step, period));
                let fresh = here.difference(&before).count();
                of_counts.push(format!("{period},{d},{count},{},{fresh},{}", here.len(), before.len() + fresh));
                let again = here.intersection(&last).count();
                let rate = (again as f64 / last.len() as f64 * 1e6).round() / 1e6;
                let rate = if rate.is_nan() { "\"NaN\"".to_owned() } else { format!("{rate:?}") };
                of_metrics.push(format!("{period},{d},{},{},{rate}", here.len(), here.len() - again));
            }
        }
        prop_assert_eq!(answer(&db, &counts), sorted(of_counts));
        prop_assert_eq!(answer(&db, &metrics), sorted(of_metrics));
    }

    #[test]
    fn new_activity(rows in rows(), start in 0_i64..4, end in 4_i64..14, step in 1_i64..4) {
        let db = database(&rows);
        let query = format!("T | evaluate new_activity_metrics(u, t, {start}, {end}, {step}, d) \
            | project from_t, to_t, d, dcount_new_values, dcount_retained_values, dcount_churn_values");
        let periods: Vec<i64> = (start..=end).step_by(step as usize).collect();
        let mut expected = Vec::new();
        for d in 0..2 {
            let users = |from: i64, to: i64| {
                distinct(&rows, |row| row.0, |row| row.2 == d && row.1 <= end && (from..to).contains(&row.1))
            };
            if users(start, end + 1).is_empty() {
                continue;
            }
            for &from in &periods {
                let before = users(start, from);
                let cohort: BTreeSet<i64> = users(from, from + step).difference(&before).copied().collect();
                for &to in periods.iter().filter(|to| **to >= from) {
                    let there = users(to, to + step);
                    let known = users(start, from + step);
                    let fresh = if to == from { cohort.len() } else { there.difference(&known).count() };
                    let retained = cohort.intersection(&there).count();
                    expected.push(format!("{from},{to},{d},{fresh},{retained},{}", cohort.len() - retained));
                }
            }
        }
        prop_assert_eq!(answer(&db, &query), sorted(expected));
    }

    #[test]
    fn active_users(
        rows in rows(),
        start in 2_i64..6,
        back in 1_i64..8,
        period in 1_i64..4,
        least in 1_usize..4,
        bin in 1_i64..5,
    ) {
        let db = database(&rows);
        let query = format!("T | evaluate active_users_count(u, t, {start}, 12, {back}, {period}, {least}, {bin}, d)");
        let mut found: BTreeMap<(i64, i64), BTreeSet<i64>> = BTreeMap::new();
        for row in rows.iter().filter(|row| (start..=12).contains(&row.1)) {
            let near = |it: &Row| (it.0, it.2) == (row.0, row.2) && it.1 > row.1 - back && it.1 <= row.1;
            let periods = distinct(&rows, |it| (it.1 - start).div_euclid(period), near);
            if periods.len() >= least {
                let of = start + (row.1 - start) / bin * bin;
                found.entry((of, row.2)).or_default().insert(row.0);
            }
        }
        let expected = found.into_iter().map(|((t, d), users)| format!("{t},{d},{}", users.len()));
        prop_assert_eq!(answer(&db, &query), sorted(expected));
    }

    #[test]
    fn rolling_percentile(rows in rows(), bin in 1_i64..4, bins in 1_i64..4, percentile in 0_i64..=100) {
        let db = database(&rows);
        let query = format!("T | evaluate rolling_percentile(x, {percentile}, t, {bin}, {bins}, d)");
        let mut expected = BTreeSet::new();
        for row in &rows {
            let last = row.1 - row.1 % bin;
            let within = |it: &&Row| it.2 == row.2 && it.1 >= last - bin * (bins - 1) && it.1 < last + bin;
            let mut values: Vec<i64> = rows.iter().filter(within).map(|it| it.3).collect();
            values.sort_unstable();
            let rank = (percentile * values.len() as i64 + 99) / 100;
            expected.insert(format!("{last},{},{}", row.2, values[(rank.max(1) - 1) as usize]));
        }
        prop_assert_eq!(answer(&db, &query), sorted(expected));
    }

    #[test]
    fn sequences(rows in rows(), step in 1_i64..6, span in 1_i64..8) {
        let db = database(&rows);
        let query = format!("T | extend t = 1tick * t \
            | evaluate sequence_detect(t, {step}tick, {span}tick, a = (x == 0), b = (x == 1), c = (x >= 1), d) \
            | project d, tolong(a_t), tolong(b_t), tolong(c_t), tolong(Duration)");
        let mut expected = BTreeSet::new();
        for a in rows.iter().filter(|row| row.3 == 0) {
            for b in rows.iter().filter(|row| row.3 == 1 && row.2 == a.2 && (a.1 + 1..=a.1 + step).contains(&row.1)) {
                for c in rows.iter().filter(|row| row.3 >= 1 && row.2 == a.2) {
                    if (b.1 + 1..=b.1 + step).contains(&c.1) && b.1 - a.1 <= span && c.1 - a.1 <= span {
                        expected.insert(format!("{},{},{},{},{}", a.2, a.1, b.1, c.1, c.1 - a.1));
                    }
                }
            }
        }
        prop_assert_eq!(answer(&db, &query), sorted(expected));
    }

    #[test]
    fn funnels(rows in rows(), time in 1_i64..8, bin in 3_i64..20) {
        let db = database(&rows);
        let query = format!("T | extend t = 1tick * t | evaluate funnel_sequence_completion(u, t, 0tick, 13tick, {bin}tick, x, \
            dynamic([0, 1, 2]), dynamic([{time}tick])) | project tolong(t), x, dcount");
        let mut expected = Vec::new();
        for period in (0..=13).step_by(bin as usize) {
            let within: Vec<Row> =
                rows.iter().copied().filter(|row| row.3 < 3 && (period..period + bin).contains(&row.1)).collect();
            if within.is_empty() {
                continue;
            }
            let of = |x: i64| within.iter().filter(move |row| row.3 == x);
            let follow = |a: &Row, b: &Row| a.0 == b.0 && a.1 <= b.1;
            let reached: [BTreeSet<i64>; 3] = [
                of(0).map(|a| a.0).collect(),
                of(0).filter(|a| of(1).any(|b| follow(a, b) && b.1 - a.1 <= time)).map(|a| a.0).collect(),
                of(0)
                    .filter(|a| {
                        of(1).any(|b| follow(a, b) && of(2).any(|c| follow(b, c) && c.1 - a.1 <= time))
                    })
                    .map(|a| a.0)
                    .collect(),
            ];
            expected.extend((0..3).map(|x| format!("{period},\"{x}\",{}", reached[x].len())));
        }
        prop_assert_eq!(answer(&db, &query), sorted(expected));
    }
}
