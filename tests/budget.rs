//! Every function of the registry keeps to the budget of its run: bytes are asked for before they are made, and the clock is
//! looked at while it works. What the allocator sees is measured, and what a clock sees.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails should say so")]

#[path = "shared/numbers.rs"]
mod numbers;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use kqlite::{Bag, Database, Dynamic, Limits, Options, ScalarType, Schema, Table, Value};
use kqlite::{Code, DateTime, TimeSpan};
use numbers::Numbers;
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// What one test takes must not be measured by the other.
static ALONE: Mutex<()> = Mutex::new(());

/// What a run may hold.
const BUDGET: usize = 1 << 20;

/// What the process may grow by, beside the answer.
const GROWTH: usize = 2 << 20;

/// When the clock says that the time is up, and how long it may take from then on until the run has ended. Tests are not
/// optimized, and run side by side.
const TIME: Duration = Duration::from_millis(50);
const GRACE: Duration = Duration::from_millis(450);

/// How often a form of a function is called, with other arguments each time.
const CALLS: u64 = 12;

/// How often arguments are looked for until the function takes some.
const MOST_ATTEMPTS: u64 = 40 * CALLS;

/// A value of about 64 KB for a cell, or a small one that makes much of others.
fn values() -> Vec<(&'static str, Value)> {
    let repeated = |text: &str, bytes: usize| Value::from(text.repeat(bytes / text.len()).as_str());
    let array = |items: Vec<Dynamic>| Value::Dynamic(Dynamic::array(items));
    let numbers = || (0..2_500).map(Dynamic::Long).collect::<Vec<_>>();
    let texts = (0..1_300).map(|n| Dynamic::string(&format!("text {n}"))).collect();
    let bag: Bag = (0..600).map(|n| (format!("key{n}").into(), Dynamic::Long(n))).collect();
    let pairs = numbers().chunks(2).map(|pair| Dynamic::array(pair.to_vec())).collect();
    vec![
        ("commas", repeated("a,", 1 << 16)),
        ("same", repeated("a", 1 << 16)),
        ("quotes", repeated("\"\\", 1 << 16)),
        ("json", Value::from(format!("[{}1]", "1,".repeat(1 << 15)).as_str())),
        ("json_bag", Value::from(Dynamic::bag(bag.clone()).to_json().as_str())),
        ("base64", repeated("QUFB", 1 << 16)),
        ("url", Value::from(format!("https://h/p?{}", "a=b&%41=;".repeat(7_000)).as_str())),
        ("lines", repeated("k=v;'x y'\n", 1 << 16)),
        ("wide", repeated("é水😀", 1 << 16)),
        ("digits", repeated("1234567890.", 1 << 16)),
        ("groups", Value::from("(.)(.?)")),
        ("slow", Value::from("(.*?b|a)")),
        ("comma", Value::from(",")),
        ("letter", Value::from("a")),
        ("numbers", array(numbers())),
        ("texts", array(texts)),
        ("pairs", array(pairs)),
        ("bag", Value::Dynamic(Dynamic::bag(bag))),
        ("million", Value::from(1_000_000_i64)),
        ("three", Value::from(3_i64)),
        ("minus", Value::from(-1_i64)),
        ("most", Value::from(i64::MAX)),
        ("int", Value::Int(100_000)),
        ("real", Value::from(1.5e300)),
        ("half", Value::from(0.5)),
        ("bool", Value::Bool(true)),
        ("instant", Value::DateTime(DateTime::UNIX_EPOCH)),
        ("second", Value::TimeSpan(TimeSpan(10_000_000))),
        ("guid", Value::from("f").convert(ScalarType::Guid)),
        ("decimal", Value::from(12_i64).convert(ScalarType::Decimal)),
    ]
}

/// The type of a cell; a null one is a guid.
fn type_of(value: &Value) -> ScalarType {
    match value {
        Value::Null => ScalarType::Guid,
        value => value.scalar_type().unwrap(),
    }
}

fn database() -> Database {
    let values = values();
    let schema = Schema::new(values.iter().map(|(name, value)| (*name, type_of(value))));
    let row: Vec<Value> = values.into_iter().map(|(_, value)| value).collect();
    let mut database = Database::new();
    // Two rows that differ: else columns are constants, and those are computed before the run.
    let mut other = row.clone();
    for cell in &mut other {
        if let Value::String(text) = cell {
            *cell =
                Value::from(format!("{}b", text.get(..text.len().saturating_sub(1)).unwrap_or("x")).as_str());
        }
    }
    database.insert("T", Table::from_rows(schema, [row, other]));
    database
}

