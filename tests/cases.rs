//! Runs the case files below `tests/cases`: tables, a query, and the expected answer or error.
//!
//! `KQLITE_UPDATE=1 cargo test -p kqlite --test cases` rewrites the expectations, to be reviewed with `git diff`.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that fails should say so")]

#[path = "shared/answer.rs"]
mod answer;

use std::fmt::Write as _;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use answer::rows;
use kqlite::explain::RowRef;
use kqlite::{DataFormat, Database, DateTime, Options, Schema, Table, TableReader, Tuning, Value};

/// The time of all cases.
const NOW: &str = "2024-06-30T12:00:00Z";

/// A case file: see `tests/cases/README.md`.
#[derive(Default)]
struct Case {
    /// The lines before the first section, as they are.
    head: String,
    /// Name, typed header and rows.
    tables: Vec<(String, String)>,
    query: String,
    /// `answer`, `answer unordered` or `error`.
    kind: String,
    expected: String,
    /// The warnings as they are rendered.
    warnings: String,
}

/// What a query gives.
struct Found {
    /// The kind of section, and its text.
    kind: String,
    text: String,
    warnings: String,
}

fn parse(text: &str) -> Case {
    let mut case = Case::default();
    let mut section = String::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'))
            && ["table ", "query", "answer", "error", "warnings"].iter().any(|known| name.starts_with(known))
        {
            section = name.to_owned();
            if let Some(table) = name.strip_prefix("table ") {
                case.tables.push((table.to_owned(), String::new()));
            } else if name != "query" && name != "warnings" {
                case.kind = name.to_owned();
            }
            continue;
        }
        let target = match section.as_str() {
            "" => &mut case.head,
            "query" => &mut case.query,
            name if name.starts_with("table ") => match case.tables.last_mut() {
                Some((_, rows)) => rows,
                None => continue,
            },
            "warnings" => &mut case.warnings,
            _ => &mut case.expected,
        };
        target.push_str(line);
        target.push('\n');
    }
    case
}

impl Case {
    fn to_text(&self) -> String {
        let mut out = self.head.clone();
        for (name, rows) in &self.tables {
            let _ = write!(out, "[table {name}]\n{rows}");
        }
        let _ = write!(out, "[query]\n{}[{}]\n{}", self.query, self.kind, self.expected);
        if !self.warnings.is_empty() {
            let _ = write!(out, "[warnings]\n{}", self.warnings);
        }
        out
    }

    fn database(&self) -> Result<Database, String> {
        let mut db = Database::new();
        for (name, text) in &self.tables {
            let (header, rows) = text.split_once('\n').ok_or("a table without a header")?;
            let mut columns = Vec::new();
            for column in header.split(',') {
                let (column, kind) = column.trim().split_once(':').ok_or("a column without a type")?;
                columns.push((column, kind.parse().map_err(|()| format!("no type '{kind}'"))?));
            }
            let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
            let csv = format!("{}\n{rows}", names.join(","));
            let reader = TableReader::new(DataFormat::Csv).schema(Schema::new(columns)).origin(name.clone());
            db.insert(name.clone(), reader.read(csv.as_bytes()).map_err(|error| error.to_string())?.table);
        }
        Ok(db)
    }

    /// Runs the query in every way.
    fn run(&self) -> Result<Found, String> {
        let db = self.database()?;
        let now = DateTime::parse(NOW).ok_or("no time")?;
        let query = self.query.trim_end();
        let plain = db.compile(query).and_then(|it| it.run(&db, &Options::new(now)));
        // How a query is run never changes its answer: see `ways`.
        if let Ok(expected) = &plain {
            let order = |table: &Table| rows(table, self.kind != "answer");
            for (way, options) in ways(now) {
                let other = db.compile(query).and_then(|it| it.run(&db, &options));
                let other = other.map_err(|error| format!("{way}: {error}"))?;
                if order(expected) != order(&other) {
                    return Err(format!("{way}:\n{}", rows(&other, false).join("\n")));
                }
                if expected.warnings() != other.warnings() {
                    return Err(format!("{way}:\n{}", warnings(&other, query)));
                }
            }
            self.explained(&db, &Options::new(now), expected)?;
        }
        Ok(match plain {
            Ok(table) => {
                let kind = if self.kind == "error" || self.kind.is_empty() { "answer" } else { &self.kind };
                Found {
                    kind: kind.to_owned(),
                    text: answer::text(&table, kind != "answer") + "\n",
                    warnings: warnings(&table, query),
                }
            }
            Err(error) => {
                Found { kind: "error".to_owned(), text: error.to_string(), warnings: String::new() }
            }
        })
    }
}

fn warnings(table: &Table, query: &str) -> String {
    let text = |it: &kqlite::Warning| it.diagnostic().render("query", query, false);
    table.warnings().iter().map(text).collect::<Vec<_>>().join("\n")
}

