//! `summarize` and `distinct`: groups of rows by equal keys. Groups come out in the order in which they were first seen.
//! It must not know any particular aggregate.

use std::sync::Arc;

use super::eval::Program;
use super::keys::{KeyTable, Keys, RowHasher};
use super::parallel::in_any_order;
use super::partition::Apart;
use super::pipeline::Steps;
use super::spread::Spread;
use super::stream::{Account, Chunks, Operator, Ready, State, Stream, build as build_stream, take};
use crate::column::{Chunk, Column};
use crate::diagnostic::Code;
use crate::function::{Accumulator, AggregateCall, AggregateState, Result};
use crate::parallel::map_in_parallel;
use crate::plan::{AggregateExpr, Expr, Plan};
use crate::types::{ScalarType, Schema};

pub(super) fn build<'a>(
    plan: &'a Plan,
    input: &'a Plan,
    keys: &'a [Expr],
    aggregates: &'a [AggregateExpr],
    state: &'a State<'a>,
) -> Result<Chunks<'a>> {
    let at = Operator::of(plan);
    let kinds: Vec<ScalarType> = keys.iter().map(Expr::scalar_type).collect();
    let arguments = || aggregates.iter().flat_map(|aggregate| &aggregate.arguments);
    let program = Program::new(state, keys.iter().chain(arguments()))?;
    let account = state.account(at);
    if aggregates.is_empty() && !keys.is_empty() {
        let (input, table) = (build_stream(input, state)?, KeyTable::new(&kinds));
        return Ok(Box::new(Distinct { input, program, table, state, at, account }));
    }
    let in_any_order = in_any_order(keys.iter().chain(arguments()));
    Ok(Box::new(GroupBy {
        work: Some(Work {
            input,
            schema: &plan.schema,
            program,
            kinds,
            aggregates,
            in_any_order,
            ordered: !plan.any_order,
        }),
        ready: Ready::new(Vec::new(), state.chunk_rows()),
        state,
        at,
        account,
    }))
}

/// Fails where row numbers would not suffice for one more chunk.
pub(super) fn check_groups(at: Operator, groups: usize, rows: usize) -> Result<()> {
    if groups.saturating_add(rows) < u32::MAX as usize {
        return Ok(());
    }
    Err(at.limit(format!("has more rows to tell apart than {}", u32::MAX)))
}

/// The distinct keys, as soon as they are seen.
struct Distinct<'a> {
    input: Chunks<'a>,
    program: Program,
    table: KeyTable,
    state: &'a State<'a>,
    at: Operator,
    account: Account<'a>,
}

impl Stream for Distinct<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        while let Some(chunk) = self.input.next()? {
            check_groups(self.at, self.table.len(), chunk.len())?;
            let columns = self.program.run(self.state, &chunk)?;
            let keys = self.table.insert(&columns, chunk.len());
            self.account.set(self.table.byte_size())?;
            if !keys.fresh.is_empty() {
                return Ok(Some(Chunk::new(columns, chunk.len()).select(keys.fresh)));
            }
        }
        Ok(None)
    }
}

/// All rows in, then all groups out.
struct GroupBy<'a> {
    work: Option<Work<'a>>,
    ready: Ready,
    state: &'a State<'a>,
    at: Operator,
    account: Account<'a>,
}

pub(super) struct Work<'a> {
    input: &'a Plan,
    pub(super) schema: &'a Schema,
    pub(super) program: Program,
    pub(super) kinds: Vec<ScalarType>,
    aggregates: &'a [AggregateExpr],
    /// The rows may be taken in several parts at once.
    in_any_order: bool,
    /// The groups come in the order of their first rows.
    pub(super) ordered: bool,
}

/// The groups of some of the rows.
pub(super) struct Partial {
    table: KeyTable,
    /// The key columns of the groups, piece by piece.
    pieces: Vec<Vec<Column>>,
    piece_bytes: usize,
    accumulators: Vec<Box<dyn Accumulator>>,
}

impl Stream for GroupBy<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        if let Some(work) = self.work.take() {
            let chunks = work.run(self.state, self.at, &mut self.account)?;
            self.ready = Ready::new(chunks, self.state.chunk_rows());
        }
        self.ready.next()
    }
}

