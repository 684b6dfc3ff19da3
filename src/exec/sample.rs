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

/// The rows of a chunk that were chosen while it was read.
struct KeptChunk {
    chunk: Chunk,
    bytes: usize,
    /// How many of them still are.
    chosen: usize,
}

struct Sample<'a> {
    count: usize,
    input: Option<Chunks<'a>>,
    ready: Buffered,
    context: &'a ExecContext<'a>,
    at: Site,
    account: Account<'a>,
}

impl Stream for Sample<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        if let Some(mut input) = self.input.take()
            && self.count > 0
        {
            // A reservoir of places: chunk and row. A chunk keeps only its rows that were chosen while it was read.
            let random = self.context.run.context.random(self.at.span);
            let mut chosen: Vec<(usize, u32)> = Vec::new();
            let mut chunks: BTreeMap<usize, KeptChunk> = BTreeMap::new();
            let (mut seen, mut number, mut bytes) = (0_u64, 0, 0);
            while let Some(chunk) = input.next()? {
                self.context.tick(self.at)?;
                let mut filled: Vec<usize> = Vec::new();
                for row in 0..chunk.len() as u32 {
                    seen += 1;
                    if chosen.len() < self.count {
                        if chosen.len() == chosen.capacity() {
                            // While it grows, the old places are there beside twice as many new ones.
                            self.account.set(bytes + 3 * chosen.capacity() * size_of::<(usize, u32)>())?;
                        }
                        filled.push(chosen.len());
                        chosen.push((number, row));
                        continue;
                    }
                    let at = (random.draw() % seen) as usize;
                    let Some(place) = chosen.get_mut(at) else { continue };
                    let (before, _) = std::mem::replace(place, (number, row));
                    filled.push(at);
                    if let Some(kept) = chunks.get_mut(&before) {
                        kept.chosen -= 1;
                        if kept.chosen == 0 {
                            bytes -= kept.bytes;
                            chunks.remove(&before);
                        }
                    }
                }
                // The rows in their order, whatever places they have.
                filled.sort_unstable();
                filled.dedup();
                let row_of = |at: &usize| chosen.get(*at).map_or(0, |(_, row)| *row);
                filled.sort_by_key(row_of);
                let rows: Vec<u32> = filled.iter().map(row_of).collect();
                for (kept, at) in (0..).zip(&filled) {
                    if let Some((_, row)) = chosen.get_mut(*at) {
                        *row = kept;
                    }
                }
                if !rows.is_empty() {
                    let kept = rows.len();
                    let (chunk, size) = Gather::default().add(&chunk.select(rows));
                    bytes += size;
                    chunks.insert(number, KeptChunk { chunk, bytes: size, chosen: kept });
                }
                self.account.set(bytes + chosen.capacity() * size_of::<(usize, u32)>())?;
                number += 1;
            }
            chosen.sort_unstable();
            let mut pieces = Vec::new();
            let mut left = chosen.as_slice();
            for (number, kept) in chunks {
                let (rows, others) = left.split_at(left.partition_point(|(chunk, _)| *chunk <= number));
                pieces.push(kept.chunk.select(rows.iter().map(|(_, row)| *row).collect()));
                left = others;
            }
            self.ready = Buffered::new(pieces, self.context.chunk_rows());
        }
        self.ready.next()
    }
}
