//! What a run may use: bytes that it holds at once, and time. It must not know what uses them.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// The most bytes that one column can be allowed: on 32 bits a buffer that grows to twice of it must still be addressed.
const MAX_COLUMN_BYTES: usize = match usize::BITS {
    0..=32 => 1 << 29,
    _ => usize::MAX >> 1,
};

/// Fewer bytes than this are not worth an entry: what a step of a pipeline makes of a few rows.
const MIN_CHARGED: usize = 1 << 12;

/// How much work is done before somebody looks at the clock: about so many bytes read or values compared.
const WORK_PER_TICK: usize = 1 << 16;

/// What ends work early: its time is up, or somebody does not wait for it any longer. The library reads no clock, so the
/// caller gives one.
#[derive(Clone, Default)]
pub struct Stop {
    /// How long it may take, and the time that has gone by since it began.
    time: Option<(Duration, Arc<dyn Fn() -> Duration + Send + Sync>)>,
    cancel: Option<Arc<AtomicBool>>,
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limit = self.time.as_ref().map(|(limit, _)| limit);
        f.debug_struct("Stop").field("limit", &limit).field("cancel", &self.cancel).finish()
    }
}

impl Stop {
    /// The same, also when `elapsed` says that more time has gone by than `limit`.
    #[must_use]
    pub fn after(mut self, limit: Duration, elapsed: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        self.time = Some((limit, Arc::new(elapsed)));
        self
    }

    /// The same, also once the flag is set.
    #[must_use]
    pub fn on(mut self, flag: Arc<AtomicBool>) -> Self {
        self.cancel = Some(flag);
        self
    }

    /// Why the work is to end now, if it is.
    #[must_use]
    pub fn reason(&self) -> Option<Code> {
        if self.cancel.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed)) {
            return Some(Code::Cancelled);
        }
        self.time.as_ref().filter(|(limit, elapsed)| elapsed() > *limit).map(|_| Code::TimeLimit)
    }
}

/// What one run may use, whatever uses it: operators, and the columns that functions make.
#[derive(Debug)]
pub struct Budget {
    max_bytes: usize,
    held: AtomicUsize,
    stop: Stop,
}

impl Default for Budget {
    fn default() -> Self {
        Self::of_bytes(1 << 30)
    }
}

impl Budget {
    /// A budget of so many bytes, and of time without end.
    #[must_use]
    pub fn of_bytes(max_bytes: usize) -> Self {
        Self { max_bytes, held: AtomicUsize::new(0), stop: Stop::default() }
    }

    /// The same, with what ends the run early.
    #[must_use]
    pub fn with_stop(self, stop: Stop) -> Self {
        Self { stop, ..self }
    }

    /// The most bytes that may be held at once.
    #[must_use]
    pub const fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    /// The bytes that are held now.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// Looks at the clock and at the flag. `user` is who asks, as a message says it.
    ///
    /// # Errors
    /// The time is up, or the run was cancelled.
    pub fn tick(&self, user: &str, span: Span) -> Result<(), Box<Diagnostic>> {
        let Some(code) = self.stop.reason() else { return Ok(()) };
        let message = match (code, &self.stop.time) {
            (Code::TimeLimit, Some((limit, _))) => format!("{user} ran out of time: the limit is {limit:?}"),
            _ => format!("the query was cancelled in {user}"),
        };
        Err(Box::new(Diagnostic::error(code, span, message)))
    }

    /// Holds more bytes, over the limit too; says whether that is within it. Whoever calls gives them back.
    pub fn hold(&self, bytes: usize) -> bool {
        let before = self.held.fetch_add(bytes, Ordering::Relaxed);
        before.saturating_add(bytes) <= self.max_bytes
    }

    /// Gives bytes back.
    pub fn give_back(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Charges for bytes that were made; nothing for a few of them. `user` is who made them, as a message says it.
    ///
    /// # Errors
    /// The run holds more than its limit.
    pub fn charge(
        self: &Arc<Self>,
        bytes: usize,
        user: impl Fn() -> String,
        span: Span,
    ) -> Result<Option<Charge>, Box<Diagnostic>> {
        Used::of(self).result(bytes, user, span)
    }

    /// The failure of who went over the limit of bytes.
    pub fn exceeded(&self, user: &str, span: Span) -> Box<Diagnostic> {
        let message = format!("{user} needs more memory than the limit of {} bytes", self.max_bytes);
        Box::new(Diagnostic::error(Code::ByteLimit, span, message))
    }
}

/// Bytes that are held, given back when it is dropped.
#[derive(Debug)]
pub struct Charge {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.budget.give_back(self.bytes);
    }
}

