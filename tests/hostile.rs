//! Hostile queries end in a clear error, within the limits given in `Options`, and never in a panic.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that fails should say so")]

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use kqlite::{
    Check, Code, CompileLimits, CompileOptions, Database, DateTime, Limits, Options, ScalarType, Schema,
    Table, Tuning, Value,
};

const LIMITS: Limits = Limits { rows: 1_000_000, bytes: 64 << 20, depth: 16 };

fn options() -> Options {
    let start = Instant::now();
    Options::new(DateTime::UNIX_EPOCH)
        .limits(LIMITS)
        .time_limit(Duration::from_secs(20), move || start.elapsed())
}

fn database() -> Database {
    let mut db = Database::new();
    let rows = (0..2_000_i64).map(|n| vec![Value::from(n % 2), Value::from("x")]);
    db.insert("T", Table::from_rows(Schema::new([("k", ScalarType::Long), ("s", ScalarType::String)]), rows));
    db
}

/// The codes that a query fails with.
fn codes(query: &str) -> Vec<Code> {
    let db = database();
    match db.compile(query).and_then(|compiled| compiled.run(&db, &options())) {
        Ok(table) => panic!("{} rows instead of an error", table.len()),
        Err(error) => {
            assert!(!error.to_string().is_empty());
            error.diagnostics().iter().map(|it| it.code).collect()
        }
    }
}

#[track_caller]
fn reaches_a_limit(query: &str) {
    let found = codes(query);
    assert!(found.iter().any(|code| code.is_limit()), "{found:?}");
}

#[track_caller]
fn fails_with(query: &str, code: Code) {
    let found = codes(query);
    assert!(found.contains(&code), "{found:?}");
}

#[test]
fn deep_nesting() {
    for (open, close) in [("(", ")"), ("not(", ")"), ("dynamic([", "])"), ("-", ""), ("iff(true, 1, ", ")")] {
        let query = format!("print x = {}1{}", open.repeat(10_000), close.repeat(10_000));
        let found = codes(&query);
        assert!(found.iter().all(|code| code.class() == kqlite::CodeClass::Syntax), "{open}: {found:?}");
    }
    fails_with(&format!("print x = {}1{}", "(".repeat(100_000), ")".repeat(100_000)), Code::TooDeep);
    fails_with(&format!("print x = {}", "[".repeat(100_000)), Code::TooDeep);
}

#[test]
fn long_texts() {
    fails_with(&format!("print x = '{}'", "a".repeat(10 << 20)), Code::TooLong);
    let wide = format!("print x = 1{}", " or true".repeat(20_000));
    assert!(!codes(&wide).is_empty());
    let long = format!("T{}", " | take 1".repeat(5_000));
    fails_with(&long, Code::TooDeep);
}

#[test]
fn what_is_allowed_runs() {
    let db = database();
    for step in [
        "where k >= 0",
        "extend x = k",
        "sort by k asc",
        "summarize s = take_any(s) by k",
        "take 100",
        "top 5 by k",
    ] {
        let query = format!("T{}", format!(" | {step}").repeat(290));
        let table = db.compile(&query).and_then(|compiled| compiled.run(&db, &options()));
        assert!(table.is_ok_and(|table| !table.is_empty()), "{step}");
    }
}

#[test]
fn what_is_allowed_is_explained() {
    let db = database();
    let explained = |text: &str| {
        let query = db.compile(text).expect("a query");
        let steps = query.explain(&db, &options()).expect("steps").steps().count();
        query.why(&db, &options(), &[kqlite::explain::RowRef::new("T", 1_999)]).expect("a trace");
        query.origins(&db, &options(), 0).expect("a lineage");
        steps
    };
    for step in
        ["where k >= 0", "extend x = k", "sort by k asc", "summarize s = take_any(s) by k", "top 5 by k"]
    {
        assert_eq!(explained(&format!("T{}", format!(" | {step}").repeat(290))), 291, "{step}");
    }
    assert_eq!(explained(&format!("T | where k{} >= 0", " + k".repeat(400))), 2);
    assert_eq!(explained(&format!("T | where k == 0{}", " or k == 1".repeat(2_000))), 2);
    assert_eq!(explained(&format!("T | where {}k == 0{}", "not(".repeat(50), ")".repeat(50))), 2);
    let (open, close) = ("(T | where k in (".repeat(14), "))".repeat(14));
    assert_eq!(explained(&format!("T | where k in ({open}T{close})")), 2 + 2 * 14 + 1);
}

