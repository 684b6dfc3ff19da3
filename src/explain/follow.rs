//! Follows rows through a trace: onward to what came of them, and back to what they were made of.
//! It must not know what is said about it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::trace::{Relation, RelationId, Trace};
use crate::function::Result;
use crate::plan::{Expr, JoinKind, Node};

/// Who reads a relation.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reader {
    /// A relation, as its input of this number.
    Input(RelationId, usize),
    /// An expression of a relation.
    Expression(RelationId),
}

/// The ways between the relations of a trace.
pub(super) struct Ways<'a> {
    trace: &'a Trace<'a>,
    readers: Vec<Vec<Reader>>,
    /// For a relation and the number of an input: the result rows of each input row.
    onward: RefCell<HashMap<(RelationId, usize), Rc<Onward>>>,
}

/// The result rows of each input row: those of `row` are `rows[starts[row]..starts[row + 1]]`.
struct Onward {
    starts: Vec<u32>,
    rows: Vec<u32>,
}

impl<'a> Ways<'a> {
    pub fn new(trace: &'a Trace<'a>) -> Self {
        let mut readers: Vec<Vec<Reader>> = trace.relations.iter().map(|_| Vec::new()).collect();
        for (id, relation) in trace.relations.iter().enumerate() {
            for (at, input) in relation.inputs.iter().enumerate() {
                if let Some(readers) = readers.get_mut(*input) {
                    readers.push(Reader::Input(id, at));
                }
            }
            for subquery in &relation.subqueries {
                if let Some(readers) = readers.get_mut(subquery.relation) {
                    readers.push(Reader::Expression(id));
                }
            }
        }
        Self { trace, readers, onward: RefCell::default() }
    }

    /// Who reads a relation.
    pub fn readers(&self, id: RelationId) -> &[Reader] {
        self.readers.get(id).map_or(&[], Vec::as_slice)
    }

    /// The result rows of a relation that rows of an input have a part in, and the input rows that have none.
    pub fn onward(
        &self,
        id: RelationId,
        input: usize,
        rows: &BTreeSet<usize>,
    ) -> (BTreeSet<usize>, Vec<usize>) {
        let onward = self.index(id, input);
        let (mut out, mut lost) = (BTreeSet::new(), Vec::new());
        for &row in rows {
            let range = |at: usize| onward.starts.get(at).map_or(onward.rows.len(), |start| *start as usize);
            let found = onward.rows.get(range(row)..range(row + 1)).unwrap_or_default();
            if found.is_empty() {
                lost.push(row);
            }
            out.extend(found.iter().map(|&row| row as usize));
        }
        (out, lost)
    }

    /// The rows of a later relation that rows of sources have a part in.
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
                    let out = self.onward(reader, input, &rows).0;
                    if !out.is_empty() {
                        marked.entry(reader).or_default().extend(out);
                    }
                }
            }
        }
        BTreeSet::new()
    }

    fn index(&self, id: RelationId, input: usize) -> Rc<Onward> {
        if let Some(known) = self.onward.borrow().get(&(id, input)) {
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
        let onward = Rc::new(Onward { starts, rows: pairs.into_iter().map(|(_, row)| row).collect() });
        self.onward.borrow_mut().insert((id, input), onward.clone());
        onward
    }

    /// The source rows that a row was made of, by relation. A row that a semi join kept owes that to its partners, too.
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
            for row in rows {
                for (input, row) in relation.parents(row, self.trace) {
                    if let Some(rows) = of_inputs.get_mut(input) {
                        rows.insert(row);
                    }
                }
            }
            let semi = match relation.plan.node {
                Node::Join { kind: JoinKind::LeftSemi, .. } => Some(0),
                Node::Join { kind: JoinKind::RightSemi, .. } => Some(1),
                _ => None,
            };
            if let Some(side) = semi
                && let Some(rows) = of_inputs.get(side)
            {
                let partners = self.partners(relation, side, rows)?;
                if let Some(others) = of_inputs.get_mut(1 - side) {
                    others.extend(partners);
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

    /// The row of a relation below that a row of this one came from, along the first input of each relation between.
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

    /// Rows that have the key of a row of one side of a join and were on their way to the other side, but vanished before it:
    /// the relation that lost them, and the rows of its input.
    pub fn missed(
        &self,
        join: &Relation,
        side: usize,
        row: usize,
    ) -> Result<Option<(RelationId, Vec<usize>)>> {
        let (Some(from), Some(&other)) = (self.trace.input(join, side), join.inputs.get(1 - side)) else {
            return Ok(None);
        };
        let from_keys = keys(join, side);
        let mut wanted: Vec<Expr> = keys(join, 1 - side).into_iter().cloned().collect();
        let mut at = other;
        // Down the other side for as long as its key is made of the rows below.
        while let Some(below) = below(self.trace.relation(at), &mut wanted) {
            let input = self.trace.relation(below);
            let keys: Vec<&Expr> = wanted.iter().collect();
            let run = self.trace.run_with(join, from, row);
            let from = (from, numbers([row]), &*from_keys);
            let found = self.trace.partners(from, (input, &keys), run, join.plan.span)?;
            if !found.is_empty() {
                return Ok(Some((at, found)));
            }
            at = below;
        }
        Ok(None)
    }

    /// The rows of the other side of a join that have the key of one of some rows of this side.
    pub fn partners(&self, join: &Relation, side: usize, rows: &BTreeSet<usize>) -> Result<Vec<usize>> {
        self.same_key(join, (side, rows), 1 - side)
    }

    /// The rows of a side of a join that have the key of one of some rows of one of its sides.
    pub fn same_key(
        &self,
        join: &Relation,
        (side, rows): (usize, &BTreeSet<usize>),
        other: usize,
    ) -> Result<Vec<usize>> {
        let (Some(from), Some(to)) = (self.trace.input(join, side), self.trace.input(join, other)) else {
            return Ok(Vec::new());
        };
        let (from_keys, to_keys) = (keys(join, side), keys(join, other));
        // In a body rows meet those of their own run.
        let (mut found, mut rows) = (BTreeSet::new(), rows.iter().copied().peekable());
        while let Some(first) = rows.next() {
            let run = self.trace.run_with(join, from, first);
            let mut together = vec![first];
            while let Some(row) = rows.next_if(|row| self.trace.run_with(join, from, *row) == run) {
                together.push(row);
            }
            let from = (from, numbers(together), &*from_keys);
            found.extend(self.trace.partners(from, (to, &to_keys), run, join.plan.span)?);
        }
        Ok(found.into_iter().collect())
    }
}

fn numbers(rows: impl IntoIterator<Item = usize>) -> Vec<u32> {
    rows.into_iter().filter_map(|row| u32::try_from(row).ok()).collect()
}

/// The key expressions of a side of a join.
pub(super) fn keys(join: &Relation, side: usize) -> Vec<&Expr> {
    match &join.plan.node {
        Node::Join { keys, .. } => {
            keys.iter().map(|(left, right)| if side == 0 { left } else { right }).collect()
        }
        _ => Vec::new(),
    }
}

/// The input of a relation, if expressions over its rows can be had from the rows of that input: they become such ones.
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
        // Only the key of a group is that of its rows.
        Node::Aggregate { keys, .. } => through(exprs, keys)?,
        // What comes after the left side's columns is not asked for.
        Node::Join { kind: JoinKind::LeftSemi | JoinKind::LeftAnti, .. } => {}
        Node::Parse { .. }
        | Node::Unnest { .. }
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
