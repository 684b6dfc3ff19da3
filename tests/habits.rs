//! What people are told who write KQL as another language: each entry of the table, and the messages as text.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that fails should say so")]

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use kqlite::syntax::habits::{self, Habit, HabitPlace};
use kqlite::{Database, Schema, Severity};

/// The tables of the queries here.
const TABLES: &[(&str, &str)] = &[
    (
        "Storms",
        "Start:datetime,End:datetime,State:string,Kind:string,Damage:long,Injured:int,Details:dynamic",
    ),
    ("Logons", "At:datetime,User:string,Failures:long"),
];

fn database() -> Database {
    let mut db = Database::new();
    for (name, columns) in TABLES {
        let columns = columns.split(',').map(|column| {
            let (name, data_type) = column.split_once(':').unwrap();
            (name.to_owned(), data_type.parse().unwrap())
        });
        db.declare(*name, Schema::new(columns));
    }
    db
}

/// A query with a habit in its place.
fn example(habit: &Habit, written: &str) -> String {
    match habit.place {
        HabitPlace::Statement => format!("{written} Storms"),
        HabitPlace::Operator => format!("Storms | {written} State"),
        HabitPlace::Behind => {
            let before = match habit.within.first().copied() {
                Some("let") => return format!("let x {written} 5; print x"),
                Some("join") => return format!("Storms | join (Logons) {written} State"),
                Some("top") => return format!("Storms | top 5 {written} Damage"),
                Some("order") => return format!("Storms | order by Damage {written} 5"),
                Some(other) => other,
                None => "where",
            };
            let is_name = habit.fix.is_some_and(|fix| fix.contains("{item}")) || written == ":=";
            match (habit.instead, is_name) {
                (_, true) => format!("Storms | project State {written} x"),
                ("desc" | "asc", _) => format!("Storms | sort by State {written}"),
                ("isnull(x)" | "isnotnull(x)" | "isempty(x)" | "isnotempty(x)", _) => {
                    format!("Storms | {before} State {written}")
                }
                _ => format!("Storms | {before} State {written} 5"),
            }
        }
        HabitPlace::Before => match habit.within.first().copied() {
            Some(operator) => format!("Storms | {operator} {written} State"),
            None => format!("Storms | where Kind == {written} State"),
        },
        HabitPlace::Function => format!("Storms | summarize x = {written}(State)"),
        HabitPlace::Value => format!("Storms | where Damage > {written}"),
        HabitPlace::Unit => format!("print 1{written}"),
        HabitPlace::Parameter => format!("Storms | join kind={written} (Storms) on State"),
    }
}

/// Ways to write that KQL reads, or that a form of more than words teaches about.
const ELSEWHERE: &[&str] = &[
    // Taught as a form.
    "count(*)",
    "between",
    "! ==",
    "! =",
    "! null",
    "when",
    "then",
    "else",
    "end",
    "?",
    "case",
    "=",
    "select",
    "like",
    "ilike",
    "not like",
    "not ilike",
    "date",
];

#[test]
fn each_entry_is_told_of_by_one_error() {
    let db = database();
    let mut wrong = String::new();
    let mut seen = 0;
    for habit in habits::ALL.iter().copied().flatten() {
        for written in habit.written.iter().filter(|written| !ELSEWHERE.contains(written)) {
            let query = example(habit, written);
            let check = db.check(&query);
            let told: Vec<_> =
                check.diagnostics().iter().filter(|it| it.severity == Severity::Error).collect();
            let is_taught = match told.as_slice() {
                [error] if habit.place == HabitPlace::Parameter => !error.fixes.is_empty(),
                [error] => {
                    error.help.iter().any(|help| help == habit.lesson || help.contains("small letters"))
                }
                _ => false,
            };
            if !is_taught {
                let helps: Vec<_> = told.iter().map(|it| (&it.message, &it.help)).collect();
                let _ = writeln!(wrong, "{query}: {} errors, {helps:?}", told.len());
            }
            seen += 1;
        }
    }
    assert!(seen > 500);
    assert_eq!(wrong, "");
}

