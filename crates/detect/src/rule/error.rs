//! Why a text is no rule, and why a rule file could not be loaded.

use kqlite::{LineIndex, Span};

/// Why a text is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct RuleError {
    /// The line, from 1.
    pub line: usize,
    /// The column in it, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

/// Why a rule file could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It cannot be read.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// It is no rule.
    #[error("{path}:{}:{}: {}", error.line, error.column, error.message)]
    Rule {
        /// The file.
        path: String,
        /// Why.
        error: RuleError,
    },
    /// It has several rules, or none of the name.
    #[error("{path}: there are {count} rules in the file; 'FILE#NAME' is the one of that name or id")]
    Several {
        /// The file.
        path: String,
        /// How many.
        count: usize,
    },
}

impl RuleError {
    /// An error at a value of a text.
    pub(super) fn at(text: &str, span: Span, message: String) -> Self {
        let (line, column) = LineIndex::new(text).line_column(text, span.start);
        Self { line, column, message }
    }
}
