//! `scan`: rows in their order, compared with steps that remember the last row that matched them.
//!
//! What a condition says of the row alone is computed for all rows of a chunk at once, and what it says of remembered rows
//! for one row after the other, where it is asked. It must not know where the rows come from.

use std::sync::Arc;

use super::context::{Account, ExecContext, Site};
use super::eval::Program;
use super::gather::Gather;
use super::stream::{Chunks, Stream};
use crate::column::{Chunk, Column, ColumnBuilder};
use crate::function::{FunctionRef, Result, Semantics};
use crate::plan::{Expr, MatchStep, OutputColumn, Plan, StateColumn, StepOutput};
use crate::source::Span;
use crate::types::{ScalarType, Value};

/// What a [`crate::plan::Node::MatchSteps`] holds.
pub(super) struct StepsSpec<'a> {
    pub(super) input: &'a Plan,
    pub(super) steps: &'a [MatchStep],
    pub(super) state: &'a [StateColumn],
    pub(super) defaults: &'a [(Value, ScalarType)],
    pub(super) layout: &'a [OutputColumn],
}

pub(super) fn open<'a>(
    plan: &'a Plan,
    parts: StepsSpec<'a>,
    context: &'a ExecContext<'a>,
) -> Result<Chunks<'a>> {
    let at = Site::of(plan);
    let mut steps = Vec::with_capacity(parts.steps.len());
    for step in parts.steps {
        let mut conjuncts = Vec::new();
        split(&step.condition, &mut conjuncts);
        // What is computed for all rows at once comes first: it costs least.
        conjuncts.sort_by_key(|expr| reads_state(expr, parts.state));
        let conjuncts = conjuncts.into_iter().map(|expr| Term::new(expr, &parts, context));
        let assignments = step.assignments.iter();
        let assignments = assignments.map(|(at, expr)| Ok((*at, Term::new(expr, &parts, context)?)));
        steps.push(CompiledStep {
            conjuncts: conjuncts.collect::<Result<_>>()?,
            assignments: assignments.collect::<Result<_>>()?,
            output: step.output,
        });
    }
    // Which columns of a matching row each step remembers.
    let mut remembered: Vec<Vec<OutputColumn>> = vec![Vec::new(); steps.len()];
    for column in parts.state {
        if let Some(columns) = remembered.get_mut(column.step)
            && !columns.contains(&column.of)
        {
            columns.push(column.of);
        }
    }
    let matcher = StepMatcher {
        remembered,
        sequences: steps.iter().map(|_| None).collect(),
        waiting: steps.iter().map(|_| None).collect(),
        next_match: 0,
        steps,
        state: parts.state,
        defaults: parts.defaults,
        input_types: parts.input.schema.columns.iter().map(|column| column.data_type).collect(),
    };
    let input = context.open(parts.input)?;
    let layout = parts.layout;
    let ready = Vec::new().into_iter();
    Ok(Box::new(MatchRows {
        input,
        matcher,
        layout,
        ready,
        ended: false,
        context,
        at,
        account: context.account(at),
    }))
}

/// The operands of a conjunction, however it is nested.
fn split<'e>(expr: &'e Expr, into: &mut Vec<&'e Expr>) {
    if let Expr::Call { function, arguments, .. } = expr
        && function.semantics == Semantics::And
    {
        arguments.iter().for_each(|argument| split(argument, into));
    } else {
        into.push(expr);
    }
}

fn reads_state(expr: &Expr, state: &[StateColumn]) -> bool {
    expr.columns().iter().any(|at| state.iter().any(|column| column.place == *at))
}

struct CompiledStep<'a> {
    conjuncts: Vec<Term<'a>>,
    assignments: Vec<(usize, Term<'a>)>,
    output: StepOutput,
}

/// An expression of a step.
struct Term<'a> {
    /// It reads the row alone.
    of_row: Option<Program>,
    /// The same over the values of one row, arguments before calls.
    quick: Vec<QuickStep<'a>>,
    /// The same over one row that has these columns of the input alone.
    program: Program,
    reads: Vec<(usize, ScalarType)>,
}

impl<'a> Term<'a> {
    fn new(expr: &'a Expr, parts: &StepsSpec<'_>, context: &ExecContext<'_>) -> Result<Self> {
        let mut reads: Vec<(usize, ScalarType)> = Vec::new();
        expr.visit(&mut |it| {
            if let Expr::Column { index, data_type } = it
                && !reads.iter().any(|(known, _)| known == index)
            {
                reads.push((*index, *data_type));
            }
        });
        let narrow = expr.map_columns(&|index, data_type| {
            let place = reads.iter().position(|(known, _)| *known == index);
            Expr::column(place.unwrap_or(index), data_type)
        });
        let of_row = (!reads_state(expr, parts.state)).then(|| Program::new(context, [expr])).transpose()?;
        let mut quick = Vec::new();
        if !flatten(expr, &reads, &mut quick) {
            quick.clear();
        }
        Ok(Self { of_row, quick, program: Program::new(context, [&narrow])?, reads })
    }

