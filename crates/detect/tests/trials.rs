//! Tests of rules from Rust: what passes, and what the messages of failures say. It must not know test files, but for those
//! of the examples.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kqlite::{Limits, ScalarType};
use kqlite_detect::suite::{Bounds, Outcome, Settings, Suite};
use kqlite_detect::{Rule, Trial, assert_fires, assert_silent, folder_cases, json, run_folder};

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

fn rule(query: &str) -> Rule {
    Rule::parse(&json!({"name": "a rule", "query": query}).to_string()).unwrap()
}

/// The message of a panic.
fn panics(run: impl FnOnce()) -> String {
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_err();
    caught.downcast_ref::<String>().cloned().unwrap()
}

#[test]
fn a_rule_of_a_file_is_given_rows() {
    let rule = Rule::load(examples().join("sender-contact/rule.yaml")).unwrap();
    let mail = json!({
        "Timestamp": "-2h", "SenderDisplayName": "Microsoft", "SenderFromAddress": "a@x.example",
        "DeliveryAction": "Delivered", "EmailDirection": "Inbound", "Subject": "RE: hello",
    });
    assert_fires!(rule, {"EmailEvents": [mail]});
    assert_silent!(rule, {"EmailEvents": []});
    let answer = rule.given("EmailEvents", json!([mail, mail])).at("2025-01-01T00:00:00Z").run().unwrap();
    answer
        .expect_fires()
        .expect_rows(json!([{"SenderFromAddress": "a@x.example", "NewMsg": false, "count_": 2}]))
        .expect_count(1..=1)
        .expect_contains(json!({"Subject": "RE: hello"}))
        .expect_excludes(json!({"NewMsg": true}));
    assert_eq!(answer.alerts().len(), 1);
}

#[test]
fn a_failure_shows_the_difference_and_the_reason() {
    let rule = rule("EmailEvents | where Subject has 'invoice' | summarize Mails = count() by Subject");
    let rows = json!([{"Subject": "an invoice"}, {"Subject": "a letter"}]);
    let answer = rule.given("EmailEvents", rows).run().unwrap();
    let message = panics(|| {
        answer.expect_rows(json!([{"Subject": "an invoice", "Mails": 2}]));
    });
    let expected = "\
result: 1 row expected, 1 found: 1 differs
  Subject     Mails
  ──────────  ─────
- an invoice      2
+                 1
why: EmailEvents[1] vanishes at step 2: `Subject has 'invoice'` is false: Subject is \"a letter\"
     EmailEvents[0] is in row 0 of the answer";
    assert_eq!(message, expected);
    let message = panics(|| assert_silent!(rule, {"EmailEvents": [{"Subject": "an invoice"}]}));
    assert!(
        message.starts_with("fires: the rule should be silent, and fires: the query gave 1 row"),
        "{message}"
    );
}

#[test]
fn what_cannot_be_run_says_why() {
    let wrong = |result: Result<kqlite_detect::Answer, kqlite_detect::TrialError>, part: &str| {
        let message = result.err().unwrap().to_string();
        assert!(message.contains(part), "{message}");
    };
    let mail = rule("EmailEvents | project Subject");
    wrong(mail.given("EmailEvents", json!([{"Subjcet": "x"}])).run(), "did you mean 'Subject'?");
    wrong(mail.given("EmailEvents", json!({"Subject": "x"})).run(), "are an array of objects");
    wrong(
        mail.given("EmailEvents", json!([{"Timestamp": "soon"}])).run(),
        "'soon' is not of the type datetime",
    );
    wrong(mail.given("IdentityInfo", json!([])).run(), "the rule never reads 'IdentityInfo'");
    wrong(mail.given("EmailEvents", json!([])).at("noon").run(), "'noon' is no time");
    wrong(rule("EmailEvents | project Sender").given("EmailEvents", json!([])).run(), "KQL0101");
    wrong(rule("_GetWatchlist('vips')").given("EmailEvents", json!([])).run(), "_GetWatchlist");
}

#[test]
fn a_rule_is_given_more_than_tables() {
    let query = "declare query_parameters(least: long = 1);
        Users | join kind=inner (_GetWatchlist('vips') | project User = SearchKey) on User
        | where Level >= least and Seen < now()";
    let trial = rule(query)
        .given("Users", json!([{"User": "ann", "Level": 2, "Seen": "-1h"}, {"User": "bob", "Level": 1}]))
        .columns(
            "Users",
            [("User", ScalarType::String), ("Level", ScalarType::Long), ("Seen", ScalarType::DateTime)],
        )
        .watchlist("vips", json!([{"SearchKey": "ann"}]))
        .parameter("least", 2);
    trial.run().unwrap().expect_rows(json!([{"User": "ann", "Level": 2}]));
    let exploding = Trial::of(&rule("range x from 1 to 1000 step 1"));
    let error = exploding.limits(Limits { rows: 100, ..Limits::default() }).run().err().unwrap().to_string();
    assert!(error.contains("more rows than the limit of 100"), "{error}");
}