/// So many chunks a thread are taken at once.
const CHUNKS_A_THREAD: usize = 16;

/// Aggregates that hold more bytes for each row than this cost as much to merge as to compute.
const HEAVY: usize = 8;

/// An aggregate with more bytes than this for each row holds most rows' values: its state will leave the cache.
const VERY_HEAVY: usize = 24;

/// So many groups a thread are shared out evenly.
const MANY_GROUPS: usize = 256;

/// More arguments cost more to share out than a second thread brings.
const MANY_ARGUMENTS: usize = 8;

/// A table of so many rows may have more groups than a processor's cache holds. Tests have smaller ones.
const LARGE: usize = if cfg!(test) { 1 << 13 } else { 1 << 21 };

/// The tables of so many groups stay in a processor's cache.
const GROUPS_A_PART: usize = if cfg!(test) { 1 << 9 } else { 1 << 16 };

/// More parts would have too few rows in each chunk.
pub(super) const MOST_PARTS: usize = 256;

/// Fewer rows tell too little about how many keys there are.
const LEAST_ROWS: usize = 4096;

/// How the rows after the first ones are grouped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// In as many parts as there are threads, which are merged.
    Merged,
    /// Each thread has the groups of one part of the keys' hashes.
    Apart,
    /// By one thread; the others compute keys and arguments.
    Behind,
}

