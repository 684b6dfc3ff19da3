//! Streams of chunks, the state that one run shares, and the making of a stream for a plan node.
//! It must not know how an operator works.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Run;
use crate::column::{Chunk, Column, StringColumn, Table};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{Failure, Result};
use crate::parallel::map_in_parallel;
use crate::plan::{Node, Plan};
use crate::source::Span;
use crate::types::{Dynamic, ScalarType, Value};

/// Chunks of rows, one after the other; none of them is empty.
pub(super) trait Stream {
    /// The next chunk; `None` at the end.
    fn next(&mut self) -> Result<Option<Chunk>>;
}

/// A stream that lives as long as the plan and the run's state.
pub(super) type Chunks<'a> = Box<dyn Stream + 'a>;

/// The next chunks, no more than `most`.
pub(super) fn take(input: &mut dyn Stream, most: usize) -> Result<Vec<Chunk>> {
    let mut chunks = Vec::with_capacity(most);
    while chunks.len() < most
        && let Some(chunk) = input.next()?
    {
        chunks.push(chunk);
    }
    Ok(chunks)
}

/// What all operators of one run share.
pub(super) struct State<'a> {
    pub(super) run: &'a Run<'a>,
    /// Bytes that operators hold now.
    held: AtomicUsize,
    /// How deep the run is in subqueries.
    depth: AtomicUsize,
    /// Results of subqueries by the address of their plan, which outlives the run.
    values: Mutex<HashMap<usize, Value>>,
    /// Rows of shared parts by number.
    shared: Mutex<HashMap<usize, SharedRows>>,
}

/// The rows of a shared part, with what they hold.
#[derive(Clone)]
pub(super) struct SharedRows {
    pub(super) chunks: Arc<Vec<Chunk>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a> State<'a> {
    pub(super) fn new(run: &'a Run<'a>) -> Self {
        Self {
            run,
            held: AtomicUsize::new(0),
            depth: AtomicUsize::new(0),
            values: Mutex::default(),
            shared: Mutex::default(),
        }
    }

    /// The most rows of a chunk.
    pub(super) fn chunk_rows(&self) -> usize {
        self.run.chunk_rows.clamp(1, u32::MAX as usize - 1)
    }

