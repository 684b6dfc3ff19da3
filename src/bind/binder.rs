//! The state of binding one query, and its limits. It must not know what is bound.

use std::collections::HashMap;
use std::sync::Arc;

use super::bound::{PendingColumns, QueryParameter};
use super::catalog::Catalog;
use super::limits::{BindLimits, CompileBudget};
use super::outline::Recorder;
use super::place::PlaceProbe;
use super::readable::Readable;
use super::references::{ReferenceKind, References};
use super::scope::Columns;
use super::window;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::function::Registry;
use crate::plan::{ConstantFolder, Expr, Lookback, Node, Plan};
use crate::source::Span;
use crate::types::{ScalarType, Schema, Value};

/// Calls of user functions that one query may expand to.
pub(super) const MAX_EXPANSIONS: usize = 5_000;
/// How deep calls of user functions may be nested.
pub(super) const MAX_CALL_DEPTH: usize = 32;
/// How deep an expression may be nested, the bodies of user functions included.
pub(super) const MAX_NESTING: usize = 250;
/// How deep the value of a variable may be, its own variables included.
pub(super) const MAX_VARIABLE_DEPTH: usize = 300;

/// The state of binding one query.
pub(super) struct Binder<'a> {
    pub catalog: &'a dyn Catalog,
    pub registry: &'a Registry,
    pub diagnostics: Vec<Diagnostic>,
    /// How many findings were left out, since there are enough.
    pub more: usize,
    /// One of these is an error.
    pub has_untold_error: bool,
    /// What may still be used.
    pub budget: CompileBudget<'a>,
    /// Above zero: diagnostics are dropped, since the text was reported on already.
    pub muted: usize,
    /// Computes what is known.
    pub folder: ConstantFolder,
    /// The columns of the tables of the database that were named.
    pub tables: HashMap<String, Columns>,
    /// The plans of `let` tables, by identity, so that two uses share one node.
    pub shared: HashMap<usize, Arc<Plan>>,
    pub next_shared: usize,
    /// A table that was named has times of ingestion.
    pub has_ingestion_times: bool,
    /// The shared parts, by their numbers, with the times of ingestion of their rows.
    pub carried_shared: HashMap<usize, Arc<Plan>>,
    /// The number of the next `Column1`.
    pub default_name: usize,
    /// Calls of user functions expanded so far.
    pub expansions: usize,
    /// How deep the call at hand is nested in calls of user functions.
    pub depth: usize,
    /// How deep the expression at hand is nested, user functions included.
    pub nesting: usize,
    /// The depth of the deepest table that the operator at hand reads beside its input.
    pub nested_depth: usize,
    pub parameters: Vec<QueryParameter>,
    /// The number of the next scope of rows that a body is given.
    pub next_scope: usize,
    /// How many bodies the operator at hand is in.
    pub in_body: usize,
    /// Above zero: a function is declared, of whose arguments only the types are known.
    pub declaring: usize,
    /// What `set` statements gave so far to options, by their names in lower case.
    pub options: HashMap<String, (Value, ScalarType)>,
    /// The columns of plugins that were found out.
    pub resolved: &'a [Schema],
    /// How many plugins were met whose columns must be found out.
    pub sites: usize,
    /// The first of them whose columns are not known yet.
    pub pending: Option<PendingColumns>,
    /// Records what the author wrote, if the query is to be explained.
    pub recorder: Recorder,
    /// Records what names mean, if somebody wants to know.
    pub references: References,
    /// Finds out what may be named at a place, if somebody wants to know.
    pub probe: PlaceProbe,
    /// How far the text looks back, if somebody wants to know.
    pub lookbacks: Vec<Lookback>,
    /// How many calls of stored functions the text at hand is in.
    pub in_stored: usize,
    /// Operators that pass over the case of texts mind it: `search kind=case_sensitive`.
    pub minds_case: bool,
    /// Where the text has syntax errors.
    pub readable: Readable<'a>,
    /// Nobody runs the query: what is not here is no mistake.
    pub is_check: bool,
}

