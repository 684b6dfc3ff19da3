//! How a query is compiled: how much it may use, for how long, and a flag to cancel. It must not know the stages.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::bind::CompileLimits;
use crate::budget::Stop;

/// How a query is compiled or checked. The defaults are sane for a text of which nothing is known.
///
/// ```
/// use kqlite::{Code, CompileOptions, Database};
/// let mut options = CompileOptions::default();
/// options.limits.nodes = 100;
/// let text = format!("print {}", ["1"; 200].join(", "));
/// let check = Database::new().check_with(&text, &options);
/// assert_eq!(check.diagnostics()[0].code, Code::LimitExceeded);
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct CompileOptions {
    /// How much it may use.
    pub limits: CompileLimits,
    pub(super) stop: Stop,
}

impl fmt::Debug for CompileOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompileOptions").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl CompileOptions {
    /// Sets the limits.
    #[must_use]
    pub const fn limits(mut self, limits: CompileLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Gives up when `elapsed` says that more time has gone by than `limit`.
    #[must_use]
    pub fn time_limit(
        mut self,
        limit: Duration,
        elapsed: impl Fn() -> Duration + Send + Sync + 'static,
    ) -> Self {
        self.stop = self.stop.after(limit, elapsed);
        self
    }

    /// Gives up soon after the flag is set.
    #[must_use]
    pub fn cancel(mut self, flag: Arc<AtomicBool>) -> Self {
        self.stop = self.stop.on(flag);
        self
    }
}
