//! Cuts rows into smaller chunks where a run has little memory left: an operator accounts for what it holds once a chunk. It must
//! not know what is done with the rows.

use super::context::ExecContext;
use crate::column::Chunk;

/// What an operator may hold of a row, about: large states of groups take as much.
const BYTES_PER_ROW: usize = 4 << 10;

/// What the columns that are computed of a row may take, about, before the rows of a batch are consumed.
const COMPUTED_BYTES_PER_ROW: usize = 1 << 10;

/// Smaller chunks cost more than they save.
const MIN_ROWS: usize = 1 << 10;

/// The rows of chunks in batches of at most `most` chunks, each of which suits what the run may still hold.
pub(super) fn batches(chunks: Vec<Chunk>, most: usize, context: &ExecContext<'_>) -> Vec<Vec<Chunk>> {
    let budget = context.budget();
    let left = budget.max_bytes().saturating_sub(budget.held());
    let rows = (left / BYTES_PER_ROW).max(MIN_ROWS);
    let rows_of_batch = (left / COMPUTED_BYTES_PER_ROW).max(MIN_ROWS);
    let total: usize = chunks.iter().map(Chunk::len).sum();
    if total <= rows_of_batch && chunks.iter().all(|chunk| chunk.len() <= rows) {
        return vec![chunks];
    }
    let mut batches: Vec<Vec<Chunk>> = Vec::new();
    let mut taken = 0;
    for chunk in chunks {
        for start in (0..chunk.len()).step_by(rows) {
            let piece = chunk.slice(start, rows);
            taken += piece.len();
            match batches.last_mut() {
                Some(last) if last.len() < most && taken <= rows_of_batch => last.push(piece),
                _ => {
                    taken = piece.len();
                    batches.push(vec![piece]);
                }
            }
        }
    }
    batches
}
