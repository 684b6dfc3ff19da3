//! Runs a query so that every intermediate table is kept, with the lineage of its rows: node by node, each one rewritten to
//! carry row ids and run by the ordinary operators over the tables that its inputs gave.
//!
//! A node inside a body is run once for each run of the body, over the rows that its inputs have in that run; its relation
//! holds the rows of all runs, one run after the other.

use std::collections::HashMap;
use std::sync::Arc;

use super::row_ids::{RowLineage, values, with_row_ids};
use super::row_key::RowKey;
use crate::column::{Chunk, NO_ROW, Table};
use crate::diagnostic::{Code, Diagnostic};
use crate::exec::{Run, execute, run_plugin};
use crate::function::{Failure, Result, RowOrigins};
use crate::plan::{Expr, JoinKind, Node, OutputColumn, Plan, RunsOver};
use crate::source::Span;
use crate::types::{Dynamic, ScalarType, Schema, Value};

/// The number of a relation in its trace.
pub(super) type RelationId = usize;

/// Holds the rows that one node of the plan gave.
pub(super) struct Relation {
    /// The node as it was bound.
    pub plan: Arc<Plan>,
    /// The relations that it read. An Apply has the rows of its body, then the rows that the body was given.
    pub inputs: Vec<RelationId>,
    /// The relations that its expressions read.
    pub expr_inputs: Vec<ExprInput>,
    /// Its rows, those of all runs of a body.
    pub table: Table,
    /// The input rows that each of them was made of.
    pub lineage: RowLineage,
    /// Its rows' division among the runs of the body that it is in.
    pub runs: Option<RowsOfRuns>,
}

/// Divides the rows of a relation among the runs of a body.
pub(super) struct RowsOfRuns {
    /// The scope of the body.
    pub scope: usize,
    /// The first row of each run, and the number of rows: one more than there are runs.
    starts: Vec<usize>,
}

/// Names a relation that an expression reads.
#[derive(Debug, Clone, Copy)]
pub(super) struct ExprInput {
    /// Its rows.
    pub relation: RelationId,
    /// What the expression takes of them.
    pub usage: ExprUsage,
}

/// Says what an expression takes of the rows that it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExprUsage {
    /// The first cell, as a value.
    Value,
    /// The first column, as a list.
    List,
    /// A column of the rows that the body is given, in the first of them: the key of a subtable.
    RunKey,
}

/// Describes the body of an Apply, and its runs.
pub(super) struct BodyScope {
    /// The relation of the rows that the body is given.
    pub outer: RelationId,
    /// The Apply that runs it.
    pub apply: Arc<Plan>,
    /// The body reads the rows that it is given as a table, not only their key.
    pub reads_rows: bool,
    /// The number of runs.
    pub count: usize,
    /// The body around this one, and the run of it that each run is part of.
    parent: Option<(usize, Vec<usize>)>,
}

/// Identifies one run of a body, or the one run of what is in no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct BodyRun {
    scope: Option<usize>,
    run: usize,
}

/// Holds all relations of a run.
pub(super) struct Trace<'a> {
    /// What the plans were run with, and parts of them can be run again.
    pub run: &'a Run<'a>,
    /// The relations, inputs before the nodes that read them.
    pub relations: Vec<Relation>,
    /// The relation of each table that the query gives.
    pub roots: Vec<RelationId>,
    /// The relations of shared parts, by number.
    shared: HashMap<usize, RelationId>,
    /// The relations of tables in expressions with their value in each run, by the address of their plan, which the
    /// caller keeps.
    subqueries: HashMap<usize, (ExprInput, Vec<Value>)>,
    scopes: HashMap<usize, BodyScope>,
    /// The bytes of the tables that are kept.
    held: usize,
    depth: usize,
}

