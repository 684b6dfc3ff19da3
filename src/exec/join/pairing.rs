//! Pairs of rows, once the build side is complete: probe rows are looked up in it.

use std::collections::VecDeque;

use super::super::parallel::Batch;
use super::super::stream::take;
use super::build_side::Probe;
use super::spec::JoinSpec;
use super::strategy::Probing;
use crate::column::{Chunk, Column, NO_ROW};
use crate::function::Result;
use crate::plan::JoinKind;

pub(super) struct Pairing<'a> {
    probing: Probing<'a>,
    /// The probe rows at hand, and those that come after them.
    probes: VecDeque<Probe>,
    batch: Batch,
    /// After all probe rows: the build rows without a match, and how many of them are out.
    unmatched: Option<(Vec<u32>, usize)>,
}

impl<'a> Pairing<'a> {
    pub(super) fn new(spec: &JoinSpec<'a>, mut probing: Probing<'a>) -> Self {
        let probes = probing.probes.drain(..).collect();
        Self { probing, probes, batch: Batch::new(spec.threads), unmatched: None }
    }

    /// The next probe rows with the numbers of their keys.
    fn probe(&mut self, spec: &JoinSpec<'a>) -> Result<Option<Probe>> {
        if let Some(probe) = self.probes.pop_front() {
            return Ok(Some(probe));
        }
        let probing = &mut self.probing;
        let chunks = take(&mut *probing.input, self.batch.next())?;
        let max = spec.context.chunk_rows();
        spec.context.tick(spec.at)?;
        let side = if probing.input_is_right { &spec.right } else { &spec.left };
        let (kind, keys, built) = (probing.kind, &probing.keys, &probing.built);
        let found = spec.context.workers(spec.threads).map(chunks, |chunk| -> Result<Probe> {
            let columns = side.keys(spec.context, &chunk)?;
            let keys = match keys {
                Some(keys) => keys.find(&columns, chunk.len()),
                None => vec![NO_ROW; chunk.len()],
            };
            let mut probe = Probe::new(chunk, keys);
            if kind != JoinKind::InnerUnique {
                built.begin(kind, &mut probe, max);
            }
            Ok(probe)
        });
        for probe in found {
            self.probes.push_back(probe?);
        }
        Ok(self.probes.pop_front())
    }

    /// The next build rows that no probe row had the key of.
    fn unmatched(&mut self, spec: &JoinSpec<'a>) -> Option<Chunk> {
        let built = &self.probing.built;
        let (rows, out) = self.unmatched.get_or_insert_with(|| (built.unmatched(), 0));
        let end = rows.len().min(out.saturating_add(spec.context.chunk_rows()));
        let piece = rows.get(*out..end).filter(|piece| !piece.is_empty())?;
        *out = end;
        let mut chunk = Chunk::without_columns(piece.len());
        for column in &spec.left.schema.columns {
            chunk.push(Column::nulls(column.data_type, piece.len()));
        }
        built.append_to(&mut chunk, piece.to_vec());
        Some(chunk)
    }

    /// The next pairs.
    pub(super) fn next(&mut self, spec: &JoinSpec<'a>) -> Result<Option<Chunk>> {
        let max = spec.context.chunk_rows();
        loop {
            if self.unmatched.is_some() {
                return Ok(self.unmatched(spec));
            }
            let Some(mut probe) = self.probe(spec)? else {
                let right = matches!(spec.kind, JoinKind::RightOuter | JoinKind::FullOuter);
                return Ok(if right { self.unmatched(spec) } else { None });
            };
            let Probing { built, kind, .. } = &self.probing;
            if let Some(chunk) = built.next(*kind, &mut probe, max) {
                // There may be more of it.
                self.probes.push_front(probe);
                return Ok(Some(chunk));
            }
        }
    }
}
