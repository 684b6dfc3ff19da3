//! `kqlite explain`: prints the steps of a run, as text, JSON or a page. It must not know how they are traced.

use std::collections::HashSet;

use kqlite::explain::{ExplainedStep, Explanation};
use kqlite_detect::words;

use crate::args::{Explain, ReportFormat};
use crate::failure::Failure;
use crate::html::{self, PageData};
use crate::output::{write_json, write_report};
use crate::session::{Load, Session};
use crate::terminal::{Style, TerminalText};

/// Runs a query and prints what each step did.
pub fn explain(arguments: &Explain) -> Result<(), Failure> {
    let session = Session::open(&arguments.source, Load::Whole)?;
    session.report_data()?;
    let explanation = session.limited(|options| session.query.explain(&session.database, options))?;
    let text = match arguments.report.format() {
        ReportFormat::Json => return write_json(&explanation, &arguments.report),
        ReportFormat::Text => text(&explanation, arguments.rows),
        ReportFormat::Html => {
            let (_, profile) = session.profiled()?;
            let (explanation, profile) = (html::to_json(&explanation)?, html::to_json(&profile)?);
            let shown = PageData { explanation, profile, ..PageData::default() };
            html::page(&shown, &session.text, session.now())
        }
    };
    write_report(&text, &arguments.report)
}

/// The column in which the operators begin: behind the step's number and its rows.
const INDENT: usize = 16;

/// Prints the steps in the order of their numbers. The steps of a subquery stand within those of the pipeline that runs it,
/// which is named again behind them.
pub fn text(explanation: &Explanation, rows: usize) -> String {
    let mut out = TerminalText::new();
    let words = words(&explanation.query).collect();
    let mut steps: Vec<(usize, &ExplainedStep)> = Vec::new();
    for (pipeline, it) in explanation.pipelines.iter().enumerate() {
        steps.extend(it.steps.iter().map(|step| (pipeline, step)));
    }
    steps.sort_by_key(|(_, step)| step.number);
    let mut printed: Vec<usize> = Vec::new();
    for (pipeline, step) in steps {
        if printed.last() != Some(&pipeline) {
            if !printed.is_empty() {
                out.line();
            }
            let name = explanation.pipelines.get(pipeline).map_or("", |it| it.name.as_str());
            out.add(Style::Bold, name);
            if printed.contains(&pipeline) {
                out.add(Style::Dim, " (continued)");
            }
            out.line();
            printed.push(pipeline);
        }
        print_step(&mut out, step, rows, &words);
    }
    out.into_text()
}

fn print_step(out: &mut TerminalText, step: &ExplainedStep, rows: usize, asked: &HashSet<&str>) {
    let style = if step.rows_out == 0 { Style::Bad } else { Style::Plain };
    out.add(Style::Dim, &format!("{:>4}", step.number)).add(style, &format!("{:>10}  ", step.rows_out));
    out.wrapped(Style::Bold, INDENT, &step.text);
    let indent = " ".repeat(INDENT);
    let inside = step.function.as_ref().map_or_else(String::new, |name| format!(" (in the function {name})"));
    out.add(Style::Plain, &indent).wrapped(Style::Plain, INDENT, &format!("{}{inside}", step.summary));
    for note in &step.notes {
        out.add(Style::Plain, &indent).wrapped(Style::Bad, INDENT, &format!("note: {note}"));
    }
    let changed = changed_columns(step);
    let said = |name: &String| step.summary.contains(name.as_str());
    if !changed.is_empty() && !step.columns_added.iter().chain(&step.columns_removed).all(said) {
        out.add(Style::Plain, &indent).wrapped(Style::Dim, INDENT, &changed);
    }
    let sample: Vec<&[kqlite::Value]> = step.sample.iter().take(rows).map(Vec::as_slice).collect();
    if !sample.is_empty() {
        let names: Vec<&str> = step.columns.iter().map(|column| column.name.as_str()).collect();
        // Columns that the step names come before those that the query names elsewhere, and these before others.
        let own: HashSet<&str> = words(&step.text).collect();
        let rank = |name: &str| [own.contains(name), asked.contains(name), true].iter().position(|it| *it);
        out.table(INDENT, &names, &sample, |name| rank(name).unwrap_or_default());
        if step.rows_out > sample.len() {
            let more = format!("… {} more", step.rows_out - sample.len());
            out.add(Style::Plain, &indent).add(Style::Dim, &more).line();
        }
    }
}

/// `+ added, columns  - removed, columns`
fn changed_columns(step: &ExplainedStep) -> String {
    const MAX_LISTED: usize = 3;
    let list = |sign: &str, names: &[String]| {
        let shown = names.iter().take(MAX_LISTED).map(String::as_str).collect::<Vec<_>>().join(", ");
        match names.len() {
            0 => String::new(),
            count if count > MAX_LISTED => format!("{sign} {shown} and {} more", count - MAX_LISTED),
            _ => format!("{sign} {shown}"),
        }
    };
    let (added, removed) = (list("+", &step.columns_added), list("-", &step.columns_removed));
    match (added.is_empty(), removed.is_empty()) {
        (false, false) => format!("{added}  {removed}"),
        _ => format!("{added}{removed}"),
    }
}
