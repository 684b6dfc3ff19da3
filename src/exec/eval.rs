//! Expressions over a chunk: a program of steps, each one computed once, without recursion.
//! It must not know any particular function, nor operators.

use std::collections::HashMap;
use std::sync::Arc;

use super::context::{ExecContext, Site};
use super::dictionary_results::DictionaryResults;
use crate::column::{Chunk, Column};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{Failure, Kernel, Result, ScalarFunction, Volatility};
use crate::plan::{Expr, Plan};
use crate::source::Span;
use crate::types::{Dynamic, ScalarType, Value};

/// Several expressions as steps, arguments before calls. What occurs twice is computed once.
pub(super) struct Program {
    steps: Vec<ProgramStep>,
    /// The step and output of each expression.
    roots: Vec<(usize, usize)>,
    /// How often each step's result is read.
    uses: Vec<u32>,
}

enum ProgramStep {
    Constant(Value, ScalarType),
    Input(usize),
    Call(Invocation),
}

struct Invocation {
    function: &'static ScalarFunction,
    /// Step and output of each argument.
    arguments: Vec<(usize, usize)>,
    returns: Arc<[ScalarType]>,
    span: Span,
    /// Where one argument alone varies, and is of texts: its place and the results so far.
    memo: Option<(usize, DictionaryResults)>,
}

/// What makes two steps the same.
#[derive(PartialEq, Eq, Hash)]
enum StepIdentity {
    Text(String),
    Bits(ScalarType, String),
    Shared(usize),
    Input(usize),
    Call(*const ScalarFunction, Vec<(usize, usize)>, Vec<ScalarType>),
}

/// The result columns of a step while the program runs.
type Cells = Vec<Option<Vec<Column>>>;

impl Program {
    /// The expressions as a program; what is constant is computed now.
    pub(super) fn new<'e>(
        context: &ExecContext<'_>,
        exprs: impl IntoIterator<Item = &'e Expr>,
    ) -> Result<Self> {
        let mut compiler = Compiler { context, steps: Vec::new(), known: HashMap::new() };
        let mut roots = Vec::new();
        for expr in exprs {
            roots.push(compiler.compile(expr)?);
        }
        let mut uses = vec![0; compiler.steps.len()];
        let mut read = |step: usize| {
            if let Some(count) = uses.get_mut(step) {
                *count += 1;
            }
        };
        for step in &compiler.steps {
            if let ProgramStep::Call(call) = step {
                call.arguments.iter().for_each(|(step, _)| read(*step));
            }
        }
        roots.iter().for_each(|(step, _)| read(*step));
        Ok(Self { steps: compiler.steps, roots, uses })
    }

    /// A column for each expression.
    pub(super) fn run(&self, context: &ExecContext<'_>, chunk: &Chunk) -> Result<Vec<Column>> {
        let cells = self.cells(context, chunk)?;
        self.roots.iter().map(|root| self.root(&cells, *root, chunk)).collect()
    }

    /// A chunk with a column for each expression; input columns stay as they are, gathered or not.
    pub(super) fn project(&self, context: &ExecContext<'_>, chunk: &Chunk) -> Result<Chunk> {
        let cells = self.cells(context, chunk)?;
        let mut out = Chunk::without_columns(chunk.len());
        for root in &self.roots {
            match self.steps.get(root.0) {
                Some(ProgramStep::Input(index)) if *index < chunk.width() => out.push_from(chunk, *index),
                _ => out.push(self.root(&cells, *root, chunk)?),
            }
        }
        Ok(out)
    }

    fn root(&self, cells: &Cells, (step, output): (usize, usize), chunk: &Chunk) -> Result<Column> {
        self.read(cells, step, output, chunk).ok_or_else(|| {
            let what = "an expression reads a column that its rows do not have";
            Box::new(Diagnostic::internal(Span::default(), what))
        })
    }

    fn read(&self, cells: &Cells, step: usize, output: usize, chunk: &Chunk) -> Option<Column> {
        match self.steps.get(step)? {
            ProgramStep::Constant(value, data_type) => {
                Some(Column::constant(value.clone(), *data_type, chunk.len()))
            }
            ProgramStep::Input(index) => (*index < chunk.width()).then(|| chunk.column(*index)),
            ProgramStep::Call(_) => cells.get(step)?.as_ref()?.get(output).cloned(),
        }
    }

    fn cells(&self, context: &ExecContext<'_>, chunk: &Chunk) -> Result<Cells> {
        let mut cells: Cells = Vec::new();
        cells.resize_with(self.steps.len(), || None);
        let mut left = self.uses.clone();
        for (at, step) in self.steps.iter().enumerate() {
            let ProgramStep::Call(call) = step else { continue };
            let mut arguments = Vec::with_capacity(call.arguments.len());
            for &(step, output) in &call.arguments {
                let column = self.read(&cells, step, output, chunk);
                arguments.push(column.ok_or_else(|| call.broken("an argument is missing"))?);
            }
            let columns = match call.remembered(context, &arguments) {
                Some(column) => vec![column],
                None => call.run(context, &arguments, chunk.len())?,
            };
            // What nobody reads any more is let go at once.
            for (step, _) in &call.arguments {
                if let (Some(count), Some(cell)) = (left.get_mut(*step), cells.get_mut(*step)) {
                    *count -= 1;
                    if *count == 0 {
                        *cell = None;
                    }
                }
            }
            if let Some(cell) = cells.get_mut(at) {
                *cell = Some(columns);
            }
        }
        Ok(cells)
    }
}

