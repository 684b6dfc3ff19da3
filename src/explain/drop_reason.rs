//! Finds out why a step dropped a row: the condition that is not true, the key that the other side of a join has or has not,
//! the rank, the pattern, the missing items.

use std::ops::Range;
use std::sync::Arc;

use super::condition::{RowContext, clause, enumeration, shown};
use super::explainer::Explainer;
use super::lineage_graph::{LineageGraph, keys};
use super::report::{NamedValue, RowRef};
use super::row_ids::values_with_row_ids;
use super::row_trace::{ConditionResult, DropReason, JoinMatch, NearMiss};
use super::sentence::{counted, list, rows as row_count};
use super::steps::AuthoredStep;
use super::trace::{BodyRun, Relation, RelationId};
use crate::column::Table;
use crate::exec::execute;
use crate::function::Result;
use crate::plan::{Condition, ConditionForm, Expr, JoinKind, Node, Plan, SortKey};

/// The most matches of a row that are listed, and source rows of each.
const MAX_MATCHES: usize = 10;

/// The most rows that would have matched that are listed.
const MAX_NEAR_MISSES: usize = 3;

/// The most subtables that are searched for the one in which a row came furthest.
const MAX_SUBTABLES: usize = 64;

/// The most cells of a group that a sentence shows.
const MAX_CELLS: usize = 4;

/// Names a row and the relation that dropped it.
pub(super) struct DropSite<'a> {
    /// The run.
    pub explainer: &'a Explainer<'a>,
    /// The lineage of its rows.
    pub graph: &'a LineageGraph<'a>,
    /// The relation that has not the row.
    pub id: RelationId,
    /// The same.
    pub relation: &'a Relation,
    /// The step that the relation is part of.
    pub step: &'a AuthoredStep<'a>,
    /// The input of the relation that has the row.
    pub input: usize,
    /// The row.
    pub row: usize,
    /// The row is spoken of beside another one: what would have matched it in its turn would lead too far.
    pub in_passing: bool,
}

