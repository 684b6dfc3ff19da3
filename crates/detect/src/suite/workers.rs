//! Runs work on threads that are given up if it does not end: others go on in their place. What panics is told as such. It
//! must not know what the work is, and looks at no clock but the caller's.

use std::any::Any;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use super::evaluate::Clock;

/// The stack of a thread: queries nest as deep as the engine lets them, and a stack that overflows ends the process.
const STACK_BYTES: usize = 16 << 20;

/// How often the clock and the flag to cancel are looked at.
const TICK: Duration = Duration::from_millis(50);

/// How a piece of work ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended<R> {
    Done(R),
    /// With this message.
    Panicked(String),
    /// It did not end in time, and may still be running.
    GivenUp,
}

/// What is done with the piece of a number; the flag asks it to end.
pub(crate) type Work<R> = dyn Fn(usize, &Arc<AtomicBool>) -> R + Send + Sync;

/// How work is run.
pub(crate) struct Workers {
    /// How many pieces at once.
    pub threads: usize,
    /// After what time a piece is given up.
    pub patience: Option<(Duration, Clock)>,
    /// Ends everything.
    pub cancel: Option<Arc<AtomicBool>>,
}

enum Message<R> {
    Began { worker: usize, piece: usize },
    Ended { worker: usize, piece: usize, ended: Ended<R> },
}

/// A piece that is worked on.
struct Running {
    piece: usize,
    /// When it began, by the caller's clock.
    since: Duration,
}

impl Workers {
    /// Works on so many pieces. `done` is told of each that has ended. The results are in the order of the pieces; `None`
    /// stands for those that were not begun or did not end before everything was cancelled.
    pub fn run<R: Send + 'static>(
        &self,
        pieces: usize,
        work: &Arc<Work<R>>,
        done: &mut dyn FnMut(),
    ) -> Vec<Option<Ended<R>>> {
        let (to, from) = channel();
        let mut crew = Crew { work, pieces, next: Arc::default(), to, stop: HashMap::new(), begun: 0 };
        let mut results: Vec<Option<Ended<R>>> = (0..pieces).map(|_| None).collect();
        let mut running: HashMap<usize, Running> = HashMap::new();
        (0..self.threads.clamp(1, pieces.max(1))).for_each(|_| crew.begin());
        let mut left = pieces;
        while left > 0 {
            if self.cancel.as_ref().is_some_and(|cancel| cancel.load(Ordering::Relaxed)) {
                for message in from.try_iter() {
                    if let Message::Ended { piece, ended, .. } = message
                        && let Some(slot) = results.get_mut(piece)
                    {
                        *slot = Some(ended);
                    }
                }
                crew.stop.values().for_each(|stop| stop.store(true, Ordering::Relaxed));
                break;
            }
            let mut end = |piece: usize, ended: Ended<R>| {
                if let Some(slot @ None) = results.get_mut(piece) {
                    *slot = Some(ended);
                    left -= 1;
                    done();
                }
            };
            if crew.stop.is_empty() {
                // No thread is to be had: what is left is done here.
                let Some(piece) = crew.next_piece() else { break };
                end(piece, attempt(&**work, piece, &Arc::default()));
                continue;
            }
            match self.receive(&from) {
                Ok(Message::Began { worker, piece }) => {
                    running.insert(worker, Running { piece, since: self.now() });
                }
                Ok(Message::Ended { worker, piece, ended }) => {
                    running.remove(&worker);
                    end(piece, ended);
                }
                Err(_) => {
                    let now = self.now();
                    let patience = self.patience.as_ref().map_or(Duration::MAX, |(patience, _)| *patience);
                    let late = |it: &Running| now.saturating_sub(it.since) > patience;
                    let given_up: Vec<usize> =
                        running.iter().filter(|(_, it)| late(it)).map(|(worker, _)| *worker).collect();
                    for worker in given_up {
                        let Some(it) = running.remove(&worker) else { continue };
                        if let Some(stop) = crew.stop.remove(&worker) {
                            stop.store(true, Ordering::Relaxed);
                        }
                        end(it.piece, Ended::GivenUp);
                        crew.begin();
                    }
                }
            }
        }
        results
    }

    fn now(&self) -> Duration {
        self.patience.as_ref().map(|(_, clock)| clock()).unwrap_or_default()
    }

    /// The next message, or none within a tick.
    fn receive<R>(&self, from: &Receiver<Message<R>>) -> Result<Message<R>, RecvTimeoutError> {
        if self.patience.is_none() && self.cancel.is_none() {
            return from.recv().map_err(|_| RecvTimeoutError::Disconnected);
        }
        from.recv_timeout(TICK)
    }
}

/// The threads and what they share.
struct Crew<'w, R> {
    work: &'w Arc<Work<R>>,
    pieces: usize,
    /// The next piece.
    next: Arc<AtomicUsize>,
    to: Sender<Message<R>>,
    /// Of each thread that is not given up, what asks it to end.
    stop: HashMap<usize, Arc<AtomicBool>>,
    begun: usize,
}

