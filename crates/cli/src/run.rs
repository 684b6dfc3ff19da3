//! `kqlite run`: writes the answer to the standard output, or to a file. It must not know how files become tables.

use std::fmt::{self, Write as _};
use std::io::IsTerminal;
use std::path::Path;
use std::time::Instant;

use kqlite::{NamedTable, OutputFormat, Table};

use crate::answer_page;
use crate::args::{Format, Run};
use crate::chart;
use crate::columnar::{self, ColumnarFormat};
use crate::empty_answer;
use crate::failure::Failure;
use crate::output::eprint_str;
use crate::query_text::QueryText;
use crate::session::Answer;
use crate::sink::Sink;

/// Runs a query and prints its answer.
pub fn run(arguments: &Run) -> Result<(), Failure> {
    let form = form(arguments)?;
    let is_table = matches!(form, Form::Text(OutputFormat::Table));
    if arguments.chart && !is_table {
        return Err(Failure::usage(
            "--chart draws below a table: leave --format, or take --format svg or html",
        ));
    }
    let is_on_terminal = arguments.output.is_none() && std::io::stdout().is_terminal();
    let draws = is_table && (arguments.chart || (is_on_terminal && !arguments.no_chart));
    let Answer { session, tables, profile, execute } = Answer::of(&arguments.source, arguments.profile)?;
    session.report_data()?;
    let start = Instant::now();
    for it in &tables {
        eprint_str(&session.warnings(&it.table));
    }
    let below = if draws { chart::below(&tables) } else { String::new() };
    let to = Destination { path: arguments.output.as_deref(), max_bytes: arguments.output_limit.bytes() };
    write(&tables, &session.text, form, &below, &to)?;
    if tables.iter().all(|it| it.table.is_empty())
        && let Some(notes) = empty_answer::notes(&arguments.source)
    {
        eprint_str(&notes);
    }
    if let Some(profile) = profile {
        eprint_str(&profile.to_string());
    }
    if arguments.timing {
        let milliseconds = |time: std::time::Duration| time.as_secs_f64() * 1000.0;
        eprint_str(&format!(
            "load {:.1} ms, compile {:.1} ms, execute {:.1} ms, print {:.1} ms, {} rows\n",
            milliseconds(session.load),
            milliseconds(session.compile),
            milliseconds(execute),
            milliseconds(start.elapsed()),
            tables.iter().map(|it| it.table.len()).sum::<usize>()
        ));
    }
    Ok(())
}

/// The format of the answer.
#[derive(Clone, Copy)]
enum Form {
    Text(OutputFormat),
    /// The chart alone.
    Picture,
    /// The table and the chart as a page.
    Page,
    Columnar(ColumnarFormat),
}

/// Writes the answer of a query to a file, in the form that its name tells; a table where it tells none.
#[cfg(feature = "repl")]
pub fn save(answer: NamedTable, query: &QueryText, path: &Path) -> Result<(), Failure> {
    let form = written_form(by_name(path).unwrap_or(Format::Table))?;
    write(&[answer], query, form, "", &Destination { path: Some(path), max_bytes: u64::MAX })
}

/// Where an answer is written, and how much of it.
struct Destination<'a> {
    /// `None` is the standard output.
    path: Option<&'a Path>,
    max_bytes: u64,
}

/// Writes an answer in a form; a text has something `below` it.
fn write(
    tables: &[NamedTable],
    query: &QueryText,
    form: Form,
    below: &str,
    to: &Destination<'_>,
) -> Result<(), Failure> {
    let holds_several = match form {
        Form::Text(format) => format.holds_several(),
        Form::Page => true,
        Form::Columnar(_) | Form::Picture => false,
    };
    let first = one(tables, holds_several)?;
    let mut out = Sink::open(to.path, to.max_bytes)?;
    match form {
        Form::Text(format) => {
            let written = print_text(tables, format, &mut out).and_then(|()| out.write_str(below));
            out.finish(written, Failure::wrong)
        }
        Form::Columnar(format) => {
            let written = columnar::write(first, format, &mut out);
            out.finish(written, |failure| failure)
        }
        Form::Picture => {
            let written = out.write_str(&chart::picture(first)?);
            out.finish(written, Failure::wrong)
        }
        Form::Page => {
            let written = answer_page::write(tables, query, &mut out);
            out.finish(written, Failure::wrong)
        }
    }
}

/// The format that a file's name tells.
fn by_name(path: &Path) -> Option<Format> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    Some(match &*ending {
        "json" => Format::Json,
        "ndjson" | "jsonl" => Format::Ndjson,
        "csv" => Format::Csv,
        "md" => Format::Markdown,
        "svg" => Format::Svg,
        "html" | "htm" => Format::Html,
        "parquet" => Format::Parquet,
        "arrow" | "feather" | "ipc" => Format::Arrow,
        _ => return None,
    })
}

/// The format that is asked for, or the one of the file's name.
fn form(arguments: &Run) -> Result<Form, Failure> {
    let by_name = arguments.output.as_deref().and_then(by_name);
    let form = written_form(arguments.format.or(by_name).unwrap_or(Format::Table))?;
    let is_seen = arguments.output.is_none() && std::io::stdout().is_terminal();
    if matches!(form, Form::Columnar(_)) && is_seen {
        let message = "this form is not for a terminal: use --output FILE, or pipe it into a program";
        return Err(Failure::usage(message));
    }
    Ok(form)
}

/// The form of a format, if this build can write it.
fn written_form(format: Format) -> Result<Form, Failure> {
    let written = match format {
        Format::Table => return Ok(Form::Text(OutputFormat::Table)),
        Format::Json => return Ok(Form::Text(OutputFormat::Json)),
        Format::Ndjson => return Ok(Form::Text(OutputFormat::NdJson)),
        Format::Csv => return Ok(Form::Text(OutputFormat::Csv)),
        Format::Markdown => return Ok(Form::Text(OutputFormat::Markdown)),
        Format::Kusto => return Ok(Form::Text(OutputFormat::Kusto)),
        Format::Svg => return Ok(Form::Picture),
        Format::Html => return Ok(Form::Page),
        Format::Parquet => ColumnarFormat::Parquet,
        Format::Arrow => ColumnarFormat::Arrow,
    };
    columnar::can_write()?;
    Ok(Form::Columnar(written))
}

/// The table of a form that holds one, or the first one.
fn one(tables: &[NamedTable], holds_several: bool) -> Result<&Table, Failure> {
    match tables {
        [alone] => Ok(&alone.table),
        [first, ..] if holds_several => Ok(&first.table),
        _ => {
            let names: Vec<&str> = tables.iter().map(|it| it.name.as_str()).collect();
            Err(Failure::usage(format_args!(
                "the query gives {} tables ({}), and this form holds one: use --format table, markdown, json, kusto or \
                 html",
                names.len(),
                names.join(", ")
            )))
        }
    }
}

/// Prints the tables: one by itself, several with their names.
fn print_text(tables: &[NamedTable], format: OutputFormat, out: &mut Sink) -> fmt::Result {
    match tables {
        [alone] => alone.table.write(format, out),
        several => {
            let named: Vec<(&str, &Table)> = several.iter().map(|it| (it.name.as_str(), &it.table)).collect();
            kqlite::write_tables(&named, format, out)
        }
    }
}
