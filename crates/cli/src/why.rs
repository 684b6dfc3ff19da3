//! `kqlite why`: prints why source rows are in the answer or why not, and the lineage of a row of the answer. It must not know
//! how rows are traced.

use std::collections::BTreeMap;

use kqlite::Error;
use kqlite::explain::{
    ConditionResult, DropReason, Lineage, NamedValue, Outcome, RowPath, RowRef, RowTrace, RowTraces,
    TraceStep,
};

use crate::args::{self, ReportFormat};
use crate::failure::Failure;
use crate::html::{self, PageData};
use crate::output::{write_json, write_report};
use crate::query_text::QueryText;
use crate::session::{Load, Session, render_error};
use crate::terminal::{Style, TerminalText, cut, is_blank, plain};

/// The most rows whose whole way is printed; more get a line each.
const MAX_WHOLE_ROWS: usize = 3;

/// The most rows that get a line.
const MAX_ROW_LINES: usize = 40;

/// The most source rows of a row of the answer that are printed.
const MAX_SOURCE_ROWS: usize = 20;

/// Answers the question.
pub fn why(arguments: &args::Why) -> Result<(), Failure> {
    let rows: Vec<RowRef> = arguments
        .row
        .iter()
        .map(|text| text.parse().map_err(|message: String| Failure::usage(format_args!("--row: {message}"))))
        .collect::<Result<_, Failure>>()?;
    let session = Session::open(&arguments.source, Load::Whole)?;
    session.report_data()?;
    if let Some(row) = arguments.result {
        let lineage = session.limited(|options| session.query.origins(&session.database, options, row))?;
        let text = match arguments.report.format() {
            ReportFormat::Json => return write_json(&lineage, &arguments.report),
            ReportFormat::Text => lineage_text(&lineage),
            ReportFormat::Html => html_page(&session, |shown| {
                shown.origins = html::to_json(&lineage)?;
                Ok(())
            })?,
        };
        return write_report(&text, &arguments.report);
    }
    let rows = match &arguments.condition {
        Some(condition) => rows_where(&session, condition, arguments.table.as_deref())?,
        None => rows,
    };
    let traces = session.limited(|options| session.query.why(&session.database, options, &rows))?;
    let text = match arguments.report.format() {
        ReportFormat::Json => return write_json(&traces, &arguments.report),
        ReportFormat::Text => text(&traces),
        ReportFormat::Html => html_page(&session, |shown| {
            shown.why = html::to_json(&traces)?;
            Ok(())
        })?,
    };
    write_report(&text, &arguments.report)
}

/// Renders the page of all steps, with the traces or the lineage of rows that `add` puts in.
fn html_page(
    session: &Session,
    add: impl FnOnce(&mut PageData) -> Result<(), Failure>,
) -> Result<String, Failure> {
    let explanation = session.limited(|options| session.query.explain(&session.database, options))?;
    let mut shown = PageData { explanation: html::to_json(&explanation)?, ..PageData::default() };
    add(&mut shown)?;
    Ok(html::page(&shown, &session.text, session.now()))
}

/// The rows that meet a condition, of the one table whose columns it names.
fn rows_where(session: &Session, condition: &str, table: Option<&str>) -> Result<Vec<RowRef>, Failure> {
    let read: Vec<String> = session.query.reads().into_keys().collect();
    let candidates: Vec<&str> = match table {
        Some(table) => vec![table],
        None => read.iter().map(String::as_str).collect(),
    };
    let mut found: Vec<(&str, Vec<RowRef>)> = Vec::new();
    let mut errors: Vec<Error> = Vec::new();
    let options = session.options();
    let _watchdog = session.watchdog();
    for table in candidates {
        match session.database.rows_where(table, condition, &options) {
            Ok(rows) => found.push((table, rows)),
            Err(error) => errors.push(error),
        }
    }
    match found.len() {
        0 => match errors.first() {
            Some(error) => {
                let text = QueryText { origin: "--where".to_owned(), text: condition.to_owned(), rule: None };
                Err(Failure::Wrong(render_error(error, &text)))
            }
            None => Err(Failure::usage("--where: the query reads no table")),
        },
        1 => {
            let (table, rows) = found.remove(0);
            if rows.is_empty() {
                return Err(Failure::wrong(format_args!("--where: no row of {table} meets the condition")));
            }
            Ok(rows)
        }
        _ => {
            let names: Vec<&str> = found.iter().map(|(table, _)| *table).collect();
            let message =
                format!("--where: the condition fits {}: say which with --table", names.join(" and "));
            Err(Failure::usage(message))
        }
    }
}

