//! The lessons of `playground/lessons` and the tables of `playground/data`, which are a part of the module. It must not know what
//! a lesson teaches.

use kqlite::{DataFormat, Database, TableReader};

use crate::lesson::Lesson;

/// The files of the lessons, in order.
const LESSONS: &[(&str, &str)] = &[
    ("01-where", include_str!("../../../playground/lessons/01-where.md")),
    ("02-columns", include_str!("../../../playground/lessons/02-columns.md")),
    ("03-texts", include_str!("../../../playground/lessons/03-texts.md")),
    ("04-top", include_str!("../../../playground/lessons/04-top.md")),
    ("05-summarize", include_str!("../../../playground/lessons/05-summarize.md")),
    ("06-time", include_str!("../../../playground/lessons/06-time.md")),
    ("07-render", include_str!("../../../playground/lessons/07-render.md")),
    ("08-let", include_str!("../../../playground/lessons/08-let.md")),
    ("09-join", include_str!("../../../playground/lessons/09-join.md")),
    ("10-detection", include_str!("../../../playground/lessons/10-detection.md")),
];

/// The tables that lessons have.
const TABLES: &[(&str, &str)] = &[
    ("Logons", include_str!("../../../playground/data/Logons.csv")),
    ("Mail", include_str!("../../../playground/data/Mail.csv")),
    ("Processes", include_str!("../../../playground/data/Processes.csv")),
    ("Staff", include_str!("../../../playground/data/Staff.csv")),
];

/// The lessons in order.
///
/// # Errors
/// A file that is no lesson.
pub fn lessons() -> Result<Vec<Lesson>, String> {
    LESSONS
        .iter()
        .map(|(name, file)| Lesson::read(file).map_err(|error| format!("{name}: {error}")))
        .collect()
}

/// A database with the tables of a lesson.
///
/// # Errors
/// A table that is not there, or cannot be read.
pub fn database_of(lesson: &Lesson) -> Result<Database, String> {
    tables(lesson.data.iter().map(String::as_str))
}

/// A database with the tables of all lessons.
pub(crate) fn database_of_all() -> Result<Database, String> {
    tables(TABLES.iter().map(|(name, _)| *name))
}

fn tables<'n>(names: impl Iterator<Item = &'n str>) -> Result<Database, String> {
    let mut database = Database::new();
    for name in names {
        let (_, text) = TABLES
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| format!("there is no table '{name}'"))?;
        let loaded =
            TableReader::new(DataFormat::Csv).read(text.as_bytes()).map_err(|error| error.to_string())?;
        database.insert(name, loaded.table);
    }
    Ok(database)
}