impl Invocation {
    /// The result, where it is that of values whose results are known.
    fn remembered(&self, context: &ExecContext<'_>, arguments: &[Column]) -> Option<Column> {
        let (place, memo) = self.memo.as_ref()?;
        memo.get(arguments.get(*place)?.as_strings()?, |values| {
            let rows = values.len();
            let mut arguments: Vec<Column> = arguments
                .iter()
                .map(|it| {
                    it.as_constant().map_or_else(
                        || it.clone(),
                        |value| Column::constant(value.clone(), it.scalar_type(), rows),
                    )
                })
                .collect();
            if let Some(argument) = arguments.get_mut(*place) {
                *argument = values;
            }
            let mut columns = self.run(context, &arguments, rows)?;
            columns.pop().ok_or_else(|| self.broken("it gave no column"))
        })
    }

    fn run(&self, context: &ExecContext<'_>, arguments: &[Column], rows: usize) -> Result<Vec<Column>> {
        self.function.run(arguments, rows, &self.returns, context.run.context, self.span)
    }

    /// The engine itself is at fault.
    fn broken(&self, what: &str) -> Failure {
        Box::new(Diagnostic::internal(self.span, format!("'{}': {what}", self.function.name)))
    }
}

struct Compiler<'s, 'a> {
    context: &'s ExecContext<'a>,
    steps: Vec<ProgramStep>,
    known: HashMap<StepIdentity, usize>,
}

