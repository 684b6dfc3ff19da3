//! The invariants of the source tree: directions of imports between rooms, no knots of files inside them, one type a name,
//! headers, file sizes, words that do not belong.
//!
//! A knot is a group of files each of which imports all others, directly or over others of the group. Which file imports
//! which is read from `use` and from paths in code, without tests (`tidy/imports.rs` has the rules). An item that a `mod.rs`
//! re-exports is imported from the file that defines it, so that a `mod.rs` which only declares and re-exports is in no knot.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that fails should say so")]

#[path = "tidy/imports.rs"]
mod imports;
#[path = "tidy/matches.rs"]
mod matches;
#[path = "tidy/source.rs"]
mod source;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use imports::{Imports, knots};

/// What each module may import. Everything else is a circle in the making.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("parallel", &[]),
    ("reference", &[]),
    ("diagnostic", &["source"]),
    ("nearest", &[]),
    ("wildcard", &[]),
    ("budget", &["source", "diagnostic"]),
    ("syntax", &["source", "diagnostic", "nearest"]),
    ("types", &[]),
    ("column", &["source", "diagnostic", "budget", "types"]),
    ("function", &["source", "diagnostic", "budget", "reference", "types", "column"]),
    ("plan", &["source", "budget", "types", "column", "function"]),
    (
        "bind",
        &[
            "source",
            "diagnostic",
            "nearest",
            "wildcard",
            "syntax",
            "reference",
            "types",
            "column",
            "function",
            "plan",
        ],
    ),
    ("complete", &["source", "syntax", "reference", "types", "function", "bind"]),
    ("optimize", &["source", "types", "column", "function", "plan"]),
    ("exec", &["source", "parallel", "diagnostic", "budget", "types", "column", "function", "plan"]),
    ("explain", &["source", "diagnostic", "types", "column", "function", "plan", "exec"]),
    ("stdlib", &["source", "diagnostic", "budget", "reference", "types", "column", "function"]),
    ("io", &["source", "diagnostic", "types", "column"]),
    (
        "database",
        &[
            "source",
            "diagnostic",
            "budget",
            "syntax",
            "types",
            "column",
            "function",
            "plan",
            "bind",
            "complete",
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

/// The file speaks for a room: the `mod.rs` of a folder, or a file directly in the `src/` of a crate.
fn is_room(path: &str) -> bool {
    path.rsplit_once('/').is_some_and(|(folder, name)| name == "mod.rs" || CRATES.contains(&folder))
}

#[test]
fn every_file_says_what_it_does_and_a_room_what_it_must_not_know() {
    let mut wrong = Vec::new();
    let mut rooms = 0;
    for folder in ["src", "crates", "tests", "examples"] {
        for (path, text) in rust_files(folder) {
            let header: Vec<&str> =
                text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim).collect();
            if header.is_empty() {
                wrong.push(format!("{path}: no '//!' header"));
            } else if is_room(&path) && !is_test(&path) {
                rooms += 1;
                let header = header.join(" ");
                let states_limits = ["not know", "knows no", "never", "stay private", "holds no"]
                    .iter()
                    .any(|words| header.contains(words));
                if !states_limits {
                    wrong.push(format!("{path}: the header does not say what the room must not know"));
                }
            }
        }
    }
    assert!(rooms > 40, "only {rooms} rooms were seen");
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

/// The files of one crate that are no tests, by their paths below its `src/`.
fn crate_files(source: &str) -> BTreeMap<String, String> {
    let below = |path: String| path.strip_prefix(source).map(|it| it.trim_start_matches('/').to_owned());
    rust_files(source)
        .into_iter()
        .filter(|(path, _)| !is_test(path))
        .filter_map(|(path, text)| Some((below(path)?, text)))
        .collect()
}

/// The crates, by the folders of their sources.
const CRATES: &[&str] = &[
    "src",
    "crates/arrow/src",
    "crates/chart/src",
    "crates/cli/src",
    "crates/command/src",
    "crates/detect/src",
    "crates/repl/src",
    "crates/server/src",
    "crates/wasm/src",
];

/// Folders that may have one knot, since what their files say is recursive: the parser, and the types of trees that hold one
/// another.
const RECURSIVE: &[&str] = &[
    // Recursive descent: an operator holds expressions, an expression may be a query in brackets.
    "src/syntax/parser/",
    // The tree of the same.
    "src/syntax/ast/",
    // A bound expression may be a subquery, a plan holds expressions.
    "src/plan/",
];

#[test]
fn files_of_a_crate_are_in_no_knot() {
    let mut wrong = Vec::new();
    let mut imported = 0;
    let mut recursive: BTreeMap<&str, usize> = BTreeMap::new();
    for source in CRATES {
        let imports = Imports::read(&crate_files(source));
        imported += imports.of.values().map(BTreeMap::len).sum::<usize>();
        for knot in imports.knots() {
            let is_in = |folder: &str| knot.iter().all(|file| format!("{source}/{file}").starts_with(folder));
            if let Some(folder) = RECURSIVE.iter().find(|folder| is_in(folder)) {
                *recursive.entry(folder).or_default() += 1;
            } else {
                wrong.push(format!(
                    "{source}: {} import each other:\n{}",
                    knot.join(", "),
                    imports.within(&knot)
                ));
            }
        }
    }
    assert!(imported > 1000, "only {imported} imports were seen: the test reads the wrong files");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for folder in RECURSIVE {
        let knots = recursive.get(folder).copied().unwrap_or_default();
        assert_eq!(
            knots, 1,
            "{folder} has {knots} knots; one is allowed, and a folder without any leaves the list"
        );
    }
}

#[test]
fn knots_are_found() {
    let graph = |edges: &[(&str, &[&str])]| -> BTreeMap<String, Vec<String>> {
        edges
            .iter()
            .map(|(from, to)| (from.to_string(), to.iter().map(ToString::to_string).collect()))
            .collect()
    };
    let no_knot: Vec<Vec<String>> = Vec::new();
    // Two ways to one file are no knot.
    assert_eq!(knots(&graph(&[("a", &["b", "c"]), ("b", &["d"]), ("c", &["d"]), ("d", &[])])), no_knot);
    assert_eq!(knots(&graph(&[("a", &["b"]), ("b", &["a"])])), [["a", "b"]]);
    // Two knots, one of which imports the other; the way in and the way out belong to neither.
    let two = graph(&[
        ("a", &["b"]),
        ("b", &["c"]),
        ("c", &["d"]),
        ("d", &["b", "e"]),
        ("e", &["f"]),
        ("f", &["e", "g"]),
        ("g", &[]),
    ]);
    assert_eq!(knots(&two), [vec!["b", "c", "d"], vec!["e", "f"]]);
}

#[test]
fn imports_are_seen() {
    let files = [
        ("lib.rs", "mod shapes; mod paint; mod alone; pub use shapes::Square;"),
        // It declares and re-exports: nothing is imported from it or by it.
        (
            "shapes/mod.rs",
            "//! Shapes.\nmod square;\nmod circle;\npub(crate) use square::Square;\npub use circle::*;",
        ),
        ("shapes/square.rs", "use super::circle::{self, Circle as Round}; pub struct Square(Round);"),
        (
            "shapes/circle.rs",
            "pub struct Circle; pub fn area() {} #[cfg(test)] mod tests { use crate::paint::fill; }",
        ),
        (
            "paint.rs",
            "use crate::shapes::*; pub fn fill(_: Circle) { \"Square\"; /* Square */ inner::call() } mod inner { pub fn call() { super::super::alone::go() } }",
        ),
        ("kinds.rs", "pub use crate::shapes::Square; pub enum Kind { #[default] Square, Round(u8) }"),
        ("alone.rs", "pub fn go() { crate::Square::new(); 'a'; let r#type = r#\"crate::paint::fill()\"#; }"),
    ];
    let files = files.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect();
    let imports = Imports::read(&files);
    let of = |file: &str| -> Vec<&str> { imports.of[file].keys().map(String::as_str).collect() };
    let nothing: [&str; 0] = [];
    assert_eq!(of("lib.rs"), nothing);
    assert_eq!(of("shapes/mod.rs"), nothing);
    assert_eq!(of("shapes/square.rs"), ["shapes/circle.rs"]);
    assert_eq!(of("shapes/circle.rs"), nothing);
    assert_eq!(of("paint.rs"), ["alone.rs", "shapes/circle.rs"]);
    assert_eq!(of("alone.rs"), ["shapes/square.rs"]);
    assert_eq!(of("kinds.rs"), nothing, "a variant is no use of a name that is re-exported");
    assert_eq!(imports.knots(), Vec::<Vec<String>>::new());

    let used = [
        ("lib.rs", "mod shapes;"),
        (
            "shapes/mod.rs",
            "mod square; pub use square::Square; pub struct Sides(u8); fn all() -> Square { Square }",
        ),
        ("shapes/square.rs", "use super::Sides; pub struct Square;"),
    ];
    let imports =
        Imports::read(&used.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect());
    assert_eq!(imports.knots(), [["shapes/mod.rs", "shapes/square.rs"]]);
    assert_eq!(
        imports.within(&imports.knots()[0]),
        "    shapes/mod.rs -> shapes/square.rs: Square\n    shapes/square.rs -> shapes/mod.rs: Sides\n"
    );
}

#[test]
fn a_type_name_stands_for_one_type_of_a_crate() {
    let mut wrong = Vec::new();
    for source in CRATES {
        let mut defined: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (path, text) in crate_files(source) {
            let tokens = source::without_tests(&source::tokens(&text));
            for name in source::names(&source::without_alternatives(&tokens)).types {
                defined.entry(name).or_default().push(path.clone());
            }
        }
        assert!(defined.len() > 4, "{source}: only {} types were seen", defined.len());
        for (name, files) in defined {
            if files.len() > 1 {
                wrong.push(format!("{source}: '{name}' is defined in {}", files.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Rooms whose matches over the plan say what becomes of every variant, so that a new one is looked at in each place.
const EXHAUSTIVE: &[&str] = &["plan", "bind", "optimize", "exec", "explain", "database"];

/// The plan's enums.
const PLAN_ENUMS: &[&str] = &["Node", "Expr", "JoinKind", "RunsOver"];

#[test]
fn matches_over_the_plan_name_every_variant() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for (path, text) in rust_files("src") {
        if is_test(&path) || !module_of(&path).is_some_and(|room| EXHAUSTIVE.contains(&room)) {
            continue;
        }
        seen += 1;
        let mut tokens = source::without_tests(&source::tokens(&text));
        if module_of(&path) == Some("plan") {
            // There the enums call themselves so; others of the room are held to the same.
            let own = |token: &mut source::Token| {
                if token.is_word("Self") {
                    *token = source::Token::Word("Node".into());
                }
            };
            tokens.iter_mut().for_each(own);
        }
        wrong.extend(matches::wildcards(&tokens, PLAN_ENUMS).iter().map(|it| format!("{path}: {it}")));
    }
    assert!(seen > 50, "only {seen} files were seen");
    assert!(wrong.is_empty(), "name the variants, or take one with 'if let':\n{}", wrong.join("\n"));
}

#[test]
fn wildcards_are_seen() {
    let found = |text: &str| matches::wildcards(&source::tokens(text), PLAN_ENUMS).len();
    assert_eq!(found("match plan.node { Node::Filter { .. } => 1, _ => 2 }"), 1);
    assert_eq!(found("match f(|x| { x }) { Node::Filter { .. } | _ => 2 }"), 1);
    assert_eq!(found("match kind { JoinKind::Inner => a.collect::<Result<Vec<_>, _>>(), other => b }"), 1);
    assert_eq!(found("match (a, b) { (Node::Scan { table }, Some(x)) if x => { 1 } (_, _) => 2 }"), 1);
    assert_eq!(found("match x { Some(y) => match y { Expr::Column { .. } => 1, _ => 2 }, None => 3 }"), 1);
    assert_eq!(
        found("match x { Node::Scan { .. } => match y { Some(_) => 1, _ => 2 }, Node::Limit(_) => 3 }"),
        0
    );
    assert_eq!(found("match x { other if f(other) => 1, Node::Scan { .. } | Node::Limit(_) => 3 }"), 0);
    assert_eq!(found("match x { ast::Expr::Name(_) => 1, _ => 3 }"), 0);
    assert_eq!(found("if let Node::Scan { .. } = x { 1 } else { 2 }"), 0);
}

#[test]
fn types_are_seen() {
    let text = "pub struct A; enum B {} impl T for A { type Item = u8; } trait T { type Item; } \
        pub(crate) type C = fn(D) -> impl Fn(); fn f() -> impl T { struct D; } type E<'a> = &'a A; \
        /* struct F; */ #[cfg(test)] struct G; #[cfg(not(test))] struct H; const I: &str = \"struct J;\";";
    let names = source::names(&source::without_tests(&source::tokens(text)));
    assert_eq!(names.types, ["A", "B", "T", "C", "D", "E", "H"]);
}
