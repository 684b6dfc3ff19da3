//! Cuts rows into smaller chunks where a run has little memory left: an operator accounts for what it holds once a chunk. It must
//! not know what is done with the rows.

use super::context::ExecContext;
use crate::column::Chunk;

/// What an operator may hold of a row, about: large states of groups take as much.
const BYTES_PER_ROW: usize = 4 << 10;

/// Smaller chunks cost more than they save.
const MIN_ROWS: usize = 1 << 10;

/// The rows of chunks in batches of at most `most` chunks, each of which suits what the run may still hold.
pub(super) fn batches(chunks: Vec<Chunk>, most: usize, context: &ExecContext<'_>) -> Vec<Vec<Chunk>> {
    let budget = context.budget();
    let left = budget.max_bytes().saturating_sub(budget.held());
    let rows = (left / BYTES_PER_ROW).max(MIN_ROWS);
    if chunks.iter().all(|chunk| chunk.len() <= rows) {
        return vec![chunks];
    }
    let mut batches = vec![Vec::new()];
    for chunk in chunks {
        for start in (0..chunk.len()).step_by(rows) {
            match batches.last_mut() {
                Some(last) if last.len() < most => last.push(chunk.slice(start, rows)),
                _ => batches.push(vec![chunk.slice(start, rows)]),
            }
        }
    }
    batches
}
