//! A rule as tests know it: its file, its text, and the errors of its query at their places in that file.

use std::collections::HashSet;
use std::path::PathBuf;

use kqlite::{Diagnostic, Error};

use crate::Rule;
use crate::names::words;

/// A rule that tests name.
#[derive(Debug)]
pub(crate) struct LoadedRule {
    /// The file; a query of a test file has none.
    pub path: Option<PathBuf>,
    /// Its text.
    pub text: String,
    pub rule: Rule,
    /// The words of its query: those of tables are among them.
    pub words: HashSet<String>,
}

impl LoadedRule {
    pub fn new(path: Option<PathBuf>, text: String, rule: Rule) -> Self {
        let words = words(&rule.query).map(str::to_owned).collect();
        Self { path, text, rule, words }
    }

    /// Renders the diagnostics of an error at their places in the rule file, or in the query.
    pub fn render_error(&self, error: &Error, colour: bool) -> String {
        let origin = self.path.as_ref().map_or_else(|| "query".to_owned(), |path| path.display().to_string());
        let rendered: Vec<String> = error
            .diagnostics()
            .iter()
            .map(|diagnostic| match self.in_file(diagnostic) {
                Some(moved) if error.text() == self.rule.query => moved.render(&origin, &self.text, colour),
                _ => diagnostic.render(&origin, error.text(), colour),
            })
            .collect();
        rendered.join("\n")
    }

    /// Moves a diagnostic of the query to its place in the rule file.
    fn in_file(&self, diagnostic: &Diagnostic) -> Option<Diagnostic> {
        self.path.as_ref()?;
        let mut moved = diagnostic.clone();
        for label in &mut moved.labels {
            label.span = self.rule.span_in_file(label.span)?;
        }
        Some(moved)
    }
}
