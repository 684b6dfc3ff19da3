//! Collects what one worker loads: columns in pieces of some blocks, filtered piece by piece. The filter is given up where
//! it drops less than half of the rows.

use super::load::{LoadTask, Loader};
use super::options::RowFilter;
use super::sink::PieceRows;
use crate::column::{Column, Table};

/// The rows that are filtered at once, about.
const PIECE_ROWS: usize = 1 << 14;

/// The pieces of a worker so far, and where the rows of each block are in them.
pub(super) struct Pieces<'k> {
    task: &'k LoadTask<'k>,
    filter: Option<RowFilter<'k>>,
    pub pieces: Vec<Vec<Column>>,
    /// The number of a block, and its rows.
    pub parts: Vec<(usize, PieceRows)>,
    /// The blocks whose rows are in the loader: their number, first row and length.
    open: Vec<(usize, usize, usize)>,
    seen: usize,
    kept: usize,
}

impl<'k> Pieces<'k> {
    pub(super) const fn new(task: &'k LoadTask<'k>, filter: Option<RowFilter<'k>>) -> Self {
        Self { task, filter, pieces: Vec::new(), parts: Vec::new(), open: Vec::new(), seen: 0, kept: 0 }
    }

    /// Estimates the rows of a piece from its first ones, which are in the loader and came from `bytes` bytes; `share` is
    /// the number of bytes that the worker may get in all.
    pub(super) fn expected(&self, loader: &Loader<'_>, bytes: usize, share: Option<u64>) -> Option<usize> {
        if self.filter.is_some() {
            return Some(PIECE_ROWS + loader.count());
        }
        // A few more, since rows differ.
        let rows = loader.count() as f64 * (share? as f64 / bytes.max(1) as f64) * 1.05;
        Some(rows as usize)
    }

    /// Notes that the rows of a block, from `offset` on, are in the loader.
    pub(super) fn add(&mut self, block: usize, offset: usize, loader: &mut Loader<'_>) {
        self.open.push((block, offset, loader.count() - offset));
        if self.filter.is_some() && loader.count() >= PIECE_ROWS {
            self.end(loader);
            // Where most rows stay, filtering does not pay.
            if self.kept > self.seen / 2 && self.pieces.len() > 1 {
                self.filter = None;
            }
        }
    }

    /// Makes a piece of the rows in the loader, filtered.
    pub(super) fn end(&mut self, loader: &mut Loader<'_>) {
        let rows = loader.count();
        let mut columns = loader.take();
        let piece = self.pieces.len();
        let kept = self.filter.and_then(|filter| {
            let named = self.task.schema.names().map(str::to_owned).zip(columns.iter().cloned());
            let kept_rows = filter(&Table::new(named.collect()).ok()?)?;
            (kept_rows.len() < rows).then_some(kept_rows)
        });
        self.seen += rows;
        self.kept += kept.as_ref().map_or(rows, Vec::len);
        for (block, offset, len) in self.open.drain(..) {
            let place = |row: usize| match &kept {
                Some(kept) => kept.partition_point(|&it| (it as usize) < row),
                None => row,
            };
            let (from, to) = (place(offset), place(offset + len));
            self.parts.push((block, PieceRows { piece, offset: from, len: to - from }));
        }
        if let Some(kept) = kept {
            for column in &mut columns {
                *column = some_of(column, &kept);
            }
        }
        self.pieces.push(columns);
    }
}

/// Takes rows of a column, without dictionary values that none of them has.
fn some_of(column: &Column, rows: &[u32]) -> Column {
    match column.take(rows) {
        Column::String(texts) if texts.dictionary().is_some_and(|(rows, values)| values > rows.len() / 2) => {
            Column::String(texts.to_plain())
        }
        column => column,
    }
}
