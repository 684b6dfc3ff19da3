//! `kqlite why`: what became of source rows, and where a row of the answer came from. It must not know how this is found
//! out.

use std::collections::BTreeMap;

use kqlite::{Cell, End, Error, Fate, Origins, Path, Reason, RowRef, Stage, Verdict, Why as Told};

use crate::args::{self, Telling};
use crate::explain::{deliver, json};
use crate::failure::Failure;
use crate::page::{self, Shown};
use crate::print::{Look, Page, cut, is_blank, plain};
use crate::session::{Load, Session, render_error};
use crate::text::QueryText;

/// More rows than this get a line each, fewer their whole story.
const MOST_WHOLE: usize = 3;

/// So many rows get a line.
const MOST_LINES: usize = 40;

/// So many source rows of a row of the answer are shown.
const MOST_SOURCES: usize = 20;

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
        let text = match arguments.told.form() {
            Telling::Json => json(&origins)?,
            Telling::Text => origins_text(&origins),
            Telling::Html => html(&session, |shown| {
                shown.origins = page::told(&origins)?;
                Ok(())
            })?,
        };
        return deliver(&text, &arguments.told);
    }
    let rows = match &arguments.condition {
        Some(condition) => rows_where(&session, condition, arguments.table.as_deref())?,
        None => rows,
    };
    let told = session.query.why(&session.database, &session.options, &rows).map_err(failed)?;
    let text = match arguments.told.form() {
        Telling::Json => json(&told)?,
        Telling::Text => text(&told),
        Telling::Html => html(&session, |shown| {
            shown.why = page::told(&told)?;
            Ok(())
        })?,
    };
    deliver(&text, &arguments.told)
}

