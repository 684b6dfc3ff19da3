//! How much compiling one query may use, and what of it is left. It must not know what is bound.

use std::cell::Cell;

use crate::diagnostic::Code;

/// How much compiling a query may use. Each limit is an error of the query, save for the last two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CompileLimits {
    /// The most bytes of the text; more than 4 MB are never read.
    pub text_bytes: usize,
    /// The most nodes of expressions and operators in the plan, those that variables and functions expand to included.
    pub nodes: usize,
    /// The most columns of all operators together.
    pub columns: usize,
    /// The most bytes of values that are computed before the run. What is beyond it is computed in the run.
    pub folded_bytes: usize,
    /// The most diagnostics that are told; a last one tells how many more there are.
    pub diagnostics: usize,
}

impl Default for CompileLimits {
    /// 4 MB of text, a million nodes, two million columns, 16 MB of values, 100 diagnostics.
    fn default() -> Self {
        Self {
            text_bytes: 4 << 20,
            nodes: 1_000_000,
            columns: 2_000_000,
            folded_bytes: 16 << 20,
            diagnostics: 100,
        }
    }
}

/// The limits of binding, and whether it is to end: the code of the error then.
#[derive(Clone, Copy)]
pub struct BindLimits<'a> {
    /// How much it may use.
    pub limits: CompileLimits,
    /// Asked now and then.
    pub stop: &'a dyn Fn() -> Option<Code>,
}

impl BindLimits<'_> {
    /// Limits without an end in time.
    #[must_use]
    pub fn of(limits: CompileLimits) -> Self {
        Self { limits, stop: &|| None }
    }
}

/// What is left of the limits.
pub(super) struct CompileBudget<'a> {
    pub limits: CompileLimits,
    stop: &'a dyn Fn() -> Option<Code>,
    nodes: usize,
    columns: usize,
    ticks: u8,
    /// A limit was reached: nothing more is bound.
    pub is_over: bool,
    /// How much names may still be compared, to ask whether another was meant.
    pub suggestions: Cell<usize>,
}

/// What comparing names may cost, in products of their lengths.
const SUGGESTION_WORK: usize = 1 << 26;

impl<'a> CompileBudget<'a> {
    pub fn new(given: BindLimits<'a>) -> Self {
        let BindLimits { limits, stop } = given;
        let suggestions = Cell::new(SUGGESTION_WORK);
        Self { limits, stop, nodes: 0, columns: 0, ticks: 0, is_over: false, suggestions }
    }

    /// Takes nodes; the error if there are too many, or if it is time to stop.
    pub fn spend_nodes(&mut self, nodes: usize) -> Result<(), (Code, String)> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > self.limits.nodes {
            let most = self.limits.nodes;
            return Err((
                Code::LimitExceeded,
                format!(
                    "the query, with what its variables and functions expand to, is too large an expression: more than {most} nodes"
                ),
            ));
        }
        self.ticks = self.ticks.wrapping_add(1);
        if self.ticks == 0 { self.look() } else { Ok(()) }
    }

    /// Takes the columns of an operator; the error if there are too many.
    pub fn spend_columns(&mut self, columns: usize) -> Result<(), (Code, String)> {
        self.columns = self.columns.saturating_add(columns);
        if self.columns > self.limits.columns {
            let most = self.limits.columns;
            return Err((
                Code::LimitExceeded,
                format!("the operators of the query have more than {most} columns together"),
            ));
        }
        self.look()
    }

    fn look(&self) -> Result<(), (Code, String)> {
        match (self.stop)() {
            None => Ok(()),
            Some(code) => {
                let why = if code == Code::Cancelled { "was cancelled" } else { "took too long" };
                Err((code, format!("compiling the query {why}")))
            }
        }
    }
}
