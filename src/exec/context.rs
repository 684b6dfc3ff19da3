//! What the operators of a run share: accounting, limits, caches of what is computed once, and the rows that the body of
//! an [`Apply`](crate::plan::Node::Apply) is given. It must not know any operator: whoever makes it brings the function
//! that opens a plan.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::gather::Gather;
use super::parallel::Workers;
use super::profiler::{OperatorId, Profiler};
use super::run::Run;
use super::stream::{Chunks, Demand};
use crate::budget::Budget;
use crate::column::Chunk;
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{Failure, Result};
use crate::plan::Plan;
use crate::source::Span;
use crate::types::{Dynamic, ScalarType, Value};

/// Opens a plan: makes the stream of its rows.
pub(super) type Open = for<'a> fn(&'a Plan, Demand<'a>, &'a ExecContext<'a>) -> Result<Chunks<'a>>;

/// The accounting of one run, whatever the number of contexts in it.
pub(super) struct Accounting {
    open: Open,
    /// How deep the run is in subqueries.
    depth: AtomicUsize,
    /// Rows that operators inside bodies gave, over all runs of the body, by the address of their plan.
    rows: Mutex<HashMap<usize, Arc<AtomicUsize>>>,
    /// The scopes that a plan reads from, by its address; plans outlive the run.
    outer: Mutex<HashMap<usize, Arc<[usize]>>>,
}

impl Accounting {
    pub(super) fn new(open: Open) -> Self {
        Self { open, depth: AtomicUsize::new(0), rows: Mutex::default(), outer: Mutex::default() }
    }
}

/// Where operators run: a whole query, or one run of a body.
///
/// Results that are computed once (subqueries, shared parts) are kept in the context of the innermost body whose rows
/// they depend on: once a run of that body, or once a query.
pub(super) struct ExecContext<'a> {
    pub(super) run: &'a Run<'a>,
    /// How many threads an operator may use.
    pub(super) threads: usize,
    accounting: &'a Accounting,
    /// The context around a body, and what the body is given.
    enclosing: Option<(&'a ExecContext<'a>, Outer)>,
    /// Results of subqueries by the address of their plan, which outlives the run.
    values: OnceMap<Value>,
    /// Rows of shared parts by number.
    shared: OnceMap<Arc<Vec<Chunk>>>,
    /// Bytes of the shared parts, given back with the context.
    kept: AtomicUsize,
}

/// The rows that a run of a body is given.
pub(super) struct Outer {
    /// Which scope of the plan they stand for.
    pub(super) scope: usize,
    pub(super) rows: Chunk,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Values that are computed when they are first asked for, each by one thread while others wait for it.
///
/// Plans have no circles, so that no two computations wait for one another.
struct OnceMap<T>(Mutex<HashMap<usize, Arc<Mutex<Option<T>>>>>);

impl<T> Default for OnceMap<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> OnceMap<T> {
    fn get_or_compute(&self, key: usize, compute: impl FnOnce() -> Result<T>) -> Result<T> {
        let cell = lock(&self.0).entry(key).or_default().clone();
        let mut cell = lock(&cell);
        if let Some(known) = &*cell {
            return Ok(known.clone());
        }
        let computed = compute()?;
        *cell = Some(computed.clone());
        Ok(computed)
    }
}

impl<'a> ExecContext<'a> {
    /// The context of a whole query.
    pub(super) fn new(run: &'a Run<'a>, accounting: &'a Accounting) -> Self {
        Self {
            run,
            threads: run.threads,
            accounting,
            enclosing: None,
            values: OnceMap::default(),
            shared: OnceMap::default(),
            kept: AtomicUsize::new(0),
        }
    }

    /// The context of one run of a body.
    pub(super) fn of_body(&'a self, outer: Outer, threads: usize) -> Self {
        let mut context = Self::new(self.run, self.accounting);
        context.threads = threads;
        context.enclosing = Some((self, outer));
        context
    }

    /// The rows that the enclosing body of a scope is given.
    pub(super) fn outer(&self, scope: usize, at: Site) -> Result<&Chunk> {
        let mut context = self;
        while let Some((around, outer)) = &context.enclosing {
            if outer.scope == scope {
                return Ok(&outer.rows);
            }
            context = around;
        }
        Err(Box::new(Diagnostic::internal(at.span, format!("{} is outside its body", at.name))))
    }

