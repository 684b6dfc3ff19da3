//! Apply: a body over some of the input's rows at a time. The runs of a batch are shared out among threads; their rows come
//! one run after the other. It must not know what the body does.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use super::context::{Account, ExecContext, Outer, Site};
use super::eval::Program;
use super::gather::Gather;
use super::keys::KeyTable;
use super::parallel::plan_in_any_order;
use super::stream::{Buffered, Chunks, Stream};
use crate::column::{Chunk, Column};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::Result;
use crate::plan::{Expr, OutputColumn, Plan, RunsOver};
use crate::types::{ScalarType, Value, is_hidden};

/// What a [`crate::plan::Node::Apply`] holds.
pub(super) struct ApplySpec<'a> {
    pub(super) input: &'a Plan,
    pub(super) runs: &'a RunsOver,
    pub(super) body: &'a Arc<Plan>,
    pub(super) scope: usize,
    pub(super) given: &'a [usize],
    pub(super) layout: &'a [OutputColumn],
    pub(super) max_runs: Option<usize>,
}

/// The rows that the body of a scope is given.
pub(super) fn open_outer<'a>(
    plan: &'a Plan,
    scope: usize,
    context: &'a ExecContext<'a>,
) -> Result<Chunks<'a>> {
    let rows = context.outer(scope, Site::of(plan))?.clone();
    Ok(Box::new(Buffered::new(vec![rows], context.chunk_rows())))
}

pub(super) fn open<'a>(
    plan: &'a Plan,
    parts: ApplySpec<'a>,
    context: &'a ExecContext<'a>,
) -> Result<Chunks<'a>> {
    let at = Site::of(plan);
    let keys = Program::new(context, parts.runs.keys())?;
    let source: Box<dyn RunSource + 'a> = match parts.runs {
        RunsOver::Keys(keys_of) => Box::new(KeyedRuns {
            input: Some(parts.input),
            key_types: keys_of.iter().map(Expr::scalar_type).collect(),
            keys,
            runs: Vec::new().into_iter(),
            max_runs: parts.max_runs,
            context,
            at,
            account: context.account(at),
        }),
        RunsOver::Adjacent(_) => Box::new(AdjacentRuns {
            input: context.open(parts.input)?,
            schema: parts.input,
            keys,
            open: Vec::new(),
            open_key: Vec::new(),
            runs: VecDeque::new(),
            context,
            ended: false,
        }),
    };
    let in_any_order = plan_in_any_order(parts.body);
    let body = BodyRunner { plan, parts, in_any_order, context, at };
    Ok(Box::new(Apply { body, source, batch: 1, account: context.account(at) }))
}

/// The rows of one run: some rows of a chunk that its neighbours share.
struct RunRows {
    chunk: Arc<Chunk>,
    rows: Range<usize>,
}

/// Finds the rows of one run after the other.
trait RunSource {
    /// The next run; `None` at the end.
    fn next(&mut self) -> Result<Option<RunRows>>;
}

/// Runs over rows with equal keys, wherever they stand: all rows are read first.
struct KeyedRuns<'a> {
    input: Option<&'a Plan>,
    keys: Program,
    key_types: Vec<ScalarType>,
    runs: std::vec::IntoIter<RunRows>,
    max_runs: Option<usize>,
    context: &'a ExecContext<'a>,
    at: Site,
    account: Account<'a>,
}

impl KeyedRuns<'_> {
    fn read(&mut self, plan: &Plan) -> Result<Vec<RunRows>> {
        let mut input = self.context.open(plan)?;
        let mut gather = Gather::default();
        let mut chunks = Vec::new();
        let mut table = KeyTable::new(&self.key_types);
        let mut groups: Vec<u32> = Vec::new();
        while let Some(chunk) = input.next()? {
            self.at.check_row_numbers(groups.len(), chunk.len())?;
            let (chunk, bytes) = gather.add(&chunk);
            // The rows are held twice while they are put in the order of their runs.
            self.account.add(2 * bytes + chunk.len() * 2 * size_of::<u32>())?;
            let keys = table.insert(&self.keys.run(self.context, &chunk)?, chunk.len());
            if let Some(max) = self.max_runs.filter(|max| table.len() > *max) {
                let message = format!("the rows have more than {max} different keys");
                let error = Diagnostic::error(Code::LimitExceeded, self.at.span, message);
                let help =
                    "the legacy strategy, which is the default, takes no more; hint.strategy=native does";
                return Err(Box::new(error.help(help)));
            }
            groups.extend(keys.groups);
            chunks.push(chunk);
        }
        let (order, starts) = in_runs(&groups, table.len());
        let whole = Chunk::concat(&plan.schema, &chunks).select(order);
        let whole = Arc::new(Chunk::new(whole.columns(), whole.len()));
        let run = |(start, end): (&usize, &usize)| RunRows { chunk: whole.clone(), rows: *start..*end };
        Ok(starts.iter().zip(starts.iter().skip(1)).map(run).collect())
    }
}

