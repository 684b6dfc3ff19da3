//! What one aggregation does, as its strategies see it.

use super::super::context::{ExecContext, Site};
use super::super::eval::Program;
use super::super::parallel::in_any_order;
use crate::function::{Accumulator, AggregateCall, Result};
use crate::plan::{AggregateExpr, Expr, Plan};
use crate::types::{ScalarType, Schema};

/// The keys and aggregates of one operator, compiled.
pub(in crate::exec) struct AggregateSpec<'a> {
    pub(super) input: &'a Plan,
    pub(super) schema: &'a Schema,
    /// Computes the keys, then the arguments of every aggregate.
    pub(super) program: Program,
    pub(super) key_types: Vec<ScalarType>,
    pub(super) aggregates: &'a [AggregateExpr],
    /// The rows may be taken in several parts at once.
    pub(super) in_any_order: bool,
    /// The groups come in the order of their first rows.
    pub(super) ordered: bool,
    pub(super) context: &'a ExecContext<'a>,
    pub(super) at: Site,
}

impl<'a> AggregateSpec<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        input: &'a Plan,
        keys: &'a [Expr],
        aggregates: &'a [AggregateExpr],
        context: &'a ExecContext<'a>,
    ) -> Result<Self> {
        let exprs = || keys.iter().chain(aggregates.iter().flat_map(|aggregate| &aggregate.arguments));
        Ok(Self {
            input,
            schema: &plan.schema,
            program: Program::new(context, exprs())?,
            key_types: keys.iter().map(Expr::scalar_type).collect(),
            aggregates,
            in_any_order: in_any_order(exprs()),
            ordered: !plan.any_order,
            context,
            at: Site::of(plan),
        })
    }

    /// How many arguments the aggregates have together.
    pub(super) fn arguments(&self) -> usize {
        self.aggregates.iter().map(|it| it.arguments.len()).sum()
    }

    /// An empty accumulator for an aggregate.
    pub(super) fn accumulator(&self, aggregate: &AggregateExpr) -> Result<Box<dyn Accumulator>> {
        let arguments: Vec<ScalarType> = aggregate.arguments.iter().map(Expr::scalar_type).collect();
        (aggregate.function.accumulator)(&AggregateCall {
            name: &aggregate.function.name,
            arguments: &arguments,
            constants: &aggregate.constants,
            returns: &aggregate.returns,
            context: self.context.run.context,
            span: aggregate.span,
        })
    }
}
