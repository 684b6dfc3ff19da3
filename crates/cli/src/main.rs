//! The command line: reads files and arguments, calls the library, prints. It holds no KQL semantics.

mod args;
mod bench;
mod check;
mod columnar;
mod data;
mod docs;
mod explain;
mod failure;
mod fmt;
mod memory;
mod notice;
mod page;
mod print;
mod run;
mod session;
mod test;
mod text;
mod why;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::args::{Arguments, Command};
use crate::failure::Failure;

fn main() -> ExitCode {
    memory::keep();
    let done = match Arguments::parse().command {
        Command::Run(it) => run::run(&it),
        Command::Check(it) => check::check(&it),
        Command::Test(it) => test::test(&it),
        Command::Fmt(it) => fmt::fmt(&it),
        Command::Explain(it) => explain::explain(&it),
        Command::Why(it) => why::why(&it),
        Command::Docs { name } => docs::docs(name.as_deref()),
        Command::Bench(it) => bench::bench(&it),
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

/// Writes to the standard output at once. A reader that has seen enough is no failure, but the end.
fn say(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => Err(Failure::wrong(format_args!("standard output: {error}"))),
        Ok(()) => Ok(()),
    }
}

/// Colours are for terminals, unless NO_COLOR says otherwise.
fn colour(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty())
}
