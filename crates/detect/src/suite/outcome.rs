//! The outcome of a test: passed, failed, skipped or broken; and what does not hold.

use std::ops::Range;

use super::compare::Diff;
use super::error::TestFileError;

/// The outcome of a test.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Everything is as expected.
    Passed,
    /// Something is not.
    Failed(Vec<Failure>),
    /// It was left out, for this reason.
    Skipped(String),
    /// The test file is wrong.
    Broken(Box<TestFileError>),
}

/// An expectation that does not hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The key of the expectation, such as `fires`; `query` where the query ended with an error.
    pub key: &'static str,
    /// Where it stands in the test file.
    pub(crate) at: Range<usize>,
    /// What was expected and what was found, in one line.
    pub message: String,
    /// More than that.
    pub detail: Option<Detail>,
}

/// What is shown below a failure's message.
#[derive(Debug, Clone, PartialEq)]
pub enum Detail {
    /// Rows, compared.
    Diff(Diff),
    /// A text of some lines.
    Text(String),
}

/// What differs from an expectation: one line, and more than that.
pub(crate) struct Mismatch {
    pub message: String,
    pub detail: Option<Detail>,
}

impl Mismatch {
    pub fn new(message: impl Into<String>, detail: Option<Detail>) -> Self {
        Self { message: message.into(), detail }
    }
}

impl Outcome {
    /// The test neither failed nor is it broken.
    #[must_use]
    pub const fn is_fine(&self) -> bool {
        matches!(self, Self::Passed | Self::Skipped(_))
    }
}