impl DropSite<'_> {
    /// Finds the reason, and says it in a sentence. A row that several subtables of a subquery read was dropped in each of
    /// them: the reason is that of one.
    pub fn reason(&self) -> Result<(DropReason, String)> {
        let trace = self.explainer.trace;
        let runs = match trace.input(self.relation, self.input) {
            Some(input) => trace.runs_with(self.relation, input, self.row),
            None => Vec::new(),
        };
        let mut found: Option<(usize, BodyRun, DropReason, String)> = None;
        for &run in runs.iter().take(MAX_SUBTABLES) {
            let (reason, text) = self.reason_in(run)?;
            // The one that fits the row best is that in which most of its conditions hold.
            let held = if let DropReason::Condition { failed, .. } = &reason { *failed } else { 0 };
            if found.as_ref().is_none_or(|(best, ..)| held > *best) {
                found = Some((held, run, reason, text));
            }
        }
        let Some((_, run, reason, text)) = found else {
            return Ok((DropReason::NotChosen, "no subtable reads it".to_owned()));
        };
        let scope = self.relation.runs.as_ref().map(|it| it.scope).filter(|_| runs.len() > 1);
        let Some(scope) = scope else { return Ok((reason, text)) };
        let key = enumeration(&self.explainer.subtable_key(scope, run));
        let which = if key.is_empty() { "one of them".to_owned() } else { format!("that of {key}") };
        Ok((reason, format!("it is kept in none of {} subtables; in {which}, {text}", runs.len())))
    }

    /// Finds the reason why a run dropped the row.
    fn reason_in(&self, run: BodyRun) -> Result<(DropReason, String)> {
        let trace = self.explainer.trace;
        match &self.relation.plan.node {
            Node::Filter { conjuncts, .. } => self.condition(conjuncts, run),
            Node::Join { kind, .. } => self.join(*kind, run),
            Node::Limit { .. } => {
                let (before, kept) = (self.before(run), self.kept(run).len());
                let rank = self.row + 1 - before.start;
                let text = format!("it is {}, and {}", self.ranked(rank, before.len()), are_kept(kept));
                Ok((DropReason::Rank { rank, kept }, text))
            }
            Node::TopN { keys, .. } => self.top(keys, run),
            Node::Sample { .. } => {
                let (before, kept) = (self.before(run).len(), self.kept(run).len());
                let text = format!("{kept} of {before} were chosen at random");
                Ok((DropReason::NotChosen, text))
            }
            Node::Parse { text, .. } => {
                let input = trace.input(self.relation, 0);
                let value = input.map(|it| trace.evaluate(it, self.row, &[text], run)).transpose()?;
                let value = value.and_then(|mut it| it.pop()).unwrap_or_default();
                let name = input.map_or_else(|| text.to_string(), |input| name_of(text, input));
                let text = NamedValue { name, value };
                let sentence = format!("{} is {}, which does not match", text.name, shown(&text.value));
                Ok((DropReason::PatternMismatch { text }, sentence))
            }
            Node::Unnest { columns, .. } => {
                let exprs: Vec<&Expr> = columns.iter().map(|column| &column.expr).collect();
                let cells = self.explainer.cells_of(self.relation, 0, self.row, &exprs)?;
                let text = format!("{}: there is no item to make a row of", clause(&cells));
                Ok((DropReason::NoItem { cells }, text))
            }
            Node::MatchSteps { .. } => {
                Ok((DropReason::NotChosen, "it matches no step whose rows come out".to_owned()))
            }
            // These drop no row.
            Node::Scan { .. }
            | Node::External { .. }
            | Node::Values { .. }
            | Node::Range { .. }
            | Node::Project { .. }
            | Node::Aggregate { .. }
            | Node::Sort { .. }
            | Node::Union { .. }
            | Node::Apply { .. }
            | Node::Outer { .. }
            | Node::Plugin { .. }
            | Node::Visualize { .. }
            | Node::Shared { .. } => Ok((DropReason::NotChosen, "it is not among the rows".to_owned())),
        }
    }

    /// The rows among which it stood.
    fn before(&self, run: BodyRun) -> Range<usize> {
        let trace = self.explainer.trace;
        trace.input(self.relation, self.input).map_or(0..0, |input| trace.rows_in(input, run))
    }

    /// The rows that were kept of these.
    fn kept(&self, run: BodyRun) -> Range<usize> {
        self.explainer.trace.rows_in(self.relation, run)
    }

    /// Writes a place among rows: `row 3 of 5`, `row 2 of the 3 of its subtable`.
    fn ranked(&self, rank: usize, of: usize) -> String {
        let input = self.explainer.trace.input(self.relation, self.input);
        match input.and_then(|input| input.runs.as_ref()) {
            Some(_) => format!("row {rank} of the {of} of its subtable"),
            None => format!("row {rank} of {of}"),
        }
    }

    fn condition(&self, conjuncts: &[Expr], run: BodyRun) -> Result<(DropReason, String)> {
        let (explainer, trace) = (self.explainer, self.explainer.trace);
        let (input, written) = (self.relation.inputs.first(), self.step.operator);
        // What is written speaks of the rows that were piped in; beneath the filter there may be columns of its own.
        let piped = match (input, self.step.piped) {
            (Some(&input), Some(piped)) => self.graph.back_to(input, self.row, piped).map(|row| (piped, row)),
            (None, _) | (_, None) => None,
        };
        let written = written.filter(|operator| !operator.conditions.is_empty());
        let conditions: Vec<ConditionResult> = if let (Some(operator), Some((piped, row))) = (written, piped)
        {
            let at = RowContext { step: self.step, relation: trace.relation(piped), row, run };
            operator.conditions.iter().map(|it| explainer.condition(it, at)).collect::<Result<_>>()?
        } else {
            let Some(&input) = input else { return Ok((DropReason::NotChosen, String::new())) };
            let at = RowContext { step: self.step, relation: trace.relation(input), row: self.row, run };
            let plain = |expr: &Expr| Condition {
                span: self.step.span(trace),
                expr: expr.clone(),
                form: ConditionForm::Of(Vec::new()),
            };
            conjuncts.iter().map(|it| explainer.condition(&plain(it), at)).collect::<Result<_>>()?
        };
        let Some(failed) = conditions.iter().position(|it| it.value != Some(true)) else {
            let text = "it is not among the rows that were kept".to_owned();
            return Ok((DropReason::NotChosen, text));
        };
        let text = conditions.get(failed).map_or_else(String::new, |it| it.sentence.clone());
        Ok((DropReason::Condition { conditions, failed }, text))
    }

    fn join(&self, kind: JoinKind, run: BodyRun) -> Result<(DropReason, String)> {
        let (explainer, graph) = (self.explainer, self.graph);
        let other = 1 - self.input;
        let side = if other == 1 { "right" } else { "left" };
        let key = explainer.key_cells(self.relation, self.input, self.row)?;
        let matching = graph.same_key(self.relation, (self.input, vec![self.row]), other, run)?;
        let other_id = self.relation.inputs.get(other).copied();
        if matches!(kind, JoinKind::LeftAnti | JoinKind::RightAnti) {
            let mut matches = Vec::new();
            for &row in matching.iter().take(MAX_MATCHES) {
                matches.push(self.join_match(other_id, row)?);
            }
            let step = other_id.and_then(|id| explainer.step_ref(id));
            let place = step.map_or_else(String::new, |step| format!(" (step {})", step.number));
            let from = sources_of(&matches, matching.len());
            let text = format!("{}, which is on the {side} side{place}{from}", clause(&key));
            return Ok((DropReason::HasJoinMatch { key, count: matching.len(), matches }, text));
        }
        if kind == JoinKind::InnerUnique && self.input == 0 && !matching.is_empty() {
            let same = graph.same_key(self.relation, (0, vec![self.row]), 0, run)?;
            let taken = same.into_iter().find(|row| *row != self.row);
            let mut by = Vec::new();
            if let (Some(row), Some(&left)) = (taken, self.relation.inputs.first()) {
                by = self.join_match(Some(left), row)?.sources;
            }
            let from = if by.is_empty() { String::new() } else { format!(", here that of {}", refs(&by)) };
            let text = format!(
                "{}: an innerunique join (the default) takes the first left row of each key alone{from}",
                clause(&key)
            );
            return Ok((DropReason::DuplicateKey { key, by }, text));
        }
        let (rows, whose) = self.other_side(other, run);
        let mut text = match rows {
            0 => format!("the {side} side has no rows{whose}"),
            1 => format!("{}, which the only row of the {side} side{whose} has not", clause(&key)),
            _ => {
                format!(
                    "{}, which none of the {} of the {side} side{whose} has",
                    clause(&key),
                    row_count(rows)
                )
            }
        };
        let near_misses = if self.in_passing { Vec::new() } else { self.near_misses(run)? };
        if let Some(first) = near_misses.first() {
            let others = if near_misses.len() > 1 { " and other rows" } else { "" };
            let (rows, number) = (refs(&first.sources), first.step.number);
            text.push_str(&format!(
                "; {rows}{others} with this key vanished at step {number}: {}",
                first.text
            ));
        }
        Ok((DropReason::NoJoinMatch { key, side, rows, near_misses }, text))
    }

    /// Counts the rows of a side of a join, and says which ones they are if it has others in other subtables.
    fn other_side(&self, side: usize, run: BodyRun) -> (usize, &'static str) {
        let trace = self.explainer.trace;
        let Some(other) = trace.input(self.relation, side) else { return (0, "") };
        let whose = if other.runs.is_some() { " in its subtable" } else { "" };
        (trace.rows_in(other, run).len(), whose)
    }

    /// Finds rows that would have matched, had a step before the join not dropped them.
    fn near_misses(&self, run: BodyRun) -> Result<Vec<NearMiss>> {
        let (explainer, graph) = (self.explainer, self.graph);
        let mut near_misses = Vec::new();
        let Some((id, rows)) = graph.near_misses(self.relation, self.input, self.row, run)? else {
            return Ok(near_misses);
        };
        let relation = explainer.trace.relation(id);
        let (Some(step), Some(&input)) = (explainer.steps.step_of(id), relation.inputs.first()) else {
            return Ok(near_misses);
        };
        for row in rows.into_iter().take(MAX_NEAR_MISSES) {
            let site = DropSite { explainer, graph, id, relation, step, input: 0, row, in_passing: true };
            let sources = self.join_match(Some(input), row)?.sources;
            let text = site.reason()?.1;
            near_misses.push(NearMiss { sources, step: explainer.step_ref_of(step), text });
        }
        Ok(near_misses)
    }

    /// Names a row of a side of a join by its source rows.
    fn join_match(&self, id: Option<RelationId>, row: usize) -> Result<JoinMatch> {
        let mut sources = Vec::new();
        if let Some(id) = id {
            for (id, rows) in self.graph.sources(id, row)? {
                sources.extend(rows.into_iter().filter_map(|row| self.explainer.sources.name(id, row)));
            }
        }
        sources.sort();
        sources.dedup();
        let source_count = sources.len();
        sources.truncate(MAX_MATCHES);
        Ok(JoinMatch { row, source_count, sources })
    }

    fn top(&self, keys: &[SortKey], run: BodyRun) -> Result<(DropReason, String)> {
        let (explainer, trace) = (self.explainer, self.explainer.trace);
        let Some(input) = trace.input(self.relation, 0) else {
            return Ok((DropReason::NotChosen, String::new()));
        };
        let (before, kept_rows) = (self.before(run), self.kept(run));
        let kept = kept_rows.len();
        let resolve = |key: &SortKey| SortKey { expr: trace.resolved(&key.expr, run), ..key.clone() };
        let rows = before.clone().filter_map(|row| u32::try_from(row).ok()).collect();
        let chunk = input.table.chunk(0, input.table.len()).select(rows);
        let rows = Table::from_chunks(input.table.schema().clone(), &[chunk]);
        let below = values_with_row_ids(&rows, before.start)?;
        let schema = below.schema.clone();
        let node = Node::Sort { input: below, keys: keys.iter().map(resolve).collect() };
        let sorted = execute(&Plan::new(node, Arc::clone(&schema), self.relation.plan.span), trace.run)?;
        let ids = sorted.columns().last();
        let place = ids
            .and_then(|column| column.values().position(|it| it.as_long() == i64::try_from(self.row).ok()));
        let rank = place.map_or(0, |place| place + 1);
        let exprs: Vec<&Expr> = keys.iter().map(|key| &key.expr).collect();
        let own = explainer.cells_of(self.relation, 0, self.row, &exprs)?;
        let mut text = format!(
            "{}: it is {} in this order, and {}",
            clause(&own),
            self.ranked(rank, before.len()),
            are_kept(kept)
        );
        if let Some(last) = kept_rows.last()
            && let Some(&id) = self.relation.inputs.first()
            && let Some(row) = self.graph.back_to(self.id, last, id)
        {
            let last = explainer.cells_of(self.relation, 0, row, &exprs)?;
            text.push_str(&format!("; of the last one kept {}", clause(&last)));
        }
        Ok((DropReason::Rank { rank, kept }, text))
    }
}