#[test]
fn rows_without_end() {
    reaches_a_limit("range x from 1 to 1e15 step 1");
    reaches_a_limit("range x from 1 to 1000000000000 step 1 | where x < 0");
    reaches_a_limit("range x from 1 to 1000000000000 step 1 | summarize count() by x");
    reaches_a_limit("print x = range(1, 1000000) | mv-expand x | mv-expand y = range(1, 1000)");
}

#[test]
fn a_join_that_blows_up() {
    reaches_a_limit("T | join kind=inner T on k | join kind=inner T on k");
    reaches_a_limit(
        "let A = T; union A, A | join kind=fullouter (T | extend z = s) on k | summarize count()",
    );
}

#[test]
fn texts_without_end() {
    reaches_a_limit("print x = strrep(strrep(strrep('a', 1024), 1024), 1024)");
    reaches_a_limit("range i from 1 to 2000 step 1 | extend x = strrep(strrep(tostring(i), 1024), 100)");
    // Each variable is twice as long as the one before.
    let mut doubling = String::from("let a0 = 'xxxxxxxxxxxxxxxx';");
    for n in 0..40 {
        doubling.push_str(&format!("let a{} = strcat(a{n}, a{n}); ", n + 1));
    }
    reaches_a_limit(&format!("{doubling} print a40"));
}

/// Texts that are checked in little time, whatever they say. A debug build is given ten times what a release build takes.
fn is_checked_soon(name: &str, text: &str) -> Check {
    is_checked_soon_within(CompileLimits::default(), name, text)
}

fn is_checked_soon_within(limits: CompileLimits, name: &str, text: &str) -> Check {
    let db = wide_database();
    let options = CompileOptions::default().limits(limits);
    let start = Instant::now();
    let check = db.check_with(&text[..text.len().min(4 << 20)], &options);
    let taken = start.elapsed();
    assert!(taken < Duration::from_secs(120), "{name} took {taken:?}");
    assert!(check.diagnostics().len() <= 101, "{name}: {} diagnostics", check.diagnostics().len());
    check
}

/// Beside `T` a table of many columns.
fn wide_database() -> Database {
    let mut db = database();
    let columns = (0..20_000).map(|n| (format!("c{n}"), ScalarType::Long));
    db.declare("Wide", Schema::new(columns));
    db
}

fn codes_of(check: &Check) -> Vec<Code> {
    check.diagnostics().iter().map(|it| it.code).collect()
}

/// A text of many pieces, each made of its number.
fn many(count: usize, piece: impl Fn(usize) -> String) -> String {
    (0..count).map(piece).collect()
}

#[test]
fn variables_that_grow_are_not_computed_before_the_run() {
    let grown = |first: &str, levels, next: &dyn Fn(usize) -> String| {
        format!("let a0 = {first}; {} print 1", many(levels, |n| format!("let a{} = {};", n + 1, next(n))))
    };
    let sixty_four = |n: usize| format!("strcat({})", vec![format!("a{n}"); 64].join(", "));
    let check = is_checked_soon("strcat", &grown("'x'", 12, &sixty_four));
    assert_eq!(codes_of(&check), [Code::LimitExceeded]);
    let twice = |n: usize| format!("array_concat(a{n}, a{n})");
    assert!(is_checked_soon("array_concat", &grown("range(1, 20000)", 12, &twice)).is_ok());
    let check = is_checked_soon("array_concat", &grown("range(1, 100000)", 25, &twice));
    assert_eq!(codes_of(&check), [Code::LimitExceeded]);
    let nested = |n: usize| format!("{}a{n}{}", "pack_array(".repeat(140), ")".repeat(140));
    let check = is_checked_soon("pack_array", &grown("pack_array(1)", 1000, &nested));
    assert!(codes_of(&check).contains(&Code::TooDeep));
    let quoted = |n: usize| format!("tostring(pack_array(a{n}))");
    assert!(is_checked_soon("tostring", &grown("'\"'", 40, &quoted)).is_ok());
}

#[test]
fn the_work_of_computing_constants_is_bounded() {
    // Each takes a second; what is not computed now is computed in the run.
    let each = "countof(strrep('a', 30000), strrep('a', 15000))";
    assert!(
        is_checked_soon("countof", &format!("{} print 1", many(5000, |n| format!("let x{n} = {each};"))))
            .is_ok()
    );
    let regex = |n| format!("let x{n} = extract(@'((a{{1,100}}){{1,50}}|b{n})', 1, 'aaa');");
    assert!(is_checked_soon("regex", &format!("{} print 1", many(5000, regex))).is_ok());
    let texts = |n| format!("let x{n} = strrep('x', {});", 60_000 + n % 1000);
    assert!(is_checked_soon("strrep", &format!("{} print 1", many(20_000, texts))).is_ok());
}