#[test]
fn each_way_to_write_stands_once_in_its_place_and_is_no_function() {
    let registry = Database::new();
    let registry = registry.registry();
    let mut wrong = Vec::new();
    for table in habits::ALL.iter().copied() {
        for (at, habit) in table.iter().enumerate() {
            for written in habit.written {
                let again = table[..at].iter().any(|other| {
                    other.is_written(written) && (other.within, other.place) == (habit.within, habit.place)
                });
                let is_function = habit.place == HabitPlace::Function
                    && (registry.scalar(written).is_some() || registry.aggregate(written).is_some());
                if again || is_function {
                    wrong.push(*written);
                }
            }
            assert!(!habit.lesson.ends_with('.') && habit.lesson.len() <= 200, "{}", habit.lesson);
        }
    }
    assert_eq!(wrong, Vec::<&str>::new());
}

/// The page about habits, made of the table.
fn page() -> String {
    let mut out = "\
# Coming from another language

What people write out of habit of SQL, Excel, Python and other languages, and what KQL has for it.
An error says the same where it is met. `kqlite docs like` looks a word up, `kqlite docs habits`
lists all. This page is made of the table in `src/syntax/habits/` by
`KQLITE_UPDATE=1 cargo test -p kqlite --test habits`.
"
    .to_owned();
    let mut last = None;
    for habit in habits::ALL.iter().copied().flatten() {
        if last.replace(habit.place) != Some(habit.place) {
            let _ = write!(out, "\n## {}\n\n", habit.place.heading());
        }
        let written: Vec<String> = habit.written.iter().map(|it| format!("`{it}`")).collect();
        let within = match habit.within {
            [] => String::new(),
            within => format!(" (in {})", within.join(", ")),
        };
        let text = format!("- {}{within}: {}", written.join(", "), habit.lesson);
        let mut length = 0;
        for word in text.split(' ') {
            let wide = word.chars().count();
            if length > 0 && length + 1 + wide > 100 {
                out.push_str("\n  ");
                length = 2;
            } else if length > 0 {
                out.push(' ');
                length += 1;
            }
            out.push_str(word);
            length += wide;
        }
        out.push('\n');
    }
    out
}

#[test]
fn the_page_says_what_the_table_says() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/habits.md");
    let page = page();
    if std::env::var_os("KQLITE_UPDATE").is_some() {
        fs::write(&path, &page).unwrap();
    }
    assert!(page.lines().all(|line| line.chars().count() <= 100));
    assert_eq!(fs::read_to_string(&path).unwrap_or_default(), page);
}

/// The queries of a file and what stands behind each.
fn cases(text: &str) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for block in text.split("\n[query]\n").skip(1) {
        let (query, told) = block.split_once("\n[told]\n").expect("what is told");
        all.push((query.to_owned(), told.trim_end().to_owned()));
    }
    all
}

/// All findings as they are rendered, and the query that the first change of each makes.
fn told(db: &Database, query: &str) -> String {
    let mut out = String::new();
    for finding in db.check(query).diagnostics() {
        let _ = writeln!(out, "{}", finding.render("query", query, false).trim_end());
        if let Some(fix) = finding.fixes.first() {
            let changed = fix.apply(query).expect("a change of this text");
            let left = db.check(&changed);
            let errors = left.diagnostics().iter().filter(|it| it.severity == Severity::Error).count();
            let state = if errors == 0 { "runs" } else { "has further errors" };
            let _ = writeln!(out, "  changed, it {state}: {}", changed.replace('\n', " ⏎ "));
        }
    }
    out.trim_end().to_owned()
}

#[test]
fn messages_are_as_they_were_read_and_found_good() {
    let db = database();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/habits");
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let (head, _) = text.split_once("\n[query]\n").expect("a query");
        let cases = cases(&text);
        let mut now = head.to_owned();
        for (query, _) in &cases {
            let _ = write!(now, "\n[query]\n{query}\n[told]\n{}\n", told(&db, query));
        }
        if std::env::var_os("KQLITE_UPDATE").is_some() {
            fs::write(&file, &now).unwrap();
            continue;
        }
        for (query, expected) in &cases {
            assert_eq!(&told(&db, query), expected, "{}: {query}", file.display());
        }
    }
}

#[test]
fn one_mistake_is_one_error() {
    let db = database();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/habits");
    for file in fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path()) {
        let text = fs::read_to_string(&file).unwrap();
        if file.file_stem().is_some_and(|it| it == "several" || it == "warnings") {
            continue;
        }
        for (query, _) in cases(&text) {
            let check = db.check(&query);
            let errors = check.diagnostics().iter().filter(|it| it.severity == Severity::Error).count();
            assert_eq!(errors, 1, "{}: {query}", file.display());
        }
    }
}