impl<R: Send + 'static> Crew<'_, R> {
    fn next_piece(&self) -> Option<usize> {
        Some(self.next.fetch_add(1, Ordering::Relaxed)).filter(|piece| *piece < self.pieces)
    }

    /// Begins a thread, if one is to be had.
    fn begin(&mut self) {
        let (worker, stop) = (self.begun, Arc::new(AtomicBool::new(false)));
        let (work, next, to) = (Arc::clone(self.work), Arc::clone(&self.next), self.to.clone());
        let (pieces, asked) = (self.pieces, Arc::clone(&stop));
        let run = move || {
            while !asked.load(Ordering::Relaxed) {
                let piece = next.fetch_add(1, Ordering::Relaxed);
                if piece >= pieces || to.send(Message::Began { worker, piece }).is_err() {
                    break;
                }
                let ended = attempt(&*work, piece, &asked);
                if to.send(Message::Ended { worker, piece, ended }).is_err() {
                    break;
                }
            }
        };
        let thread = std::thread::Builder::new().name("test".to_owned()).stack_size(STACK_BYTES);
        if thread.spawn(run).is_ok() {
            self.stop.insert(worker, stop);
            self.begun += 1;
        }
    }
}

/// Works on a piece; a panic is a result.
fn attempt<R>(work: &Work<R>, piece: usize, stop: &Arc<AtomicBool>) -> Ended<R> {
    let done = catch_unwind(AssertUnwindSafe(|| work(piece, stop)));
    done.map_or_else(|panic| Ended::Panicked(message_of(&*panic)), Ended::Done)
}

/// The text of a panic.
fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, PoisonError};
    use std::time::Instant;

    use super::*;

    fn workers(threads: usize, patience: Option<Duration>) -> Workers {
        let start = Instant::now();
        let clock: Clock = Arc::new(move || start.elapsed());
        Workers { threads, patience: patience.map(|it| (it, clock)), cancel: None }
    }

    #[test]
    fn results_keep_the_order_and_panics_are_told() {
        let work: Arc<Work<usize>> = Arc::new(|piece, _| {
            assert!(piece != 3, "three");
            std::thread::sleep(Duration::from_millis(5_u64.saturating_sub(piece as u64)));
            piece * piece
        });
        for threads in [0, 1, 3, 20] {
            let mut ended = 0;
            let results = workers(threads, None).run(10, &work, &mut || ended += 1);
            let expected = (0..10)
                .map(|n| Some(if n == 3 { Ended::Panicked("three".to_owned()) } else { Ended::Done(n * n) }));
            assert_eq!(results, expected.collect::<Vec<_>>());
            assert_eq!(ended, 10);
        }
        assert_eq!(workers(2, None).run(0, &work, &mut || {}), []);
    }

    #[test]
    fn what_does_not_end_is_given_up_and_others_go_on() {
        // The first two wait for a lock that the test holds.
        let lock = Arc::new(Mutex::new(()));
        let held = lock.lock().unwrap();
        let shared = Arc::clone(&lock);
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let work: Arc<Work<usize>> = Arc::new(move |piece, stop| {
            if piece < 2 {
                drop(shared.lock().unwrap_or_else(PoisonError::into_inner));
                count.fetch_add(usize::from(stop.load(Ordering::Relaxed)), Ordering::Relaxed);
            }
            piece
        });
        let results = workers(2, Some(Duration::from_millis(100))).run(6, &work, &mut || {});
        let expected =
            [Ended::GivenUp, Ended::GivenUp, Ended::Done(2), Ended::Done(3), Ended::Done(4), Ended::Done(5)];
        assert_eq!(results, expected.map(Some));
        // They were asked to end, and go on once they can.
        drop(held);
        while asked.load(Ordering::Relaxed) < 2 {
            std::thread::yield_now();
        }
    }

    #[test]
    fn everything_can_be_cancelled() {
        let cancel = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&cancel);
        let work: Arc<Work<usize>> = Arc::new(move |piece, stop| {
            if piece == 1 {
                flag.store(true, Ordering::Relaxed);
                while !stop.load(Ordering::Relaxed) {
                    std::thread::yield_now();
                }
            }
            piece
        });
        let cancelled = Workers { cancel: Some(cancel), ..workers(1, None) };
        let results = cancelled.run(3, &work, &mut || {});
        assert_eq!(results, [Some(Ended::Done(0)), None, None]);
    }

    #[test]
    fn stacks_are_deep() {
        fn depth(n: usize) -> usize {
            let filled = std::hint::black_box([n; 1024]);
            if n == 0 { filled[0] } else { depth(n - 1) + 1 }
        }
        // 8 MB and more.
        let work: Arc<Work<usize>> = Arc::new(|_, _| depth(1000));
        assert_eq!(workers(1, None).run(1, &work, &mut || {}), [Some(Ended::Done(1000))]);
    }
}
