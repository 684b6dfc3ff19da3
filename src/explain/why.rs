//! Says why source rows are in the answer or why not: follows each one forward through every step that it goes into.

use std::collections::BTreeSet;

use super::condition::{clause, enumeration};
use super::drop_reason::{DropSite, shortened};
use super::explainer::{Explainer, cells};
use super::lineage::{refusal, row_range};
use super::lineage_graph::{LineageGraph, Reader};
use super::report::{NamedValue, RowRef};
use super::row_trace::{DroppedRow, Outcome, RowPath, RowTrace, RowTraces, TableRows, TraceStep};
use super::sentence::{list, rows as row_count};
use super::steps::AuthoredStep;
use super::subtables::Subtables;
use super::trace::{Relation, RelationId};
use crate::diagnostic::Code;
use crate::function::Result;
use crate::plan::{Expr, JoinKind, Node};

/// The most paths that are followed from one place that reads a row. Tables that read one another twice make ever more of them.
const MAX_PATHS: usize = 50;

/// The most rows dropped by one step that get a reason.
const MAX_DROPPED_ROWS: usize = 10;

/// The most rows of the answer that a summary lists.
const MAX_LISTED_ROWS: usize = 4;

impl Explainer<'_> {
    /// Traces source rows, one after the other.
    ///
    /// # Errors
    /// The query does not read such a row.
    pub(super) fn why(&self, asked: &[RowRef]) -> Result<RowTraces> {
        let graph = LineageGraph::new(self.trace);
        Ok(RowTraces {
            answer_rows: self.answers.first().map_or(0, |answer| answer.table.len()),
            traces: asked.iter().map(|row| self.row_trace(row, &graph)).collect::<Result<_>>()?,
        })
    }

    /// Finds where a row is read; an error that says which rows there are, if it is not.
    fn reads_of(&self, asked: &RowRef) -> Result<Vec<(RelationId, usize)>> {
        let found = self.sources.find(asked);
        if !found.is_empty() {
            return Ok(found);
        }
        let tables = self.sources.tables();
        let (code, message) = match self.sources.rows_of(&asked.table) {
            Some(len) => {
                (Code::BadData, format!("there is no {asked}: {} has {}", asked.table, row_range(len)))
            }
            None if tables.is_empty() => (Code::UnknownTable, "the query reads no table".to_owned()),
            None => {
                let message =
                    format!("the query reads no table '{}': it reads {}", asked.table, list(&tables));
                (Code::UnknownTable, message)
            }
        };
        Err(refusal(code, message))
    }

    fn row_trace(&self, asked: &RowRef, graph: &LineageGraph<'_>) -> Result<RowTrace> {
        let reads = self.reads_of(asked)?;
        let mut paths = Vec::new();
        for &(id, row) in &reads {
            let Some(step) = self.steps.step_of(id) else { continue };
            let Some(pipeline) = self.steps.pipeline_of(step) else { continue };
            let mut walk = RowWalk { explainer: self, graph, found: Vec::new() };
            walk.go(id, &BTreeSet::from([row]), &[])?;
            let path = |(steps, outcome)| RowPath {
                pipeline: self.pipeline_name(pipeline),
                kind: pipeline.kind,
                read: self.step_ref_of(step),
                steps,
                outcome,
            };
            paths.extend(walk.found.into_iter().map(path));
        }
        paths.sort_by_key(|path| path.read.number);
        let mut tables: Vec<TableRows> = Vec::new();
        for (at, (&root, answer)) in self.trace.roots.iter().zip(&self.query.answers).enumerate() {
            let rows = self.places(at, &graph.reached(&reads, root));
            tables.push(TableRows { name: answer.name.to_owned(), rows });
        }
        let results = tables.first().map(|first| first.rows.clone()).unwrap_or_default();
        if tables.len() == 1 {
            tables.clear();
        }
        tables.retain(|table| !table.rows.is_empty());
        let read = reads.first().map(|(id, row)| cells(&self.trace.relation(*id).table, *row));
        let mut trace = RowTrace {
            row: asked.clone(),
            cells: read.unwrap_or_default(),
            results,
            tables,
            summary: String::new(),
            paths,
        };
        trace.summary = summary(&trace);
        Ok(trace)
    }

    /// Finds the places of rows of the run in one of the tables that the query gives.
    fn places(&self, table: usize, rows: &BTreeSet<usize>) -> Vec<usize> {
        let Some(answer) = self.answers.get(table) else { return Vec::new() };
        let mut places: Vec<usize> = rows.iter().map(|row| answer.place_of(*row)).collect();
        places.sort_unstable();
        places
    }
}

