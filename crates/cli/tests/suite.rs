//! `kqlite test` from outside: what it prints, its exit codes, its forms, and what it writes. The texts are kept as files in
//! `expected/suite`; with UPDATE_EXPECTED=1 they are written anew: read the difference before it is kept.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// Exit code, standard output and error of a call in a folder; times are all the same.
fn kqlite_in(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let done =
        Command::new(env!("CARGO_BIN_EXE_kqlite")).args(arguments).current_dir(folder).output().unwrap();
    let text = |bytes: Vec<u8>| without_times(&String::from_utf8(bytes).unwrap());
    (done.status.code().unwrap_or(-1), text(done.stdout), text(done.stderr))
}

fn kqlite(arguments: &[&str]) -> (i32, String, String) {
    kqlite_in(&here().join("data/suite"), arguments)
}

/// `in 3.2 ms` and the like differ from run to run.
fn without_times(text: &str) -> String {
    let line = |line: &str| match line.rsplit_once(" in ") {
        Some((before, time)) if time.ends_with(" ms") || time.ends_with(" s") => format!("{before} in TIME"),
        _ => line.to_owned(),
    };
    let mut lines: Vec<String> = text.lines().map(line).collect();
    if text.ends_with('\n') {
        lines.push(String::new());
    }
    lines.join("\n")
}

#[track_caller]
fn same_as_file(found: &str, name: &str) {
    let path = here().join("expected/suite").join(name);
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expected, "{name}");
}

#[track_caller]
fn check(arguments: &[&str], code: i32, name: &str) {
    let (found, out, err) = kqlite(arguments);
    assert_eq!(found, code, "exit code\n{out}{err}");
    same_as_file(&format!("{out}{err}"), name);
}

#[test]
fn what_passes_is_told_in_a_line_a_file() {
    check(&["test", "good"], 0, "good.txt");
    check(&["test", "good", "--tag", "threshold"], 0, "by-tag.txt");
    check(&["test", "good", "--filter", "FUNCTION", "--filter", "two"], 0, "by-name.txt");
    check(&["test", "good", "--tactic", "Persistence"], 2, "by-tactic.txt");
    check(&["test", "good", "--min-tests", "5"], 1, "min-tests.txt");
}

#[test]
fn what_fails_is_told_with_differences_and_reasons() {
    check(&["test", "failing"], 1, "failing.txt");
}

#[test]
fn mistakes_in_test_files_are_placed() {
    check(&["test", "wrong"], 2, "wrong.txt");
}

#[test]
fn what_is_not_known_is_told_beside_the_outcome() {
    check(&["test", "doubt"], 1, "doubt.txt");
    check(&["test", "doubt", "--strict"], 1, "doubt-strict.txt");
}

#[test]
fn a_query_that_explodes_is_stopped_and_the_suite_goes_on() {
    check(&["test", "limits", "--max-mb", "40"], 1, "limits.txt");
}

#[test]
fn wrong_calls_are_told() {
    check(&["test", "nowhere"], 2, "no-such-path.txt");
    check(&["test", "good/mail.yaml"], 2, "no-test-file.txt");
    check(&["test", "good/untested.kql", "--threads", "1"], 2, "a-query.txt");
}

