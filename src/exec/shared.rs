//! Rows that several places of a query read: computed when they are first asked for, then kept for the run.
//! It must not know what the rows are.

use std::sync::Arc;

use super::stream::{Chunks, Operator, Ready, SharedRows, State, Stream};
use crate::column::Chunk;
use crate::function::Result;
use crate::plan::Plan;

struct Shared<'a> {
    id: usize,
    input: &'a Plan,
    ready: Option<Ready>,
    state: &'a State<'a>,
    at: Operator,
}

impl Stream for Shared<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        if self.ready.is_none() {
            let rows = match self.state.shared(self.id) {
                Some(rows) => rows,
                None => {
                    let mut account = self.state.account(self.at);
                    let chunks = self.state.collect(self.input, &mut account)?;
                    account.keep();
                    let rows = SharedRows { chunks: Arc::new(chunks) };
                    self.state.share(self.id, rows.clone());
                    rows
                }
            };
            self.ready = Some(Ready::new(rows.chunks.to_vec(), self.state.chunk_rows()));
        }
        self.ready.as_mut().map_or(Ok(None), Ready::next)
    }
}

pub(super) fn build<'a>(plan: &'a Plan, input: &'a Plan, id: usize, state: &'a State<'a>) -> Chunks<'a> {
    Box::new(Shared { id, input, ready: None, state, at: Operator::of(plan) })
}
