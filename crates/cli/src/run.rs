//! `kqlite run`: writes the answer to the standard output, or to a file. It must not know how files become tables.

use std::fmt;
use std::fs::File;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::Path;
use std::time::Instant;

use kqlite::{NamedTable, OutputFormat, Table};

use crate::args::{Format, Run};
use crate::columnar::{self, ColumnarFormat};
use crate::failure::Failure;
use crate::output::eprint_str;
use crate::session::Answer;

/// Runs a query and prints its answer.
pub fn run(arguments: &Run) -> Result<(), Failure> {
    let form = form(arguments)?;
    let Answer { session, tables, profile, execute } = Answer::of(&arguments.source, arguments.profile)?;
    let start = Instant::now();
    for it in &tables {
        eprint_str(&session.warnings(&it.table));
    }
    print(&tables, form, arguments.output.as_deref())?;
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
    Columnar(ColumnarFormat),
}

/// The format that is asked for, or the one of the file's name.
fn form(arguments: &Run) -> Result<Form, Failure> {
    let by_name = arguments.output.as_deref().and_then(|path| {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        Some(match &*ending {
            "json" => Format::Json,
            "ndjson" | "jsonl" => Format::Ndjson,
            "csv" => Format::Csv,
            "md" => Format::Markdown,
            "parquet" => Format::Parquet,
            "arrow" | "feather" | "ipc" => Format::Arrow,
            _ => return None,
        })
    });
    let written = match arguments.format.or(by_name).unwrap_or(Format::Table) {
        Format::Table => return Ok(Form::Text(OutputFormat::Table)),
        Format::Json => return Ok(Form::Text(OutputFormat::Json)),
        Format::Ndjson => return Ok(Form::Text(OutputFormat::NdJson)),
        Format::Csv => return Ok(Form::Text(OutputFormat::Csv)),
        Format::Markdown => return Ok(Form::Text(OutputFormat::Markdown)),
        Format::Kusto => return Ok(Form::Text(OutputFormat::Kusto)),
        Format::Parquet => ColumnarFormat::Parquet,
        Format::Arrow => ColumnarFormat::Arrow,
    };
    columnar::can_write()?;
    if arguments.output.is_none() && std::io::stdout().is_terminal() {
        let message = "this form is not for a terminal: use --output FILE, or pipe it into a program";
        return Err(Failure::usage(message));
    }
    Ok(Form::Columnar(written))
}

fn print(tables: &[NamedTable], form: Form, path: Option<&Path>) -> Result<(), Failure> {
    let holds_several = match form {
        Form::Text(format) => format.holds_several(),
        Form::Columnar(_) => false,
    };
    let table = match tables {
        [alone] => &alone.table,
        [first, ..] if holds_several => &first.table,
        _ => {
            let names: Vec<&str> = tables.iter().map(|it| it.name.as_str()).collect();
            return Err(Failure::usage(format_args!(
                "the query gives {} tables ({}), and this form holds one: use --format table, markdown, json or \
                 kusto",
                names.len(),
                names.join(", ")
            )));
        }
    };
    match path {
        Some(path) => {
            let failed = |error: std::io::Error| Failure::file(path, &error);
            let to = File::create(path).map_err(failed)?;
            match form {
                Form::Text(format) => print_text(tables, format, to).map_err(failed),
                Form::Columnar(format) => columnar::write(table, format, BufWriter::new(to)),
            }
        }
        None => match form {
            Form::Text(format) => match print_text(tables, format, std::io::stdout().lock()) {
                // A reader that has seen enough, such as `head`, is no failure.
                Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                    Err(Failure::wrong(format_args!("standard output: {error}")))
                }
                _ => Ok(()),
            },
            Form::Columnar(format) => columnar::write(table, format, BufWriter::new(std::io::stdout())),
        },
    }
}

/// Prints the tables: one by itself, several with their names.
fn print_text(tables: &[NamedTable], format: OutputFormat, to: impl Write) -> std::io::Result<()> {
    let mut out = Output { to: BufWriter::new(to), error: None };
    let _ = match tables {
        [alone] => alone.table.write(format, &mut out),
        several => {
            let named: Vec<(&str, &Table)> = several.iter().map(|it| (it.name.as_str(), &it.table)).collect();
            kqlite::write_tables(&named, format, &mut out)
        }
    };
    let flushed = out.to.flush();
    out.error.map_or(flushed, Err)
}

/// Text to a stream; the stream's error is kept, since a formatter's error says nothing.
struct Output<W> {
    to: W,
    error: Option<std::io::Error>,
}

impl<W: Write> fmt::Write for Output<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.to.write_all(text.as_bytes()).map_err(|error| {
            self.error = Some(error);
            fmt::Error
        })
    }
}
