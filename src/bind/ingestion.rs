//! Brings the hidden times of ingestion of tables to the operators that ask for them: these times go through all that is
//! between as one more column, and the operator's result is without it. It must not know what operators do.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::binder::Binder;
use super::scope::{BoundColumn, Columns, Rows};
use crate::function::Semantics;
use crate::plan::{Expr, JoinKind, Node, OutputColumn, Plan, UnnestOutput};
use crate::source::Span;
use crate::syntax::SyntaxNode;
use crate::syntax::ast::{Expression, QueryOperator};
use crate::types::{CARRIED_INGESTION_TIME, ColumnSchema, INGESTION_TIME, ScalarType, Value};

/// Whether a column of a table holds the times of ingestion.
pub(super) fn is_ingestion_time(column: &ColumnSchema) -> bool {
    &*column.name == INGESTION_TIME && column.data_type == ScalarType::DateTime
}

impl Binder<'_> {
    /// The rows for an operator, with the times of ingestion if it asks for them and they are known, and whether they are.
    pub(super) fn with_ingestion_times(
        &mut self,
        operator: &QueryOperator,
        rows: Option<Rows>,
    ) -> (Option<Rows>, bool) {
        let Some(rows) = rows else { return (None, false) };
        if !self.has_ingestion_times || !self.asks_for_ingestion_time(operator) {
            return (Some(rows), false);
        }
        let mut made = Vec::new();
        let Some(plan) = self.carry(&rows.plan, &mut made) else { return (Some(rows), false) };
        self.recorder.replaced(&made);
        let carried =
            BoundColumn { name: CARRIED_INGESTION_TIME.into(), data_type: Some(ScalarType::DateTime) };
        let list = rows.columns.list.iter().cloned().chain([carried]).collect();
        let columns = Columns { list, open: rows.columns.open };
        (Some(Rows { plan, columns, ..rows }), true)
    }

    /// The result of an operator that was given times of ingestion, without them.
    pub(super) fn without_ingestion_times(rows: Rows, span: Span) -> Rows {
        let is_seen = |column: &BoundColumn| &*column.name != CARRIED_INGESTION_TIME;
        if rows.columns.list.iter().all(is_seen) {
            return rows;
        }
        let list = rows.columns.list.iter().enumerate();
        let places: Vec<usize> = list.filter(|(_, column)| is_seen(column)).map(|(at, _)| at).collect();
        let source = rows.source.clone();
        Rows { source, ..Self::keep_columns(&rows, &places, span) }
    }

    fn asks_for_ingestion_time(&self, operator: &QueryOperator) -> bool {
        operator.nodes().any(|node| match node {
            SyntaxNode::Expression(Expression::Call(call)) => {
                let function = self.registry.scalar(&call.name.text);
                function.is_some_and(|it| it.semantics == Semantics::IngestionTime)
            }
            _ => false,
        })
    }

    /// The plan with the times of ingestion of its rows as one more column, the last; `None` where it is not known what they
    /// are. `made` takes the plans down that others were put in place of.
    fn carry(&mut self, plan: &Arc<Plan>, made: &mut Vec<(Arc<Plan>, Arc<Plan>)>) -> Option<Arc<Plan>> {
        if !self.spend_nodes(1 + plan.schema.len(), plan.span) {
            return None;
        }
        let width = plan.inputs().first().map_or(0, |input| input.schema.len());
        let time = || Expr::column(width, ScalarType::DateTime);
        let mut carried = Plan::clone(plan);
        let mut name = CARRIED_INGESTION_TIME;
        match &mut carried.node {
            Node::Scan { table } => {
                if !self.catalog.table(table)?.columns.iter().any(is_ingestion_time) {
                    return None;
                }
                name = INGESTION_TIME;
            }
            // What is no row of a table has no such time: it is null.
            Node::Values { .. } | Node::External { .. } | Node::Range { .. } | Node::Aggregate { .. } => {
                return Some(with_null(plan));
            }
            Node::Filter { input, .. }
            | Node::Sort { input, .. }
            | Node::TopN { input, .. }
            | Node::Limit { input, .. }
            | Node::Visualize { input, .. } => *input = self.carry(input, made)?,
            Node::Project { input, columns } => {
                *input = self.carry(input, made)?;
                columns.push(time());
            }
            Node::Unnest { input, layout, .. } => {
                *input = self.carry(input, made)?;
                layout.push(UnnestOutput::Input(width));
            }
            Node::Parse { input, layout, .. } => {
                *input = self.carry(input, made)?;
                layout.push(OutputColumn::Input(width));
            }
            Node::Union { inputs } => {
                for input in inputs {
                    *input = self.carry(input, made)?;
                }
            }
            Node::Shared { input, id } => {
                if let Some(known) = self.carried_shared.get(id) {
                    return Some(known.clone());
                }
                // Computed once more, it would give other numbers.
                let mut is_random = false;
                input.walk_once(&mut |it| {
                    is_random |= it.exprs().into_iter().any(Expr::is_volatile);
                    ControlFlow::Continue(())
                });
                if is_random {
                    return None;
                }
                let own = *id;
                *input = self.carry(input, made)?;
                *id = self.next_shared;
                self.next_shared += 1;
                push_time(&mut carried, name);
                let carried = Arc::new(carried);
                self.carried_shared.insert(own, carried.clone());
                made.push((plan.clone(), carried.clone()));
                return Some(carried);
            }
            Node::Join { kind, left, .. } => match kind {
                JoinKind::LeftSemi | JoinKind::LeftAnti => *left = self.carry(left, made)?,
                // Of two rows that were joined it is not known whose time it is.
                JoinKind::InnerUnique
                | JoinKind::Inner
                | JoinKind::LeftOuter
                | JoinKind::RightOuter
                | JoinKind::FullOuter
                | JoinKind::RightSemi
                | JoinKind::RightAnti => return None,
            },
            // A sample that were drawn twice would be another one.
            Node::Sample { .. }
            | Node::Apply { .. }
            | Node::MatchSteps { .. }
            | Node::Outer { .. }
            | Node::Plugin { .. } => return None,
        }
        push_time(&mut carried, name);
        let carried = Arc::new(carried);
        made.push((plan.clone(), carried.clone()));
        Some(carried)
    }
}

fn push_time(plan: &mut Plan, name: &str) {
    let column = ColumnSchema { name: name.into(), data_type: ScalarType::DateTime };
    Arc::make_mut(&mut plan.schema).columns.push(column);
}

/// The plan with a null for each row.
fn with_null(plan: &Arc<Plan>) -> Arc<Plan> {
    let own = plan.schema.columns.iter().enumerate();
    let mut columns: Vec<Expr> = own.map(|(at, column)| Expr::column(at, column.data_type)).collect();
    columns.push(Expr::literal(Value::Null, ScalarType::DateTime));
    let node = Node::Project { input: plan.clone(), columns };
    let mut projected = Plan::new(node, plan.schema.clone(), plan.span);
    push_time(&mut projected, CARRIED_INGESTION_TIME);
    Arc::new(projected)
}
