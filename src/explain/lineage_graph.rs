//! Walks the lineage between the relations of a trace: forward to the rows that a row has a part in, backward to the rows that
//! it was made of.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::trace::{BodyRun, ExprUsage, Relation, RelationId, Trace};
use crate::function::Result;
use crate::plan::{Expr, JoinKind, Node};

/// Names a place that reads a relation.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reader {
    /// A relation, as its input of this number.
    Input(RelationId, usize),
    /// An expression of a relation, as a table.
    Expression(RelationId),
}

/// Links the relations of a trace with those that read them, row by row.
pub(super) struct LineageGraph<'a> {
    trace: &'a Trace<'a>,
    readers: Vec<Vec<Reader>>,
    /// For a relation and the number of an input: the rows made of each input row. Computed when first asked for.
    children: RefCell<HashMap<(RelationId, usize), Rc<ChildRows>>>,
}

/// Lists the rows made of each input row: those of `row` are `rows[starts[row]..starts[row + 1]]`.
struct ChildRows {
    starts: Vec<u32>,
    rows: Vec<u32>,
}

impl<'a> LineageGraph<'a> {
    /// Finds the readers of every relation.
    pub fn new(trace: &'a Trace<'a>) -> Self {
        let mut readers: Vec<Vec<Reader>> = trace.relations.iter().map(|_| Vec::new()).collect();
        for (id, relation) in trace.relations.iter().enumerate() {
            for (at, input) in relation.inputs.iter().enumerate() {
                if let Some(readers) = readers.get_mut(*input) {
                    readers.push(Reader::Input(id, at));
                }
            }
            // What reads a run's key reads it of rows that go into the body themselves.
            for input in relation.expr_inputs.iter().filter(|it| it.usage != ExprUsage::RunKey) {
                if let Some(readers) = readers.get_mut(input.relation) {
                    readers.push(Reader::Expression(id));
                }
            }
        }
        Self { trace, readers, children: RefCell::default() }
    }

    /// Lists the readers of a relation.
    pub fn readers(&self, id: RelationId) -> &[Reader] {
        self.readers.get(id).map_or(&[], Vec::as_slice)
    }

    /// Follows rows of an input one step forward: gives the relation's rows that they have a part in, and the input rows
    /// that have a part in none.
    pub fn forward(
        &self,
        id: RelationId,
        input: usize,
        rows: &BTreeSet<usize>,
    ) -> (BTreeSet<usize>, Vec<usize>) {
        let children = self.children(id, input);
        let (mut out, mut dropped) = (BTreeSet::new(), Vec::new());
        for &row in rows {
            let range =
                |at: usize| children.starts.get(at).map_or(children.rows.len(), |start| *start as usize);
            let found = children.rows.get(range(row)..range(row + 1)).unwrap_or_default();
            if found.is_empty() {
                dropped.push(row);
            }
            out.extend(found.iter().map(|&row| row as usize));
        }
        (out, dropped)
    }

    /// Follows rows forward to a later relation: gives its rows that they have a part in.
    pub fn reached(&self, from: &[(RelationId, usize)], to: RelationId) -> BTreeSet<usize> {
        let mut marked: BTreeMap<RelationId, BTreeSet<usize>> = BTreeMap::new();
        for (id, row) in from {
            marked.entry(*id).or_default().insert(*row);
        }
        // Inputs have lower numbers than what reads them.
        while let Some((id, rows)) = marked.pop_first() {
            if id >= to {
                return if id == to { rows } else { BTreeSet::new() };
            }
            for reader in self.readers(id) {
                if let Reader::Input(reader, input) = *reader {
                    let out = self.forward(reader, input, &rows).0;
                    if !out.is_empty() {
                        marked.entry(reader).or_default().extend(out);
                    }
                }
            }
        }
        BTreeSet::new()
    }