impl Explainer<'_> {
    /// Evaluates the key of a row of a side of a join.
    pub(super) fn key_cells(&self, join: &Relation, side: usize, row: usize) -> Result<Vec<NamedValue>> {
        self.cells_of(join, side, row, &keys(join, side))
    }

    /// Evaluates expressions of a relation for a row of one of its inputs.
    fn cells_of(
        &self,
        relation: &Relation,
        input: usize,
        row: usize,
        exprs: &[&Expr],
    ) -> Result<Vec<NamedValue>> {
        let Some(from) = self.trace.input(relation, input) else { return Ok(Vec::new()) };
        let run = self.trace.run_with(relation, from, row);
        let values = self.trace.evaluate(from, row, exprs, run)?;
        let name = |expr: &&Expr| name_of(expr, from);
        Ok(exprs.iter().map(name).zip(values).map(|(name, value)| NamedValue { name, value }).collect())
    }
}

/// Names an expression by the columns that it reads, or by itself where it reads none.
fn name_of(expr: &Expr, over: &Relation) -> String {
    let mut names: Vec<&str> = Vec::new();
    for column in expr.columns().into_iter().filter_map(|at| over.plan.schema.columns.get(at)) {
        if !names.contains(&&*column.name) {
            names.push(&column.name);
        }
    }
    if names.is_empty() {
        expr.to_string()
    } else if let Expr::Call { function, .. } = expr {
        format!("{}({})", function.name, names.join(", "))
    } else {
        list(&names)
    }
}

