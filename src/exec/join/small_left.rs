//! Joins whose left side is small: it is read first, and of the right side only rows with its keys are looked at.

use super::super::context::Account;
use super::super::keys::{KeyTable, Lookup};
use super::super::parallel::Batch;
use super::super::stream::{Buffered, take};
use super::build_side::{BuildRows, BuildSide, MatchedKeys, Probe};
use super::spec::JoinSpec;
use super::strategy::{LeftRows, Prepare, Prepared, Probing};
use crate::column::{Chunk, NO_ROW};
use crate::function::Result;
use crate::plan::JoinKind;

/// The left rows and the numbers of their keys.
struct Keyed {
    /// Chunks with the key of each row.
    chunks: Vec<(Chunk, Vec<u32>)>,
    keys: Lookup,
}

impl Keyed {
    /// Numbers the keys of the left rows. For an `innerunique` join only the first row with each key is kept.
    fn new(spec: &JoinSpec<'_>, left: Vec<Chunk>, account: &mut Account<'_>) -> Result<Self> {
        let mut table = KeyTable::new(&spec.key_types);
        let mut chunks = Vec::with_capacity(left.len());
        for chunk in left {
            let columns = spec.left.keys(spec.context, &chunk)?;
            spec.context.check_room(spec.at, table.growth(chunk.len()))?;
            let keys = table.insert(&columns, chunk.len());
            let (chunk, keys) = if spec.kind == JoinKind::InnerUnique {
                let groups = keys.fresh.iter().map(|&row| keys.groups[row as usize]).collect();
                (chunk.select(keys.fresh), groups)
            } else {
                (chunk, keys.groups)
            };
            if !chunk.is_empty() {
                chunks.push((chunk, keys));
            }
        }
        account.set(table.byte_size())?;
        Ok(Self { chunks, keys: table.into() })
    }

    /// The join of these rows: those of an `innerunique` join are unique by now.
    const fn kind(spec: &JoinSpec<'_>) -> JoinKind {
        if matches!(spec.kind, JoinKind::InnerUnique) { JoinKind::Inner } else { spec.kind }
    }

    /// Gives the left rows to a build side that is complete.
    fn probe<'a>(self, spec: &JoinSpec<'a>, built: BuildSide, matched: Option<&MatchedKeys>) -> Probing<'a> {
        let mut probes: Vec<Probe> =
            self.chunks.into_iter().map(|(chunk, keys)| Probe::new(chunk, keys)).collect();
        if let Some(matched) = matched {
            probes.iter_mut().for_each(|probe| probe.only_matched(matched));
        }
        Probing {
            kind: Self::kind(spec),
            built,
            keys: None,
            probes,
            input: Box::new(Buffered::empty()),
            input_is_right: false,
        }
    }
}

/// Right rows stream by and mark the keys that they have.
pub(super) struct MarkKeys;

impl Prepare for MarkKeys {
    fn prepare<'a>(
        &self,
        spec: &JoinSpec<'a>,
        left: LeftRows<'a>,
        account: &mut Account<'_>,
    ) -> Result<Prepared<'a>> {
        let left = Keyed::new(spec, left.read, account)?;
        let matched = MatchedKeys::none_of(left.keys.len());
        if left.chunks.is_empty() {
            return Ok(left.probe(spec, BuildSide::default(), None).into());
        }
        let mut input = spec.context.open(spec.right.plan)?;
        let mut batch = Batch::new(spec.threads);
        while !matched.all() {
            spec.context.tick(spec.at)?;
            let chunks = take(&mut *input, batch.next())?;
            if chunks.is_empty() {
                break;
            }
            let marked = spec.context.workers(spec.threads).map(chunks, |chunk| -> Result<()> {
                let columns = spec.right.keys(spec.context, &chunk)?;
                left.keys.find(&columns, chunk.len()).into_iter().for_each(|key| {
                    matched.insert(key);
                });
                Ok(())
            });
            marked.into_iter().collect::<Result<()>>()?;
        }
        Ok(left.probe(spec, BuildSide::default(), Some(&matched)).into())
    }
}

/// A hash table of the left rows; right rows stream by and are paired as they come.
pub(super) struct BuildLeft;

impl Prepare for BuildLeft {
    fn prepare<'a>(
        &self,
        spec: &JoinSpec<'a>,
        left: LeftRows<'a>,
        account: &mut Account<'_>,
    ) -> Result<Prepared<'a>> {
        let left = Keyed::new(spec, left.read, account)?;
        if left.chunks.is_empty() {
            return Ok(left.probe(spec, BuildSide::default(), None).into());
        }
        let mut kept = BuildRows::default();
        left.chunks.iter().for_each(|(chunk, keys)| kept.add(chunk, keys));
        account.add(kept.bytes)?;
        Ok(Prepared::from(Probing {
            kind: Keyed::kind(spec),
            built: kept.finish(&spec.left.schema, left.keys.len(), true),
            keys: Some(left.keys),
            probes: Vec::new(),
            input: spec.context.open(spec.right.plan)?,
            input_is_right: true,
        }))
    }
}

/// Right rows with a left key are kept; then the left rows are paired with them in their order.
pub(super) struct KeepMatches;

impl Prepare for KeepMatches {
    fn prepare<'a>(
        &self,
        spec: &JoinSpec<'a>,
        left: LeftRows<'a>,
        account: &mut Account<'_>,
    ) -> Result<Prepared<'a>> {
        let left = Keyed::new(spec, left.read, account)?;
        if left.chunks.is_empty() {
            return Ok(left.probe(spec, BuildSide::default(), None).into());
        }
        let mut kept = BuildRows::default();
        let mut input = spec.context.open(spec.right.plan)?;
        let mut batch = Batch::new(spec.threads);
        loop {
            spec.context.tick(spec.at)?;
            let chunks = take(&mut *input, batch.next())?;
            if chunks.is_empty() {
                let built = kept.finish(&spec.right.schema, left.keys.len(), false);
                return Ok(left.probe(spec, built, None).into());
            }
            let found =
                spec.context.workers(spec.threads).map(chunks, |chunk| -> Result<(Chunk, Vec<u32>)> {
                    let columns = spec.right.keys(spec.context, &chunk)?;
                    let mut keys = left.keys.find(&columns, chunk.len());
                    let rows: Vec<u32> =
                        (0_u32..).zip(&keys).filter(|(_, key)| **key != NO_ROW).map(|(row, _)| row).collect();
                    keys.retain(|key| *key != NO_ROW);
                    let chunk = if rows.len() == chunk.len() { chunk } else { chunk.select(rows) };
                    Ok((Chunk::new(chunk.columns(), chunk.len()), keys))
                });
            for found in found {
                let (chunk, keys) = found?;
                spec.at.check_row_numbers(kept.len(), chunk.len())?;
                if !chunk.is_empty() {
                    kept.add(&chunk, &keys);
                }
            }
            account.set(left.keys.byte_size() + kept.bytes)?;
        }
    }
}
