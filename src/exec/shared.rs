//! Shared: rows that several places of a query read, computed when they are first asked for.

use super::context::ExecContext;
use super::stream::{Buffered, Chunks, Stream};
use crate::column::Chunk;
use crate::function::Result;
use crate::plan::Plan;

struct Shared<'a> {
    plan: &'a Plan,
    input: &'a Plan,
    id: usize,
    rows: Option<Buffered>,
    context: &'a ExecContext<'a>,
}

impl Stream for Shared<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        let rows = match &mut self.rows {
            Some(rows) => rows,
            None => {
                let chunks = self.context.shared(self.plan, self.input, self.id)?;
                self.rows.insert(Buffered::new(chunks.to_vec(), self.context.chunk_rows()))
            }
        };
        rows.next()
    }
}

pub(super) fn open<'a>(
    plan: &'a Plan,
    input: &'a Plan,
    id: usize,
    context: &'a ExecContext<'a>,
) -> Chunks<'a> {
    Box::new(Shared { plan, input, id, rows: None, context })
}
