//! Rows that memory has no room for: written to files that the program brings, and read again in the same run. It must not
//! know operators, nor where the files are.

mod rows;
mod sorter;
mod store;

pub(super) use rows::{EncodedRows, SpillReader, SpillWriter};
pub(super) use sorter::{RowSorter, SortedRows};
pub use store::{SpillFile, SpillStore};
