//! Connections: so many at once, each with its timeouts, and a stop that lets requests end. It must not know requests.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;

use crate::state::ServerState;

/// How long is waited when no connection can be taken, for want of file handles.
const PAUSE: Duration = Duration::from_millis(50);

/// The most bytes of a request's line and headers.
const HEADER_BYTES: usize = 64 << 10;

/// Takes connections until it is asked to stop, and lets their requests end for a while.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    state: Arc<ServerState>,
    mut stop: watch::Receiver<bool>,
) {
    let most =
        Arc::new(Semaphore::new(state.settings.resources.connections.clamp(1, Semaphore::MAX_PERMITS)));
    let graceful = GracefulShutdown::new();
    let mut open = JoinSet::new();
    loop {
        let next = async {
            // Those beyond the limit wait where the system keeps them.
            let permit = most.clone().acquire_owned().await.ok()?;
            Some((permit, listener.accept().await))
        };
        tokio::select! {
            _ = stop.wait_for(|it| *it) => break,
            Some(_) = open.join_next(), if !open.is_empty() => {}
            taken = next => match taken {
                Some((permit, Ok((stream, _)))) => {
                    let connection = Connection { permit, state: state.clone() };
                    connection.open(stream, router.clone(), &graceful, &mut open);
                }
                Some((_, Err(error))) => {
                    tracing::warn!(%error, "no connection can be taken");
                    tokio::time::sleep(PAUSE).await;
                }
                None => break,
            },
        }
    }
    drop(listener);
    if tokio::time::timeout(state.settings.timeouts.stop, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests that go on are cancelled");
    }
    // Dropping a connection drops its request, and that cancels its query.
    open.shutdown().await;
}

/// A connection, counted until it ends.
struct Connection {
    permit: OwnedSemaphorePermit,
    state: Arc<ServerState>,
}

impl Connection {
    fn open(self, stream: TcpStream, router: Router, graceful: &GracefulShutdown, open: &mut JoinSet<()>) {
        let timeouts = self.state.settings.timeouts;
        // Answers are written in one go: nothing is gained by waiting for more.
        let _ = stream.set_nodelay(true);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(timeouts.write));
        let service = TowerToHyperService::new(router);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(timeouts.headers)
            .max_buf_size(HEADER_BYTES)
            .serve_connection(TokioIo::new(Box::pin(stream)), service);
        let watched = graceful.watch(connection);
        self.state.metrics.connections.inc();
        open.spawn(async move {
            if let Err(error) = watched.await {
                tracing::debug!(%error, "a connection broke off");
            }
            self.state.metrics.connections.dec();
            drop(self.permit);
        });
    }
}
