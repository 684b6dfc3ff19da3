//! What a query did: its steps, and where rows went and came from. It must not know how this is found out or printed.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Database, Error, Options, Query};
use crate::bind;
use crate::exec::Run;
use crate::explain::{self, Explanation, Subject};
use crate::function::Result as Outcome;
use crate::syntax;

impl Query {
    /// Runs the query and tells what each operator did: rows in and out, some of the rows, and a sentence.
    ///
    /// The plan is run as it was written and to its end: a `take` does not stop the operators before it, and every
    /// intermediate table is kept, so that limits may be reached that [`Query::run`] does not reach.
    ///
    /// ```
    /// use kqlite::{Database, DateTime, Options};
    ///
    /// let db = Database::new();
    /// let query = db.compile("range x from 1 to 60 step 1\n| where x % 20 == 0\n| order by x\n| count")?;
    /// let told = query.explain(&db, &Options::new(DateTime::UNIX_EPOCH))?;
    /// let steps: Vec<(&str, &str)> =
    ///     told.steps().map(|step| (step.text.as_str(), step.summary.as_str())).collect();
    /// assert_eq!(steps[1], ("where x % 20 == 0", "kept 3 of 60 rows"));
    /// assert_eq!(told.step(3).unwrap().notes, ["`order by` before `count` has no effect on the result"]);
    /// # Ok::<(), kqlite::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Query::run`], and if the database has not the tables and functions any more that the query was compiled for.
    pub fn explain(&self, database: &Database, options: &Options) -> Result<Explanation, Error> {
        self.told(database, options, |subject, run| explain::explain(subject, run))
    }

    /// Binds the query once more, with what its author wrote, and asks about a run of it.
    fn told<T>(
        &self,
        database: &Database,
        options: &Options,
        ask: impl FnOnce(&Subject<'_>, &Run<'_>) -> Outcome<T>,
    ) -> Result<T, Error> {
        let parsed = syntax::parse(&self.text);
        let bound = bind::bind_with_outline(&parsed.tree, database, &database.registry);
        let (Some(plan), Some(outline)) = (&bound.plan, &bound.outline) else {
            return Err(Error { diagnostics: bound.diagnostics, text: self.text.clone() });
        };
        let functions: HashMap<String, Arc<str>> =
            database.functions.iter().map(|(name, function)| (name.clone(), function.text.clone())).collect();
        let subject = Subject { plan, outline, text: &self.text, functions };
        self.with_run(database, options, |run| ask(&subject, run))
    }
}
