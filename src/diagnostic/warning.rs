//! What an answer is to be read with. It must not know how it was found out.

use std::fmt;

use super::{Code, Diagnostic};
use crate::source::Span;

/// Values for which the best-founded result was taken, since it is not known what the real engine gives.
///
/// `Options::strict` makes an error of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
#[non_exhaustive]
pub struct Warning {
    /// The call's place in the query.
    pub span: Span,
    /// The function's name, or the operator's spelling.
    pub function: String,
    /// The argument whose treatment is not known, as a noun: `a text with a lone '%'`.
    pub about: String,
    /// What was taken for it, as a sentence without a full stop.
    pub taken: String,
    /// How many rows have such an argument, as often as they were computed.
    pub rows: u64,
    /// The least of these arguments in the order of texts, shortened.
    pub example: String,
}

impl Warning {
    /// The permanent code of all warnings of a run.
    pub const CODE: Code = Code::UnknownBehaviour;

    /// The warning as a finding with a place, to be rendered beside errors.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        Diagnostic::warning(Self::CODE, self.span, Self::message(&self.function, &self.about, &self.example))
            .label(format!("in {}", self.row_count()))
            .help(format!("taken here: {}", self.taken))
    }

    fn row_count(&self) -> String {
        if self.rows == 1 { "1 row".to_owned() } else { format!("{} rows", self.rows) }
    }

    /// What is not known, in one sentence without a full stop.
    #[must_use]
    pub fn message(function: &str, about: &str, example: &str) -> String {
        format!("it is not known what the real engine gives for '{function}' of {about}, such as {example}")
    }
}

impl fmt::Display for Warning {
    /// The warning in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = Self::message(&self.function, &self.about, &self.example);
        write!(f, "{message} (in {}); taken here: {}", self.row_count(), self.taken)
    }
}