/// The page of all steps, with what is told of rows.
fn html(session: &Session, add: impl FnOnce(&mut Shown) -> Result<(), Failure>) -> Result<String, Failure> {
    let told = session.query.explain(&session.database, &session.options);
    let told = told.map_err(|error| session.failure(&error))?;
    let mut shown = Shown { explanation: page::told(&told)?, ..Shown::default() };
    add(&mut shown)?;
    Ok(page::html(&shown, &session.text, &session.options))
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

fn text(told: &Told) -> String {
    let mut page = Page::new();
    if told.fates.len() <= MOST_WHOLE {
        for (at, fate) in told.fates.iter().enumerate() {
            if at > 0 {
                page.line();
            }
            print_fate(&mut page, fate);
        }
        return page.into_text();
    }
    let shown = told.fates.get(..MOST_LINES.min(told.fates.len())).unwrap_or_default();
    let widest = shown.iter().map(|fate| fate.row.to_string().chars().count()).max().unwrap_or(0);
    for fate in shown {
        print_mark(&mut page, !fate.results.is_empty());
        let row = fate.row.to_string();
        page.add(Look::Bold, &format!("{row:<widest$}  ")).wrapped(Look::Plain, widest + 4, &fate.summary);
    }
    if told.fates.len() > shown.len() {
        let more = format!("  … {} more rows; --format json tells them all", told.fates.len() - shown.len());
        page.add(Look::Dim, &more).line();
    }
    page.line();
    print_tally(&mut page, &told.fates);
    page.add(Look::Dim, "--row shows the whole way of a row").line();
    page.into_text()
}

/// How many rows ended where.
fn print_tally(page: &mut Page, fates: &[Fate]) {
    let mut ends: BTreeMap<(usize, &str), usize> = BTreeMap::new();
    let mut answered = 0;
    for fate in fates {
        match fate.ended_at() {
            Some(step) => *ends.entry((step.number, &step.text)).or_default() += 1,
            None => answered += usize::from(!fate.results.is_empty()),
        }
    }
    for ((number, text), count) in ends {
        print_mark(page, false);
        page.add(Look::Plain, &format!("{count:>6} at step {number:<4} "));
        page.wrapped(Look::Plain, TALLY, text);
    }
    print_mark(page, answered > 0);
    page.add(Look::Plain, &format!("{answered:>6} in the answer")).line();
}

/// The column in which the steps of a tally begin.
const TALLY: usize = 22;

fn print_mark(page: &mut Page, good: bool) {
    if good {
        page.add(Look::Good, "✓ ");
    } else {
        page.add(Look::Bad, "✗ ");
    }
}

fn print_fate(page: &mut Page, fate: &Fate) {
    print_mark(page, !fate.results.is_empty());
    let row = fate.row.to_string();
    let indent = row.chars().count() + 4;
    page.add(Look::Bold, &format!("{row}  ")).wrapped(Look::Plain, indent, &fate.summary);
    print_cells(page, 2, &fate.cells);
    for path in &fate.paths {
        print_path(page, path);
    }
}

/// The cells that hold something.
fn print_cells(page: &mut Page, indent: usize, cells: &[Cell]) {
    const WIDEST: usize = 60;
    let shown: Vec<String> = cells
        .iter()
        .filter(|cell| !is_blank(&cell.value))
        .map(|cell| format!("{}: {}", cell.name, cut(&plain(&cell.value), WIDEST)))
        .collect();
    if !shown.is_empty() {
        page.add(Look::Plain, &" ".repeat(indent)).wrapped(Look::Dim, indent, &shown.join(", "));
    }
}

fn print_path(page: &mut Page, path: &Path) {
    page.line().add(Look::Plain, "  ").add(Look::Bold, &path.pipeline);
    page.add(Look::Dim, &format!(", read at step {}", path.read.number)).line();
    for stage in &path.stages {
        print_stage(page, stage);
    }
    match &path.end {
        End::Answer { rows } => {
            let rows: Vec<String> = rows.iter().map(ToString::to_string).collect();
            let (word, rows) = (if rows.len() == 1 { "row" } else { "rows" }, cut(&rows.join(", "), 60));
            page.add(Look::Good, &format!("  ✓      in the answer: {word} {rows}")).line();
        }
        End::Compared { step, text } => {
            page.add(Look::Plain, "  ").add(Look::Plain, &format!("→ {:>4}  ", step.number));
            page.wrapped(Look::Plain, STAGE, &step.text);
            page.add(Look::Plain, &" ".repeat(STAGE)).wrapped(Look::Plain, STAGE, text);
        }
        End::Vanished { .. } => {}
    }
}

/// The column in which the steps begin.
const STAGE: usize = 10;

fn print_stage(page: &mut Page, stage: &Stage) {
    page.add(Look::Plain, "  ");
    print_mark(page, stage.rows > 0);
    page.add(Look::Dim, &format!("{:>4}  ", stage.step.number));
    page.wrapped(Look::Plain, STAGE, &stage.step.text);
    if let Some(note) = &stage.note {
        page.add(Look::Plain, &" ".repeat(STAGE)).wrapped(Look::Dim, STAGE, note);
    }
    for loss in &stage.losses {
        if let Reason::Condition { conditions, .. } = &loss.reason
            && conditions.len() > 1
        {
            for verdict in conditions {
                print_verdict(page, verdict);
            }
        } else {
            page.add(Look::Plain, &" ".repeat(STAGE)).wrapped(Look::Bad, STAGE, &loss.text);
        }
    }
    let untold = stage.lost - stage.losses.len().min(stage.lost);
    if untold > 0 {
        let more = format!("and {untold} more of its rows vanish here");
        page.add(Look::Plain, &" ".repeat(STAGE)).add(Look::Dim, &more).line();
    }
}

fn print_verdict(page: &mut Page, verdict: &Verdict) {
    page.add(Look::Plain, &" ".repeat(STAGE));
    let good = verdict.value == Some(true);
    print_mark(page, good);
    let look = if good { Look::Dim } else { Look::Bad };
    page.wrapped(look, STAGE + 2, &verdict.sentence);
}

fn origins_text(origins: &Origins) -> String {
    let mut page = Page::new();
    page.add(Look::Bold, &format!("row {} of the answer", origins.row)).line();
    print_cells(&mut page, 2, &origins.cells);
    let count = origins.sources.len();
    page.line();
    if count == 0 {
        page.add(Look::Plain, "comes from no row of a table").line();
        return page.into_text();
    }
    let rows = if count == 1 { "row" } else { "rows" };
    page.add(Look::Plain, &format!("comes from {count} {rows}")).line();
    for origin in origins.sources.iter().take(MOST_SOURCES) {
        let read: Vec<String> = origin.read.iter().map(|step| step.number.to_string()).collect();
        let word = if read.len() == 1 { "step" } else { "steps" };
        page.add(Look::Plain, "  ").add(Look::Bold, &origin.row.to_string());
        page.add(Look::Dim, &format!(", read at {word} {}", read.join(" and "))).line();
        print_cells(&mut page, 4, &origin.cells);
    }
    if count > MOST_SOURCES {
        let more = format!("  … {} more rows; --format json tells them all", count - MOST_SOURCES);
        page.add(Look::Dim, &more).line();
    }
    page.into_text()
}
