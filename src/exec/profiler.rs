//! Measures what the operators of a run do: rows, chunks, bytes held, time. A run has a profiler only if its caller asks for
//! one. It must not know operators, nor the query's text.
//!
//! An operator is known by the operator that opened it and by its plan, so that a part that several places read is measured
//! where it ran. Each thread has a stack of the operators that it is inside of, and its time belongs to the topmost one.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use super::stream::{Chunks, Stream};
use crate::column::Chunk;
use crate::function::Result;
use crate::plan::Plan;

/// The clock of a profile: the time since any instant that stays the same.
type Clock = dyn Fn() -> Duration + Send + Sync;

/// Measures the operators of one run, from all of its threads.
pub struct Profiler {
    clock: Box<Clock>,
    state: Mutex<ProfilerState>,
}

impl fmt::Debug for Profiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profiler").finish_non_exhaustive()
    }
}

/// Names an operator at its place in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OperatorId(usize);

impl OperatorId {
    /// What is above all operators: it takes the rows of the answer.
    pub const ANSWER: Self = Self(0);
}

/// Sums up what an operator did.
#[derive(Debug, Clone, Copy, Default)]
pub struct Measured {
    /// How often it was opened.
    pub runs: usize,
    /// The rows that it gave.
    pub rows: usize,
    /// The chunks that it gave them in.
    pub chunks: usize,
    /// The time that threads spent in it and not in another operator.
    pub time: Duration,
    /// The most bytes that it held at once; `None` for one that holds nothing beyond the chunk at hand.
    pub held: Option<usize>,
    holds_now: usize,
}

#[derive(Default)]
struct ProfilerState {
    operators: Vec<Measured>,
    /// The operators by the one that opened them and the address of their plan.
    places: HashMap<(OperatorId, usize), OperatorId>,
    threads: HashMap<ThreadId, Vec<TimeSlice>>,
    /// The plans that were run. They are kept, so that an address stands for one plan.
    plans: Vec<Arc<Plan>>,
}

/// The time that a thread spends in one operator, with interruptions.
struct TimeSlice {
    /// `None` while the thread waits for others: that is nobody's time.
    operator: Option<OperatorId>,
    since: Duration,
    spent: Duration,
}

impl ProfilerState {
    fn operator(&mut self, above: OperatorId, plan: &Plan) -> OperatorId {
        let next = OperatorId(self.operators.len());
        let found = *self.places.entry((above, address(plan))).or_insert(next);
        if found == next {
            self.operators.push(Measured::default());
        }
        found
    }

    fn with(&mut self, operator: OperatorId, change: impl FnOnce(&mut Measured)) {
        if let Some(measured) = self.operators.get_mut(operator.0) {
            change(measured);
        }
    }
}

fn address(plan: &Plan) -> usize {
    std::ptr::from_ref(plan) as usize
}

impl Profiler {
    /// Measures nothing yet.
    pub fn new(clock: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        let state = ProfilerState { operators: vec![Measured::default()], ..ProfilerState::default() };
        Self { clock: Box::new(clock), state: Mutex::new(state) }
    }

    /// What the clock says.
    pub fn now(&self) -> Duration {
        (self.clock)()
    }

    /// The plans that were run, in the order of their runs.
    pub fn plans(&self) -> Vec<Arc<Plan>> {
        self.state().plans.clone()
    }

    /// What is known of the answer, which is above all operators.
    pub fn answer(&self) -> Measured {
        self.state().operators.first().copied().unwrap_or_default()
    }

    /// What an operator did that another one opened; `None` if it was not opened there.
    pub fn measured(&self, above: OperatorId, plan: &Plan) -> Option<(OperatorId, Measured)> {
        let state = self.state();
        let operator = *state.places.get(&(above, address(plan)))?;
        Some((operator, *state.operators.get(operator.0)?))
    }

