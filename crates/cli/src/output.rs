//! The standard streams, and where a report goes. It must not know what is written.

use std::io::{IsTerminal, Write};

use crate::args::ReportOutput;
use crate::failure::Failure;

/// Writes to the standard error; one that is closed is no reason to stop.
pub fn eprint_str(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Writes to the standard output at once. A reader that has seen enough is no failure, but the end.
pub fn print_str(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => Err(Failure::wrong(format_args!("standard output: {error}"))),
        Ok(()) => Ok(()),
    }
}

/// Whether a stream takes colours: terminals do, unless NO_COLOR says otherwise.
pub fn has_colour(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty())
}

/// Writes a report to its file, or to the standard output.
pub fn write_report(text: &str, output: &ReportOutput) -> Result<(), Failure> {
    match &output.output {
        None => print_str(text),
        Some(path) => std::fs::write(path, text).map_err(|error| Failure::file(path, &error)),
    }
}

/// Renders a value as JSON for people and programs.
pub fn pretty_json(value: &impl serde::Serialize) -> Result<String, Failure> {
    let mut text = serde_json::to_string_pretty(value).map_err(Failure::wrong)?;
    text.push('\n');
    Ok(text)
}
