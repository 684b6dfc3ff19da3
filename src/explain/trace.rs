//! A run whose every intermediate table is kept, with the rows that each row came from: node by node, each one rewritten
//! to carry row numbers and run by the ordinary operators over the tables that its inputs gave.
//! It must not know the query's text, nor what is told of the run.

use std::collections::HashMap;
use std::sync::Arc;

use super::carry::{Lineage, carry, values};
use crate::column::{NO_ROW, Table};
use crate::diagnostic::{Code, Diagnostic};
use crate::exec::{Run, execute};
use crate::function::{Failure, Result};
use crate::plan::{Expr, JoinKind, Node, Plan};
use crate::source::Span;
use crate::types::{Dynamic, ScalarType, Schema, Value};

/// The number of a relation in its trace.
pub(super) type RelationId = usize;

/// The rows that one node of the plan gave.
pub(super) struct Relation {
    /// The node, its subqueries in place of their values.
    pub plan: Arc<Plan>,
    /// What it read.
    pub inputs: Vec<RelationId>,
    /// The subqueries in its expressions.
    pub subqueries: Vec<Subquery>,
    /// Its rows.
    pub table: Table,
    /// Where they came from.
    pub lineage: Lineage,
}

/// A subquery in an expression.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subquery {
    /// Its rows.
    pub relation: RelationId,
    /// Its first column is a list; otherwise its first cell is a value.
    pub list: bool,
}

/// Everything that happened in a run.
pub(super) struct Trace<'a> {
    /// What ran the plan, and runs more of it where questions are asked.
    pub run: &'a Run<'a>,
    /// Inputs before the nodes that read them.
    pub relations: Vec<Relation>,
    /// The relation of the result.
    pub root: RelationId,
    /// Shared parts by number.
    shared: HashMap<usize, RelationId>,
    /// Values of subqueries by the address of their plan, which the caller keeps.
    subqueries: HashMap<usize, (Subquery, Value)>,
    /// Bytes of the tables that are kept.
    held: usize,
    depth: usize,
}

impl<'a> Trace<'a> {
    /// Runs a plan, all of it: a `take` does not stop the operators before it.
    pub fn new(plan: &Arc<Plan>, run: &'a Run<'a>) -> Result<Self> {
        let mut trace = Self {
            run,
            relations: Vec::new(),
            root: 0,
            shared: HashMap::new(),
            subqueries: HashMap::new(),
            held: 0,
            depth: 0,
        };
        trace.root = trace.relation_of(plan)?;
        Ok(trace)
    }

    /// The relation of a number.
    pub fn relation(&self, id: RelationId) -> &Relation {
        &self.relations[id]
    }

    /// The rows of an input of a relation.
    pub fn input(&self, relation: &Relation, at: usize) -> Option<&Relation> {
        relation.inputs.get(at).map(|id| self.relation(*id))
    }

    fn relation_of(&mut self, plan: &Arc<Plan>) -> Result<RelationId> {
        if let Node::Shared { id, .. } = &plan.node
            && let Some(known) = self.shared.get(id)
        {
            return Ok(*known);
        }
        let mut subqueries = Vec::new();
        for expr in plan.exprs() {
            self.run_subqueries(expr, &mut subqueries)?;
        }
        // A join reads its right side first.
        let mut inputs = Vec::new();
        for input in plan.inputs().into_iter().rev() {
            inputs.push(self.relation_of(input)?);
        }
        inputs.reverse();
        let resolved = if subqueries.is_empty() { plan.clone() } else { Arc::new(self.resolved_plan(plan)) };
        let (table, lineage) = self.run_node(&resolved, &inputs)?;
        self.hold(&resolved, table.byte_size() + lineage.byte_size())?;
        // The plan stays the one that was bound, by which the author's operators are found again.
        self.relations.push(Relation { plan: plan.clone(), inputs, subqueries, table, lineage });
        let id = self.relations.len() - 1;
        if let Node::Shared { id: number, .. } = &plan.node {
            self.shared.insert(*number, id);
        }
        Ok(id)
    }