/// Runs a query in the budget; says what it broke.
fn broken(database: &Database, query: &str) -> Option<Result<(), String>> {
    let compiled = database.compile(query).ok()?;
    let start = Instant::now();
    let options = Options::new(DateTime::UNIX_EPOCH)
        .limits(Limits { rows: 1_000_000, bytes: BUDGET, ..Limits::default() })
        .time_limit(TIME, move || start.elapsed());
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    let answer = compiled.run(database, &options);
    let (peak, taken) = (ALLOCATOR.peak_usage(), start.elapsed());
    let given = ALLOCATOR.current_usage().saturating_sub(before);
    let grown = peak.saturating_sub(before);
    let mut faults = String::new();
    if grown > given + GROWTH {
        let _ = write!(faults, " grew by {} KB", grown >> 10);
    }
    if taken > TIME + GRACE {
        let _ = write!(faults, " took {taken:?}");
    }
    let outcome = match &answer {
        Ok(_) => "gave an answer",
        Err(error) if error.diagnostics().iter().any(|it| it.code == Code::Internal) => {
            let _ = write!(faults, " broke: {error}");
            "failed"
        }
        Err(error) if error.diagnostics().iter().any(|it| it.code.is_limit()) => "reached a limit",
        Err(_) => "failed",
    };
    Some(if faults.is_empty() { Ok(()) } else { Err(format!("{faults} and {outcome}")) })
}

#[test]
fn every_function_keeps_to_the_budget_of_its_run() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let database = database();
    let values = values();
    let mut by_type: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (name, value) in &values {
        by_type.entry(type_of(value).to_string()).or_default().push(name);
    }
    let mut numbers = Numbers(7);
    let (mut faults, mut never, mut calls) = (Vec::new(), BTreeSet::new(), 0);
    let registry = database.registry();
    let scalars = registry.scalars();
    let scalars = scalars.iter().map(|it| (it.spelling(), it.signatures, "extend r = "));
    let aggregates = registry.aggregates();
    let aggregates = aggregates.iter().map(|it| (it.name.as_ref(), &it.signatures[..], "summarize r = "));
    for (name, signatures, operator) in scalars.chain(aggregates) {
        let mut ran = false;
        for signature in signatures {
            for attempt in 0..MOST_ATTEMPTS {
                if attempt >= CALLS && ran {
                    break;
                }
                let mut arguments = Vec::new();
                for parameter in signature.parameters.iter() {
                    let most = parameter.max.min(parameter.min + 2);
                    let count = parameter.min + numbers.below(usize::from(most - parameter.min) + 1) as u16;
                    for _ in 0..count {
                        if !parameter.one_of.is_empty() {
                            arguments.push(format!("'{}'", numbers.of(parameter.one_of)));
                            continue;
                        }
                        let types: Vec<ScalarType> = parameter.accepts.types.iter().collect();
                        let data_type = numbers.of(&types).to_string();
                        let names = by_type.get(&data_type).map(Vec::as_slice).unwrap_or(&["letter"]);
                        let column = *numbers.of(names);
                        arguments.push(column.to_owned());
                    }
                }
                let found = forms(name, &arguments, &mut numbers)
                    .into_iter()
                    .map(|expression| format!("T | serialize | {operator}{expression} | project r"))
                    .find_map(|query| Some((broken(&database, &query)?, query)));
                if let Some((found, query)) = found {
                    (ran, calls) = (true, calls + 1);
                    if let Err(fault) = found {
                        faults.push(format!("{query}:{fault}"));
                    }
                }
            }
        }
        if !ran {
            never.insert(name);
        }
    }
    assert!(faults.is_empty(), "{} of {calls} calls:\n{}", faults.len(), faults.join("\n"));
    // Names of tables and places, which make no values, and what does not read the row.
    let others = [
        "adx",
        "app",
        "arg",
        "assert",
        "cluster",
        "column_names_of",
        "database",
        "external_table",
        "materialized_view",
        "resource",
        "stored_query_result",
        "table",
        "workspace",
    ];
    never.retain(|name| !others.contains(name));
    assert!(never.is_empty(), "{calls} calls, but never of {never:?}");
}

