//! A server: what it serves, its threads, and how it is stopped. It must not know requests.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;

use kqlite_command::ManagedDatabase;
use tokio::sync::watch;

use crate::connection;
use crate::routes;
use crate::settings::Settings;
use crate::state::ServerState;

/// Threads that take requests and send answers; queries run on others.
const IO_THREADS: usize = 2;

/// Threads beside those of queries, for what may block.
const SPARE_THREADS: usize = 8;

/// A server over a database.
#[derive(Debug)]
pub struct Server {
    database: ManagedDatabase,
    settings: Settings,
    stop: Arc<watch::Sender<bool>>,
}

/// Stops a server from another thread.
#[derive(Debug, Clone)]
pub struct StopHandle(Arc<watch::Sender<bool>>);

impl StopHandle {
    /// Asks the server to stop: it takes no more connections, and lets requests end for a while.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Server {
    /// A server over a database.
    #[must_use]
    pub fn new(database: ManagedDatabase, settings: Settings) -> Self {
        Self { database, settings, stop: Arc::new(watch::Sender::new(false)) }
    }

    /// Stops it from another thread.
    #[must_use]
    pub fn stop_handle(&self) -> StopHandle {
        StopHandle(self.stop.clone())
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
            .enable_all()
            .build()?;
        let grace = self.settings.timeouts.stop;
        let state = Arc::new(ServerState::new(self.database, self.settings, address));
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
