//! `sample`: some rows at random, each one as likely as any other, in the order of the input.
//! It must not know where the rows come from.

use std::collections::BTreeMap;

use super::limit::row_count;
use super::stream::{Account, Chunks, Gather, Operator, Ready, State, Stream, build as build_stream};
use crate::column::Chunk;
use crate::function::Result;
use crate::plan::{Expr, Plan};

pub(super) fn build<'a>(
    plan: &'a Plan,
    input: &'a Plan,
    count: &'a Expr,
    state: &'a State<'a>,
) -> Result<Chunks<'a>> {
    let at = Operator::of(plan);
    Ok(Box::new(Sample {
        count: row_count(count, at, state)?,
        input: Some(build_stream(input, state)?),
        ready: Ready::new(Vec::new(), state.chunk_rows()),
        state,
        at,
        account: state.account(at),
    }))
}

struct Sample<'a> {
    count: usize,
    input: Option<Chunks<'a>>,
    ready: Ready,
    state: &'a State<'a>,
    at: Operator,
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
                self.state.tick(self.at)?;
                for row in 0..chunk.len() as u32 {
                    seen += 1;
                    if chosen.len() < self.count {
                        chosen.push((number, row));
                    } else if let Some(slot) =
                        chosen.get_mut((self.state.run.context.random() % seen) as usize)
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
            self.ready = Ready::new(pieces, self.state.chunk_rows());
        }
        self.ready.next()
    }
}
