//! What the command line teaches: words of other languages, and answers without rows.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[path = "shared/program.rs"]
mod program;

use program::{kqlite, kqlite_reading};

#[test]
fn docs_know_words_of_other_languages() {
    let out = kqlite(&["docs", "like"]).code(0).out;
    assert!(out.starts_with("like  no word of KQL, or not here\n\nBehind a pipe\n"), "{out}");
    assert!(out.contains("KQL has: startswith, endswith, contains, has, matches regex\n"), "{out}");
    let out = kqlite(&["docs", "SELECT"]).code(0).out;
    for expected in ["Where a query begins\n", "Behind a pipe\n  KQL has: project\n"] {
        assert!(out.contains(expected), "{expected}: {out}");
    }
    let out = kqlite(&["docs", "is", "null"]).code(0).out;
    assert!(out.contains("KQL has: isnull(x)\n"), "{out}");
    let all = kqlite(&["docs", "habits"]).code(0).out;
    for heading in ["Where a query begins", "Behind a pipe", "Behind a value", "Functions", "Behind a number"]
    {
        assert!(all.lines().any(|line| line == heading), "{heading}");
    }
}

#[test]
fn an_answer_without_rows_says_what_would_have_matched() {
    let run = |query: &str| kqlite(&["run", query, "--data", "shop", "--format", "csv"]).code(0);
    let called = run("Orders | where Customer == 'ANN' | project Total");
    assert_eq!(called.out, "Total\n");
    assert_eq!(
        called.err,
        "note: step 2: none of 3 rows meets `Customer == 'ANN'`; 2 do in another case (=~)\n"
    );
    assert_eq!(
        run("Orders | where Customer has 'an'").err,
        "note: step 2: none of 3 rows meets `Customer has 'an'`; 2 do as a part of the text (contains)\n"
    );
    // There is nothing to say of these, or nothing to read again.
    assert_eq!(run("Orders | where Customer == 'dan'").err, "");
    assert_eq!(run("Orders | where Customer == 'ann'").err, "");
    let query = b"Orders | where Customer == 'ANN'";
    assert_eq!(kqlite_reading(&["run", "-", "--data", "shop"], query).code(0).err, "");
}

#[test]
fn a_warning_of_a_check_is_no_error() {
    let query = r#"{"id": "1", "query": "datatable (a: long) [1] | where a == long(null)"}"#;
    let called = kqlite_reading(&["check", "--format", "json", "-"], query.as_bytes()).code(0);
    assert!(called.out.contains("\"ok\":true") && called.out.contains("\"errors\":[]"), "{}", called.out);
}
