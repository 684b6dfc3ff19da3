//! A run whose every intermediate table is kept, with the rows that each row came from: node by node, each one rewritten
//! to carry row numbers and run by the ordinary operators over the tables that its inputs gave.
//!
//! A node inside a body is run once for each run of the body, over the rows that its inputs have in that run; its relation
//! holds the rows of all runs, one run after the other.
//! It must not know the query's text, nor what is told of the run.

use std::collections::HashMap;
use std::sync::Arc;

use super::carry::{Lineage, carry, values};
use crate::column::{Chunk, NO_ROW, Table};
use crate::diagnostic::{Code, Diagnostic};
use crate::exec::{Run, execute, run_plugin};
use crate::function::{Failure, Result, RowOrigins};
use crate::plan::{Expr, JoinKind, Node, OutputColumn, Plan, RunsOver};
use crate::source::Span;
use crate::types::{Dynamic, ScalarType, Schema, Value};

/// The number of a relation in its trace.
pub(super) type RelationId = usize;

/// The rows that one node of the plan gave.
pub(super) struct Relation {
    /// The node as it was bound.
    pub plan: Arc<Plan>,
    /// What it read. An Apply has the rows of its body, then the rows that the body was given.
    pub inputs: Vec<RelationId>,
    /// The tables that its expressions read: subqueries, and rows of which an expression reads a key.
    pub subqueries: Vec<Subquery>,
    /// Its rows, those of all runs of a body.
    pub table: Table,
    /// Where they came from.
    pub lineage: Lineage,
    /// In a body, where the rows of each run start.
    pub runs: Option<Runs>,
}

/// How the rows of a relation are divided among the runs of a body.
pub(super) struct Runs {
    /// Whose runs.
    pub scope: usize,
    /// One more than there are runs.
    starts: Vec<usize>,
}

/// A table that an expression reads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subquery {
    /// Its rows.
    pub relation: RelationId,
    /// Its first column is a list; otherwise a cell of it is a value.
    pub list: bool,
}

/// The runs of a body.
struct Scope {
    /// The relation of the rows that the body is given.
    outer: RelationId,
    /// The body around this one, and the run of it that each run is part of.
    parent: Option<(usize, Vec<usize>)>,
    /// How many runs there are.
    count: usize,
}

