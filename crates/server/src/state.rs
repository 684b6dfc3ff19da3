//! What requests share: the database as it is now, the settings, who may run. It must not know requests.

use std::sync::Arc;
use std::time::SystemTime;

use kqlite::DateTime;
use kqlite_command::{Capacity, Environment, ManagedDatabase};

use crate::admission::Admission;
use crate::metrics::Metrics;
use crate::settings::Settings;
use crate::snapshot::Snapshot;

/// What requests share.
pub(crate) struct ServerState {
    pub settings: Settings,
    pub admission: Admission,
    pub metrics: Arc<Metrics>,
    /// The address that it listens at.
    address: String,
    started: DateTime,
    /// The database as it is.
    pub snapshot: Arc<Snapshot>,
}

impl ServerState {
    pub(crate) fn new(snapshot: Arc<Snapshot>, settings: Settings, address: String) -> Self {
        let resources = settings.resources;
        let admission = Admission::new(
            resources.running,
            resources.waiting,
            resources.all_body_bytes,
            resources.all_answer_bytes,
        );
        Self { settings, admission, metrics: Arc::new(Metrics::new()), address, started: clock(), snapshot }
    }

    /// The database as it is now.
    pub(crate) fn database(&self) -> Arc<ManagedDatabase> {
        self.snapshot.get()
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
