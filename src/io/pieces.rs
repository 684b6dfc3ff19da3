//! What one worker loads: columns in pieces, of which only the rows stay that are asked for.
//! It must not know formats, nor why a row is asked for.

use super::load::{Loader, Task};
use super::sink::Part;
use crate::column::{Column, Table};

/// Says which rows of some are needed, in ascending order; `None` for all of them.
pub type Keep<'k> = &'k (dyn Fn(&Table) -> Option<Vec<u32>> + Sync);

/// So many rows are looked at together.
const PIECE_ROWS: usize = 1 << 14;

/// The pieces so far, and where the rows of each block are in them.
pub(super) struct Pieces<'k> {
    task: &'k Task<'k>,
    keep: Option<Keep<'k>>,
    pub pieces: Vec<Vec<Column>>,
    /// The number of a block, and its rows.
    pub parts: Vec<(usize, Part)>,
    /// The blocks whose rows are in the loader: their number, first row and length.
    open: Vec<(usize, usize, usize)>,
    seen: usize,
    kept: usize,
}

impl<'k> Pieces<'k> {
    pub(super) const fn new(task: &'k Task<'k>, keep: Option<Keep<'k>>) -> Self {
        Self { task, keep, pieces: Vec::new(), parts: Vec::new(), open: Vec::new(), seen: 0, kept: 0 }
    }

    /// About how many rows the piece will have whose first ones are in the loader and came from so many bytes; `share` is
    /// how many bytes there may be in all.
    pub(super) fn expected(&self, loader: &Loader<'_>, bytes: usize, share: Option<u64>) -> Option<usize> {
        if self.keep.is_some() {
            return Some(PIECE_ROWS + loader.count());
        }
        // A few more, since rows differ.
        let rows = loader.count() as f64 * (share? as f64 / bytes.max(1) as f64) * 1.05;
        Some(rows as usize)
    }

    /// The rows of a block, from `offset` on, were added to the loader.
    pub(super) fn add(&mut self, block: usize, offset: usize, loader: &mut Loader<'_>) {
        self.open.push((block, offset, loader.count() - offset));
        if self.keep.is_some() && loader.count() >= PIECE_ROWS {
            self.end(loader);
            // Where most rows stay, looking for the others does not pay.
            if self.kept > self.seen / 2 && self.pieces.len() > 1 {
                self.keep = None;
            }
        }
    }

    /// Makes a piece of the rows in the loader.
    pub(super) fn end(&mut self, loader: &mut Loader<'_>) {
        let rows = loader.count();
        let mut columns = loader.take();
        let piece = self.pieces.len();
        let kept = self.keep.and_then(|keep| {
            let named = self.task.schema.names().map(str::to_owned).zip(columns.iter().cloned());
            let rows_kept = keep(&Table::new(named.collect()).ok()?)?;
            (rows_kept.len() < rows).then_some(rows_kept)
        });
        self.seen += rows;
        self.kept += kept.as_ref().map_or(rows, Vec::len);
        for (block, offset, len) in self.open.drain(..) {
            let place = |row: usize| match &kept {
                Some(kept) => kept.partition_point(|&it| (it as usize) < row),
                None => row,
            };
            let (from, to) = (place(offset), place(offset + len));
            self.parts.push((block, Part { piece, offset: from, len: to - from }));
        }
        if let Some(kept) = kept {
            for column in &mut columns {
                *column = some_of(column, &kept);
            }
        }
        self.pieces.push(columns);
    }
}

/// The rows, without texts that none of them has.
fn some_of(column: &Column, rows: &[u32]) -> Column {
    match column.take(rows) {
        Column::String(texts) if texts.dictionary().is_some_and(|(rows, values)| values > rows.len() / 2) => {
            Column::String(texts.to_plain())
        }
        column => column,
    }
}
