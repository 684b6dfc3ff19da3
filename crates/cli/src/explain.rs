//! `kqlite explain`: the steps of a run, for people or as JSON. It must not know how they are found out.

use std::collections::HashSet;

use kqlite::{Explanation, Pipeline, Step};

use crate::args::{Explain, Telling, Told};
use crate::failure::Failure;
use crate::page::{self, Shown};
use crate::print::{Look, Page};
use crate::session::{Load, Session, words};

/// Runs a query and prints what each step did.
pub fn explain(arguments: &Explain) -> Result<(), Failure> {
    let session = Session::open(&arguments.source, Load::Whole)?;
    let told = session
        .query
        .explain(&session.database, &session.options)
        .map_err(|error| session.failure(&error))?;
    let text = match arguments.told.form() {
        Telling::Json => json(&told)?,
        Telling::Text => text(&told, arguments.rows),
        Telling::Html => {
            let shown = Shown { explanation: page::told(&told)?, ..Shown::default() };
            page::html(&shown, &session.text, &session.options)
        }
    };
    deliver(&text, &arguments.told)
}

/// Writes what is told where it is wanted.
pub fn deliver(text: &str, told: &Told) -> Result<(), Failure> {
    match &told.output {
        None => crate::say(text),
        Some(path) => std::fs::write(path, text).map_err(|error| Failure::file(path, &error)),
    }
}

/// Anything that is told as JSON.
pub fn json(told: &impl serde::Serialize) -> Result<String, Failure> {
    let mut text = serde_json::to_string_pretty(told).map_err(Failure::wrong)?;
    text.push('\n');
    Ok(text)
}

/// The column in which the operators begin: behind the step's number and its rows.
const INDENT: usize = 16;

fn text(told: &Explanation, rows: usize) -> String {
    let mut page = Page::new();
    let words = words(&told.query);
    for (at, pipeline) in told.pipelines.iter().enumerate() {
        if at > 0 {
            page.line();
        }
        print_pipeline(&mut page, pipeline, rows, &words);
    }
    page.into_text()
}

fn print_pipeline(page: &mut Page, pipeline: &Pipeline, rows: usize, words: &HashSet<&str>) {
    page.add(Look::Bold, &pipeline.name).line();
    for step in &pipeline.steps {
        print_step(page, step, rows, words);
    }
}

fn print_step(page: &mut Page, step: &Step, rows: usize, words: &HashSet<&str>) {
    let look = if step.rows_out == 0 { Look::Bad } else { Look::Plain };
    page.add(Look::Dim, &format!("{:>4}", step.number)).add(look, &format!("{:>10}  ", step.rows_out));
    page.wrapped(Look::Bold, INDENT, &step.text);
    let indent = " ".repeat(INDENT);
    let inside = step.function.as_ref().map_or_else(String::new, |name| format!(" (in the function {name})"));
    page.add(Look::Plain, &indent).wrapped(Look::Plain, INDENT, &format!("{}{inside}", step.summary));
    for note in &step.notes {
        page.add(Look::Plain, &indent).wrapped(Look::Bad, INDENT, &format!("note: {note}"));
    }
    let changed = changed_columns(step);
    let said = |name: &String| step.summary.contains(name.as_str());
    if !changed.is_empty() && !step.columns_added.iter().chain(&step.columns_removed).all(said) {
        page.add(Look::Plain, &indent).wrapped(Look::Dim, INDENT, &changed);
    }
    let sample: Vec<&[kqlite::Value]> = step.sample.iter().take(rows).map(Vec::as_slice).collect();
    if !sample.is_empty() {
        let names: Vec<&str> = step.columns.iter().map(|column| column.name.as_str()).collect();
        // Columns that the step names tell more than those that the query names elsewhere, and these more than others.
        let own = crate::session::words(&step.text);
        let rank = |name: &str| [own.contains(name), words.contains(name), true].iter().position(|it| *it);
        page.table(INDENT, &names, &sample, |name| rank(name).unwrap_or_default());
        if step.rows_out > sample.len() {
            let more = format!("… {} more", step.rows_out - sample.len());
            page.add(Look::Plain, &indent).add(Look::Dim, &more).line();
        }
    }
}

/// `+ added, columns  - removed, columns`
fn changed_columns(step: &Step) -> String {
    const MOST: usize = 3;
    let list = |sign: &str, names: &[String]| {
        let shown = names.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join(", ");
        match names.len() {
            0 => String::new(),
            count if count > MOST => format!("{sign} {shown} and {} more", count - MOST),
            _ => format!("{sign} {shown}"),
        }
    };
    let (added, removed) = (list("+", &step.columns_added), list("-", &step.columns_removed));
    match (added.is_empty(), removed.is_empty()) {
        (false, false) => format!("{added}  {removed}"),
        _ => format!("{added}{removed}"),
    }
}
