//! What a page talks to: tables, and answers to requests about them. It must not know where requests come from.

use kqlite::explain::RowRef;
use kqlite::{CompileOptions, DataFormat, Database, DateTime, Limits, Options, TableReader};
use serde_json::{Value as Json, json};

use crate::answers;
use crate::judge::{self, judge};
use crate::lesson::Lesson;
use crate::lessons::{database_of, database_of_all, lessons};
use crate::reference;
use crate::request::Request;

/// The tables of a page, and the lessons.
pub struct Playground {
    database: Database,
    lessons: Vec<Lesson>,
}

impl Default for Playground {
    fn default() -> Self {
        Self::new()
    }
}

impl Playground {
    /// A page without tables.
    #[must_use]
    pub fn new() -> Self {
        Self { database: Database::new(), lessons: lessons().unwrap_or_default() }
    }

    /// Answers a request in JSON. What is wrong with a query is `diagnostics`, and with the request itself an `error`.
    pub fn answer(&mut self, request: &str) -> String {
        let answer = match serde_json::from_str(request) {
            Ok(request) => self.handle(request).unwrap_or_else(|message| json!({"error": message})),
            Err(error) => json!({"error": format!("this is no request: {error}")}),
        };
        answer.to_string()
    }

    fn handle(&mut self, request: Request) -> Result<Json, String> {
        match request {
            Request::Load { name, format, text } => self.load(&name, &format, &text),
            Request::Drop { name } => {
                self.database.remove(&name);
                Ok(self.tables())
            }
            Request::Tables => Ok(self.tables()),
            Request::Run { query, now, width } => {
                Ok(self.run(&query, &options(&now)?, width.unwrap_or(800.0)))
            }
            Request::Check { query } => {
                let check = self.database.check(&query);
                Ok(json!({"diagnostics": answers::diagnostics(check.diagnostics(), &query)}))
            }
            Request::Complete { query, at } => {
                let found =
                    self.database.complete(&query, answers::byte_at(&query, at), &CompileOptions::default());
                Ok(answers::completions(&found, &query))
            }
            Request::Explain { query, now } => Ok(self.explain(&query, &options(&now)?)),
            Request::Why { query, now, table, row } => Ok(self.why(&query, &options(&now)?, table, row)),
            Request::Format { query } => Ok(match kqlite::format(&query) {
                Ok(text) => json!({"text": text}),
                Err(error) => answers::failure(&error),
            }),
            Request::Docs { word } => Ok(reference::docs(self.database.registry(), &word)),
            Request::Lessons => Ok(self.list()),
            Request::Open { lesson } => {
                self.database = match lesson {
                    Some(lesson) => database_of(self.lesson(lesson)?)?,
                    None => database_of_all()?,
                };
                let mut answer = self.tables();
                answer["now"] = judge::NOW.into();
                Ok(answer)
            }
            Request::Judge { lesson, query } => {
                let lesson = self.lesson(lesson)?;
                let verdict = judge(lesson, &database_of(lesson)?, &query);
                serde_json::to_value(verdict).map_err(|error| error.to_string())
            }
            Request::Solution { lesson } => Ok(json!({"text": self.lesson(lesson)?.solution})),
        }
    }

    fn lesson(&self, number: usize) -> Result<&Lesson, String> {
        self.lessons.get(number).ok_or_else(|| format!("there is no lesson {number}"))
    }

    fn list(&self) -> Json {
        let lessons = self
            .lessons
            .iter()
            .map(|it| json!({"title": it.title, "text": it.text, "task": it.task, "data": it.data}));
        json!({"lessons": lessons.collect::<Vec<_>>()})
    }

    fn load(&mut self, name: &str, format: &str, text: &str) -> Result<Json, String> {
        let format: DataFormat =
            format.parse().map_err(|()| format!("'{format}' is none of json, ndjson, csv, tsv"))?;
        let loaded = TableReader::new(format).read(text.as_bytes()).map_err(|error| error.to_string())?;
        let mut notes: Vec<String> = loaded.skipped.iter().map(ToString::to_string).collect();
        notes.truncate(5);
        self.database.insert(name, loaded.table);
        let mut answer = self.tables();
        answer["notes"] = json!(notes);
        Ok(answer)
    }

    fn tables(&self) -> Json {
        let tables = self.database.tables().map(
            |(name, table)| json!({"name": name, "rows": table.len(), "columns": answers::columns(table)}),
        );
        json!({"tables": tables.collect::<Vec<_>>()})
    }

    fn run(&self, query: &str, options: &Options, width: f64) -> Json {
        let ran = self.database.compile(query).and_then(|it| it.run_all(&self.database, options));
        match ran {
            Ok(tables) => {
                let warnings: Vec<_> =
                    tables.iter().flat_map(|it| it.table.warnings()).map(|it| it.diagnostic()).collect();
                json!({
                    "tables": tables.iter().map(|it| answers::table(it, width)).collect::<Vec<_>>(),
                    "warnings": answers::diagnostics(&warnings, query),
                })
            }
            Err(error) => answers::failure(&error),
        }
    }

    fn explain(&self, query: &str, options: &Options) -> Json {
        match self.database.compile(query).and_then(|it| it.explain(&self.database, options)) {
            Ok(explanation) => json!({"explanation": explanation}),
            Err(error) => answers::failure(&error),
        }
    }

    fn why(&self, query: &str, options: &Options, table: String, row: usize) -> Json {
        let rows = [RowRef::new(table, row)];
        match self.database.compile(query).and_then(|it| it.why(&self.database, options, &rows)) {
            Ok(traces) => json!({"why": traces}),
            Err(error) => answers::failure(&error),
        }
    }
}

/// The options of a run at a time, within what a page can hold.
fn options(now: &str) -> Result<Options, String> {
    let now = DateTime::parse(now).ok_or_else(|| format!("'{now}' is no time"))?;
    Ok(Options::new(now).limits(Limits { rows: 10_000_000, bytes: 1 << 30, ..Limits::default() }))
}
