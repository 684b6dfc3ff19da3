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
        let (tree, bound, mut diagnostics) = self.bind(parsed);
        let query = bound.and_then(|bound| Query::new(text.into(), tree.into(), &bound, &self.registry));
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
        let (_, bound, diagnostics) = self.bind(syntax::parse(text));
        Check::new(bound, diagnostics)
    }

    /// Binds a query: the tree, what the binder gave if the text is KQL, and every finding by its place.
    fn bind(&self, parsed: Parsed) -> (ast::QueryBlock, Option<Bound>, Vec<Diagnostic>) {
        let broken = !parsed.diagnostics.is_empty();
        let mut bound = bind::bind(&parsed.tree, self, self.registry(), &[]);
        let mut diagnostics = parsed.diagnostics;
        let mut found = std::mem::take(&mut bound.diagnostics);
        if broken {
            // What a broken text means is a guess: only what is not supported is worth telling beside it.
            found.retain(|it| it.code == Code::Unsupported);
        }
        diagnostics.extend(found);
        diagnostics.sort_by_key(|it| (it.span().start, it.span().end));
        diagnostics.dedup();
        (parsed.tree, Some(bound).filter(|_| !broken), diagnostics)
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