impl<'a> Binder<'a> {
    pub fn new(
        catalog: &'a dyn Catalog,
        registry: &'a Registry,
        resolved: &'a [Schema],
        syntax_errors: &'a [u32],
        limits: BindLimits<'a>,
    ) -> Self {
        Self {
            catalog,
            registry,
            diagnostics: Vec::new(),
            more: 0,
            has_untold_error: false,
            budget: CompileBudget::new(limits),
            muted: 0,
            folder: ConstantFolder::new(limits.limits.folded_bytes),
            tables: HashMap::new(),
            shared: HashMap::new(),
            next_shared: 0,
            has_ingestion_times: false,
            carried_shared: HashMap::new(),
            default_name: 1,
            expansions: 0,
            depth: 0,
            nesting: 0,
            nested_depth: 0,
            parameters: Vec::new(),
            next_scope: 0,
            in_body: 0,
            declaring: 0,
            options: HashMap::new(),
            resolved,
            sites: 0,
            pending: None,
            recorder: Recorder::default(),
            references: References::default(),
            probe: PlaceProbe::default(),
            lookbacks: Vec::new(),
            in_stored: 0,
            minds_case: false,
            readable: Readable::new(syntax_errors),
            is_check: false,
        }
    }

    /// Binds a part of the text.
    pub fn in_part<T>(&mut self, part: Readable<'a>, bind: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.readable, part);
        let result = bind(self);
        self.readable = outer;
        result
    }

    /// Notes a name that means something.
    pub fn refers(&mut self, kind: ReferenceKind, name: &str, span: Span) {
        self.note_reference(kind, name, span, true);
    }

    /// Notes a name that means nothing that is there.
    pub fn refers_to_unknown(&mut self, kind: ReferenceKind, name: &str, span: Span) {
        self.note_reference(kind, name, span, false);
    }

    fn note_reference(&mut self, kind: ReferenceKind, name: &str, span: Span, is_known: bool) {
        // The body of a stored function is another text.
        if self.in_stored == 0 {
            self.references.add(kind, name, span, is_known);
        }
    }

    /// Notes how far a call looks back.
    pub fn note_lookback(&mut self, call: &Expr) {
        if self.is_check && self.in_stored == 0 {
            self.lookbacks.extend(Lookback::of(call, |by| self.folder.fold(by)));
        }
    }

    pub fn report(&mut self, diagnostic: Diagnostic) {
        if self.muted == 0
            && !self.readable.hides(diagnostic.code, diagnostic.span())
            && !self.diagnostics.contains(&diagnostic)
            && self.has_room_for(diagnostic.severity)
        {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Says whether an error is wanted, so that it is worth the making; one that is not is counted.
    pub fn has_room(&mut self) -> bool {
        self.muted == 0 && self.has_room_for(Severity::Error)
    }

    fn has_room_for(&mut self, severity: Severity) -> bool {
        let has_room = self.diagnostics.len() < self.budget.limits.diagnostics;
        if !has_room {
            self.more += 1;
            self.has_untold_error |= severity == Severity::Error;
        }
        has_room
    }

    /// Takes nodes of the plan from what is left; `false` where there are too many.
    pub fn spend_nodes(&mut self, nodes: usize, span: Span) -> bool {
        let spent = self.budget.spend_nodes(nodes);
        self.is_within(spent, span)
    }

    /// Takes the columns of an operator from what is left; `false` where there are too many.
    pub fn spend_columns(&mut self, columns: usize, span: Span) -> bool {
        let spent = self.budget.spend_columns(columns);
        self.is_within(spent, span)
    }

    /// Reports a limit that was reached, once, however many findings there are.
    fn is_within(&mut self, spent: Result<(), (Code, String)>, span: Span) -> bool {
        if let Err((code, message)) = spent
            && !std::mem::replace(&mut self.budget.is_over, true)
        {
            // Inside the body of a stored function the text is another one.
            let span = if self.in_stored > 0 { Span::default() } else { span };
            self.diagnostics.push(
                Diagnostic::error(code, span, message)
                    .help("split the query, or give CompileOptions other limits"),
            );
        }
        !self.budget.is_over
    }

    pub fn error(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.report(Diagnostic::error(code, span, message));
    }

    /// Reports what would not end well, also where other mistakes are not told.
    pub fn too_deep(&mut self, span: Span, message: impl Into<String>) {
        let muted = std::mem::take(&mut self.muted);
        self.error(Code::TooDeep, span, message);
        self.muted = muted;
    }

    pub fn unsupported(&mut self, span: Span, what: &str, name: &str) {
        self.report(Diagnostic::unsupported(span, what, name));
    }

    /// A node over known columns.
    pub fn plan(node: Node, columns: &Columns, span: Span) -> Arc<Plan> {
        Arc::new(window::hoist(Plan::new(node, columns.schema(), span)))
    }
}