/// The ways to write a call: as a function, as an operator, and with literals for what must be constant.
fn forms(name: &str, arguments: &[String], numbers: &mut Numbers) -> Vec<String> {
    let literals: Vec<String> = arguments
        .iter()
        .enumerate()
        .map(|(at, argument)| match at {
            0 => argument.clone(),
            _ => (*numbers.of(&["'(.)(.?)'", "'(.*?b|a)'", "'a'", "3", "1d", "dynamic(['a'])"])).to_owned(),
        })
        .collect();
    let mut forms = vec![format!("{name}({})", arguments.join(", "))];
    if let [first, rest @ ..] = arguments {
        forms.push(format!("{first} {name} {}", rest.join(&format!(" {name} "))));
        forms.push(format!("{name} {first}"));
        forms.push(format!("{first} {name} ({})", rest.join(", ")));
        forms.push(format!("{first} {name} ({})", rest.join(" .. ")));
        forms.push(format!("{first}[{}]", rest.join("")));
    }
    forms.push(format!("{name}({})", literals.join(", ")));
    // Patterns and paths come first.
    for (place, literal) in [(0, "'(.*?b|a)'"), (0, "'(.)(.?)'"), (0, "'$.a'"), (1, "50"), (2, "2")] {
        let mut arguments = arguments.to_vec();
        if let Some(argument) = arguments.get_mut(place) {
            *argument = literal.to_owned();
        }
        forms.push(format!("{name}({})", arguments.join(", ")));
    }
    if let [first, ..] = arguments {
        forms.push(format!("{name}('a+', {first})"));
        forms.push(format!("{name}('a+', 'bc', {first})"));
        forms.push(format!("{name}({first}, {first})"));
        forms.push(format!("{name}(half, half, three, half, half, three)"));
        forms.push(format!("{name}(half, half, half, half, half)"));
        forms.push(format!("{name}(three)"));
        forms.push(format!("{name}({first}, true)"));
        forms.push(format!("{name}({first}, 1d, 1h, true)"));
    }
    forms
}

/// Rows with keys that are all different, a few groups, and a text and an array each.
fn many_rows(rows: i64) -> Database {
    let schema = Schema::new([
        ("k", ScalarType::Long),
        ("g", ScalarType::Long),
        ("s", ScalarType::String),
        ("d", ScalarType::Dynamic),
        ("x", ScalarType::Real),
        ("t", ScalarType::DateTime),
        ("b", ScalarType::Bool),
        ("p", ScalarType::Dynamic),
    ]);
    let row = |n: i64| {
        let bag: Bag = [(format!("key{n}").as_str().into(), Dynamic::Long(n))].into_iter().collect();
        vec![
            Value::from(n),
            Value::from(n % 1_000),
            Value::from(format!("the text of row {n}").as_str()),
            Value::Dynamic(Dynamic::array(vec![Dynamic::Long(n), Dynamic::Long(n + 1)])),
            Value::from(n as f64 / 7.0),
            Value::DateTime(DateTime(DateTime::UNIX_EPOCH.0 + n * 10_000_000)),
            Value::Bool(n % 2 == 0),
            Value::Dynamic(Dynamic::bag(bag)),
        ]
    };
    let mut database = Database::new();
    database.insert("T", Table::from_rows(schema, (0..rows).map(row)));
    database
}

/// Runs a query; the most bytes that it made the process grow by, and whether it reached the limit of bytes.
fn grown_within(database: &Database, query: &str, bytes: usize, threads: usize) -> Option<(usize, bool)> {
    let compiled = database.compile(query).ok()?;
    let options =
        Options::new(DateTime::UNIX_EPOCH).limits(Limits { bytes, ..Limits::default() }).threads(threads);
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    let answer = compiled.run(database, &options);
    let grown = ALLOCATOR.peak_usage().saturating_sub(before);
    match answer {
        Ok(_) => Some((grown, false)),
        Err(error) => {
            error.diagnostics().iter().any(|it| it.code == Code::ByteLimit).then_some((grown, true))
        }
    }
}