    /// Fails if the run is cancelled or its time is up; asked once a chunk.
    pub(super) fn tick(&self, at: Operator) -> Result<()> {
        if self.run.cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed)) {
            let message = format!("the query was cancelled in {}", at.name);
            return Err(Box::new(Diagnostic::error(Code::Cancelled, at.span, message)));
        }
        if let Some(deadline) = &self.run.deadline
            && (deadline.elapsed)() > deadline.limit
        {
            return Err(at.limit(format!("ran out of time: the limit is {:?}", deadline.limit)));
        }
        Ok(())
    }

    /// Fails if an operator that has given `rows` rows is over the limit.
    pub(super) fn check_rows(&self, at: Operator, rows: usize) -> Result<()> {
        let most = self.run.limits.rows;
        if rows <= most {
            return Ok(());
        }
        Err(at.limit(format!("gives more rows than the limit of {most}")))
    }

    /// An account of bytes, empty as yet.
    pub(super) fn account(&self, at: Operator) -> Account<'_> {
        Account { held: &self.held, most: self.run.limits.bytes, at, bytes: 0 }
    }

    /// All rows of a plan as a table.
    pub(super) fn table(&self, plan: &Plan) -> Result<Table> {
        let mut account = self.account(Operator { name: "the result", span: plan.span });
        if let Node::Sort { input, keys } = &plan.node {
            let sorted = super::sort::rows(plan, input, keys, self)?;
            account.add(sorted.byte_size())?;
            let places = (0..sorted.width()).collect();
            let columns = map_in_parallel(self.run.threads, places, |at: usize| sorted.column(at));
            let sorted = Chunk::new(columns, sorted.len());
            return Ok(Table::from_chunks(plan.schema.clone(), &[sorted]));
        }
        let chunks = self.collect(plan, &mut account)?;
        if chunks.is_empty() {
            return Ok(Table::empty(plan.schema.clone()));
        }
        Ok(Table::from_chunks(plan.schema.clone(), &chunks))
    }

    /// All chunks of a plan, gathered.
    pub(super) fn collect(&self, plan: &Plan, account: &mut Account<'_>) -> Result<Vec<Chunk>> {
        let mut stream = build(plan, self)?;
        let mut chunks = Vec::new();
        let mut gather = Gather::default();
        while let Some(chunk) = stream.next()? {
            let (chunk, bytes) = gather.add(&chunk);
            account.add(bytes)?;
            chunks.push(chunk);
        }
        Ok(chunks)
    }

    /// The first cell of a subquery; computed once a run.
    pub(super) fn scalar(&self, plan: &Arc<Plan>, kind: ScalarType) -> Result<Value> {
        self.cached(plan, |state| {
            let mut stream = build(plan, state)?;
            let first = stream.next()?;
            let value = first.filter(|chunk| chunk.width() > 0).map(|chunk| chunk.column(0).value(0));
            Ok(value.map_or(Value::null_of(kind), |value| value.convert(kind)))
        })
    }

    /// The first column of a subquery as an array; computed once a run.
    pub(super) fn list(&self, plan: &Arc<Plan>) -> Result<Value> {
        self.cached(plan, |state| {
            let mut account = state.account(Operator::of(plan));
            let mut stream = build(plan, state)?;
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
        let key = Arc::as_ptr(plan) as usize;
        if let Some(value) = lock(&self.values).get(&key) {
            return Ok(value.clone());
        }
        let most = self.run.limits.depth;
        if self.depth.fetch_add(1, Ordering::Relaxed) >= most {
            return Err(Operator::of(plan).limit(format!("is nested deeper than the limit of {most}")));
        }
        let value = compute(self);
        self.depth.fetch_sub(1, Ordering::Relaxed);
        let value = value?;
        lock(&self.values).insert(key, value.clone());
        Ok(value)
    }

    /// The rows of a shared part, if they are computed already.
    pub(super) fn shared(&self, id: usize) -> Option<SharedRows> {
        lock(&self.shared).get(&id).cloned()
    }

    /// Keeps the rows of a shared part for the rest of the run.
    pub(super) fn share(&self, id: usize, rows: SharedRows) {
        lock(&self.shared).insert(id, rows);
    }
}

/// An operator's name and place, for messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operator {
    pub(super) name: &'static str,
    pub(super) span: Span,
}

impl Operator {
    pub(super) fn of(plan: &Plan) -> Self {
        Self { name: plan.name(), span: plan.span }
    }

    /// The operator reached a limit.
    pub(super) fn limit(self, what: impl AsRef<str>) -> Failure {
        let message = format!("{} {}", self.name, what.as_ref());
        Box::new(Diagnostic::error(Code::LimitExceeded, self.span, message))
    }

    /// The operator cannot go on.
    pub(super) fn fail(self, code: Code, what: impl Into<String>) -> Failure {
        Box::new(Diagnostic::error(code, self.span, what))
    }
}

/// The bytes that one operator holds, given back when it ends.
pub(super) struct Account<'s> {
    held: &'s AtomicUsize,
    most: usize,
    at: Operator,
    bytes: usize,
}

impl Account<'_> {
    /// Holds more.
    pub(super) fn add(&mut self, bytes: usize) -> Result<()> {
        self.bytes += bytes;
        if self.held.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) <= self.most {
            return Ok(());
        }
        Err(self.at.limit(format!("needs more memory than the limit of {} bytes", self.most)))
    }

    /// Holds just this much.
    pub(super) fn set(&mut self, bytes: usize) -> Result<()> {
        match bytes.checked_sub(self.bytes) {
            Some(more) => self.add(more),
            None => {
                self.held.fetch_sub(self.bytes - bytes, Ordering::Relaxed);
                self.bytes = bytes;
                Ok(())
            }
        }
    }

    /// Never gives it back: the rows stay for the rest of the run.
    pub(super) fn keep(mut self) {
        self.bytes = 0;
    }
}

