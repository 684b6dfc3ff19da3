//! `kqlite check` over repositories as they are: files of every kind that have queries, each with a mistake that is found at its
//! place, and files of other kinds that are passed over.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "shared/program.rs"]
mod program;

use std::path::{Path, PathBuf};

use program::{Called, folder, kqlite};

/// Copies a folder to one that may be written.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

fn fresh(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&path);
    path
}

fn check(arguments: &[&str], path: &Path) -> Called {
    let mut all = vec!["check"];
    all.extend_from_slice(arguments);
    all.push(path.to_str().unwrap());
    kqlite(&all)
}

/// The files of the tree, and what in each of them is a part of a query.
const FILES: [(&str, &str); 16] = [
    ("analytics/scheduled.yaml", "ResultType =="),
    ("analytics/folded.yaml", "OperationName has"),
    ("analytics/several.yaml", "Subject has"),
    ("arm/rules.json", "IPAddress in"),
    ("arm/built.json", "UserPrincipalName has"),
    ("detections/word.yaml", "InitiatingProcessFileName =~"),
    ("detections/graph.json", "RemoteUrl has"),
    ("docs/hunting.md", "ActionType =="),
    ("functions/logons.kql", "LogonType =="),
    ("hunting/rare.yaml", "Operation =="),
    ("parsers/ASimDns.yaml", "Name =="),
    ("parsers/Logons.yaml", "ResultDescription has"),
    ("saved/searches.json", "OSType =="),
    ("sigma/converted.txt", "ProcessCommandLine contains"),
    ("solution/mainTemplate.json", "Computer has"),
    ("workbooks/book.json", "EventID =="),
];

fn tree() -> PathBuf {
    folder("repository")
}

#[test]
fn a_repository_without_mistakes_has_none() {
    let called = check(&[], &tree()).code(0);
    assert_eq!(called.out, "");
    let summary =
        "17 files with 25 queries: no errors; 2 files without a query passed over (-v names them)\n";
    assert!(called.err.ends_with(summary), "{}", called.err);
    assert!(
        called.err.contains("what is hidden is passed over: ") && called.err.contains(".github"),
        "{}",
        called.err
    );
    let called = check(&["-v"], &tree()).code(0);
    for passed in [
        "azure-pipelines.yml: no query",
        "settings.json: no query",
        "fusion.yaml:1: a rule of the kind Fusion",
    ] {
        assert!(called.err.contains(passed), "{}: {passed}", called.err);
    }
}

#[test]
fn a_mistake_is_found_at_its_place_in_files_of_every_kind() {
    let folder = fresh("repository-mistakes");
    copy(&tree(), &folder);
    for (name, part) in FILES {
        let path = folder.join(name);
        let text = std::fs::read_to_string(&path).unwrap();
        let at = text.find(part).unwrap_or_else(|| panic!("{name}"));
        // The name of the column begins with an x.
        std::fs::write(&path, format!("{}x{}", &text[..at], &text[at..])).unwrap();
        let line = text[..at].matches('\n').count() + 1;
        let column = text[..at].rsplit('\n').next().unwrap().chars().count() + 1;
        let called = check(&["--format", "github"], &folder).code(1);
        let found: Vec<&str> = called.out.lines().filter(|line| line.starts_with("::error")).collect();
        let place = format!("{name},line={line},col={column}");
        assert!(
            found.len() == 1 && found[0].contains(&place) && found[0].contains("KQL0101"),
            "{place}: {found:#?}"
        );
        std::fs::write(&path, text).unwrap();
    }
}

#[test]
fn files_that_are_named_must_have_a_query() {
    for (name, error) in [
        ("azure-pipelines.yml", "azure-pipelines.yml:1:1: the key 'query' is missing"),
        ("settings.json", "settings.json:1:1: there is no rule here"),
        ("README.md", "README.md:1:1: there is no query here"),
    ] {
        let called = check(&[], &tree().join(name)).code(1);
        assert!(called.err.contains(error), "{}", called.err);
    }
}

#[test]
fn nothing_to_check_is_a_wrong_call() {
    let folder = fresh("repository-empty");
    std::fs::create_dir_all(folder.join(".github")).unwrap();
    std::fs::write(folder.join(".github/rule.kql"), "SigninLogs").unwrap();
    std::fs::write(folder.join("ci.yml"), "steps: []\n").unwrap();
    let called = check(&[], &folder).code(2);
    for part in ["there is nothing to check in", "1 file without a query", ".github"] {
        assert!(called.err.contains(part), "{}", called.err);
    }
}