    /// Inverts the lineage of a relation for one of its inputs.
    fn children(&self, id: RelationId, input: usize) -> Rc<ChildRows> {
        if let Some(known) = self.children.borrow().get(&(id, input)) {
            return known.clone();
        }
        let relation = self.trace.relation(id);
        let count = self.trace.input(relation, input).map_or(0, |it| it.table.len());
        let mut pairs: Vec<(usize, u32)> = Vec::new();
        for row in 0..relation.table.len() {
            let parents = relation.parents(row, self.trace).into_iter().filter(|(from, _)| *from == input);
            pairs.extend(parents.map(|(_, parent)| (parent, u32::try_from(row).unwrap_or(u32::MAX))));
        }
        pairs.sort_unstable();
        let mut starts = vec![0_u32; count + 1];
        for (parent, _) in &pairs {
            if let Some(start) = starts.get_mut(parent + 1) {
                *start += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let children = Rc::new(ChildRows { starts, rows: pairs.into_iter().map(|(_, row)| row).collect() });
        self.children.borrow_mut().insert((id, input), children.clone());
        children
    }

    /// Follows a row back to the source rows that it was made of, by relation. A row that a semi join kept was made of its
    /// matches, too.
    pub fn sources(&self, id: RelationId, row: usize) -> Result<BTreeMap<RelationId, BTreeSet<usize>>> {
        let mut sources: BTreeMap<RelationId, BTreeSet<usize>> = BTreeMap::new();
        let mut marked = BTreeMap::from([(id, BTreeSet::from([row]))]);
        // What reads has a higher number than what it reads.
        while let Some((id, rows)) = marked.pop_last() {
            let relation = self.trace.relation(id);
            if relation.inputs.is_empty() {
                sources.insert(id, rows);
                continue;
            }
            let mut of_inputs: Vec<BTreeSet<usize>> =
                relation.inputs.iter().map(|_| BTreeSet::new()).collect();
            // A semi join's rows by their run, in which they were joined.
            let mut kept: Vec<(BodyRun, Vec<usize>)> = Vec::new();
            let semi = kept_side(relation);
            for row in rows {
                for (input, parent) in relation.parents(row, self.trace) {
                    if let Some(rows) = of_inputs.get_mut(input) {
                        rows.insert(parent);
                    }
                    if semi.is_some() {
                        let run = self.trace.run_of(relation, row);
                        match kept.last_mut().filter(|(last, _)| *last == run) {
                            Some((_, rows)) => rows.push(parent),
                            None => kept.push((run, vec![parent])),
                        }
                    }
                }
            }
            for (run, rows) in kept {
                if let Some(side) = semi
                    && let Some(others) = of_inputs.get_mut(1 - side)
                {
                    others.extend(self.same_key(relation, (side, rows), 1 - side, run)?);
                }
            }
            for (input, rows) in relation.inputs.iter().zip(of_inputs) {
                if !rows.is_empty() {
                    marked.entry(*input).or_default().extend(rows);
                }
            }
        }
        Ok(sources)
    }

    /// Follows a row back to a relation below, along the first of the rows that each one on the way was made of.
    pub fn back_to(&self, from: RelationId, row: usize, to: RelationId) -> Option<usize> {
        let (mut at, mut row) = (from, row);
        while at != to {
            let relation = self.trace.relation(at);
            let (input, parent) = relation.parents(row, self.trace).first().copied()?;
            at = *relation.inputs.get(input)?;
            row = parent;
        }
        Some(row)
    }

    /// Finds rows with the key of a row of one side of a join that would have come to the other side in a run, had a
    /// relation before it not dropped them: gives that relation, and the rows of its input.
    pub fn near_misses(
        &self,
        join: &Relation,
        side: usize,
        row: usize,
        run: BodyRun,
    ) -> Result<Option<(RelationId, Vec<usize>)>> {
        let (Some(from), Some(&other)) = (self.trace.input(join, side), join.inputs.get(1 - side)) else {
            return Ok(None);
        };
        let from_keys = keys(join, side);
        let mut wanted: Vec<Expr> = keys(join, 1 - side).into_iter().cloned().collect();
        let mut at = other;
        // Down the other side for as long as its key can be had from the rows below.
        while let Some(below) = below(self.trace.relation(at), &mut wanted) {
            let input = self.trace.relation(below);
            let keys: Vec<&Expr> = wanted.iter().collect();
            let from = (from, numbers([row]), &*from_keys);
            let found = self.trace.rows_with_key_of(from, (input, &keys), run, join.plan.span)?;
            if !found.is_empty() {
                return Ok(Some((at, found)));
            }
            at = below;
        }
        Ok(None)
    }

    /// Finds the rows of the other side of a join that are joined with one of some rows of this side, in whatever run.
    pub fn join_matches(&self, join: &Relation, side: usize, rows: &BTreeSet<usize>) -> Result<Vec<usize>> {
        let Some(from) = self.trace.input(join, side) else { return Ok(Vec::new()) };
        let mut by_run: HashMap<BodyRun, Vec<usize>> = HashMap::new();
        for &row in rows {
            for run in self.trace.runs_with(join, from, row) {
                by_run.entry(run).or_default().push(row);
            }
        }
        let mut found = BTreeSet::new();
        for (run, rows) in by_run {
            found.extend(self.same_key(join, (side, rows), 1 - side, run)?);
        }
        Ok(found.into_iter().collect())
    }

    /// Finds the rows of a side of a join that have, in a run, the key of one of some rows of the same side or the other
    /// one.
    pub fn same_key(
        &self,
        join: &Relation,
        (side, rows): (usize, Vec<usize>),
        other: usize,
        run: BodyRun,
    ) -> Result<Vec<usize>> {
        let (Some(from), Some(to)) = (self.trace.input(join, side), self.trace.input(join, other)) else {
            return Ok(Vec::new());
        };
        let (from_keys, to_keys) = (keys(join, side), keys(join, other));
        self.trace.rows_with_key_of((from, numbers(rows), &from_keys), (to, &to_keys), run, join.plan.span)
    }
}

/// Narrows row numbers to the form in which lineages keep them.
fn numbers(rows: impl IntoIterator<Item = usize>) -> Vec<u32> {
    rows.into_iter().filter_map(|row| u32::try_from(row).ok()).collect()
}

/// Lists the key expressions of a side of a join; of another node there are none.
pub(super) fn keys(join: &Relation, side: usize) -> Vec<&Expr> {
    let Node::Join { keys, .. } = &join.plan.node else { return Vec::new() };
    keys.iter().map(|(left, right)| if side == 0 { left } else { right }).collect()
}

/// Gives the side whose rows a semi join keeps; `None` for any other relation.
fn kept_side(relation: &Relation) -> Option<usize> {
    let Node::Join { kind, .. } = &relation.plan.node else { return None };
    match kind {
        JoinKind::LeftSemi => Some(0),
        JoinKind::RightSemi => Some(1),
        JoinKind::InnerUnique
        | JoinKind::Inner
        | JoinKind::LeftOuter
        | JoinKind::RightOuter
        | JoinKind::FullOuter
        | JoinKind::LeftAnti
        | JoinKind::RightAnti => None,
    }
}

/// Rewrites expressions over the rows of a relation as ones over the rows of its input, which it gives; `None` if they cannot
/// be had from these.
fn below(relation: &Relation, exprs: &mut [Expr]) -> Option<RelationId> {
    let through = |exprs: &mut [Expr], columns: &[Expr]| {
        for expr in exprs.iter_mut() {
            let mut known = true;
            expr.visit(&mut |it| {
                known &= !matches!(it, Expr::Column { index, .. } if *index >= columns.len());
            });
            if !known {
                return None;
            }
            *expr = expr.map_columns(&|index, kind| {
                columns.get(index).cloned().unwrap_or_else(|| Expr::column(index, kind))
            });
            if expr.has_window() {
                return None;
            }
        }
        Some(())
    };
    match &relation.plan.node {
        Node::Filter { .. }
        | Node::Sort { .. }
        | Node::TopN { .. }
        | Node::Limit { .. }
        | Node::Sample { .. }
        | Node::Visualize { .. }
        | Node::Shared { .. } => {}
        Node::Project { columns, .. } => through(exprs, columns)?,
        // Of the columns of a group the key alone is that of its rows.
        Node::Aggregate { keys, .. } => through(exprs, keys)?,
        // The columns are those of the left side.
        Node::Join { kind: JoinKind::LeftSemi | JoinKind::LeftAnti, .. } => {}
        Node::Parse { .. }
        | Node::Unnest { .. }
        | Node::MatchSteps { .. }
        | Node::Apply { .. }
        | Node::Outer { .. }
        | Node::Plugin { .. }
        | Node::Join { .. }
        | Node::Union { .. }
        | Node::Scan { .. }
        | Node::External { .. }
        | Node::Values { .. }
        | Node::Range { .. } => return None,
    }
    relation.inputs.first().copied()
}
