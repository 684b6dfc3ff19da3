//! Work over several threads, with results in the order of the work. It must not know what the work is.

use std::sync::{Mutex, PoisonError};

/// The results of the work on each item, in the items' order. Threads that cannot be had are done without.
pub fn map<T: Send, R: Send>(threads: usize, items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    if threads <= 1 || items.len() <= 1 {
        return items.into_iter().map(work).collect();
    }
    let helpers = threads.min(items.len()) - 1;
    let mut done = Vec::with_capacity(items.len());
    let queue = Mutex::new(items.into_iter().enumerate());
    let results = Mutex::new(&mut done);
    let run = || {
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((at, item)) = next else { break };
            let result = work(item);
            results.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..helpers {
            if std::thread::Builder::new().spawn_scoped(scope, run).is_err() {
                break;
            }
        }
        run();
    });
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}
