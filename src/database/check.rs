//! What is known of a query without running it. It must not know how mistakes are found.

use std::sync::Arc;

use super::lookback::{self, Lookback};
use crate::bind::Bound;
use crate::diagnostic::Diagnostic;
use crate::plan::Plan;
use crate::types::{ScalarType, Schema};

/// What [`Database::check`](crate::Database::check) found.
#[derive(Debug)]
pub struct Check {
    diagnostics: Vec<Diagnostic>,
    columns: Option<Vec<(String, Option<ScalarType>)>>,
    plans: Vec<Arc<Plan>>,
}

impl Check {
    /// What the binder gave for a text that is KQL, and every finding.
    pub(super) fn new(bound: Option<Bound>, diagnostics: Vec<Diagnostic>) -> Self {
        let (columns, results) = bound.map(|bound| (bound.columns, bound.results)).unwrap_or_default();
        Self { diagnostics, columns, plans: results.into_iter().map(|it| it.plan).collect() }
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

    /// The spans of time that the query looks back, as in `ago(14d)` and `now() - 14d`, where they are known: the
    /// longest first.
    ///
    /// ```
    /// use kqlite::{Database, TimeSpan};
    /// let check = Database::new().check("let back = 7d; print x = ago(back), y = now() - 1h");
    /// let spans: Vec<TimeSpan> = check.lookbacks().iter().map(|it| it.back).collect();
    /// assert_eq!(spans, [TimeSpan(7 * TimeSpan::DAY), TimeSpan(TimeSpan::HOUR)]);
    /// ```
    #[must_use]
    pub fn lookbacks(&self) -> Vec<Lookback> {
        lookback::of(&self.plans)
    }

    /// The query can run.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        !self.plans.is_empty()
    }
}