/// Sums up where a row is, or where and why it vanished, in a sentence without its subject.
fn summary(trace: &RowTrace) -> String {
    match trace.decisive() {
        Some(Outcome::Dropped { step, text }) => format!("vanishes at step {}: {text}", step.number),
        Some(Outcome::Compared { step, text }) => format!("is compared at step {}: {text}", step.number),
        Some(Outcome::Answer { .. }) | None => {
            let of = |rows: &[usize]| {
                let numbers: Vec<String> = rows.iter().map(ToString::to_string).collect();
                match rows.len() {
                    1 => format!("row {}", list(&numbers)),
                    2..=MAX_LISTED_ROWS => format!("rows {}", list(&numbers)),
                    more => row_count(more),
                }
            };
            let tables = trace.tables.iter().map(|it| format!("{} of the table {}", of(&it.rows), it.name));
            let tables: Vec<String> = tables.collect();
            match (&*tables, &*trace.results) {
                ([], []) => "is read, but nothing is made of it".to_owned(),
                ([], rows) => format!("is in {} of the answer", of(rows)),
                (tables, _) => format!("is in {}", list(tables)),
            }
        }
    }
}

/// Counts, beside a step of a path, the rows that went into it.
#[derive(Clone)]
struct WalkedStep {
    step: TraceStep,
    rows_in: usize,
}

/// Follows one row forward from where it is read.
struct RowWalk<'w, 'a> {
    explainer: &'w Explainer<'a>,
    graph: &'w LineageGraph<'a>,
    /// The steps of each path that has ended, and how it did.
    found: Vec<(Vec<TraceStep>, Outcome)>,
}

impl RowWalk<'_, '_> {
    fn end(&mut self, steps: &[WalkedStep], outcome: Outcome) {
        self.found.push((steps.iter().map(|it| it.step.clone()).collect(), outcome));
    }

    /// Goes on with rows of a relation to all that read it. `steps` led to it.
    fn go(&mut self, id: RelationId, rows: &BTreeSet<usize>, steps: &[WalkedStep]) -> Result<()> {
        let (explainer, graph) = (self.explainer, self.graph);
        let several = explainer.trace.roots.len() > 1;
        for (at, answer) in explainer.query.answers.iter().enumerate() {
            if explainer.trace.roots.get(at) == Some(&id) {
                let table = several.then(|| answer.name.to_owned());
                let outcome = Outcome::Answer { rows: explainer.places(at, rows), table };
                self.end(steps, outcome);
            }
        }
        for reader in graph.readers(id) {
            if self.found.len() >= MAX_PATHS {
                break;
            }
            match *reader {
                Reader::Input(reader, input) => {
                    let node = &explainer.trace.relation(reader).plan.node;
                    if let (Node::Apply { scope, .. }, 1..) = (node, input) {
                        self.pass_body(reader, *scope, rows, steps)?;
                    } else {
                        self.enter(reader, input, rows, steps.to_vec())?;
                    }
                }
                Reader::Expression(reader) => {
                    let Some(step) = explainer.step_ref(reader) else { continue };
                    let text = "it is a value that the step looks at".to_owned();
                    self.end(steps, Outcome::Compared { step, text });
                }
            }
        }
        Ok(())
    }

