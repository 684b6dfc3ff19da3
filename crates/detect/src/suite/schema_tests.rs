//! The published schema of test files against the reader of test files: the same keys, the same verdicts. It must not know
//! how tests are run.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value as Json;

use super::{REPOSITORY_SCHEMA, SCHEMA, TestFile, keys, with_tables};
use crate::workspace::Workspace;
use crate::yaml::{self, AliasPlace};

fn schema() -> Json {
    serde_json::from_str(SCHEMA).unwrap()
}

#[track_caller]
fn same_keys(place: &str, known: &[&[&str]]) {
    let schema = schema();
    let properties = schema.pointer(&format!("{place}/properties")).and_then(Json::as_object).unwrap();
    let published: BTreeSet<&str> = properties.keys().map(String::as_str).collect();
    let read: BTreeSet<&str> = known.iter().copied().flatten().copied().collect();
    assert_eq!(published, read, "{place}");
    let closed = schema.pointer(&format!("{place}/additionalProperties"));
    assert_eq!(closed, Some(&Json::Bool(false)), "{place}");
}

#[test]
fn the_schema_has_the_keys_that_are_read() {
    same_keys("", &[&keys::FILE, &keys::GIVEN]);
    same_keys("/$defs/test", &[&keys::TEST, &keys::GIVEN, &keys::EXPECTED]);
    same_keys("/$defs/case", &[&keys::CASE, &keys::GIVEN, &keys::EXPECTED]);
    same_keys("/$defs/alert", &[&keys::ALERT]);
    same_keys("/$defs/table/anyOf/2", &[&keys::TABLE]);
    same_keys("/$defs/watchlist/anyOf/2", &[&keys::WATCHLIST]);
    same_keys("/$defs/test/properties/rows/anyOf/2", &[&keys::RANGE]);
}

#[test]
fn the_schema_of_settings_has_the_keys_that_are_read() {
    let schema: Json = serde_json::from_str(REPOSITORY_SCHEMA).unwrap();
    let published: BTreeSet<&str> =
        schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(published, keys::REPOSITORY.into());
    assert_eq!(schema["additionalProperties"], Json::Bool(false));
    let validator = jsonschema::validator_for(&with_tables(REPOSITORY_SCHEMA, &Workspace::new())).unwrap();
    for (text, valid) in [
        ("schemas: [a.json]\nrow: {SigninLogs: {UserPrincipalName: x}}\nnow: 2024-06-30\n", true),
        ("schemas: {T: {a: long}}\nfunctions: {f: '() { 1 }'}\nexclude: archive/\n", true),
        ("", true),
        ("schemas: {T: {a: text}}\n", false),
        ("table: {}\n", false),
    ] {
        let value = yaml::parse(text, AliasPlace::Alias).unwrap().to_json();
        assert_eq!(validator.is_valid(&value), valid, "{text}");
    }
}

#[test]
fn the_schema_with_tables_takes_the_same_files() {
    let mut workspace = Workspace::new();
    workspace.add_table("Own_CL", kqlite::Schema::new([("a_s", kqlite::ScalarType::String)]));
    let schema = with_tables(SCHEMA, &workspace);
    assert_eq!(schema.pointer("/$defs/row.Own_CL/properties/a_s/description"), Some(&"string".into()));
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (tables, valid) in [
        ("{SigninLogs: [{UserPrincipalName: x, $repeat: 3}], Own_CL: [{a_s: 1}], Other: [{b: 1}]}", true),
        ("{SigninLogs: rows.csv, Own_CL: {columns: {b: long}, rows: []}, EmailEvents: }", true),
        ("{SigninLogs: [1]}", false),
        ("{SigninLogs: {row: []}}", false),
    ] {
        let text = format!(
            "query: T\nrow: {{SigninLogs: {{Id: 1}}}}\ntests: [{{name: x, rows: 1, tables: {tables}}}]\n"
        );
        let value = yaml::parse(&text, AliasPlace::Alias).unwrap().to_json();
        assert_eq!(validator.is_valid(&value), valid, "{text}");
    }
}

/// Whether the schema takes a file, and whether the reader does.
fn verdicts(text: &str) -> (bool, bool) {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let by_schema = validator.is_valid(&yaml::parse(text, AliasPlace::Alias).unwrap().to_json());
    (by_schema, TestFile::parse(Path::new("t.test.yaml"), text).is_ok())
}

#[test]
fn the_examples_are_valid() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let found = super::discover(&[folder.join("examples"), folder.join("crates")]).unwrap();
    assert!(found.tests.len() >= 2);
    for path in found.tests.iter().filter(|path| !path.components().any(|part| part.as_os_str() == "wrong")) {
        let text = std::fs::read_to_string(path).unwrap();
        assert_eq!(verdicts(&text), (true, true), "{}", path.display());
    }
}

#[test]
fn schema_and_reader_agree() {
    let check = |text: &str, valid: bool| assert_eq!(verdicts(text), (valid, valid), "{text}");
    let test = |test: &str| format!("query: T\ntests:\n- {{name: x, {test}}}\n");
    check(&test("fires: true"), true);
    check(&test("rows: 3, columns: [a], result: [], contains: {a: 1}, excludes: [{a: 1}]"), true);
    check(&test("rows: {min: 1}, result: expected.json"), true);
    check(&test("error: KQL0101"), true);
    check(
        &test("alert: {title: a, entities: [{Account: {Name: ann}}], customDetails: {N: 1}}, tags: a"),
        true,
    );
    check(&test("cases: [{set: {T: {a: 1}}, fires: true}]"), true);
    check(&test("watchlists: {w: {searchKey: a, rows: [{a: 1}]}}, fires: true"), true);
    check(&test("tables: {T: {columns: {a: long}, file: t.csv}}, fires: true"), true);
    check(&test("fire: true"), false);
    check(&test("fires: maybe"), false);
    check(&test("rows: {least: 1}"), false);
    check(&test("rows: [1]"), false);
    check(&test("tables: [a]"), false);
    check(&test("tables: {T: {columns: {a: text}, rows: []}}, fires: true"), false);
    check(&test("tables: {T: [1]}, fires: true"), false);
    check(&test("cases: []"), false);
    check(&test("contains: []"), false);
    check("tests: []\n", false);
    check("query: T\n", false);
    check("query: T\ntests:\n- fires: true\n", false);
}