    /// Begins to run a plan, for the answer.
    pub(super) fn run(&self, plan: &Arc<Plan>) -> Inside<'_> {
        self.state().plans.push(plan.clone());
        self.enter(Some(OperatorId::ANSWER))
    }

    /// The operator that this thread is inside of.
    pub(super) fn current(&self) -> Option<OperatorId> {
        self.state().threads.get(&thread::current().id())?.last()?.operator
    }

    /// The operator of a plan below another one.
    pub(super) fn operator(&self, above: OperatorId, plan: &Plan) -> OperatorId {
        self.state().operator(above, plan)
    }

    /// The operator of a plan below the one that this thread is inside of.
    pub(super) fn find(&self, plan: &Plan) -> OperatorId {
        self.operator(self.current().unwrap_or(OperatorId::ANSWER), plan)
    }

    /// Does the whole work of an operator, whose rows nobody takes chunk by chunk.
    pub(super) fn measure<T>(
        &self,
        plan: &Plan,
        work: impl FnOnce() -> Result<T>,
        rows: impl FnOnce(&T) -> usize,
    ) -> Result<T> {
        let operator = self.find(plan);
        self.begin_run(operator);
        let inside = self.enter(Some(operator));
        let done = work()?;
        drop(inside);
        self.count(operator, rows(&done));
        Ok(done)
    }

    /// Counts a run of an operator.
    pub(super) fn begin_run(&self, operator: OperatorId) {
        self.state().with(operator, |it| it.runs += 1);
    }

    /// Counts rows that an operator gave as one chunk.
    pub(super) fn count(&self, operator: OperatorId, rows: usize) {
        self.state().with(operator, |it| {
            it.rows += rows;
            it.chunks += usize::from(rows > 0);
        });
    }

    /// An operator holds more bytes.
    pub(super) fn hold(&self, operator: OperatorId, bytes: usize) {
        self.state().with(operator, |it| {
            it.holds_now = it.holds_now.saturating_add(bytes);
            it.held = it.held.max(Some(it.holds_now));
        });
    }

    /// An operator holds less.
    pub(super) fn give_back(&self, operator: OperatorId, bytes: usize) {
        self.state().with(operator, |it| it.holds_now = it.holds_now.saturating_sub(bytes));
    }

    /// From here on the time of this thread belongs to an operator, or to nobody, until what is given is dropped.
    pub(super) fn enter(&self, operator: Option<OperatorId>) -> Inside<'_> {
        let mut state = self.state();
        // Who waits for the lock is still in the operator above.
        let now = self.now();
        let stack = state.threads.entry(thread::current().id()).or_default();
        if let Some(above) = stack.last_mut() {
            above.spent += now.saturating_sub(above.since);
        }
        stack.push(TimeSlice { operator, since: now, spent: Duration::ZERO });
        Inside { profiler: self }
    }

    fn leave(&self) {
        let now = self.now();
        let id = thread::current().id();
        let mut state = self.state();
        let Some(stack) = state.threads.get_mut(&id) else { return };
        let ended = stack.pop();
        match stack.last_mut() {
            Some(above) => above.since = now,
            None => drop(state.threads.remove(&id)),
        }
        if let Some(TimeSlice { operator: Some(operator), since, spent }) = ended {
            state.with(operator, |it| it.time += spent + now.saturating_sub(since));
        }
    }

    fn state(&self) -> MutexGuard<'_, ProfilerState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The time of a thread inside an operator, which ends when this is dropped.
pub(super) struct Inside<'p> {
    profiler: &'p Profiler,
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.profiler.leave();
    }
}

/// The stream of an operator that is measured.
pub(super) struct Profiled<'a> {
    pub(super) stream: Chunks<'a>,
    pub(super) profiler: &'a Profiler,
    pub(super) operator: OperatorId,
    /// Its rows are counted here, and not by the stream itself.
    pub(super) counts: bool,
}

impl Stream for Profiled<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        let inside = self.profiler.enter(Some(self.operator));
        let chunk = self.stream.next()?;
        drop(inside);
        if let Some(chunk) = chunk.as_ref().filter(|_| self.counts) {
            self.profiler.count(self.operator, chunk.len());
        }
        Ok(chunk)
    }
}