    /// The context in which what a plan gives is computed once: that of the innermost body that it reads from.
    fn home(&self, plan: &Plan) -> &Self {
        let mut context = self;
        if context.enclosing.is_none() {
            return context;
        }
        let key = std::ptr::from_ref(plan) as usize;
        let scopes = lock(&self.accounting.outer)
            .entry(key)
            .or_insert_with(|| plan.outer_scopes().into_iter().collect())
            .clone();
        while let Some((around, outer)) = &context.enclosing {
            if scopes.contains(&outer.scope) {
                break;
            }
            context = around;
        }
        context
    }

    /// The stream of a plan's rows.
    pub(super) fn open(&'a self, plan: &'a Plan) -> Result<Chunks<'a>> {
        self.open_for(plan, Demand::default())
    }

    /// The stream of a plan's rows, for somebody who may not need all of them.
    pub(super) fn open_for(&'a self, plan: &'a Plan, demand: Demand<'a>) -> Result<Chunks<'a>> {
        (self.accounting.open)(plan, demand, self)
    }

    /// The most rows of a chunk.
    pub(super) fn chunk_rows(&self) -> usize {
        self.run.chunk_rows.clamp(1, u32::MAX as usize - 1)
    }

    /// Fails if the run is cancelled or its time is up; asked once a chunk.
    pub(super) fn tick(&self, at: Site) -> Result<()> {
        self.budget().tick(at.name, at.span)
    }

    /// What the run may use.
    pub(super) fn budget(&self) -> &'a Arc<Budget> {
        &self.run.context.budget
    }

    /// Fails if an operator that has given `rows` rows is over the limit.
    pub(super) fn check_rows(&self, at: Site, rows: usize) -> Result<()> {
        let max = self.run.limits.rows;
        if rows <= max {
            return Ok(());
        }
        Err(at.limit(Code::RowLimit, format!("gives more rows than the limit of {max}")))
    }

    /// A counter of the rows that an operator gives: one for all runs of a body.
    pub(super) fn row_counter(&self, plan: &Plan) -> Arc<AtomicUsize> {
        if self.enclosing.is_none() {
            return Arc::default();
        }
        lock(&self.accounting.rows).entry(std::ptr::from_ref(plan) as usize).or_default().clone()
    }

    /// Fails if so many bytes beside those that are held, for a moment, are over the limit.
    pub(super) fn check_room(&self, at: Site, bytes: usize) -> Result<()> {
        let budget = self.budget();
        if budget.held().saturating_add(bytes) <= budget.max_bytes() {
            return Ok(());
        }
        Err(budget.exceeded(at.name, at.span))
    }

    /// An operator shall put rows aside that it holds: the run has files for them, it holds much, with `more` bytes that are
    /// about to be held, and this operator a good part of it.
    pub(super) fn is_short(&self, account: &Account<'_>, more: usize) -> bool {
        let budget = self.budget();
        let share = budget.max_bytes() / self.run.tuning.spill_share.max(1);
        self.run.spill.is_some() && account.bytes > share / 8 && budget.held().saturating_add(more) > share
    }

    /// An account of bytes, empty as yet.
    pub(super) fn account(&self, at: Site) -> Account<'a> {
        let profiled = self.run.profiler.and_then(|profiler| Some((&**profiler, profiler.current()?)));
        Account { budget: self.budget(), at, bytes: 0, profiled }
    }

    /// That many threads, for the work of one operator.
    pub(super) fn workers(&self, threads: usize) -> Workers {
        Workers::new(threads, self.run.profiler)
    }

    /// All chunks of a plan, written out.
    pub(super) fn collect(&self, plan: &Plan, account: &mut Account<'_>) -> Result<Vec<Chunk>> {
        let mut stream = self.open(plan)?;
        let mut chunks = Vec::new();
        let mut gather = Gather::default();
        while let Some(chunk) = stream.next()? {
            let (chunk, bytes) = gather.add(&chunk);
            account.add(bytes)?;
            chunks.push(chunk);
        }
        Ok(chunks)
    }

    /// The first cell of a subquery.
    pub(super) fn scalar(&self, plan: &Arc<Plan>, data_type: ScalarType) -> Result<Value> {
        self.cached(plan, |context| {
            let mut stream = context.open(plan)?;
            let first = stream.next()?;
            let value = first.filter(|chunk| chunk.width() > 0).map(|chunk| chunk.column(0).value(0));
            Ok(value.map_or(Value::null_of(data_type), |value| value.convert(data_type)))
        })
    }

    /// The first column of a subquery as an array.
    pub(super) fn list(&self, plan: &Arc<Plan>) -> Result<Value> {
        self.cached(plan, |context| {
            let mut account = context.account(Site::of(plan));
            let mut stream = context.open(plan)?;
            let mut items = Vec::new();
            while let Some(chunk) = stream.next()? {
                let column = chunk.column(0);
                account.add(column.byte_size() + column.len() * size_of::<Dynamic>())?;
                items.extend(column.values().map(|value| Dynamic::from_value(&value)));
            }
            Ok(Value::Dynamic(Dynamic::array(items)))
        })
    }

    fn cached(&self, plan: &Arc<Plan>, compute: impl FnOnce(&Self) -> Result<Value>) -> Result<Value> {
        let home = self.home(plan);
        home.values.get_or_compute(Arc::as_ptr(plan) as usize, || {
            let (depth, max) = (&self.accounting.depth, self.run.limits.depth);
            if depth.fetch_add(1, Ordering::Relaxed) >= max {
                return Err(Site::of(plan)
                    .limit(Code::LimitExceeded, format!("is nested deeper than the limit of {max}")));
            }
            let value = compute(home);
            depth.fetch_sub(1, Ordering::Relaxed);
            value
        })
    }

    /// The rows of a shared part, computed when they are first asked for and held as long as the context lives.
    pub(super) fn shared(&self, plan: &Plan, input: &Plan, id: usize) -> Result<Arc<Vec<Chunk>>> {
        let home = self.home(plan);
        home.shared.get_or_compute(id, || {
            let mut account = home.account(Site::of(plan));
            let chunks = Arc::new(home.collect(input, &mut account)?);
            home.kept.fetch_add(account.release(), Ordering::Relaxed);
            Ok(chunks)
        })
    }
}

