//! Profiles of runs: rows, chunks and runs of each operator by hand, times by a clock that counts how often it is read, and
//! laws over random queries. Tests must not know how a run is measured.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that fails should say so")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use kqlite::{
    Database, DateTime, NamedTable, Options, Profile, ProfiledOperator, ScalarType, Schema, Table, Tuning,
    Value,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// `T(n, k)` with n from 1 to 10 and k the remainder of n by 3: three rows of k = 0, four of 1, three of 2.
fn database() -> Database {
    let schema = Schema::new([("n", ScalarType::Long), ("k", ScalarType::Long)]);
    let rows = (1..=10_i64).map(|n| vec![Value::from(n), Value::from(n % 3)]);
    let mut db = Database::new();
    db.insert("T", Table::from_rows(schema, rows));
    db
}

fn options() -> Options {
    Options::new(DateTime::UNIX_EPOCH)
}

/// A clock that goes on by a nanosecond each time it is read.
fn ticks() -> impl Fn() -> Duration + Send + Sync + 'static {
    let read = AtomicU64::new(0);
    move || Duration::from_nanos(read.fetch_add(1, Ordering::Relaxed))
}

fn profiled(db: &Database, text: &str, options: &Options) -> (Vec<NamedTable>, Profile) {
    db.compile(text).and_then(|query| query.run_profiled(db, options, ticks())).unwrap()
}

/// A line for each operator: its name, rows in and out, `x2` for two runs.
fn lines(profile: &Profile) -> Vec<String> {
    fn add(it: &ProfiledOperator, depth: usize, out: &mut Vec<String>) {
        let runs = if it.runs == 1 { String::new() } else { format!(" x{}", it.runs) };
        out.push(format!("{:1$}{2} {3}->{4}{runs}", "", depth, it.operator, it.rows_in, it.rows_out));
        it.below().for_each(|below| add(below, depth + 1, out));
    }
    let mut out = Vec::new();
    profile.plugins.iter().for_each(|it| add(it, 0, &mut out));
    profile.tables.iter().for_each(|it| add(&it.operator, 0, &mut out));
    out
}

/// One thread and three; whole chunks, and the strategies of large data over chunks of few rows.
fn setups() -> Vec<Options> {
    let small = |threads| options().threads(threads).chunk_rows(4).tuning(Tuning::SMALL);
    vec![options(), options().threads(3), small(1), small(3)]
}

fn rows(text: &str, expected: &[&str]) {
    let db = database();
    for setup in setups() {
        let (_, profile) = profiled(&db, text, &setup);
        assert_eq!(lines(&profile), expected, "{text}\n{setup:?}\n{profile}");
    }
}

#[test]
fn a_filter_takes_all_rows_and_gives_some() {
    // n = 8, 9, 10.
    rows("T | where n > 7", &["Filter 10->3", " Scan 0->10"]);
}

#[test]
fn steps_below_a_group_are_counted_once_by_themselves() {
    // n > 4 leaves 5..10; their remainders by 3 are 2, 0, 1 and again: three groups. The optimizer drops n behind the filter.
    rows(
        "T | where n > 4 | summarize count() by k",
        &["Aggregate 6->3", " Project 6->6", "  Filter 10->6", "   Scan 0->10"],
    );
    rows(
        "T | where n > 4 | distinct k",
        &["Distinct 6->3", " Project 6->6", "  Filter 10->6", "   Scan 0->10"],
    );
}

#[test]
fn a_join_takes_both_sides() {
    // The groups k = 1 (n = 1, 4, 7, 10: sum 22) and k = 2 (2, 5, 8: 15) and k = 0 (3, 6, 9: 18) against all ten rows.
    let db = database();
    for setup in setups() {
        let text = "T | join kind=inner (T | summarize total = sum(n) by k) on k";
        let (tables, profile) = profiled(&db, text, &setup);
        assert_eq!(tables[0].table.len(), 10);
        let join = profile.operators().find(|it| it.operator == "Join").unwrap();
        assert_eq!((join.rows_in, join.rows_out), (13, 10), "{profile}");
        let sides: Vec<(&str, usize)> = join.inputs.iter().map(|it| (it.operator, it.rows_out)).collect();
        assert_eq!(sides, [("Scan", 10), ("Aggregate", 3)], "{profile}");
        assert!(join.bytes.is_some_and(|bytes| bytes > 0), "one side is held\n{profile}");
    }
}

