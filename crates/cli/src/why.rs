//! `kqlite why`: prints where source rows went, and where a row of the answer came from. It must not know how rows are
//! followed.

use std::collections::BTreeMap;

use kqlite::{Cell, End, Error, Fate, Origins, Path, Reason, RowRef, Stage, Verdict, Why as Fates};

use crate::args::{self, ReportFormat};
use crate::failure::Failure;
use crate::html::{self, PageData};
use crate::output::{pretty_json, write_report};
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
    let failed = |error: Error| session.failure(&error);
    if let Some(row) = arguments.result {
        let origins = session.query.origins(&session.database, &session.options, row).map_err(failed)?;
        let text = match arguments.report.format() {
            ReportFormat::Json => pretty_json(&origins)?,
            ReportFormat::Text => origins_text(&origins),
            ReportFormat::Html => html_page(&session, |shown| {
                shown.origins = html::to_json(&origins)?;
                Ok(())
            })?,
        };
        return write_report(&text, &arguments.report);
    }
    let rows = match &arguments.condition {
        Some(condition) => rows_where(&session, condition, arguments.table.as_deref())?,
        None => rows,
    };
    let fates = session.query.why(&session.database, &session.options, &rows).map_err(failed)?;
    let text = match arguments.report.format() {
        ReportFormat::Json => pretty_json(&fates)?,
        ReportFormat::Text => text(&fates),
        ReportFormat::Html => html_page(&session, |shown| {
            shown.why = html::to_json(&fates)?;
            Ok(())
        })?,
    };
    write_report(&text, &arguments.report)
}

