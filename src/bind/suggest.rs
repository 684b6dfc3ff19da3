//! The names that a message about an unknown one tells. It must not know what they are names of.

use std::cell::Cell;

use crate::diagnostic::Diagnostic;
use crate::nearest::nearest_within;
use crate::syntax::ast::{At, Name};

/// Asks whether a name that is not known was meant to be the nearest of those that are.
pub(super) fn did_you_mean<'n>(
    diagnostic: Diagnostic,
    name: &str,
    known: impl IntoIterator<Item = &'n str>,
    work: &Cell<usize>,
) -> Diagnostic {
    match nearest_within(name, known, work) {
        Some(near) => {
            let name = Name { text: near.to_owned(), bracketed: false, at: At::default() };
            diagnostic.did_you_mean(near, name.to_string())
        }
        None => diagnostic,
    }
}

/// A list of names for a message, cut where it gets long.
pub(super) fn list<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    const MOST: usize = 12;
    let names: Vec<_> = names.into_iter().collect();
    let shown = names.iter().take(MOST).copied().collect::<Vec<_>>().join(", ");
    if names.len() > MOST { format!("{shown} … and {} more", names.len() - MOST) } else { shown }
}