#[test]
fn a_mistake_in_a_stored_function_is_no_silent_answer() {
    let trial =
        rule("Known() | count").given("T", json!([{"x": 1}])).function("Known", "() { T | project y }");
    let error = trial.run().err().unwrap().to_string();
    assert!(error.contains("in the stored function 'Known'"), "{error}");
}

#[test]
fn a_folder_is_a_test() {
    run_folder(examples());
    let cases = folder_cases(examples().join("sender-contact")).unwrap();
    assert!(cases.len() > 100 && cases.iter().all(|case| !case.ignored));
    let case = cases.into_iter().find(|case| case.name.ends_with("› three")).unwrap();
    (case.run)().unwrap();
    assert!(
        folder_cases(examples().join("sender-contact/data")).is_err_and(|it| it.contains("no test file"))
    );
}

#[test]
fn a_query_that_takes_too_long_is_stopped_and_others_go_on() {
    let text = "tests:\n- {name: long, query: range x from 1 to 100000 step 1 | count, rows: 1}\n- {name: short, query: print 1, rows: 1}\n";
    let read = move |_: &Path| Ok(text.as_bytes().to_vec());
    let suite = Suite::load(&[PathBuf::from("a.test.yaml")], &[], Box::new(read));
    // Each look at this clock takes a second.
    let ticks = Arc::new(AtomicU64::new(0));
    let clock = Arc::new(move || Duration::from_secs(ticks.fetch_add(1, Ordering::Relaxed)));
    let bounds = Bounds { time: Some((Duration::from_secs(5), clock)), ..Bounds::default() };
    let report = suite.run(&Settings { bounds, ..Settings::default() }, &|_, _| {});
    let outcomes: Vec<&Outcome> = report.tests().map(|(_, test)| &test.outcome).collect();
    assert!(matches!(outcomes[..], [Outcome::Failed(_), Outcome::Passed]), "{outcomes:?}");
}

#[test]
fn a_table_that_no_test_reads_is_a_mistake_of_the_file() {
    let text = "tables: {IdentityInfo: [{AccountName: x}], EmailEvents: [{}]}\nquery: EmailEvents\ntests:\n- {name: a, rows: 1}\n- {name: b, query: print 1, rows: 1}\n";
    let read = move |_: &Path| Ok(text.as_bytes().to_vec());
    let suite = Suite::load(&[PathBuf::from("a.test.yaml")], &[], Box::new(read));
    let report = suite.run(&Settings::default(), &|_, _| {});
    let mistakes: Vec<String> =
        report.files.iter().flat_map(|file| &file.errors).map(ToString::to_string).collect();
    assert_eq!(mistakes, ["a.test.yaml:1:10: the rule never reads 'IdentityInfo'; it reads: EmailEvents"]);
}

/// Tests whose data files are called as in `names`, read by `read`, with a time limit of 50 ms: what each came to.
fn outcomes_of(names: &[&str], read: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Vec<String> {
    let tests = names.iter().map(|name| {
        format!(
            "- {{name: '{name}', query: EmailEvents | count, tables: {{EmailEvents: {name}}}, rows: 1}}\n"
        )
    });
    let text = format!("tests:\n{}", tests.collect::<String>());
    let read = move |path: &Path| match path.to_str().unwrap() {
        "a.test.yaml" => Ok(text.as_bytes().to_vec()),
        other => Ok(read(other)),
    };
    let suite = Suite::load(&[PathBuf::from("a.test.yaml")], &[], Box::new(read));
    let start = Instant::now();
    let bounds = Bounds {
        time: Some((Duration::from_millis(50), Arc::new(move || start.elapsed()))),
        ..Bounds::default()
    };
    let report = suite.run(&Settings { bounds, ..Settings::default() }, &|_, _| {});
    let told = |outcome: &Outcome| match outcome {
        Outcome::Failed(failures) => failures[0].message.clone(),
        other => format!("{other:?}"),
    };
    report.tests().map(|(_, test)| format!("{}: {}", test.name, told(&test.outcome))).collect()
}

#[test]
fn a_panic_fails_its_test_alone() {
    let found = outcomes_of(&["good.csv", "bad.csv", "other.csv"], |name| {
        assert!(name != "bad.csv", "the file {name}");
        b"Subject\nx\n".to_vec()
    });
    let expected =
        ["good.csv: Passed", "bad.csv: the engine panicked: the file bad.csv", "other.csv: Passed"];
    assert_eq!(found, expected);
}

#[test]
fn a_test_that_never_ends_is_given_up_and_others_go_on() {
    let found = outcomes_of(&["never.csv", "never-2.csv", "good.csv"], |name| {
        while name.starts_with("never") {
            std::thread::sleep(Duration::from_millis(20));
        }
        b"Subject\nx\n".to_vec()
    });
    let given_up = "the query was given up: no end within 50ms";
    assert_eq!(
        found,
        [&format!("never.csv: {given_up}"), &format!("never-2.csv: {given_up}"), "good.csv: Passed"]
    );
}
