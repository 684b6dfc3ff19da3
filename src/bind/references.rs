//! Records which names of a query mean a table, a column, a variable or a function, and where they stand. It must not know
//! how names are resolved.

use hashbrown::HashSet;
use serde::Serialize;

use crate::source::Span;

/// What a name in a query means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ReferenceKind {
    /// A table of the database.
    Table,
    /// A column of the rows at hand.
    Column,
    /// What `let`, `as` or a parameter declares: a value or a table.
    Variable,
    /// A function: built in, stored, or declared by the query.
    Function,
    /// A plugin of `evaluate`.
    Plugin,
    /// The address of an `externaldata`.
    ExternalData,
}

/// A name that a query refers to. The same name at two places is two references.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct Reference {
    /// Where it stands.
    pub span: Span,
    /// What it means.
    pub kind: ReferenceKind,
    /// The name, without brackets; of a table that a wildcard matches, the table's.
    pub name: String,
    /// It is there. A name that is not is a mistake, or hidden by one.
    pub is_known: bool,
}

/// The references that were met, if somebody wants to know.
#[derive(Debug, Default)]
pub(super) struct References(Option<HashSet<Reference>>);

impl References {
    /// One that records.
    pub(super) fn recorded() -> Self {
        Self(Some(HashSet::new()))
    }

    /// Somebody wants to know them.
    pub(super) const fn is_recorded(&self) -> bool {
        self.0.is_some()
    }

    /// Adds a name, and whether there is what it means.
    pub(super) fn add(&mut self, kind: ReferenceKind, name: &str, span: Span, is_known: bool) {
        if let Some(all) = &mut self.0 {
            all.insert(Reference { span, kind, name: name.to_owned(), is_known });
        }
    }

    /// What was recorded, by place.
    pub(super) fn into_sorted(self) -> Vec<Reference> {
        let mut all: Vec<Reference> = self.0.unwrap_or_default().into_iter().collect();
        all.sort_unstable();
        all
    }
}
