//! Compiles, checks and formats query texts. It must not know how a query is run.

use super::{Check, Database, Error, Query};
use crate::bind::{self, Bound};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::{self, Parsed, ast};

impl Database {
    /// Compiles a query against the tables and functions that there are now.
    ///
    /// # Errors
    /// Every mistake in the query: syntax, names, types, and what is not supported yet.
    pub fn compile(&self, text: &str) -> Result<Query, Error> {
        self.compile_parsed(syntax::parse(text), text)
    }

    /// Compiles a tree whose places point into the text.
    pub(super) fn compile_parsed(&self, parsed: Parsed, text: &str) -> Result<Query, Error> {
        let (tree, bound, mut diagnostics) = self.bind(parsed, false);
        let query = Query::new(text.into(), tree.into(), &bound, &self.registry);
        query.ok_or_else(|| {
            if diagnostics.is_empty() {
                let message = "there is no query in this text";
                diagnostics.push(Diagnostic::error(Code::MissingReturn, Span::default(), message));
            }
            Error::new(diagnostics, text.into())
        })
    }

    /// Looks for every mistake in a query without running it.
    ///
    /// ```
    /// let db = kqlite::Database::new();
    /// assert_eq!(db.check("print 1 +").diagnostics().len(), 1);
    /// assert!(db.check("print x = 1").columns().is_some());
    /// ```
    #[must_use]
    pub fn check(&self, text: &str) -> Check {
        let (_, bound, diagnostics) = self.bind(syntax::parse(text), true);
        Check::new(bound, diagnostics)
    }

    /// Binds a query: the tree, what the binder gave, and every finding by its place.
    fn bind(&self, parsed: Parsed, references: bool) -> (ast::QueryBlock, Bound, Vec<Diagnostic>) {
        let mut diagnostics = parsed.diagnostics;
        let mut places: Vec<u32> = diagnostics.iter().map(|it| it.span().start).collect();
        places.sort_unstable();
        let mut bound = bind::bind_readable(&parsed.tree, &places, references, self, self.registry());
        if !places.is_empty() {
            // What a broken text gives is a guess.
            bound.results = Vec::new();
            bound.columns = None;
        }
        diagnostics.append(&mut bound.diagnostics);
        diagnostics.sort_by_key(|it| (it.span().start, it.span().end));
        diagnostics.dedup();
        (parsed.tree, bound, diagnostics)
    }
}

/// A query text in canonical form: one operator a line, comments kept. It means the same.
///
/// ```
/// assert_eq!(kqlite::format("T|where x>1|count")?, "T\n| where x > 1\n| count\n");
/// # Ok::<(), kqlite::Error>(())
/// ```
///
/// # Errors
/// The text is not KQL.
pub fn format(text: &str) -> Result<String, Error> {
    syntax::format(text).map_err(|diagnostics| Error::new(diagnostics, text.into()))
}
