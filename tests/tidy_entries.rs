//! No stage knows a function by its name: what a stage must know of a function stands in the function's entry.
//!
//! Looked for in the rooms of `src/` that see functions, outside `src/stdlib` (where the entries are) and tests:
//!
//! 1. The name of an entry (`function.name`, or the name of what `function: x` binds) that is used for anything else than to
//!    be shown: it may stand in a formatting macro, or be handed on as the `name:` of a call. So a comparison, a `match`, a
//!    look-up in a list and a copy into a variable are all found. `src/function`, whose registry keeps entries by name, is
//!    exempt.
//! 2. A text that is the name of a function, where it decides something: beside `==` or `!=`, as a pattern (`"a" =>`,
//!    `"a" | "b"`, `("a", 2) =>`, `matches!(…, "a")`, `Some("a") =>`) or in a list of texts. To look an entry up by its
//!    name (`registry.scalar("tostring")`) decides nothing.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that fails should say so")]

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use kqlite::{Database, EntryKind};
use regex::Regex;

/// Rooms that see no functions, and the one that has the entries.
const ELSEWHERE: &[&str] = &["column", "diagnostic", "io", "source.rs", "stdlib", "syntax", "types"];

/// A piece of source text: its bytes, with comments and the insides of texts blanked out, and its texts.
struct Source {
    code: String,
    /// Begin, end and content of each text; begin and end are those of its quotes.
    texts: Vec<(usize, usize, String)>,
}

impl Source {
    fn read(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut code = bytes.to_vec();
        let mut texts = Vec::new();
        let blank = |code: &mut Vec<u8>, from: usize, to: usize| {
            code[from..to].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
        };
        let mut at = 0;
        while at < bytes.len() {
            let rest = &text[at..];
            if rest.starts_with("//") {
                let end = at + rest.find('\n').unwrap_or(rest.len());
                blank(&mut code, at, end);
                at = end;
            } else if rest.starts_with('"') {
                let mut end = at + 1;
                while bytes[end] != b'"' {
                    end += if bytes[end] == b'\\' { 2 } else { 1 };
                }
                texts.push((at, end + 1, text[at + 1..end].to_owned()));
                blank(&mut code, at + 1, end);
                at = end + 1;
            } else if let Some(hashes) = raw_text(rest) {
                let close = format!("\"{}", "#".repeat(hashes));
                let begin = at + 1 + hashes;
                let end = begin + 1 + text[begin + 1..].find(&close).expect("the text is closed");
                texts.push((begin, end + 1, text[begin + 1..end].to_owned()));
                blank(&mut code, begin + 1, end);
                at = end + close.len();
            } else if rest.starts_with('\'') {
                // A character such as '"' or '\''; a lifetime is passed over.
                let mut letters = rest.chars().skip(1);
                let length = match (letters.next(), letters.next(), letters.next()) {
                    // The escaped character may be a quote.
                    (Some('\\'), Some(_), _) => rest[3..].find('\'').map_or(1, |close| close + 4),
                    (Some(letter), Some('\''), _) => 2 + letter.len_utf8(),
                    _ => 1,
                };
                if length > 1 {
                    blank(&mut code, at + 1, at + length - 1);
                }
                at += length;
            } else {
                at += rest.chars().next().map_or(1, char::len_utf8);
            }
        }
        Self { code: String::from_utf8(code).expect("only whole characters were blanked out"), texts }
    }

    fn line(&self, at: usize) -> usize {
        self.code[..at].matches('\n').count() + 1
    }

    /// The bracket that encloses a place: its kind, and the places before and after the bracketed code.
    fn enclosing(&self, at: usize) -> Option<(u8, usize, usize)> {
        let bytes = self.code.as_bytes();
        let mut depth = 0;
        let open = (0..at).rev().find(|&place| {
            match bytes[place] {
                b')' | b']' | b'}' => depth += 1,
                b'(' | b'[' | b'{' => depth -= 1,
                _ => {}
            }
            depth < 0
        })?;
        let mut depth = 0;
        let close = (open..bytes.len()).find(|&place| {
            match bytes[place] {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth -= 1,
                _ => {}
            }
            depth == 0
        })?;
        Some((bytes[open], open, close + 1))
    }

