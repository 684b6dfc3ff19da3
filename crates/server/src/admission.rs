//! Who may run now: so many at once, so many waiting, the others are turned away. It must not know what is run.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::failure::Failure;
use crate::metrics::Metrics;

/// The bytes of bodies and answers are counted in pieces of this size.
const PIECE: usize = 1 << 12;

/// The places of those that run, and the bytes that bodies and answers may take.
#[derive(Debug)]
pub(crate) struct Admission {
    running: Arc<Semaphore>,
    total: usize,
    most_waiting: usize,
    waiting: AtomicUsize,
    bodies: Arc<Semaphore>,
    answers: Arc<Semaphore>,
}

/// A place of something that runs; it is given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    _permit: OwnedSemaphorePermit,
    metrics: Arc<Metrics>,
}

/// Bytes that are held; they are given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Room(Option<OwnedSemaphorePermit>);

impl Room {
    /// Holds nothing.
    pub(crate) const NONE: Self = Self(None);

    /// Takes over what the other one holds.
    pub(crate) fn add(&mut self, other: Self) {
        match (&mut self.0, other.0) {
            (Some(held), Some(more)) => held.merge(more),
            (held @ None, more) => *held = more,
            (Some(_), None) => {}
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.metrics.running.dec();
    }
}

/// One of those that wait.
struct Waiting<'a> {
    count: &'a AtomicUsize,
    metrics: &'a Metrics,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
        self.metrics.waiting.dec();
    }
}

impl Admission {
    pub(crate) fn new(running: usize, waiting: usize, body_bytes: usize, answer_bytes: usize) -> Self {
        let room = |bytes: usize| Arc::new(Semaphore::new((bytes / PIECE).min(Semaphore::MAX_PERMITS)));
        let total = running.max(1);
        Self {
            running: Arc::new(Semaphore::new(total)),
            total,
            most_waiting: waiting,
            waiting: AtomicUsize::new(0),
            bodies: room(body_bytes),
            answers: room(answer_bytes),
        }
    }

    /// How many may run at once.
    pub(crate) const fn total(&self) -> usize {
        self.total
    }

    /// How many run.
    pub(crate) fn running(&self) -> usize {
        self.total.saturating_sub(self.running.available_permits())
    }

    /// Waits for a place, in the order of those who ask.
    pub(crate) async fn enter(&self, metrics: &Arc<Metrics>) -> Result<Place, Failure> {
        let place = |permit| {
            metrics.running.inc();
            Place { _permit: permit, metrics: metrics.clone() }
        };
        if let Ok(permit) = self.running.clone().try_acquire_owned() {
            return Ok(place(permit));
        }
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= self.most_waiting {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            metrics.turned_away.inc();
            return Err(Failure::throttled(format!(
                "{} queries run and {} wait: ask again later",
                self.total, self.most_waiting
            )));
        }
        metrics.waiting.inc();
        let _waiting = Waiting { count: &self.waiting, metrics };
        match self.running.clone().acquire_owned().await {
            Ok(permit) => Ok(place(permit)),
            Err(_) => Err(Failure::stopping()),
        }
    }

    /// Takes room for bytes of a body.
    pub(crate) fn body_room(&self, bytes: usize, metrics: &Metrics) -> Result<Room, Failure> {
        room(&self.bodies, bytes).ok_or_else(|| {
            metrics.turned_away.inc();
            Failure::throttled(
                "the bodies of requests take all the memory that is meant for them: ask again later",
            )
        })
    }

    /// Takes room for an answer that is to be sent.
    pub(crate) fn answer_room(&self, bytes: usize, metrics: &Metrics) -> Result<Room, Failure> {
        room(&self.answers, bytes).ok_or_else(|| {
            metrics.turned_away.inc();
            Failure::throttled(
                "answers that were not read yet take all the memory that is meant for them: ask again later",
            )
        })
    }
}

fn room(all: &Arc<Semaphore>, bytes: usize) -> Option<Room> {
    let pieces = u32::try_from(bytes.div_ceil(PIECE)).ok()?;
    if pieces == 0 {
        return Some(Room::NONE);
    }
    all.clone().try_acquire_many_owned(pieces).ok().map(|permit| Room(Some(permit)))
}
