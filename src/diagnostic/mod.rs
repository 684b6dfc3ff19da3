//! What is wrong with a query, as data: a permanent code, a message, the places it speaks of, and help.
//! It must not know how a stage found the mistake, nor where the text came from.

mod code;
mod render;
mod warning;

pub use code::{Code, CodeClass};
pub use render::SourceReport;
pub use warning::Warning;

use serde::Serialize;

use crate::source::{Edit, EditError, Span};

/// How serious a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The query cannot run.
    Error,
    /// The query runs; something in it is likely not what was meant.
    Warning,
}

/// A place in the query and what is to be said about it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Label {
    /// The bytes of the query text it points at.
    pub span: Span,
    /// A few words under the carets; may be empty.
    pub text: String,
}

/// One finding about a query.
///
/// The first label is the primary place. Rendering happens at the edge, see [`Diagnostic::render`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// The permanent code.
    pub code: Code,
    /// One sentence: what was found and what was expected.
    pub message: String,
    /// The places it speaks of, the primary one first.
    pub labels: Vec<Label>,
    /// What to do about it: "did you mean", the available names, the way out.
    pub help: Vec<String>,
    /// Changes of the query text that would each mend it, the likeliest first; what they do is in the help too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fixes: Vec<Fix>,
    /// For a feature that is parsed but not built: its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsupported: Option<String>,
}

/// A change of the query text that mends what a [`Diagnostic`] found.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Fix {
    /// What it does, for a person.
    pub title: String,
    /// The edits, all to be made.
    pub edits: Vec<Edit>,
}

impl Fix {
    /// Makes the change.
    ///
    /// ```
    /// let text = "print x = strlenn('a')";
    /// let check = kqlite::Database::new().check(text);
    /// let fix = &check.diagnostics()[0].fixes[0];
    /// assert_eq!(fix.title, "did you mean 'strlen'?");
    /// assert_eq!(fix.apply(text).unwrap(), "print x = strlen('a')");
    /// ```
    ///
    /// # Errors
    /// The text is not the one that was checked.
    pub fn apply(&self, text: &str) -> Result<String, EditError> {
        Edit::apply_all(text, &self.edits)
    }
}

impl Diagnostic {
    /// An error at a place.
    #[must_use]
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            message: message.into(),
            labels: vec![Label { span, text: String::new() }],
            help: Vec::new(),
            fixes: Vec::new(),
            unsupported: None,
        }
    }

    /// A warning at a place.
    #[must_use]
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message) }
    }

    /// An error for a part of KQL that is understood but not built yet.
    ///
    /// `what` says which kind of thing it is ("operator", "function"), `name` how it is called.
    #[must_use]
    pub fn unsupported(span: Span, what: &str, name: &str) -> Self {
        let mut it =
            Self::error(Code::Unsupported, span, format!("the {what} '{name}' is not supported yet"));
        it.unsupported = Some(name.to_owned());
        it.help.push("SUPPORT.md lists what is supported".to_owned());
        it
    }

    /// An error for a promise that the engine broke itself: `what` says which one, for whoever mends it.
    ///
    /// Used where an ordinary program would panic: the query ends, nothing is dropped in silence.
    #[must_use]
    pub fn internal(span: Span, what: impl AsRef<str>) -> Self {
        Self::error(Code::Internal, span, format!("this is a bug in kqlite: {}", what.as_ref()))
            .help("please report it with the query and, if you can, the data")
    }

    /// Adds words under the primary label.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        if let Some(first) = self.labels.first_mut() {
            first.text = text.into();
        }
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds a line of help.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Adds a line of help that a change of the text does: `text` in the place of `span`.
    #[must_use]
    pub fn fix(mut self, help: impl Into<String>, span: Span, text: impl Into<String>) -> Self {
        let title = help.into();
        self.fixes.push(Fix { title: title.clone(), edits: vec![Edit::new(span, text)] });
        self.help(title)
    }

    /// Adds the question whether the name at the primary place was meant to be another, written as given.
    #[must_use]
    pub fn did_you_mean(self, name: &str, written: impl Into<String>) -> Self {
        let span = self.span();
        self.fix(format!("did you mean '{name}'?"), span, written)
    }

    /// The primary place.
    #[must_use]
    pub fn span(&self) -> Span {
        self.labels.first().map(|label| label.span).unwrap_or_default()
    }
}
