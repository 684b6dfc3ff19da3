//! `top`: the first rows of an order. Of each chunk only the rows that may still be among them are kept.
//! It must not know where the rows come from.

use super::context::{Account, ExecContext, Site};
use super::eval::{Program, row_count};
use super::gather::Gather;
use super::sort_keys::{EncodedKeys, KeyBound};
use super::stream::{Buffered, Chunks, Stream};
use crate::column::Chunk;
use crate::function::Result;
use crate::plan::{Expr, Plan, SortKey};
use crate::types::Schema;

pub(super) fn open<'a>(
    plan: &'a Plan,
    (input, count, keys): (&'a Plan, &'a Expr, &'a [SortKey]),
    context: &'a ExecContext<'a>,
) -> Result<Chunks<'a>> {
    let at = Site::of(plan);
    Ok(Box::new(TopN {
        count: row_count(count, plan, context)?,
        keys,
        program: Program::new(context, keys.iter().map(|key| &key.expr))?,
        schema: &input.schema,
        input: Some(context.open(input)?),
        ready: Buffered::empty(),
        bound: None,
        context,
        at,
        account: context.account(at),
    }))
}

struct TopN<'a> {
    count: usize,
    keys: &'a [SortKey],
    program: Program,
    schema: &'a Schema,
    input: Option<Chunks<'a>>,
    ready: Buffered,
    /// Enough rows were seen that no row beyond this is among the first ones.
    bound: Option<KeyBound>,
    context: &'a ExecContext<'a>,
    at: Site,
    account: Account<'a>,
}

impl TopN<'_> {
    /// The rows of a chunk that may be among the first ones, in their order.
    fn best(&mut self, chunk: &Chunk) -> Result<Chunk> {
        let columns = self.program.run(self.context, chunk)?;
        let ordered = EncodedKeys::new(&columns, self.keys);
        if let Some(rows) = self.bound.and_then(|bound| ordered.within(bound))
            && rows.len() < chunk.len() / 2
        {
            let few = chunk.select(rows);
            return if few.len() > self.count { self.best(&few) } else { Ok(few) };
        }
        let order = ordered.first(chunk.len(), self.count);
        if order.len() == self.count
            && let Some(bound) = order.last().and_then(|&last| ordered.bound(last))
        {
            self.bound = Some(self.bound.map_or(bound, |known| known.tighter(bound)));
        }
        Ok(chunk.select(order))
    }
}

impl Stream for TopN<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        if let Some(mut input) = self.input.take()
            && self.count > 0
        {
            // Candidates in the order of the input, so that ties keep it.
            let (mut chunks, mut rows): (Vec<Chunk>, usize) = (Vec::new(), 0);
            // Merging pays once there are several times as many candidates as are wanted.
            let max = self.count.saturating_mul(2).saturating_add(self.context.chunk_rows());
            while let Some(chunk) = input.next()? {
                self.context.tick(self.at)?;
                let (chunk, bytes) =
                    Gather::default().add(&if chunk.len() > self.count { self.best(&chunk)? } else { chunk });
                self.account.add(bytes)?;
                rows += chunk.len();
                chunks.push(chunk);
                if rows > max && chunks.len() > 1 {
                    let (best, bytes) =
                        Gather::default().add(&self.best(&Chunk::concat(self.schema, &chunks))?);
                    self.account.set(bytes)?;
                    rows = best.len();
                    chunks = vec![best];
                }
            }
            if !chunks.is_empty() {
                let best = self.best(&Chunk::concat(self.schema, &chunks))?;
                self.ready = Buffered::new(vec![best], self.context.chunk_rows());
            }
        }
        self.ready.next()
    }
}
