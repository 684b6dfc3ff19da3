//! The invariants of the source tree: directions of imports, headers, file sizes, words that do not belong.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that fails should say so")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What each module may import. Everything else is a circle in the making.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("parallel", &[]),
    ("diagnostic", &["source"]),
    ("syntax", &["source", "diagnostic"]),
    ("types", &[]),
    ("column", &["types"]),
    ("function", &["source", "diagnostic", "types", "column"]),
    ("plan", &["source", "types", "column", "function"]),
    ("bind", &["source", "diagnostic", "syntax", "types", "column", "function", "plan"]),
    ("optimize", &["source", "types", "column", "function", "plan"]),
    ("exec", &["source", "parallel", "diagnostic", "types", "column", "function", "plan"]),
    ("explain", &["source", "diagnostic", "types", "column", "function", "plan", "exec"]),
    ("stdlib", &["source", "diagnostic", "types", "column", "function"]),
    ("io", &["source", "diagnostic", "types", "column"]),
    (
        "database",
        &[
            "source",
            "diagnostic",
            "syntax",
            "types",
            "column",
            "function",
            "plan",
            "bind",
            "optimize",
            "exec",
            "explain",
            "stdlib",
            "io",
        ],
    ),
];

/// The most lines that a source file may have. Tests and tables of data are exempt.
const MAX_LINES: usize = 900;

/// Tables of data, which are as long as they are.
const DATA: &[&str] = &["src/stdlib/kql_names.rs"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a folder, by its path from the root.
fn rust_files(folder: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    collect(&root().join(folder), &mut found);
    found
}

fn collect(folder: &Path, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                collect(&path, found);
            }
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let name = path.strip_prefix(root()).expect("below the root").to_string_lossy().into_owned();
            found.insert(name, fs::read_to_string(&path).expect("text"));
        }
    }
}

/// The module at the top of the crate that a file belongs to: `src/bind/expr.rs` is of `bind`.
fn module_of(path: &str) -> Option<&str> {
    let inner = path.strip_prefix("src/")?;
    Some(inner.split('/').next()?.trim_end_matches(".rs"))
}

fn is_test(path: &str) -> bool {
    path.starts_with("tests/")
        || path.contains("/tests/")
        || path.ends_with("tests.rs")
        || path.contains("testing")
}

/// The text without its test module.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text)
}

#[test]
fn imports_go_in_one_direction() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (path, text) in rust_files("src") {
        let Some(module) = module_of(&path).filter(|module| *module != "lib") else { continue };
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == module) else {
            wrong.push(format!("{path}: the module '{module}' is in no layer"));
            continue;
        };
        if is_test(&path) {
            continue;
        }
        for (at, _) in without_tests(&text).match_indices("crate::") {
            let rest = &text[at + "crate::".len()..];
            let imported: String =
                rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            let known = MAY_IMPORT.iter().any(|(name, _)| *name == imported);
            if known {
                seen += 1;
                if imported != module && !allowed.contains(&imported.as_str()) {
                    wrong.push(format!("{path}: '{module}' must not import '{imported}'"));
                }
            }
        }
    }
    assert!(seen > 100, "only {seen} imports were seen: the test reads the wrong files");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_does_and_what_it_must_not_know() {
    let mut wrong = Vec::new();
    for folder in ["src", "crates", "tests", "examples"] {
        for (path, text) in rust_files(folder) {
            let header: Vec<&str> = text.lines().take_while(|line| line.starts_with("//!")).collect();
            if header.is_empty() {
                wrong.push(format!("{path}: no '//!' header"));
            } else if path.starts_with("src/") && !is_test(&path) {
                let header = header.join(" ");
                let states_limits = ["not know", "knows no", "never", "stay private", "holds no"]
                    .iter()
                    .any(|words| header.contains(words));
                if !states_limits {
                    wrong.push(format!("{path}: the header does not say what the file must not know"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_stay_readable() {
    let mut wrong = Vec::new();
    for folder in ["src", "crates"] {
        for (path, text) in rust_files(folder) {
            let lines = text.lines().count();
            if lines > MAX_LINES && !is_test(&path) && !DATA.contains(&path.as_str()) {
                wrong.push(format!("{path}: {lines} lines, {MAX_LINES} are allowed"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn operators_have_one_name_in_parser_and_binder() {
    let names = |folder: &str| -> Vec<String> {
        fs::read_dir(root().join(folder))
            .expect("a folder")
            .filter_map(|entry| {
                let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
                name.strip_suffix(".rs").map(str::to_owned)
            })
            .collect()
    };
    let parsed = names("src/syntax/parser/operator");
    let bound = names("src/bind/operator");
    // These hold what several operators share.
    let shared = ["mod", "parameters"];
    let missing: Vec<_> =
        bound.iter().filter(|name| !shared.contains(&name.as_str()) && !parsed.contains(name)).collect();
    assert!(missing.is_empty(), "no parser file for {missing:?}; there are {parsed:?}");
}

#[test]
fn nothing_is_left_undone() {
    let marks = [concat!("to", "do!("), concat!("unimpl", "emented!("), concat!("#[ign", "ore")];
    let mut wrong = Vec::new();
    for folder in ["src", "crates", "tests"] {
        for (path, text) in rust_files(folder) {
            for mark in marks {
                if text.contains(mark) {
                    wrong.push(format!("{path}: {mark}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