#[test]
fn mistakes_without_number_are_cut() {
    for (name, text) in [
        ("characters", "$".repeat(1 << 18)),
        ("pipes", "|".repeat(1 << 18)),
        ("semicolons", ";".repeat(1 << 18)),
        ("brackets", "[".repeat(1 << 18)),
        ("functions", format!("print {}", vec!["f()"; 40_000].join(","))),
        ("columns", format!("Wide | where {}", vec!["cx == 1"; 2000].join(" or "))),
        (
            "names",
            format!(
                "{} print {}",
                many(20_000, |n| format!("let a{n} = 1;")),
                many(20_000, |n| format!("b{n},"))
            ),
        ),
        ("tables", many(40_000, |n| format!("Tx{n};"))),
        ("declared twice", "let a = 1;".repeat(40_000)),
        ("alternatives", format!("T | where s == 'a'{}", " or 'b'".repeat(400_000))),
    ] {
        let check = is_checked_soon(name, &text);
        assert!(!check.is_ok(), "{name}");
    }
    // The last one says how many there are beside the others.
    let check = is_checked_soon("functions", &format!("print {}", vec!["f()"; 150].join(", ")));
    assert_eq!(check.diagnostics().len(), 101);
    let last = &check.diagnostics()[100];
    assert_eq!((last.code, last.message.ends_with("at least 50")), (Code::LimitExceeded, true), "{last:?}");
}

/// Each of them has a plan of its own.
#[test]
fn statements_that_give_a_table_are_counted() {
    let db = database();
    let codes = |text: &str| codes_of(&db.check(text));
    assert_eq!(codes(&"print 1;".repeat(10_000)), []);
    assert_eq!(codes(&"print 1;".repeat(10_001)), [Code::TooLong]);
    // What is no KQL is not read on once nothing more is told.
    assert_eq!(codes(&"SELECT a FROM b; ".repeat(50_000)).len(), 100);
}

#[test]
fn many_names_are_found_soon() {
    let sums = format!("T | summarize {}", vec!["count()"; 20_000].join(", "));
    let check = is_checked_soon("count", &sums);
    let columns = check.columns().expect("columns");
    assert_eq!(columns.columns[19_999].name.as_ref(), "count_19999");
    let chain = many(40_000, |n| {
        format!("let a{} = {};", n, if n == 0 { "1".to_owned() } else { format!("a{}", n - 1) })
    });
    assert!(is_checked_soon("variables", &format!("{chain} print a39999")).is_ok());
    let renamed = many(19_999, |n| format!("d{n} = c{n},"));
    assert!(is_checked_soon("rename", &format!("Wide | project-rename {renamed} z = c19999")).is_ok());
    let away = many(19_998, |n| format!("c{n},"));
    assert_eq!(
        is_checked_soon("away", &format!("Wide | project-away {away} c19998")).columns().map(|it| it.len()),
        Some(1)
    );
}

