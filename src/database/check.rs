//! What is known of a query without running it. It must not know how mistakes are found.

use std::sync::Arc;

use super::lookback;
use crate::bind::{Bound, Reference};
use crate::diagnostic::Diagnostic;
use crate::plan::{Lookback, Plan};
use crate::types::{ScalarType, Schema};

/// What [`Database::check`](crate::Database::check) found.
#[derive(Debug)]
pub struct Check {
    diagnostics: Vec<Diagnostic>,
    columns: Option<Vec<(String, Option<ScalarType>)>>,
    plans: Vec<Arc<Plan>>,
    references: Vec<Reference>,
    /// Those of the text, for a query whose plan has not all of it.
    lookbacks: Vec<Lookback>,
}

impl Check {
    /// What the binder gave, and every finding.
    pub(super) fn new(bound: Bound, diagnostics: Vec<Diagnostic>) -> Self {
        let plans = bound.results.into_iter().map(|it| it.plan).collect();
        Self {
            diagnostics,
            columns: bound.columns,
            plans,
            references: bound.references,
            lookbacks: bound.lookbacks,
        }
    }

    /// Every finding, by its place in the text.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The columns of the result, of the last one if there are several; a type that cannot be told is `dynamic`. Nothing where
    /// the columns cannot be told, since a mistake hides some or since they depend on the data.
    #[must_use]
    pub fn columns(&self) -> Option<Schema> {
        let columns = self.columns.as_ref()?;
        Some(Schema::new(
            columns.iter().map(|(name, data_type)| (name.clone(), data_type.unwrap_or(ScalarType::Dynamic))),
        ))
    }

    /// The tables, columns, variables, functions, plugins and external data that the text names, by place: those that are not
    /// there too, and those of a text with mistakes as far as it could be read. Names in the bodies of stored functions are
    /// not among them.
    ///
    /// ```
    /// use kqlite::{Database, ReferenceKind, ScalarType, Schema};
    /// let mut db = Database::new();
    /// db.declare("Logons", Schema::new([("User", ScalarType::String)]));
    /// let check = db.check("Logons | join (Users) on User | where strlen(Usr) > 3");
    /// let named = |kind| check.references().iter().filter(move |it| it.kind == kind).map(|it| (it.name.as_str(), it.is_known));
    /// assert_eq!(named(ReferenceKind::Table).collect::<Vec<_>>(), [("Logons", true), ("Users", false)]);
    /// assert_eq!(named(ReferenceKind::Column).collect::<Vec<_>>(), [("User", false), ("Usr", false)]);
    /// ```
    #[must_use]
    pub fn references(&self) -> &[Reference] {
        &self.references
    }

    /// The spans of time that the query looks back, as in `ago(14d)` and `now() - 14d`, where they are known: the
    /// longest first. Of a query of which a mistake or a table that is not known hides some, they are those of the text.
    ///
    /// ```
    /// use kqlite::{Database, TimeSpan};
    /// let check = Database::new().check("let back = 7d; print x = ago(back), y = now() - 1h");
    /// let spans: Vec<TimeSpan> = check.lookbacks().iter().map(|it| it.back).collect();
    /// assert_eq!(spans, [TimeSpan(7 * TimeSpan::DAY), TimeSpan(TimeSpan::HOUR)]);
    /// ```
    #[must_use]
    pub fn lookbacks(&self) -> Vec<Lookback> {
        match &self.columns {
            Some(_) if self.is_ok() => lookback::of(&self.plans),
            _ => Lookback::sorted(self.lookbacks.clone()),
        }
    }

    /// The query can run.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        !self.plans.is_empty()
    }
}
