//! `kqlite run`: the answer on the standard output. It must not know how files become tables.

use std::fmt;
use std::io::{BufWriter, Write};
use std::time::Instant;

use kqlite::{OutputFormat, Table};

use crate::args::{Format, Run};
use crate::failure::Failure;
use crate::session::Session;

/// Runs a query and prints its answer.
pub fn run(arguments: &Run) -> Result<(), Failure> {
    let session = Session::open(&arguments.source)?;
    let start = Instant::now();
    let table =
        session.query.run(&session.database, &session.options).map_err(|error| session.failure(&error))?;
    let execute = start.elapsed();
    let start = Instant::now();
    print(&table, arguments.format)?;
    if arguments.timing {
        let milliseconds = |time: std::time::Duration| time.as_secs_f64() * 1000.0;
        crate::tell(&format!(
            "load {:.1} ms, compile {:.1} ms, execute {:.1} ms, print {:.1} ms, {} rows\n",
            milliseconds(session.load),
            milliseconds(session.compile),
            milliseconds(execute),
            milliseconds(start.elapsed()),
            table.len()
        ));
    }
    Ok(())
}

fn print(table: &Table, format: Format) -> Result<(), Failure> {
    let format = match format {
        Format::Table => OutputFormat::Table,
        Format::Json => OutputFormat::Json,
        Format::Ndjson => OutputFormat::NdJson,
        Format::Csv => OutputFormat::Csv,
        Format::Markdown => OutputFormat::Markdown,
        Format::Kusto => OutputFormat::Kusto,
    };
    let mut out = Output { to: BufWriter::new(std::io::stdout().lock()), error: None };
    let _ = table.write(format, &mut out);
    let flushed = out.to.flush();
    match out.error.map_or(flushed, Err) {
        // A reader that has seen enough, such as `head`, is no failure.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::wrong(format_args!("standard output: {error}")))
        }
        _ => Ok(()),
    }
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