#[test]
fn plans_of_many_columns_are_bounded() {
    // A fraction of what is allowed, for the sake of a debug build: the work is in proportion.
    let mut limits = CompileLimits::default();
    (limits.nodes, limits.columns) = (limits.nodes / 40, limits.columns / 40);
    for (name, text) in [
        ("extend", format!("Wide{}", " | extend z = 1".repeat(290))),
        ("stars", format!("Wide | where {}", vec!["* has 'a'"; 2000].join(" or "))),
        ("aggregates", format!("Wide | summarize {}", vec!["arg_max(c1, *)"; 2000].join(", "))),
        ("reorder", format!("Wide | project-reorder {}", vec!["c*"; 100_000].join(", "))),
        ("packs", format!("Wide{}", " | extend z = pack_all()".repeat(290))),
        ("joins", format!("Wide{}", " | join (Wide) on c1".repeat(200))),
        ("unions", format!("union {}", vec!["*"; 2000].join(", "))),
        ("parts", format!("union {}", vec!["T"; 500_000].join(", "))),
        ("searches", format!("Wide{}", " | search 'a'".repeat(200))),
        ("terms", format!("Wide | search {}", vec!["'a'"; 2000].join(" or "))),
        ("searched parts", format!("search in ({}) 'a'", vec!["T"; 50_000].join(", "))),
        ("found parts", format!("find in ({}) where c1 == 1", vec!["Wide"; 500].join(", "))),
        ("found columns", format!("find in ({0}) where c1 == 1 project {0}", vec!["Wide"; 500].join(", "))),
        (
            "keys",
            format!("print s = '' | parse-kv s as ({} z: long)", many(100_000, |n| format!("k{n}: long,"))),
        ),
        (
            "restrictions",
            format!("{} print 1", "let v = view () { T }; restrict access to (*);".repeat(20_000)),
        ),
        ("operands", format!("print {}", vec!["1"; 1_200_000].join(" + "))),
        ("items", format!("print x = 1 in ({})", vec!["1"; 1_900_000].join(", "))),
    ] {
        let check = is_checked_soon_within(limits, name, &text);
        let found = codes_of(&check);
        assert!(
            found.iter().any(|code| matches!(code, Code::LimitExceeded | Code::TooLong | Code::TooDeep)),
            "{name}: {found:?}"
        );
    }
    let members = format!(
        "let g = entity_group [{}]; macro-expand g as A (macro-expand g as B (macro-expand g as C (C)))",
        vec!["T"; 500].join(", ")
    );
    assert!(codes_of(&is_checked_soon("members", &members)).contains(&Code::CallDepth));
    let filters = format!("Wide{} | count", " | where c1 > 0".repeat(290));
    assert!(is_checked_soon("filters", &filters).is_ok());
}

#[test]
fn compiling_ends_when_it_is_told_to() {
    let db = database();
    let text = format!("print {}", vec!["strlen('a')"; 2000].join(", "));
    let late = CompileOptions::default().time_limit(Duration::from_secs(1), || Duration::from_secs(2));
    let cancelled = CompileOptions::default().cancel(Arc::new(AtomicBool::new(true)));
    for (options, code) in [(late, Code::TimeLimit), (cancelled, Code::Cancelled)] {
        assert_eq!(codes_of(&db.check_with(&text, &options)), [code]);
        let error = db.compile_with(&text, &options).expect_err("no time");
        assert_eq!(error.diagnostics()[0].code, code);
    }
    let mut short = CompileOptions::default();
    short.limits.text_bytes = 10;
    assert_eq!(codes_of(&db.check_with(&text, &short)), [Code::TooLong]);
    assert!(db.compile_with("T", &short).is_ok());
}

#[test]
fn expressions_that_double() {
    let mut query = String::from("declare query_parameters(v0: long = 1);");
    for n in 0..60 {
        query.push_str(&format!("let v{} = v{n} + v{n};", n + 1));
    }
    reaches_a_limit(&format!("{query} print v60"));
    let mut query = String::from("let f0 = () { T };");
    for n in 0..30 {
        query.push_str(&format!("let f{} = () {{ union f{n}(), f{n}() }};", n + 1));
    }
    fails_with(&format!("{query} f30() | count"), Code::CallDepth);
}

#[test]
fn regular_expressions() {
    let huge = format!("T | where s matches regex '{}'", "(a|b)".repeat(200_000));
    assert!(!codes(&huge).is_empty());
    let nested = format!("T | where s matches regex '{}'", "(a{1,100}){1,100}".repeat(50));
    assert!(!codes(&nested).is_empty());
    fails_with("T | where s matches regex '('", Code::BadRegex);
}

#[test]
fn time_and_cancellation() {
    let db = database();
    let query = db.compile("range x from 1 to 900000 step 1 | summarize count() by x").expect("a query");
    let late =
        Options::new(DateTime::UNIX_EPOCH).time_limit(Duration::from_secs(1), || Duration::from_secs(2));
    let error = query.run(&db, &late).expect_err("too late");
    assert_eq!(error.diagnostics()[0].code, Code::TimeLimit);
    let cancelled = Options::new(DateTime::UNIX_EPOCH).cancel(Arc::new(AtomicBool::new(true)));
    let error = query.run(&db, &cancelled).expect_err("cancelled");
    assert_eq!(error.diagnostics()[0].code, Code::Cancelled);
}

