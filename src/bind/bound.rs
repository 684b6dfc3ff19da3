//! What binding gives.

use std::sync::Arc;

use super::references::Reference;
use crate::diagnostic::Diagnostic;
use crate::plan::{Lookback, Outline, Plan};
use crate::types::{ScalarType, Value};

/// What binding gives.
#[derive(Debug)]
pub struct Bound {
    /// What the query gives, in order; nothing if there is an error. While a plugin's columns are pending these plans are
    /// there for what they read alone.
    pub results: Vec<BoundResult>,
    /// A plugin whose columns depend on its rows: the query must be bound again once they are known.
    pub pending: Option<PendingColumns>,
    /// The columns of the last result; a type is `None` where a mistake hides it.
    pub columns: Option<Vec<(String, Option<ScalarType>)>>,
    /// The declared query parameters.
    pub parameters: Vec<QueryParameter>,
    /// The findings, in no order, up to the limit.
    pub diagnostics: Vec<Diagnostic>,
    /// How many more findings there are, as far as they were counted.
    pub more_diagnostics: usize,
    /// What the author wrote, if it was to be recorded.
    pub outline: Option<Outline>,
    /// What the names in the text mean, by place, if it was to be recorded.
    pub references: Vec<Reference>,
    /// The spans of time that the text looks back, in no order, if it was to be recorded.
    pub lookbacks: Vec<Lookback>,
}

/// One of the tables that a query gives.
#[derive(Debug)]
pub struct BoundResult {
    /// The name that the query gives it.
    pub name: Option<String>,
    /// Its rows.
    pub plan: Arc<Plan>,
}

/// A plugin whose columns must be found out by running it.
#[derive(Debug)]
pub struct PendingColumns {
    /// Its node, over an input that is known.
    pub plan: Arc<Plan>,
}

/// A declared query parameter.
#[derive(Debug, Clone)]
pub struct QueryParameter {
    /// Its name.
    pub name: String,
    /// Its type.
    pub data_type: ScalarType,
    /// Its value if the caller gives none.
    pub default: Option<Value>,
}
