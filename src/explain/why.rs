//! What became of source rows: follows each one through every step, and says where and why it vanished.
//! It must not know how rows are found again, nor how what is said is printed.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use super::Teller;
use super::carry::numbered;
use super::fate::{
    End, Fate, Loss, Missed, Origin, Origins, Partner, Path, Reason, Stage, StepRef, Verdict, Why,
};
use super::follow::{Reader, Ways, keys};
use super::report::{Cell, RowRef};
use super::sentence::{counted, list, rows as row_count};
use super::story::Told;
use super::trace::{BodyRun, Relation, RelationId};
use super::verdict::{Looked, named, said, shown};
use crate::column::Table;
use crate::diagnostic::{Code, Diagnostic};
use crate::exec::execute;
use crate::function::{Failure, Result};
use crate::plan::{Condition, ConditionForm, Expr, JoinKind, Node, Plan, SortKey};
use crate::source::Span;

/// So many paths from one place that reads a row are told: tables that read one another twice make ever more of them.
const MOST_PATHS: usize = 50;

/// So many losses of one step are told.
const MOST_LOSSES: usize = 10;

/// So many partners, and source rows of each, are told.
const MOST_PARTNERS: usize = 10;

/// So many rows that would have been partners are told.
const MOST_MISSED: usize = 3;

/// So many cells of a group's key are said in a sentence.
const MOST_CELLS: usize = 4;

