//! A lesson, and how it is told. It must not know which mistakes there are.

use crate::diagnostic::{Diagnostic, Fix};
use crate::source::{Edit, Span};

/// The longest replacement that is shown.
pub(super) const MAX_SHOWN: usize = 240;

/// What is said of a mistake in place of the parser's words.
#[derive(Debug, Default)]
pub(super) struct Lesson {
    /// What is wrong; `None`: what the parser says of it.
    pub(super) message: Option<String>,
    /// What to do about it.
    pub(super) help: String,
    /// A change of the text that mends it.
    pub(super) edits: Vec<Edit>,
    /// Another place that it is about.
    pub(super) also: Option<(Span, &'static str)>,
    /// The words that it is about, which begin where the parser is at a loss.
    pub(super) words: Option<Span>,
    /// The last token that belongs to it, if it goes further than the parser's next foothold.
    pub(super) end: Option<usize>,
}

impl Lesson {
    pub(super) fn new(help: impl Into<String>) -> Self {
        Self { help: help.into(), ..Self::default() }
    }

    /// Says what is wrong.
    pub(super) fn message(self, message: impl Into<String>) -> Self {
        Self { message: Some(message.into()), ..self }
    }

    /// Mends it by other text in the place of a span.
    pub(super) fn edit(mut self, span: Span, text: impl Into<String>) -> Self {
        self.edits.push(Edit::new(span, text));
        self
    }

    /// It goes up to this token.
    pub(super) fn up_to(self, end: usize) -> Self {
        Self { end: Some(end), ..self }
    }

    /// Puts it in the place of the parser's words. Gives the last token that belongs to it.
    pub(super) fn tell(self, error: &mut Diagnostic) -> Option<usize> {
        if let Some(message) = self.message {
            error.message = message;
        }
        if let (Some(words), Some(label)) = (self.words, error.labels.first_mut())
            && words.start == label.span.start
        {
            label.span = words;
        }
        error.fixes.clear();
        error.help = vec![self.help];
        if let Some((span, text)) = self.also {
            *error = error.clone().also(span, text);
        }
        if let [first, more @ ..] = &self.edits[..] {
            let title = match (first.text.trim(), more) {
                ("", _) => "take it away".to_owned(),
                (text, []) if first.span.start == first.span.end => format!("write {text} here"),
                (text, []) => format!("write {text}"),
                _ => "write it so".to_owned(),
            };
            if title.len() <= MAX_SHOWN {
                if more.is_empty() && !title.starts_with("take") {
                    error.help.push(title.clone());
                }
                error.fixes.push(Fix { title, edits: self.edits });
            }
        }
        self.end
    }
}
