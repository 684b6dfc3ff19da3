//! One row picked for each group, kept in columns: what `arg_max` and `take_any` are made of.
//! It must not know by what rule a row is picked.

use crate::column::{Column, NO_ROW};
use crate::types::ScalarType;

/// The picked rows.
///
/// Rows picked from a chunk are gathered into a page; those that a later pick replaces are dropped once they are many.
#[derive(Default)]
pub(super) struct Picked {
    pages: Vec<Vec<Column>>,
    /// How many rows all pages hold.
    rows: usize,
    /// Group → row, counted over all pages; [`NO_ROW`] where none is picked.
    places: Vec<u32>,
    /// Group → row picked in the chunk at hand.
    chunk: Vec<u32>,
    /// The groups that have one.
    changed: Vec<u32>,
    bytes: usize,
}

impl Picked {
    /// Makes room for groups.
    pub(super) fn grow(&mut self, count: usize) {
        if self.places.len() < count {
            self.places.resize(count, NO_ROW);
            self.chunk.resize(count, NO_ROW);
        }
    }

    /// Whether the group has a row.
    pub(super) fn has(&self, group: u32) -> bool {
        self.places[group as usize] != NO_ROW || self.chunk[group as usize] != NO_ROW
    }

    /// Picks a row of the chunk at hand for a group, in place of the one it had.
    #[inline]
    pub(super) fn pick(&mut self, group: u32, row: usize) {
        let slot = &mut self.chunk[group as usize];
        if *slot == NO_ROW {
            self.changed.push(group);
        }
        *slot = row as u32;
    }

    /// Takes the picked rows out of the chunk's columns.
    pub(super) fn gather(&mut self, columns: &[Column]) {
        if self.changed.is_empty() {
            return;
        }
        let mut rows = Vec::with_capacity(self.changed.len());
        for group in self.changed.drain(..) {
            self.places[group as usize] = (self.rows + rows.len()) as u32;
            rows.push(std::mem::replace(&mut self.chunk[group as usize], NO_ROW));
        }
        let page: Vec<Column> = columns.iter().map(|column| column.take(&rows)).collect();
        self.rows += rows.len();
        self.bytes += page.iter().map(bytes_of).sum::<usize>();
        self.pages.push(page);
        if self.rows > 4 * self.places.len() + 4096 {
            let data_types: Vec<_> = columns.iter().map(Column::scalar_type).collect();
            self.compact(&data_types);
        }
    }

    /// One page with just the rows that are picked.
    fn compact(&mut self, data_types: &[ScalarType]) {
        let live: Vec<u32> = self.places.iter().copied().filter(|&place| place != NO_ROW).collect();
        let page = self.columns(data_types, &live);
        self.rows = live.len();
        let places = self.places.iter_mut().filter(|place| **place != NO_ROW);
        places.zip(0..).for_each(|(place, at)| *place = at);
        self.bytes = page.iter().map(bytes_of).sum();
        self.pages = vec![page];
    }

    /// The rows at places, as columns.
    fn columns(&self, data_types: &[ScalarType], places: &[u32]) -> Vec<Column> {
        let column = |(at, &data_type): (usize, &ScalarType)| {
            let parts: Vec<Column> = self.pages.iter().filter_map(|page| page.get(at)).cloned().collect();
            Column::concat(data_type, &parts).take(places)
        };
        data_types.iter().enumerate().map(column).collect()
    }

    /// The row of each group `0 .. count`; nulls for a group without one.
    pub(super) fn finish(mut self, data_types: &[ScalarType], count: usize) -> Vec<Column> {
        self.grow(count);
        self.columns(data_types, &self.places[..count])
    }

    /// The groups that have a row, and their rows.
    pub(super) fn into_rows(self, data_types: &[ScalarType]) -> (Vec<u32>, Vec<Column>) {
        let groups = (0..self.places.len() as u32).filter(|&group| self.places[group as usize] != NO_ROW);
        let groups: Vec<u32> = groups.collect();
        let places: Vec<u32> = groups.iter().map(|&group| self.places[group as usize]).collect();
        let columns = self.columns(data_types, &places);
        (groups, columns)
    }

    pub(super) fn byte_size(&self) -> usize {
        self.bytes + (self.places.capacity() + self.chunk.capacity() + self.changed.capacity()) * 4
    }
}

/// The bytes of a page's column; dictionaries belong to the input.
fn bytes_of(column: &Column) -> usize {
    match column.as_strings().and_then(|strings| strings.dictionary()) {
        Some((codes, _)) => codes.len() * 4,
        None => column.byte_size(),
    }
}
