//! A server: what it serves, its threads, and how it is stopped. It must not know requests.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;

use kqlite::Database;
use kqlite_command::ManagedDatabase;
use tokio::sync::watch;

use crate::connection;
use crate::routes;
use crate::settings::Settings;
use crate::snapshot::Snapshot;
use crate::state::ServerState;

/// Threads that take requests and send answers; queries run on others.
const IO_THREADS: usize = 2;

/// Threads beside those of queries, for what may block.
const SPARE_THREADS: usize = 8;

/// What a query's depth needs in any build; memory that is not touched is not taken.
const STACK_BYTES: usize = 16 << 20;

/// A server over a database.
#[derive(Debug)]
pub struct Server {
    snapshot: Arc<Snapshot>,
    settings: Settings,
    stop: Arc<watch::Sender<bool>>,
}

/// Reaches a server from other threads while it runs.
#[derive(Debug, Clone)]
pub struct ServerHandle {
    snapshot: Arc<Snapshot>,
    stop: Arc<watch::Sender<bool>>,
}

impl ServerHandle {
    /// Asks the server to stop: it takes no more connections, and lets requests end for a while.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Puts other tables and functions in the place of those that are served. Queries that run go on with the old ones.
    pub fn replace(&self, database: Database) {
        let lock = self.snapshot.lock();
        lock.replace(self.snapshot.get().with_database(database));
    }
}

impl Server {
    /// A server over a database.
    #[must_use]
    pub fn new(database: ManagedDatabase, settings: Settings) -> Self {
        let snapshot = Arc::new(Snapshot::new(database));
        Self { snapshot, settings, stop: Arc::new(watch::Sender::new(false)) }
    }

    /// Reaches it from other threads.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        ServerHandle { snapshot: self.snapshot.clone(), stop: self.stop.clone() }
    }

    /// Serves until it is asked to stop: by the handle, by Ctrl-C, or by the signal to terminate. A second one ends it at
    /// once.
    ///
    /// # Errors
    /// The threads cannot be started, or the listener cannot be used.
    pub fn run(self, listener: TcpListener) -> io::Result<()> {
        listener.set_nonblocking(true)?;
        let address = format!("http://{}", listener.local_addr()?);
        let blocking = self.settings.resources.running.saturating_add(SPARE_THREADS);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(IO_THREADS)
            .max_blocking_threads(blocking)
            .thread_name("kqlite-serve")
            .thread_stack_size(STACK_BYTES)
            .enable_all()
            .build()?;
        let grace = self.settings.timeouts.stop;
        let state = Arc::new(ServerState::new(self.snapshot, self.settings, address));
        let stop = self.stop;
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let router = routes::router(&state);
            let serving = connection::serve(listener, router, state.clone(), stop.subscribe());
            tokio::select! {
                () = serving => {}
                () = stopped_twice(&stop) => {}
            }
            io::Result::Ok(())
        })?;
        runtime.shutdown_timeout(grace);
        Ok(())
    }
}

/// Passes on the first signal, and ends at the second.
async fn stopped_twice(stop: &watch::Sender<bool>) {
    let mut signals = Signals::new();
    signals.next().await;
    stop.send_replace(true);
    signals.next().await;
}

/// Ctrl-C, and where there is one the signal to terminate.
struct Signals {
    #[cfg(unix)]
    terminate: Option<tokio::signal::unix::Signal>,
}

impl Signals {
    #[cfg(unix)]
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self { terminate: signal(SignalKind::terminate()).ok() }
    }

    #[cfg(not(unix))]
    const fn new() -> Self {
        Self {}
    }

    /// Waits for the next one; for ever, if there is no way to hear of any.
    async fn next(&mut self) {
        let interrupt = async {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        #[cfg(unix)]
        let terminate = async {
            match &mut self.terminate {
                Some(signal) => {
                    signal.recv().await;
                }
                None => std::future::pending().await,
            }
        };
        #[cfg(not(unix))]
        let terminate = std::future::pending::<()>();
        tokio::select! {
            () = interrupt => {}
            () = terminate => {}
        }
    }
}