/// Renders the page of all steps, with the ways of rows that `add` puts in.
fn html_page(
    session: &Session,
    add: impl FnOnce(&mut PageData) -> Result<(), Failure>,
) -> Result<String, Failure> {
    let explanation = session.query.explain(&session.database, &session.options);
    let explanation = explanation.map_err(|error| session.failure(&error))?;
    let mut shown = PageData { explanation: html::to_json(&explanation)?, ..PageData::default() };
    add(&mut shown)?;
    Ok(html::page(&shown, &session.text, &session.options))
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
    for table in candidates {
        match session.database.rows_where(table, condition, &session.options) {
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

fn text(why: &Fates) -> String {
    let mut out = TerminalText::new();
    if why.fates.len() <= MAX_WHOLE_ROWS {
        for (at, fate) in why.fates.iter().enumerate() {
            if at > 0 {
                out.line();
            }
            print_fate(&mut out, fate);
        }
        return out.into_text();
    }
    let shown = why.fates.get(..MAX_ROW_LINES.min(why.fates.len())).unwrap_or_default();
    let widest = shown.iter().map(|fate| fate.row.to_string().chars().count()).max().unwrap_or(0);
    for fate in shown {
        print_mark(&mut out, !fate.results.is_empty());
        let row = fate.row.to_string();
        out.add(Style::Bold, &format!("{row:<widest$}  ")).wrapped(Style::Plain, widest + 4, &fate.summary);
    }
    if why.fates.len() > shown.len() {
        let more = format!("  … {} more rows; --format json tells them all", why.fates.len() - shown.len());
        out.add(Style::Dim, &more).line();
    }
    out.line();
    print_tally(&mut out, &why.fates);
    out.add(Style::Dim, "--row shows the whole way of a row").line();
    out.into_text()
}

/// How many rows ended where.
fn print_tally(out: &mut TerminalText, fates: &[Fate]) {
    let mut ends: BTreeMap<(usize, &str), usize> = BTreeMap::new();
    let mut answered = 0;
    for fate in fates {
        match fate.ended_at() {
            Some(step) => *ends.entry((step.number, &step.text)).or_default() += 1,
            None => answered += usize::from(!fate.results.is_empty()),
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

fn print_fate(out: &mut TerminalText, fate: &Fate) {
    print_mark(out, !fate.results.is_empty());
    let row = fate.row.to_string();
    let indent = row.chars().count() + 4;
    out.add(Style::Bold, &format!("{row}  ")).wrapped(Style::Plain, indent, &fate.summary);
    print_cells(out, 2, &fate.cells);
    for path in &fate.paths {
        print_path(out, path);
    }
}

/// The cells that hold something.
fn print_cells(out: &mut TerminalText, indent: usize, cells: &[Cell]) {
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

fn print_path(out: &mut TerminalText, path: &Path) {
    out.line().add(Style::Plain, "  ").add(Style::Bold, &path.pipeline);
    out.add(Style::Dim, &format!(", read at step {}", path.read.number)).line();
    for stage in &path.stages {
        print_stage(out, stage);
    }
    match &path.end {
        End::Answer { rows } => {
            let rows: Vec<String> = rows.iter().map(ToString::to_string).collect();
            let (word, rows) = (if rows.len() == 1 { "row" } else { "rows" }, cut(&rows.join(", "), 60));
            out.add(Style::Good, &format!("  ✓      in the answer: {word} {rows}")).line();
        }
        End::Compared { step, text } => {
            out.add(Style::Plain, "  ").add(Style::Plain, &format!("→ {:>4}  ", step.number));
            out.wrapped(Style::Plain, STAGE, &step.text);
            out.add(Style::Plain, &" ".repeat(STAGE)).wrapped(Style::Plain, STAGE, text);
        }
        End::Vanished { .. } => {}
    }
}

/// The column in which the steps begin.
const STAGE: usize = 10;

fn print_stage(out: &mut TerminalText, stage: &Stage) {
    out.add(Style::Plain, "  ");
    print_mark(out, stage.rows > 0);
    out.add(Style::Dim, &format!("{:>4}  ", stage.step.number));
    out.wrapped(Style::Plain, STAGE, &stage.step.text);
    if let Some(note) = &stage.note {
        out.add(Style::Plain, &" ".repeat(STAGE)).wrapped(Style::Dim, STAGE, note);
    }
    for loss in &stage.losses {
        if let Reason::Condition { conditions, .. } = &loss.reason
            && conditions.len() > 1
        {
            for verdict in conditions {
                print_verdict(out, verdict);
            }
        } else {
            out.add(Style::Plain, &" ".repeat(STAGE)).wrapped(Style::Bad, STAGE, &loss.text);
        }
    }
    let untold = stage.lost - stage.losses.len().min(stage.lost);
    if untold > 0 {
        let more = format!("and {untold} more of its rows vanish here");
        out.add(Style::Plain, &" ".repeat(STAGE)).add(Style::Dim, &more).line();
    }
}

fn print_verdict(out: &mut TerminalText, verdict: &Verdict) {
    out.add(Style::Plain, &" ".repeat(STAGE));
    let good = verdict.value == Some(true);
    print_mark(out, good);
    let style = if good { Style::Dim } else { Style::Bad };
    out.wrapped(style, STAGE + 2, &verdict.sentence);
}

fn origins_text(origins: &Origins) -> String {
    let mut out = TerminalText::new();
    out.add(Style::Bold, &format!("row {} of the answer", origins.row)).line();
    print_cells(&mut out, 2, &origins.cells);
    let count = origins.sources.len();
    out.line();
    if count == 0 {
        out.add(Style::Plain, "comes from no row of a table").line();
        return out.into_text();
    }
    let rows = if count == 1 { "row" } else { "rows" };
    out.add(Style::Plain, &format!("comes from {count} {rows}")).line();
    for origin in origins.sources.iter().take(MAX_SOURCE_ROWS) {
        let read: Vec<String> = origin.read.iter().map(|step| step.number.to_string()).collect();
        let word = if read.len() == 1 { "step" } else { "steps" };
        out.add(Style::Plain, "  ").add(Style::Bold, &origin.row.to_string());
        out.add(Style::Dim, &format!(", read at {word} {}", read.join(" and "))).line();
        print_cells(&mut out, 4, &origin.cells);
    }
    if count > MAX_SOURCE_ROWS {
        let more = format!("  … {} more rows; --format json tells them all", count - MAX_SOURCE_ROWS);
        out.add(Style::Dim, &more).line();
    }
    out.into_text()
}
