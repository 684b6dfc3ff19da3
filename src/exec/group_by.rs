//! `summarize` and `distinct`: groups of rows by equal keys. Groups come out in the order in which they were first seen.
//! It must not know any particular aggregate.

use super::eval::Program;
use super::keys::KeyTable;
use super::stream::{Account, Chunks, Operator, Ready, State, Stream, build as build_stream};
use crate::column::{Chunk, Column};
use crate::function::{Accumulator, AggregateCall, Result};
use crate::plan::{AggregateExpr, Expr, Plan};
use crate::types::ScalarType;

pub(super) fn build<'a>(
    plan: &'a Plan,
    input: &'a Plan,
    keys: &'a [Expr],
    aggregates: &'a [AggregateExpr],
    state: &'a State<'a>,
) -> Result<Chunks<'a>> {
    let at = Operator::of(plan);
    let kinds: Vec<ScalarType> = keys.iter().map(Expr::scalar_type).collect();
    let arguments = aggregates.iter().flat_map(|aggregate| &aggregate.arguments);
    let program = Program::new(state, keys.iter().chain(arguments))?;
    let stream = build_stream(input, state)?;
    let table = KeyTable::new(&kinds);
    let account = state.account(at);
    if aggregates.is_empty() && !keys.is_empty() {
        return Ok(Box::new(Distinct { input: stream, program, table, state, at, account }));
    }
    Ok(Box::new(GroupBy {
        work: Some(Work { input: stream, program, table, kinds, aggregates }),
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

struct Work<'a> {
    input: Chunks<'a>,
    program: Program,
    table: KeyTable,
    kinds: Vec<ScalarType>,
    aggregates: &'a [AggregateExpr],
}

impl Stream for GroupBy<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        if let Some(work) = self.work.take() {
            let chunk = work.run(self.state, self.at, &mut self.account)?;
            self.ready = Ready::new(vec![chunk], self.state.chunk_rows());
        }
        self.ready.next()
    }
}

impl Work<'_> {
    fn run(mut self, state: &State<'_>, at: Operator, account: &mut Account<'_>) -> Result<Chunk> {
        let mut accumulators: Vec<Box<dyn Accumulator>> =
            self.aggregates.iter().map(|aggregate| accumulator(aggregate, state)).collect::<Result<_>>()?;
        let keys = self.kinds.len();
        // The key columns of the groups, piece by piece.
        let mut pieces: Vec<Vec<Column>> = vec![Vec::new(); keys];
        let mut piece_bytes = 0;
        while let Some(chunk) = self.input.next()? {
            state.tick(at)?;
            check_groups(at, self.table.len(), chunk.len())?;
            let columns = self.program.run(state, &chunk)?;
            let (key_columns, mut arguments) = columns.split_at(keys.min(columns.len()));
            let found = self.table.insert(key_columns, chunk.len());
            if !found.fresh.is_empty() {
                for (pieces, column) in pieces.iter_mut().zip(key_columns) {
                    let piece = column.take(&found.fresh);
                    piece_bytes += found.fresh.len() * 8;
                    pieces.push(piece);
                }
            }
            let mut bytes = self.table.byte_size() + piece_bytes;
            for (accumulator, aggregate) in accumulators.iter_mut().zip(self.aggregates) {
                let (mine, rest) = arguments.split_at(aggregate.arguments.len().min(arguments.len()));
                arguments = rest;
                accumulator.update(&found.groups, self.table.len(), mine)?;
                bytes += accumulator.byte_size();
            }
            account.set(bytes)?;
        }
        // Without keys there is one group, also of no rows.
        let count = if keys == 0 { 1 } else { self.table.len() };
        state.check_rows(at, count)?;
        let mut columns: Vec<Column> =
            self.kinds
                .iter()
                .zip(&pieces)
                .map(|(kind, pieces)| {
                    if pieces.is_empty() {
                        Column::nulls(*kind, count)
                    } else {
                        Column::concat(*kind, pieces)
                    }
                })
                .collect();
        for (accumulator, aggregate) in accumulators.into_iter().zip(self.aggregates) {
            let results = accumulator.finish(count)?;
            for (place, kind) in aggregate.returns.iter().enumerate() {
                let column = results.get(place).filter(|column| column.len() == count).ok_or_else(|| {
                    let message = format!("'{}' gave no result for each group", aggregate.function.name);
                    at.fail(crate::diagnostic::Code::EvaluationFailed, message)
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
        name: aggregate.function.name,
        arguments: &arguments,
        constants: &aggregate.constants,
        returns: &aggregate.returns,
        context: state.run.context,
        span: aggregate.span,
    })
}
