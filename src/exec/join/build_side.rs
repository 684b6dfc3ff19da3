//! The build side of a join, its rows by key, and the pairs of probe rows that meet it.

use std::sync::atomic::{AtomicBool, Ordering};

use super::super::gather::Gather;
use crate::column::{Chunk, NO_ROW, Selection};
use crate::plan::JoinKind;
use crate::types::Schema;

/// Some probe rows with the numbers of their keys among the build side's, and how far they are paired.
pub(super) struct Probe {
    chunk: Chunk,
    /// [`NO_ROW`] for a key that the build side lacks.
    keys: Vec<u32>,
    row: usize,
    /// How many build rows the row has been paired with.
    paired: usize,
    /// What comes of the first rows, where that was found together with the keys.
    first: Option<Chunk>,
}

impl Probe {
    pub(super) const fn new(chunk: Chunk, keys: Vec<u32>) -> Self {
        Self { chunk, keys, row: 0, paired: 0, first: None }
    }

    /// Forgets the keys that the other side lacks.
    pub(super) fn only_matched(&mut self, matched: &MatchedKeys) {
        self.keys.iter_mut().filter(|key| !matched.contains(**key)).for_each(|key| *key = NO_ROW);
    }
}

/// Keys that the other side has; several threads may mark some at once.
#[derive(Default)]
pub(super) struct MatchedKeys(Vec<AtomicBool>);

impl MatchedKeys {
    /// None of so many keys.
    pub(super) fn none_of(keys: usize) -> Self {
        Self((0..keys).map(|_| AtomicBool::new(false)).collect())
    }

    /// Marks a key; whether it was not marked before.
    pub(super) fn insert(&self, key: u32) -> bool {
        self.0.get(key as usize).is_some_and(|seen| {
            // Most keys are seen often: looking costs less than writing.
            !seen.load(Ordering::Relaxed) && !seen.swap(true, Ordering::Relaxed)
        })
    }

    pub(super) fn contains(&self, key: u32) -> bool {
        self.0.get(key as usize).is_some_and(|seen| seen.load(Ordering::Relaxed))
    }

    pub(super) fn all(&self) -> bool {
        self.0.iter().all(|seen| seen.load(Ordering::Relaxed))
    }
}

/// Rows that are kept for the build side, with the numbers of their keys.
#[derive(Default)]
pub(super) struct BuildRows {
    chunks: Vec<Chunk>,
    gather: Gather,
    keys: Vec<u32>,
    pub(super) bytes: usize,
}

impl BuildRows {
    /// How many rows there are.
    pub(super) const fn len(&self) -> usize {
        self.keys.len()
    }

    /// The rows themselves.
    pub(super) fn into_chunks(self) -> Vec<Chunk> {
        self.chunks
    }

    pub(super) fn add(&mut self, chunk: &Chunk, keys: &[u32]) {
        let (chunk, bytes) = self.gather.add(chunk);
        // The key's number and the row's place among those with the key.
        self.bytes += bytes + chunk.len() * 8;
        self.chunks.push(chunk);
        self.keys.extend_from_slice(keys);
    }

    pub(super) fn finish(self, schema: &Schema, keys: usize, is_left: bool) -> BuildSide {
        BuildSide::new(Chunk::concat(schema, &self.chunks), keys, &self.keys, is_left)
    }
}

/// The rows of one side by key.
#[derive(Default)]
pub(super) struct BuildSide {
    rows: Chunk,
    /// Where the rows of each key start among `by_key`; one more than there are keys.
    starts: Vec<u32>,
    by_key: Vec<u32>,
    /// Keys that a probe row has had, for the kinds of join that ask.
    matched: MatchedKeys,
    /// It is the left side: its columns are the first ones.
    is_left: bool,
}

