//! Work over several threads, with results in the order of the work. It must not know what the work is.

use std::sync::{Mutex, PoisonError};

use crate::function::Volatility;
use crate::plan::Expr;

/// The results of the work on each item, in the items' order. Threads that cannot be had are done without.
pub(super) fn map<T: Send, R: Send>(threads: usize, items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
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

/// The expressions give the same in whatever order the rows are asked for.
pub(super) fn in_any_order<'e>(exprs: impl IntoIterator<Item = &'e Expr>) -> bool {
    let mut fixed = true;
    for expr in exprs {
        expr.visit(&mut |it| {
            if let Expr::Call { function, .. } = it {
                fixed &= function.volatility != Volatility::Volatile;
            }
        });
    }
    fixed
}

/// How many chunks are worked on at once: few at first, for those who want only the first rows.
pub(super) struct Batch {
    now: usize,
    most: usize,
}

impl Batch {
    pub(super) const fn new(threads: usize) -> Self {
        // Several chunks a thread make up for chunks that take longer than others.
        Self { now: 1, most: if threads > 1 { threads * 4 } else { 1 } }
    }

    /// The size of the next batch.
    pub(super) fn next(&mut self) -> usize {
        let now = self.now;
        self.now = (now * 2).min(self.most);
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_the_work() {
        for threads in [0, 1, 2, 7] {
            let squares = map(threads, (0..100_u64).collect(), |n| {
                // Uneven work, so that later items are done first.
                (0..(100 - n) * 50).fold(0, u64::wrapping_add) / u64::MAX + n * n
            });
            assert_eq!(squares, (0..100).map(|n| n * n).collect::<Vec<_>>());
        }
        assert!(map(4, Vec::<u8>::new(), |n| n).is_empty());
    }

    #[test]
    fn batches_grow_only_for_threads() {
        let mut batch = Batch::new(2);
        assert_eq!([batch.next(), batch.next(), batch.next(), batch.next(), batch.next()], [1, 2, 4, 8, 8]);
        let mut batch = Batch::new(1);
        assert_eq!([batch.next(), batch.next()], [1, 1]);
    }
}
