//! Plans kept as text in `tests/plans`: one file for each rewrite with the plan before and after it, and whole queries with the
//! plan that runs. `KQLITE_UPDATE=1 cargo test --lib optimize` writes them anew, to be reviewed.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use super::REWRITES;
use crate::{Database, ScalarType, Schema};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plans").join(name)
}

/// T and U with a few columns each, and the table of the sample rule.
fn database() -> Database {
    use ScalarType::{DateTime, Dynamic, Long, Real, String};
    let mut database = Database::new();
    let columns = [("k", String), ("n", Long), ("x", Real), ("t", DateTime), ("d", Dynamic)];
    database.declare("T", Schema::new(columns));
    database.declare("U", Schema::new([("k", String), ("m", Long), ("s", String)]));
    let texts = [
        "DeliveryAction",
        "DeliveryLocation",
        "DetectionMethods",
        "EmailDirection",
        "NetworkMessageId",
        "OrgLevelAction",
        "RecipientEmailAddress",
        "SenderDisplayName",
        "SenderFromAddress",
        "SenderMailFromAddress",
        "Subject",
        "ThreatTypes",
        "UserLevelAction",
    ];
    let columns = texts.into_iter().map(|name| (name, String)).chain([("Timestamp", DateTime)]);
    database.declare("EmailEvents", Schema::new(columns));
    database
}

/// The query of a part of a file: what stands before the first line of dashes.
fn query(part: &str) -> &str {
    part.split("\n---").next().unwrap_or(part).trim()
}

/// Holds a file to what it should be, or writes it.
fn hold(path: &Path, expected: &str, wrong: &mut Vec<String>) {
    if std::env::var_os("KQLITE_UPDATE").is_some() {
        fs::write(path, expected).unwrap();
    }
    let stored = fs::read_to_string(path).unwrap_or_default();
    if stored != expected {
        wrong.push(format!("{} should be:\n{expected}", path.display()));
    }
}

#[test]
fn each_rewrite_does_what_its_file_shows() {
    let (database, mut wrong) = (database(), Vec::new());
    let mut names: Vec<String> = REWRITES.iter().map(|it| format!("{}.txt", it.name)).collect();
    for rewrite in REWRITES {
        let path = folder("rewrites").join(format!("{}.txt", rewrite.name));
        let stored = fs::read_to_string(&path).unwrap_or_default();
        let (mut expected, mut changes) = (String::new(), 0);
        for part in stored.split("\n\n=== ").filter(|part| !part.trim().is_empty()) {
            let (title, rest) = part.trim_start_matches("=== ").split_once('\n').unwrap_or((part, ""));
            let query = query(rest);
            let steps =
                database.compile(query).unwrap_or_else(|error| panic!("{query}: {error}")).plan_steps();
            let between = if expected.is_empty() { "" } else { "\n" };
            let _ = write!(expected, "{between}=== {title}\n{query}\n");
            match steps.iter().position(|step| step.rewrite == rewrite.name) {
                Some(at) => {
                    changes += 1;
                    let _ =
                        write!(expected, "--- before\n{}--- after\n{}", steps[at - 1].plan, steps[at].plan);
                }
                // The plan that the rewrite leaves as it is: what the ones before it made.
                None => {
                    let order = |name: &str| REWRITES.iter().position(|it| it.name == name);
                    let before = |step: &&crate::PlanStep| order(step.rewrite) < order(rewrite.name);
                    let _ = write!(expected, "--- stays\n{}", steps.iter().rfind(before).unwrap().plan);
                }
            }
        }
        if changes == 0 {
            wrong.push(format!("{} shows no plan that is changed", path.display()));
        }
        hold(&path, &expected, &mut wrong);
    }
    names.sort();
    let mut files: Vec<String> = fs::read_dir(folder("rewrites"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, names, "a file for each rewrite");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn whole_queries_run_as_their_files_show() {
    let (database, mut wrong, mut count) = (database(), Vec::new(), 0);
    for entry in fs::read_dir(folder("queries")).unwrap() {
        let path = entry.unwrap().path();
        let stored = fs::read_to_string(&path).unwrap();
        let query = query(&stored);
        let plan = database.compile(query).unwrap_or_else(|error| panic!("{query}: {error}")).plan();
        hold(&path, &format!("{query}\n---\n{plan}"), &mut wrong);
        count += 1;
    }
    assert!(count >= 12, "only {count} queries");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
