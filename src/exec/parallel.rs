//! What may be shared between threads, and in what portions. It must not know what the work is.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::profiler::Profiler;
use crate::function::Volatility;
use crate::parallel::map_in_parallel;
use crate::plan::{Expr, Node, Plan};

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

/// A plan gives the same in whatever order it is run over different rows.
pub(super) fn plan_in_any_order(plan: &Arc<Plan>) -> bool {
    let mut fixed = true;
    plan.walk_once(&mut |plan| {
        fixed &= !matches!(plan.node, Node::Sample { .. }) && in_any_order(plan.exprs());
        ControlFlow::Continue(())
    });
    fixed
}

/// The threads that the work of one operator is shared out among. Where the run is measured, the time of each belongs to
/// that operator, and the time in which one waits for the others to nobody.
#[derive(Clone)]
pub(super) struct Workers {
    pub(super) threads: usize,
    profiler: Option<Arc<Profiler>>,
}

impl Workers {
    /// No thread but the one that there is.
    pub(super) const ALONE: Self = Self { threads: 1, profiler: None };

    pub(super) fn new(threads: usize, profiler: Option<&Arc<Profiler>>) -> Self {
        Self { threads, profiler: profiler.cloned() }
    }

    /// The results of the work on each item, in the items' order.
    pub(super) fn map<T: Send, R: Send>(&self, items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
        match &self.profiler {
            Some(profiler) if self.threads > 1 && items.len() > 1 => {
                let operator = profiler.current();
                let _waiting = profiler.enter(None);
                map_in_parallel(self.threads, items, |item| {
                    let _inside = profiler.enter(operator);
                    work(item)
                })
            }
            _ => map_in_parallel(self.threads, items, work),
        }
    }
}

/// How many chunks are worked on at once: one a thread at first, for those who want only the first rows.
pub(super) struct Batch {
    now: usize,
    max: usize,
}

impl Batch {
    pub(super) const fn new(threads: usize) -> Self {
        // Several chunks a thread make up for chunks that take longer than others.
        if threads > 1 { Self { now: threads, max: threads * 4 } } else { Self { now: 1, max: 1 } }
    }

    /// The size of the next batch.
    pub(super) fn next(&mut self) -> usize {
        let now = self.now;
        self.now = (now * 2).min(self.max);
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_grow_only_for_threads() {
        let mut batch = Batch::new(2);
        assert_eq!([batch.next(), batch.next(), batch.next(), batch.next(), batch.next()], [2, 4, 8, 8, 8]);
        let mut batch = Batch::new(1);
        assert_eq!([batch.next(), batch.next()], [1, 1]);
    }
}
