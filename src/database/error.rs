//! Why a query could not be compiled or run. It must not know how a mistake is found.

use std::fmt;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Severity};

/// Why a query could not be compiled or run: one or more diagnostics.
///
/// `Display` renders them with the query's lines and carets, without colours; so does `Debug`, which `?` in `main` prints.
#[derive(Clone, thiserror::Error)]
pub struct Error {
    diagnostics: Vec<Diagnostic>,
    text: Arc<str>,
}

impl Error {
    /// Findings about a text, for programs that find some of their own.
    #[must_use]
    pub const fn new(diagnostics: Vec<Diagnostic>, text: Arc<str>) -> Self {
        Self { diagnostics, text }
    }

    /// The findings, by their place in the text.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The text that they speak of.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The findings as text for people; `origin` names the query, such as a file name.
    #[must_use]
    pub fn render(&self, origin: &str, colour: bool) -> String {
        let render = |it: &Diagnostic| it.render(origin, &self.text, colour);
        self.diagnostics.iter().map(render).collect::<Vec<_>>().join("\n")
    }

    /// Each error is about something that is not supported yet.
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        let mut errors = self.diagnostics.iter().filter(|it| it.severity == Severity::Error).peekable();
        errors.peek().is_some() && errors.all(|it| it.code == Code::Unsupported)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render("query", false))
    }
}