impl Compiler<'_, '_> {
    /// Appends the steps of an expression; gives the step and output that hold its value.
    ///
    /// Walks with a stack of its own: expressions may be nested deeper than threads have room for.
    fn compile(&mut self, root: &Expr) -> Result<(usize, usize)> {
        enum Task<'e> {
            Visit(&'e Expr),
            Finish(&'e Expr),
        }
        let mut tasks = vec![Task::Visit(root)];
        let mut done: Vec<(usize, usize)> = Vec::new();
        while let Some(task) = tasks.pop() {
            match task {
                Task::Visit(expr @ Expr::Call { arguments, .. }) => {
                    tasks.push(Task::Finish(expr));
                    tasks.extend(arguments.iter().rev().map(Task::Visit));
                }
                Task::Visit(expr) => {
                    let leaf = self.leaf(expr)?;
                    done.push((leaf, 0));
                }
                Task::Finish(expr) => {
                    let Expr::Call { function, arguments, returns, output, span } = expr else { continue };
                    let arguments = done.split_off(done.len().saturating_sub(arguments.len()));
                    let memo =
                        self.varying(function, &arguments).map(|place| (place, DictionaryResults::default()));
                    let call =
                        Invocation { function, arguments, returns: returns.clone(), span: *span, memo };
                    done.push(self.call(call, *output)?);
                }
            }
        }
        Ok(done.pop().unwrap_or_default())
    }

    fn leaf(&mut self, expr: &Expr) -> Result<usize> {
        let (value, data_type) = match expr {
            Expr::Literal { value, data_type } => (value.clone(), *data_type),
            Expr::Column { index, .. } => {
                return Ok(self.step(Some(StepIdentity::Input(*index)), ProgramStep::Input(*index)));
            }
            Expr::Parameter { name, data_type, default } => {
                let value = self.context.run.parameters.get(&**name).or(default.as_ref());
                let value = value.ok_or_else(|| {
                    let message = format!("the query parameter '{name}' has no value");
                    Box::new(Diagnostic::error(Code::MissingParameter, Span::default(), message))
                })?;
                (value.convert(*data_type), *data_type)
            }
            Expr::Outer { scope, index, data_type } => {
                let at = Site { name: "a value of the rows that a body is given", span: Span::default() };
                let rows = self.context.outer(*scope, at)?;
                (rows.column(*index).value(0).convert(*data_type), *data_type)
            }
            Expr::Subquery { plan, data_type } => (self.context.scalar(plan, *data_type)?, *data_type),
            Expr::ListSubquery { plan } => (self.context.list(plan)?, ScalarType::Dynamic),
            // Calls are taken apart by the caller.
            Expr::Call { returns, .. } => {
                (Value::Null, returns.first().copied().unwrap_or(ScalarType::Dynamic))
            }
        };
        Ok(self.constant(value, data_type))
    }

    /// The argument that alone varies, for a function that gives the same for the same.
    fn varying(&self, function: &ScalarFunction, arguments: &[(usize, usize)]) -> Option<usize> {
        if function.volatility == Volatility::Volatile || !matches!(function.kernel, Kernel::Rows(_)) {
            return None;
        }
        let constant = |step: usize| matches!(self.steps.get(step), Some(ProgramStep::Constant(..)));
        let mut varying = (0..arguments.len()).filter(|&at| !constant(arguments[at].0));
        varying.next().filter(|_| varying.next().is_none())
    }

    fn constant(&mut self, value: Value, data_type: ScalarType) -> usize {
        let key = match &value {
            Value::String(text) if text.len() < 1 << 10 => Some(StepIdentity::Text(text.to_string())),
            Value::String(_) => None,
            Value::Real(real) => Some(StepIdentity::Bits(data_type, real.to_bits().to_string())),
            Value::Dynamic(Dynamic::Array(it)) => Some(StepIdentity::Shared(Arc::as_ptr(it) as usize)),
            Value::Dynamic(Dynamic::Bag(it)) => Some(StepIdentity::Shared(Arc::as_ptr(it) as usize)),
            Value::Dynamic(_) => None,
            Value::Null => Some(StepIdentity::Bits(data_type, String::new())),
            other => Some(StepIdentity::Bits(data_type, other.to_text().to_string())),
        };
        self.step(key, ProgramStep::Constant(value, data_type))
    }

    fn call(&mut self, call: Invocation, output: usize) -> Result<(usize, usize)> {
        let fixed = call.function.volatility != Volatility::Volatile;
        let known = call.arguments.iter().map(|(step, _)| match self.steps.get(*step) {
            Some(ProgramStep::Constant(value, data_type)) => Some((value, *data_type)),
            _ => None,
        });
        if let Some(arguments) = known.collect::<Option<Vec<_>>>()
            && let Some(values) =
                call.function.of_constants(&arguments, &call.returns, self.context.run.context, call.span)
        {
            let values = values?;
            let (value, data_type) =
                values.get(output).ok_or_else(|| call.broken("it has no such output"))?;
            return Ok((self.constant(value.clone(), *data_type), 0));
        }
        let key =
            fixed.then(|| StepIdentity::Call(call.function, call.arguments.clone(), call.returns.to_vec()));
        Ok((self.step(key, ProgramStep::Call(call)), output))
    }

    fn step(&mut self, key: Option<StepIdentity>, step: ProgramStep) -> usize {
        if let Some(known) = key.as_ref().and_then(|key| self.known.get(key)) {
            return *known;
        }
        self.steps.push(step);
        let at = self.steps.len() - 1;
        if let Some(key) = key {
            self.known.insert(key, at);
        }
        at
    }
}

/// The value of an expression that reads no column.
pub(super) fn constant(expr: &Expr, context: &ExecContext<'_>) -> Result<Value> {
    let columns =
        Program::new(context, std::slice::from_ref(expr))?.run(context, &Chunk::without_columns(1))?;
    Ok(columns.first().map_or(Value::Null, |column| column.value(0)))
}

/// The number of rows that an operator's expression gives; it reads no column.
pub(super) fn row_count(expr: &Expr, plan: &Plan, context: &ExecContext<'_>) -> Result<usize> {
    match constant(expr, context)?.convert(ScalarType::Long) {
        Value::Long(count) => Ok(usize::try_from(count).unwrap_or(0)),
        _ => Err(Site::of(plan).fail(Code::EvaluationFailed, "the number of rows is null")),
    }
}