/// An element of XML: its name, its attributes, those that it needs, its children.
type Element = (&'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str]);

/// What JUnit's readers take, as the schema of Jenkins (junit-10.xsd) has it: for each element its attributes, those that
/// must be there, and its children.
const JUNIT: &[Element] = &[
    ("testsuites", &["name", "time", "tests", "failures", "errors", "disabled"], &[], &["testsuite"]),
    (
        "testsuite",
        &[
            "name",
            "tests",
            "failures",
            "errors",
            "skipped",
            "time",
            "timestamp",
            "hostname",
            "id",
            "package",
            "file",
            "group",
            "log",
            "url",
            "version",
        ],
        &["name", "tests", "failures", "errors"],
        &["testcase", "properties", "system-out", "system-err", "testsuite"],
    ),
    (
        "testcase",
        &["name", "classname", "time", "group"],
        &["name"],
        &["skipped", "error", "failure", "system-out", "system-err"],
    ),
    ("failure", &["message", "type"], &[], &[]),
    ("error", &["message", "type"], &[], &[]),
    ("skipped", &["message", "type"], &[], &[]),
];

fn check_junit(node: roxmltree::Node<'_, '_>) {
    let name = node.tag_name().name();
    let (_, attributes, needed, children) = JUNIT.iter().find(|(known, ..)| *known == name).unwrap();
    for attribute in node.attributes() {
        assert!(attributes.contains(&attribute.name()), "{name} has no attribute {}", attribute.name());
        if ["tests", "failures", "errors", "skipped"].contains(&attribute.name()) {
            attribute.value().parse::<usize>().unwrap();
        }
        if attribute.name() == "time" {
            attribute.value().parse::<f64>().unwrap();
        }
    }
    needed.iter().for_each(|it| assert!(node.has_attribute(*it), "{name} needs {it}"));
    for child in node.children().filter(roxmltree::Node::is_element) {
        assert!(children.contains(&child.tag_name().name()), "{name} has no {}", child.tag_name().name());
        check_junit(child);
    }
    if name == "testsuite" {
        let cases = |tag: &str| {
            node.children().filter(|it| it.children().any(|it| it.has_tag_name(tag))).count().to_string()
        };
        let all = node.children().filter(|it| it.has_tag_name("testcase")).count().to_string();
        assert_eq!(node.attribute("tests"), Some(all.as_str()));
        assert_eq!(node.attribute("failures"), Some(cases("failure").as_str()));
        assert_eq!(node.attribute("errors"), Some(cases("error").as_str()));
        assert_eq!(node.attribute("skipped"), Some(cases("skipped").as_str()));
    }
}

#[test]
fn junit_is_what_its_readers_take() {
    for folder in ["good", "failing", "wrong", "limits"] {
        let (_, xml, _) = kqlite(&["test", folder, "--format", "junit"]);
        let document = roxmltree::Document::parse(&xml).unwrap_or_else(|error| panic!("{error}\n{xml}"));
        assert_eq!(document.root_element().tag_name().name(), "testsuites");
        check_junit(document.root_element());
    }
}

#[test]
fn json_and_sarif_are_told() {
    let json = |folder: &str, form: &str| -> serde_json::Value {
        let (_, text, _) = kqlite(&["test", folder, "--format", form]);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    };
    let good = json("good", "json");
    assert_eq!(good["summary"]["passed"], 6);
    assert_eq!(good["summary"]["skipped"], 1);
    let rules: Vec<_> = good["rules"].as_array().unwrap().iter().map(|rule| &rule["tests"]).collect();
    assert_eq!(rules, [&serde_json::json!(4), &serde_json::json!(0)]);
    let failing = json("failing", "json");
    let test = &failing["files"][0]["tests"][1];
    assert_eq!(test["outcome"], "failed");
    assert_eq!(test["failures"][0]["expectation"], "fires");
    assert_eq!(test["failures"][0]["line"], 14);
    assert!(test["why"].as_str().unwrap().contains("DeliveryAction is \"Delivered\""));
    assert_eq!(json("wrong", "json")["summary"]["broken"].as_u64(), Some(15));
    let sarif = json("failing", "sarif");
    assert_eq!(sarif["version"], "2.1.0");
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 8);
    let place = &results[0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "failing/mail.test.yaml");
    assert_eq!(place["region"]["startLine"], 5);
    assert_eq!(json("good", "sarif")["runs"][0]["results"][0]["ruleId"], "untested-rule");
}

#[test]
fn github_gets_annotations() {
    let (code, out, _) = kqlite(&["test", "failing", "--format", "github", "--filter", "nothing passes"]);
    assert_eq!(code, 1);
    same_as_file(&out, "github.txt");
}

#[test]
fn a_report_goes_into_a_file() {
    let folder = scratch("report");
    let path = folder.join("report.xml");
    let (code, out, _) = kqlite(&["test", "good", "--format", "junit", "--output", path.to_str().unwrap()]);
    assert_eq!(code, 0);
    assert!(out.contains("6 passed, 1 skipped"), "{out}");
    assert!(std::fs::read_to_string(path).unwrap().starts_with("<?xml"));
}

