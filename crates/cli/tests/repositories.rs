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
