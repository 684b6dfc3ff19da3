//! Regular expressions of queries: KQL's dialect is that of the `regex` crate. It must not know any particular function.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use regex::{Regex, RegexBuilder};

use super::{Call, Failure, Result};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// The most bytes that a compiled expression may take; hostile ones end in an error instead of eating memory.
const COMPILED_BYTES: usize = 10 << 20;

/// About how many bytes are needed to compile an expression for each of its own.
const BYTES_PER_BYTE: usize = 256;

/// Compiles a regular expression within the run's budget.
///
/// # Errors
/// It is not valid, or too large.
pub fn compile(pattern: &str, call: &Call<'_>) -> Result<Regex> {
    call.reserve(pattern.len().saturating_mul(BYTES_PER_BYTE))?;
    text_regex(pattern, call.span)
}

/// Compiles a regular expression of the query itself, at its place.
///
/// # Errors
/// It is not valid, or too large.
pub fn text_regex(pattern: &str, span: Span) -> Result<Regex> {
    let built = RegexBuilder::new(pattern).size_limit(COMPILED_BYTES).octal(true).build();
    built.map_err(|error| not_valid(pattern, &error, span))
}

/// Compiles a regular expression to be searched for in bytes that are known to be UTF-8.
///
/// # Errors
/// As [`compile`].
pub fn compile_bytes(pattern: &str, call: &Call<'_>) -> Result<regex::bytes::Regex> {
    call.reserve(pattern.len().saturating_mul(BYTES_PER_BYTE))?;
    bytes_regex(pattern, call.span)
}

fn bytes_regex(pattern: &str, span: Span) -> Result<regex::bytes::Regex> {
    if pattern.contains("-u") {
        // Over bytes more would be valid: classes that match parts of characters.
        text_regex(pattern, span)?;
    }
    let built = regex::bytes::RegexBuilder::new(pattern).size_limit(COMPILED_BYTES).octal(true).build();
    built.map_err(|error| not_valid(pattern, &error, span))
}

fn not_valid(pattern: &str, error: &regex::Error, span: Span) -> Failure {
    let reason = match error {
        regex::Error::CompiledTooBig(limit) => format!("it takes more than {limit} bytes when compiled"),
        // The crate draws the expression with a caret; its last line says what is wrong.
        _ => {
            let text = error.to_string();
            text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
        }
    };
    let shown: String = pattern.chars().take(60).collect();
    let dots = if shown.len() < pattern.len() { "…" } else { "" };
    let message = format!("'{shown}{dots}' is not a valid regular expression");
    Box::new(Diagnostic::error(Code::BadRegex, span, message).help(reason))
}

/// Compiles each of the expressions of a column once, as long as there are few of them.
#[derive(Debug, Default)]
pub struct PatternCache {
    compiled: RefCell<HashMap<String, Regex>>,
    /// The bytes of the expressions that are kept.
    bytes: Cell<usize>,
}

impl PatternCache {
    /// How many expressions are kept.
    const MOST: usize = 64;
    /// How many bytes they have in all.
    const MOST_BYTES: usize = 1 << 12;

    /// The compiled expression; copies share what is compiled.
    ///
    /// # Errors
    /// As [`compile`].
    pub fn get(&self, pattern: &str, call: &Call<'_>) -> Result<Regex> {
        let mut compiled = self.compiled.borrow_mut();
        if let Some(found) = compiled.get(pattern) {
            return Ok(found.clone());
        }
        let bytes = self.bytes.get() + pattern.len();
        let is_full = compiled.len() >= Self::MOST || bytes > Self::MOST_BYTES;
        if is_full {
            compiled.clear();
        }
        self.bytes.set(if is_full { pattern.len() } else { bytes });
        match compiled.entry(pattern.to_owned()) {
            Entry::Occupied(found) => Ok(found.get().clone()),
            Entry::Vacant(free) => Ok(free.insert(compile(pattern, call)?).clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_wrong() {
        let failure = text_regex("a(b", Span::default()).unwrap_err();
        assert_eq!(failure.message, "'a(b' is not a valid regular expression");
        assert_eq!(failure.help, ["unclosed group"]);
        assert_eq!(failure.code, Code::BadRegex);
    }

    #[test]
    fn hostile_sizes_end_in_an_error() {
        let failure = text_regex(r"(\w{1000}){1000}", Span::default()).unwrap_err();
        assert!(failure.help[0].starts_with("it takes more than"), "{failure:?}");
    }

    // Source: the regex page (class operations, Unicode digits).
    #[test]
    fn the_dialect() {
        for (pattern, text, expected) in [
            (r"^[a-z&&[^aeiou]]+$", "xyz", true),
            (r"^[0-9--4]$", "4", false),
            (r"^[a-g~~b-h]$", "a", true),
            (r"^\d$", "９", true),
        ] {
            assert_eq!(text_regex(pattern, Span::default()).unwrap().is_match(text), expected, "{pattern}");
        }
        assert!(text_regex("(?=a)", Span::default()).is_err());
        assert!(bytes_regex(r"(?-u:\xff)", Span::default()).is_err());
        assert!(bytes_regex(r"(?-u:\b)a", Span::default()).unwrap().is_match(b"b a"));
        // A digit is an octal character code, never a back-reference.
        assert!(text_regex(r"(a)\1", Span::default()).unwrap().is_match("a\u{1}"));
        assert!(text_regex(r"\0", Span::default()).unwrap().is_match("\0"));
    }
}