/// A folder of its own for a test.
fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("suite-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn expected_rows_are_written_anew_and_nothing_else() {
    let folder = scratch("update");
    let file = folder.join("a.test.yaml");
    let before = "\
# A comment.
query: EmailEvents | summarize Count = count() by Subject, Size = EmailSize
tests:
- name: a block   # stays
  tables: {EmailEvents: [{Subject: 'RE: it''s', EmailSize: 1}, {Subject: b}]}
  result:
  - {Subject: x, Count: 9}
  # goes
  - {Subject: y, Count: 9}
- name: a list
  tables: {EmailEvents: [{Subject: now}]}
  result: [{Subject: z}]
  fires: true   # stays
- name: nothing yet
  tables: {EmailEvents: [{Subject: 'true'}]}
  result:
- name: no rows are left
  result:
  - {Subject: gone}
- name: a file
  tables: {EmailEvents: [{Subject: a}]}
  result: expected.json
- name: right already
  tables: {EmailEvents: [{Subject: a}]}
  result: [ {Subject: a} ]
";
    std::fs::write(&file, before).unwrap();
    std::fs::write(folder.join("expected.json"), "[]").unwrap();
    let (code, out, err) = kqlite_in(&folder, &["test", "--update"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(
        out.starts_with("5 results written anew, to be reviewed, in\n  a.test.yaml\n  expected.json\n"),
        "{out}"
    );
    let after = "\
# A comment.
query: EmailEvents | summarize Count = count() by Subject, Size = EmailSize
tests:
- name: a block   # stays
  tables: {EmailEvents: [{Subject: 'RE: it''s', EmailSize: 1}, {Subject: b}]}
  result:
  - {Subject: 'RE: it''s', Count: 1}
  - {Subject: b, Count: 1}
- name: a list
  tables: {EmailEvents: [{Subject: now}]}
  result: [{Subject: 'now'}]
  fires: true   # stays
- name: nothing yet
  tables: {EmailEvents: [{Subject: 'true'}]}
  result:
  - {Subject: 'true', Size: null, Count: 1}
- name: no rows are left
  result: []
- name: a file
  tables: {EmailEvents: [{Subject: a}]}
  result: expected.json
- name: right already
  tables: {EmailEvents: [{Subject: a}]}
  result: [ {Subject: a} ]
";
    assert_eq!(std::fs::read_to_string(&file).unwrap(), after);
    let (_, out, _) = kqlite_in(&folder, &["test", "--update"]);
    assert!(out.starts_with("no expected rows to write anew\n"), "{out}");
}

#[test]
fn a_change_runs_the_tests_again() {
    let folder = scratch("watch");
    let file = folder.join("a.test.yaml");
    let text = |rows: u32| format!("query: print 1\ntests:\n- {{name: one row, rows: {rows}}}\n");
    std::fs::write(&file, text(1)).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_kqlite"))
        .args(["test", "--watch"])
        .current_dir(&folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let waits = |lines: &mut dyn Iterator<Item = String>| {
        lines.take_while(|line| !line.starts_with("waiting")).collect::<Vec<_>>().join("\n")
    };
    let first = waits(&mut lines);
    // Some file systems count the times of changes in hundredths of a second.
    std::thread::sleep(std::time::Duration::from_millis(50));
    std::fs::write(&file, text(2)).unwrap();
    let second = waits(&mut lines);
    child.kill().unwrap();
    let _ = child.wait();
    assert!(first.contains("1 passed"), "{first}");
    assert!(second.contains("2 rows expected, 1 found"), "{second}");
}

#[test]
fn columns_are_declared_once_for_all() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("declared");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write("schema.json", r#"{"Okta_CL": {"TimeGenerated": "datetime", "eventType_s": "string"}}"#);
    write(
        "a.test.yaml",
        "query: Okta_CL | where eventType_s == 'x' | join kind=leftouter SigninLogs on TimeGenerated\n\
         tests:\n- {name: none, tables: {Okta_CL: []}, rows: 0}\n",
    );
    write(
        "q.kql",
        "Okta_CL | where eventType_s == 'x' | join SigninLogs on TimeGenerated | where ResultType == '0'\n",
    );
    let (code, out, err) = kqlite_in(&folder, &["test", "--schema", "schema.json"]);
    assert_eq!(code, 0, "{out}{err}");
    let (code, out, _) = kqlite_in(&folder, &["test"]);
    assert!(code == 2 && out.contains("or --schema FILE for all tests"), "{out}");
    // Built-in tables are there beside those of the file.
    let (code, out, _) = kqlite_in(&folder, &["check", "--schema", "schema.json", "q.kql"]);
    assert_eq!(code, 0, "{out}");
}
