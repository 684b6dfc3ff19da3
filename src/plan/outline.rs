//! What the author wrote beside the plan that came of it: operators, names, conditions. It must not know the text itself,
//! nor what is done with any of this.

use std::sync::Arc;

use super::{Expr, Plan};
use crate::source::Span;

/// The operators and names of a query, each with its plan. Recorded only when a query is to be explained.
#[derive(Debug, Clone, Default)]
pub struct Outline {
    /// Every operator, in the order in which they were bound; those in the bodies of functions once for each call.
    pub operators: Vec<Operator>,
    /// The tables that the bodies of functions read.
    pub sources: Vec<(Arc<Plan>, UserFunctionCall)>,
    /// What `let` and `as` called a table.
    pub names: Vec<(Arc<Plan>, String)>,
}

/// An operator that the author wrote.
#[derive(Debug, Clone)]
pub struct Operator {
    /// Its rows.
    pub plan: Arc<Plan>,
    /// The rows that were piped into it.
    pub input: Option<Arc<Plan>>,
    /// Its place, from the keyword on.
    pub span: Span,
    /// The function in whose body it stands.
    pub function: Option<UserFunctionCall>,
    /// What its rows must meet.
    pub conditions: Vec<Condition>,
}

/// A call of a user function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserFunctionCall {
    /// The function.
    pub name: Arc<str>,
    /// The function of the database whose declaration the spans point into; the query's own text where there is none.
    pub stored: Option<Arc<str>>,
}

/// A condition as it was written, with the expressions that it became.
#[derive(Debug, Clone)]
pub struct Condition {
    /// Its place.
    pub span: Span,
    /// The whole.
    pub expr: Expr,
    /// How it is made up.
    pub form: ConditionForm,
}

/// How a condition is made up.
#[derive(Debug, Clone)]
pub enum ConditionForm {
    /// True if all are.
    All(Vec<Condition>),
    /// True if one is.
    Any(Vec<Condition>),
    /// True if the other is false.
    Not(Box<Condition>),
    /// A comparison or any other call: what it looks at, each with its place.
    Of(Vec<(Span, Expr)>),
}