    /// Goes past a body that the rows are given to, with their columns that the Apply keeps beside what the body makes.
    fn pass_body(
        &mut self,
        apply: RelationId,
        scope: usize,
        rows: &BTreeSet<usize>,
        steps: &[WalkedStep],
    ) -> Result<()> {
        let (explainer, graph) = (self.explainer, self.graph);
        let (Some(step), Some(body)) = (explainer.step_ref(apply), explainer.trace.body(scope)) else {
            return Ok(());
        };
        if !body.reads_rows {
            let outer = explainer.trace.relation(body.outer);
            let run = rows.first().map(|row| explainer.trace.run_of(outer, *row));
            let key = run.map(|run| explainer.subtable_key(scope, run)).unwrap_or_default();
            let text = format!("its {}, for which the subquery is run", clause(&key));
            // The rows that the body is given are part of the step itself.
            let before = steps.iter().rposition(|it| it.step.step != step).map_or(0, |last| last + 1);
            self.end(steps.get(..before).unwrap_or_default(), Outcome::Compared { step, text });
            return Ok(());
        }
        // What went through the body is followed there.
        let Some(&last) = explainer.trace.relation(apply).inputs.first() else { return Ok(()) };
        let given: Vec<(RelationId, usize)> = rows.iter().map(|row| (body.outer, *row)).collect();
        let through = graph.forward(apply, 0, &graph.reached(&given, last)).0;
        let beside: BTreeSet<usize> = graph.forward(apply, 1, rows).0.difference(&through).copied().collect();
        if beside.is_empty() {
            return Ok(());
        }
        let note = format!("the subquery gave {} for it, made of none of its items", row_count(beside.len()));
        let mut steps = steps.to_vec();
        let step =
            TraceStep { step, rows: beside.len(), note: Some(note), dropped: 0, dropped_rows: Vec::new() };
        steps.push(WalkedStep { step, rows_in: rows.len() });
        self.go(apply, &beside, &steps)
    }

    /// Goes into a relation that reads the rows as its input.
    fn enter(
        &mut self,
        id: RelationId,
        input: usize,
        rows: &BTreeSet<usize>,
        mut steps: Vec<WalkedStep>,
    ) -> Result<()> {
        let (explainer, graph) = (self.explainer, self.graph);
        let relation = explainer.trace.relation(id);
        let Some(authored) = explainer.steps.step_of(id) else { return Ok(()) };
        let step = explainer.step_ref_of(authored);
        if let Some(text) = self.compared(relation, input, rows)? {
            self.end(&steps, Outcome::Compared { step, text });
            return Ok(());
        }
        let (out, dropped) = graph.forward(id, input, rows);
        // A step may be several relations.
        if steps.last().is_none_or(|last| last.step.step != step) {
            let step = step.clone();
            let step = TraceStep { step, rows: 0, note: None, dropped: 0, dropped_rows: Vec::new() };
            steps.push(WalkedStep { step, rows_in: rows.len() });
        }
        let Some(WalkedStep { step: last, rows_in }) = steps.last_mut() else { return Ok(()) };
        last.rows = out.len();
        last.dropped += dropped.len();
        for &row in dropped.iter().take(MAX_DROPPED_ROWS) {
            let site =
                DropSite { explainer, graph, id, relation, step: authored, input, row, in_passing: false };
            let (reason, text) = site.reason()?;
            last.dropped_rows.push(DroppedRow { row, reason, text });
        }
        if id == authored.relation {
            last.note = explainer.note(authored, relation, *rows_in, &out);
        }
        if out.is_empty() {
            let text = last.dropped_rows.first().map_or_else(String::new, |dropped| dropped.text.clone());
            self.end(&steps, Outcome::Dropped { step, text });
            return Ok(());
        }
        self.go(id, &out, &steps)
    }

