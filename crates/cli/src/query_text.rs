//! Reads query texts: from an argument, a file, a rule or the standard input. It must not know what a query means.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kqlite_detect::{Rule, RuleError, RuleFormat};

use crate::failure::Failure;

/// A query's text and what it is called in messages.
#[derive(Debug)]
pub struct QueryText {
    /// The file's name, or `query`.
    pub origin: String,
    /// The query.
    pub text: String,
    /// The whole rule file and the rule that the query is from.
    pub rule: Option<(Arc<str>, Box<Rule>)>,
}

/// Why no query could be read from a file.
#[derive(Debug)]
pub enum QueryReadError {
    /// It cannot be read.
    Failure(Failure),
    /// It is no rule.
    NotARule {
        /// The file.
        origin: String,
        /// Why, and where.
        error: RuleError,
    },
}

impl From<QueryReadError> for Failure {
    fn from(error: QueryReadError) -> Self {
        match error {
            QueryReadError::Failure(failure) => failure,
            QueryReadError::NotARule { origin, error: rule } => {
                Self::wrong(format_args!("{origin}:{}:{}: {}", rule.line, rule.column, rule.message))
            }
        }
    }
}

impl QueryText {
    /// Reads the query of the command line: a text, a file's name, `-` or a `--query-file`.
    pub fn from_arguments(query: Option<&str>, file: Option<&Path>) -> Result<Self, Failure> {
        match (query, file) {
            (_, Some(path)) => Self::from_file(path),
            (Some("-"), None) => {
                Ok(Self { origin: "standard input".to_owned(), text: read_standard_input()?, rule: None })
            }
            (Some(text), None) if is_file_name(text) => Self::from_file(Path::new(text)),
            (Some(text), None) => Ok(Self { origin: "query".to_owned(), text: text.to_owned(), rule: None }),
            (None, None) => {
                Err(Failure::usage("a query is missing: give its text, a file, or - for the standard input"))
            }
        }
    }

    /// Reads a query file or, by its ending, a rule file. Of several rules, `FILE#NAME` is the one with this name or id.
    pub fn from_file(path: &Path) -> Result<Self, Failure> {
        let (file, name) = split_name(path);
        let all = Self::all_from_file(&file)?;
        let count = all.len();
        let names: Vec<String> = all
            .iter()
            .filter_map(|it| it.rule.as_ref())
            .map(|(_, rule)| format!("\n   {}", rule.name.trim()))
            .collect();
        let wanted = |text: &Self| match (&name, &text.rule) {
            (Some(name), Some((_, rule))) => rule.name.trim() == name || rule.id == *name,
            (Some(_), None) => false,
            (None, _) => count == 1,
        };
        all.into_iter().find(wanted).ok_or_else(|| {
            let message = match &name {
                Some(name) => format!("there is no rule '{name}' in it; there are:"),
                None => format!("there are {count} rules in it; say which as FILE#NAME:"),
            };
            Failure::usage(format_args!("{}: {message}{}", file.display(), names.concat()))
        })
    }

    /// Reads a query file or, by its ending, the rules of a rule file: an export may have several.
    pub fn all_from_file(path: &Path) -> Result<Vec<Self>, QueryReadError> {
        let (origin, text) = read_text(path)?;
        let format = match RuleFormat::of_name(&origin) {
            None | Some(RuleFormat::Kql) => return Ok(vec![Self { origin, text, rule: None }]),
            Some(format) => format,
        };
        match Rule::parse_all(&text, format) {
            Err(error) => Err(QueryReadError::NotARule { origin, error }),
            Ok(rules) => Ok(Self::of_rules(&origin, &text, rules)),
        }
    }

