//! Work over several threads, with results in the order of the work. It must not know what the work is.

use std::sync::{Mutex, PoisonError};

/// The results of the work on each item, in the items' order. No thread is started for one item or with one thread;
/// threads that cannot be had are done without.
///
/// ```
/// assert_eq!(kqlite::map_in_parallel(2, vec![1, 2, 3], |n| n * n), [1, 4, 9]);
/// ```
pub fn map_in_parallel<T: Send, R: Send>(
    threads: usize,
    items: Vec<T>,
    work: impl Fn(T) -> R + Sync,
) -> Vec<R> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_the_work() {
        for threads in [0, 1, 2, 7] {
            let squares = map_in_parallel(threads, (0..100_u64).collect(), |n| {
                // Uneven work, so that later items are done first.
                (0..(100 - n) * 50).fold(0, u64::wrapping_add) / u64::MAX + n * n
            });
            assert_eq!(squares, (0..100).map(|n| n * n).collect::<Vec<_>>());
        }
        assert!(map_in_parallel(4, Vec::<u8>::new(), |n| n).is_empty());
    }
}