impl BuildSide {
    /// These rows, by the number of each row's key.
    pub(super) fn new(rows: Chunk, keys: usize, key_of: &[u32], is_left: bool) -> Self {
        let mut starts = vec![0_u32; keys + 1];
        for &key in key_of {
            if let Some(count) = starts.get_mut(key as usize + 1) {
                *count += 1;
            }
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut by_key = vec![0_u32; key_of.len()];
        let mut next = starts.clone();
        for (row, &key) in (0_u32..).zip(key_of) {
            if let Some(place) = next.get_mut(key as usize) {
                if let Some(slot) = by_key.get_mut(*place as usize) {
                    *slot = row;
                }
                *place += 1;
            }
        }
        Self { rows, starts, by_key, matched: MatchedKeys::default(), is_left }
    }

    /// The side, which will know the keys that probe rows have had.
    pub(super) fn tracked(self) -> Self {
        Self { matched: MatchedKeys::none_of(self.starts.len().saturating_sub(1)), ..self }
    }

    fn rows_of(&self, key: u32) -> &[u32] {
        let key = key as usize;
        match (self.starts.get(key), self.starts.get(key.saturating_add(1))) {
            (Some(&start), Some(&end)) => self.by_key.get(start as usize..end as usize).unwrap_or_default(),
            _ => &[],
        }
    }

    /// Finds what comes of the first probe rows. Not for [`JoinKind::InnerUnique`], where the order of all probe rows
    /// tells which row is the first with its key.
    pub(super) fn begin(&self, kind: JoinKind, probe: &mut Probe, max: usize) {
        probe.first = self.next(kind, probe, max);
    }

    /// What comes of the next probe rows: no more than `max` pairs.
    pub(super) fn next(&self, kind: JoinKind, probe: &mut Probe, max: usize) -> Option<Chunk> {
        if probe.first.is_some() {
            return probe.first.take();
        }
        match kind {
            JoinKind::LeftSemi | JoinKind::RightSemi => rows_with(true, probe),
            JoinKind::LeftAnti | JoinKind::RightAnti => rows_with(false, probe),
            JoinKind::InnerUnique
            | JoinKind::Inner
            | JoinKind::LeftOuter
            | JoinKind::RightOuter
            | JoinKind::FullOuter => self.pairs(kind, probe, max),
        }
    }

    fn pairs(&self, kind: JoinKind, probe: &mut Probe, max: usize) -> Option<Chunk> {
        let outer = matches!(kind, JoinKind::LeftOuter | JoinKind::FullOuter);
        let unique = kind == JoinKind::InnerUnique;
        let track = matches!(kind, JoinKind::RightOuter | JoinKind::FullOuter);
        let about = max.min(probe.keys.len() - probe.row.min(probe.keys.len()));
        let (mut of_probe, mut of_build) = (Vec::with_capacity(about), Vec::with_capacity(about));
        while of_probe.len() < max
            && let Some(&key) = probe.keys.get(probe.row)
        {
            let seen_before = (unique || track) && probe.paired == 0 && !self.matched.insert(key);
            if unique && seen_before {
                probe.row += 1;
                continue;
            }
            let partners = self.rows_of(key);
            // Most often there is one or none.
            if let [] | [_] = partners {
                let partner = partners.first().copied().or(outer.then_some(NO_ROW));
                of_probe.extend(partner.map(|_| probe.row as u32));
                of_build.extend(partner);
                probe.row += 1;
                continue;
            }
            let rest = partners.get(probe.paired..).unwrap_or_default();
            let now = rest.len().min(max - of_probe.len());
            of_probe.resize(of_probe.len() + now, probe.row as u32);
            of_build.extend_from_slice(rest.get(..now).unwrap_or_default());
            if now == rest.len() {
                probe.row += 1;
                probe.paired = 0;
            } else {
                probe.paired += now;
            }
        }
        if of_probe.is_empty() {
            return None;
        }
        let same =
            of_probe.len() == probe.chunk.len() && (0_u32..).zip(&of_probe).all(|(at, row)| at == *row);
        let of_probe = if same { probe.chunk.clone() } else { probe.chunk.select(of_probe) };
        let of_build = Selection::new(of_build);
        let mut out = Chunk::without_columns(of_build.len());
        if self.is_left {
            out.push_rows(&self.rows, &of_build);
        }
        (0..of_probe.width()).for_each(|at| out.push_from(&of_probe, at));
        if !self.is_left {
            out.push_rows(&self.rows, &of_build);
        }
        Some(out)
    }

    /// Appends the columns of some of its rows.
    pub(super) fn append_to(&self, chunk: &mut Chunk, rows: Vec<u32>) {
        chunk.push_rows(&self.rows, &Selection::new(rows));
    }

    /// The rows that no probe row had the key of.
    pub(super) fn unmatched(&self) -> Vec<u32> {
        let keys = 0..self.starts.len().saturating_sub(1) as u32;
        let unseen = keys.filter(|&key| !self.matched.contains(key));
        let mut rows: Vec<u32> = unseen.flat_map(|key| self.rows_of(key)).copied().collect();
        rows.sort_unstable();
        rows
    }
}

/// All probe rows whose key the build side has, or all others.
fn rows_with(key: bool, probe: &mut Probe) -> Option<Chunk> {
    let keys = std::mem::take(&mut probe.keys);
    let wanted = (0_u32..).zip(&keys).filter(|(_, it)| (**it != NO_ROW) == key);
    let rows: Vec<u32> = wanted.map(|(row, _)| row).collect();
    match rows.len() {
        0 => None,
        all if all == probe.chunk.len() => Some(probe.chunk.clone()),
        _ => Some(probe.chunk.select(rows)),
    }
}
