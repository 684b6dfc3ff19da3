//! A finding of the check: code, places, help, and how it is rendered.

use kqlite::{Label, Severity, SourceReport, Span};

use super::code::RuleCode;
use crate::suggest::suggestion;

/// Something that is wrong with a rule; its places are in the rule's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Error or warning.
    pub severity: Severity,
    /// The permanent code.
    pub code: RuleCode,
    /// One sentence: what was found and what was expected.
    pub message: String,
    /// The places, the primary one first.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Vec<String>,
}

impl Finding {
    pub(super) fn new(severity: Severity, code: RuleCode, span: Span, message: impl Into<String>) -> Self {
        let labels = vec![Label { span, text: String::new() }];
        Self { severity, code, message: message.into(), labels, help: Vec::new() }
    }

    pub(super) fn error(code: RuleCode, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, span, message)
    }

    pub(super) fn warning(code: RuleCode, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, span, message)
    }

    pub(super) fn label(mut self, text: impl Into<String>) -> Self {
        if let Some(first) = self.labels.first_mut() {
            first.text = text.into();
        }
        self
    }

    pub(super) fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    pub(super) fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// "Did you mean", or else what there is.
    pub(super) fn suggest<'n>(
        self,
        name: &str,
        what: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) -> Self {
        self.help(suggestion(name, what, known))
    }

    /// The primary place.
    #[must_use]
    pub fn span(&self) -> Span {
        self.labels.first().map(|label| label.span).unwrap_or_default()
    }

    /// The finding as text for people; `text` is the rule's file, `origin` its name.
    #[must_use]
    pub fn render(&self, origin: &str, text: &str, colour: bool) -> String {
        let Self { severity, code, message, labels, help } = self;
        SourceReport { severity: *severity, code: code.as_str(), message, labels, help }
            .render(origin, text, colour)
    }
}
