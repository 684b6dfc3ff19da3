//! `kqlite explain` and `kqlite why` from outside, over the rule in examples/sender-contact: texts are kept in `expected`.
//! With UPDATE_EXPECTED=1 the files are written anew; read the difference before it is kept.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::path::Path;
use std::process::Command;

/// Exit code, standard output, standard error.
type Called = (i32, String, String);

/// Calls the program in a folder of the workspace.
fn called(folder: &str, arguments: &[&str]) -> Called {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    let done =
        Command::new(env!("CARGO_BIN_EXE_kqlite")).args(arguments).current_dir(folder).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (done.status.code().unwrap_or(-1), text(done.stdout), text(done.stderr))
}

/// Calls the program about the rule.
fn about_the_rule(command: &str, arguments: &[&str]) -> Called {
    let rule = ["rule.yaml", "--data", "data", "--now", "2024-06-30T12:00:00Z"];
    called("examples/sender-contact", &[&[command], &rule[..], arguments].concat())
}

#[track_caller]
fn out_file((code, out, err): Called, name: &str) {
    assert_eq!((code, err.as_str()), (0, ""));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expected").join(name);
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(&path, &out).unwrap();
    }
    assert_eq!(out, std::fs::read_to_string(&path).unwrap_or_default(), "{name}");
}

#[track_caller]
fn error((code, out, err): Called, expected_code: i32, expected: &str) {
    assert_eq!((code, out.as_str(), err.as_str()), (expected_code, "", expected));
}

#[test]
fn the_steps_of_the_rule() {
    out_file(about_the_rule("explain", &[]), "explain.txt");
    out_file(about_the_rule("explain", &["--rows", "0"]), "explain-short.txt");
}

#[test]
fn a_row_that_a_condition_refuses_and_one_that_the_join_removes() {
    out_file(about_the_rule("why", &["--row", "EmailEvents[11]", "--row", "EmailEvents[74]"]), "why-row.txt");
}

#[test]
fn a_row_of_the_answer_and_one_whose_group_is_too_small() {
    out_file(
        about_the_rule("why", &["--row", "EmailEvents[3]", "--row", "EmailEvents[60]"]),
        "why-group.txt",
    );
}

#[test]
fn all_rows_that_meet_a_condition() {
    out_file(about_the_rule("why", &["--where", "SenderFromAddress has 'one-shouting'"]), "why-where.txt");
}

#[test]
fn the_readme_shows_what_is_printed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let begin = "$ kqlite why rule.yaml --data data --now 2024-06-30T12:00:00Z --where '";
    let (_, rest) = readme.split_once(begin).unwrap();
    let (condition, rest) = rest.split_once("'\n").unwrap();
    let (shown, _) = rest.split_once("…\n").unwrap();
    let (code, out, _) = about_the_rule("why", &["--where", condition]);
    assert_eq!(code, 0);
    assert!(out.starts_with(shown), "{out}");
}

#[test]
fn where_a_row_of_the_answer_comes_from() {
    out_file(about_the_rule("why", &["--result", "9"]), "why-result.txt");
}

#[test]
fn json_for_programs() {
    let json = |(code, out, err): Called| -> serde_json::Value {
        assert_eq!((code, err.as_str()), (0, ""));
        serde_json::from_str(&out).unwrap()
    };
    let told = json(about_the_rule("explain", &["--format", "json"]));
    assert_eq!(told["rows"], 28);
    assert_eq!(told["pipelines"][1]["steps"][2]["summary"], "kept 32 of 43 rows");
    // Whole rows are told, not only what the query reads.
    assert_eq!(told["pipelines"][0]["steps"][0]["rows_out"], 80);
    let why = json(about_the_rule("why", &["--row", "EmailEvents[9]", "--format", "json"]));
    let reason =
        "vanishes at step 8: `DeliveryAction == \"Delivered\"` is false: DeliveryAction is \"Blocked\"";
    assert_eq!(why["fates"][0]["summary"], reason);
    let cells = why["fates"][0]["cells"].as_array().unwrap();
    assert!(cells.iter().any(|cell| cell["name"] == "ThreatTypes"));
    let origins = json(about_the_rule("why", &["--result", "0", "--format", "json"]));
    assert_eq!(origins["sources"].as_array().map(Vec::len), Some(1));
}

#[test]
fn questions_that_cannot_be_answered() {
    error(
        about_the_rule("why", &["--row", "EmailEvents[80]"]),
        1,
        "error[KQL0401]: there is no EmailEvents[80]: EmailEvents has 80 rows, 0 to 79\n",
    );
    error(
        about_the_rule("why", &["--row", "Emails[0]"]),
        1,
        "error[KQL0102]: the query reads no table 'Emails': it reads EmailEvents\n",
    );
    error(
        about_the_rule("why", &["--row", "3"]),
        2,
        "error: --row: '3' is no row: write the table and the row's number from 0, as in Table[3]\n",
    );
    error(
        about_the_rule("why", &["--result", "28"]),
        1,
        "error[KQL0401]: the answer has no row 28: it has 28 rows, 0 to 27\n",
    );
    error(
        about_the_rule("why", &["--where", "Subject == 'no such subject'"]),
        1,
        "error: --where: no row of EmailEvents meets the condition\n",
    );
    let (code, _, err) = about_the_rule("why", &["--where", "Subjct == 'x'"]);
    assert_eq!(code, 1);
    assert!(err.contains("\n --> --where:1:1\n") && err.contains("did you mean 'Subject'?"), "{err}");
    let (code, _, err) = about_the_rule("why", &[]);
    assert_eq!(code, 2);
    assert!(err.contains("--row <TABLE[ROW]>|--where <CONDITION>|--result <N>"), "{err}");
}

#[test]
fn a_condition_that_fits_several_tables() {
    let query = "Customers | join kind=inner Orders on $left.Name == $right.Customer | where Total > 15";
    let ask = |more: &[&str]| {
        let arguments = [&["why", query, "--data", "shop", "--where", "1 == 1"][..], more].concat();
        called("crates/cli/tests/data", &arguments)
    };
    let expected = "error: --where: the condition fits Customers and Orders: say which with --table\n";
    let (code, out, err) = ask(&[]);
    assert!(
        err == expected || err == expected.replace("Customers and Orders", "Orders and Customers"),
        "{err}"
    );
    assert_eq!((code, out.as_str()), (2, ""));
    out_file(ask(&["--table", "Orders"]), "why-table.txt");
}