/// Other ways to run a query: without the optimizer and in small chunks; with the strategies of large data, which many
/// keys, heavy states and large left sides take; with partial groups that are merged; and with rows put aside.
fn ways(now: DateTime) -> [(&'static str, Options); 4] {
    let mut merging = Tuning::SMALL;
    merging.sampled_rows = usize::MAX;
    [
        ("in chunks of 2 rows, not optimized", Options::new(now).without_optimizer().chunk_rows(2)),
        ("as large data is run", Options::new(now).chunk_rows(2).threads(2).tuning(Tuning::SMALL)),
        ("in parts that are merged", Options::new(now).chunk_rows(1).threads(3).tuning(merging)),
        (
            "with rows put aside",
            Options::new(now).chunk_rows(2).tuning(Tuning::SMALL).spill_to(|| Ok(Cursor::new(Vec::new()))),
        ),
    ]
}

impl Case {
    /// Explains the run: the answer is the same row by row, and what `why` and `origins` say of its rows agrees.
    fn explained(&self, db: &Database, options: &Options, expected: &Table) -> Result<(), String> {
        const MAX_ROWS: usize = 50;
        let failed = |error: kqlite::Error| format!("explained: {error}");
        let query = db.compile(self.query.trim_end()).map_err(failed)?;
        let explanation = query.explain(db, options).map_err(failed)?;
        if explanation.rows != expected.len() {
            return Err(format!("explained: {} rows instead of {}", explanation.rows, expected.len()));
        }
        let mut sources = Vec::new();
        for row in 0..expected.len().min(MAX_ROWS) {
            let lineage = query.origins(db, options, row).map_err(failed)?;
            let cells: Vec<Value> = lineage.cells.into_iter().map(|cell| cell.value).collect();
            if format!("{cells:?}") != format!("{:?}", expected.row(row)) {
                return Err(format!("explained: row {row} is {cells:?} instead of {:?}", expected.row(row)));
            }
            sources.push(lineage.sources.into_iter().map(|it| it.row).collect::<Vec<RowRef>>());
        }
        let mut asked: Vec<RowRef> = sources.iter().flatten().cloned().collect();
        for name in query.reads().into_keys() {
            let rows = db.table(&name).map_or(0, Table::len);
            asked.extend((0..rows).map(|row| RowRef::new(name.clone(), row)));
        }
        asked.sort();
        asked.dedup();
        asked.truncate(MAX_ROWS);
        for trace in query.why(db, options, &asked).map_err(failed)?.traces {
            for row in trace.results.iter().filter(|row| **row < MAX_ROWS) {
                if !sources[*row].contains(&trace.row) {
                    let (source, what) = (&trace.row, "which was not made of it");
                    return Err(format!("explained: {source} is in row {row}, {what}"));
                }
            }
            if !trace.is_in_answer() && trace.paths.is_empty() {
                return Err(format!("explained: nothing is said of {}", trace.row));
            }
        }
        Ok(())
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "case") {
            found.push(path);
        }
    }
}

#[test]
fn cases_hold() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let update = std::env::var_os("KQLITE_UPDATE").is_some();
    let mut found = Vec::new();
    files(&root, &mut found);
    assert!(!found.is_empty(), "there are no case files");
    let mut wrong = Vec::new();
    for path in &found {
        let name = path.strip_prefix(&root).expect("below the root").display();
        let text = fs::read_to_string(path).expect("text").replace("\r\n", "\n");
        let mut case = parse(&text);
        if case.query.trim().is_empty() || (case.kind.is_empty() && !update) {
            wrong.push(format!("{name}: no query, or nothing is expected"));
            continue;
        }
        match case.run() {
            Err(error) => wrong.push(format!("{name}: {error}")),
            Ok(Found { kind, text, warnings }) => {
                let expected = if kind == "answer unordered" {
                    let (header, rows) = case.expected.split_once('\n').unwrap_or((&case.expected, ""));
                    let mut rows: Vec<&str> = rows.lines().collect();
                    rows.sort_unstable();
                    std::iter::once(header).chain(rows).map(|line| format!("{line}\n")).collect()
                } else {
                    case.expected.clone()
                };
                let same = kind == case.kind
                    && text.trim_end() == expected.trim_end()
                    && warnings.trim_end() == case.warnings.trim_end();
                if same {
                    continue;
                }
                if update {
                    (case.kind, case.expected, case.warnings) = (kind, text, warnings);
                    fs::write(path, case.to_text()).expect("written");
                } else {
                    wrong.push(format!(
                        "{name}: expected [{}]\n{expected}[warnings]\n{}\nfound [{kind}]\n{text}[warnings]\n{warnings}",
                        case.kind, case.warnings
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases fail:\n\n{}", wrong.len(), found.len(), wrong.join("\n\n"));
}