    fn run_node(&self, plan: &Plan, inputs: &[RelationId]) -> Result<(Table, Lineage)> {
        let tables: Vec<&Table> = inputs.iter().map(|id| &self.relation(*id).table).collect();
        if let (Node::Shared { .. } | Node::Visualize { .. }, [table]) = (&plan.node, tables.as_slice()) {
            let rows = u32::try_from(table.len()).unwrap_or(u32::MAX);
            return Ok(((*table).clone(), Lineage::Each((0..rows).collect())));
        }
        let carried = carry(plan, &tables);
        Ok(carried.split(&execute(&carried.plan, self.run)?))
    }

    fn hold(&mut self, plan: &Plan, bytes: usize) -> Result<()> {
        self.held = self.held.saturating_add(bytes);
        let most = self.run.limits.bytes;
        if self.held <= most {
            return Ok(());
        }
        Err(limit(plan, format!("the intermediate tables need more memory than the limit of {most} bytes")))
    }

    fn run_subqueries(&mut self, expr: &Expr, found: &mut Vec<Subquery>) -> Result<()> {
        let mut todo = Vec::new();
        expr.visit(&mut |it| match it {
            Expr::Subquery { plan, kind } => todo.push((plan.clone(), Some(*kind))),
            Expr::ListSubquery { plan } => todo.push((plan.clone(), None)),
            _ => {}
        });
        for (plan, kind) in todo {
            let key = Arc::as_ptr(&plan) as usize;
            let known = self.subqueries.get(&key).map(|(subquery, _)| *subquery);
            let subquery = match known {
                Some(known) => known,
                None => {
                    self.depth += 1;
                    let most = self.run.limits.depth;
                    if self.depth > most {
                        return Err(limit(
                            &plan,
                            format!("{} is nested deeper than the limit of {most}", plan.name()),
                        ));
                    }
                    let relation = self.relation_of(&plan)?;
                    self.depth -= 1;
                    let subquery = Subquery { relation, list: kind.is_none() };
                    let value = self.value_of(relation, kind);
                    self.subqueries.insert(key, (subquery, value));
                    subquery
                }
            };
            found.push(subquery);
        }
        Ok(())
    }

    /// The first cell, or the first column as an array.
    fn value_of(&self, relation: RelationId, kind: Option<ScalarType>) -> Value {
        let table = &self.relation(relation).table;
        let column = table.columns().first();
        match kind {
            Some(kind) => column
                .filter(|_| !table.is_empty())
                .map_or_else(|| Value::null_of(kind), |column| column.value(0).convert(kind)),
            None => {
                let items = column.map(|column| column.values().map(|it| Dynamic::from_value(&it)).collect());
                Value::Dynamic(Dynamic::array(items.unwrap_or_default()))
            }
        }
    }

    fn resolved_plan(&self, plan: &Plan) -> Plan {
        let mut plan = plan.clone();
        for expr in plan.exprs_mut() {
            *expr = self.resolved(expr);
        }
        plan
    }

    /// The expression with the values of its subqueries in their place.
    pub fn resolved(&self, expr: &Expr) -> Expr {
        match expr {
            Expr::Subquery { plan, kind } => Expr::literal(self.value_of_plan(plan), *kind),
            Expr::ListSubquery { plan } => Expr::literal(self.value_of_plan(plan), ScalarType::Dynamic),
            Expr::Call { function, arguments, returns, output, span } => Expr::Call {
                function,
                arguments: arguments.iter().map(|argument| self.resolved(argument)).collect(),
                returns: returns.clone(),
                output: *output,
                span: *span,
            },
            Expr::Literal { .. } | Expr::Column { .. } | Expr::Parameter { .. } => expr.clone(),
        }
    }

    /// The relation of a subquery in an expression.
    pub fn subquery(&self, plan: &Arc<Plan>) -> Option<RelationId> {
        self.subqueries.get(&(Arc::as_ptr(plan) as usize)).map(|(subquery, _)| subquery.relation)
    }

