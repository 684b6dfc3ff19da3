//! Collects what one worker loads: columns in pieces of some blocks, filtered piece by piece. The filter is given up where
//! it drops less than half of the rows.

use std::sync::Arc;

use super::load::{LoadTask, Loader};
use super::options::RowFilter;
use super::sink::PieceRows;
use crate::column::{Column, Table};

/// The rows that are filtered at once, about.
const PIECE_ROWS: usize = 1 << 14;

/// The pieces of a worker so far, and where the rows of each block are in them.
pub(super) struct Pieces {
    task: Arc<LoadTask>,
    /// The filter drops enough rows to pay.
    filtering: bool,
    pub pieces: Vec<Vec<Column>>,
    /// The number of a block, and its rows.
    pub parts: Vec<(usize, PieceRows)>,
    /// The blocks whose rows are in the loader: their number, first row and length.
    open: Vec<(usize, usize, usize)>,
    seen: usize,
    kept: usize,
    /// How many bytes the pieces take.
    pub bytes: usize,
}

impl Pieces {
    pub(super) const fn new(task: Arc<LoadTask>) -> Self {
        Self {
            task,
            filtering: true,
            pieces: Vec::new(),
            parts: Vec::new(),
            open: Vec::new(),
            seen: 0,
            kept: 0,
            bytes: 0,
        }
    }

    /// Estimates the rows of a piece from its first ones, which are in the loader and came from `bytes` bytes; `share` is
    /// the number of bytes that the worker may get in all.
    pub(super) fn expected(
        &self,
        loader: &Loader,
        bytes: usize,
        share: Option<u64>,
        filter: Option<RowFilter<'_>>,
    ) -> Option<usize> {
        if filter.is_some() && self.filtering {
            return Some(PIECE_ROWS + loader.count());
        }
        // A few more, since rows differ.
        let rows = loader.count() as f64 * (share? as f64 / bytes.max(1) as f64) * 1.05;
        Some(rows as usize)
    }

    /// Notes that the rows of a block, from `offset` on, are in the loader.
    pub(super) fn add(
        &mut self,
        block: usize,
        offset: usize,
        loader: &mut Loader,
        filter: Option<RowFilter<'_>>,
    ) {
        self.open.push((block, offset, loader.count() - offset));
        if filter.is_some() && self.filtering && loader.count() >= PIECE_ROWS {
            self.end(loader, filter);
        }
    }

    /// Makes a piece of the rows in the loader, filtered; none if there are no rows.
    pub(super) fn end(&mut self, loader: &mut Loader, filter: Option<RowFilter<'_>>) {
        let rows = loader.count();
        if rows == 0 {
            self.open.clear();
            return;
        }
        let mut columns = loader.take();
        let piece = self.pieces.len();
        let filter = filter.filter(|_| self.filtering);
        let kept = filter.and_then(|filter| {
            let named = self.task.schema.names().map(str::to_owned).zip(columns.iter().cloned());
            let kept_rows = filter(&Table::new(named.collect()).ok()?)?;
            (kept_rows.len() < rows).then_some(kept_rows)
        });
        if filter.is_some() {
            self.seen += rows;
            self.kept += kept.as_ref().map_or(rows, Vec::len);
            // Where most rows stay, filtering does not pay.
            self.filtering = self.kept <= self.seen / 2 || self.seen < 2 * PIECE_ROWS;
        }
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
        self.bytes += columns.iter().map(Column::byte_size).sum::<usize>();
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
