//! `union`: the rows of one input after the other. It must not know what the rows are.

use std::sync::Arc;

use super::stream::{Chunks, State, Stream, build as build_stream};
use crate::column::Chunk;
use crate::function::Result;
use crate::plan::Plan;

/// An input is not begun before the one in front of it has ended.
struct Union<'a> {
    inputs: std::slice::Iter<'a, Arc<Plan>>,
    current: Option<Chunks<'a>>,
    state: &'a State<'a>,
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
            self.current = Some(build_stream(next, self.state)?);
        }
    }
}

pub(super) fn build<'a>(inputs: &'a [Arc<Plan>], state: &'a State<'a>) -> Chunks<'a> {
    Box::new(Union { inputs: inputs.iter(), current: None, state })
}
