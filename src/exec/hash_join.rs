//! Joins by equal keys: the right side is the build side, the left one the probe side.
//! Null keys are equal. It must not know where the rows come from.

use std::collections::VecDeque;
use std::sync::Arc;

use super::eval::Program;
use super::group_by::check_groups;
use super::keys::KeyTable;
use super::parallel::{Batch, in_any_order};
use super::stream::{Account, Chunks, Gather, Operator, State, Stream, build as build_stream, take};
use crate::column::{Chunk, Column, NO_ROW};
use crate::function::Result;
use crate::parallel::map_in_parallel;
use crate::plan::{Expr, JoinKind, Plan};
use crate::types::{ScalarType, Schema};

pub(super) struct Sides<'a> {
    pub(super) kind: JoinKind,
    pub(super) left: &'a Plan,
    pub(super) right: &'a Plan,
    pub(super) keys: &'a [(Expr, Expr)],
}

pub(super) fn build<'a>(plan: &'a Plan, sides: &Sides<'a>, state: &'a State<'a>) -> Result<Chunks<'a>> {
    let at = Operator::of(plan);
    let swapped = matches!(sides.kind, JoinKind::RightSemi | JoinKind::RightAnti);
    let fixed = in_any_order(sides.keys.iter().flat_map(|(left, right)| [left, right]));
    let threads = if fixed { state.run.threads } else { 1 };
    let left_keys = Program::new(state, sides.keys.iter().map(|(left, _)| left))?;
    let right_keys = Program::new(state, sides.keys.iter().map(|(_, right)| right))?;
    let kinds = sides.keys.iter().map(|(left, _)| left.scalar_type()).collect();
    let left = (sides.left, left_keys);
    let right = (sides.right, right_keys);
    let ((probe, probe_keys), (build_side, build_keys)) = if swapped { (right, left) } else { (left, right) };
    Ok(Box::new(Join {
        kind: match sides.kind {
            JoinKind::RightSemi => JoinKind::LeftSemi,
            JoinKind::RightAnti => JoinKind::LeftAnti,
            kind => kind,
        },
        probe: build_stream(probe, state)?,
        probe_schema: &probe.schema,
        probe_keys,
        build_side: Some((build_side, build_keys, kinds)),
        built: Built::default(),
        current: None,
        probes: VecDeque::new(),
        batch: Batch::new(threads),
        threads,
        rest: None,
        state,
        at,
        account: state.account(at),
    }))
}

struct Join<'a> {
    kind: JoinKind,
    probe: Chunks<'a>,
    probe_schema: &'a Schema,
    probe_keys: Program,
    /// What is to be built before the first row comes out.
    build_side: Option<(&'a Plan, Program, Vec<ScalarType>)>,
    built: Built,
    /// The probe rows at hand, and those that come after them.
    current: Option<Probe>,
    probes: VecDeque<Probe>,
    batch: Batch,
    threads: usize,
    /// After all probe rows: the build rows without a match, and how many of them are out.
    rest: Option<(Vec<u32>, usize)>,
    state: &'a State<'a>,
    at: Operator,
    account: Account<'a>,
}

/// The build side: its rows by key.
#[derive(Default)]
struct Built {
    table: Option<KeyTable>,
    columns: Vec<Column>,
    rows: usize,
    /// Where the rows of each key start among `by_key`; one more than there are keys.
    starts: Vec<u32>,
    by_key: Vec<u32>,
    /// Keys that a probe row has had.
    seen: Vec<bool>,
}

impl Built {
    fn rows_of(&self, key: u32) -> &[u32] {
        let key = key as usize;
        match (self.starts.get(key), self.starts.get(key + 1)) {
            (Some(&start), Some(&end)) => self.by_key.get(start as usize..end as usize).unwrap_or_default(),
            _ => &[],
        }
    }
}

struct Probe {
    chunk: Chunk,
    keys: Vec<u32>,
    row: usize,
    /// How many build rows the row has been paired with.
    paired: usize,
}

