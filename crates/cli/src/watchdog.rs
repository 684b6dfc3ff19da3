//! Ends the process if a query takes much longer than its limit. The engine keeps limits itself, but it looks at the clock
//! between steps, and the process must end even if one of these does not. It must not know queries.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use crate::interrupt;
use crate::output::eprint_str;

/// Watches until it is dropped.
pub struct Watchdog {
    /// Its end tells the thread that all is well.
    _alive: Option<Sender<()>>,
}

/// How much longer than its limit a query may take to end.
const GRACE: Duration = Duration::from_secs(2);

/// What to do about a query that takes too long.
pub const HELP: &str = "--timeout SECONDS allows more time, and 0 any";

impl Watchdog {
    /// Watches something that may take this long, if there is a limit.
    pub fn start(limit: Option<Duration>) -> Self {
        let Some(limit) = limit else { return Self { _alive: None } };
        let (alive, gone) = channel::<()>();
        let watch = move || {
            if gone.recv_timeout(limit.saturating_add(GRACE)) == Err(RecvTimeoutError::Timeout) {
                let code = kqlite::Code::TimeLimit;
                interrupt::clear_line();
                eprint_str(&format!(
                    "error[{code}]: the query did not end in time: the limit is {limit:?}\n = help: {HELP}\n"
                ));
                interrupt::leave(1);
            }
        };
        // Without a thread to be had, the engine's own limit is what there is.
        let _ = std::thread::Builder::new().name("watchdog".to_owned()).spawn(watch);
        Self { _alive: Some(alive) }
    }
}
