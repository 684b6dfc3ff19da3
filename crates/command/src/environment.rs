//! Where commands run, as far as they may ask: what the caller brings in place of files and a clock. It must not know
//! commands.

use std::fmt;
use std::sync::Arc;

use kqlite::{CompileLimits, DateTime, ExternalSource};

/// Where commands run, as far as they may ask.
#[derive(Clone)]
pub struct Environment {
    /// The version of the program, for `.show version`.
    pub version: String,
    /// The address of the server, for `.show cluster`.
    pub address: String,
    /// When the server began, for `.show cluster`.
    pub started: DateTime,
    /// How many queries may run at once and how many do, for `.show capacity`.
    pub capacity: Capacity,
    /// The files that `.ingest into` may read; without it no path is read.
    pub files: Option<Arc<dyn ExternalSource>>,
    /// How large the queries inside of commands may be.
    pub limits: CompileLimits,
}

/// How many queries may run at once, and how many do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Capacity {
    /// The most.
    pub total: usize,
    /// Those that run now.
    pub consumed: usize,
}

impl Default for Environment {
    /// This crate's version on `localhost` since 1970, without files.
    fn default() -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            address: "http://localhost".to_owned(),
            started: DateTime::UNIX_EPOCH,
            capacity: Capacity { total: 1, consumed: 0 },
            files: None,
            limits: CompileLimits::default(),
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").field("address", &self.address).finish_non_exhaustive()
    }
}