impl Work<'_> {
    fn run(&self, state: &State<'_>, at: Operator, account: &mut Account<'_>) -> Result<Vec<Chunk>> {
        let mut partial = self.partial(state)?;
        // What one thread can do to a chunk alone is done where the chunk is grouped.
        let steps = Steps::parallel(self.input, state)?;
        let source = super::scan::row_count(steps.below, state);
        let threads = state.run.threads.max(1);
        if !self.in_any_order || (threads == 1 && source.is_none_or(|rows| rows < LARGE)) {
            let mut input = build_stream(self.input, state)?;
            while let Some(chunk) = input.next()? {
                partial.add(self, state, at, &chunk)?;
                account.set(partial.byte_size())?;
            }
            return Ok(vec![partial.finish(self, state, at)?]);
        }
        let mut input = build_stream(steps.below, state)?;
        let chunks = take(&mut *input, 1)?;
        let mut rows = 0;
        for chunk in &chunks {
            // Those that a filter takes away cost time too.
            rows += chunk.len();
            if let Some(chunk) = steps.apply(state, chunk.clone())? {
                partial.add(self, state, at, &chunk)?;
                account.set(partial.byte_size())?;
            }
        }
        let mode = self.mode(&partial, rows, threads);
        if mode == Mode::Apart {
            // As many parts as there are threads, or so many that the groups of each are found in a processor's cache.
            let expected = source.map_or(0, |source| partial.table.len() * (source / rows.max(1)));
            let parts =
                (expected / GROUPS_A_PART).next_power_of_two().clamp(threads, MOST_PARTS.max(threads));
            return Apart::new(self, state, at, parts, expected)?.run(&steps, chunks, &mut *input, account);
        }
        let mut first = Vec::new();
        if mode == Mode::Behind && self.spread(&mut partial, source.unwrap_or(rows), rows, state)? {
            first = chunks;
        }
        loop {
            let mut chunks = take(&mut *input, threads * CHUNKS_A_THREAD)?;
            chunks.splice(..0, first.drain(..));
            if chunks.is_empty() {
                return Ok(vec![partial.finish(self, state, at)?]);
            }
            if mode == Mode::Behind {
                let computed =
                    map_in_parallel(threads, chunks, |chunk| -> Result<Option<(Vec<Column>, usize)>> {
                        let Some(chunk) = steps.apply(state, chunk)? else { return Ok(None) };
                        Ok(Some((self.program.run(state, &chunk)?, chunk.len())))
                    });
                for computed in computed {
                    if let Some((columns, rows)) = computed? {
                        state.tick(at)?;
                        partial.add_columns(self, at, &columns, rows, None)?;
                    }
                }
            } else {
                partial = self.merged(partial, &steps, &chunks, state, at)?;
            }
            account.set(partial.byte_size())?;
        }
    }

    /// Begins again, where the aggregates with large states can be had in parts; whether it does so.
    fn spread(&self, partial: &mut Partial, source: usize, rows: usize, state: &State<'_>) -> Result<bool> {
        let threads = state.run.threads;
        let wanted: Vec<bool> = partial
            .accumulators
            .iter()
            .map(|it| it.partials_are_additive() && it.byte_size() > rows * VERY_HEAVY)
            .collect();
        if !wanted.contains(&true) {
            return Ok(false);
        }
        let parts = (source / GROUPS_A_PART).next_power_of_two().clamp(threads, MOST_PARTS.max(threads));
        let hasher = Arc::<RowHasher>::default();
        *partial = self.partial(state)?;
        for ((accumulator, aggregate), wanted) in
            partial.accumulators.iter_mut().zip(self.aggregates).zip(wanted)
        {
            if wanted {
                let parts = (0..parts).map(|_| self::accumulator(aggregate, state)).collect::<Result<_>>()?;
                *accumulator = Spread::new(parts, hasher.clone(), threads).into_accumulator(aggregate.span);
            }
        }
        Ok(true)
    }

    /// What the groups of the first rows tell of the others.
    fn mode(&self, partial: &Partial, rows: usize, threads: usize) -> Mode {
        let arguments: usize = self.aggregates.iter().map(|it| it.arguments.len()).sum();
        let groups = partial.table.len();
        let states: usize = partial.accumulators.iter().map(|it| it.byte_size()).sum();
        let heavy = states > rows * HEAVY;
        // With a key of its own in every other row there will be ever more groups.
        match rows >= LEAST_ROWS && (heavy || groups > rows / 2) {
            true if groups >= MANY_GROUPS * threads && arguments <= MANY_ARGUMENTS => Mode::Apart,
            true => Mode::Behind,
            false => Mode::Merged,
        }
    }

    /// Adds chunks to groups: the first of several threads goes on with them, the others' are merged in the order of the
    /// rows, so that groups come out as if there had been one part.
    fn merged(
        &self,
        before: Partial,
        steps: &Steps<'_>,
        chunks: &[Chunk],
        state: &State<'_>,
        at: Operator,
    ) -> Result<Partial> {
        let threads = state.run.threads;
        let mut before = Some(before);
        let parts = chunks.chunks(chunks.len().div_ceil(threads)).map(|part| (before.take(), part)).collect();
        let found = map_in_parallel(
            threads,
            parts,
            |(before, part): (Option<Partial>, &[Chunk])| -> Result<Partial> {
                let mut partial = match before {
                    Some(before) => before,
                    None => self.partial(state)?,
                };
                let mut account = state.account(at);
                for chunk in part {
                    if let Some(chunk) = steps.apply(state, chunk.clone())? {
                        partial.add(self, state, at, &chunk)?;
                        account.set(partial.byte_size())?;
                    }
                }
                Ok(partial)
            },
        );
        let mut whole: Option<Partial> = None;
        for partial in found {
            match &mut whole {
                None => whole = Some(partial?),
                Some(whole) => whole.merge(partial?, self, at)?,
            }
        }
        whole.map_or_else(|| self.partial(state), Ok)
    }

    pub(super) fn partial(&self, state: &State<'_>) -> Result<Partial> {
        Ok(Partial {
            table: KeyTable::new(&self.kinds),
            pieces: vec![Vec::new(); self.kinds.len()],
            piece_bytes: 0,
            accumulators: self.aggregates.iter().map(|it| accumulator(it, state)).collect::<Result<_>>()?,
        })
    }
}

impl Partial {
    pub(super) fn byte_size(&self) -> usize {
        let states: usize = self.accumulators.iter().map(|it| it.byte_size()).sum();
        self.table.byte_size() + self.piece_bytes + states
    }

    /// How many groups there are.
    pub(super) const fn groups(&self) -> usize {
        self.table.len()
    }

    /// Makes room for about as many groups.
    pub(super) fn expect(&mut self, groups: usize) {
        self.table.expect(groups);
    }

