//! What is wrong with a test file or a fixture, and where. It must not know what the files mean.

use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use kqlite::{Code, Diagnostic, Span};

/// A file's name and text, shared by everything that points into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceText {
    /// The file, as it is named in messages.
    pub path: Arc<Path>,
    /// Its text.
    pub text: Arc<str>,
    /// Where its lines begin.
    lines: Arc<[usize]>,
}

impl SourceText {
    pub(crate) fn new(path: &Path, text: &str) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { path: path.into(), text: text.into(), lines }
    }

    /// Line and column of a byte, from 1.
    #[must_use]
    pub fn place(&self, offset: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).and_then(|line| self.lines.get(line)).copied().unwrap_or(0);
        let before = self.text.get(start..offset).unwrap_or_default();
        (line.max(1), before.chars().count() + 1)
    }
}

/// A mistake in a test file: the file, the place and what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    source: SourceText,
    at: Range<usize>,
    message: String,
    help: Vec<String>,
}

impl Mistake {
    pub(crate) fn new(source: &SourceText, at: Range<usize>, message: impl Into<String>) -> Self {
        Self { source: source.clone(), at, message: message.into(), help: Vec::new() }
    }

    /// A mistake of a whole file.
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

    /// The mistake with its line of the file, and carets under it.
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

impl fmt::Display for Mistake {
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

impl std::error::Error for Mistake {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suggest::suggestion;

    #[test]
    fn a_mistake_shows_its_line() {
        let source = SourceText::new(Path::new("a.test.yaml"), "tests:\n- nmae: x\n");
        let mistake = Mistake::new(&source, 9..13, "there is no key 'nmae'").help(suggestion(
            "nmae",
            "known keys",
            ["name", "rows"],
        ));
        let expected = "error[KQL0501]: there is no key 'nmae'\n --> a.test.yaml:2:3\n  |\n2 | - nmae: x\n  |   ^^^^\n  = help: did you mean 'name'?\n";
        assert_eq!(mistake.render(false).trim_end(), expected.trim_end());
        assert_eq!(mistake.to_string(), "a.test.yaml:2:3: there is no key 'nmae'; did you mean 'name'?");
    }
}