/// What one call of a function has used so far.
#[derive(Debug)]
pub struct Used<'a> {
    budget: &'a Arc<Budget>,
    bytes: Cell<usize>,
    work: Cell<usize>,
}

impl Drop for Used<'_> {
    fn drop(&mut self) {
        self.budget.give_back(self.bytes.get());
    }
}

impl<'a> Used<'a> {
    /// Nothing so far.
    #[must_use]
    pub const fn of(budget: &'a Arc<Budget>) -> Self {
        Self { budget, bytes: Cell::new(0), work: Cell::new(0) }
    }

    /// Holds so many bytes in all, if it holds fewer. `user` is who asks, as a message says it.
    pub fn reserve(
        &self,
        bytes: usize,
        user: impl Fn() -> String,
        span: Span,
    ) -> Result<(), Box<Diagnostic>> {
        let Some(more) = bytes.checked_sub(self.bytes.get()).filter(|more| *more > 0) else { return Ok(()) };
        // What cannot be is not added up.
        if bytes > MAX_COLUMN_BYTES || bytes > self.budget.max_bytes {
            return Err(self.budget.exceeded(&user(), span));
        }
        self.bytes.set(bytes);
        if self.budget.hold(more) { Ok(()) } else { Err(self.budget.exceeded(&user(), span)) }
    }

    /// Notes work; after enough of it the clock is looked at.
    pub fn work(&self, amount: usize, user: impl Fn() -> String, span: Span) -> Result<(), Box<Diagnostic>> {
        let work = self.work.get().saturating_add(amount);
        if work < WORK_PER_TICK {
            self.work.set(work);
            return Ok(());
        }
        self.work.set(0);
        self.budget.tick(&user(), span)
    }

    /// What is held on for the result, once it is made and its bytes are known; nothing for a few bytes.
    pub fn result(
        self,
        bytes: usize,
        user: impl Fn() -> String,
        span: Span,
    ) -> Result<Option<Charge>, Box<Diagnostic>> {
        if bytes < MIN_CHARGED {
            return Ok(None);
        }
        self.reserve(bytes, user, span)?;
        let reserved = self.bytes.replace(0);
        self.budget.give_back(reserved - bytes);
        Ok(Some(Charge { budget: Arc::clone(self.budget), bytes }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user() -> String {
        "'f'".to_owned()
    }

    #[test]
    fn what_is_held_comes_back() {
        let budget = Arc::new(Budget::of_bytes(1 << 20));
        let used = Used::of(&budget);
        used.reserve(1000, user, Span::default()).unwrap();
        used.reserve(500_000, user, Span::default()).unwrap();
        assert_eq!(budget.held(), 500_000);
        let charge = used.result(300_000, user, Span::default()).unwrap();
        assert_eq!(budget.held(), 300_000);
        let other = Used::of(&budget);
        let error = other.reserve(800_000, user, Span::default()).unwrap_err();
        assert_eq!(error.message, "'f' needs more memory than the limit of 1048576 bytes");
        drop((other, charge));
        assert_eq!(budget.held(), 0);
        let huge = Used::of(&budget);
        assert!(huge.reserve(usize::MAX, user, Span::default()).is_err());
        drop(huge);
        assert_eq!(budget.held(), 0);
    }

    #[test]
    fn the_clock_is_looked_at_after_work() {
        let late = Stop::default().after(Duration::from_secs(1), || Duration::from_secs(2));
        let budget = Arc::new(Budget::default().with_stop(late));
        let used = Used::of(&budget);
        assert!(used.work(WORK_PER_TICK - 1, user, Span::default()).is_ok());
        let error = used.work(1, user, Span::default()).unwrap_err();
        assert_eq!(error.message, "'f' ran out of time: the limit is 1s");
    }
}