    /// Reads everything in a file that has a query, and tells what it passed over. A file that was found in a folder may be of
    /// any kind, and have none.
    pub fn everything_in_file(path: &Path, is_named: bool) -> Result<FileQueries, QueryReadError> {
        let (origin, text) = read_text(path)?;
        let format = RuleFormat::of_name(&origin).unwrap_or(RuleFormat::Kql);
        let is_text = has_ending(path, &["txt"]);
        if !is_named && is_text && !Rule::is_likely(&text, format) {
            return Ok(FileQueries::default());
        }
        let file = match Rule::read_all(&text, format) {
            Ok(file) => file,
            // A file of another kind need not be right.
            Err(_) if !is_named && !Rule::is_likely(&text, format) => return Ok(FileQueries::default()),
            Err(error) => return Err(QueryReadError::NotARule { origin, error }),
        };
        if is_named && file.rules.is_empty() && file.passed_over.is_empty() {
            return Self::all_from_file(path).map(|texts| FileQueries { texts, passed_over: Vec::new() });
        }
        // A text that is one query is shown as it stands.
        let is_whole = |rule: &Rule| rule.query == text && rule.functions.is_empty();
        let texts = match &file.rules[..] {
            [rule] if format == RuleFormat::Kql && is_whole(rule) => vec![Self { origin, text, rule: None }],
            _ => Self::of_rules(&origin, &text, file.rules),
        };
        Ok(FileQueries { texts, passed_over: file.passed_over })
    }

    fn of_rules(origin: &str, text: &str, rules: Vec<Rule>) -> Vec<Self> {
        let file: Arc<str> = text.into();
        let one = |rule: Rule| Self {
            origin: origin.to_owned(),
            text: rule.query.clone(),
            rule: Some((file.clone(), Box::new(rule))),
        };
        rules.into_iter().map(one).collect()
    }
}

/// The queries of a file, and what else is in it, with its line.
#[derive(Debug, Default)]
pub struct FileQueries {
    /// The queries.
    pub texts: Vec<QueryText>,
    /// What has no query that could be read, and its line.
    pub passed_over: Vec<(usize, String)>,
}

/// A file's name as messages have it, and its text.
pub fn read_text(path: &Path) -> Result<(String, String), QueryReadError> {
    let origin = path.strip_prefix("./").unwrap_or(path).display().to_string();
    let bytes = std::fs::read(path).map_err(|error| QueryReadError::Failure(Failure::file(path, &error)))?;
    let text = String::from_utf8(bytes).map_err(|_| {
        QueryReadError::Failure(Failure::wrong(format_args!("{origin}: the text is not UTF-8")))
    })?;
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    Ok((origin, text))
}

pub fn read_standard_input() -> Result<String, Failure> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| Failure::wrong(format_args!("standard input: {error}")))?;
    Ok(text)
}

const QUERY_ENDINGS: [&str; 4] = ["kql", "csl", "kusto", "txt"];
const RULE_ENDINGS: [&str; 4] = ["yaml", "yml", "json", "md"];

/// The path ends like one of these.
pub fn has_ending(path: &Path, endings: &[&str]) -> bool {
    path.extension()
        .and_then(|it| it.to_str())
        .is_some_and(|ending| endings.iter().any(|it| it.eq_ignore_ascii_case(ending)))
}

/// A file's path and, behind a `#`, the name of one of its rules.
fn split_name(path: &Path) -> (PathBuf, Option<String>) {
    match path.to_str().and_then(|text| text.split_once('#')) {
        Some((file, name)) if !path.exists() && has_ending(Path::new(file), &RULE_ENDINGS) => {
            (file.into(), Some(name.trim().to_owned()))
        }
        _ => (path.to_owned(), None),
    }
}

/// The file that an argument names, if it is one rather than a query.
pub fn named_file(text: &str) -> Option<PathBuf> {
    is_file_name(text).then(|| split_name(Path::new(text)).0)
}

/// An argument that names a file rather than being a query: one word with the ending of one.
fn is_file_name(text: &str) -> bool {
    // A rule's name may have any character.
    if text.split_once('#').is_some_and(|(file, _)| is_file_name(file)) {
        return true;
    }
    let path = Path::new(text);
    let ending = has_ending(path, &QUERY_ENDINGS) || has_ending(path, &RULE_ENDINGS);
    ending && (path.exists() || !text.contains(['|', '\n', ' ', '(']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_queries_are_told_apart() {
        for name in [
            "a.kql",
            "rules/x.YAML",
            "C:\\x.csl",
            "notes.txt",
            "export.json",
            "export.json#Mail | at (night)",
        ] {
            assert!(is_file_name(name), "{name}");
        }
        for query in ["T", "T | where x == 'a.txt", "print 'a b.kql", "T.kql | count"] {
            assert!(!is_file_name(query), "{query}");
        }
    }
}