    fn before(&self, at: usize) -> &str {
        self.code[..at].trim_end()
    }

    fn after(&self, at: usize) -> &str {
        self.code[at..].trim_start()
    }
}

/// How many `#` a raw text that begins here has.
fn raw_text(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('r')?;
    let hashes = inner.len() - inner.trim_start_matches('#').len();
    inner[hashes..].starts_with('"').then_some(hashes)
}

/// The uses of the names of entries that do more than show them.
fn names_that_decide(source: &Source) -> Vec<usize> {
    let bound = Regex::new(r"\bfunction: (?:ref )?(\w+)\b").expect("a pattern");
    let mut variables: HashSet<&str> =
        bound.captures_iter(&source.code).map(|it| it.get(1).expect("a group").as_str()).collect();
    variables.insert("function");
    let name = Regex::new(r"\b(\w+)\.name\b").expect("a pattern");
    let field = Regex::new(r"\bname: &?(?:\w+\.)*$").expect("a pattern");
    let shows = Regex::new(r"\b(?:format|format_args|write|writeln|print|println|panic|assert|assert_eq)!$")
        .expect("a pattern");
    let mut found = Vec::new();
    for it in name.captures_iter(&source.code) {
        let variable = it.get(1).expect("a group");
        if !variables.contains(variable.as_str()) {
            continue;
        }
        let whole = it.get(0).expect("a match");
        let handed_on = field.is_match(&source.code[..whole.start()])
            && source.after(whole.end()).starts_with([',', '}']);
        let shown =
            source.enclosing(whole.start()).is_some_and(|(_, open, _)| shows.is_match(source.before(open)))
                && source.after(whole.end()).starts_with([',', ')']);
        if !handed_on && !shown {
            found.push(whole.start());
        }
    }
    found
}

/// The texts that name a function and decide something.
fn texts_that_decide(source: &Source, is_function: impl Fn(&str) -> bool) -> Vec<usize> {
    let decides_before = |before: &str| {
        before.ends_with("==") || before.ends_with("!=") || (before.ends_with('|') && !before.ends_with("||"))
    };
    let decides_after = |after: &str| {
        ["==", "!=", "=>", "if "].iter().any(|mark| after.starts_with(mark))
            || (after.starts_with('|') && !after.starts_with("||"))
    };
    let is_pattern_after =
        |after: &str| decides_after(after) || (after.starts_with('=') && !after.starts_with("=="));
    let mut found = Vec::new();
    for (begin, end, text) in &source.texts {
        if !is_function(text) {
            continue;
        }
        let (before, after) = (source.before(*begin), source.after(*end));
        let mut decides = decides_before(before) || decides_after(after);
        if let Some((kind, open, close)) = source.enclosing(*begin) {
            let outside = source.before(open);
            decides |= match kind {
                // A list of texts, not an index.
                b'[' => {
                    !outside.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ')' || c == ']')
                        && before.ends_with(['[', ','])
                        && after.starts_with([',', ']'])
                }
                b'(' => {
                    outside.ends_with("matches!")
                        || is_pattern_after(source.after(close))
                        || decides_before(outside.trim_end_matches("Some"))
                        || decides_before(outside.trim_end_matches("Some").trim_end())
                }
                _ => false,
            };
        }
        if decides {
            found.push(*begin);
        }
    }
    found
}

fn functions() -> HashSet<String> {
    let database = Database::new();
    let registry = database.registry();
    // The names of tabular operators and the like stand in the stages that read them.
    let is_scalar = |kind: EntryKind| kind.is_function() || kind == EntryKind::ScalarOperator;
    let known = registry.known_names().into_iter().filter(|(_, kind)| is_scalar(*kind)).map(|(name, _)| name);
    registry.scalar_names().chain(registry.aggregate_names()).chain(known).map(str::to_owned).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            if !path.ends_with("tests") {
                collect(&path, files);
            }
        } else if path.extension().is_some_and(|ending| ending == "rs")
            && !["tests.rs", "testing.rs"].iter().any(|name| path.ends_with(name))
        {
            files.push(path);
        }
    }
}

