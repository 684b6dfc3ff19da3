//! How many bytes of memory may be taken for what a file unpacks to. It must not know how files are laid out.

use std::sync::atomic::{AtomicUsize, Ordering};

use arrow_array::{Array, ArrayRef};
use kqlite::{DataError, ScalarType};

use crate::request::ColumnRequest;

/// The most bytes that a table takes, or a part of one that is read part by part.
#[derive(Debug, Clone, Copy)]
pub struct MemoryLimit(pub usize);

impl MemoryLimit {
    /// Nothing is too much.
    pub const NONE: Self = Self(usize::MAX);

    /// The error for more than that.
    pub fn error(self) -> DataError {
        let shown = match self.0 >> 20 {
            0 => format!("{} bytes", self.0),
            megabytes => format!("{megabytes} MB"),
        };
        let mut error = DataError::from_message(format!("the table takes more memory than {shown}"));
        error.beyond_limit = true;
        error
    }

    /// Checks bytes that are held, or are going to be.
    pub fn check(self, bytes: usize) -> Result<(), DataError> {
        if bytes > self.0 { Err(self.error()) } else { Ok(()) }
    }

    /// Checks what rows of some columns take at least, before there is memory for them: a file of some bytes may have very
    /// many rows.
    pub fn check_rows(self, wanted: &[&ColumnRequest], rows: usize) -> Result<(), DataError> {
        let stored = wanted.iter().filter(|it| it.at.is_some());
        let bits = stored.fold(0_usize, |sum, it| sum.saturating_add(bits_of(it.data_type().ok())));
        self.check(rows.saturating_mul(bits) / 8)
    }
}

/// Counts the bytes of a table's parts, which several threads may read.
pub struct HeldMemory {
    limit: MemoryLimit,
    bytes: AtomicUsize,
}

impl HeldMemory {
    /// Nothing is held yet.
    pub const fn new(limit: MemoryLimit) -> Self {
        Self { limit, bytes: AtomicUsize::new(0) }
    }

    /// Adds a part.
    pub fn add(&self, bytes: usize) -> Result<(), DataError> {
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.limit.check(before.saturating_add(bytes))
    }
}

/// The bytes of the values of an array, which may share memory with others.
pub fn array_bytes(array: &ArrayRef) -> usize {
    array.to_data().get_slice_memory_size().unwrap_or_default()
}

/// The bits that a value takes at least.
const fn bits_of(data_type: Option<ScalarType>) -> usize {
    match data_type {
        Some(ScalarType::Bool) => 1,
        Some(ScalarType::Long | ScalarType::Real | ScalarType::DateTime | ScalarType::TimeSpan) => 64,
        Some(ScalarType::Decimal | ScalarType::Guid) => 128,
        // Of a text its number in a dictionary.
        _ => 32,
    }
}
