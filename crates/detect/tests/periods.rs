//! Tests of rules see the rows that the service would show: those of the rule's period. And what test files say of times,
//! placeholders and external rows.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use std::path::{Path, PathBuf};

use kqlite_detect::suite::{Outcome, Settings, Suite};
use kqlite_detect::{Rule, json};

const RULE: &str = "\
name: Role given
kind: Scheduled
queryFrequency: 5m
queryPeriod: 6m
query: AuditLogs | where OperationName == 'Add member to role' | project Rank = 1, OperationName, Result, TimeGenerated
";

/// What each test of a file comes to: nothing, what failed with its reason, or what is wrong.
fn outcomes(test_file: &str) -> Vec<String> {
    let test_file = test_file.to_owned();
    let read = move |path: &Path| match path.to_str().unwrap() {
        "a.test.yaml" => Ok(test_file.as_bytes().to_vec()),
        "rule.yaml" => Ok(RULE.as_bytes().to_vec()),
        "nrt.yaml" => Ok(RULE.replace("Scheduled", "NRT").into_bytes()),
        other => panic!("{other}"),
    };
    let suite = Suite::load(&[PathBuf::from("a.test.yaml")], &[], Box::new(read));
    let report = suite.run(&Settings::default(), &|_, _| {});
    let mut found: Vec<String> =
        report.files.iter().flat_map(|it| &it.errors).map(ToString::to_string).collect();
    found.extend(report.tests().map(|(_, test)| match &test.outcome {
        Outcome::Passed => String::new(),
        Outcome::Failed(failures) => {
            format!("{} | {}", failures[0].message, test.why.clone().unwrap_or_default())
        }
        Outcome::Broken(error) => error.to_string(),
        other => format!("{other:?}"),
    }));
    found
}

#[test]
fn a_rule_sees_the_rows_of_its_period() {
    let file = "\
rule: rule.yaml
row: {AuditLogs: {OperationName: Add member to role}}
tests:
- name: edges
  tables: {AuditLogs: [{}]}
  cases:
  - {set: {AuditLogs: {TimeGenerated: -6m}}, fires: true}
  - {set: {AuditLogs: {TimeGenerated: -6m-1tick}}, fires: false}
  - {set: {AuditLogs: {TimeGenerated: -1tick}}, fires: true}
  - {set: {AuditLogs: {TimeGenerated: 0s}}, fires: false}
  - {set: {AuditLogs: {TimeGenerated: +1h}}, fires: false}
  - {set: {AuditLogs: {TimeGenerated: }}, fires: false}
- name: near real time goes by when rows come in
  rule: nrt.yaml
  tables: {AuditLogs: [{TimeGenerated: -30d}]}
  fires: true
- name: not the period
  period: off
  tables: {AuditLogs: [{TimeGenerated: -30d}, {}]}
  rows: 2
- name: another period
  period: 1h
  tables: {AuditLogs: [{TimeGenerated: -30m}, {TimeGenerated: -2h}]}
  rows: 1
- name: of a query there is none
  query: AuditLogs
  tables: {AuditLogs: [{TimeGenerated: -30d}]}
  rows: 1
";
    assert_eq!(outcomes(file), [""; 10]);
}

#[test]
fn what_the_rule_does_not_see_is_told() {
    let file = "\
rule: rule.yaml
tests:
- name: a
  tables:
    AuditLogs:
    - {TimeGenerated: -1h, OperationName: Add member to role}
    - {TimeGenerated: -1m, OperationName: Other}
    - {TimeGenerated: -2h}
    - {OperationName: Add member to role}
    - {TimeGenerated: -2m, OperationName: Another}
  fires: true
- name: b
  tables: {AuditLogs: [{TimeGenerated: -1h}]}
  fires: true
- name: c
  tables:
    AuditLogs:
    - {TimeGenerated: -1h, OperationName: Add member to role}
    - {TimeGenerated: -1m, OperationName: Add member to role}
  fires: false
";
    let silent = "the rule should fire, and is silent: the query gave no row";
    let outside = "outside the rule's period of 6m";
    let condition = "vanishes at step 2: `OperationName == 'Add member to role'` is false: OperationName is";
    assert_eq!(
        outcomes(file),
        [
            format!(
                "{silent} | AuditLogs[0] and AuditLogs[2] are {outside}\nAuditLogs[3] is {outside}, having no TimeGenerated\n\
                 AuditLogs[1] {condition} \"Other\"\nAuditLogs[4] {condition} \"Another\""
            ),
            format!("{silent} | AuditLogs[0] is {outside}"),
            format!(
                "the rule should be silent, and fires: the query gave 1 row | row 0 of the answer was made of AuditLogs[1]\n\
                 AuditLogs[0] is {outside}"
            ),
        ]
    );
}