impl<'a> Trace<'a> {
    /// Runs the plans of a query to their ends: a `take` does not stop the operators before it.
    ///
    /// # Errors
    /// As [`crate::exec::execute`], and if all intermediate tables together reach a limit.
    pub fn new<'p>(plans: impl IntoIterator<Item = &'p Arc<Plan>>, run: &'a Run<'a>) -> Result<Self> {
        let mut trace = Self {
            run,
            relations: Vec::new(),
            roots: Vec::new(),
            shared: HashMap::new(),
            subqueries: HashMap::new(),
            scopes: HashMap::new(),
            held: 0,
            depth: 0,
        };
        for plan in plans {
            let root = trace.relation_of(plan)?;
            trace.roots.push(root);
        }
        Ok(trace)
    }

    /// Gives the relation of a number.
    pub fn relation(&self, id: RelationId) -> &Relation {
        &self.relations[id]
    }

    /// Gives an input of a relation.
    pub fn input(&self, relation: &Relation, at: usize) -> Option<&Relation> {
        relation.inputs.get(at).map(|id| self.relation(*id))
    }

    /// Gives the body of a scope, which was run.
    pub fn body(&self, scope: usize) -> Option<&BodyScope> {
        self.scopes.get(&scope)
    }

    /// Counts the runs of a body.
    pub fn run_count(&self, scope: usize) -> usize {
        self.body(scope).map_or(0, |body| body.count)
    }

    /// Counts the rows of an input that a relation reads, see [`Trace::rows_read_of`].
    pub fn rows_read(&self, relation: &Relation, at: usize) -> usize {
        self.input(relation, at).map_or(0, |input| self.rows_read_of(relation, input))
    }

    /// Counts the rows that a relation reads of another one in all runs of its body together: a row that is the same in
    /// each run counts for each.
    pub fn rows_read_of(&self, relation: &Relation, input: &Relation) -> usize {
        let scope = relation.runs.as_ref().map(|runs| runs.scope);
        if scope == input.runs.as_ref().map(|runs| runs.scope) {
            return input.table.len();
        }
        self.runs(scope).map(|run| self.rows_in(input, run).len()).sum()
    }

    /// Says whether every run of a relation's body reads the same rows of an input.
    pub fn reads_the_same(&self, relation: &Relation, at: usize) -> bool {
        relation.runs.is_some() && self.input(relation, at).is_some_and(|input| input.runs.is_none())
    }

    /// Runs a plan, unless it is known, and gives its relation.
    fn relation_of(&mut self, plan: &Arc<Plan>) -> Result<RelationId> {
        if let Node::Shared { id, .. } = &plan.node
            && let Some(known) = self.shared.get(id)
        {
            return Ok(*known);
        }
        if let Node::Outer { scope } = &plan.node {
            let known = self.scopes.get(scope).map(|scope| scope.outer);
            return known.ok_or_else(|| broken(plan, "a body is traced before its rows"));
        }
        let mut expr_inputs = Vec::new();
        for expr in plan.exprs() {
            self.run_subqueries(expr, &mut expr_inputs)?;
        }
        // A join reads its right side first.
        let mut inputs = Vec::new();
        for input in plan.inputs().into_iter().rev() {
            inputs.push(self.relation_of(input)?);
        }
        inputs.reverse();
        if let Node::Apply { .. } = &plan.node {
            return self.apply(plan, &inputs);
        }
        let scope = self.home(plan);
        let (table, lineage, starts) = self.run_in_all(plan, &inputs, scope)?;
        let runs = scope.map(|scope| RowsOfRuns { scope, starts });
        let id = self.add(Relation { plan: plan.clone(), inputs, expr_inputs, table, lineage, runs })?;
        if let Node::Shared { id: number, .. } = &plan.node {
            self.shared.insert(*number, id);
        }
        Ok(id)
    }

    /// Keeps a relation and gives its number.
    fn add(&mut self, relation: Relation) -> Result<RelationId> {
        let bytes = relation.table.byte_size() + relation.lineage.byte_size();
        self.held = self.held.saturating_add(bytes);
        let max = self.run.context.budget.max_bytes();
        if self.held > max {
            let message = format!("the intermediate tables need more memory than the limit of {max} bytes");
            return Err(limit(&relation.plan, message));
        }
        self.relations.push(relation);
        Ok(self.relations.len() - 1)
    }

    /// Finds the innermost body whose rows a plan reads.
    fn home(&self, plan: &Plan) -> Option<usize> {
        let scopes = plan.outer_scopes();
        // A body is inside all those that its own rows come from.
        scopes.into_iter().max_by_key(|scope| self.depth_of(*scope))
    }

    fn depth_of(&self, scope: usize) -> usize {
        let mut depth = 0;
        let mut at = Some(scope);
        while let Some(scope) = at.and_then(|at| self.scopes.get(&at)) {
            depth += 1;
            at = scope.parent.as_ref().map(|(parent, _)| *parent);
        }
        depth
    }

    /// Lists the runs of a body; what is in no body has one.
    pub fn runs(&self, scope: Option<usize>) -> impl Iterator<Item = BodyRun> + use<> {
        let count = scope.map_or(1, |scope| self.run_count(scope));
        (0..count).map(move |run| BodyRun { scope, run })
    }

    /// Finds the run of a body around a run, or the run itself.
    fn run_in(&self, at: BodyRun, scope: usize) -> Option<usize> {
        let (mut inner, mut run) = (at.scope?, at.run);
        while inner != scope {
            let (parent, runs) = self.scopes.get(&inner)?.parent.as_ref()?;
            run = *runs.get(run)?;
            inner = *parent;
        }
        Some(run)
    }

    /// Gives the rows of a relation in a run: all of them, if the relation is the same in every run.
    pub fn rows_in(&self, relation: &Relation, at: BodyRun) -> std::ops::Range<usize> {
        let all = 0..relation.table.len();
        let Some(runs) = &relation.runs else { return all };
        let Some(run) = self.run_in(at, runs.scope) else { return all };
        let start = |at: usize| runs.starts.get(at).copied().unwrap_or(relation.table.len());
        start(run)..start(run + 1)
    }

    /// Finds the run that a row of a relation belongs to; the one run of what is in no body, if it is the same in every run.
    pub fn run_of(&self, relation: &Relation, row: usize) -> BodyRun {
        match &relation.runs {
            None => BodyRun { scope: None, run: 0 },
            Some(runs) => {
                let run = runs.starts.partition_point(|start| *start <= row).saturating_sub(1);
                BodyRun { scope: Some(runs.scope), run }
            }
        }
    }

    /// Lists the runs of a relation's body that read a row of one of its inputs: several, if the input is not divided as
    /// the relation is.
    pub fn runs_with(&self, relation: &Relation, input: &Relation, row: usize) -> Vec<BodyRun> {
        let at = self.run_of(input, row);
        let Some(runs) = relation.runs.as_ref().filter(|runs| at.scope != Some(runs.scope)) else {
            return vec![at];
        };
        let reads = |run: &BodyRun| at.scope.is_none_or(|scope| self.run_in(*run, scope) == Some(at.run));
        self.runs(Some(runs.scope)).filter(reads).collect()
    }

    /// Gives the first of the runs that [`Trace::runs_with`] lists; the run of the row itself, if there is none.
    pub fn run_with(&self, relation: &Relation, input: &Relation, row: usize) -> BodyRun {
        let first = self.runs_with(relation, input, row).into_iter().next();
        first.unwrap_or_else(|| self.run_of(input, row))
    }

    /// Takes the rows of a relation in a run, and the number of the first of them.
    fn slice(&self, relation: &Relation, at: BodyRun) -> (usize, Table) {
        let rows = self.rows_in(relation, at);
        if rows == (0..relation.table.len()) {
            return (0, relation.table.clone());
        }
        (rows.start, rows_of(&relation.table, rows.map(|row| row as u32).collect()))
    }

    /// Runs a node in every run of a body: gives the rows of all runs, their lineage, and the first row of each run.
    fn run_in_all(
        &self,
        plan: &Arc<Plan>,
        inputs: &[RelationId],
        scope: Option<usize>,
    ) -> Result<(Table, RowLineage, Vec<usize>)> {
        let mut whole: Option<RowLineage> = None;
        let (mut chunks, mut starts, mut rows) = (Vec::new(), vec![0], 0);
        for at in self.runs(scope) {
            let (firsts, tables): (Vec<usize>, Vec<Table>) =
                inputs.iter().map(|id| self.slice(self.relation(*id), at)).unzip();
            let resolved = self.resolved_plan(plan, at);
            let (table, lineage) = self.run_node(&resolved, &tables.iter().collect::<Vec<_>>())?;
            if scope.is_none() {
                return Ok((table, lineage, starts));
            }
            // Rows of a union are counted through all of its inputs, which may be divided in different ways.
            let (lineage, firsts) = self.of_union(plan, inputs, &firsts, &tables, lineage);
            match &mut whole {
                None => {
                    let mut empty = lineage.emptied();
                    empty.append(lineage, &firsts, plan)?;
                    whole = Some(empty);
                }
                Some(whole) => whole.append(lineage, &firsts, plan)?,
            }
            rows += table.len();
            starts.push(rows);
            chunks.push(table.chunk(0, table.len()));
        }
        let table = if chunks.is_empty() {
            Table::empty(plan.schema.clone())
        } else {
            Table::from_chunks(plan.schema.clone(), &chunks)
        };
        Ok((table, whole.unwrap_or_else(|| lineage_of_nothing(plan)), starts))
    }

    /// Moves the lineage of a union's rows in one run to the rows of all runs.
    fn of_union(
        &self,
        plan: &Plan,
        inputs: &[RelationId],
        firsts: &[usize],
        tables: &[Table],
        lineage: RowLineage,
    ) -> (RowLineage, Vec<usize>) {
        let (Node::Union { .. }, RowLineage::Each(rows)) = (&plan.node, &lineage) else {
            return (lineage, firsts.to_vec());
        };
        let moved = rows.iter().map(|&row| {
            let (mut left, mut before) = (row as usize, 0);
            for ((input, first), table) in inputs.iter().zip(firsts).zip(tables) {
                if left < table.len() {
                    return u32::try_from(before + first + left).unwrap_or(NO_ROW);
                }
                left -= table.len();
                before += self.relation(*input).table.len();
            }
            NO_ROW
        });
        (RowLineage::Each(moved.collect()), vec![0])
    }

    /// Runs a node over the rows of its inputs, and gives its rows with their lineage.
    fn run_node(&self, plan: &Plan, tables: &[&Table]) -> Result<(Table, RowLineage)> {
        let each = |rows: usize| RowLineage::Each((0..u32::try_from(rows).unwrap_or(u32::MAX)).collect());
        if let (Node::Shared { .. } | Node::Visualize { .. }, [table]) = (&plan.node, tables) {
            return Ok(((*table).clone(), each(table.len())));
        }
        if let Node::Plugin { call, .. } = &plan.node {
            let mut plan = plan.clone();
            plan.inputs_mut().into_iter().zip(tables).for_each(|(it, table)| *it = values((*table).clone()));
            let rows = run_plugin(&Arc::new(plan), self.run)?;
            let lineage = match rows.origins {
                _ if tables.is_empty() => RowLineage::Source,
                RowOrigins::Same => each(rows.table.len()),
                RowOrigins::Each(rows) => RowLineage::Each(rows),
                RowOrigins::Pair(left, right) => RowLineage::Pair(left, right),
                RowOrigins::Groups { starts, rows } => RowLineage::Groups { starts, rows },
                RowOrigins::Unknown => {
                    let name = format!("{}, whose rows come from no row in particular", call.plugin.name);
                    return Err(Box::new(Diagnostic::unsupported(call.span, "explanation of", &name)));
                }
            };
            return Ok((rows.table, lineage));
        }
        let node = with_row_ids(plan, tables)?;
        node.split(&execute(&node.plan, self.run)?)
    }

    /// Divides the rows of an Apply's input among the runs of its body, runs the body, and puts its rows together.
    fn apply(&mut self, plan: &Arc<Plan>, inputs: &[RelationId]) -> Result<RelationId> {
        let (Node::Apply { runs, body, scope, given, layout, max_runs, .. }, [input]) = (&plan.node, inputs)
        else {
            return Err(broken(plan, "it is no Apply over one input"));
        };
        let home = self.home(plan);
        let (order, starts, parents) = self.divide(*input, runs, home)?;
        let count = starts.len() - 1;
        if let Some(max) = max_runs.filter(|max| count > *max) {
            return Err(limit(plan, format!("the rows have more than {max} different keys")));
        }
        let of_input = self.relation(*input);
        let rows = rows_of(&of_input.table, order.clone());
        let table = rows.with_columns(given.iter().copied());
        let leaf = outer_leaf(body, *scope);
        let reads_rows = leaf.is_some();
        let outer = self.add(Relation {
            plan: leaf.unwrap_or_else(|| {
                Arc::new(Plan::new(Node::Outer { scope: *scope }, table.schema().clone(), Span::default()))
            }),
            inputs: vec![*input],
            expr_inputs: Vec::new(),
            table,
            lineage: RowLineage::Each(order),
            runs: Some(RowsOfRuns { scope: *scope, starts: starts.clone() }),
        })?;
        let parent = home.map(|home| (home, parents.clone()));
        self.scopes.insert(*scope, BodyScope { outer, apply: plan.clone(), reads_rows, count, parent });
        let body_id = self.relation_of(body)?;
        // The rows of each run: the body's columns, and those of the run's first row.
        let of_body = self.relation(body_id);
        let (mut from_body, mut from_outer) = (Vec::new(), Vec::new());
        // The number of rows of each run around this body, whose runs come in the order of those.
        let mut of_runs = vec![0; self.runs(home).count() + 1];
        for at in self.runs(Some(*scope)) {
            let first = starts.get(at.run).copied().unwrap_or(0);
            for row in self.rows_in(of_body, at) {
                from_body.push(u32::try_from(row).unwrap_or(NO_ROW));
                from_outer.push(u32::try_from(first).unwrap_or(NO_ROW));
            }
            let around = parents.get(at.run).copied().unwrap_or(0);
            if let Some(end) = of_runs.get_mut(around + 1) {
                *end = from_body.len();
            }
        }
        for at in 1..of_runs.len() {
            of_runs[at] = of_runs[at].max(of_runs[at - 1]);
        }
        let of_bodies = of_body.table.chunk(0, of_body.table.len()).select(from_body.clone());
        let of_rows = rows.chunk(0, rows.len()).select(from_outer.clone());
        let mut out = Chunk::without_columns(from_body.len());
        for column in layout {
            match column {
                OutputColumn::New(at) => out.push_from(&of_bodies, *at),
                OutputColumn::Input(at) => out.push_from(&of_rows, *at),
            }
        }
        let keeps_columns = layout.iter().any(|it| matches!(it, OutputColumn::Input(_)));
        self.add(Relation {
            plan: plan.clone(),
            inputs: vec![body_id, outer],
            expr_inputs: Vec::new(),
            table: Table::from_chunks(plan.schema.clone(), &[out]),
            lineage: if keeps_columns {
                RowLineage::Pair(from_body, from_outer)
            } else {
                RowLineage::Each(from_body)
            },
            runs: home.map(|scope| RowsOfRuns { scope, starts: of_runs }),
        })
    }

    /// Divides rows among runs: gives them in the order of their runs, the first row of each run, and the run of the body
    /// around the Apply that each one is part of. They are divided anew in each of these.
    fn divide(
        &self,
        input: RelationId,
        runs: &RunsOver,
        around: Option<usize>,
    ) -> Result<(Vec<u32>, Vec<usize>, Vec<usize>)> {
        let relation = self.relation(input);
        let (mut order, mut starts, mut parents) = (Vec::new(), vec![0], Vec::new());
        for at in self.runs(around) {
            let (first, table) = self.slice(relation, at);
            let keys: Vec<&Expr> = runs.keys().iter().collect();
            let keys = self.project(&table, &keys, at)?;
            let mut groups: Vec<Vec<u32>> = Vec::new();
            let mut known: HashMap<RowKey, usize> = HashMap::new();
            for (row, key) in keys.rows().enumerate() {
                let key = RowKey::new(&key);
                let place = match runs {
                    RunsOver::Keys(_) => known.get(&key).copied(),
                    RunsOver::Adjacent(_) => {
                        groups.len().checked_sub(1).filter(|last| known.get(&key) == Some(last))
                    }
                };
                let row = u32::try_from(first + row).unwrap_or(NO_ROW);
                match place.and_then(|place| groups.get_mut(place)) {
                    Some(rows) => rows.push(row),
                    None => {
                        known.insert(key, groups.len());
                        groups.push(vec![row]);
                    }
                }
            }
            for rows in groups {
                order.extend(rows);
                starts.push(order.len());
                parents.push(at.run);
            }
        }
        Ok((order, starts, parents))
    }

    /// Runs the tables that an expression reads, unless they are known, and lists them.
    fn run_subqueries(&mut self, expr: &Expr, found: &mut Vec<ExprInput>) -> Result<()> {
        let (mut todo, mut outer) = (Vec::new(), Vec::new());
        expr.visit(&mut |it| match it {
            Expr::Subquery { plan, data_type } => todo.push((plan.clone(), Some(*data_type))),
            Expr::ListSubquery { plan } => todo.push((plan.clone(), None)),
            Expr::Outer { scope, .. } => outer.push(*scope),
            Expr::Literal { .. } | Expr::Column { .. } | Expr::Parameter { .. } | Expr::Call { .. } => {}
        });
        for scope in outer {
            if let Some(scope) = self.scopes.get(&scope) {
                found.push(ExprInput { relation: scope.outer, usage: ExprUsage::RunKey });
            }
        }
        for (plan, data_type) in todo {
            let key = Arc::as_ptr(&plan) as usize;
            let known = self.subqueries.get(&key).map(|(subquery, _)| *subquery);
            let subquery = match known {
                Some(known) => known,
                None => {
                    self.depth += 1;
                    let max = self.run.limits.depth;
                    if self.depth > max {
                        let message = format!("{} is nested deeper than the limit of {max}", plan.name());
                        return Err(limit(&plan, message));
                    }
                    let relation = self.relation_of(&plan)?;
                    self.depth -= 1;
                    let usage = if data_type.is_some() { ExprUsage::Value } else { ExprUsage::List };
                    let subquery = ExprInput { relation, usage };
                    let scope = self.relation(relation).runs.as_ref().map(|runs| runs.scope);
                    let values = self.runs(scope).map(|at| self.value_of(relation, data_type, at)).collect();
                    self.subqueries.insert(key, (subquery, values));
                    subquery
                }
            };
            found.push(subquery);
        }
        Ok(())
    }

    /// Takes the first cell of a relation, or its first column as an array, in a run.
    fn value_of(&self, relation: RelationId, data_type: Option<ScalarType>, at: BodyRun) -> Value {
        let (_, table) = self.slice(self.relation(relation), at);
        let column = table.columns().first();
        match data_type {
            Some(data_type) => column
                .filter(|_| !table.is_empty())
                .map_or_else(|| Value::null_of(data_type), |column| column.value(0).convert(data_type)),
            None => {
                let items = column.map(|column| column.values().map(|it| Dynamic::from_value(&it)).collect());
                Value::Dynamic(Dynamic::array(items.unwrap_or_default()))
            }
        }
    }

    /// Puts values in place of the tables that a node's expressions read.
    fn resolved_plan(&self, plan: &Plan, at: BodyRun) -> Plan {
        let mut plan = plan.clone();
        for expr in plan.exprs_mut() {
            *expr = self.resolved(expr, at);
        }
        plan
    }

    /// Puts values in place of the tables that an expression reads, and of the rows of the body that it is in.
    pub fn resolved(&self, expr: &Expr, at: BodyRun) -> Expr {
        match expr {
            Expr::Subquery { plan, data_type } => Expr::literal(self.value_of_plan(plan, at), *data_type),
            Expr::ListSubquery { plan } => Expr::literal(self.value_of_plan(plan, at), ScalarType::Dynamic),
            Expr::Outer { scope, index, data_type } => {
                let outer = self.scopes.get(scope).map(|scope| self.relation(scope.outer));
                let value = outer.and_then(|outer| {
                    let first = self.rows_in(outer, at).start;
                    outer.table.columns().get(*index).map(|column| column.value(first).convert(*data_type))
                });
                Expr::literal(value.unwrap_or_default(), *data_type)
            }
            Expr::Call { function, arguments, returns, output, span, .. } => Expr::Call {
                function: function.clone(),
                arguments: arguments.iter().map(|argument| self.resolved(argument, at)).collect(),
                returns: returns.clone(),
                output: *output,
                span: *span,
                unfoldable: false,
            },
            Expr::Literal { .. } | Expr::Column { .. } | Expr::Parameter { .. } => expr.clone(),
        }
    }

    /// Finds the relation of a table in an expression.
    pub fn subquery(&self, plan: &Arc<Plan>) -> Option<RelationId> {
        self.subqueries.get(&(Arc::as_ptr(plan) as usize)).map(|(subquery, _)| subquery.relation)
    }

    /// Gives the value of a table in an expression, in a run.
    fn value_of_plan(&self, plan: &Arc<Plan>, at: BodyRun) -> Value {
        let Some((subquery, values)) = self.subqueries.get(&(Arc::as_ptr(plan) as usize)) else {
            return Value::Null;
        };
        let runs = self.relation(subquery.relation).runs.as_ref();
        let run = runs.and_then(|runs| self.run_in(at, runs.scope)).unwrap_or(0);
        values.get(run).cloned().unwrap_or_default()
    }

    /// Evaluates expressions for one row of a relation, in a run.
    pub fn evaluate(
        &self,
        relation: &Relation,
        row: usize,
        exprs: &[&Expr],
        at: BodyRun,
    ) -> Result<Vec<Value>> {
        // What looks at other rows needs all those of its run.
        if exprs.iter().any(|expr| expr.has_window()) {
            let (first, table) = self.slice(relation, at);
            return Ok(self.project(&table, exprs, at)?.row(row.saturating_sub(first)));
        }
        let rows = rows_of(&relation.table, vec![u32::try_from(row).unwrap_or(NO_ROW)]);
        Ok(self.project(&rows, exprs, at)?.row(0))
    }

    /// Evaluates expressions for the first rows of a relation, in a run: gives a column for each.
    pub fn evaluate_rows(
        &self,
        relation: &Relation,
        most: usize,
        exprs: &[&Expr],
        at: BodyRun,
    ) -> Result<Table> {
        let (_, table) = self.slice(relation, at);
        let count = table.len().min(most);
        if count == table.len() {
            return self.project(&table, exprs, at);
        }
        let first = (0..count).filter_map(|row| u32::try_from(row).ok()).collect();
        self.project(&rows_of(&table, first), exprs, at)
    }

    /// Evaluates expressions for all rows: gives a column for each.
    fn project(&self, rows: &Table, exprs: &[&Expr], at: BodyRun) -> Result<Table> {
        let columns: Vec<Expr> = exprs.iter().map(|expr| self.resolved(expr, at)).collect();
        let schema = Schema::new(columns.iter().map(|expr| ("", expr.scalar_type())));
        let node = Node::Project { input: values(rows.clone()), columns };
        execute(&Plan::new(node, schema, Span::default()), self.run)
    }

    /// Counts the left rows of a join whose key the right side has.
    pub fn matched_left_rows(&self, join: &Relation) -> Result<usize> {
        let (Node::Join { keys, .. }, Some(left), Some(right)) =
            (&join.plan.node, self.input(join, 0), self.input(join, 1))
        else {
            return Ok(0);
        };
        let mut count = 0;
        for at in self.runs(join.runs.as_ref().map(|runs| runs.scope)) {
            let keys = keys
                .iter()
                .map(|(left, right)| (self.resolved(left, at), self.resolved(right, at)))
                .collect();
            let (left, right) = (values(self.slice(left, at).1), values(self.slice(right, at).1));
            let schema = left.schema.clone();
            let node = Node::Join { kind: JoinKind::LeftSemi, left, right, keys };
            count += execute(&Plan::new(node, schema, join.plan.span), self.run)?.len();
        }
        Ok(count)
    }

    /// Finds the rows of one relation that have, in a run, the key of one of some rows of another one; the keys are given
    /// for both.
    pub fn rows_with_key_of(
        &self,
        (from, rows, from_keys): (&Relation, Vec<u32>, &[&Expr]),
        (to, to_keys): (&Relation, &[&Expr]),
        at: BodyRun,
        span: Span,
    ) -> Result<Vec<usize>> {
        let keys = from_keys.iter().zip(to_keys);
        let keys = keys.map(|(from, to)| (self.resolved(from, at), self.resolved(to, at))).collect();
        let from = rows_of(&from.table, rows);
        let (first, to) = self.slice(to, at);
        let (left, right, schema) = (values(from.clone()), values(to.clone()), to.schema().clone());
        let node = Node::Join { kind: JoinKind::RightSemi, left, right, keys };
        let join = with_row_ids(&Plan::new(node, schema, span), &[&from, &to])?;
        match join.split(&execute(&join.plan, self.run)?)?.1 {
            RowLineage::Each(rows) => Ok(rows.into_iter().map(|row| first + row as usize).collect()),
            RowLineage::Source | RowLineage::Pair(..) | RowLineage::Groups { .. } => Err(Box::new(
                Diagnostic::internal(span, "a semi join has not the ids of the rows that it kept"),
            )),
        }
    }
}