/// The ways of rows.
pub fn text(why: &RowTraces) -> String {
    let mut out = TerminalText::new();
    if why.traces.len() <= MAX_WHOLE_ROWS {
        for (at, trace) in why.traces.iter().enumerate() {
            if at > 0 {
                out.line();
            }
            print_trace(&mut out, trace);
        }
        return out.into_text();
    }
    let shown = why.traces.get(..MAX_ROW_LINES.min(why.traces.len())).unwrap_or_default();
    let widest = shown.iter().map(|trace| trace.row.to_string().chars().count()).max().unwrap_or(0);
    for trace in shown {
        print_mark(&mut out, trace.is_in_answer());
        let row = trace.row.to_string();
        out.add(Style::Bold, &format!("{row:<widest$}  ")).wrapped(Style::Plain, widest + 4, &trace.summary);
    }
    if why.traces.len() > shown.len() {
        let more = format!("  … {} more rows; --format json tells them all", why.traces.len() - shown.len());
        out.add(Style::Dim, &more).line();
    }
    out.line();
    print_tally(&mut out, &why.traces);
    out.add(Style::Dim, "--row shows the whole way of a row").line();
    out.into_text()
}

/// Prints how many rows ended at which step.
fn print_tally(out: &mut TerminalText, traces: &[RowTrace]) {
    let mut ends: BTreeMap<(usize, &str), usize> = BTreeMap::new();
    let mut answered = 0;
    for trace in traces {
        match trace.ended_at() {
            Some(step) => *ends.entry((step.number, &step.text)).or_default() += 1,
            None => answered += usize::from(trace.is_in_answer()),
        }
    }
    for ((number, text), count) in ends {
        print_mark(out, false);
        out.add(Style::Plain, &format!("{count:>6} at step {number:<4} "));
        out.wrapped(Style::Plain, TALLY, text);
    }
    print_mark(out, answered > 0);
    out.add(Style::Plain, &format!("{answered:>6} in the answer")).line();
}

/// The column in which the steps of a tally begin.
const TALLY: usize = 22;

fn print_mark(out: &mut TerminalText, good: bool) {
    if good {
        out.add(Style::Good, "✓ ");
    } else {
        out.add(Style::Bad, "✗ ");
    }
}

fn print_trace(out: &mut TerminalText, trace: &RowTrace) {
    print_mark(out, trace.is_in_answer());
    let row = trace.row.to_string();
    let indent = row.chars().count() + 4;
    out.add(Style::Bold, &format!("{row}  ")).wrapped(Style::Plain, indent, &trace.summary);
    print_cells(out, 2, &trace.cells);
    for path in &trace.paths {
        print_path(out, path);
    }
}

/// The cells that hold something.
fn print_cells(out: &mut TerminalText, indent: usize, cells: &[NamedValue]) {
    const WIDEST: usize = 60;
    let shown: Vec<String> = cells
        .iter()
        .filter(|cell| !is_blank(&cell.value))
        .map(|cell| format!("{}: {}", cell.name, cut(&plain(&cell.value), WIDEST)))
        .collect();
    if !shown.is_empty() {
        out.add(Style::Plain, &" ".repeat(indent)).wrapped(Style::Dim, indent, &shown.join(", "));
    }
}

