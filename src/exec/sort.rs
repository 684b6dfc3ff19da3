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
    Ok(Box::new(Sort { input, sorter: Some(Box::new(sorter)), sorted: None, context }))
}

/// All sorted rows as one chunk, for those who want them all, with the account of what it holds.
pub(super) fn rows<'a>(
    plan: &'a Plan,
    input: &'a Plan,
    keys: &'a [SortKey],
    context: &'a ExecContext<'a>,
) -> Result<(Chunk, Account<'a>)> {
    let mut sorter = RowSorter::new(input.schema.clone(), keys, context, Site::of(plan))?;
    if let Some(whole) = whole_leaf(input, context)? {
        return sorter.sort_whole(whole)?.into_whole();
    }
    fill(&mut sorter, input, context)?;
    sorter.finish()?.into_whole()
}

/// Takes in all rows of a plan.
fn fill<'a>(sorter: &mut RowSorter<'a>, input: &'a Plan, context: &'a ExecContext<'a>) -> Result<()> {
    let mut chunks = context.open(input)?;
    while let Some(chunk) = chunks.next()? {
        sorter.push(&chunk)?;
    }
    Ok(())
}

/// Sorts lie below sorts: what is large is in boxes, and made by calls that are over when the rows below are asked for.
struct Sort<'a> {
    input: &'a Plan,
    /// There until somebody asks.
    sorter: Option<Box<RowSorter<'a>>>,
    sorted: Option<Box<SortedRows<'a>>>,
    context: &'a ExecContext<'a>,
}

impl Sort<'_> {
    /// Sorts the rows that were taken in, or these.
    fn sort(&mut self, whole: Option<Chunk>) -> Result<()> {
        if let Some(sorter) = self.sorter.take() {
            let sorted = match whole {
                Some(whole) => sorter.sort_whole(whole)?,
                None => sorter.finish()?,
            };
            self.sorted = Some(Box::new(sorted));
        }
        Ok(())
    }
}

impl Stream for Sort<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        if let Some(sorter) = &mut self.sorter {
            let whole = whole_leaf(self.input, self.context)?;
            if whole.is_none() {
                fill(sorter, self.input, self.context)?;
            }
            self.sort(whole)?;
        }
        self.sorted.as_mut().map_or(Ok(None), |sorted| sorted.next())
    }
}
