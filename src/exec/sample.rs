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

impl Stream for Sample<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        if let Some(mut input) = self.input.take()
            && self.count > 0
        {
            // A reservoir of places: chunk and row. A chunk keeps only its rows that were chosen while it was read.
            let mut chosen: Vec<(usize, u32)> = Vec::new();
            let mut chunks: BTreeMap<usize, (Chunk, usize)> = BTreeMap::new();
            let mut seen = 0_u64;
            let mut number = 0;
            while let Some(chunk) = input.next()? {
                self.context.tick(self.at)?;
                for row in 0..chunk.len() as u32 {
                    seen += 1;
                    if chosen.len() < self.count {
                        chosen.push((number, row));
                    } else if let Some(slot) =
                        chosen.get_mut((self.context.run.context.random() % seen) as usize)
                    {
                        *slot = (number, row);
                    }
                }
                let mut rows: Vec<u32> = Vec::new();
                for (_, row) in chosen.iter_mut().filter(|(chunk, _)| *chunk == number) {
                    rows.push(*row);
                    *row = rows.len() as u32 - 1;
                }
                let mut used = vec![false; number + 1];
                chosen.iter().for_each(|(chunk, _)| used[*chunk] = true);
                chunks.retain(|chunk, _| used[*chunk]);
                if !rows.is_empty() {
                    let (chunk, bytes) = Gather::default().add(&chunk.select(rows));
                    chunks.insert(number, (chunk, bytes));
                }
                self.account.set(chunks.values().map(|(_, bytes)| bytes).sum::<usize>())?;
                number += 1;
            }
            let mut pieces = Vec::new();
            for (number, (chunk, _)) in chunks {
                let rows = chosen.iter().filter(|(chunk, _)| *chunk == number).map(|(_, row)| *row).collect();
                pieces.push(chunk.select(rows));
            }
            self.ready = Buffered::new(pieces, self.context.chunk_rows());
        }
        self.ready.next()
    }
}