fn print_path(out: &mut TerminalText, path: &RowPath) {
    out.line().add(Style::Plain, "  ").add(Style::Bold, &path.pipeline);
    out.add(Style::Dim, &format!(", read at step {}", path.read.number)).line();
    for step in &path.steps {
        print_trace_step(out, step);
    }
    match &path.outcome {
        Outcome::Answer { rows, table } => {
            let rows: Vec<String> = rows.iter().map(ToString::to_string).collect();
            let (word, rows) = (if rows.len() == 1 { "row" } else { "rows" }, cut(&rows.join(", "), 60));
            let place = table.as_ref().map_or_else(|| "answer".to_owned(), |table| format!("table {table}"));
            out.add(Style::Good, &format!("  ✓      in the {place}: {word} {rows}")).line();
        }
        Outcome::Compared { step, text } => {
            out.add(Style::Plain, "  ").add(Style::Plain, &format!("→ {:>4}  ", step.number));
            out.wrapped(Style::Plain, STEP_COLUMN, &step.text);
            out.add(Style::Plain, &" ".repeat(STEP_COLUMN)).wrapped(Style::Plain, STEP_COLUMN, text);
        }
        // The steps tell where the row was dropped.
        _ => {}
    }
}

/// The column in which the steps begin.
const STEP_COLUMN: usize = 10;

fn print_trace_step(out: &mut TerminalText, step: &TraceStep) {
    out.add(Style::Plain, "  ");
    print_mark(out, step.rows > 0);
    out.add(Style::Dim, &format!("{:>4}  ", step.step.number));
    out.wrapped(Style::Plain, STEP_COLUMN, &step.step.text);
    if let Some(note) = &step.note {
        out.add(Style::Plain, &" ".repeat(STEP_COLUMN)).wrapped(Style::Dim, STEP_COLUMN, note);
    }
    for dropped in &step.dropped_rows {
        if let DropReason::Condition { conditions, failed } = &dropped.reason
            && conditions.len() > 1
        {
            // In a subquery the text says of which subtable the conditions are.
            if conditions.get(*failed).is_none_or(|it| it.sentence != dropped.text) {
                let text = out.add(Style::Plain, &" ".repeat(STEP_COLUMN));
                text.wrapped(Style::Bad, STEP_COLUMN, &dropped.text);
            }
            for condition in conditions {
                print_condition(out, condition);
            }
        } else {
            out.add(Style::Plain, &" ".repeat(STEP_COLUMN)).wrapped(Style::Bad, STEP_COLUMN, &dropped.text);
        }
    }
    let unlisted = step.dropped - step.dropped_rows.len().min(step.dropped);
    if unlisted > 0 {
        let more = format!("and {unlisted} more of its rows vanish here");
        out.add(Style::Plain, &" ".repeat(STEP_COLUMN)).add(Style::Dim, &more).line();
    }
}

fn print_condition(out: &mut TerminalText, condition: &ConditionResult) {
    out.add(Style::Plain, &" ".repeat(STEP_COLUMN));
    let good = condition.value == Some(true);
    print_mark(out, good);
    let style = if good { Style::Dim } else { Style::Bad };
    out.wrapped(style, STEP_COLUMN + 2, &condition.sentence);
}

pub fn lineage_text(lineage: &Lineage) -> String {
    let mut out = TerminalText::new();
    out.add(Style::Bold, &format!("row {} of the answer", lineage.row)).line();
    print_cells(&mut out, 2, &lineage.cells);
    let count = lineage.sources.len();
    out.line();
    if count == 0 {
        out.add(Style::Plain, "comes from no row of a table").line();
        return out.into_text();
    }
    let rows = if count == 1 { "row" } else { "rows" };
    out.add(Style::Plain, &format!("comes from {count} {rows}")).line();
    for source in lineage.sources.iter().take(MAX_SOURCE_ROWS) {
        let read: Vec<String> = source.read.iter().map(|step| step.number.to_string()).collect();
        let word = if read.len() == 1 { "step" } else { "steps" };
        out.add(Style::Plain, "  ").add(Style::Bold, &source.row.to_string());
        out.add(Style::Dim, &format!(", read at {word} {}", read.join(" and "))).line();
        print_cells(&mut out, 4, &source.cells);
    }
    if count > MAX_SOURCE_ROWS {
        let more = format!("  … {} more rows; --format json tells them all", count - MAX_SOURCE_ROWS);
        out.add(Style::Dim, &more).line();
    }
    out.into_text()
}