#[test]
fn a_union_takes_the_rows_of_all_parts() {
    rows(
        "union (T | where n > 7), (T | where n < 3)",
        &["Union 5->5", " Filter 10->3", "  Scan 0->10", " Filter 10->2", "  Scan 0->10"],
    );
}

#[test]
fn top_sees_all_rows_and_keeps_few() {
    rows("T | top 3 by n", &["TopN 10->3", " Scan 0->10"]);
    rows("T | sort by n desc", &["Sort 10->10", " Scan 0->10"]);
}

#[test]
fn a_body_sums_up_its_runs() {
    let db = database();
    for setup in setups() {
        // Three arrays of 1, 2 and 3 items; of each its largest item.
        let text = "range n from 1 to 3 step 1 | extend a = range(1, n) \
                    | mv-apply i = a to typeof(long) on (top 1 by i)";
        let (tables, profile) = profiled(&db, text, &setup);
        assert_eq!(tables[0].table.len(), 3);
        let apply = profile.operators().find(|it| it.operator == "Apply").unwrap();
        assert_eq!((apply.rows_in, apply.rows_out, apply.runs), (6, 3, 1), "{profile}");
        let top = apply.body.as_ref().unwrap().below().chain([&**apply.body.as_ref().unwrap()]);
        let top = top.into_iter().find(|it| it.operator == "TopN").unwrap();
        assert_eq!((top.rows_in, top.rows_out, top.runs), (6, 3, 3), "{profile}");
    }
}

#[test]
fn what_is_shared_is_computed_where_it_is_asked_for_first() {
    // Seven rows are above 3.
    let db = database();
    for setup in setups() {
        let text = "let Big = materialize(T | where n > 3); union Big, Big";
        let (_, profile) = profiled(&db, text, &setup);
        let of = |name: &str| -> Vec<(usize, usize, usize)> {
            let all = profile.operators().filter(|it| it.operator == name);
            all.map(|it| (it.runs, it.rows_in, it.rows_out)).collect()
        };
        // The first place computes the rows, the second one has them already.
        assert_eq!(of("Shared"), [(1, 7, 7), (1, 0, 7)], "{profile}");
        assert_eq!(of("Filter"), [(1, 10, 7)], "{profile}");
        assert_eq!(of("Scan"), [(1, 0, 10)], "{profile}");
    }
}

#[test]
fn every_table_of_a_fork_is_there() {
    let db = database();
    for setup in setups() {
        let (tables, profile) = profiled(&db, "T | where n > 2 | fork all = (count) (where n > 8)", &setup);
        let sizes: Vec<usize> = tables.iter().map(|it| it.table.len()).collect();
        assert_eq!(sizes, [1, 2]);
        let names: Vec<(&str, usize)> =
            profile.tables.iter().map(|it| (it.name.as_str(), it.operator.rows_out)).collect();
        assert_eq!(names, [("all", 1), ("Table_1", 2)], "{profile}");
        // The rows before the fork are computed once, for the first table.
        let read: Vec<usize> =
            profile.operators().filter(|it| it.operator == "Scan").map(|it| it.rows_out).collect();
        assert_eq!(read, [10], "{profile}");
    }
}