#[test]
fn queries_are_formatted_within_rules() {
    let folder = fresh("repository-fmt");
    let write = |name: &str, text: &str| {
        std::fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
        std::fs::write(folder.join(name), text).unwrap();
    };
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    write(
        "r.yaml",
        "\u{feff}name:   x # kept\nquery: |\n    SigninLogs|where   ResultType==\"0\"\n\nid: 1\n",
    );
    write("e.json", "{ \"query\": \"T|take 1\",\n  \"severity\" : \"Low\"}\n");
    write("folded.yaml", "query: >\n  T|take 1\n");
    write("ci.yml", "steps:   []\n");
    write("notes.md", "```kql\nT|take 1\n```\n");
    write("kqlite.yaml", "exclude: old\n");
    write("old/r.yaml", "query: |\n  T|take 1\n");
    let path = folder.to_str().unwrap();
    let called = kqlite(&["fmt", "--check", path]).code(1);
    let listed: Vec<&str> = called.out.lines().map(|line| line.rsplit('/').next().unwrap()).collect();
    assert_eq!(listed, ["e.json", "r.yaml"]);
    assert!(called.err.contains("folded.yaml:2: left as it is: a folded block"), "{}", called.err);
    kqlite(&["fmt", path]).code(0).out("");
    let expected =
        "\u{feff}name:   x # kept\nquery: |\n    SigninLogs\n    | where ResultType == \"0\"\n\nid: 1\n";
    assert_eq!(read("r.yaml"), expected);
    assert_eq!(read("e.json"), "{ \"query\": \"T\\n| take 1\",\n  \"severity\" : \"Low\"}\n");
    assert_eq!(read("old/r.yaml"), "query: |\n  T|take 1\n");
    kqlite(&["fmt", "--check", path]).code(0).out("");
    // A query that cannot be read is told at its place, and nothing is changed.
    write("wrong.yaml", "query: |\n  T | where (\n");
    let called = kqlite(&["fmt", path]).code(1).out("");
    assert!(called.err.contains("wrong.yaml:2:14"), "{}", called.err);
}

/// A repository with settings, below a folder that it extends.
fn with_settings(name: &str) -> PathBuf {
    let folder = fresh(name);
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "base.yaml",
        "schemas: {Okta_CL: {TimeGenerated: datetime, actor_s: string, wrong_s: long}, Other_CL: {a: long}}\n\
         functions: {Twice: '(n: long) { 2 * n }'}\n",
    );
    write(
        "kqlite.yaml",
        "extends: base.yaml\nschemas: schemas\nfunctions: [parsers, functions/Bad.kql]\n\
         watchlists:\n  vips: {file: data/vips.csv, searchKey: User}\n\
         row: {Okta_CL: {TimeGenerated: -5m, actor_s: ann}}\ntables: {IdentityInfo: [{AccountUPN: ann}]}\n\
         now: 2025-01-02T03:04:05Z\nexclude: [archive/, '*.draft.kql']\n",
    );
    write(
        "schemas/okta.json",
        r#"{"Okta_CL": {"TimeGenerated": "datetime", "actor_s": "string", "n_d": "real"}}"#,
    );
    write(
        "parsers/Okta.yaml",
        "FunctionName: Okta\nFunctionAlias: Okta\nFunctionQuery: Okta_CL | extend Actor = actor_s\n",
    );
    write("functions/Bad.kql", "_GetWatchlist('vips') | project User = SearchKey\n");
    write("data/vips.csv", "Team,User\nred,ann\n");
    write(
        "data/Okta_CL.ndjson",
        "{\"TimeGenerated\":\"2025-01-01\",\"actor_s\":\"ann\",\"n_d\":2}\n{\"actor_s\":\"bob\"}\n",
    );
    write(
        "rules/vip.kql",
        "Okta | where TimeGenerated < now() and Actor in (Bad) | extend n = Twice(tolong(n_d)) | project Actor, n\n",
    );
    write(
        "rules/vip.test.yaml",
        "rule: vip.kql\ntests:\n- name: a\n  tables: {Okta_CL: [{}, {actor_s: bob}, {n_d: 4}]}\n  result: [{Actor: ann}, {Actor: ann, n: 8}]\n\
         - {name: base rows, query: IdentityInfo | project AccountUPN, result: [{AccountUPN: ann}]}\n\
         - {name: the time, query: print now(), result: [{print_0: 2025-01-02T03:04:05Z}]}\n",
    );
    write("rules/archive/old.kql", "Nothing | wher x\n");
    write("rules/new.draft.kql", "Nothing | wher x\n");
    write("rules/archive/old.test.yaml", "nothing: 1\n");
    folder
}

