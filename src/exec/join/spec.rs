//! What one join does, as its strategies see it.

use std::sync::Arc;

use super::super::context::{ExecContext, Site};
use super::super::eval::Program;
use crate::column::{Chunk, Column};
use crate::function::Result;
use crate::plan::{JoinKind, Plan};
use crate::types::{ScalarType, Schema};

/// A join, compiled. Right semi and anti joins are left ones with their sides exchanged.
#[derive(Clone)]
pub(super) struct JoinSpec<'a> {
    pub(super) kind: JoinKind,
    pub(super) key_types: Vec<ScalarType>,
    pub(super) left: Side<'a>,
    pub(super) right: Side<'a>,
    /// Nobody sees the order of the pairs.
    pub(super) any_order: bool,
    /// Rows may be put aside: their keys are the same when they are computed again.
    pub(super) spills: bool,
    /// How many threads may compute keys and pairs.
    pub(super) threads: usize,
    pub(super) context: &'a ExecContext<'a>,
    pub(super) at: Site,
}

/// One side of a join, and what its keys are.
#[derive(Clone)]
pub(super) struct Side<'a> {
    pub(super) plan: &'a Plan,
    /// The columns of its rows: those of the plan come first.
    pub(super) schema: Arc<Schema>,
    keys: Arc<Program>,
    /// The keys of its rows were computed before.
    again: bool,
}

impl<'a> Side<'a> {
    /// The rows of a plan.
    pub(super) fn new(plan: &'a Plan, keys: Program) -> Self {
        Self { plan, schema: plan.schema.clone(), keys: Arc::new(keys), again: false }
    }

    /// The same side for rows whose keys were computed before.
    pub(super) fn again(&self) -> Self {
        Self { again: true, ..self.clone() }
    }

    /// The same side for rows that have further columns.
    pub(super) fn with_columns(&self, schema: Schema) -> Self {
        Self { schema: Arc::new(schema), ..self.clone() }
    }

    /// The keys of rows.
    pub(super) fn keys(&self, context: &ExecContext<'_>, rows: &Chunk) -> Result<Vec<Column>> {
        if self.again { self.keys.run_again(context, rows) } else { self.keys.run(context, rows) }
    }
}