    /// The numbers of the keys' groups.
    fn keys(&mut self, keys: &[Column], rows: usize, hashes: Option<&[u32]>, at: Operator) -> Result<Keys> {
        check_groups(at, self.table.len(), rows)?;
        let found = match hashes {
            Some(hashes) => self.table.insert_hashed(keys, hashes),
            None => self.table.insert(keys, rows),
        };
        if !found.fresh.is_empty() && !self.table.holds_keys() {
            for (pieces, column) in self.pieces.iter_mut().zip(keys) {
                self.piece_bytes += found.fresh.len() * 8;
                pieces.push(column.take(&found.fresh));
            }
        }
        Ok(found)
    }

    fn add(&mut self, work: &Work<'_>, state: &State<'_>, at: Operator, chunk: &Chunk) -> Result<()> {
        state.tick(at)?;
        self.add_columns(work, at, &work.program.run(state, chunk)?, chunk.len(), None).map(|_| ())
    }

    /// Adds rows by their key and argument columns; the rows in which a new group was seen. For `hashes` see
    /// [`KeyTable::insert_hashed`].
    pub(super) fn add_columns(
        &mut self,
        work: &Work<'_>,
        at: Operator,
        columns: &[Column],
        rows: usize,
        hashes: Option<&[u32]>,
    ) -> Result<Vec<u32>> {
        let (keys, mut arguments) = columns.split_at(work.kinds.len().min(columns.len()));
        let Keys { groups, fresh } = self.keys(keys, rows, hashes, at)?;
        for (accumulator, aggregate) in self.accumulators.iter_mut().zip(work.aggregates) {
            let (mine, rest) = arguments.split_at(aggregate.arguments.len().min(arguments.len()));
            arguments = rest;
            accumulator.update(&groups, self.table.len(), mine)?;
        }
        Ok(fresh)
    }

    /// The key columns, with a row for each group, and the accumulators.
    fn into_parts(self, work: &Work<'_>, count: usize) -> (Vec<Column>, Vec<Box<dyn Accumulator>>) {
        if let Some(texts) = self.table.holds_keys().then(|| self.table.into_keys()).flatten() {
            return (vec![Column::String(texts)], self.accumulators);
        }
        let column = |(kind, pieces): (&ScalarType, &Vec<Column>)| match pieces.is_empty() {
            true => Column::nulls(*kind, count),
            false => Column::concat(*kind, pieces),
        };
        (work.kinds.iter().zip(&self.pieces).map(column).collect(), self.accumulators)
    }

    /// Takes in the groups of rows that come after this one's.
    fn merge(&mut self, other: Partial, work: &Work<'_>, at: Operator) -> Result<()> {
        let count = other.table.len();
        let (keys, accumulators) = other.into_parts(work, count);
        let mapping = self.keys(&keys, count, None, at)?.groups;
        for (mine, theirs) in self.accumulators.iter_mut().zip(accumulators) {
            mine.merge(theirs, &mapping, self.table.len())?;
        }
        Ok(())
    }

    pub(super) fn finish(self, work: &Work<'_>, state: &State<'_>, at: Operator) -> Result<Chunk> {
        // Without keys there is one group, also of no rows.
        let count = if work.kinds.is_empty() { 1 } else { self.table.len() };
        state.check_rows(at, count)?;
        let (mut columns, accumulators) = self.into_parts(work, count);
        for (accumulator, aggregate) in accumulators.into_iter().zip(work.aggregates) {
            let results = accumulator.finish(count)?;
            for (place, kind) in aggregate.returns.iter().enumerate() {
                let column = results.get(place).filter(|column| column.len() == count).ok_or_else(|| {
                    let message = format!("'{}' gave no result for each group", aggregate.function.name);
                    at.fail(Code::EvaluationFailed, message)
                })?;
                columns.push(column.convert(*kind));
            }
        }
        Ok(Chunk::new(columns, count))
    }
}

fn accumulator(aggregate: &AggregateExpr, state: &State<'_>) -> Result<Box<dyn Accumulator>> {
    let arguments: Vec<ScalarType> = aggregate.arguments.iter().map(Expr::scalar_type).collect();
    (aggregate.function.accumulator)(&AggregateCall {
        name: &aggregate.function.name,
        arguments: &arguments,
        constants: &aggregate.constants,
        returns: &aggregate.returns,
        context: state.run.context,
        span: aggregate.span,
    })
}
