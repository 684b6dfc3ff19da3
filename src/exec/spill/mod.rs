//! Rows that memory has no room for: written to files that the program brings, and read again in the same run. It must not
//! know operators, nor where the files are.

mod partitions;
mod rows;
mod sorter;
mod store;

pub(super) use partitions::{MAX_SPILL_LEVEL, SpillPartitions};
pub(super) use rows::SpillReader;
pub(super) use sorter::{RowSorter, SortedRows, with_number};
pub use store::{SpillFile, SpillStore};