impl Drop for ExecContext<'_> {
    fn drop(&mut self) {
        self.budget().give_back(*self.kept.get_mut());
    }
}

/// An operator's name and place, for messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site {
    pub(super) name: &'static str,
    pub(super) span: Span,
}

impl Site {
    pub(super) fn of(plan: &Plan) -> Self {
        Self { name: plan.name(), span: plan.span }
    }

    /// The operator reached a limit.
    pub(super) fn limit(self, code: Code, what: impl AsRef<str>) -> Failure {
        let message = format!("{} {}", self.name, what.as_ref());
        Box::new(Diagnostic::error(code, self.span, message))
    }

    /// The operator cannot go on.
    pub(super) fn fail(self, code: Code, what: impl Into<String>) -> Failure {
        Box::new(Diagnostic::error(code, self.span, what))
    }

    /// The engine broke a promise of its own here.
    pub(super) fn internal(self, what: impl AsRef<str>) -> Failure {
        Box::new(Diagnostic::internal(self.span, format!("{}: {}", self.name, what.as_ref())))
    }

    /// Fails where row numbers of 32 bits do not suffice for more rows.
    pub(super) fn check_row_numbers(self, rows: usize, more: usize) -> Result<()> {
        if rows.saturating_add(more) < u32::MAX as usize {
            return Ok(());
        }
        Err(self.limit(Code::LimitExceeded, format!("has more rows to tell apart than {}", u32::MAX)))
    }
}

/// The bytes that one operator holds, given back when it ends.
pub(super) struct Account<'a> {
    budget: &'a Budget,
    at: Site,
    bytes: usize,
    /// The operator whose bytes these are, where the run is measured.
    profiled: Option<(&'a Profiler, OperatorId)>,
}

impl Account<'_> {
    /// Holds more.
    pub(super) fn add(&mut self, bytes: usize) -> Result<()> {
        self.bytes += bytes;
        if let Some((profiler, operator)) = self.profiled {
            profiler.hold(operator, bytes);
        }
        if self.budget.hold(bytes) {
            return Ok(());
        }
        Err(self.budget.exceeded(self.at.name, self.at.span))
    }

    /// Holds just this much.
    pub(super) fn set(&mut self, bytes: usize) -> Result<()> {
        match bytes.checked_sub(self.bytes) {
            Some(more) => self.add(more),
            None => {
                self.give_back(self.bytes - bytes);
                self.bytes = bytes;
                Ok(())
            }
        }
    }

    fn give_back(&self, bytes: usize) {
        self.budget.give_back(bytes);
        if let Some((profiler, operator)) = self.profiled {
            profiler.give_back(operator, bytes);
        }
    }

    /// Gives nothing back: whoever takes the bytes over does.
    fn release(mut self) -> usize {
        std::mem::take(&mut self.bytes)
    }
}

impl Drop for Account<'_> {
    fn drop(&mut self) {
        self.give_back(self.bytes);
    }
}
