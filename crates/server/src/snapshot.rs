//! The database as it is now: whoever reads goes on with the one that was there, and one writes at a time. It must not know
//! requests.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use kqlite_command::ManagedDatabase;

/// The database as it is now.
#[derive(Debug)]
pub(crate) struct Snapshot {
    current: RwLock<Arc<ManagedDatabase>>,
    writing: Mutex<()>,
}

/// The right to put another database in the place of the one that there is.
pub(crate) struct WriteLock<'a> {
    snapshot: &'a Snapshot,
    _guard: MutexGuard<'a, ()>,
}

impl Snapshot {
    pub(crate) fn new(database: ManagedDatabase) -> Self {
        Self { current: RwLock::new(Arc::new(database)), writing: Mutex::new(()) }
    }

    /// The database as it is now.
    pub(crate) fn get(&self) -> Arc<ManagedDatabase> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps other writers away until it is dropped.
    pub(crate) fn lock(&self) -> WriteLock<'_> {
        let guard = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        WriteLock { snapshot: self, _guard: guard }
    }
}

impl WriteLock<'_> {
    /// Puts a new database in the place of the old one.
    pub(crate) fn replace(&self, database: ManagedDatabase) {
        *self.snapshot.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(database);
    }
}