    /// The value over those of the columns that it reads, without a chunk. `None` where a program has to tell: where a call
    /// fails or is in doubt, perhaps for an argument that the row does not need.
    fn quick(&self, read: &[Value], context: &ExecContext<'_>) -> Option<Value> {
        let mut stack: Vec<(Value, ScalarType)> = Vec::with_capacity(self.quick.len());
        for step in &self.quick {
            let value = match step {
                QuickStep::Value(value, data_type) => ((*value).clone(), *data_type),
                QuickStep::Read(at, data_type) => (read.get(*at)?.clone(), *data_type),
                QuickStep::Call { function, arguments, returns, output, span } => {
                    let start = stack.len().checked_sub(*arguments)?;
                    let values: Vec<(&Value, ScalarType)> =
                        stack.get(start..)?.iter().map(|(value, data_type)| (value, *data_type)).collect();
                    let found = function.of_constants(&values, returns, context.run.context, *span)?;
                    let (values, _charge) = found.ok()?;
                    stack.truncate(start);
                    values.into_iter().nth(*output)?
                }
            };
            stack.push(value);
        }
        stack.pop().map(|(value, _)| value)
    }
}

enum QuickStep<'a> {
    Value(&'a Value, ScalarType),
    /// The column at this place among those that the term reads.
    Read(usize, ScalarType),
    Call {
        function: &'a FunctionRef,
        /// How many arguments it takes: the last values.
        arguments: usize,
        returns: &'a [ScalarType],
        output: usize,
        span: Span,
    },
}

/// Puts the steps of an expression one after the other; `false` if it has others than these.
fn flatten<'a>(expr: &'a Expr, reads: &[(usize, ScalarType)], steps: &mut Vec<QuickStep<'a>>) -> bool {
    match expr {
        Expr::Literal { value, data_type } => steps.push(QuickStep::Value(value, *data_type)),
        Expr::Column { index, data_type } => {
            let Some(at) = reads.iter().position(|(known, _)| known == index) else { return false };
            steps.push(QuickStep::Read(at, *data_type));
        }
        Expr::Call { function, arguments, returns, output, span, .. } => {
            if !arguments.iter().all(|argument| flatten(argument, reads, steps)) {
                return false;
            }
            let (arguments, output, span) = (arguments.len(), *output, *span);
            steps.push(QuickStep::Call { function, arguments, returns, output, span });
        }
        Expr::Parameter { .. } | Expr::Outer { .. } | Expr::Subquery { .. } | Expr::ListSubquery { .. } => {
            return false;
        }
    }
    true
}

/// The value of a term for each row of a chunk, if it was computed for all of them at once.
enum OfRows {
    /// Nobody asked yet.
    Unknown,
    Known(Column),
    /// Rows that do not need it fail, or it remembers other rows: it is computed for one row after the other.
    One,
}

/// A row that matched a step, as far as it is remembered: a value for each of the step's columns.
type RememberedRow = Vec<Value>;

/// What a step has: the rows that matched the steps down to it, one after the other.
struct MatchSequence {
    /// For each step down to this one the last row that matched it.
    rows: Vec<Option<RememberedRow>>,
    number: i64,
}

/// A row that comes out.
struct Matched {
    row: u32,
    filled: Vec<Value>,
    number: i64,
}

/// The last row of a series of matches, which comes out when the series ends.
struct Waiting {
    /// The chunk of the row, if that was an earlier one.
    chunk: Option<Chunk>,
    matched: Matched,
}

struct StepMatcher<'a> {
    steps: Vec<CompiledStep<'a>>,
    remembered: Vec<Vec<OutputColumn>>,
    sequences: Vec<Option<MatchSequence>>,
    waiting: Vec<Option<Waiting>>,
    next_match: i64,
    state: &'a [StateColumn],
    defaults: &'a [(Value, ScalarType)],
    input_types: Vec<ScalarType>,
}

/// Rows that come out, all of one chunk.
struct Part {
    chunk: Chunk,
    matched: Vec<Matched>,
}

