//! The plan: what a query does to tables, with names, types and overloads decided.
//! It must not know the syntax tree, nor how a node is executed.

mod expr;
mod fold;
mod lookback;
mod node;
mod outline;
mod tree;
mod walk;

pub use expr::Expr;
pub use fold::{ConstantFolder, fold};
pub use lookback::Lookback;
pub use node::{
    AggregateExpr, JoinKind, KeyValueRules, MatchStep, Node, OutputColumn, PairsBy, ParseColumn, ParseKind,
    ParseStep, Plan, RunsOver, SortKey, StateColumn, StepOutput, UnnestColumn, UnnestKind, UnnestOutput,
};
pub use outline::{Condition, ConditionForm, Operator, Outline, UserFunctionCall};
pub use tree::trees;