impl Join<'_> {
    fn build(&mut self) -> Result<()> {
        let Some((plan, program, kinds)) = self.build_side.take() else { return Ok(()) };
        let keys_only = matches!(self.kind, JoinKind::LeftSemi | JoinKind::LeftAnti);
        let mut table = KeyTable::new(&kinds);
        let mut input = build_stream(plan, self.state)?;
        let mut chunks = Vec::new();
        let mut gather = Gather::default();
        let (mut groups, mut bytes, mut rows) = (Vec::new(), 0, 0);
        while let Some(chunk) = input.next()? {
            self.state.tick(self.at)?;
            check_groups(self.at, rows, chunk.len())?;
            rows += chunk.len();
            let columns = program.run(self.state, &chunk)?;
            let keys = table.insert(&columns, chunk.len());
            if !keys_only {
                let (chunk, chunk_bytes) = gather.add(&chunk);
                bytes += chunk_bytes + chunk.len() * 8;
                chunks.push(chunk);
                groups.extend(keys.groups);
            }
            self.account.set(bytes + table.byte_size())?;
        }
        let mut starts = vec![0_u32; table.len() + 1];
        for &group in &groups {
            if let Some(count) = starts.get_mut(group as usize + 1) {
                *count += 1;
            }
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut by_key = vec![0_u32; groups.len()];
        let mut next = starts.clone();
        for (row, &group) in groups.iter().enumerate() {
            if let Some(place) = next.get_mut(group as usize) {
                if let Some(slot) = by_key.get_mut(*place as usize) {
                    *slot = row as u32;
                }
                *place += 1;
            }
        }
        let columns = if keys_only { Vec::new() } else { Chunk::concat(&plan.schema, &chunks).columns() };
        let seen = vec![false; table.len()];
        self.built = Built { table: Some(table), columns, rows: groups.len(), starts, by_key, seen };
        Ok(())
    }

    /// Left rows with or without a partner.
    fn semi(&mut self) -> Result<Option<Chunk>> {
        let wanted = self.kind == JoinKind::LeftSemi;
        while let Some(Probe { chunk, keys, .. }) = self.probe()? {
            let rows: Vec<u32> = (0_u32..)
                .zip(&keys)
                .filter(|(_, key)| (**key != NO_ROW) == wanted)
                .map(|(row, _)| row)
                .collect();
            if rows.len() == chunk.len() {
                return Ok(Some(chunk));
            }
            if !rows.is_empty() {
                return Ok(Some(chunk.select(rows)));
            }
        }
        Ok(None)
    }

    fn probe(&mut self) -> Result<Option<Probe>> {
        if let Some(probe) = self.probes.pop_front() {
            return Ok(Some(probe));
        }
        let chunks = take(&mut *self.probe, self.batch.next())?;
        self.state.tick(self.at)?;
        let found = map_in_parallel(self.threads, chunks, |chunk| -> Result<Probe> {
            let columns = self.probe_keys.run(self.state, &chunk)?;
            let keys = match &self.built.table {
                Some(table) => table.find(&columns, chunk.len()),
                None => vec![NO_ROW; chunk.len()],
            };
            Ok(Probe { chunk, keys, row: 0, paired: 0 })
        });
        for probe in found {
            self.probes.push_back(probe?);
        }
        Ok(self.probes.pop_front())
    }

    /// The next pairs of the probe rows at hand.
    fn pairs(&mut self) -> Option<Chunk> {
        let most = self.state.chunk_rows();
        let outer = matches!(self.kind, JoinKind::LeftOuter | JoinKind::FullOuter);
        let unique = self.kind == JoinKind::InnerUnique;
        let track = matches!(self.kind, JoinKind::RightOuter | JoinKind::FullOuter);
        let probe = self.current.as_mut()?;
        let (mut left, mut right) = (Vec::new(), Vec::new());
        while left.len() < most
            && let Some(&key) = probe.keys.get(probe.row)
        {
            if probe.paired == 0 && (unique || track) {
                let seen = self.built.seen.get_mut(key as usize);
                if let Some(seen) = seen {
                    if unique && *seen {
                        probe.row += 1;
                        continue;
                    }
                    *seen = true;
                }
            }
            let partners = self.built.rows_of(key);
            if partners.is_empty() {
                if outer {
                    left.push(probe.row as u32);
                    right.push(NO_ROW);
                }
                probe.row += 1;
                continue;
            }
            let rest = partners.get(probe.paired..).unwrap_or_default();
            let now = rest.len().min(most - left.len());
            left.resize(left.len() + now, probe.row as u32);
            right.extend_from_slice(rest.get(..now).unwrap_or_default());
            if now == rest.len() {
                probe.row += 1;
                probe.paired = 0;
            } else {
                probe.paired += now;
            }
        }
        if left.is_empty() {
            return None;
        }
        let same = left.len() == probe.chunk.len() && (0_u32..).zip(&left).all(|(at, row)| at == *row);
        let mut out = if same { probe.chunk.clone() } else { probe.chunk.select(left) };
        let right = Arc::new(right);
        for column in &self.built.columns {
            out.push_rows(column.clone(), right.clone());
        }
        Some(out)
    }

    /// The build rows that no probe row had the key of.
    fn unmatched(&mut self) -> Option<Chunk> {
        let (rows, out) = self.rest.get_or_insert_with(|| {
            let mut rows: Vec<u32> = (0..self.built.seen.len())
                .filter(|&key| !self.built.seen[key])
                .flat_map(|key| self.built.rows_of(key as u32).iter().copied())
                .collect();
            rows.sort_unstable();
            (rows, 0)
        });
        let end = rows.len().min(out.saturating_add(self.state.chunk_rows()));
        let piece = rows.get(*out..end).filter(|piece| !piece.is_empty())?;
        *out = end;
        let mut chunk = Chunk::without_columns(piece.len());
        for column in &self.probe_schema.columns {
            chunk.push(Column::nulls(column.kind, piece.len()));
        }
        let piece = Arc::new(piece.to_vec());
        for column in &self.built.columns {
            chunk.push_rows(column.clone(), piece.clone());
        }
        Some(chunk)
    }
}

impl Stream for Join<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        self.build()?;
        match self.kind {
            JoinKind::LeftSemi | JoinKind::LeftAnti => return self.semi(),
            // Nothing can match: the probe side need not be read.
            JoinKind::Inner | JoinKind::InnerUnique if self.built.rows == 0 => return Ok(None),
            _ => {}
        }
        loop {
            if let Some(chunk) = self.pairs() {
                return Ok(Some(chunk));
            }
            if self.rest.is_some() {
                return Ok(self.unmatched());
            }
            self.current = self.probe()?;
            if self.current.is_none() {
                let right = matches!(self.kind, JoinKind::RightOuter | JoinKind::FullOuter);
                return Ok(if right { self.unmatched() } else { None });
            }
        }
    }
}
