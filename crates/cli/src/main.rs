//! The command line: reads files and arguments, calls the library, prints. It holds no KQL semantics.

#![allow(rustdoc::broken_intra_doc_links, reason = "texts of arguments are shown as they are")]

mod allocator;
mod annotations;
mod answer_page;
mod args;
mod bench;
mod chart;
mod check;
mod columnar;
mod data;
mod data_warning;
mod docs;
mod docs_page;
mod empty_answer;
mod explain;
mod external;
mod failure;
mod file_bytes;
mod file_group;
mod file_kind;
mod file_source;
mod fmt;
mod geoip;
mod html;
mod interrupt;
mod layout;
mod output;
mod output_file;
mod plan;
mod query_files;
mod query_text;
mod reach;
mod repl;
mod run;
mod schema;
mod serve;
mod session;
mod settings;
mod sink;
mod source;
mod surroundings;
mod table_file;
mod template;
mod terminal;
mod test;
mod text_file;
mod types;
mod watchdog;
mod why;

use std::process::ExitCode;

use crate::args::{Arguments, Command};

fn main() -> ExitCode {
    allocator::keep_memory();
    let command = Arguments::of_process().command;
    match command {
        // A server hears the signals itself, and lets requests end.
        Command::Serve(_) => {}
        // What is typed next goes on.
        Command::Repl(_) => interrupt::listen_for_runs(),
        _ => interrupt::listen(),
    }
    let done = match command {
        Command::Run(it) => run::run(&it),
        Command::Check(it) => check::check(&it),
        Command::Test(it) => test::test(&it),
        Command::Fmt(it) => fmt::fmt(&it),
        Command::Explain(it) => explain::explain(&it),
        Command::Why(it) => why::why(&it),
        Command::Types(it) => types::types(&it),
        Command::Plan(it) => plan::plan(&it),
        Command::Docs { name } => docs::docs(&name),
        Command::Bench(it) => bench::bench(&it),
        Command::Schema(it) => schema::schema(&it),
        Command::Serve(it) => serve::serve(&it),
        Command::Repl(it) => repl::repl(&it),
    };
    match done {
        // What failed was asked to end.
        _ if interrupt::is_requested() => interrupt::end(),
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::eprint_str(failure.text());
            ExitCode::from(failure.code())
        }
    }
}