/// A chunk that is compared with the steps.
struct ComparedRows<'c> {
    chunk: &'c Chunk,
    columns: Vec<Option<Column>>,
    conjuncts: Vec<Vec<OfRows>>,
    assignments: Vec<Vec<OfRows>>,
    out: Vec<Part>,
}

impl ComparedRows<'_> {
    /// The value of an input's column in a row.
    fn value(&mut self, at: usize, row: usize) -> Value {
        let chunk = self.chunk;
        match self.columns.get_mut(at) {
            Some(column) => column.get_or_insert_with(|| chunk.column(at)).value(row),
            None => Value::Null,
        }
    }

    fn give(&mut self, waiting: Waiting) {
        let chunk = match waiting.chunk {
            // Rows of another chunk are a part of their own.
            Some(chunk) => {
                self.out.push(Part { chunk, matched: vec![waiting.matched] });
                let chunk = self.chunk.clone();
                return self.out.push(Part { chunk, matched: Vec::new() });
            }
            None => self.chunk,
        };
        match self.out.last_mut() {
            Some(part) => part.matched.push(waiting.matched),
            None => self.out.push(Part { chunk: chunk.clone(), matched: vec![waiting.matched] }),
        }
    }
}

impl StepMatcher<'_> {
    /// The rows of a chunk that come out.
    fn rows(&mut self, chunk: &Chunk, context: &ExecContext<'_>, at: Site) -> Result<Vec<Part>> {
        let unknown = |count: usize| std::iter::repeat_with(|| OfRows::Unknown).take(count).collect();
        let mut rows = ComparedRows {
            chunk,
            columns: vec![None; chunk.width()],
            conjuncts: self.steps.iter().map(|step| unknown(step.conjuncts.len())).collect(),
            assignments: self.steps.iter().map(|step| unknown(step.assignments.len())).collect(),
            out: Vec::new(),
        };
        for row in 0..chunk.len() {
            if row % ROWS_PER_TICK == 0 {
                context.tick(at)?;
            }
            for step in (0..self.steps.len()).rev() {
                self.compare(row, step, &mut rows, context)?;
            }
        }
        // What waits is taken along.
        for waiting in self.waiting.iter_mut().flatten().filter(|it| it.chunk.is_none()) {
            let row = chunk.slice(waiting.matched.row as usize, 1);
            waiting.chunk = Some(Gather::default().add(&row).0);
            waiting.matched.row = 0;
        }
        Ok(rows.out)
    }

    /// Compares a row with one step, by the two checks of the page.
    fn compare(
        &mut self,
        row: usize,
        step: usize,
        rows: &mut ComparedRows<'_>,
        context: &ExecContext<'_>,
    ) -> Result<()> {
        if let Some(before) = step.checked_sub(1)
            && self.sequences.get(before).is_some_and(Option::is_some)
            && self.is_match(row, step, before, rows, context)?
        {
            let filled = self.fill(row, step, before, rows, context)?;
            let Some(mut sequence) = self.sequences.get_mut(before).and_then(Option::take) else {
                return Ok(());
            };
            // The series of both steps end: the older one is put aside for the one that goes on here.
            self.end_series(step, rows);
            self.end_series(before, rows);
            sequence.rows.resize_with(step, || None);
            sequence.rows.push(Some(self.remember(row, step, &filled, rows)));
            let number = sequence.number;
            if let Some(place) = self.sequences.get_mut(step) {
                *place = Some(sequence);
            }
            self.put_out(row, step, filled, number, rows);
            return Ok(());
        }
        let is_active = self.sequences.get(step).is_some_and(Option::is_some);
        if (is_active || step == 0) && self.is_match(row, step, step, rows, context)? {
            let filled = self.fill(row, step, step, rows, context)?;
            let remembered = self.remember(row, step, &filled, rows);
            if !is_active && let Some(place) = self.sequences.get_mut(step) {
                *place = Some(MatchSequence { rows: Vec::new(), number: self.next_match });
                self.next_match += 1;
            }
            let mut number = 0;
            if let Some(sequence) = self.sequences.get_mut(step).and_then(Option::as_mut) {
                number = sequence.number;
                sequence.rows.resize_with(step, || None);
                sequence.rows.truncate(step);
                sequence.rows.push(Some(remembered));
            }
            self.put_out(row, step, filled, number, rows);
        }
        Ok(())
    }

    /// Whether a row meets the condition of a step, with what is remembered at a step.
    fn is_match(
        &self,
        row: usize,
        step: usize,
        at: usize,
        rows: &mut ComparedRows<'_>,
        context: &ExecContext<'_>,
    ) -> Result<bool> {
        let Some(conjuncts) = self.steps.get(step).map(|step| &step.conjuncts) else { return Ok(false) };
        for (number, term) in conjuncts.iter().enumerate() {
            let known = take(&mut rows.conjuncts, step, number);
            let (value, known) = self.value_of(term, known, row, at, rows, context)?;
            put(&mut rows.conjuncts, step, number, known);
            if value != Value::Bool(true) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The new columns of a row that matches a step.
    fn fill(
        &self,
        row: usize,
        step: usize,
        at: usize,
        rows: &mut ComparedRows<'_>,
        context: &ExecContext<'_>,
    ) -> Result<Vec<Value>> {
        let mut filled: Vec<Value> = self.defaults.iter().map(|(value, _)| value.clone()).collect();
        let Some(assignments) = self.steps.get(step).map(|step| &step.assignments) else { return Ok(filled) };
        for (number, (column, term)) in assignments.iter().enumerate() {
            let known = take(&mut rows.assignments, step, number);
            let (value, known) = self.value_of(term, known, row, at, rows, context)?;
            put(&mut rows.assignments, step, number, known);
            if let Some(place) = filled.get_mut(*column) {
                *place = value;
            }
        }
        Ok(filled)
    }

    /// The value of a term for a row; with it what is known of the term for the other rows of the chunk.
    fn value_of(
        &self,
        term: &Term<'_>,
        known: OfRows,
        row: usize,
        at: usize,
        rows: &mut ComparedRows<'_>,
        context: &ExecContext<'_>,
    ) -> Result<(Value, OfRows)> {
        let known = match (known, &term.of_row) {
            (OfRows::Unknown, Some(program)) => match program.compute(context, rows.chunk) {
                Ok(computed) if !computed.is_doubtful() => match computed.take_down(context).pop() {
                    Some(column) => OfRows::Known(column),
                    None => OfRows::One,
                },
                // Perhaps no row that needs it fails.
                Ok(_) | Err(_) => OfRows::One,
            },
            (OfRows::Unknown, None) => OfRows::One,
            (known, _) => known,
        };
        if let OfRows::Known(column) = &known {
            return Ok((column.value(row), known));
        }
        let mut read = Vec::with_capacity(term.reads.len());
        for &(place, _) in &term.reads {
            read.push(match self.state.iter().find(|column| column.place == place) {
                Some(column) => self.recall(column, at),
                None => rows.value(place, row),
            });
        }
        if let Some(value) = term.quick(&read, context) {
            return Ok((value, known));
        }
        let columns = read.into_iter().zip(&term.reads);
        let columns = columns.map(|(value, (_, data_type))| Column::constant(value, *data_type, 1)).collect();
        let found = term.program.run(context, &Chunk::new(columns, 1))?;
        Ok((found.first().map_or(Value::Null, |column| column.value(0)), known))
    }

    /// What is remembered at a step of the last row of a step.
    fn recall(&self, column: &StateColumn, at: usize) -> Value {
        let sequence = self.sequences.get(at).and_then(Option::as_ref);
        let row = sequence.and_then(|sequence| sequence.rows.get(column.step)?.as_ref());
        let columns = self.remembered.get(column.step);
        let place = columns.and_then(|columns| columns.iter().position(|it| *it == column.of));
        match (row, place) {
            (Some(row), Some(place)) => row.get(place).cloned().unwrap_or(Value::Null),
            _ => match column.of {
                OutputColumn::New(at) => {
                    self.defaults.get(at).map_or(Value::Null, |(value, _)| value.clone())
                }
                OutputColumn::Input(at) => {
                    Value::null_of(self.input_types.get(at).copied().unwrap_or(ScalarType::Dynamic))
                }
            },
        }
    }

    /// What a step remembers of a row.
    fn remember(
        &self,
        row: usize,
        step: usize,
        filled: &[Value],
        rows: &mut ComparedRows<'_>,
    ) -> RememberedRow {
        let columns = self.remembered.get(step).map(Vec::as_slice).unwrap_or_default();
        let value = |column: &OutputColumn| match column {
            OutputColumn::Input(at) => rows.value(*at, row),
            OutputColumn::New(at) => filled.get(*at).cloned().unwrap_or(Value::Null),
        };
        columns.iter().map(value).collect()
    }

    fn put_out(
        &mut self,
        row: usize,
        step: usize,
        filled: Vec<Value>,
        number: i64,
        rows: &mut ComparedRows<'_>,
    ) {
        let matched = Matched { row: u32::try_from(row).unwrap_or(u32::MAX), filled, number };
        let waiting = Waiting { chunk: None, matched };
        match self.steps.get(step).map(|step| step.output) {
            Some(StepOutput::All) => rows.give(waiting),
            Some(StepOutput::Last) => {
                if let Some(place) = self.waiting.get_mut(step) {
                    *place = Some(waiting);
                }
            }
            Some(StepOutput::None) | None => {}
        }
    }

    /// A series of matches of a step is over: its last row comes out, if it waits.
    fn end_series(&mut self, step: usize, rows: &mut ComparedRows<'_>) {
        if let Some(waiting) = self.waiting.get_mut(step).and_then(Option::take) {
            rows.give(waiting);
        }
    }

    /// About how many bytes are held.
    fn byte_size(&self) -> usize {
        let of_values = |values: &[Value]| {
            values.iter().map(|value| value.byte_size() + size_of::<Value>()).sum::<usize>()
        };
        let sequences = self.sequences.iter().flatten().flat_map(|it| it.rows.iter().flatten());
        let waiting = self.waiting.iter().flatten();
        let of_waiting =
            |it: &Waiting| of_values(&it.matched.filled) + it.chunk.as_ref().map_or(0, Chunk::byte_size);
        sequences.map(|row| of_values(row)).sum::<usize>() + waiting.map(of_waiting).sum::<usize>()
    }
}

/// How many rows are compared before the clock is looked at.
const ROWS_PER_TICK: usize = 1024;

fn take(known: &mut [Vec<OfRows>], step: usize, number: usize) -> OfRows {
    let place = known.get_mut(step).and_then(|terms| terms.get_mut(number));
    place.map_or(OfRows::One, |place| std::mem::replace(place, OfRows::Unknown))
}

fn put(known: &mut [Vec<OfRows>], step: usize, number: usize, value: OfRows) {
    if let Some(place) = known.get_mut(step).and_then(|terms| terms.get_mut(number)) {
        *place = value;
    }
}

struct MatchRows<'a> {
    input: Chunks<'a>,
    matcher: StepMatcher<'a>,
    layout: &'a [OutputColumn],
    ready: std::vec::IntoIter<Chunk>,
    ended: bool,
    context: &'a ExecContext<'a>,
    at: Site,
    account: Account<'a>,
}