    fn value_of_plan(&self, plan: &Arc<Plan>) -> Value {
        let known = self.subqueries.get(&(Arc::as_ptr(plan) as usize));
        known.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// The values of expressions for one row of a relation.
    pub fn evaluate(&self, relation: &Relation, row: usize, exprs: &[&Expr]) -> Result<Vec<Value>> {
        // What looks at other rows needs them all.
        let whole = exprs.iter().any(|expr| expr.has_window());
        let one = || Table::from_chunks(relation.plan.schema.clone(), &[relation.table.chunk(row, 1)]);
        let rows = if whole { relation.table.clone() } else { one() };
        let table = self.project(&rows, exprs)?;
        Ok(table.row(if whole { row } else { 0 }))
    }

    /// A column for each expression.
    fn project(&self, rows: &Table, exprs: &[&Expr]) -> Result<Table> {
        let columns: Vec<Expr> = exprs.iter().map(|expr| self.resolved(expr)).collect();
        let schema = Schema::new(columns.iter().map(|expr| ("", expr.scalar_type())));
        let node = Node::Project { input: values(rows.clone()), columns };
        execute(&Plan::new(node, schema, Span::default()), self.run)
    }

    /// How many left rows of a join have a partner.
    pub fn with_partner(&self, join: &Relation) -> Result<usize> {
        let (Node::Join { keys, .. }, Some(left), Some(right)) =
            (&join.plan.node, self.input(join, 0), self.input(join, 1))
        else {
            return Ok(0);
        };
        let keys = keys.iter().map(|(left, right)| (self.resolved(left), self.resolved(right))).collect();
        let (left, right) = (values(left.table.clone()), values(right.table.clone()));
        let schema = left.schema.clone();
        let node = Node::Join { kind: JoinKind::LeftSemi, left, right, keys };
        Ok(execute(&Plan::new(node, schema, join.plan.span), self.run)?.len())
    }

    /// The rows of one table whose key is that of one of some rows of another table; the keys are given for both.
    pub fn partners(
        &self,
        (from, rows, from_keys): (&Table, Vec<u32>, &[&Expr]),
        (to, to_keys): (&Table, &[&Expr]),
        span: Span,
    ) -> Result<Vec<usize>> {
        let keys = from_keys.iter().zip(to_keys);
        let keys = keys.map(|(from, to)| (self.resolved(from), self.resolved(to))).collect();
        let from = selected(from, rows);
        let (left, right, schema) = (values(from.clone()), values(to.clone()), to.schema().clone());
        let node = Node::Join { kind: JoinKind::RightSemi, left, right, keys };
        let carried = carry(&Plan::new(node, schema, span), &[&from, to]);
        match carried.split(&execute(&carried.plan, self.run)?).1 {
            Lineage::Each(rows) => Ok(rows.into_iter().map(|row| row as usize).collect()),
            _ => Ok(Vec::new()),
        }
    }
}

impl Relation {
    /// The input rows that a row came from: the number of the input, and the row in it.
    pub fn parents(&self, row: usize, trace: &Trace<'_>) -> Vec<(usize, usize)> {
        match &self.lineage {
            Lineage::Source => Vec::new(),
            Lineage::Each(rows) => {
                rows.get(row).map(|&row| self.place(row as usize, trace)).into_iter().collect()
            }
            Lineage::Pair(left, right) => [left, right]
                .into_iter()
                .enumerate()
                .filter_map(|(side, rows)| Some((side, *rows.get(row)?)))
                .filter(|(_, row)| *row != NO_ROW)
                .map(|(side, row)| (side, row as usize))
                .collect(),
            Lineage::Groups { starts, rows } => {
                let range = |at: usize| starts.get(at).map_or(rows.len(), |start| *start as usize);
                let group = rows.get(range(row)..range(row + 1)).unwrap_or_default();
                group.iter().map(|&row| (0, row as usize)).collect()
            }
        }
    }

    /// The input, and the row in it, of a row counted one input after the other.
    fn place(&self, row: usize, trace: &Trace<'_>) -> (usize, usize) {
        // The right side's rows come out of these.
        if let Node::Join { kind: JoinKind::RightSemi | JoinKind::RightAnti, .. } = &self.plan.node {
            return (1, row);
        }
        if let Node::Join { .. } = &self.plan.node {
            return (0, row);
        }
        let mut left = row;
        for (at, input) in self.inputs.iter().enumerate() {
            let len = trace.relation(*input).table.len();
            if left < len {
                return (at, left);
            }
            left -= len;
        }
        (0, row)
    }
}

fn selected(table: &Table, rows: Vec<u32>) -> Table {
    Table::from_chunks(table.schema().clone(), &[table.chunk(0, table.len()).select(rows)])
}

fn limit(plan: &Plan, message: String) -> Failure {
    Box::new(Diagnostic::error(Code::LimitExceeded, plan.span, message))
}