#[test]
fn a_limit_stops_what_it_reads() {
    // Chunks of four rows: the first one is enough.
    let (_, profile) = profiled(&database(), "T | where n > 1 | take 2", &options().chunk_rows(4));
    assert_eq!(lines(&profile), ["Limit 3->2", " Filter 4->3", "  Scan 0->4"]);
    // An inner join without left rows asks nobody for the right ones.
    let (_, profile) =
        profiled(&database(), "T | where n > 99 | join kind=inner (T | where n > 3) on k", &options());
    let idle: Vec<&str> = profile.operators().filter(|it| it.runs == 0).map(|it| it.operator).collect();
    assert_eq!(idle.len(), 1, "{profile}");
    assert!(profile.to_string().contains("did not run"), "{profile}");
}

#[test]
fn a_subquery_stands_below_the_operator_that_asks() {
    let (_, profile) = profiled(&database(), "T | where n > toscalar(T | summarize avg(n))", &options());
    // The average is 5.5: 6 to 10 are above it.
    let filter = profile.operators().find(|it| it.operator == "Filter").unwrap();
    assert_eq!((filter.rows_in, filter.rows_out), (10, 5), "{profile}");
    assert_eq!(filter.subqueries.len(), 1, "{profile}");
    assert_eq!(filter.subqueries[0].rows_out, 1, "{profile}");
}

#[test]
fn a_plugin_that_runs_first_is_there() {
    let text =
        "datatable(d: dynamic)[dynamic({'a': 1}), dynamic({'a': 2})] | evaluate bag_unpack(d) | where a > 1";
    let (tables, profile) = profiled(&database(), text, &options());
    assert_eq!(tables[0].table.len(), 1);
    assert_eq!(profile.plugins.len(), 1, "{profile}");
    let plugin = &profile.plugins[0];
    assert_eq!((plugin.operator, plugin.rows_in, plugin.rows_out), ("Plugin", 2, 2), "{profile}");
    // In the run itself its rows are known: its input is not asked.
    let later = profile.tables[0].operator.below().find(|it| it.operator == "Plugin").unwrap();
    assert_eq!((later.rows_out, later.inputs[0].runs), (2, 0), "{profile}");
}

#[test]
fn times_are_those_of_the_clock() {
    // One chunk of ten rows, three of which pass. Each line is a reading of the clock:
    //  0 the run begins             1 the answer's time begins
    //  2 in the filter, to open it  3 in the filter once more, as a step: its condition is compiled
    //  4 out of it                  5 in it, to open the scan
    //  6 in the scan                7 out of the scan
    //  8 out of the step            9 out of the filter, which is open
    // 10 in the filter: next       11 in the scan        12 out of the scan with a chunk
    // 13 in the step               14 out of the step    15 out of the filter
    // 16 in the filter: next       17 in the scan        18 out of the scan, which has no more
    // 19 out of the filter         20 the answer's time ends                   21 the run ends
    let (_, profile) = profiled(&database(), "T | where n > 7", &options());
    let filter = &profile.tables[0].operator;
    let scan = &filter.inputs[0];
    let ns = Duration::from_nanos;
    // In the scan: 6 to 7, 11 to 12, 17 to 18.
    assert_eq!((scan.self_time, scan.total_time), (ns(3), ns(3)), "{profile}");
    // In the filter: 2 to 9, 10 to 15, 16 to 19, without the scan's three.
    assert_eq!((filter.self_time, filter.total_time), (ns(12), ns(15)), "{profile}");
    // What is left between 1 and 20: 19 less 15.
    assert_eq!((profile.answer_time, profile.time, profile.elapsed), (ns(4), ns(19), ns(21)), "{profile}");
}

#[test]
fn an_operator_knows_its_place_in_the_query() {
    let text = "T\n| where n > 2\n| summarize c = count() by k\n| order by c";
    let (_, profile) = profiled(&database(), text, &options());
    let places: Vec<(&str, Option<&str>, Option<usize>)> =
        profile.operators().map(|it| (it.operator, it.keyword.as_deref(), it.line)).collect();
    assert_eq!(
        places,
        [
            ("Sort", Some("order"), Some(4)),
            ("Aggregate", Some("summarize"), Some(3)),
            // It drops n, which nobody reads any more.
            ("Project", Some("where"), Some(2)),
            ("Filter", Some("where"), Some(2)),
            ("Scan", Some("T"), Some(1)),
        ]
    );
    let shown = profile.to_string();
    assert!(shown.contains("  summarize (line 3) Aggregate c = count() by k\n"), "{shown}");
    let json = serde_json::to_value(&profile).unwrap();
    assert_eq!(json["tables"][0]["operator"]["inputs"][0]["rows_out"], 3);
    assert!(json["tables"][0]["operator"]["self_time_ns"].is_u64());
}

