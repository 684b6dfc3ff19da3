//! Files that a program brings for rows that memory has no room for.

use std::io::{Read, Result, Seek, Write};

/// A file of a run: written once from the start to the end, then read once from the start to the end. Whatever can be
/// written, read and rewound is one.
pub trait SpillFile: Read + Write + Seek + Send + Sync {}

impl<T: Read + Write + Seek + Send + Sync> SpillFile for T {}

/// Brings files for the rows that a run has no room for in memory. A closure that opens an empty file is one; what a file
/// holds is of use to its run alone, and the file goes when the run drops it.
///
/// ```
/// use std::io::Cursor;
/// use kqlite::{Database, DateTime, Limits, Options};
///
/// let query = Database::new().compile("range n from 1 to 200000 step 1 | sort by n desc | summarize count(), min(n)")?;
/// let limits = Limits { bytes: 4 << 20, ..Limits::default() };
/// // A program would open a file without a name, as the crate `tempfile` does: `|| tempfile::tempfile()`.
/// let options = Options::new(DateTime::UNIX_EPOCH).limits(limits).spill_to(|| Ok(Cursor::new(Vec::new())));
/// assert_eq!(query.run(&Database::new(), &options)?.value(0, "count_"), Some(200_000_i64.into()));
/// # Ok::<(), kqlite::Error>(())
/// ```
pub trait SpillStore: Send + Sync {
    /// An empty file.
    ///
    /// # Errors
    /// There can be none; the run ends with this error.
    fn create(&self) -> Result<Box<dyn SpillFile>>;
}

impl<F, T> SpillStore for F
where
    F: Fn() -> Result<T> + Send + Sync,
    T: SpillFile + 'static,
{
    fn create(&self) -> Result<Box<dyn SpillFile>> {
        Ok(Box::new(self()?))
    }
}