/// A body is under the limits of the whole query: over all of its runs, not for each of them.
#[test]
fn limits_hold_inside_bodies() {
    let fails = |query: &str, limits: Limits| {
        let db = database();
        let compiled = db.compile(query).unwrap_or_else(|error| panic!("{error}"));
        for threads in [1, 3] {
            for tuning in [Tuning::DEFAULT, Tuning::SMALL] {
                let options = options().limits(limits).threads(threads).tuning(tuning);
                let outcome = compiled.run(&db, &options).map(|table| table.len());
                let error = outcome.expect_err(query);
                let found = &error.diagnostics()[0];
                assert!(found.code.is_limit(), "{query}: {error}");
                assert!(
                    found.help.iter().any(|it| it.contains("in the run of the subquery over")),
                    "{error}"
                );
            }
        }
    };
    // Each of 1000 keys of two rows makes 3000 rows: a run is within the limit of rows, all of them together are not.
    let rows = Limits { rows: 100_000, ..LIMITS };
    let keyed = "T | serialize k = row_number() / 2 | partition hint.strategy=native by k";
    fails(&format!("{keyed} (mv-expand x = range(1, 1500) | where x < 0)"), rows);
    fails("T | mv-apply k = range(1, 1500) on (mv-expand y = range(1, 10) | where y < 0)", rows);
    // What a body holds counts: one run would need far more than there is.
    let bytes = Limits { bytes: 4 << 20, ..LIMITS };
    fails(
        "T | serialize n = row_number() | partition by k (extend x = strrep(tostring(n), 9000) | sort by x)",
        bytes,
    );
    fails(
        "T | partition by k (mv-expand x = range(1, 1000) | summarize make_list(strcat(s, tostring(x))))",
        bytes,
    );
    fails("T | mv-apply k = range(1, 100) on (extend x = strrep(tostring(k), 90000) | sort by x)", bytes);
}

#[test]
fn a_body_ends_when_the_query_does() {
    let db = database();
    let query =
        "T | partition by k (mv-expand x = range(1, 400) to typeof(long) | summarize count() by x) | count";
    let query = db.compile(query).expect("a query");
    for threads in [1, 3] {
        let late = Options::new(DateTime::UNIX_EPOCH)
            .threads(threads)
            .time_limit(Duration::from_secs(1), || Duration::from_secs(2));
        let error = query.run(&db, &late).expect_err("too late");
        assert_eq!(error.diagnostics()[0].code, Code::TimeLimit);
        let cancelled =
            Options::new(DateTime::UNIX_EPOCH).threads(threads).cancel(Arc::new(AtomicBool::new(true)));
        let error = query.run(&db, &cancelled).expect_err("cancelled");
        assert_eq!(error.diagnostics()[0].code, Code::Cancelled);
    }
}

/// A body in a body in a body …: each is a level of the text and of the run.
#[test]
fn bodies_in_bodies() {
    let nested =
        |depth: usize| format!("T{}{}", " | partition by k (where k >= 0".repeat(depth), ")".repeat(depth));
    let db = database();
    let run = |query: &str| db.compile(query).and_then(|compiled| compiled.run(&db, &options()));
    assert_eq!(run(&nested(50)).map(|table| table.len()).map_err(|error| error.to_string()), Ok(2000));
    for depth in [200, 1000, 50_000] {
        assert!(!codes(&nested(depth)).is_empty());
    }
}

#[test]
fn bytes_of_any_kind() {
    let db = database();
    for seed in 0..200_u32 {
        let bytes: Vec<u8> = (0..300_u32)
            .map(|n| (seed.wrapping_mul(2_654_435_761).wrapping_add(n * n * 97) >> 7) as u8)
            .collect();
        let text = String::from_utf8_lossy(&bytes);
        let check = db.check(&text);
        assert!(!check.is_ok(), "{text:?}");
        for it in check.diagnostics() {
            assert!(it.span().range().end <= text.len(), "{:?} is outside {text:?}", it.span());
            assert!(!it.render("query", &text, false).is_empty());
        }
    }
}

#[test]
fn long_chains_of_operators() {
    let db = database();
    // Of the first row, whose k is 0.
    for (first, piece, expected) in [("1", "+1", 440), ("k", " - 1", -439), ("k + 1", " * 1", 1)] {
        let chain = |terms: usize| format!("T | take 1 | project x = {first}{}", piece.repeat(terms - 1));
        for terms in [900, 1_600, 100_000] {
            fails_with(&chain(terms), Code::TooDeep);
        }
        let table =
            db.compile(&chain(440)).and_then(|compiled| compiled.run(&db, &options())).expect("a table");
        assert_eq!(table.value(0, "x"), Some(Value::from(i64::from(expected))), "{piece}");
    }
}