#[test]
fn nothing_outside_the_library_decides_by_a_functions_name() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let functions = functions();
    let mut files = Vec::new();
    for room in fs::read_dir(root.join("src")).expect("a folder") {
        let room = room.expect("an entry").path();
        if room.is_dir() && !ELSEWHERE.iter().any(|name| room.ends_with(name)) {
            collect(&room, &mut files);
        } else if room.is_file() && !ELSEWHERE.iter().any(|name| room.ends_with(name)) {
            files.push(room);
        }
    }
    assert!(files.len() > 80, "only {} files were read", files.len());
    let mut wrong = Vec::new();
    for path in files {
        let name = path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("text");
        let source = Source::read(text.split("#[cfg(test)]\nmod tests").next().expect("a part"));
        if !name.starts_with("src/function/") {
            let found = names_that_decide(&source);
            wrong.extend(found.iter().map(|&at| format!("{name}:{}: the name of an entry", source.line(at))));
        }
        for at in texts_that_decide(&source, |text| functions.contains(text)) {
            let text = source.texts.iter().find(|it| it.0 == at).map_or("", |it| &it.2);
            wrong.push(format!("{name}:{}: \"{text}\"", source.line(at)));
        }
    }
    assert!(wrong.is_empty(), "put it into the function's entry:\n{}", wrong.join("\n"));
}

/// What once stood outside the library, and what looks like it.
#[test]
fn what_decides_by_name_is_found() {
    let functions = functions();
    let found = |code: &str| {
        let source = Source::read(code);
        !names_that_decide(&source).is_empty()
            || !texts_that_decide(&source, |text| functions.contains(text)).is_empty()
    };
    for code in [
        r#"Expr::Call { function, arguments, .. } if function.name == "and" => {}"#,
        r#"if function.name != "[]" { return; }"#,
        r#"cost += match function.name { "and" | "or" => 1, _ => 10 };"#,
        r"let name = aggregate.function.name;",
        r#"const COUNTS: &[&str] = &["count", "countif"];"#,
        r"aggregates.iter().all(|it| ORDER_FREE.contains(&it.function.name))",
        r"Expr::Call { function: inner, .. } => known(inner.name),",
        r#"if let ("split", 2, Value::Long(n)) = (it, split.len(), value) {}"#,
        r#"let ticks = match (it, &arguments[..]) { ("ago", [by]) => span_of(by)?, _ => return None };"#,
        r"(Expr::Call { function, .. }, ast::Expr::Call(_)) if is_conversion(function.name) => {}",
        r#"matches!(name, "tobool" | "toboolean")"#,
        r#"matches!(name, "tobool")"#,
        r#"Some(match call.name.text.as_str() { "table" => a, _ => return None })"#,
        r#"Some(match name { "pack_array" if star => a, _ => return None })"#,
        r#"if call.name.text == "table" {}"#,
        r#"if "table" == call.name.text {}"#,
        r#"if name.as_deref() == Some("table") {}"#,
        r#"match name { Some("now") => a, _ => b }"#,
        r#"let Some("now") = name else { return };"#,
        r#"let insensitive = match name { "==" => a, _ => b };"#,
    ] {
        assert!(found(code), "not found: {code}");
    }
    for code in [
        r#"format!("{}({})", it.function.name, join(&it.arguments, ", "))"#,
        r#"write!(f, "({left} {} {right})", function.name)"#,
        r"let call = Call { name: function.name, arguments };",
        r"let call = AggregateCall { name: &aggregate.function.name, arguments };",
        r#"self.registry.aggregate("count")"#,
        r#"self.call_builtin("tostring", vec![operand], span)"#,
        r#"self.call_builtin(if all { "and" } else { "or" }, parts, span)"#,
        r#"// function.name == "and""#,
        r#"let column = columns.name; let quote = '"'; it == "not a function""#,
    ] {
        assert!(!found(code), "found: {code}");
    }
}

#[test]
fn the_entry_that_contributors_are_shown_is_the_real_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| fs::read_to_string(root.join(path)).expect("text");
    let shown: Vec<String> = read("CONTRIBUTING.md")
        .lines()
        .filter_map(|line| line.strip_prefix('+').map(str::to_owned))
        .collect();
    assert!(shown.len() > 5, "CONTRIBUTING.md shows no entry");
    let real = read("src/stdlib/scalar/string.rs");
    assert!(real.contains(&shown.join("\n")), "not in src/stdlib/scalar/string.rs:\n{}", shown.join("\n"));
}