/// The rows in the order of their groups, those of a group in their own order, and where each group starts.
fn in_runs(groups: &[u32], count: usize) -> (Vec<u32>, Vec<usize>) {
    let mut starts = vec![0_usize; count + 1];
    for &group in groups {
        if let Some(start) = starts.get_mut(group as usize + 1) {
            *start += 1;
        }
    }
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    let mut next = starts.clone();
    let mut order = vec![0_u32; groups.len()];
    for (row, &group) in (0_u32..).zip(groups) {
        if let Some(place) = next.get_mut(group as usize) {
            if let Some(slot) = order.get_mut(*place) {
                *slot = row;
            }
            *place += 1;
        }
    }
    (order, starts)
}

impl RunSource for KeyedRuns<'_> {
    fn next(&mut self) -> Result<Option<RunRows>> {
        if let Some(input) = self.input.take() {
            self.runs = self.read(input)?.into_iter();
        }
        Ok(self.runs.next())
    }
}

/// Runs over neighbours with equal keys: a run is there as soon as the next one begins.
struct AdjacentRuns<'a> {
    input: Chunks<'a>,
    schema: &'a Plan,
    keys: Program,
    /// The rows of the run that may go on in the next chunk, and its key.
    open: Vec<Chunk>,
    open_key: Vec<Value>,
    runs: VecDeque<RunRows>,
    context: &'a ExecContext<'a>,
    ended: bool,
}

impl AdjacentRuns<'_> {
    /// The run that was open is complete.
    fn close(&mut self) {
        let rows = match self.open.len() {
            0 => return,
            1 => self.open.remove(0),
            _ => Chunk::concat(&self.schema.schema, &self.open),
        };
        self.open.clear();
        let all = 0..rows.len();
        self.runs.push_back(RunRows { chunk: Arc::new(rows), rows: all });
    }

    fn split(&mut self, chunk: &Chunk) -> Result<()> {
        let keys: Vec<Column> = self.keys.run(self.context, chunk)?.iter().map(Column::to_flat).collect();
        let key = |row: usize| keys.iter().map(|column| column.value(row)).collect::<Vec<Value>>();
        let mut start = 0;
        if !self.open.is_empty() && self.open_key == key(0) {
            let end = run_end(&keys, 0, chunk.len());
            self.open.push(chunk.slice(0, end));
            if end == chunk.len() {
                return Ok(());
            }
            start = end;
        }
        self.close();
        let shared = Arc::new(chunk.clone());
        loop {
            let end = run_end(&keys, start, chunk.len());
            if end == chunk.len() {
                // It may go on.
                self.open_key = key(start);
                self.open.push(chunk.slice(start, end - start));
                return Ok(());
            }
            self.runs.push_back(RunRows { chunk: shared.clone(), rows: start..end });
            start = end;
        }
    }
}

/// The first row after `start` that has another key than it, before `end`.
fn run_end(keys: &[Column], start: usize, end: usize) -> usize {
    let ends = keys.iter().map(|column| match column {
        Column::Long(it) if it.validity().nulls().is_none() => {
            let values = it.values().get(start..end).unwrap_or_default();
            start + values.iter().take_while(|value| Some(*value) == values.first()).count()
        }
        _ => {
            let first = column.value(start);
            (start..end).find(|row| column.value(*row) != first).unwrap_or(end)
        }
    });
    ends.min().unwrap_or(end).max(start + 1)
}

impl RunSource for AdjacentRuns<'_> {
    fn next(&mut self) -> Result<Option<RunRows>> {
        while self.runs.is_empty() && !self.ended {
            match self.input.next()? {
                Some(chunk) => self.split(&chunk)?,
                None => {
                    self.ended = true;
                    self.close();
                }
            }
        }
        Ok(self.runs.pop_front())
    }
}

/// The body, as several threads run it.
struct BodyRunner<'a> {
    plan: &'a Plan,
    parts: ApplySpec<'a>,
    /// It gives the same in whatever order its runs are made.
    in_any_order: bool,
    context: &'a ExecContext<'a>,
    at: Site,
}

