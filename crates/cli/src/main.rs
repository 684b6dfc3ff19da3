//! The command line: reads files and arguments, calls the library, prints. It holds no KQL semantics.

mod args;
mod data;
mod failure;
mod text;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use crate::args::{Arguments, Command};
use crate::failure::Failure;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done: Result<(), Failure> = match arguments.command {
        Command::Run(_) | Command::Check(_) | Command::Fmt(_) | Command::Docs { .. } | Command::Bench(_) => Ok(()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            tell(failure.text());
            ExitCode::from(failure.code())
        }
    }
}

/// Writes to the standard error; one that is closed is no reason to stop.
fn tell(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