/// A run that is allowed no more than two thirds of what it takes has to say so: the accounts are off by no more than a half.
#[test]
fn operators_and_aggregates_account_for_what_they_hold() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    const SLACK: usize = 256 << 10;
    let database = many_rows(10_000);
    let mut queries: Vec<String> = [
        "sort by s asc",
        "sort by x desc, s asc",
        "top 30000 by s",
        "distinct s",
        "distinct s, d_text = tostring(d)",
        "summarize by s",
        "summarize take_any(*) by k",
        "summarize arg_max(x, *) by k",
        "join kind=inner (T) on k",
        "join kind=fullouter (T) on s",
        "join kind=leftanti (T | where k > 30000) on s",
        "join kind=innerunique (T) on k",
        "lookup (T) on k",
        "mv-expand d",
        "mv-expand d | sort by k desc",
        "serialize n = row_number()",
        "sample 50000",
        "sample-distinct 50000 of s",
        "extend a = strcat(s, s), b = strcat(s, 'x', s), c = tostring(d) | sort by a asc",
        "as hint.materialized=true A | union A",
        "partition hint.strategy=native by g (top 10 by x)",
        "make-series sum(x) on t from datetime(1970-01-01) to datetime(1970-01-02) step 1h by g",
        "make-series sum(x), count() on k step 1",
        "make-series count() on k from 0 to 1000000 step 1",
        "top-nested 30000 of s with others='y' by count(), top-nested of k by max(x)",
        "top-nested 2 of g by count(), top-nested 3 of s with others='y' by max(x)",
        "serialize | scan declare (y: string) with (step s1: true => y = strcat(s, s1.s); step s2: x > s1.x;)",
        "reduce by s",
        "evaluate bag_unpack(p)",
        "project s, k, g | evaluate basket()",
        "project s, k, g | evaluate diffpatterns(g, '1', '2')",
        "parse-kv s as (text: string, x: string) with (pair_delimiter=' ', kv_delimiter='=') | sort by text asc",
        "parse-kv s as (text: string, x: string) | sort by s asc",
        "search '*1*' | sort by s asc",
        "top-hitters 30000 of s by x",
        "where k > 5 | consume",
        "evaluate pivot(b, make_list(s), k)",
        "evaluate pivot(g, count(), b)",
        "extend ip = format_ipv4(k) | evaluate ipv4_lookup((T | project n = strcat(format_ipv4(k), '/30'), y = s), ip, n)",
        "evaluate rows_near(b, 1)",
        "evaluate session_count(k, t, datetime(1970-01-01), datetime(1970-01-02), 1m, 10s, g)",
        "evaluate sliding_window_counts(k, t, datetime(1970-01-01), datetime(1970-01-02), 1h, 10s)",
        "evaluate activity_counts_metrics(k, t, datetime(1970-01-01), datetime(1970-01-02), 10s)",
        "evaluate activity_metrics(k, t, datetime(1970-01-01), datetime(1970-01-02), 10s, g)",
        "evaluate activity_engagement(k, t, datetime(1970-01-01), datetime(1970-01-02), 10s, 1h)",
        "evaluate new_activity_metrics(k, t, datetime(1970-01-01), datetime(1970-01-02), 10m)",
        "evaluate active_users_count(g, t, datetime(1970-01-01), datetime(1970-01-02), 2h, 1m, 2, 10s)",
        "evaluate rolling_percentile(x, 50, t, 10s, 30, g)",
        "evaluate sequence_detect(t, 10s, 10s, one=b, two=not(b))",
        "evaluate funnel_sequence_completion(g, t, datetime(1970-01-01), datetime(1970-01-02), 1m, b, dynamic([true, false]), dynamic([1h]))",
        "summarize h = hll(x), i = hll(k) by g | evaluate dcount_intersect(h, i)",
        "extend y = prev(x), z = next(s) | summarize count()",
    ]
    .map(|step| format!("T | {step}"))
    .into();
    let registry = database.registry();
    for aggregate in registry.aggregates() {
        let mut forms = Vec::new();
        for arguments in [
            "s",
            "d",
            "x",
            "p",
            "",
            "k",
            "t",
            "b",
            "x, 50",
            "x, k",
            "k, s",
            "b, k",
            "x, 10, 90",
            "s, b",
            "x, b",
            "x, 50, b",
            "x, k, b",
            "k, s, b",
        ] {
            let form = format!("{}({arguments})", aggregate.name);
            if forms.len() < 3 && database.compile(&format!("T | summarize r = {form} by k")).is_ok() {
                forms.push(form);
            }
        }
        queries.extend(forms.iter().map(|form| format!("T | summarize r = {form} by k")));
        queries.extend(forms.iter().take(1).map(|form| format!("T | summarize r = {form} by g")));
    }
    let (mut faults, mut measured) = (Vec::new(), 0);
    for query in &queries {
        let Some((grown, _)) = grown_within(&database, query, 1 << 30, 1) else { continue };
        measured += 1;
        let Some(allowed) = grown.checked_sub(SLACK) else { continue };
        let found = grown_within(&database, query, allowed * 2 / 3, 1);
        if let Some((second, false)) = found {
            faults.push(format!(
                "{query}: {} KB are not more than {} KB ({} KB)",
                grown >> 10,
                (allowed * 2 / 3) >> 10,
                second >> 10
            ));
        }
    }
    assert!(faults.is_empty(), "{} of {measured}:\n{}", faults.len(), faults.join("\n"));
    assert!(measured > 180, "{measured} queries");
}
