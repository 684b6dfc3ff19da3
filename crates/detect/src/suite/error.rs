//! The error of a test file or a fixture: its place, its message, and how it is rendered.

use std::fmt;
use std::ops::Range;
use std::path::Path;

use kqlite::{Code, Diagnostic, Span};

use super::source::SourceText;

/// An error in a test file: the file, the place and what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestFileError {
    source: SourceText,
    at: Range<usize>,
    message: String,
    help: Vec<String>,
}

impl TestFileError {
    pub(crate) fn new(source: &SourceText, at: Range<usize>, message: impl Into<String>) -> Self {
        Self { source: source.clone(), at, message: message.into(), help: Vec::new() }
    }

    /// An error of a whole file.
    pub(crate) fn of_file(path: &Path, message: impl Into<String>) -> Self {
        Self::new(&SourceText::new(path, ""), 0..0, message)
    }

    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.source.path
    }

    /// Line and column, from 1.
    #[must_use]
    pub fn place(&self) -> (usize, usize) {
        self.source.place(self.at.start)
    }

    /// What is wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    #[must_use]
    pub fn helps(&self) -> &[String] {
        &self.help
    }

    /// Renders the error with its line of the file and carets under it.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let origin = self.source.path.display().to_string();
        if self.source.text.is_empty() {
            let mut text = format!("error: {origin}: {}\n", self.message);
            self.help.iter().for_each(|help| text.push_str(&format!("  = help: {help}\n")));
            return text;
        }
        let at = self.one_line();
        let mut diagnostic =
            Diagnostic::error(Code::BadTest, Span::new(at.start, at.end), self.message.clone());
        for help in &self.help {
            diagnostic = diagnostic.help(help.clone());
        }
        diagnostic.render(&origin, &self.source.text, colour)
    }

    /// The place as far as its first line goes.
    fn one_line(&self) -> Range<usize> {
        let text = self.source.text.get(self.at.clone()).unwrap_or_default();
        let end = text.find(['\n', '\r']).unwrap_or(text.len());
        self.at.start..self.at.start + text[..end].trim_end().len()
    }
}

impl fmt::Display for TestFileError {
    /// In one line: `file:line:column: message`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.source.path.display())?;
        if !self.source.text.is_empty() {
            let (line, column) = self.place();
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)?;
        self.help.iter().try_for_each(|help| write!(f, "; {help}"))
    }
}

impl std::error::Error for TestFileError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suggest::suggestion;

    #[test]
    fn an_error_shows_its_line() {
        let source = SourceText::new(Path::new("a.test.yaml"), "tests:\n- nmae: x\n");
        let error = TestFileError::new(&source, 9..13, "there is no key 'nmae'").help(suggestion(
            "nmae",
            "known keys",
            ["name", "rows"],
        ));
        let expected = "error[KQL0501]: there is no key 'nmae'\n --> a.test.yaml:2:3\n  |\n2 | - nmae: x\n  |   ^^^^\n  = help: did you mean 'name'?\n";
        assert_eq!(error.render(false).trim_end(), expected.trim_end());
        assert_eq!(error.to_string(), "a.test.yaml:2:3: there is no key 'nmae'; did you mean 'name'?");
    }
}