impl Teller<'_> {
    /// What became of rows.
    pub(super) fn why(&self, asked: &[RowRef]) -> Result<Why> {
        let ways = Ways::new(self.trace);
        Ok(Why {
            answer_rows: self.trace.relation(self.trace.root).table.len(),
            fates: asked.iter().map(|row| self.fate(row, &ways)).collect::<Result<_>>()?,
        })
    }

    /// The source rows of a row of the answer.
    pub(super) fn origins(&self, row: usize) -> Result<Origins> {
        let answer = self.answer.table;
        if row >= answer.len() {
            let message = format!("the answer has no row {row}: it has {}", numbers(answer.len()));
            return Err(refusal(Code::BadData, message));
        }
        let ways = Ways::new(self.trace);
        let mut sources: BTreeMap<RowRef, Origin> = BTreeMap::new();
        for (id, found) in ways.sources(self.trace.root, self.answer.row_at(row))? {
            let (step, table) = (self.step_ref(id), &self.trace.relation(id).table);
            for row in found {
                let Some(named) = self.sources.name(id, row) else { continue };
                let origin = || Origin { row: named.clone(), read: Vec::new(), cells: cells(table, row) };
                sources.entry(named.clone()).or_insert_with(origin).read.extend(step.clone());
            }
        }
        let mut sources: Vec<Origin> = sources.into_values().collect();
        for origin in &mut sources {
            origin.read.sort_by_key(|step| step.number);
        }
        Ok(Origins { row, cells: cells(answer, row), sources })
    }

    /// The source rows of the answer, in its order.
    pub(super) fn source_rows(&self) -> Result<Vec<RowRef>> {
        let ways = Ways::new(self.trace);
        let mut rows = Vec::new();
        for row in 0..self.trace.relation(self.trace.root).table.len() {
            for (id, found) in ways.sources(self.trace.root, row)? {
                rows.extend(found.into_iter().filter_map(|row| self.sources.name(id, row)));
            }
        }
        Ok(rows)
    }

    /// Where a row is read; an error that says which rows there are, if it is not.
    fn reads_of(&self, asked: &RowRef) -> Result<Vec<(RelationId, usize)>> {
        let found = self.sources.find(asked);
        if !found.is_empty() {
            return Ok(found);
        }
        let tables = self.sources.tables();
        let (code, message) = match self.sources.rows_of(&asked.table) {
            Some(len) => {
                (Code::BadData, format!("there is no {asked}: {} has {}", asked.table, numbers(len)))
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

    fn fate(&self, asked: &RowRef, ways: &Ways<'_>) -> Result<Fate> {
        let reads = self.reads_of(asked)?;
        let mut paths = Vec::new();
        for &(id, row) in &reads {
            let Some(told) = self.story.step_of(id) else { continue };
            let Some(pipeline) = self.story.pipeline_of(told) else { continue };
            let mut walk = Walk { teller: self, ways, found: Vec::new() };
            walk.go(id, &BTreeSet::from([row]), &[])?;
            let path = |(stages, end)| Path {
                pipeline: self.pipeline_name(pipeline),
                kind: pipeline.kind,
                read: self.step_ref_of(told),
                stages,
                end,
            };
            paths.extend(walk.found.into_iter().map(path));
        }
        paths.sort_by_key(|path| path.read.number);
        let reached = ways.reached(&reads, self.trace.root);
        let mut results: Vec<usize> = reached.into_iter().map(|row| self.answer.place_of(row)).collect();
        results.sort_unstable();
        let cells = reads.first().map(|(id, row)| cells(&self.trace.relation(*id).table, *row));
        let mut fate = Fate {
            row: asked.clone(),
            cells: cells.unwrap_or_default(),
            results,
            summary: String::new(),
            paths,
        };
        fate.summary = summary(&fate);
        Ok(fate)
    }

    fn is_apply(&self, id: RelationId) -> bool {
        matches!(self.trace.relation(id).plan.node, Node::Apply { .. })
    }

    fn step_ref(&self, id: RelationId) -> Option<StepRef> {
        self.story.step_of(id).map(|told| self.step_ref_of(told))
    }

    fn step_ref_of(&self, told: &Told<'_>) -> StepRef {
        StepRef { number: told.number, text: self.label(told) }
    }
}

/// An error that is about the question, not about a place in the query.
fn refusal(code: Code, message: String) -> Failure {
    let diagnostic = Diagnostic::error(code, Span::default(), message);
    Box::new(Diagnostic { labels: Vec::new(), ..diagnostic })
}

/// The sentence for a row.
fn summary(fate: &Fate) -> String {
    match fate.decisive() {
        Some(End::Vanished { step, text }) => format!("vanishes at step {}: {text}", step.number),
        Some(End::Compared { step, text }) => format!("is compared at step {}: {text}", step.number),
        _ => {
            let rows: Vec<String> = fate.results.iter().map(ToString::to_string).collect();
            match rows.len() {
                0 => "is read, but nothing is made of it".to_owned(),
                1 => format!("is in row {} of the answer", list(&rows)),
                2..=MOST_CELLS => format!("is in rows {} of the answer", list(&rows)),
                more => format!("is in {} of the answer", row_count(more)),
            }
        }
    }
}

/// `3 rows, 0 to 2`
fn numbers(count: usize) -> String {
    match count {
        0 => "no rows".to_owned(),
        1 => "1 row, row 0".to_owned(),
        _ => format!("{count} rows, 0 to {}", count - 1),
    }
}

fn cells(table: &Table, row: usize) -> Vec<Cell> {
    let named = table.schema().names().zip(table.columns());
    named.map(|(name, column)| Cell { name: name.to_owned(), value: column.value(row) }).collect()
}

/// Follows one row from where it is read.
struct Walk<'w, 'a> {
    teller: &'w Teller<'a>,
    ways: &'w Ways<'a>,
    found: Vec<(Vec<Stage>, End)>,
}

impl Walk<'_, '_> {
    /// Goes on with the rows of a relation.
    fn go(&mut self, id: RelationId, rows: &BTreeSet<usize>, stages: &[Stage]) -> Result<()> {
        if id == self.teller.trace.root {
            let mut rows: Vec<usize> = rows.iter().map(|row| self.teller.answer.place_of(*row)).collect();
            rows.sort_unstable();
            self.found.push((stages.to_vec(), End::Answer { rows }));
        }
        let ways = self.ways;
        for reader in ways.readers(id) {
            if self.found.len() >= MOST_PATHS {
                break;
            }
            match *reader {
                // The rows of a body go through it, and only their columns past it.
                Reader::Input(reader, 1..) if self.teller.is_apply(reader) => {}
                Reader::Input(reader, input) => self.enter(reader, input, rows, stages.to_vec())?,
                Reader::Expression(reader) => {
                    let Some(step) = self.teller.step_ref(reader) else { continue };
                    let text = "it is a value that the step looks at".to_owned();
                    self.found.push((stages.to_vec(), End::Compared { step, text }));
                }
            }
        }
        Ok(())
    }

    /// Goes into a relation that reads the rows.
    fn enter(
        &mut self,
        id: RelationId,
        input: usize,
        rows: &BTreeSet<usize>,
        mut stages: Vec<Stage>,
    ) -> Result<()> {
        let teller = self.teller;
        let relation = teller.trace.relation(id);
        let Some(told) = teller.story.step_of(id) else { return Ok(()) };
        let step = teller.step_ref_of(told);
        if let Some(text) = self.compared(relation, input, rows)? {
            self.found.push((stages, End::Compared { step, text }));
            return Ok(());
        }
        let (out, lost) = self.ways.onward(id, input, rows);
        if stages.last().is_none_or(|stage| stage.step != step) {
            stages.push(Stage { step: step.clone(), rows: 0, note: None, lost: 0, losses: Vec::new() });
        }
        let Some(stage) = stages.last_mut() else { return Ok(()) };
        stage.rows = out.len();
        stage.lost += lost.len();
        for &row in lost.iter().take(MOST_LOSSES) {
            let at = Lost { id, relation, told, input, row, beside: false };
            let (reason, text) = at.reason(teller, self.ways)?;
            stage.losses.push(Loss { row, reason, text });
        }
        if id == told.relation {
            stage.note = teller.note(told, relation, rows.len(), &out);
        }
        if out.is_empty() {
            let text = stage.losses.first().map_or_else(String::new, |loss| loss.text.clone());
            self.found.push((stages, End::Vanished { step, text }));
            return Ok(());
        }
        self.go(id, &out, &stages)
    }

    /// What the rows decide about, if they are on the side of a semi or anti join that is only looked at.
    fn compared(&self, join: &Relation, input: usize, rows: &BTreeSet<usize>) -> Result<Option<String>> {
        let Node::Join { kind, .. } = &join.plan.node else { return Ok(None) };
        let (looked_at, anti) = match kind {
            JoinKind::LeftSemi => (1, false),
            JoinKind::LeftAnti => (1, true),
            JoinKind::RightSemi => (0, false),
            JoinKind::RightAnti => (0, true),
            _ => return Ok(None),
        };
        if input != looked_at {
            return Ok(None);
        }
        let partners = self.ways.partners(join, input, rows)?;
        let side = if looked_at == 1 { "left" } else { "right" };
        let key = match rows.first() {
            Some(row) => said(&self.teller.key_cells(join, input, *row)?),
            None => String::new(),
        };
        let does = if anti { "removes" } else { "keeps" };
        let whom = match partners.len() {
            0 => format!("no row of the {side} side"),
            count => format!("{} of the {side} side", row_count(count)),
        };
        Ok(Some(format!("its {key}, which {does} {whom}")))
    }
}

/// A row that an operator lost.
struct Lost<'a> {
    id: RelationId,
    relation: &'a Relation,
    told: &'a Told<'a>,
    input: usize,
    row: usize,
    /// It is told beside another row: what it missed itself would lead too far.
    beside: bool,
}

impl Lost<'_> {
    fn reason(&self, teller: &Teller<'_>, ways: &Ways<'_>) -> Result<(Reason, String)> {
        match &self.relation.plan.node {
            Node::Filter { conjuncts, .. } => self.condition(conjuncts, teller, ways),
            Node::Join { kind, .. } => self.join(*kind, teller, ways),
            Node::Limit { .. } => {
                let (before, kept) = (self.before(teller), self.kept(teller));
                let rank = self.row + 1 - before.start;
                let text = format!("it is row {rank} of {}, and {}", before.len(), are_kept(kept.len()));
                let kept = kept.len();
                Ok((Reason::Rank { rank, kept }, text))
            }
            Node::TopN { keys, .. } => self.top(keys, teller, ways),
            Node::Sample { .. } => {
                let (before, kept) = (self.before(teller).len(), self.kept(teller).len());
                let text = format!("{kept} of {before} were chosen at random");
                Ok((Reason::NotChosen, text))
            }
            Node::Parse { text, .. } => {
                let input = teller.trace.input(self.relation, 0);
                let run = self.run(teller);
                let value = input.map(|it| teller.trace.evaluate(it, self.row, &[text], run)).transpose()?;
                let value = value.and_then(|mut it| it.pop()).unwrap_or_default();
                let text = Cell { name: teller.column_name(self.relation, text), value };
                let said = format!("{} is {}, which does not match", text.name, shown(&text.value));
                Ok((Reason::NoMatch { text }, said))
            }
            Node::Unnest { columns, .. } => {
                let exprs: Vec<&Expr> = columns.iter().map(|column| &column.expr).collect();
                let cells = teller.cells_of(self.relation, 0, self.row, &exprs)?;
                let text = format!("{}: there is no item to make a row of", said(&cells));
                Ok((Reason::NoItem { cells }, text))
            }
            // These lose no row.
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
            | Node::Shared { .. } => Ok((Reason::NotChosen, "it is not among the rows".to_owned())),
        }
    }

    /// The run of a body in which it was lost.
    fn run(&self, teller: &Teller<'_>) -> BodyRun {
        match teller.trace.input(self.relation, self.input) {
            Some(input) => teller.trace.run_with(self.relation, input, self.row),
            None => teller.trace.run_of(self.relation, 0),
        }
    }

    /// The rows among which it stood.
    fn before(&self, teller: &Teller<'_>) -> Range<usize> {
        let input = teller.trace.input(self.relation, self.input);
        input.map_or(0..0, |input| teller.trace.rows_in(input, self.run(teller)))
    }

    /// The rows that were kept of these.
    fn kept(&self, teller: &Teller<'_>) -> Range<usize> {
        teller.trace.rows_in(self.relation, self.run(teller))
    }

    fn condition(
        &self,
        conjuncts: &[Expr],
        teller: &Teller<'_>,
        ways: &Ways<'_>,
    ) -> Result<(Reason, String)> {
        let (input, written) = (self.relation.inputs.first(), self.told.operator);
        // What is written speaks of the rows that were piped in; beneath the filter there may be columns of its own.
        let piped = match (input, self.told.piped) {
            (Some(&input), Some(piped)) => ways.back_to(input, self.row, piped).map(|row| (piped, row)),
            _ => None,
        };
        let conditions: Vec<Verdict> = match (written, piped) {
            (Some(operator), Some((piped, row))) if !operator.conditions.is_empty() => {
                let run = self.run(teller);
                let at = Looked { step: self.told, relation: teller.trace.relation(piped), row, run };
                operator.conditions.iter().map(|it| teller.verdict(it, at)).collect::<Result<_>>()?
            }
            _ => {
                let Some(&input) = input else { return Ok((Reason::NotChosen, String::new())) };
                let (relation, row, run) = (teller.trace.relation(input), self.row, self.run(teller));
                let at = Looked { step: self.told, relation, row, run };
                let plain = |expr: &Expr| Condition {
                    span: self.told.span(teller.trace),
                    expr: expr.clone(),
                    form: ConditionForm::Of(Vec::new()),
                };
                conjuncts.iter().map(|it| teller.verdict(&plain(it), at)).collect::<Result<_>>()?
            }
        };
        let Some(failed) = conditions.iter().position(|it| it.value != Some(true)) else {
            let text = "it is not among the rows that were kept".to_owned();
            return Ok((Reason::NotChosen, text));
        };
        let text = conditions.get(failed).map_or_else(String::new, |it| it.sentence.clone());
        Ok((Reason::Condition { conditions, failed }, text))
    }

    fn join(&self, kind: JoinKind, teller: &Teller<'_>, ways: &Ways<'_>) -> Result<(Reason, String)> {
        let other = 1 - self.input;
        let side = if other == 1 { "right" } else { "left" };
        let key = teller.key_cells(self.relation, self.input, self.row)?;
        let own = BTreeSet::from([self.row]);
        let partners = ways.partners(self.relation, self.input, &own)?;
        let other_id = self.relation.inputs.get(other).copied();
        if matches!(kind, JoinKind::LeftAnti | JoinKind::RightAnti) {
            let mut told = Vec::new();
            for &row in partners.iter().take(MOST_PARTNERS) {
                told.push(self.partner(other_id, row, teller, ways)?);
            }
            let step = other_id.and_then(|id| teller.step_ref(id));
            let place = step.map_or_else(String::new, |step| format!(" (step {})", step.number));
            let from = sources_said(&told, partners.len());
            let text = format!("{}, which is on the {side} side{place}{from}", said(&key));
            return Ok((Reason::HasPartner { key, count: partners.len(), partners: told }, text));
        }
        if kind == JoinKind::InnerUnique && self.input == 0 && !partners.is_empty() {
            let same = ways.same_key(self.relation, (0, &own), 0)?;
            let taken = same.into_iter().find(|row| *row != self.row);
            let mut by = Vec::new();
            if let (Some(row), Some(&left)) = (taken, self.relation.inputs.first()) {
                by = self.partner(Some(left), row, teller, ways)?.sources;
            }
            let from = if by.is_empty() { String::new() } else { format!(", here that of {}", refs(&by)) };
            let text = format!(
                "{}: an innerunique join (the default) takes the first left row of each key alone{from}",
                said(&key)
            );
            return Ok((Reason::KeyTaken { key, by }, text));
        }
        let run = self.run(teller);
        let rows = other_id.map_or(0, |id| teller.trace.rows_in(teller.trace.relation(id), run).len());
        let mut text = match rows {
            0 => format!("the {side} side has no rows"),
            1 => format!("{}, which the only row of the {side} side has not", said(&key)),
            _ => format!("{}, which none of the {} of the {side} side has", said(&key), row_count(rows)),
        };
        let missed = if self.beside { Vec::new() } else { self.missed(teller, ways)? };
        if let Some(first) = missed.first() {
            let others = if missed.len() > 1 { ", and others" } else { "" };
            let (rows, number) = (refs(&first.sources), first.step.number);
            text.push_str(&format!(
                "; {rows} with this key vanished at step {number}: {}{others}",
                first.text
            ));
        }
        Ok((Reason::NoPartner { key, side, rows, missed }, text))
    }

    /// Rows that would have been partners, had they not vanished on their way.
    fn missed(&self, teller: &Teller<'_>, ways: &Ways<'_>) -> Result<Vec<Missed>> {
        let mut missed = Vec::new();
        let Some((id, rows)) = ways.missed(self.relation, self.input, self.row)? else { return Ok(missed) };
        let relation = teller.trace.relation(id);
        let (Some(told), Some(&input)) = (teller.story.step_of(id), relation.inputs.first()) else {
            return Ok(missed);
        };
        for row in rows.into_iter().take(MOST_MISSED) {
            let lost = Lost { id, relation, told, input: 0, row, beside: true };
            let sources = self.partner(Some(input), row, teller, ways)?.sources;
            let text = lost.reason(teller, ways)?.1;
            missed.push(Missed { sources, step: teller.step_ref_of(told), text });
        }
        Ok(missed)
    }

    fn partner(
        &self,
        id: Option<RelationId>,
        row: usize,
        teller: &Teller<'_>,
        ways: &Ways<'_>,
    ) -> Result<Partner> {
        let mut sources = Vec::new();
        if let Some(id) = id {
            for (id, rows) in ways.sources(id, row)? {
                sources.extend(rows.into_iter().filter_map(|row| teller.sources.name(id, row)));
            }
        }
        sources.sort();
        sources.dedup();
        let source_count = sources.len();
        sources.truncate(MOST_PARTNERS);
        Ok(Partner { row, source_count, sources })
    }

    fn top(&self, keys: &[SortKey], teller: &Teller<'_>, ways: &Ways<'_>) -> Result<(Reason, String)> {
        let Some(input) = teller.trace.input(self.relation, 0) else {
            return Ok((Reason::NotChosen, String::new()));
        };
        let (run, before, kept_rows) = (self.run(teller), self.before(teller), self.kept(teller));
        let kept = kept_rows.len();
        let resolve = |key: &SortKey| SortKey { expr: teller.trace.resolved(&key.expr, run), ..key.clone() };
        let rows = before.clone().filter_map(|row| u32::try_from(row).ok()).collect();
        let chunk = input.table.chunk(0, input.table.len()).select(rows);
        let below = numbered(&Table::from_chunks(input.table.schema().clone(), &[chunk]), before.start);
        let schema = below.schema.clone();
        let node = Node::Sort { input: below, keys: keys.iter().map(resolve).collect() };
        let sorted =
            execute(&Plan::new(node, Arc::clone(&schema), self.relation.plan.span), teller.trace.run)?;
        let numbers = sorted.columns().last();
        let place = numbers
            .and_then(|column| column.values().position(|it| it.as_long() == i64::try_from(self.row).ok()));
        let rank = place.map_or(0, |place| place + 1);
        let exprs: Vec<&Expr> = keys.iter().map(|key| &key.expr).collect();
        let own = teller.cells_of(self.relation, 0, self.row, &exprs)?;
        let mut text = format!(
            "{}: it is row {rank} of {} in this order, and {}",
            said(&own),
            before.len(),
            are_kept(kept)
        );
        if let Some(last) = kept_rows.last()
            && let Some(&id) = self.relation.inputs.first()
            && let Some(row) = ways.back_to(self.id, last, id)
        {
            let last = teller.cells_of(self.relation, 0, row, &exprs)?;
            text.push_str(&format!("; of the last one kept {}", said(&last)));
        }
        Ok((Reason::Rank { rank, kept }, text))
    }
}

