//! What requests share: the database as it is now, the settings, who may run. It must not know requests.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::SystemTime;

use kqlite::DateTime;
use kqlite_command::{Capacity, Environment, ManagedDatabase};

use crate::admission::Admission;
use crate::metrics::Metrics;
use crate::settings::Settings;

/// What requests share.
pub(crate) struct ServerState {
    pub settings: Settings,
    pub admission: Admission,
    pub metrics: Arc<Metrics>,
    /// The address that it listens at.
    address: String,
    started: DateTime,
    /// The database as it is; who reads goes on with the one that was there.
    current: RwLock<Arc<ManagedDatabase>>,
    /// One writes at a time.
    writing: Mutex<()>,
}

impl ServerState {
    pub(crate) fn new(database: ManagedDatabase, settings: Settings, address: String) -> Self {
        let resources = settings.resources;
        let admission = Admission::new(
            resources.running,
            resources.waiting,
            resources.all_body_bytes,
            resources.all_answer_bytes,
        );
        Self {
            settings,
            admission,
            metrics: Arc::new(Metrics::new()),
            address,
            started: clock(),
            current: RwLock::new(Arc::new(database)),
            writing: Mutex::new(()),
        }
    }

    /// The database as it is now.
    pub(crate) fn database(&self) -> Arc<ManagedDatabase> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps other writers away until the guard is dropped.
    pub(crate) fn write_lock(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a new database in the place of the old one; whoever calls has the lock.
    pub(crate) fn replace(&self, database: ManagedDatabase, _lock: &MutexGuard<'_, ()>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(database);
    }

    /// What `now()` is.
    pub(crate) fn now(&self) -> DateTime {
        self.settings.now.unwrap_or_else(clock)
    }

    /// What commands may ask for.
    pub(crate) fn environment(&self) -> Environment {
        Environment {
            version: self.settings.version.clone(),
            address: self.address.clone(),
            started: self.started,
            capacity: Capacity { total: self.admission.total(), consumed: self.admission.running() },
            files: self.settings.files.clone(),
            limits: self.settings.compile_limits,
        }
    }
}

/// The time.
fn clock() -> DateTime {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let ticks = i64::try_from(since.as_nanos() / 100).unwrap_or(i64::MAX);
    DateTime::from_ticks(DateTime::UNIX_EPOCH.0.saturating_add(ticks)).unwrap_or(DateTime::MAX)
}