    /// Says what the rows decide about, if they are on the side of a semi or anti join that others are compared with.
    fn compared(&self, join: &Relation, input: usize, rows: &BTreeSet<usize>) -> Result<Option<String>> {
        let Node::Join { kind, .. } = &join.plan.node else { return Ok(None) };
        let (compared, anti) = match kind {
            JoinKind::LeftSemi => (1, false),
            JoinKind::LeftAnti => (1, true),
            JoinKind::RightSemi => (0, false),
            JoinKind::RightAnti => (0, true),
            JoinKind::InnerUnique
            | JoinKind::Inner
            | JoinKind::LeftOuter
            | JoinKind::RightOuter
            | JoinKind::FullOuter => return Ok(None),
        };
        if input != compared {
            return Ok(None);
        }
        let matches = self.graph.join_matches(join, input, rows)?;
        let side = if compared == 1 { "left" } else { "right" };
        let key = match rows.first() {
            Some(row) => clause(&self.explainer.key_cells(join, input, *row)?),
            None => String::new(),
        };
        let does = if anti { "removes" } else { "keeps" };
        let whom = match matches.len() {
            0 => format!("no row of the {side} side"),
            count => format!("{} of the {side} side", row_count(count)),
        };
        Ok(Some(format!("its {key}, which {does} {whom}")))
    }
}

impl Explainer<'_> {
    /// Says what a step made of rows that it kept, where that is worth a word.
    fn note(
        &self,
        step: &AuthoredStep<'_>,
        relation: &Relation,
        before: usize,
        out: &BTreeSet<usize>,
    ) -> Option<String> {
        let principal = step.principal(self.trace);
        let first = out.first().copied()?;
        let node = &principal.plan.node;
        if let Node::Aggregate { keys, aggregates, .. } = node {
            if out.len() > 1 {
                return None;
            }
            // Between the groups and the step's columns there is at most a projection, row by row.
            let size = principal.parents(first, self.trace).len();
            let (of_key, others) = self.group_cells(relation, keys.len(), first);
            let in_subtable = principal.runs.is_some();
            return match (keys.is_empty(), aggregates.is_empty()) {
                (true, _) if size == 1 && !in_subtable => {
                    Some(format!("is the only row that is summed up: {}", enumeration(&others)))
                }
                (true, _) if size == 1 => Some(format!(
                    "is the only row of its subtable that is summed up: {}",
                    enumeration(&others)
                )),
                (true, _) => {
                    let whose = if in_subtable { "others of its subtable" } else { "others" };
                    let count = row_count(size);
                    Some(format!("is summed up with {whose}, {count} in all: {}", enumeration(&others)))
                }
                (false, true) if size == 1 => None,
                (false, true) => Some(format!("is one of {size} equal rows")),
                (false, false) if size == 1 => Some(format!(
                    "is the only row of the group {}: {}",
                    shortened(&of_key),
                    shortened(&others)
                )),
                (false, false) => Some(format!(
                    "is one of {} of the group {}: {}",
                    row_count(size),
                    shortened(&of_key),
                    shortened(&others)
                )),
            };
        }
        if let Node::Outer { scope } = node
            && let Some(Subtables::PerKey(_)) = Subtables::of(self.trace, *scope)
        {
            let run = self.trace.run_of(principal, first);
            if out.iter().any(|row| self.trace.run_of(principal, *row) != run) {
                return None;
            }
            let key = enumeration(&self.subtable_key(*scope, run));
            return Some(match self.trace.rows_in(principal, run).len() {
                1 => format!("is the only row of the subtable {key}"),
                size => format!("is one of {} of the subtable {key}", row_count(size)),
            });
        }
        if out.len() <= before {
            return None;
        }
        if let Node::Join { .. } = node {
            Some(format!("is paired with {}", row_count(out.len())))
        } else if let Node::Unnest { .. } | Node::Outer { .. } = node {
            Some(format!("becomes {}", row_count(out.len())))
        } else {
            None
        }
    }

    /// Splits the cells of a group into those of its key and the others.
    fn group_cells(
        &self,
        relation: &Relation,
        keys: usize,
        row: usize,
    ) -> (Vec<NamedValue>, Vec<NamedValue>) {
        let is_key = |at: usize| {
            if let Node::Project { columns, .. } = &relation.plan.node {
                matches!(columns.get(at), Some(Expr::Column { index, .. }) if *index < keys)
            } else {
                at < keys
            }
        };
        let (mut of_key, mut others) = (Vec::new(), Vec::new());
        for (at, cell) in cells(&relation.table, row).into_iter().enumerate() {
            if is_key(at) { of_key.push(cell) } else { others.push(cell) }
        }
        (of_key, others)
    }
}