/// The source rows behind the partners.
fn sources_said(partners: &[Partner], count: usize) -> String {
    let several = if count > 1 { format!(" {count} times") } else { String::new() };
    let mut sources: Vec<RowRef> = partners.iter().flat_map(|it| &it.sources).cloned().collect();
    sources.sort();
    sources.dedup();
    if sources.is_empty() {
        return several;
    }
    sources.truncate(MOST_PARTNERS);
    let untold = count > partners.len() || partners.iter().any(|it| it.source_count > it.sources.len());
    let more = if untold { " and others" } else { "" };
    format!("{several}, made of {}{more}", refs(&sources))
}

/// `1 is kept`, `2 are kept`
fn are_kept(count: usize) -> String {
    format!("{count} {} kept", if count == 1 { "is" } else { "are" })
}

/// `T[1], [2] and [3]`: the table once.
fn refs(rows: &[RowRef]) -> String {
    let mut words = Vec::new();
    let mut table = "";
    for row in rows {
        words.push(if row.table == table { format!("[{}]", row.row) } else { row.to_string() });
        table = &row.table;
    }
    list(&words)
}

impl Teller<'_> {
    /// What happened to rows in a step that kept them.
    fn note(
        &self,
        told: &Told<'_>,
        relation: &Relation,
        before: usize,
        out: &BTreeSet<usize>,
    ) -> Option<String> {
        let principal = told.principal(self.trace);
        let first = out.first().copied()?;
        match &principal.plan.node {
            Node::Aggregate { keys, aggregates, .. } if out.len() == 1 => {
                // Between the groups and the step's columns there is at most a projection, row by row.
                let size = principal.parents(first, self.trace).len();
                let (of_key, others) = self.group_cells(relation, keys.len(), first);
                match (keys.is_empty(), aggregates.is_empty()) {
                    (true, _) => Some(format!(
                        "is summed up with others, {} in all: {}",
                        row_count(size),
                        named(&others)
                    )),
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
                }
            }
            Node::Join { .. } if out.len() > before => {
                Some(format!("is paired with {}", row_count(out.len())))
            }
            Node::Unnest { .. } if out.len() > before => Some(format!("becomes {}", row_count(out.len()))),
            _ => None,
        }
    }

    /// The cells of a group: those of its key, and the others.
    fn group_cells(&self, relation: &Relation, keys: usize, row: usize) -> (Vec<Cell>, Vec<Cell>) {
        let is_key = |at: usize| match &relation.plan.node {
            Node::Project { columns, .. } => {
                matches!(columns.get(at), Some(Expr::Column { index, .. }) if *index < keys)
            }
            _ => at < keys,
        };
        let (mut of_key, mut others) = (Vec::new(), Vec::new());
        for (at, cell) in cells(&relation.table, row).into_iter().enumerate() {
            if is_key(at) { of_key.push(cell) } else { others.push(cell) }
        }
        (of_key, others)
    }

    /// The key of a row of a side of a join.
    fn key_cells(&self, join: &Relation, side: usize, row: usize) -> Result<Vec<Cell>> {
        self.cells_of(join, side, row, &keys(join, side))
    }

    /// Expressions of a relation over a row of one of its inputs.
    fn cells_of(&self, relation: &Relation, input: usize, row: usize, exprs: &[&Expr]) -> Result<Vec<Cell>> {
        let Some(from) = self.trace.input(relation, input) else { return Ok(Vec::new()) };
        let run = self.trace.run_with(relation, from, row);
        let values = self.trace.evaluate(from, row, exprs, run)?;
        let name = |expr: &&Expr| name_of(expr, from);
        Ok(exprs.iter().map(name).zip(values).map(|(name, value)| Cell { name, value }).collect())
    }

    fn column_name(&self, relation: &Relation, expr: &Expr) -> String {
        self.trace.input(relation, 0).map_or_else(|| expr.to_string(), |input| name_of(expr, input))
    }
}

/// The columns that an expression reads, or the expression where it reads none.
fn name_of(expr: &Expr, over: &Relation) -> String {
    let mut names: Vec<&str> = Vec::new();
    expr.visit(&mut |it| {
        if let Expr::Column { index, .. } = it
            && let Some(column) = over.plan.schema.columns.get(*index)
            && !names.contains(&&*column.name)
        {
            names.push(&column.name);
        }
    });
    match (expr, names.is_empty()) {
        (_, true) => expr.to_string(),
        (Expr::Column { .. }, _) => list(&names),
        (Expr::Call { function, .. }, _) => format!("{}({})", function.name, names.join(", ")),
        _ => list(&names),
    }
}

/// The first cells, and how many there are beside them.
fn shortened(cells: &[Cell]) -> String {
    let shown = named(cells.get(..MOST_CELLS.min(cells.len())).unwrap_or_default());
    match cells.len().saturating_sub(MOST_CELLS) {
        0 => shown,
        more => format!("{shown} and {}", counted(more, "more column")),
    }
}
