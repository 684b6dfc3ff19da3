//! A server that Kusto's clients talk to: queries, management commands and streaming ingestion over HTTP, on a database in
//! memory. It must not know where tables come from: whoever starts it brings them.
//!
//! ```no_run
//! use kqlite::Database;
//! use kqlite_command::ManagedDatabase;
//! use kqlite_server::{Server, Settings};
//!
//! let server = Server::new(ManagedDatabase::new("Logs", Database::new()), Settings::default());
//! let listener = std::net::TcpListener::bind("127.0.0.1:8080")?;
//! server.run(listener)?;
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! | path | what |
//! |---|---|
//! | `/v1/rest/query`, `/v2/rest/query` | queries, and commands; `GET` too |
//! | `/v1/rest/mgmt` | commands |
//! | `/v1/rest/ingest/{database}/{table}` | rows in the body |
//! | `/v1/rest/auth/metadata` | there is no login |
//! | `/v1/workspaces/{id}/query` | queries as Log Analytics takes them |
//! | `/healthz`, `/metrics` | for whoever watches it |
//!
//! Queries run on threads of their own over the database as it was when they came. A command that writes makes a new one, so
//! that nobody waits for it but other writers.

mod access;
mod admission;
mod answer;
#[cfg(feature = "arrow")]
mod arrow_stream;
mod body;
mod cells;
mod connection;
mod envelope;
mod failure;
mod ingest;
mod log_analytics;
mod metrics;
mod parameters;
mod properties;
mod request;
mod request_id;
mod routes;
mod server;
mod settings;
mod snapshot;
mod state;
mod time_range;
mod v1;
mod v2;
mod work;

pub use server::{Server, ServerHandle};
pub use settings::{Prepare, ResourceLimits, RunOptions, Settings, Timeouts};
