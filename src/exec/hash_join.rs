//! Joins by equal keys. The right side is the build side, the left one the probe side; where the left side has few rows,
//! they are read first, and of the right side only rows with their keys are looked at.
//! Null keys are equal. It must not know where the rows come from.

use std::collections::VecDeque;

use super::build_side::{BuildSide, Probe, Seen};
use super::eval::Program;
use super::group_by::check_groups;
use super::keys::{KeyTable, Lookup};
use super::parallel::{Batch, in_any_order};
use super::stream::{Account, Chunks, Gather, Operator, Ready, State, Stream, build as build_stream, take};
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
    let left = Program::new(state, sides.keys.iter().map(|(left, _)| left))?;
    let right = Program::new(state, sides.keys.iter().map(|(_, right)| right))?;
    let left = Side { plan: sides.left, keys: left };
    let right = Side { plan: sides.right, keys: right };
    let (probe, build) = if swapped { (right, left) } else { (left, right) };
    Ok(Box::new(Join {
        kind: match sides.kind {
            JoinKind::RightSemi => JoinKind::LeftSemi,
            JoinKind::RightAnti => JoinKind::LeftAnti,
            kind => kind,
        },
        kinds: sides.keys.iter().map(|(left, _)| left.scalar_type()).collect(),
        any_order: plan.any_order && fixed,
        input: build_stream(probe.plan, state)?,
        probe_schema: &probe.plan.schema,
        probe_keys: probe.keys,
        build: Some(build),
        keys: None,
        built: BuildSide::default(),
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

/// One side of a join, and what its keys are.
struct Side<'a> {
    plan: &'a Plan,
    keys: Program,
}

struct Join<'a> {
    kind: JoinKind,
    /// The types of the keys.
    kinds: Vec<ScalarType>,
    any_order: bool,
    /// The probe side.
    input: Chunks<'a>,
    probe_schema: &'a Schema,
    probe_keys: Program,
    /// What is to be built before the first row comes out.
    build: Option<Side<'a>>,
    /// The build side's keys, if probe rows must be asked for theirs.
    keys: Option<Lookup>,
    built: BuildSide,
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

/// So many probe rows are few: their keys stay in a processor's cache.
const FEW: usize = if cfg!(test) { 8 } else { 1 << 16 };

impl<'a> Join<'a> {
    fn build(&mut self) -> Result<()> {
        let Some(side) = self.build.take() else { return Ok(()) };
        if matches!(self.kind, JoinKind::RightOuter | JoinKind::FullOuter) {
            return self.build_all(&side);
        }
        let mut ahead = Vec::new();
        let mut rows = 0;
        while rows <= FEW {
            let Some(chunk) = self.input.next()? else { return self.build_for_few(ahead, side) };
            rows += chunk.len();
            ahead.push(chunk);
        }
        let after = std::mem::replace(&mut self.input, Box::new(Ready::new(Vec::new(), 1)));
        self.input = Box::new(After { ahead: ahead.into_iter(), after });
        self.build_all(&side)
    }

    /// All rows of the build side.
    fn build_all(&mut self, side: &Side<'a>) -> Result<()> {
        let keys_only = matches!(self.kind, JoinKind::LeftSemi | JoinKind::LeftAnti);
        let mut table = KeyTable::new(&self.kinds);
        let mut input = build_stream(side.plan, self.state)?;
        let mut kept = Kept::default();
        let mut rows = 0;
        while let Some(chunk) = input.next()? {
            self.state.tick(self.at)?;
            check_groups(self.at, rows, chunk.len())?;
            rows += chunk.len();
            let columns = side.keys.run(self.state, &chunk)?;
            let keys = table.insert(&columns, chunk.len());
            if !keys_only {
                kept.add(&chunk, &keys.groups);
            }
            self.account.set(kept.bytes + table.byte_size())?;
        }
        let built = kept.finish(&side.plan.schema, table.len(), false);
        let asks = matches!(self.kind, JoinKind::InnerUnique | JoinKind::RightOuter | JoinKind::FullOuter);
        self.built = if asks { built.tracked() } else { built };
        if table.len() == 0
            && matches!(self.kind, JoinKind::Inner | JoinKind::InnerUnique | JoinKind::LeftSemi)
        {
            // Nothing can match: the probe side need not be read.
            self.input = Box::new(Ready::new(Vec::new(), 1));
        }
        self.keys = Some(table.into());
        Ok(())
    }

    /// All that is needed of the build side for a few probe rows.
    fn build_for_few(&mut self, chunks: Vec<Chunk>, side: Side<'a>) -> Result<()> {
        let mut table = KeyTable::new(&self.kinds);
        let mut few: Vec<(Chunk, Vec<u32>)> = Vec::with_capacity(chunks.len());
        for chunk in chunks {
            let columns = self.probe_keys.run(self.state, &chunk)?;
            let keys = table.insert(&columns, chunk.len());
            few.push(if self.kind == JoinKind::InnerUnique {
                // Only the first row with each key.
                let groups = keys.fresh.iter().map(|&row| keys.groups[row as usize]).collect();
                (chunk.select(keys.fresh), groups)
            } else {
                (chunk, keys.groups)
            });
        }
        few.retain(|(chunk, _)| !chunk.is_empty());
        self.account.set(table.byte_size())?;
        if few.is_empty() {
            return Ok(());
        }
        if self.kind == JoinKind::InnerUnique {
            self.kind = JoinKind::Inner;
        }
        let keys = Lookup::from(table);
        match self.kind {
            JoinKind::LeftSemi | JoinKind::LeftAnti => {
                let seen = self.seen(&keys, &side)?;
                self.probes = few.into_iter().map(|(chunk, keys)| Probe::new(chunk, keys)).collect();
                self.probes.iter_mut().for_each(|probe| probe.only_seen(&seen));
            }
            JoinKind::Inner if self.any_order => {
                // The few rows are the build side.
                let mut kept = Kept::default();
                few.iter().for_each(|(chunk, keys)| kept.add(chunk, keys));
                self.account.add(kept.bytes)?;
                self.built = kept.finish(self.probe_schema, keys.len(), true);
                self.keys = Some(keys);
                self.input = build_stream(side.plan, self.state)?;
                self.probe_keys = side.keys;
            }
            _ => {
                self.built = self.partners(&keys, &side)?;
                self.probes = few.into_iter().map(|(chunk, keys)| Probe::new(chunk, keys)).collect();
            }
        }
        Ok(())
    }

    /// The keys that the side has.
    fn seen(&mut self, keys: &Lookup, side: &Side<'a>) -> Result<Seen> {
        let seen = Seen::none_of(keys.len());
        let mut input = build_stream(side.plan, self.state)?;
        let mut batch = Batch::new(self.threads);
        while !seen.all() {
            self.state.tick(self.at)?;
            let chunks = take(&mut *input, batch.next())?;
            if chunks.is_empty() {
                break;
            }
            let looked = map_in_parallel(self.threads, chunks, |chunk| -> Result<()> {
                let columns = side.keys.run(self.state, &chunk)?;
                keys.find(&columns, chunk.len()).into_iter().for_each(|key| {
                    seen.insert(key);
                });
                Ok(())
            });
            looked.into_iter().collect::<Result<()>>()?;
        }
        Ok(seen)
    }

    /// The rows of the side that have one of the keys.
    fn partners(&mut self, keys: &Lookup, side: &Side<'a>) -> Result<BuildSide> {
        let mut kept = Kept::default();
        let mut input = build_stream(side.plan, self.state)?;
        let mut batch = Batch::new(self.threads);
        loop {
            self.state.tick(self.at)?;
            let chunks = take(&mut *input, batch.next())?;
            if chunks.is_empty() {
                return Ok(kept.finish(&side.plan.schema, keys.len(), false));
            }
            let found = map_in_parallel(self.threads, chunks, |chunk| -> Result<(Chunk, Vec<u32>)> {
                let columns = side.keys.run(self.state, &chunk)?;
                let mut of_rows = keys.find(&columns, chunk.len());
                let rows: Vec<u32> =
                    (0_u32..).zip(&of_rows).filter(|(_, key)| **key != NO_ROW).map(|(row, _)| row).collect();
                of_rows.retain(|key| *key != NO_ROW);
                let chunk = if rows.len() == chunk.len() { chunk } else { chunk.select(rows) };
                Ok((Chunk::new(chunk.columns(), chunk.len()), of_rows))
            });
            for found in found {
                let (chunk, of_rows) = found?;
                check_groups(self.at, kept.keys.len(), chunk.len())?;
                if !chunk.is_empty() {
                    kept.add(&chunk, &of_rows);
                }
            }
            self.account.set(keys.byte_size() + kept.bytes)?;
        }
    }

    fn probe(&mut self) -> Result<Option<Probe>> {
        if let Some(probe) = self.probes.pop_front() {
            return Ok(Some(probe));
        }
        let chunks = take(&mut *self.input, self.batch.next())?;
        self.state.tick(self.at)?;
        let most = self.state.chunk_rows();
        let found = map_in_parallel(self.threads, chunks, |chunk| -> Result<Probe> {
            let columns = self.probe_keys.run(self.state, &chunk)?;
            let keys = match &self.keys {
                Some(keys) => keys.find(&columns, chunk.len()),
                None => vec![NO_ROW; chunk.len()],
            };
            let mut probe = Probe::new(chunk, keys);
            if self.kind != JoinKind::InnerUnique {
                self.built.begin(self.kind, &mut probe, most);
            }
            Ok(probe)
        });
        for probe in found {
            self.probes.push_back(probe?);
        }
        Ok(self.probes.pop_front())
    }

    /// The build rows that no probe row had the key of.
    fn unmatched(&mut self) -> Option<Chunk> {
        let (rows, out) = self.rest.get_or_insert_with(|| (self.built.unmatched(), 0));
        let end = rows.len().min(out.saturating_add(self.state.chunk_rows()));
        let piece = rows.get(*out..end).filter(|piece| !piece.is_empty())?;
        *out = end;
        let mut chunk = Chunk::without_columns(piece.len());
        for column in &self.probe_schema.columns {
            chunk.push(Column::nulls(column.kind, piece.len()));
        }
        self.built.append_to(&mut chunk, piece.to_vec());
        Some(chunk)
    }
}

/// Rows that are kept, with the numbers of their keys.
#[derive(Default)]
struct Kept {
    chunks: Vec<Chunk>,
    gather: Gather,
    keys: Vec<u32>,
    bytes: usize,
}

impl Kept {
    fn add(&mut self, chunk: &Chunk, keys: &[u32]) {
        let (chunk, bytes) = self.gather.add(chunk);
        // The key's number and the row's place among those with the key.
        self.bytes += bytes + chunk.len() * 8;
        self.chunks.push(chunk);
        self.keys.extend_from_slice(keys);
    }

    fn finish(self, schema: &Schema, keys: usize, is_left: bool) -> BuildSide {
        BuildSide::new(Chunk::concat(schema, &self.chunks), keys, &self.keys, is_left)
    }
}

/// Chunks that were read ahead, then those that come after them.
struct After<'a> {
    ahead: std::vec::IntoIter<Chunk>,
    after: Chunks<'a>,
}

impl Stream for After<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        match self.ahead.next() {
            Some(chunk) => Ok(Some(chunk)),
            None => self.after.next(),
        }
    }
}

impl Stream for Join<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        self.build()?;
        let most = self.state.chunk_rows();
        loop {
            if let Some(probe) = &mut self.current
                && let Some(chunk) = self.built.next(self.kind, probe, most)
            {
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
