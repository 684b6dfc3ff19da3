//! Compiles, checks and formats query texts. It must not know how a query is run.

use super::{Check, CompileOptions, Database, Error, Query};
use crate::bind::{self, BindLimits, Bound};
use crate::complete::{self, Completions};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::{self, Parsed, ast};

impl Database {
    /// Compiles a query against the tables and functions that there are now.
    ///
    /// # Errors
    /// Every mistake in the query: syntax, names, types, and what is not supported yet.
    pub fn compile(&self, text: &str) -> Result<Query, Error> {
        self.compile_with(text, &CompileOptions::default())
    }

    /// Compiles a query, within other limits.
    ///
    /// # Errors
    /// Every mistake in the query, and the limit that it reaches.
    pub fn compile_with(&self, text: &str, options: &CompileOptions) -> Result<Query, Error> {
        match too_long(text, options) {
            Some(diagnostic) => Err(Error::new(vec![diagnostic], text.into())),
            None => self.compile_parsed(syntax::parse(text), text, options),
        }
    }

    /// Compiles a tree whose places point into the text.
    pub(super) fn compile_parsed(
        &self,
        parsed: Parsed,
        text: &str,
        options: &CompileOptions,
    ) -> Result<Query, Error> {
        let (tree, bound, mut diagnostics) = self.bind(parsed, text, false, options);
        let query = Query::new(text.into(), tree.into(), &bound, &self.registry, options);
        query.ok_or_else(|| {
            if let Some(code) = options.stop.reason().filter(|_| diagnostics.is_empty()) {
                diagnostics.push(Diagnostic::error(
                    code,
                    Span::default(),
                    "compiling the query took too long",
                ));
            }
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
        self.check_with(text, &CompileOptions::default())
    }

    /// Looks for every mistake in a query, within other limits.
    #[must_use]
    pub fn check_with(&self, text: &str, options: &CompileOptions) -> Check {
        let parsed = match too_long(text, options) {
            Some(diagnostic) => {
                Parsed { diagnostics: vec![diagnostic], broken: vec![0], ..syntax::parse("") }
            }
            None => syntax::parse(text),
        };
        let (_, bound, diagnostics) = self.bind(parsed, text, true, options);
        Check::new(bound, diagnostics)
    }

    /// What may stand at a place of a query text, the place given as bytes before it: tables, columns of the rows at that
    /// step, functions, operators, words, with what the reference says of them. The text may be broken, as it is while it
    /// is written.
    ///
    /// ```
    /// use kqlite::{CompileOptions, Database, ScalarType, Schema};
    /// let mut db = Database::new();
    /// db.declare("Logons", Schema::new([("User", ScalarType::String), ("Failures", ScalarType::Long)]));
    /// let text = "Logons | project Name = User | where ";
    /// let completions = db.complete(text, text.len(), &CompileOptions::default());
    /// assert_eq!(completions.items[0].label, "Name");
    /// assert_eq!(completions.items[0].detail.as_deref(), Some("string"));
    /// ```
    #[must_use]
    pub fn complete(&self, text: &str, offset: usize, options: &CompileOptions) -> Completions {
        if text.len() > options.limits.text_bytes {
            return Completions::default();
        }
        let limits = BindLimits { limits: options.limits, stop: &|| options.stop.reason() };
        complete::complete(text, offset, self, self.registry(), limits)
    }

    /// Binds a query: the tree, what the binder gave, and the findings by their place.
    fn bind(
        &self,
        parsed: Parsed,
        text: &str,
        references: bool,
        options: &CompileOptions,
    ) -> (ast::QueryBlock, Bound, Vec<Diagnostic>) {
        let mut diagnostics = parsed.diagnostics;
        let places = parsed.broken;
        let limits = BindLimits { limits: options.limits, stop: &|| options.stop.reason() };
        let mut bound = bind::bind_readable(&parsed.tree, &places, references, self, self.registry(), limits);
        if !places.is_empty() {
            // What a broken text gives is a guess.
            bound.results = Vec::new();
            bound.columns = None;
        }
        diagnostics.append(&mut bound.diagnostics);
        diagnostics.sort_by_key(|it| (it.span().start, it.span().end));
        diagnostics.dedup();
        let mut diagnostics = syntax::teach_comments(text, diagnostics);
        let most = options.limits.diagnostics;
        let more = bound.more_diagnostics + diagnostics.len().saturating_sub(most);
        if more > 0 {
            diagnostics.truncate(most);
            let end = diagnostics.last().map(Diagnostic::span).unwrap_or_default();
            let message = format!("there are more mistakes than are told here: at least {more}");
            let is_ok = !bound.results.is_empty() || bound.pending.is_some();
            let make = if is_ok { Diagnostic::warning } else { Diagnostic::error };
            diagnostics.push(make(Code::LimitExceeded, end, message));
        }
        (parsed.tree, bound, diagnostics)
    }
}

/// The error of a text that is longer than the limit.
fn too_long(text: &str, options: &CompileOptions) -> Option<Diagnostic> {
    let most = options.limits.text_bytes;
    let message = || format!("the query is {} bytes long; {most} are allowed", text.len());
    (text.len() > most).then(|| Diagnostic::error(Code::TooLong, Span::default(), message()))
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