impl BodyRunner<'_> {
    /// What the body gives for each run.
    fn run(&self, runs: &[RunRows]) -> Result<Vec<Vec<Chunk>>> {
        let threads = self.context.threads.max(1);
        if threads == 1 || !self.in_any_order || runs.len() < threads {
            // The threads are for the body.
            let threads = if self.in_any_order { threads } else { 1 };
            return runs.iter().map(|run| self.run_body(run, threads)).collect();
        }
        // Several pieces a thread make up for runs that take longer than others.
        let pieces = runs.chunks(runs.len().div_ceil(threads * 4)).collect();
        let found =
            self.context.workers(threads).map(pieces, |runs: &[RunRows]| -> Result<Vec<Vec<Chunk>>> {
                runs.iter().map(|run| self.run_body(run, 1)).collect()
            });
        let found: Vec<Vec<Vec<Chunk>>> = found.into_iter().collect::<Result<_>>()?;
        Ok(found.into_iter().flatten().collect())
    }

    fn run_body(&self, run: &RunRows, threads: usize) -> Result<Vec<Chunk>> {
        self.context.tick(self.at)?;
        let mut given = Chunk::without_columns(run.chunk.len());
        self.parts.given.iter().for_each(|&at| given.push_from(&run.chunk, at));
        let rows =
            if run.rows.len() == given.len() { given } else { given.slice(run.rows.start, run.rows.len()) };
        let context = self.context.of_body(Outer { scope: self.parts.scope, rows }, threads);
        let mut account = context.account(self.at);
        context
            .collect(self.parts.body, &mut account)
            .map_err(|failure| Box::new(self.explain(*failure, run)))
    }

    /// A failure in the body, with the rows that it was run over.
    fn explain(&self, failure: Diagnostic, run: &RunRows) -> Diagnostic {
        let names = self.parts.runs.keys().iter().filter_map(|key| {
            let [at] = key.columns()[..] else { return None };
            let name = &self.parts.input.schema.columns.get(at)?.name;
            let value = run.chunk.column(at).value(run.rows.start);
            // A hidden column has the number of a row.
            let number = || format!("row {} of the input", value.to_text());
            Some(if is_hidden(name) { number() } else { format!("the rows with {name} = {value}") })
        });
        let over: Vec<String> = names.collect();
        failure.help(format!("in the run of the subquery over {}", over.join(", ")))
    }

    /// The rows of the result: the body's columns, and those of each run's first row.
    fn output(&self, runs: &[RunRows], results: &[Vec<Chunk>]) -> Chunk {
        let rows: Vec<usize> = results.iter().map(|chunks| chunks.iter().map(Chunk::len).sum()).collect();
        let body: Vec<Chunk> = results.iter().flatten().cloned().collect();
        let body = Chunk::concat(&self.parts.body.schema, &body);
        let mut out = Chunk::without_columns(body.len());
        for (place, column) in self.parts.layout.iter().zip(&self.plan.schema.columns) {
            match place {
                OutputColumn::New(at) => out.push_from(&body, *at),
                OutputColumn::Input(at) => out.push(repeated(runs, &rows, *at, column.data_type)),
            }
        }
        out
    }
}

/// A column of the input, with the value of each run's first row as often as the run gave rows.
fn repeated(runs: &[RunRows], counts: &[usize], at: usize, data_type: ScalarType) -> Column {
    let first = |run: &RunRows| u32::try_from(run.rows.start).unwrap_or(u32::MAX);
    let mut pieces = Vec::new();
    let mut runs = runs.iter().zip(counts).peekable();
    while let Some((run, &count)) = runs.next() {
        let mut rows = vec![first(run); count];
        // Neighbours that share a chunk are taken from it at once.
        while let Some((next, &count)) = runs.next_if(|(next, _)| Arc::ptr_eq(&next.chunk, &run.chunk)) {
            rows.extend(std::iter::repeat_n(first(next), count));
        }
        pieces.push(run.chunk.column(at).take(&rows));
    }
    Column::concat(data_type, &pieces)
}

struct Apply<'a> {
    body: BodyRunner<'a>,
    source: Box<dyn RunSource + 'a>,
    /// How many runs are made at once: one at first, for those who want only the first rows.
    batch: usize,
    account: Account<'a>,
}

/// The most runs that each thread makes at once.
const MAX_RUNS_PER_THREAD: usize = 256;

impl Apply<'_> {
    /// The rows of the next runs.
    fn take(&mut self) -> Result<Vec<RunRows>> {
        let mut runs = Vec::new();
        while runs.len() < self.batch
            && let Some(run) = self.source.next()?
        {
            runs.push(run);
        }
        self.batch = (self.batch * 4).min(MAX_RUNS_PER_THREAD * self.body.context.threads.max(1));
        Ok(runs)
    }
}

impl Stream for Apply<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        loop {
            let runs = self.take()?;
            if runs.is_empty() {
                return Ok(None);
            }
            let results = self.body.run(&runs)?;
            let out = self.body.output(&runs, &results);
            self.account.set(out.byte_size())?;
            if !out.is_empty() {
                return Ok(Some(out));
            }
        }
    }
}
