//! `sample`: some rows at random, each one as likely as any other, in the order of the input.
//! It must not know where the rows come from.

use std::collections::BTreeMap;

use super::context::{Account, ExecContext, Site};
use super::eval::row_count;
use super::gather::Gather;
use super::stream::{Buffered, Chunks, Stream};
use crate::column::Chunk;
use crate::function::Result;
use crate::plan::{Expr, Plan};

pub(super) fn open<'a>(
    plan: &'a Plan,
    input: &'a Plan,
    count: &'a Expr,
    context: &'a ExecContext<'a>,
) -> Result<Chunks<'a>> {
    let at = Site::of(plan);
    Ok(Box::new(Sample {
        count: row_count(count, plan, context)?,
        input: Some(context.open(input)?),
        ready: Buffered::empty(),
        context,
        at,
        account: context.account(at),
    }))
}

struct Sample<'a> {
    count: usize,
    input: Option<Chunks<'a>>,
    ready: Buffered,
    context: &'a ExecContext<'a>,
    at: Site,
    account: Account<'a>,
}

/// The rows of a chunk that were chosen while it was read.
struct ChosenRows {
    chunk: Chunk,
    bytes: usize,
    /// How many of them are chosen still.
    left: usize,
}

impl Stream for Sample<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        if let Some(mut input) = self.input.take()
            && self.count > 0
        {
            // A reservoir of places: chunk and row. A chunk keeps only its rows that were chosen while it was read.
            let mut chosen: Vec<(usize, u32)> = Vec::new();
            let mut chunks: BTreeMap<usize, ChosenRows> = BTreeMap::new();
            let (mut seen, mut number, mut bytes) = (0_u64, 0, 0);
            while let Some(chunk) = input.next()? {
                self.context.tick(self.at)?;
                // The places that this chunk takes, and the chunks that lose one.
                let mut taken: Vec<usize> = Vec::new();
                for row in 0..chunk.len() as u32 {
                    seen += 1;
                    if chosen.len() < self.count {
                        taken.push(chosen.len());
                        chosen.push((number, row));
                        continue;
                    }
                    let place = (self.context.run.context.random() % seen) as usize;
                    let Some(slot) = chosen.get_mut(place) else { continue };
                    taken.push(place);
                    let (before, _) = std::mem::replace(slot, (number, row));
                    if let Some(loser) = chunks.get_mut(&before) {
                        loser.left -= 1;
                        if loser.left == 0 {
                            bytes -= loser.bytes;
                            chunks.remove(&before);
                        }
                    }
                }
                taken.sort_unstable();
                taken.dedup();
                let mut rows: Vec<u32> = Vec::with_capacity(taken.len());
                for place in taken {
                    if let Some((_, row)) = chosen.get_mut(place) {
                        rows.push(*row);
                        *row = rows.len() as u32 - 1;
                    }
                }
                if !rows.is_empty() {
                    let left = rows.len();
                    let (chunk, added) = Gather::default().add(&chunk.select(rows));
                    bytes += added;
                    chunks.insert(number, ChosenRows { chunk, bytes: added, left });
                }
                self.account.set(bytes + chosen.capacity() * size_of::<(usize, u32)>())?;
                number += 1;
            }
            let mut rows: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
            for (number, row) in chosen {
                rows.entry(number).or_default().push(row);
            }
            let mut pieces = Vec::new();
            for (number, rows) in rows {
                if let Some(held) = chunks.remove(&number) {
                    pieces.push(held.chunk.select(rows));
                }
            }
            self.ready = Buffered::new(pieces, self.context.chunk_rows());
        }
        self.ready.next()
    }
}
