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
    let mut terms = 0;
    for step in parts.steps {
        let mut conjuncts = Vec::new();
        split(&step.condition, &mut conjuncts);
        // What is computed for all rows at once comes first: it costs least.
        conjuncts.sort_by_key(|expr| reads_state(expr, parts.state));
        let mut term = |expr| {
            terms += 1;
            Term::new(terms - 1, expr, &parts, context)
        };
        let conjuncts = conjuncts.into_iter().map(&mut term).collect::<Result<_>>()?;
        let assignments = step.assignments.iter().map(|(at, expr)| Ok((*at, term(expr)?)));
        let assignments = assignments.collect::<Result<_>>()?;
        steps.push(CompiledStep { conjuncts, assignments, output: step.output });
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
    let input_types: Vec<ScalarType> =
        parts.input.schema.columns.iter().map(|column| column.data_type).collect();
    let recalled = parts.state.iter().map(|column| RecalledColumn {
        step: column.step,
        place: remembered.get(column.step).and_then(|columns| columns.iter().position(|it| *it == column.of)),
        otherwise: match column.of {
            OutputColumn::New(at) => parts.defaults.get(at).map_or(Value::Null, |(value, _)| value.clone()),
            OutputColumn::Input(at) => {
                Value::null_of(input_types.get(at).copied().unwrap_or(ScalarType::Dynamic))
            }
        },
    });
    let matcher = StepMatcher {
        recalled: recalled.collect(),
        remembered,
        sequences: steps.iter().map(|_| None).collect(),
        waiting: steps.iter().map(|_| None).collect(),
        next_match: 0,
        steps,
        terms,
        defaults: parts.defaults,
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
    /// Its number among all of them.
    id: usize,
    /// It reads the row alone.
    of_row: Option<Program>,
    /// The same over the values of one row, arguments before calls.
    quick: Vec<QuickStep<'a>>,
    /// The same over one row that has these columns alone.
    program: Program,
    reads: Vec<ReadColumn>,
}

/// A column that a term reads.
struct ReadColumn {
    source: ReadFrom,
    data_type: ScalarType,
}

/// Where the value of a column is.
#[derive(Clone, Copy)]
enum ReadFrom {
    /// In the row, in this column of the input.
    Row(usize),
    /// In a row that a step remembers: the recalled column.
    Recalled(usize),
}

impl<'a> Term<'a> {
    fn new(id: usize, expr: &'a Expr, parts: &StepsSpec<'_>, context: &ExecContext<'_>) -> Result<Self> {
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
        let reads = reads.into_iter().map(|(place, data_type)| {
            let recalled = parts.state.iter().position(|column| column.place == place);
            ReadColumn { source: recalled.map_or(ReadFrom::Row(place), ReadFrom::Recalled), data_type }
        });
        Ok(Self { id, of_row, quick, program: Program::new(context, [&narrow])?, reads: reads.collect() })
    }

    /// The value over those of the columns that it reads, without a chunk. `None` where a program has to tell: where a call
    /// fails or is in doubt, perhaps for an argument that the row does not need.
    fn quick(
        &self,
        stack: &mut Vec<(Value, ScalarType)>,
        mut read: impl FnMut(ReadFrom) -> Value,
        context: &ExecContext<'_>,
    ) -> Option<Value> {
        stack.clear();
        for step in &self.quick {
            let value = match step {
                QuickStep::Value(value, data_type) => ((*value).clone(), *data_type),
                QuickStep::Read(at) => {
                    let column = self.reads.get(*at)?;
                    (read(column.source), column.data_type)
                }
                QuickStep::Call { function, arguments, returns, output, span } => {
                    let start = stack.len().checked_sub(*arguments)?;
                    let operands = stack.get(start..)?;
                    let of_row = match *returns {
                        [returns] => function.of_row(operands, *returns).map(|value| (value, *returns)),
                        _ => None,
                    };
                    let value = match of_row {
                        Some(value) => value,
                        None => {
                            let values: Vec<(&Value, ScalarType)> =
                                operands.iter().map(|(value, data_type)| (value, *data_type)).collect();
                            let found =
                                function.of_constants(&values, returns, context.run.context, *span)?;
                            let (values, _charge) = found.ok()?;
                            values.into_iter().nth(*output)?
                        }
                    };
                    stack.truncate(start);
                    value
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
    Read(usize),
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
        Expr::Column { index, .. } => {
            let Some(at) = reads.iter().position(|(known, _)| known == index) else { return false };
            steps.push(QuickStep::Read(at));
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

/// A column of a remembered row that terms read.
struct RecalledColumn {
    step: usize,
    /// Its place among the columns that the step remembers.
    place: Option<usize>,
    /// What it is where the step remembers no row.
    otherwise: Value,
}

struct StepMatcher<'a> {
    steps: Vec<CompiledStep<'a>>,
    /// How many terms the steps have.
    terms: usize,
    remembered: Vec<Vec<OutputColumn>>,
    recalled: Vec<RecalledColumn>,
    sequences: Vec<Option<MatchSequence>>,
    waiting: Vec<Option<Waiting>>,
    next_match: i64,
    defaults: &'a [(Value, ScalarType)],
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
    /// What is known of each term.
    known: Vec<OfRows>,
    /// For the values of one term at a time.
    stack: Vec<(Value, ScalarType)>,
    out: Vec<Part>,
}

/// The value of an input's column in a row.
fn value_in(chunk: &Chunk, columns: &mut [Option<Column>], at: usize, row: usize) -> Value {
    match columns.get_mut(at) {
        Some(column) => column.get_or_insert_with(|| chunk.column(at)).value(row),
        None => Value::Null,
    }
}

impl ComparedRows<'_> {
    fn value(&mut self, at: usize, row: usize) -> Value {
        value_in(self.chunk, &mut self.columns, at, row)
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
        let mut rows = ComparedRows {
            chunk,
            columns: vec![None; chunk.width()],
            known: std::iter::repeat_with(|| OfRows::Unknown).take(self.terms).collect(),
            stack: Vec::new(),
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
        for term in conjuncts {
            if self.value_of(term, row, at, rows, context)? != Value::Bool(true) {
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
        for (column, term) in assignments {
            let value = self.value_of(term, row, at, rows, context)?;
            if let Some(place) = filled.get_mut(*column) {
                *place = value;
            }
        }
        Ok(filled)
    }

    /// The value of a term for a row, with what is remembered at a step.
    fn value_of(
        &self,
        term: &Term<'_>,
        row: usize,
        at: usize,
        rows: &mut ComparedRows<'_>,
        context: &ExecContext<'_>,
    ) -> Result<Value> {
        if let Some(place @ OfRows::Unknown) = rows.known.get_mut(term.id) {
            // Where it fails or is in doubt, perhaps no row that needs it does.
            let computed = term.of_row.as_ref().and_then(|program| program.compute(context, rows.chunk).ok());
            let certain = computed.filter(|it| !it.is_doubtful());
            let column = certain.and_then(|it| it.take_down(context).pop());
            *place = column.map_or(OfRows::One, OfRows::Known);
        }
        if let Some(OfRows::Known(column)) = rows.known.get(term.id) {
            return Ok(column.value(row));
        }
        let ComparedRows { chunk, columns, stack, .. } = rows;
        let mut read = |from: ReadFrom| match from {
            ReadFrom::Row(place) => value_in(chunk, columns, place, row),
            ReadFrom::Recalled(column) => self.recall(column, at),
        };
        if let Some(value) = term.quick(stack, &mut read, context) {
            return Ok(value);
        }
        let columns =
            term.reads.iter().map(|it| Column::constant(read(it.source), it.data_type, 1)).collect();
        let found = term.program.run(context, &Chunk::new(columns, 1))?;
        Ok(found.first().map_or(Value::Null, |column| column.value(0)))
    }

    /// The value of a recalled column, of the rows that are remembered at a step.
    fn recall(&self, column: usize, at: usize) -> Value {
        let Some(column) = self.recalled.get(column) else { return Value::Null };
        let sequence = self.sequences.get(at).and_then(Option::as_ref);
        let row = sequence.and_then(|sequence| sequence.rows.get(column.step)?.as_ref());
        match (row, column.place) {
            (Some(row), Some(place)) => row.get(place).cloned().unwrap_or(Value::Null),
            _ => column.otherwise.clone(),
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
