//! Values of which it is not known what the real engine gives for them: a kernel notes them and goes on with the
//! best-founded value. It must not know any particular function, nor how a run shows what was noted.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Failure, Result};
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

impl Doubt {
    /// The doubt of one row.
    pub(super) fn new(about: &str, taken: &str, example: &dyn fmt::Display) -> Self {
        let mut example = example.to_string();
        if let Some((end, _)) = example.char_indices().nth(MAX_EXAMPLE_CHARS) {
            example.truncate(end);
            example.push('…');
        }
        Self { about: about.to_owned(), taken: taken.to_owned(), example, rows: 1 }
    }

    /// Takes in another doubt of the same kind.
    fn absorb(&mut self, other: Self) {
        self.rows += other.rows;
        if other.example < self.example {
            self.example = other.example;
        }
    }

    /// What a strict run makes of it.
    pub(super) fn refusal(&self, function: &str, span: Span) -> Failure {
        let message = Warning::message(function, &self.about, &self.example);
        Box::new(Diagnostic::error(Code::UnknownBehaviour, span, message))
    }
}

/// What one call met.
#[derive(Debug, Default)]
pub struct Doubts(RefCell<Vec<Doubt>>);

impl Doubts {
    pub(super) fn add(&self, doubt: Doubt) {
        let mut found = self.0.borrow_mut();
        match found.iter_mut().find(|it| it.about == doubt.about && it.taken == doubt.taken) {
            Some(known) => known.absorb(doubt),
            None => found.push(doubt),
        }
    }

    /// What was met.
    #[must_use]
    pub fn into_inner(self) -> Vec<Doubt> {
        self.0.into_inner()
    }
}

/// What one function of a run meets, taken down at once: for states that live longer than a call.
#[derive(Debug, Clone)]
pub struct DoubtsOfRun {
    function: String,
    span: Span,
    strict: bool,
    warnings: Arc<Warnings>,
}

impl DoubtsOfRun {
    pub(super) fn new(function: &str, span: Span, strict: bool, warnings: Arc<Warnings>) -> Self {
        Self { function: function.to_owned(), span, strict, warnings }
    }

    /// Notes a row, or a group of rows, as [`super::Call::doubt`] does.
    ///
    /// # Errors
    /// The run is strict.
    pub fn note(&self, about: &str, taken: &str, example: impl fmt::Display) -> Result<()> {
        let doubt = Doubt::new(about, taken, &example);
        if self.strict {
            return Err(doubt.refusal(&self.function, self.span));
        }
        self.warnings.add(&self.function, self.span, [doubt]);
        Ok(())
    }
}

/// What makes two doubts of a run one: the place, the function, what it is about and what is taken.
type DoubtIdentity = (Span, String, String, String);

/// The doubts of a run, each with the rows of all chunks. Several threads add to them.
#[derive(Debug, Default)]
pub(super) struct Warnings(Mutex<BTreeMap<DoubtIdentity, Doubt>>);

impl Warnings {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<DoubtIdentity, Doubt>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, function: &str, span: Span, doubts: impl IntoIterator<Item = Doubt>) {
        let mut known = self.lock();
        for doubt in doubts {
            match known.entry((span, function.to_owned(), doubt.about.clone(), doubt.taken.clone())) {
                Entry::Occupied(mut entry) => entry.get_mut().absorb(doubt),
                Entry::Vacant(entry) => {
                    entry.insert(doubt);
                }
            }
        }
    }

    /// In the order of their places.
    pub(super) fn list(&self) -> Vec<Warning> {
        let warning = |((span, function, ..), doubt): (&DoubtIdentity, &Doubt)| Warning {
            span: *span,
            function: function.clone(),
            about: doubt.about.clone(),
            taken: doubt.taken.clone(),
            rows: doubt.rows,
            example: doubt.example.clone(),
        };
        self.lock().iter().map(warning).collect()
    }
}
