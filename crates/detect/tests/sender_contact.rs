//! The rule in examples/sender-contact over its data: whole, against the answer worked out by hand, and with each of
//! its conditions taken away, against the rows that then appear, vanish or change. It must not know the engine inside.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::path::PathBuf;

use kqlite::{DataFormat, Database, DateTime, Options, OutputFormat, Table, TableReader};
use kqlite_detect::{Rule, schema_of};
use serde_json::Value as Json;

fn read(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/sender-contact");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

fn rule() -> Rule {
    Rule::parse(&read("rule.yaml")).unwrap()
}

/// The answer's rows, sorted: the query leaves their order open.
fn run(query: &str) -> Vec<String> {
    let reader = TableReader::new(DataFormat::NdJson).schema(schema_of("EmailEvents").unwrap());
    let mut database = Database::new();
    database.insert("EmailEvents", reader.read(read("data/EmailEvents.ndjson").as_bytes()).unwrap().table);
    let now = DateTime::parse("2024-06-30T12:00:00Z").unwrap();
    let query = database.compile(query).unwrap_or_else(|error| panic!("{error}"));
    let table: Table = query.run(&database, &Options::new(now)).unwrap_or_else(|error| panic!("{error}"));
    sorted(table.to_text(OutputFormat::NdJson).lines().map(|line| serde_json::from_str(line).unwrap()))
}

fn expected() -> Vec<String> {
    let rows: Vec<Json> = serde_json::from_str(&read("expected.json")).unwrap();
    sorted(rows.into_iter())
}

fn sorted(rows: impl Iterator<Item = Json>) -> Vec<String> {
    let mut rows: Vec<String> = rows.map(|row| row.to_string()).collect();
    rows.sort();
    rows
}

/// The messages of the rows that are in `left` and not in `right`.
fn difference(left: &[String], right: &[String]) -> Vec<String> {
    let only = left.iter().filter(|row| !right.contains(row));
    let mut messages: Vec<String> = only
        .map(|row| {
            let row: Json = serde_json::from_str(row).unwrap();
            row["NetworkMessageId"].as_str().unwrap_or_default().to_owned()
        })
        .collect();
    messages.sort();
    messages
}

/// Runs the rule's query with `from` written as `to`: these messages appear and those vanish. A row that changes does
/// both.
#[track_caller]
fn check(from: &str, to: &str, appear: &[&str], vanish: &[&str]) {
    let query = rule().query;
    assert_eq!(query.matches(from).count(), 1, "'{from}' stands once in the query");
    let (before, after) = (expected(), run(&query.replace(from, to)));
    let mut wanted = (appear.to_vec(), vanish.to_vec());
    wanted.0.sort_unstable();
    wanted.1.sort_unstable();
    assert_eq!(difference(&after, &before), wanted.0, "rows that appear");
    assert_eq!(difference(&before, &after), wanted.1, "rows that vanish");
}

#[test]
fn the_whole_rule() {
    let rule = rule();
    assert_eq!(rule.name, "Sender recipient contact establishment");
    assert_eq!(rule.required_data_connectors[0].data_types, ["EmailEvents"]);
    assert_eq!(run(&rule.query), expected());
    assert!(rule.trigger.holds(expected().len()));
}

#[test]
fn only_old_mail_makes_a_sender_known() {
    let now_known = ["three-now", "on-boundary-now", "one-blocked-now", "one-lower-now", "one-renamed-now"];
    check("Timestamp < ago(30d)\nand DeliveryAction", "DeliveryAction", &[], &now_known);
}

#[test]
fn the_month_begins_at_the_tick() {
    check("Timestamp < ago(30d)", "Timestamp <= ago(30d)", &[], &["on-boundary-now"]);
}

#[test]
fn only_delivered_mail_makes_a_sender_known() {
    check("and DeliveryAction == \"Delivered\"\n", "", &[], &["one-blocked-now", "one-lower-now"]);
}

#[test]
fn only_mail_of_that_name_makes_a_sender_known() {
    check(
        "and SenderDisplayName contains \"Microsoft\"\n| summarize",
        "| summarize",
        &[],
        &["one-renamed-now"],
    );
}

#[test]
fn the_name_is_found_in_any_case() {
    check(
        "and SenderDisplayName contains \"Microsoft\"\n| summarize",
        "and SenderDisplayName contains_cs \"Microsoft\"\n| summarize",
        &["one-shouting-now"],
        &[],
    );
}

#[test]
fn few_messages_do_not_make_a_sender_known() {
    let now_known = ["three-now", "on-boundary-now", "one-blocked-now", "one-lower-now", "one-renamed-now"];
    let condition = "| where count_ > 3 // ensuring that some level of communications has occured.\n";
    check(condition, "", &[], &now_known);
}

#[test]
fn only_the_last_day_counts() {
    let mut appear = vec!["time-boundary", "time-week-ago"];
    appear.extend(["three-old-1", "three-old-2", "three-old-3"]);
    appear.extend(["on-boundary-old-1", "on-boundary-old-2", "on-boundary-old-3", "on-boundary-old-4"]);
    appear.extend(["one-blocked-old-1", "one-blocked-old-2", "one-blocked-old-3"]);
    appear.extend(["one-lower-old-1", "one-lower-old-2", "one-lower-old-3"]);
    appear.extend(["one-renamed-old-1", "one-renamed-old-2", "one-renamed-old-3"]);
    check("| where Timestamp > ago(24hrs)\n", "", &appear, &[]);
}

#[test]
fn the_day_begins_after_the_tick() {
    check("Timestamp > ago(24hrs)", "Timestamp >= ago(24hrs)", &["time-boundary"], &[]);
}

#[test]
fn only_delivered_mail_is_reported() {
    check(
        "| where DeliveryAction == \"Delivered\"\nand EmailDirection",
        "| where EmailDirection",
        &["action-blocked", "action-junked", "action-lower"],
        &[],
    );
}

#[test]
fn only_inbound_mail_is_reported() {
    let others = ["direction-outbound", "direction-intra", "direction-lower"];
    check("and EmailDirection == \"Inbound\"\n", "", &others, &[]);
}

#[test]
fn what_a_policy_blocks_is_not_reported() {
    check("and OrgLevelAction != \"Block\"\n", "", &["org-block"], &[]);
    check("and UserLevelAction != \"Block\"\n", "", &["user-block"], &[]);
}

#[test]
fn only_mail_of_that_name_is_reported() {
    let condition = "and SenderDisplayName contains \"Microsoft\" //Change the name here\n";
    check(condition, "", &["name-other", "name-typo", "name-null"], &[]);
}

#[test]
fn replies_and_forwards_are_no_new_messages() {
    let replies = ["subject-re", "subject-re-lower", "subject-inside"];
    check("Subject contains \"RE:\", false, ", "", &replies, &replies);
    let forwards = ["subject-fw", "subject-fw-lower"];
    check("Subject contains \"FW:\", false, ", "", &forwards, &forwards);
}

#[test]
fn known_senders_are_left_out() {
    let known = ["four-now", "tick-before-now", "one-shouting-now"];
    check("| join kind=leftanti ( emailDelivered ) on SenderFromAddress\n", "", &known, &[]);
}