impl MatchRows<'_> {
    /// The rows of one part, with the columns of the result.
    fn output(&self, part: &Part) -> Chunk {
        let rows: Arc<Vec<u32>> = Arc::new(part.matched.iter().map(|it| it.row).collect());
        let of_input = part.chunk.select(rows.to_vec());
        let mut out = Chunk::without_columns(rows.len());
        for column in self.layout {
            match column {
                OutputColumn::Input(at) => out.push_from(&of_input, *at),
                OutputColumn::New(at) => match self.matcher.defaults.get(*at) {
                    Some((_, data_type)) => {
                        let mut filled = ColumnBuilder::with_capacity(*data_type, rows.len());
                        for matched in &part.matched {
                            filled.push(matched.filled.get(*at).unwrap_or(&Value::Null));
                        }
                        out.push(filled.finish());
                    }
                    None => out.push(Column::longs(part.matched.iter().map(|it| it.number).collect())),
                },
            }
        }
        out
    }

    /// The last rows of series that the end of the rows ends.
    fn last_rows(&mut self) -> Vec<Part> {
        let waiting = self.matcher.waiting.iter_mut().rev().filter_map(Option::take);
        waiting.filter_map(|it| Some(Part { chunk: it.chunk?, matched: vec![it.matched] })).collect()
    }
}

impl Stream for MatchRows<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        loop {
            if let Some(chunk) = self.ready.next() {
                return Ok(Some(chunk));
            }
            if self.ended {
                return Ok(None);
            }
            let parts = match self.input.next()? {
                Some(chunk) => {
                    // Each row may come out once for each step.
                    let filled = self.matcher.defaults.len() * size_of::<Value>() + size_of::<Matched>();
                    let most = chunk.len().saturating_mul(self.matcher.steps.len()).saturating_mul(filled);
                    self.account.set(self.matcher.byte_size().saturating_add(most))?;
                    self.matcher.rows(&chunk, self.context, self.at)?
                }
                None => {
                    self.ended = true;
                    self.last_rows()
                }
            };
            let chunks: Vec<Chunk> =
                parts.iter().filter(|part| !part.matched.is_empty()).map(|part| self.output(part)).collect();
            let held: usize = chunks.iter().map(Chunk::byte_size).sum();
            self.account.set(self.matcher.byte_size().saturating_add(held))?;
            self.ready = chunks.into_iter();
        }
    }
}
