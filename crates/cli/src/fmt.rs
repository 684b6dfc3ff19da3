//! `kqlite fmt`: formats queries in place. It must not know what the canonical form is.

use std::path::Path;

use crate::args::Fmt;
use crate::failure::Failure;
use crate::output::{eprint_str, print_str};
use crate::output_file::write_file;
use crate::query_files::QueryFiles;
use crate::query_text::{QueryText, has_ending, read_standard_input};
use crate::session::render_error;

/// Formats files and folders, or the standard input.
pub fn fmt(arguments: &Fmt) -> Result<(), Failure> {
    if arguments.paths.iter().any(|path| path == Path::new("-")) {
        if arguments.paths.len() > 1 {
            return Err(Failure::usage("- stands alone: it reads a query from the standard input"));
        }
        return standard_input(arguments.check);
    }
    let (mut unformatted, mut broken) = (0, 0);
    for file in QueryFiles::find(&arguments.paths)?.files {
        let path = file.path;
        if !file.is_named && !has_ending(&path, &["kql", "csl", "kusto"]) {
            continue;
        }
        let text = QueryText::from_file(&path)?;
        if text.rule.is_some() {
            let message = "this is a rule, not a query: only .kql, .csl and .kusto files are formatted";
            return Err(Failure::usage(format_args!("{}: {message}", text.origin)));
        }
        let Some(formatted) = formatted(&text) else {
            broken += 1;
            continue;
        };
        if formatted == text.text {
            continue;
        }
        unformatted += 1;
        if arguments.check {
            print_str(&format!("{}\n", text.origin))?;
        } else {
            write_file(&path, formatted.as_bytes()).map_err(|error| Failure::file(&path, &error))?;
        }
    }
    if broken > 0 || (arguments.check && unformatted > 0) {
        return Err(Failure::Wrong(String::new()));
    }
    Ok(())
}

fn standard_input(check: bool) -> Result<(), Failure> {
    let text = QueryText { origin: "standard input".to_owned(), text: read_standard_input()?, rule: None };
    match formatted(&text) {
        Some(formatted) if !check => print_str(&formatted),
        Some(formatted) if formatted == text.text => Ok(()),
        _ => Err(Failure::Wrong(String::new())),
    }
}

/// Formats a query; its errors go to the standard error.
fn formatted(text: &QueryText) -> Option<String> {
    kqlite::format(&text.text).map_err(|error| eprint_str(&render_error(&error, text))).ok()
}
