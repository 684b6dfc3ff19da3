//! Why a command could not be read or run: diagnostics with their places in its text. It must not know
//! commands.

use std::fmt;

use kqlite::{Code, CodeClass, Diagnostic, Error, Span};

/// Why a command could not be read or run.
///
/// `Display` renders it with the command's lines and carets, without colours.
#[derive(Clone, thiserror::Error)]
pub struct CommandError(Error);

impl CommandError {
    /// A finding about a text.
    pub(crate) fn new(diagnostic: Diagnostic, text: &str) -> Self {
        Self(Error::new(vec![diagnostic], text.into()))
    }

    /// What is wrong with a query that stands in the text of a command, `shift` bytes further than in its own.
    pub(crate) fn in_query(error: &Error, text: &str, shift: isize) -> Self {
        let moved = |at: u32| {
            let at = (at as isize).saturating_add(shift);
            usize::try_from(at).unwrap_or(0).min(text.len())
        };
        let mut diagnostics = error.diagnostics().to_vec();
        for diagnostic in &mut diagnostics {
            for label in &mut diagnostic.labels {
                label.span = Span::new(moved(label.span.start), moved(label.span.end));
            }
            // They are edits of another text.
            diagnostic.fixes.clear();
        }
        Self(Error::new(diagnostics, text.into()))
    }

    /// The findings, by their place in the text.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        self.0.diagnostics()
    }

    /// The text that they speak of: that of the command.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.text()
    }

    /// The class of the first finding.
    #[must_use]
    pub fn class(&self) -> CodeClass {
        self.diagnostics().first().map_or(CodeClass::Internal, |it| it.code.class())
    }

    /// The first finding is of this code.
    #[must_use]
    pub fn is(&self, code: Code) -> bool {
        self.diagnostics().first().is_some_and(|it| it.code == code)
    }

    /// The findings as text for people; `origin` names the command.
    #[must_use]
    pub fn render(&self, origin: &str, colour: bool) -> String {
        self.0.render(origin, colour)
    }

    /// The sentences of the findings alone, in one line.
    #[must_use]
    pub fn message(&self) -> String {
        self.diagnostics().iter().map(|it| it.message.as_str()).collect::<Vec<_>>().join("; ")
    }
}

impl fmt::Debug for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render("command", false))
    }
}