/// An operator's self times are part of its own time, and rows that one gives are those that the next one takes.
fn check(profile: &Profile) {
    let mut sum = profile.answer_time;
    for it in profile.operators() {
        sum += it.self_time;
        let below: Duration = it.below().map(|below| below.total_time).sum();
        assert_eq!(it.total_time, it.self_time + below, "{profile}");
        assert_eq!(it.rows_in, it.inputs.iter().map(|input| input.rows_out).sum::<usize>(), "{profile}");
        assert!(it.runs > 0 || (it.rows_out, it.chunks, it.self_time) == (0, 0, Duration::ZERO), "{profile}");
        let input = it.inputs.first().map(|input| input.rows_out);
        // None of these makes rows; and whoever is above may not ask for all.
        if let ("Sort" | "Project" | "Filter" | "TopN" | "Limit" | "Distinct", Some(rows)) =
            (it.operator, input)
        {
            assert!(it.rows_out <= rows, "{profile}");
        }
    }
    assert_eq!(sum, profile.time, "{profile}");
}

fn multiset(table: &Table) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for row in table.rows() {
        *found.entry(format!("{row:?}")).or_default() += 1;
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_profile_changes_no_answer_and_adds_up(
        steps in vec(select(STEPS.to_vec()), 0..5),
        chunk in 1_usize..5,
        threads in 1_usize..4,
        small in any::<bool>(),
    ) {
        let db = database();
        let text = format!("let U = T | where n % 2 == 0; T | {} | project n, k", [&["where n > 1"], &*steps].concat().join(" | "));
        let mut setup = options().chunk_rows(chunk).threads(threads);
        if small {
            setup = setup.tuning(Tuning::SMALL);
        }
        let plain = db.compile(&text).and_then(|query| query.run(&db, &setup)).unwrap();
        let (tables, profile) = profiled(&db, &text, &setup);
        prop_assert_eq!(&plain, &tables[0].table, "{}", text);
        prop_assert_eq!(multiset(&plain), multiset(&tables[0].table));
        check(&profile);
        prop_assert_eq!(profile.tables[0].operator.rows_out, plain.len(), "{}\n{}", text, profile);
    }
}

const STEPS: &[&str] = &[
    "where n % 3 > 0",
    "extend n = n + 1",
    "summarize n = sum(n) by k",
    "distinct n, k",
    "join kind=inner (U | project m = n, k) on k",
    "join kind=leftouter (U | summarize m = max(n) by k) on k",
    "join kind=rightsemi U on k",
    "join kind=fullouter (U | distinct k) on k",
    "union U",
    "top 4 by n",
    "sort by n desc, k asc",
    "take 5",
    "where k in (U | project k)",
    "where n > toscalar(U | summarize min(n))",
    "partition by k (top 2 by n)",
    "extend a = pack_array(n, k) | mv-apply i = a to typeof(long) on (where i > 1) | project n = i, k",
    "serialize r = row_number() | where r < 6",
    "parse tostring(n) with m: long | project n = m, k",
    "make-series c = count() on n step 2 by k | mv-expand n to typeof(long) | project n, k",
    "top-nested 2 of k with others = -1 by sum(n), top-nested 2 of n by count() | project n, k",
    "extend s = tostring(k) | reduce by s | project n = Count, k = Count",
    "sort by n asc | scan with (step s1 output=last: n % 2 == 0; step s2: n > s1.n;) | project n, k",
];
