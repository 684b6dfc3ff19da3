//! A service that answers queries: each one runs on a thread for work that blocks, within limits, and ends when nobody waits
//! for it any more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use kqlite::{Code, Database, Error, Limits, Options, Table};

/// Sets a flag when it is dropped: when the request was answered, and when its future was dropped before.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[derive(Clone, Default)]
struct Service {
    database: Arc<Database>,
    /// Why runs failed.
    log: Arc<Mutex<Vec<Code>>>,
}

impl Service {
    /// Answers a query. To drop the future cancels the run within milliseconds.
    async fn answer(&self, text: &str) -> Result<Table, Error> {
        let cancelled = CancelOnDrop(Arc::default());
        let start = Instant::now();
        let options = Options::new(SystemTime::now().into())
            .limits(Limits { rows: 1_000_000, bytes: 256 << 20, ..Limits::default() })
            .time_limit(Duration::from_secs(5), move || start.elapsed())
            .cancel(cancelled.0.clone());
        let (service, text) = (self.clone(), text.to_owned());
        let run = tokio::task::spawn_blocking(move || service.run(&text, &options));
        // A panic of the run is a bug; it is the caller's to know.
        run.await.unwrap_or_else(|failed| std::panic::resume_unwind(failed.into_panic()))
    }

    fn run(&self, text: &str, options: &Options) -> Result<Table, Error> {
        let answer = self.database.compile(text).and_then(|query| query.run(&self.database, options));
        if let (Err(error), Ok(mut log)) = (&answer, self.log.lock()) {
            log.extend(error.diagnostics().iter().map(|it| it.code));
        }
        answer
    }
}

/// Runs the example; what it asserts holds.
///
/// # Errors
/// None, unless something is broken.
pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let service = Service::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(async {
        let table = service.answer("range x from 1 to 9 step 1 | summarize sum(x)").await?;
        assert_eq!(table.get::<i64>(0, "sum_x")?, 45);

        // A limit is an error of its own code, which the service may tell as it is.
        assert!(service.answer("range x from 1 to 9000000000 step 1").await.is_err());

        // Whoever asked has gone: the future is dropped, and the run ends by itself.
        let endless = service.answer("range x from 1 to 9000000000000 step 1 | where x < 0 | count");
        assert!(tokio::time::timeout(Duration::from_millis(20), endless).await.is_err());
        Ok::<(), Box<dyn std::error::Error>>(())
    })?;
    // The runtime waits for its threads.
    drop(runtime);
    let log = service.log.lock().map_err(|_| "a run panicked")?;
    assert_eq!(*log, [Code::RowLimit, Code::Cancelled]);
    Ok(())
}