impl Drop for Account<'_> {
    fn drop(&mut self) {
        self.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Writes out chunks that are to be held, and says how many bytes each one adds.
#[derive(Default)]
pub(super) struct Gather {
    /// Dictionaries that are counted already: many chunks share one.
    dictionaries: Vec<StringColumn>,
}

impl Gather {
    /// The chunk with its rows written out, so that it holds nothing else, and the bytes it adds.
    pub(super) fn add(&mut self, chunk: &Chunk) -> (Chunk, usize) {
        let columns = chunk.columns();
        let bytes = columns.iter().map(|column| self.size(column)).sum();
        (Chunk::new(columns, chunk.len()), bytes)
    }

    fn size(&mut self, column: &Column) -> usize {
        let Some(texts) = column.as_strings() else { return column.byte_size() };
        let Some((codes, _)) = texts.dictionary() else { return column.byte_size() };
        if self.dictionaries.iter().rev().take(64).any(|known| known.same_values(texts)) {
            return size_of_val(codes);
        }
        self.dictionaries.push(texts.slice(0, 0));
        column.byte_size()
    }
}

/// The stream of a plan.
pub(super) fn build<'a>(plan: &'a Plan, state: &'a State<'a>) -> Result<Chunks<'a>> {
    let at = Operator::of(plan);
    let stream: Chunks<'a> = match &plan.node {
        Node::Scan { .. } | Node::External { .. } | Node::Values { .. } => {
            return super::scan::build(plan, state);
        }
        Node::Filter { .. } | Node::Project { .. } | Node::Parse { .. } | Node::Visualize { .. } => {
            return super::pipeline::build(plan, state);
        }
        Node::Aggregate { input, keys, aggregates } => {
            super::group_by::build(plan, input, keys, aggregates, state)?
        }
        Node::Join { kind, left, right, keys } => {
            let sides = super::hash_join::Sides { kind: *kind, left, right, keys };
            super::hash_join::build(plan, &sides, state)?
        }
        Node::Limit { input, count } => super::limit::build(input, count, at, state)?,
        Node::Sort { input, keys } => super::sort::build(plan, input, keys, state)?,
        Node::TopN { input, count, keys } => super::top_n::build(plan, (input, count, keys), state)?,
        Node::Sample { input, count } => super::sample::build(plan, input, count, state)?,
        Node::Range { from, to, step } => super::range::build(plan, [from, to, step], state)?,
        Node::Union { inputs } => super::union::build(inputs, state),
        Node::Shared { input, id } => super::shared::build(plan, input, *id, state),
        Node::Unnest { input, columns, layout, kind, limit } => {
            let limit = limit.as_ref();
            super::unnest::build(
                plan,
                &super::unnest::Parts { input, columns, layout, kind: *kind, limit },
                state,
            )?
        }
    };
    Ok(Box::new(Metered { stream, state, at, rows: 0 }))
}

/// Counts an operator's rows and looks whether the run shall stop.
struct Metered<'a> {
    stream: Chunks<'a>,
    state: &'a State<'a>,
    at: Operator,
    rows: usize,
}

impl Stream for Metered<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        self.state.tick(self.at)?;
        let chunk = self.stream.next()?;
        if let Some(chunk) = &chunk {
            self.rows += chunk.len();
            self.state.check_rows(self.at, self.rows)?;
        }
        Ok(chunk)
    }
}

/// Chunks that are there already, cut to the size of a chunk.
pub(super) struct Ready {
    chunks: std::vec::IntoIter<Chunk>,
    current: Option<Chunk>,
    offset: usize,
    rows: usize,
}

impl Ready {
    pub(super) fn new(chunks: Vec<Chunk>, rows: usize) -> Self {
        Self { chunks: chunks.into_iter(), current: None, offset: 0, rows }
    }
}

impl Stream for Ready {
    fn next(&mut self) -> Result<Option<Chunk>> {
        loop {
            if let Some(chunk) = &self.current
                && self.offset < chunk.len()
            {
                let piece = if self.offset == 0 && chunk.len() <= self.rows {
                    chunk.clone()
                } else {
                    chunk.slice(self.offset, self.rows)
                };
                self.offset += piece.len();
                return Ok(Some(piece));
            }
            self.current = self.chunks.next();
            self.offset = 0;
            if self.current.is_none() {
                return Ok(None);
            }
        }
    }
}