/// Says which source rows the matches of a row were made of, and how many matches there are.
fn sources_of(matches: &[JoinMatch], count: usize) -> String {
    let several = if count > 1 { format!(" {count} times") } else { String::new() };
    let mut sources: Vec<RowRef> = matches.iter().flat_map(|it| &it.sources).cloned().collect();
    sources.sort();
    sources.dedup();
    if sources.is_empty() {
        return several;
    }
    sources.truncate(MAX_MATCHES);
    let unlisted = count > matches.len() || matches.iter().any(|it| it.source_count > it.sources.len());
    let more = if unlisted { " and others" } else { "" };
    format!("{several}, made of {}{more}", refs(&sources))
}

/// Says how many rows are kept: `1 is kept`, `2 are kept`.
fn are_kept(count: usize) -> String {
    format!("{count} {} kept", if count == 1 { "is" } else { "are" })
}

/// Lists source rows, each table once: `T[1], [2] and [3]`.
fn refs(rows: &[RowRef]) -> String {
    let mut words = Vec::new();
    let mut table = "";
    for row in rows {
        words.push(if row.table == table { format!("[{}]", row.row) } else { row.to_string() });
        table = &row.table;
    }
    list(&words)
}

/// Writes the first values, and how many more there are.
pub(super) fn shortened(cells: &[NamedValue]) -> String {
    let shown = enumeration(cells.get(..MAX_CELLS.min(cells.len())).unwrap_or_default());
    match cells.len().saturating_sub(MAX_CELLS) {
        0 => shown,
        more => format!("{shown} and {}", counted(more, "more column")),
    }
}