/// One run of a body, or the whole query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BodyRun {
    scope: Option<usize>,
    run: usize,
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
    /// Tables in expressions by the address of their plan, which the caller keeps, with a value for each run.
    subqueries: HashMap<usize, (Subquery, Vec<Value>)>,
    scopes: HashMap<usize, Scope>,
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
            scopes: HashMap::new(),
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

    /// How many runs a body had.
    pub fn runs_of(&self, scope: usize) -> usize {
        self.scopes.get(&scope).map_or(0, |scope| scope.count)
    }

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
        if let Node::Apply { .. } = &plan.node {
            return self.apply(plan, &inputs);
        }
        let scope = self.home(plan);
        let (table, lineage, starts) = self.run_in_all(plan, &inputs, scope)?;
        let runs = scope.map(|scope| Runs { scope, starts });
        let id = self.add(Relation { plan: plan.clone(), inputs, subqueries, table, lineage, runs })?;
        if let Node::Shared { id: number, .. } = &plan.node {
            self.shared.insert(*number, id);
        }
        Ok(id)
    }

    fn add(&mut self, relation: Relation) -> Result<RelationId> {
        let bytes = relation.table.byte_size() + relation.lineage.byte_size();
        self.held = self.held.saturating_add(bytes);
        let max = self.run.limits.bytes;
        if self.held > max {
            let message = format!("the intermediate tables need more memory than the limit of {max} bytes");
            return Err(limit(&relation.plan, message));
        }
        self.relations.push(relation);
        Ok(self.relations.len() - 1)
    }

    /// The innermost body whose rows a plan reads.
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

    /// Every run of a body; the whole query is one.
    fn runs(&self, scope: Option<usize>) -> impl Iterator<Item = BodyRun> + use<> {
        let count = scope.map_or(1, |scope| self.runs_of(scope));
        (0..count).map(move |run| BodyRun { scope, run })
    }

    /// The run of a body around a run, or the run itself.
    fn run_in(&self, at: BodyRun, scope: usize) -> Option<usize> {
        let (mut inner, mut run) = (at.scope?, at.run);
        while inner != scope {
            let (parent, runs) = self.scopes.get(&inner)?.parent.as_ref()?;
            run = *runs.get(run)?;
            inner = *parent;
        }
        Some(run)
    }

    /// The rows of a relation in a run: all of them, if the relation is the same for every run.
    pub fn rows_in(&self, relation: &Relation, at: BodyRun) -> std::ops::Range<usize> {
        let all = 0..relation.table.len();
        let Some(runs) = &relation.runs else { return all };
        let Some(run) = self.run_in(at, runs.scope) else { return all };
        let start = |at: usize| runs.starts.get(at).copied().unwrap_or(relation.table.len());
        start(run)..start(run + 1)
    }

    /// The run that a row of a relation belongs to; the first of all where it is part of each.
    pub fn run_of(&self, relation: &Relation, row: usize) -> BodyRun {
        match &relation.runs {
            None => BodyRun { scope: None, run: 0 },
            Some(runs) => {
                let run = runs.starts.partition_point(|start| *start <= row).saturating_sub(1);
                BodyRun { scope: Some(runs.scope), run }
            }
        }
    }

    /// The run of a relation's body in which a row of one of its inputs is looked at.
    pub fn run_with(&self, relation: &Relation, input: &Relation, row: usize) -> BodyRun {
        let at = self.run_of(input, row);
        match (&relation.runs, at.scope) {
            (Some(runs), None) => BodyRun { scope: Some(runs.scope), run: 0 },
            (Some(runs), Some(scope)) if scope != runs.scope => {
                let inner = self.runs(Some(runs.scope)).find(|it| self.run_in(*it, scope) == Some(at.run));
                inner.unwrap_or(at)
            }
            _ => at,
        }
    }

    fn slice(&self, relation: &Relation, at: BodyRun) -> (usize, Table) {
        let rows = self.rows_in(relation, at);
        if rows == (0..relation.table.len()) {
            return (0, relation.table.clone());
        }
        (rows.start, rows_of(&relation.table, rows.map(|row| row as u32).collect()))
    }

    /// Runs a node in every run of a body: the rows of all runs, where they came from, and where each run starts.
    fn run_in_all(
        &self,
        plan: &Arc<Plan>,
        inputs: &[RelationId],
        scope: Option<usize>,
    ) -> Result<(Table, Lineage, Vec<usize>)> {
        let mut whole: Option<Lineage> = None;
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

    /// The lineage of a union's rows in one run, over all rows of its inputs.
    fn of_union(
        &self,
        plan: &Plan,
        inputs: &[RelationId],
        firsts: &[usize],
        tables: &[Table],
        lineage: Lineage,
    ) -> (Lineage, Vec<usize>) {
        let (Node::Union { .. }, Lineage::Each(rows)) = (&plan.node, &lineage) else {
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
        (Lineage::Each(moved.collect()), vec![0])
    }

    fn run_node(&self, plan: &Plan, tables: &[&Table]) -> Result<(Table, Lineage)> {
        let each = |rows: usize| Lineage::Each((0..u32::try_from(rows).unwrap_or(u32::MAX)).collect());
        if let (Node::Shared { .. } | Node::Visualize { .. }, [table]) = (&plan.node, tables) {
            return Ok(((*table).clone(), each(table.len())));
        }
        if let Node::Plugin { call, .. } = &plan.node {
            let mut plan = plan.clone();
            plan.inputs_mut().into_iter().zip(tables).for_each(|(it, table)| *it = values((*table).clone()));
            let rows = run_plugin(&plan, self.run)?;
            let lineage = match rows.origins {
                _ if tables.is_empty() => Lineage::Source,
                RowOrigins::Same => each(rows.table.len()),
                RowOrigins::Each(rows) => Lineage::Each(rows),
                RowOrigins::Unknown => {
                    let name = format!("{}, whose rows come from no row in particular", call.plugin.name);
                    return Err(Box::new(Diagnostic::unsupported(call.span, "explanation of", &name)));
                }
            };
            return Ok((rows.table, lineage));
        }
        let carried = carry(plan, tables)?;
        Ok(carried.split(&execute(&carried.plan, self.run)?))
    }

    /// Divides the rows of an Apply's input into runs, traces the body, and puts its rows together.
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
        let outer = Relation {
            plan: Arc::new(Plan::new(Node::Outer { scope: *scope }, Schema::default(), Span::default())),
            inputs: vec![*input],
            subqueries: Vec::new(),
            table: rows.with_columns(given.iter().copied()),
            lineage: Lineage::Each(order),
            runs: Some(Runs { scope: *scope, starts: starts.clone() }),
        };
        let outer = self.add(Relation { plan: outer_leaf(body, *scope).unwrap_or(outer.plan), ..outer })?;
        let parent = home.map(|home| (home, parents.clone()));
        self.scopes.insert(*scope, Scope { outer, parent, count });
        let body_id = self.relation_of(body)?;
        // The rows of each run: the body's columns, and those of the run's first row.
        let of_body = self.relation(body_id);
        let (mut from_body, mut from_outer) = (Vec::new(), Vec::new());
        // How many rows each run around this body has; its runs come in the order of those.
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
            subqueries: Vec::new(),
            table: Table::from_chunks(plan.schema.clone(), &[out]),
            lineage: if keeps_columns {
                Lineage::Pair(from_body, from_outer)
            } else {
                Lineage::Each(from_body)
            },
            runs: home.map(|scope| Runs { scope, starts: of_runs }),
        })
    }

    /// The rows of an Apply's input in the order of their runs, where each run starts, and the run around each.
    /// These are found anew in each run of the body around the Apply.
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
            let mut groups: Vec<(Vec<Value>, Vec<u32>)> = Vec::new();
            let mut known: HashMap<String, usize> = HashMap::new();
            for (row, key) in keys.rows().enumerate() {
                let text = format!("{key:?}");
                let place = match runs {
                    RunsOver::Keys(_) => known.get(&text).copied(),
                    RunsOver::Adjacent(_) => {
                        groups.len().checked_sub(1).filter(|last| known.get(&text) == Some(last))
                    }
                };
                let row = u32::try_from(first + row).unwrap_or(NO_ROW);
                match place.and_then(|place| groups.get_mut(place)) {
                    Some((_, rows)) => rows.push(row),
                    None => {
                        known.insert(text, groups.len());
                        groups.push((key, vec![row]));
                    }
                }
            }
            for (_, rows) in groups {
                order.extend(rows);
                starts.push(order.len());
                parents.push(at.run);
            }
        }
        Ok((order, starts, parents))
    }

    fn run_subqueries(&mut self, expr: &Expr, found: &mut Vec<Subquery>) -> Result<()> {
        let (mut todo, mut outer) = (Vec::new(), Vec::new());
        expr.visit(&mut |it| match it {
            Expr::Subquery { plan, kind } => todo.push((plan.clone(), Some(*kind))),
            Expr::ListSubquery { plan } => todo.push((plan.clone(), None)),
            Expr::Outer { scope, .. } => outer.push(*scope),
            Expr::Literal { .. } | Expr::Column { .. } | Expr::Parameter { .. } | Expr::Call { .. } => {}
        });
        for scope in outer {
            if let Some(scope) = self.scopes.get(&scope) {
                found.push(Subquery { relation: scope.outer, list: false });
            }
        }
        for (plan, kind) in todo {
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
                    let subquery = Subquery { relation, list: kind.is_none() };
                    let scope = self.relation(relation).runs.as_ref().map(|runs| runs.scope);
                    let values = self.runs(scope).map(|at| self.value_of(relation, kind, at)).collect();
                    self.subqueries.insert(key, (subquery, values));
                    subquery
                }
            };
            found.push(subquery);
        }
        Ok(())
    }

    /// The first cell, or the first column as an array, in a run.
    fn value_of(&self, relation: RelationId, kind: Option<ScalarType>, at: BodyRun) -> Value {
        let (_, table) = self.slice(self.relation(relation), at);
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

    fn resolved_plan(&self, plan: &Plan, at: BodyRun) -> Plan {
        let mut plan = plan.clone();
        for expr in plan.exprs_mut() {
            *expr = self.resolved(expr, at);
        }
        plan
    }

    /// The expression with the values that tables in it, and the rows around it, have in a run.
    pub fn resolved(&self, expr: &Expr, at: BodyRun) -> Expr {
        match expr {
            Expr::Subquery { plan, kind } => Expr::literal(self.value_of_plan(plan, at), *kind),
            Expr::ListSubquery { plan } => Expr::literal(self.value_of_plan(plan, at), ScalarType::Dynamic),
            Expr::Outer { scope, index, kind } => {
                let outer = self.scopes.get(scope).map(|scope| self.relation(scope.outer));
                let value = outer.and_then(|outer| {
                    let first = self.rows_in(outer, at).start;
                    outer.table.columns().get(*index).map(|column| column.value(first).convert(*kind))
                });
                Expr::literal(value.unwrap_or_default(), *kind)
            }
            Expr::Call { function, arguments, returns, output, span } => Expr::Call {
                function,
                arguments: arguments.iter().map(|argument| self.resolved(argument, at)).collect(),
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

    fn value_of_plan(&self, plan: &Arc<Plan>, at: BodyRun) -> Value {
        let Some((subquery, values)) = self.subqueries.get(&(Arc::as_ptr(plan) as usize)) else {
            return Value::Null;
        };
        let runs = self.relation(subquery.relation).runs.as_ref();
        let run = runs.and_then(|runs| self.run_in(at, runs.scope)).unwrap_or(0);
        values.get(run).cloned().unwrap_or_default()
    }

    /// The values of expressions for one row of a relation, in a run.
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

    /// A column for each expression.
    fn project(&self, rows: &Table, exprs: &[&Expr], at: BodyRun) -> Result<Table> {
        let columns: Vec<Expr> = exprs.iter().map(|expr| self.resolved(expr, at)).collect();
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

    /// The rows of one relation whose key is that of one of some rows of another one, in a run; the keys are given for
    /// both.
    pub fn partners(
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
        let carried = carry(&Plan::new(node, schema, span), &[&from, &to])?;
        match carried.split(&execute(&carried.plan, self.run)?).1 {
            Lineage::Each(rows) => Ok(rows.into_iter().map(|row| first + row as usize).collect()),
            Lineage::Source | Lineage::Pair(..) | Lineage::Groups { .. } => {
                Err(Box::new(Diagnostic::internal(span, "a semi join does not tell which rows it kept")))
            }
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

/// The leaf of a body, as the author's operators know it.
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

/// What a node without any run says of its rows.
fn lineage_of_nothing(plan: &Plan) -> Lineage {
    match &plan.node {
        Node::Scan { .. }
        | Node::External { .. }
        | Node::Values { .. }
        | Node::Range { .. }
        | Node::Plugin { input: None, .. } => Lineage::Source,
        Node::Aggregate { .. } => Lineage::Groups { starts: vec![0], rows: Vec::new() },
        Node::Join { kind, .. } => match kind {
            JoinKind::LeftSemi | JoinKind::LeftAnti | JoinKind::RightSemi | JoinKind::RightAnti => {
                Lineage::Each(Vec::new())
            }
            JoinKind::InnerUnique
            | JoinKind::Inner
            | JoinKind::LeftOuter
            | JoinKind::RightOuter
            | JoinKind::FullOuter => Lineage::Pair(Vec::new(), Vec::new()),
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
        | Node::Apply { .. }
        | Node::Outer { .. }
        | Node::Plugin { .. }
        | Node::Visualize { .. }
        | Node::Shared { .. } => Lineage::Each(Vec::new()),
    }
}

fn rows_of(table: &Table, rows: Vec<u32>) -> Table {
    Table::from_chunks(table.schema().clone(), &[table.chunk(0, table.len()).select(rows)])
}

fn limit(plan: &Plan, message: String) -> Failure {
    Box::new(Diagnostic::error(Code::LimitExceeded, plan.span, message))
}

fn broken(plan: &Plan, what: &str) -> Failure {
    Box::new(Diagnostic::internal(plan.span, format!("{}: {what}", plan.name())))
}
