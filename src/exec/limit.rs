//! Limit: the first rows; its input is not asked for more.

use super::context::ExecContext;
use super::eval::row_count;
use super::stream::{Chunks, Demand, Stream};
use crate::column::Chunk;
use crate::function::Result;
use crate::plan::{Expr, Plan};

struct Limit<'a> {
    input: Chunks<'a>,
    left: usize,
}

impl Stream for Limit<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        if self.left == 0 {
            return Ok(None);
        }
        let Some(chunk) = self.input.next()? else { return Ok(None) };
        let chunk = if chunk.len() > self.left { chunk.slice(0, self.left) } else { chunk };
        self.left -= chunk.len();
        Ok(Some(chunk))
    }
}

pub(super) fn open<'a>(
    plan: &Plan,
    input: &'a Plan,
    count: &Expr,
    limit: Option<usize>,
    context: &'a ExecContext<'a>,
) -> Result<Chunks<'a>> {
    let left = row_count(count, plan, context)?;
    // Whoever reads the first rows may want fewer still.
    let left = limit.map_or(left, |limit| left.min(limit));
    Ok(Box::new(Limit { input: context.open_for(input, Demand::first(Some(left)))?, left }))
}
