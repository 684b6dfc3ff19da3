//! The standard streams, and where a report goes. It must not know what is written.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::args::ReportOutput;
use crate::failure::Failure;
use crate::sink::Sink;

/// Nothing is written to the standard error for now.
static IS_QUIET: AtomicBool = AtomicBool::new(false);

/// Does something a second time, whose notes were written the first time.
pub fn quietly<T>(work: impl FnOnce() -> T) -> T {
    IS_QUIET.store(true, Ordering::Relaxed);
    let done = work();
    IS_QUIET.store(false, Ordering::Relaxed);
    done
}

/// Writes to the standard error; one that is closed is no reason to stop.
pub fn eprint_str(text: &str) {
    if IS_QUIET.load(Ordering::Relaxed) {
        return;
    }
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Writes to the standard output at once. A reader that has seen enough is no failure, but the end.
pub fn print_str(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => Err(Failure::unwritten("standard output", &error)),
        Ok(()) => Ok(()),
    }
}

/// Whether a stream takes colours: terminals do, unless NO_COLOR says otherwise.
pub fn has_colour(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty())
}

/// Writes a report to its file, or to the standard output.
pub fn write_report(text: &str, output: &ReportOutput) -> Result<(), Failure> {
    let mut out = Sink::open(output.output.as_deref(), output.output_limit.bytes())?;
    let written = out.write_all(text.as_bytes());
    out.finish(written, Failure::wrong)
}

/// Writes a report as JSON, for people and programs.
pub fn write_json(value: &impl serde::Serialize, output: &ReportOutput) -> Result<(), Failure> {
    let mut out = Sink::open(output.output.as_deref(), output.output_limit.bytes())?;
    let written = serde_json::to_writer_pretty(&mut out, value).map_err(Failure::wrong);
    let written = written.and_then(|()| out.write_all(b"\n").map_err(Failure::wrong));
    out.finish(written, |failure| failure)
}
