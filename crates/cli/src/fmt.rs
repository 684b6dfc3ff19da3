//! `kqlite fmt`: formats queries in place, in files of their own and in rules. It must not know what the canonical form is.

use std::path::Path;

use kqlite_detect::suite::FileReader;
use kqlite_detect::{Rewritten, Rule, RuleFormat};

use crate::args::Fmt;
use crate::failure::Failure;
use crate::output::{eprint_str, print_str};
use crate::output_file::write_file;
use crate::query_files::{QueryFilePath, QueryFiles};
use crate::query_text::{QueryText, has_ending, read_standard_input, read_text};
use crate::session::render_error;
use crate::settings::{repositories, repository_of};

/// What Windows begins a text with.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Formats files and folders, or the standard input.
pub fn fmt(arguments: &Fmt) -> Result<(), Failure> {
    if arguments.paths.iter().any(|path| path == Path::new("-")) {
        if arguments.paths.len() > 1 {
            return Err(Failure::usage("- stands alone: it reads a query from the standard input"));
        }
        return standard_input(arguments.check);
    }
    let mut repositories = repositories(None, FileReader::default())?;
    let (mut unformatted, mut broken) = (0, 0);
    for QueryFilePath { path, is_named } in QueryFiles::find(&arguments.paths)?.files {
        if !is_named && repository_of(&mut repositories, &path)?.excludes(&path) {
            continue;
        }
        let (origin, text) = read_text(&path)?;
        let written = match RuleFormat::of_name(&origin) {
            Some(format @ (RuleFormat::Yaml | RuleFormat::Json)) => {
                rules(&path, &origin, &text, format, is_named, &mut broken)?
            }
            Some(RuleFormat::Markdown) if is_named => {
                return Err(Failure::usage(format_args!("{origin}: queries in Markdown are not formatted")));
            }
            // A text of no known form is not changed unless it is named.
            Some(RuleFormat::Markdown) => None,
            _ if !is_named && has_ending(&path, &["txt"]) => None,
            _ => {
                let query = QueryText { origin: origin.clone(), text: text.clone(), rule: None };
                let written = formatted(&query);
                broken += usize::from(written.is_none());
                written
            }
        };
        let Some(written) = written.filter(|written| *written != text) else { continue };
        unformatted += 1;
        if arguments.check {
            print_str(&format!("{origin}\n"))?;
        } else {
            let failed = |error: std::io::Error| Failure::file(&path, &error);
            // A byte order mark is none of the text, and stays.
            let mark = std::fs::read(&path).map_err(failed)?.starts_with(MARK);
            let bytes = [if mark { MARK } else { b"" }, written.as_bytes()].concat();
            write_file(&path, &bytes).map_err(failed)?;
        }
    }
    if broken > 0 || (arguments.check && unformatted > 0) {
        return Err(Failure::Wrong(String::new()));
    }
    Ok(())
}

/// The text of a file of rules whose queries are formatted; tells which could not be. Nothing for a file without rules.
fn rules(
    path: &Path,
    origin: &str,
    text: &str,
    format: RuleFormat,
    is_named: bool,
    broken: &mut usize,
) -> Result<Option<String>, Failure> {
    let found = QueryText::everything_in_file(path, is_named)?;
    for query in &found.texts {
        *broken += usize::from(formatted(query).is_none());
    }
    if found.texts.is_empty() {
        return Ok(None);
    }
    let Rewritten { text: written, left, .. } =
        Rule::rewrite_queries(text, format, &|query| kqlite::format(query).ok());
    for (line, why) in left {
        eprint_str(&format!("note: {origin}:{line}: left as it is: {why}\n"));
    }
    Ok(Some(written))
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
