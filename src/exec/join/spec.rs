//! What one join does, as its strategies see it.

use std::sync::Arc;

use super::super::context::{ExecContext, Site};
use super::super::eval::Program;
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
    pub(super) keys: Arc<Program>,
}
