//! `kqlite check`: what is wrong with queries, for people or as JSON. It must not know how mistakes are found.

use std::io::BufRead;
use std::path::{Path, PathBuf};

use kqlite::{Check, Database, Diagnostic, Kind, Severity};
use serde_json::{Value as Json, json};

use crate::args::{self, CheckFormat};
use crate::data;
use crate::failure::Failure;
use crate::session::{declare_built_in, render, words};
use crate::text::{QueryText, query_files};

/// The tables that queries are checked against.
enum Tables {
    /// Those of `--schema`, for all queries.
    Given(Box<Database>),
    /// For each query the built-in ones that it names.
    BuiltIn,
}

impl Tables {
    fn check(&self, query: &str) -> Check {
        match self {
            Self::Given(database) => database.check(query),
            Self::BuiltIn => {
                let mut database = Database::new();
                declare_built_in(&mut database, &words(query), &[]);
                database.check(query)
            }
        }
    }
}

/// Checks files, folders, or JSON lines.
pub fn check(arguments: &args::Check) -> Result<(), Failure> {
    let tables = match &arguments.schema {
        None => Tables::BuiltIn,
        Some(path) => {
            let mut database = Database::new();
            for (name, schema) in data::read_schemas(path)? {
                database.declare(name, schema);
            }
            Tables::Given(Box::new(database))
        }
    };
    let mut wrong = 0;
    if arguments.paths.iter().any(|path| path == Path::new("-")) {
        if arguments.paths.len() > 1 {
            return Err(Failure::usage("- stands alone: it reads queries from the standard input"));
        }
        wrong += check_lines(&tables, arguments.format)?;
    } else {
        wrong += check_files(&tables, arguments.format, &arguments.paths)?;
    }
    if wrong > 0 { Err(Failure::Wrong(String::new())) } else { Ok(()) }
}

/// Checks one JSON object `{"id", "query"}` a line and answers each before the next is read.
fn check_lines(tables: &Tables, format: CheckFormat) -> Result<usize, Failure> {
    let mut wrong = 0;
    let mut input = std::io::stdin().lock();
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        let read = input.read_until(b'\n', &mut line);
        if read.map_err(|error| Failure::wrong(format_args!("standard input: {error}")))? == 0 {
            return Ok(wrong);
        }
        number += 1;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let (id, query) = match serde_json::from_slice::<Json>(&line) {
            Ok(Json::Object(request)) => (
                request.get("id").cloned().unwrap_or_default(),
                request.get("query").and_then(Json::as_str).map(str::to_owned),
            ),
            _ => (Json::Null, None),
        };
        let Some(query) = query else {
            wrong += 1;
            let message = format!("line {number} is no JSON object {{\"id\", \"query\"}}");
            match format {
                CheckFormat::Json => crate::say(&format!("{}\n", broken(&id, &message)))?,
                CheckFormat::Human => crate::tell(&format!("error: {message}\n")),
            }
            continue;
        };
        let origin = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        wrong += usize::from(!answer(tables, format, &id, &QueryText { origin, text: query, rule: None })?);
    }
}

fn check_files(tables: &Tables, format: CheckFormat, paths: &[PathBuf]) -> Result<usize, Failure> {
    let files = query_files(paths, true)?;
    let mut wrong = 0;
    for file in &files {
        match QueryText::from_file(file) {
            Ok(text) => wrong += usize::from(!answer(tables, format, &json!(text.origin), &text)?),
            Err(failure @ Failure::Usage(_)) => return Err(failure),
            Err(failure) => {
                wrong += 1;
                match format {
                    CheckFormat::Json => {
                        let id = json!(file.display().to_string());
                        crate::say(&format!("{}\n", broken(&id, failure.text().trim_end())))?;
                    }
                    CheckFormat::Human => crate::tell(failure.text()),
                }
            }
        }
    }
    if format == CheckFormat::Human {
        let count = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
        let verdict = if wrong == 0 { "no errors".to_owned() } else { format!("{wrong} with errors") };
        crate::tell(&format!("{}: {verdict}\n", count(files.len(), "file")));
    }
    Ok(wrong)
}

/// Checks a query and prints the findings; says whether it is right.
fn answer(tables: &Tables, format: CheckFormat, id: &Json, text: &QueryText) -> Result<bool, Failure> {
    let check = tables.check(&text.text);
    match format {
        CheckFormat::Json => {
            let (line, ok) = report(id, &check);
            crate::say(&format!("{line}\n"))?;
            Ok(ok)
        }
        CheckFormat::Human => {
            let findings = check.diagnostics();
            if !findings.is_empty() {
                let colour = crate::colour(&std::io::stdout());
                crate::say(&format!("{}\n", render(findings, text, colour)))?;
            }
            Ok(!findings.iter().any(|it| it.severity == Severity::Error))
        }
    }
}

/// The answer for a query that could not be looked at.
fn broken(id: &Json, message: &str) -> Json {
    let error = json!({"code": "KQL0401", "kind": "syntax", "message": message, "start": 0, "end": 0});
    json!({"id": id, "ok": false, "errors": [error], "columns": null, "unsupported": []})
}

/// The findings as JSON. Where the text is not KQL nothing but that counts; what is not supported counts where
/// nothing else is wrong.
fn report(id: &Json, check: &Check) -> (Json, bool) {
    let errors: Vec<&Diagnostic> =
        check.diagnostics().iter().filter(|it| it.severity == Severity::Error).collect();
    let of = |kind: Kind| errors.iter().filter(|it| it.code.kind() == kind).copied().collect::<Vec<_>>();
    let syntax = of(Kind::Syntax);
    let semantic = of(Kind::Semantic);
    let (kind, decisive) = if syntax.is_empty() { ("semantic", semantic) } else { ("syntax", syntax) };
    let mut unsupported: Vec<String> = Vec::new();
    if decisive.is_empty() {
        for error in &errors {
            let name = error.unsupported.clone().unwrap_or_else(|| error.message.clone());
            if !unsupported.contains(&name) {
                unsupported.push(name);
            }
        }
    }
    let listed: Vec<Json> = decisive
        .iter()
        .map(|it| {
            let span = it.span();
            json!({
                "code": it.code.as_str(),
                "kind": kind,
                "message": it.message,
                "start": span.start,
                "end": span.end,
            })
        })
        .collect();
    let columns = check.columns().map(|schema| {
        let column = |it: &kqlite::ColumnSchema| json!({"name": &*it.name, "type": it.kind.as_str()});
        schema.columns.iter().map(column).collect::<Vec<_>>()
    });
    let ok = listed.is_empty() && unsupported.is_empty();
    (json!({"id": id, "ok": ok, "errors": listed, "columns": columns, "unsupported": unsupported}), ok)
}
