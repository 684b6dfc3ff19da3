//! Union: the rows of one input after the other.

use std::sync::Arc;

use super::context::ExecContext;
use super::stream::{Chunks, Demand, Stream};
use crate::column::Chunk;
use crate::function::Result;
use crate::plan::Plan;

/// An input is not begun before the one in front of it has ended.
struct Union<'a> {
    inputs: std::slice::Iter<'a, Arc<Plan>>,
    current: Option<Chunks<'a>>,
    /// The most rows that are asked for, of all inputs together.
    limit: Option<usize>,
    context: &'a ExecContext<'a>,
}

impl Stream for Union<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        loop {
            if let Some(current) = &mut self.current
                && let Some(chunk) = current.next()?
            {
                return Ok(Some(chunk));
            }
            let Some(next) = self.inputs.next() else {
                self.current = None;
                return Ok(None);
            };
            self.current = Some(self.context.open_for(next, Demand::first(self.limit))?);
        }
    }
}

pub(super) fn open<'a>(
    inputs: &'a [Arc<Plan>],
    limit: Option<usize>,
    context: &'a ExecContext<'a>,
) -> Chunks<'a> {
    Box::new(Union { inputs: inputs.iter(), current: None, limit, context })
}
