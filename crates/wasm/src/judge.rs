//! Judges an answer to a lesson's task: is it the table that the solution gives, and if not, what differs? It must not know
//! a page.

use std::collections::HashMap;

use kqlite::{Database, DateTime, Error, Options, Table, Value};
use serde::Serialize;

use crate::lesson::Lesson;

/// What came of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The answer is the solution's.
    pub solved: bool,
    /// What differs, or that nothing does.
    pub said: String,
    /// What the lesson says of that.
    pub hint: Option<String>,
}

/// The time that it is in all lessons.
pub(crate) const NOW: &str = "2024-06-30T12:00:00Z";

/// The options that a query of a lesson runs with.
pub(crate) fn options() -> Options {
    Options::new(DateTime::parse(NOW).unwrap_or(DateTime::UNIX_EPOCH))
}

/// Runs an answer and the lesson's solution over its data, and compares their tables.
#[must_use]
pub fn judge(lesson: &Lesson, database: &Database, query: &str) -> Verdict {
    let run = |text: &str| database.compile(text)?.run(database, &options());
    match (run(&lesson.solution), run(query)) {
        (Ok(expected), Ok(found)) => compare(lesson, &expected, &found),
        (Ok(_), Err(error)) => of_error(lesson, &error),
        // Lessons are tested; a reader is told all the same.
        (Err(error), _) => wrong(lesson, "", format!("the lesson itself is broken: {error}")),
    }
}

fn wrong(lesson: &Lesson, subject: &str, said: String) -> Verdict {
    Verdict { solved: false, said, hint: lesson.hint(subject).map(str::to_owned) }
}

fn of_error(lesson: &Lesson, error: &Error) -> Verdict {
    let first = error.diagnostics().first();
    let code = first.map_or("", |it| it.code.as_str());
    let said = first.map_or_else(|| error.to_string(), |it| it.message.clone());
    let help = first.and_then(|it| it.help.first()).cloned();
    let hint = lesson.hint(code).map(str::to_owned).or(help);
    Verdict { solved: false, said: format!("{code}: {said}"), hint }
}

fn compare(lesson: &Lesson, expected: &Table, found: &Table) -> Verdict {
    let names = |table: &Table| table.schema().names().map(str::to_owned).collect::<Vec<_>>();
    let (wanted, given) = (names(expected), names(found));
    if wanted != given {
        let missing = wanted.iter().find(|name| !given.contains(name));
        let surplus = given.iter().find(|name| !wanted.contains(name));
        let said = match (missing, surplus) {
            (Some(name), _) => format!("The column '{name}' is missing."),
            (None, Some(name)) => format!("The column '{name}' is too much."),
            (None, None) => format!("The columns should be in this order: {}.", wanted.join(", ")),
        };
        return wrong(lesson, "columns", said);
    }
    let (wanted, given) = (rows(expected), rows(found));
    let mut left: HashMap<&Row, i64> = HashMap::new();
    wanted.iter().for_each(|row| *left.entry(row).or_default() += 1);
    given.iter().for_each(|row| *left.entry(row).or_default() -= 1);
    let missing = wanted.iter().filter(|row| left.get(row).is_some_and(|it| *it > 0)).count();
    if let Some(row) = given.iter().find(|row| left.get(row).is_some_and(|it| *it < 0)) {
        return wrong(
            lesson,
            "rows",
            format!("{} This row is not one of them: {}.", counts(&wanted, &given), shown(row)),
        );
    }
    if missing > 0 {
        let said = format!("{} All of yours are right, and some are missing.", counts(&wanted, &given));
        return wrong(lesson, "rows", said);
    }
    if lesson.is_ordered && wanted != given {
        return wrong(lesson, "order", "The rows are right, and their order is another one.".to_owned());
    }
    if let Some(it) = expected.visualization()
        && found.visualization().is_none_or(|other| other.chart != it.chart)
    {
        return wrong(
            lesson,
            "chart",
            format!("The rows are right; they should be drawn as a {}.", it.chart),
        );
    }
    Verdict { solved: true, said: "Solved.".to_owned(), hint: None }
}

fn counts(wanted: &[Row], given: &[Row]) -> String {
    match (given.len(), wanted.len()) {
        (found, expected) if found == expected => format!("{found} rows, as many as expected."),
        (found, expected) => format!("{found} rows, where {expected} are expected."),
    }
}

/// The cells of a row as text; `None` is null.
type Row = Vec<Option<String>>;

/// The rows as they are compared: of reals nine digits behind the point, since how a sum was taken is not the task.
fn rows(table: &Table) -> Vec<Row> {
    let cell = |value: &Value| match value {
        it if it.is_null() => None,
        Value::Real(real) => Some(format!("{}", (real * 1e9).round() / 1e9)),
        Value::DateTime(it) => Some(it.to_short_string()),
        other => Some(other.to_text().to_string()),
    };
    table.rows().map(|row| row.iter().map(cell).collect()).collect()
}

fn shown(row: &Row) -> String {
    row.iter().map(|cell| cell.as_deref().unwrap_or("null")).collect::<Vec<_>>().join(", ")
}