impl Relation {
    /// Lists the input rows that a row was made of: the place of the input, and the row in it.
    pub fn parents(&self, row: usize, trace: &Trace<'_>) -> Vec<(usize, usize)> {
        match &self.lineage {
            RowLineage::Source => Vec::new(),
            RowLineage::Each(rows) => {
                rows.get(row).map(|&row| self.place(row as usize, trace)).into_iter().collect()
            }
            RowLineage::Pair(left, right) => [left, right]
                .into_iter()
                .enumerate()
                .filter_map(|(side, rows)| Some((side, *rows.get(row)?)))
                .filter(|(_, row)| *row != NO_ROW)
                .map(|(side, row)| (side, row as usize))
                .collect(),
            RowLineage::Groups { starts, rows } => {
                let range = |at: usize| starts.get(at).map_or(rows.len(), |start| *start as usize);
                let group = rows.get(range(row)..range(row + 1)).unwrap_or_default();
                group.iter().map(|&row| (0, row as usize)).collect()
            }
        }
    }

    /// Finds the input, and the row in it, of a row that is counted one input after the other.
    fn place(&self, row: usize, trace: &Trace<'_>) -> (usize, usize) {
        // The right side's rows come out of these.
        if let Node::Join { kind: JoinKind::RightSemi | JoinKind::RightAnti, .. } = &self.plan.node {
            return (1, row);
        }
        if !matches!(self.plan.node, Node::Union { .. }) {
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

/// Finds the leaf of a body that reads the rows of a scope.
fn outer_leaf(body: &Arc<Plan>, scope: usize) -> Option<Arc<Plan>> {
    let mut leaf = None;
    body.walk_once(&mut |plan| {
        if matches!(&plan.node, Node::Outer { scope: it } if *it == scope) {
            leaf.get_or_insert_with(|| plan.clone());
        }
        std::ops::ControlFlow::Continue(())
    });
    leaf
}

/// Makes the lineage of a node whose body was never run: of no rows.
fn lineage_of_nothing(plan: &Plan) -> RowLineage {
    match &plan.node {
        Node::Scan { .. }
        | Node::External { .. }
        | Node::Values { .. }
        | Node::Range { .. }
        | Node::Plugin { input: None, .. } => RowLineage::Source,
        Node::Aggregate { .. } => RowLineage::Groups { starts: vec![0], rows: Vec::new() },
        Node::Join { kind, .. } => match kind {
            JoinKind::LeftSemi | JoinKind::LeftAnti | JoinKind::RightSemi | JoinKind::RightAnti => {
                RowLineage::Each(Vec::new())
            }
            JoinKind::InnerUnique
            | JoinKind::Inner
            | JoinKind::LeftOuter
            | JoinKind::RightOuter
            | JoinKind::FullOuter => RowLineage::Pair(Vec::new(), Vec::new()),
        },
        Node::Filter { .. }
        | Node::Project { .. }
        | Node::Sort { .. }
        | Node::TopN { .. }
        | Node::Limit { .. }
        | Node::Sample { .. }
        | Node::Union { .. }
        | Node::Unnest { .. }
        | Node::Parse { .. }
        | Node::MatchSteps { .. }
        | Node::Apply { .. }
        | Node::Outer { .. }
        | Node::Plugin { .. }
        | Node::Visualize { .. }
        | Node::Shared { .. } => RowLineage::Each(Vec::new()),
    }
}

/// Takes some rows of a table.
fn rows_of(table: &Table, rows: Vec<u32>) -> Table {
    Table::from_chunks(table.schema().clone(), &[table.chunk(0, table.len()).select(rows)])
}

fn limit(plan: &Plan, message: String) -> Failure {
    Box::new(Diagnostic::error(Code::LimitExceeded, plan.span, message))
}

fn broken(plan: &Plan, what: &str) -> Failure {
    Box::new(Diagnostic::internal(plan.span, format!("{}: {what}", plan.name())))
}