#[test]
fn the_settings_of_a_repository_count_for_every_command() {
    let folder = with_settings("repository-settings");
    check(&[], &folder).code(0);
    check(&[], &folder.join("rules")).code(0);
    let called = check(&["-v"], &folder.join("rules")).code(0);
    for left_out in ["old.kql: kqlite.yaml excludes it", "new.draft.kql: kqlite.yaml excludes it"] {
        assert!(called.err.contains(left_out), "{}", called.err);
    }
    let path = |name: &str| folder.join(name).display().to_string();
    let called = kqlite(&["test", &path("rules")]).code(0);
    assert!(called.out.contains("3 tests: 3 passed"), "{}", called.out);
    let (rule, data) = (path("rules/vip.kql"), path("data/Okta_CL.ndjson"));
    let data = ["--data", data.as_str()];
    kqlite(&[&["run", &rule, "--format", "csv"], &data[..]].concat()).code(0).out("Actor,n\nann,4\n");
    let explained = kqlite(&[&["explain", &rule], &data[..]].concat()).code(0);
    assert!(explained.out.contains("Twice(tolong(n_d))"), "{}", explained.out);
    let schema = kqlite(&["schema", "--schema", &path("schemas/okta.json")]).code(0);
    let schema: serde_json::Value = serde_json::from_str(&schema.out).unwrap();
    let columns = |table: &str| schema.pointer(&format!("/$defs/row.{table}/properties")).unwrap();
    assert_eq!(columns("Okta_CL")["n_d"]["description"], "real");
    assert_eq!(columns("SigninLogs")["UserPrincipalName"]["description"], "string");
    let settings = kqlite(&["schema", "repository"]).code(0);
    assert!(settings.out.contains("Settings of a repository"));
    // What is said on the command line counts before the settings.
    let vips = path("data/none.csv");
    std::fs::write(&vips, "SearchKey\nbob\n").unwrap();
    let given = format!("vips={vips}");
    kqlite(&[&["run", &rule, "--format", "csv", "--watchlist", &given], &data[..]].concat())
        .code(0)
        .out("Actor,n\n");
    let schema = path("other.json");
    std::fs::write(&schema, r#"{"Okta_CL": {"TimeGenerated": "datetime", "x": "string"}}"#).unwrap();
    let called = check(&["--schema", &schema], &folder.join("rules/vip.kql")).code(1);
    assert!(called.out.contains("'n_d'"), "{}", called.out);
}

#[test]
fn mistakes_in_settings_are_placed() {
    let folder = with_settings("repository-wrong");
    let settings = folder.join("kqlite.yaml");
    for (text, message) in [
        (
            "schema: x\n",
            "kqlite.yaml:1:1|the settings of a repository has no key 'schema'|did you mean 'schemas'?",
        ),
        ("schemas: {T: {a: text}}\n", "kqlite.yaml:1:18|there is no type 'text'"),
        (
            "row:\n  SigninLogs: {UserPrincipalNam: x}\n",
            "kqlite.yaml:2:16|the table 'SigninLogs' has no column 'UserPrincipalNam'|did you mean 'UserPrincipalName'?",
        ),
        ("functions: [nowhere]\n", "kqlite.yaml:1:13|there is no file or folder"),
        ("functions: {f: '{'}\n", "kqlite.yaml:1:16|the function 'f'"),
        ("extends: none.yaml\n", "kqlite.yaml:1:10|there is no file"),
        ("extends: kqlite.yaml\n", "kqlite.yaml:1:10|more than 16 settings extend each other"),
        ("exclude: {a: b}\n", "kqlite.yaml:1:10|'exclude' takes"),
    ] {
        std::fs::write(&settings, text).unwrap();
        for arguments in [["check", "rules"], ["test", "rules"], ["run", "rules/vip.kql"]] {
            let path = folder.join(arguments[1]).display().to_string();
            let called = kqlite(&[arguments[0], &path]).code(2);
            let said = called.out + &called.err;
            assert!(message.split('|').all(|part| said.contains(part)), "{arguments:?} {text}: {said}");
        }
    }
}

#[test]
fn the_example_of_a_repository_is_right() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/repository");
    let called = check(&["--strict"], &example).code(0);
    assert_eq!((called.out.as_str(), called.err.as_str()), ("", "11 files with 12 queries: no errors\n"));
    let path = example.to_str().unwrap();
    let called = kqlite(&["test", path, "--min-tests", "2"]).code(0);
    assert!(called.out.contains("46 tests: 46 passed"), "{}", called.out);
    kqlite(&["fmt", "--check", path]).code(0).out("");
}
