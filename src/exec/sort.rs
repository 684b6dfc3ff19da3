//! Orders rows: `sort`. Equal rows keep their order; nulls stand where each key says, NaN next to them.
//! It must not know where the rows come from.

use super::context::{Account, ExecContext, Site};
use super::scan::whole_leaf;
use super::spill::{RowSorter, SortedRows};
use super::stream::{Chunks, Stream};
use crate::column::Chunk;
use crate::function::Result;
use crate::plan::{Plan, SortKey};

pub(super) fn open<'a>(
    plan: &'a Plan,
    input: &'a Plan,
    keys: &'a [SortKey],
    context: &'a ExecContext<'a>,
) -> Result<Chunks<'a>> {
    let sorter = RowSorter::new(input.schema.clone(), keys, context, Site::of(plan))?;
    Ok(Box::new(Sort { input, sorter: Some(sorter), sorted: None, context }))
}

/// All sorted rows as one chunk, for those who want them all, with the account of what it holds.
pub(super) fn rows<'a>(
    plan: &'a Plan,
    input: &'a Plan,
    keys: &'a [SortKey],
    context: &'a ExecContext<'a>,
) -> Result<(Chunk, Account<'a>)> {
    let sorter = RowSorter::new(input.schema.clone(), keys, context, Site::of(plan))?;
    sort(sorter, input, context)?.into_whole()
}

fn sort<'a>(
    mut sorter: RowSorter<'a>,
    input: &'a Plan,
    context: &'a ExecContext<'a>,
) -> Result<SortedRows<'a>> {
    if let Some(whole) = whole_leaf(input, context)? {
        return sorter.sort_whole(whole);
    }
    let mut chunks = context.open(input)?;
    while let Some(chunk) = chunks.next()? {
        sorter.push(&chunk)?;
    }
    sorter.finish()
}

struct Sort<'a> {
    input: &'a Plan,
    /// There until somebody asks.
    sorter: Option<RowSorter<'a>>,
    sorted: Option<SortedRows<'a>>,
    context: &'a ExecContext<'a>,
}

impl Stream for Sort<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        if let Some(sorter) = self.sorter.take() {
            self.sorted = Some(sort(sorter, self.input, self.context)?);
        }
        self.sorted.as_mut().map_or(Ok(None), Stream::next)
    }
}
