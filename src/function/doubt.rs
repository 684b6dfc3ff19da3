//! Values of which it is not known what the real engine gives for them: a kernel notes them and goes on with the
//! best-founded value. It must not know any particular function, nor how a run shows what was noted.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::Result;
use crate::diagnostic::{Code, Diagnostic, Warning};
use crate::source::Span;

/// The most characters of a value that a warning shows.
const MAX_EXAMPLE_CHARS: usize = 80;

/// One kind of doubt that a call met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// The argument whose treatment is not known, as a noun: `a text with a lone '%'`.
    pub about: String,
    /// What is done instead, as a sentence without a full stop: `it stays as it is`.
    pub taken: String,
    /// The least of these arguments in the order of texts, shortened.
    pub example: String,
    /// Rows, as far as the call has seen.
    pub rows: u64,
}

/// What one call met, or the failure that a strict run makes of it.
#[derive(Debug, Default)]
pub struct Doubts {
    found: RefCell<Vec<Doubt>>,
}

impl Doubts {
    /// Notes a row.
    pub(super) fn note(&self, about: &str, taken: &str, example: &dyn fmt::Display) {
        let mut found = self.found.borrow_mut();
        let known = found.iter_mut().find(|it| it.about == about && it.taken == taken);
        let example = shortened(example.to_string());
        match known {
            Some(doubt) => {
                doubt.rows += 1;
                if example < doubt.example {
                    doubt.example = example;
                }
            }
            None => {
                found.push(Doubt { about: about.to_owned(), taken: taken.to_owned(), example, rows: 1 });
            }
        }
    }

    /// What was met.
    #[must_use]
    pub fn into_inner(self) -> Vec<Doubt> {
        self.found.into_inner()
    }
}

/// As much of a value as a message shows.
pub(super) fn shortened(text: String) -> String {
    match text.char_indices().nth(MAX_EXAMPLE_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// What one function of a run meets, taken down at once: for states that live longer than a call.
#[derive(Debug, Clone)]
pub struct DoubtsOfRun {
    function: String,
    span: Span,
    strict: bool,
    warnings: Arc<Mutex<Warnings>>,
}

impl DoubtsOfRun {
    pub(super) fn new(function: &str, span: Span, strict: bool, warnings: Arc<Mutex<Warnings>>) -> Self {
        Self { function: function.to_owned(), span, strict, warnings }
    }

    /// Notes a row, or a group of rows, as [`super::Call::doubt`] does.
    ///
    /// # Errors
    /// The run is strict.
    pub fn note(&self, about: &str, taken: &str, example: impl fmt::Display) -> Result<()> {
        let example = shortened(example.to_string());
        if self.strict {
            let message = Warning::message(&self.function, about, &example);
            return Err(Box::new(Diagnostic::error(Code::UnknownBehaviour, self.span, message)));
        }
        let doubt = Doubt { about: about.to_owned(), taken: taken.to_owned(), example, rows: 1 };
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        warnings.add(&self.function, self.span, doubt);
        Ok(())
    }
}

/// The warnings of a run, each with the rows of all chunks.
#[derive(Debug, Default)]
pub(super) struct Warnings(BTreeMap<(u32, u32, String, String), Warning>);

impl Warnings {
    pub(super) fn add(&mut self, function: &str, span: Span, doubt: Doubt) {
        let key = (span.start, span.end, function.to_owned(), doubt.about.clone());
        match self.0.get_mut(&key) {
            Some(known) => {
                known.rows += doubt.rows;
                if doubt.example < known.example {
                    known.example = doubt.example;
                }
            }
            None => {
                let warning = Warning {
                    span,
                    function: function.to_owned(),
                    about: doubt.about,
                    taken: doubt.taken,
                    rows: doubt.rows,
                    example: doubt.example,
                };
                self.0.insert(key, warning);
            }
        }
    }

    /// In the order of their places.
    pub(super) fn list(&self) -> Vec<Warning> {
        self.0.values().cloned().collect()
    }
}
