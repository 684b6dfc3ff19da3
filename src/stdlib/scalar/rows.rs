//! Help for row functions that can fail or that multiply their input. It must not know any particular function.

use std::cell::{Cell, RefCell};

use crate::column::Column;
use crate::function::{Call, Failure, Result};
use crate::types::Dynamic;

/// Runs the rows of one call: keeps the first failure and counts the bytes that are made.
pub(super) struct Guard<'a> {
    call: &'a Call<'a>,
    failure: RefCell<Option<Failure>>,
    bytes: Cell<usize>,
}

impl<'a> Guard<'a> {
    pub(super) const fn new(call: &'a Call<'a>) -> Self {
        Self { call, failure: RefCell::new(None), bytes: Cell::new(0) }
    }

    /// Computes one row; after a failure nothing more is computed.
    pub(super) fn row<T>(&self, f: impl FnOnce() -> Result<Option<T>>) -> Option<T> {
        if self.failure.borrow().is_some() {
            return None;
        }
        f().unwrap_or_else(|failure| {
            self.failure.replace(Some(failure));
            None
        })
    }

    /// Accounts for bytes about to be made.
    pub(super) fn spend(&self, bytes: usize) -> Result<()> {
        let total = self.bytes.get().saturating_add(bytes);
        self.bytes.set(total);
        self.call.reserve(total)
    }

    /// Notes work done, as [`Call::work`].
    pub(super) fn work(&self, amount: usize) -> Result<()> {
        self.call.work(amount)
    }

    /// The column, if no row failed.
    pub(super) fn finish(self, column: Result<Column>) -> Result<Column> {
        match self.failure.into_inner() {
            Some(failure) => Err(failure),
            None => column,
        }
    }
}

/// About how many bytes an item of an array takes, with a short text.
pub(super) const ITEM_BYTES: usize = size_of::<Dynamic>() + 16;

/// The same call without its first arguments, for the adapters that read the first ones.
pub(super) fn skip<'a>(call: &Call<'a>, arguments: usize) -> Call<'a> {
    Call { arguments: call.arguments.get(arguments..).unwrap_or_default(), ..*call }
}