#[test]
fn a_period_is_off_or_a_span() {
    let found = outcomes("query: T\nperiod: short\ntests: [{name: a, rows: 1}]\n");
    assert!(
        found[0]
            .starts_with("a.test.yaml:2:9: 'period' takes off, or a span of time such as 14d; without it")
    );
}

#[test]
fn in_rust_the_period_counts_too() {
    let rule = Rule::parse(RULE).unwrap();
    let late = json!([{"TimeGenerated": "-1h", "OperationName": "Add member to role"}]);
    rule.given("AuditLogs", late.clone()).run().unwrap().expect_silent();
    rule.given("AuditLogs", late).without_period().run().unwrap().expect_fires();
}

#[test]
fn the_number_of_a_row_is_no_placeholder() {
    let file = "\
query: AuditLogs | distinct Result
tests:
- name: a
  tables: {AuditLogs: [{$repeat: 3, Result: 'u${n}'}]}
  with: {n: 21}
  rows: 3
- name: b
  tables: {AuditLogs: [{$repeat: $n, Result: 'u${m}'}]}
  with: {n: 2, m: x}
  rows: 1
";
    let mistake = "a.test.yaml:5:10: 'with' gives a value for 'n', which is the number of the row where '$repeat' stands";
    let help = "give it another name: then '${n}' counts the rows";
    assert_eq!(outcomes(file), [format!("{mistake}; {help}"), String::new()]);
}

#[test]
fn external_rows_have_the_types_of_the_query() {
    let file = "\
query: |
  externaldata (values: dynamic, seen: datetime, Name: string) ['https://example.com/a.json']
  | project Kind = gettype(values), First = tostring(values[0].properties.name), seen
tests:
- name: a
  external: {'https://example.com/a.json': [{values: [{properties: {name: x}}], seen: -1d}]}
  result: [{Kind: array, First: x, seen: -1d}]
";
    assert_eq!(outcomes(file), [""]);
}

#[test]
fn of_rows_that_should_not_be_there_the_columns_with_something_are_shown() {
    let file = "\
query: AuditLogs | extend Age = now() - TimeGenerated
tests:
- name: a
  tables: {AuditLogs: [{TimeGenerated: -1h, OperationName: Add}, {TimeGenerated: -2h, Result: ''}]}
  rows: 0
";
    let read = move |_: &Path| Ok(file.as_bytes().to_vec());
    let suite = Suite::load(&[PathBuf::from("a.test.yaml")], &[], Box::new(read));
    let report = suite.run(&Settings::default(), &|_, _| {});
    let style = kqlite_detect::suite::HumanStyle { times: false, ..Default::default() };
    let shown = kqlite_detect::suite::human(&report, &style);
    assert!(shown.contains("      OperationName         TimeGenerated       Age\n"), "{shown}");
    assert!(!shown.contains("not shown"), "{shown}");
}

#[test]
fn tables_of_a_workspace_have_the_columns_that_tests_state() {
    let file = "\
tests:
- name: beside the built-in columns
  query: AzureDiagnostics | where ruleSetType_s == 'OWASP' and isempty(Category)
  tables: {AzureDiagnostics: [{ruleSetType_s: OWASP}]}
  rows: 1
- name: columns that every table has
  query: SigninLogs | where _ResourceId has 'x' and isempty(_ItemId)
  tables: {SigninLogs: [{_ResourceId: x}]}
  rows: 1
- name: some columns
  query: Own_CL | where a_s == 'x' and isnull(b_d)
  tables: {Own_CL: [{a_s: x}]}
  rows: 1
- name: others, and no row
  query: Own_CL | where a_s == 'x' and b_d > 1
  tables: {Own_CL: []}
  cases:
  - {name: none, rows: 0}
  - {name: one, tables: {Own_CL: [{TimeGenerated: -1h, a_s: x, b_d: 2}]}, rows: 1}
";
    assert_eq!(outcomes(file), [""; 5]);
}

#[test]
fn rows_come_in_when_they_are_made_unless_a_test_says_otherwise() {
    let file = "\
tests:
- name: built in
  query: SigninLogs | where ingestion_time() > ago(1h) | project UserPrincipalName
  tables: {SigninLogs: [{TimeGenerated: -10m, UserPrincipalName: a}, {TimeGenerated: -10m, $IngestionTime: -2h}]}
  result: [{UserPrincipalName: a}]
- name: of Defender
  query: EmailEvents | where ingestion_time() > ago(1h)
  tables: {EmailEvents: [{Timestamp: -10m}, {Timestamp: -2h}, {Timestamp: -2h, $IngestionTime: -1m}]}
  rows: 2
- name: of the workspace
  query: Own_CL | where ingestion_time() > ago(1h)
  tables: {Own_CL: [{TimeGenerated: -10m}, {TimeGenerated: -2h}]}
  rows: 1
";
    assert_eq!(outcomes(file), [""; 3]);
}
