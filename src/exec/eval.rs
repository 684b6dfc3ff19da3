//! Expressions over a chunk: a program of steps, each one computed once, without recursion. An argument that not every row
//! needs is computed for the rows that need it, where picking them pays or a row fails.
//! It must not know any particular function, nor operators.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::branches::{Branches, MIN_COST, TRUNK, Test, passing, places};
use super::context::{ExecContext, Site};
use super::dictionary_results::DictionaryResults;
use crate::budget::Charge;
use crate::column::{Chunk, Column};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{
    Doubt, Evaluated, Failure, FunctionRef, Kernel, RandomStream, Result, ScalarFunction, Semantics,
    Volatility,
};
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
    /// The branch of each step.
    taken: Vec<usize>,
    branches: Branches,
    /// The branches whose rows are picked, decided with the first chunk.
    picked: OnceLock<Vec<bool>>,
    /// The expressions, where they have branches.
    exprs: Vec<Expr>,
    /// What is charged for constants that calls gave.
    _constants: Vec<Charge>,
    /// The same program with nothing shared between branches: no row computes anything that it does not need.
    exact: OnceLock<Box<Program>>,
}

enum ProgramStep {
    Constant(Value, ScalarType),
    Input(usize, ScalarType),
    Call(Invocation),
}

struct Invocation {
    function: FunctionRef,
    /// Step and output of each argument.
    arguments: Vec<(usize, usize)>,
    /// The branch of each argument, where it is not that of the call.
    argument_branches: Vec<usize>,
    returns: Arc<[ScalarType]>,
    span: Span,
    /// Where one argument alone varies, and is of texts: its place and the results so far.
    memo: Option<(usize, DictionaryResults)>,
    /// The random numbers of its place, which go on from chunk to chunk.
    random: RandomStream,
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

/// A program over a chunk: what its steps gave so far.
struct ProgramRun<'a> {
    chunk: &'a Chunk,
    /// The branches whose rows are picked; nothing stands for all of them. One that nearly all rows take is none any more.
    picked: Option<Vec<bool>>,
    /// What each step gave, over the rows of its branch.
    cells: Vec<Option<StepResult>>,
    /// The rows of each branch, as far as they were asked for. Those of the trunk are all.
    rows: Vec<Option<BranchRows>>,
    /// What calls met of which it is not known what the real engine gives, by step.
    doubts: Vec<(usize, Vec<Doubt>)>,
}

/// The result columns of a step, and what is charged for them.
struct StepResult {
    columns: Vec<Column>,
    charge: Option<Arc<Charge>>,
}

struct BranchRows {
    numbers: Vec<u32>,
    chunk: Chunk,
}

/// The columns of a program's expressions, and what its calls met.
pub(super) struct Computed<'p> {
    pub(super) columns: Vec<Column>,
    program: &'p Program,
    doubts: Vec<(usize, Vec<Doubt>)>,
}

impl Computed<'_> {
    /// Some call met a value of which it is not known what the real engine gives.
    pub(super) const fn is_doubtful(&self) -> bool {
        !self.doubts.is_empty()
    }

    /// The columns; what was met is taken down.
    pub(super) fn take_down(self, context: &ExecContext<'_>) -> Vec<Column> {
        self.program.warn(context, self.doubts);
        self.columns
    }
}

impl Program {
    /// The expressions as a program; what is constant is computed now.
    pub(super) fn new<'e>(
        context: &ExecContext<'_>,
        exprs: impl IntoIterator<Item = &'e Expr>,
    ) -> Result<Self> {
        let exprs: Vec<&Expr> = exprs.into_iter().collect();
        Self::compile(context, &exprs, false)
    }

    /// The program; if `exact`, branches share nothing but what a branch below them computes.
    fn compile(context: &ExecContext<'_>, exprs: &[&Expr], exact: bool) -> Result<Self> {
        let mut compiler = Compiler {
            context,
            steps: Vec::new(),
            taken: Vec::new(),
            branches: Branches::default(),
            known: HashMap::new(),
            charges: Vec::new(),
            exact,
        };
        let mut roots = Vec::new();
        for expr in exprs {
            roots.push(compiler.compile(expr)?);
        }
        let Compiler { steps, taken, branches, charges, .. } = compiler;
        let mut uses = vec![0; steps.len()];
        let mut read = |step: usize| {
            if let Some(count) = uses.get_mut(step) {
                *count += 1;
            }
        };
        for step in &steps {
            if let ProgramStep::Call(call) = step {
                call.arguments.iter().for_each(|(step, _)| read(*step));
            }
        }
        roots.iter().for_each(|(step, _)| read(*step));
        // Conditions are read for as long as branches may be asked for.
        branches.conditions().for_each(|(step, _)| read(step));
        let exprs = match branches.is_empty() || exact {
            true => Vec::new(),
            false => exprs.iter().map(|expr| (*expr).clone()).collect(),
        };
        let (picked, exact) = (OnceLock::new(), OnceLock::new());
        Ok(Self { steps, roots, uses, taken, branches, picked, exprs, _constants: charges, exact })
    }

    /// A column for each expression.
    pub(super) fn run(&self, context: &ExecContext<'_>, chunk: &Chunk) -> Result<Vec<Column>> {
        Ok(self.compute(context, chunk)?.take_down(context))
    }

    /// As [`Self::run`], over rows that it was run over before: what calls met was taken down then.
    pub(super) fn run_again(&self, context: &ExecContext<'_>, chunk: &Chunk) -> Result<Vec<Column>> {
        Ok(self.compute(context, chunk)?.columns)
    }

    /// As [`Self::run`]; what calls met is not taken down yet.
    pub(super) fn compute<'p>(&'p self, context: &ExecContext<'_>, chunk: &'p Chunk) -> Result<Computed<'p>> {
        let (program, run) = self.steps_over(context, chunk)?;
        let columns = program.roots.iter().map(|root| program.root(&run, *root)).collect::<Result<_>>()?;
        Ok(Computed { columns, program, doubts: run.doubts })
    }

    /// A chunk with a column for each expression; input columns stay as they are, gathered or not.
    pub(super) fn project(&self, context: &ExecContext<'_>, chunk: &Chunk) -> Result<Chunk> {
        let (program, mut run) = self.steps_over(context, chunk)?;
        program.warn(context, std::mem::take(&mut run.doubts));
        let mut out = Chunk::without_columns(chunk.len());
        for root in &program.roots {
            match program.steps.get(root.0) {
                Some(ProgramStep::Input(index, _)) if *index < chunk.width() => out.push_from(chunk, *index),
                _ => {
                    let charge = run.cells.get(root.0).and_then(Option::as_ref);
                    let charge = charge.and_then(|it| it.charge.clone());
                    out.push_charged(program.root(&run, *root)?, charge);
                }
            }
        }
        Ok(out)
    }

    fn warn(&self, context: &ExecContext<'_>, doubts: Vec<(usize, Vec<Doubt>)>) {
        for (step, doubts) in doubts {
            if let Some(ProgramStep::Call(call)) = self.steps.get(step) {
                context.run.context.warn(call.function.spelling(), call.span, doubts);
            }
        }
    }

    fn root(&self, run: &ProgramRun<'_>, slot: (usize, usize)) -> Result<Column> {
        self.read(run, slot, TRUNK).ok_or_else(|| {
            let what = "an expression reads a column that its rows do not have";
            Box::new(Diagnostic::internal(Span::default(), what))
        })
    }

    /// The branch over whose rows a step is computed.
    fn computed(&self, run: &ProgramRun<'_>, step: usize) -> usize {
        self.branches.computed(self.taken.get(step).copied().unwrap_or(TRUNK), run.picked.as_deref())
    }

    /// The branches of which it pays to pick the rows.
    fn costly_branches(&self, chunk: &Chunk) -> Vec<bool> {
        let mut costs = vec![0_u32; self.branches.len()];
        for (step, branch) in self.steps.iter().zip(&self.taken) {
            let ProgramStep::Call(call) = step else { continue };
            // What is known for the values of a dictionary is only looked up.
            let is_looked_up = call.memo.as_ref().is_some_and(|(place, _)| {
                let varying = call.arguments.get(*place).and_then(|(step, _)| self.steps.get(*step));
                matches!(varying, Some(ProgramStep::Input(index, ScalarType::String)) if *index < chunk.width()
                    && chunk.column(*index).as_strings().is_some_and(|texts| texts.dictionary().is_some()))
            });
            if let Some(cost) = costs.get_mut(*branch).filter(|_| !is_looked_up) {
                let types = call.arguments.iter().map(|slot| scalar_type(&self.steps, *slot));
                *cost = cost.saturating_add(call.function.cost.over(types));
            }
        }
        costs.into_iter().map(|cost| cost >= MIN_COST).collect()
    }

    /// The result of a step over the rows of a branch; rows for which it was not computed have null.
    fn read(&self, run: &ProgramRun<'_>, (step, output): (usize, usize), branch: usize) -> Option<Column> {
        let chunk = run.chunk_of(branch);
        match self.steps.get(step)? {
            ProgramStep::Constant(value, data_type) => {
                Some(Column::constant(value.clone(), *data_type, chunk.len()))
            }
            ProgramStep::Input(index, _) => (*index < chunk.width()).then(|| chunk.column(*index)),
            ProgramStep::Call(_) => {
                let column = run.cells.get(step)?.as_ref()?.columns.get(output)?;
                let from = self.computed(run, step);
                if from == branch {
                    return Some(column.clone());
                }
                let wanted = match run.numbers(branch) {
                    Some(numbers) => places(run.numbers(from), numbers),
                    None => places(run.numbers(from), &(0..run.chunk.len() as u32).collect::<Vec<_>>()),
                };
                Some(column.take(&wanted))
            }
        }
    }

    /// Computes every step. What fails is computed again for no more rows than need it: perhaps none of them fails.
    fn steps_over<'c>(
        &'c self,
        context: &ExecContext<'_>,
        chunk: &'c Chunk,
    ) -> Result<(&'c Self, ProgramRun<'c>)> {
        let picked = self.picked.get_or_init(|| match self.branches.is_empty() {
            true => Vec::new(),
            false => self.costly_branches(chunk),
        });
        match self.attempt(context, chunk, Some(picked)) {
            Ok(run) if run.doubts.is_empty() => Ok((self, run)),
            found if self.branches.is_empty() => found.map(|run| (self, run)),
            _ => {
                let exact = match self.exact.get() {
                    Some(exact) => exact,
                    None => {
                        let exprs: Vec<&Expr> = self.exprs.iter().collect();
                        let exact = Self::compile(context, &exprs, true)?;
                        self.exact.get_or_init(|| Box::new(exact))
                    }
                };
                Ok((exact, exact.attempt(context, chunk, None)?))
            }
        }
    }

    fn attempt<'c>(
        &self,
        context: &ExecContext<'_>,
        chunk: &'c Chunk,
        picked: Option<&'c [bool]>,
    ) -> Result<ProgramRun<'c>> {
        let mut run = ProgramRun {
            chunk,
            picked: picked.map(<[bool]>::to_vec),
            cells: std::iter::repeat_with(|| None).take(self.steps.len()).collect(),
            rows: std::iter::repeat_with(|| None).take(self.branches.len()).collect(),
            doubts: Vec::new(),
        };
        let mut left = self.uses.clone();
        for (at, step) in self.steps.iter().enumerate() {
            let ProgramStep::Call(call) = step else { continue };
            let branch = self.pick(&mut run, self.taken.get(at).copied().unwrap_or(TRUNK))?;
            let rows = run.chunk_of(branch).len();
            let mut arguments = Vec::with_capacity(call.arguments.len());
            for &slot in &call.arguments {
                let column = self.read(&run, slot, branch);
                arguments.push(column.ok_or_else(|| call.broken("an argument is missing"))?);
            }
            let found = match call.remembered(context, &arguments) {
                Some(column) => call.looked_up(context, column)?,
                // Rows in no branch need nothing, and cannot fail.
                None if rows == 0 && branch != TRUNK => {
                    let columns = call.returns.iter().map(|it| Column::nulls(*it, 0)).collect();
                    Evaluated { columns, doubts: Vec::new(), charge: None }
                }
                None => call.run(context, &arguments, rows)?,
            };
            if !found.doubts.is_empty() {
                run.doubts.push((at, found.doubts));
            }
            // What nobody reads any more is let go at once.
            for (step, _) in &call.arguments {
                if let (Some(count), Some(cell)) = (left.get_mut(*step), run.cells.get_mut(*step)) {
                    *count -= 1;
                    if *count == 0 {
                        *cell = None;
                    }
                }
            }
            if let Some(cell) = run.cells.get_mut(at) {
                *cell = Some(StepResult { columns: found.columns, charge: found.charge.map(Arc::new) });
            }
        }
        Ok(run)
    }

    /// Finds the rows for which the steps of a branch are computed, and gives the branch that has them.
    fn pick(&self, run: &mut ProgramRun<'_>, branch: usize) -> Result<usize> {
        let computed =
            |run: &ProgramRun<'_>, branch: usize| self.branches.computed(branch, run.picked.as_deref());
        // Branches may be nested deeper than threads have room for: those below come first.
        let mut missing = Vec::new();
        let mut at = computed(run, branch);
        while at != TRUNK && run.rows.get(at).is_some_and(Option::is_none) {
            missing.push(at);
            at = computed(run, self.branches.parent(at));
        }
        for branch in missing.into_iter().rev() {
            let below = computed(run, self.branches.parent(branch));
            let numbers = self.rows_of(run, below, branch)?;
            let all = run.chunk_of(below).len();
            match run.picked.as_mut().and_then(|picked| picked.get_mut(branch)) {
                // To pick nearly all rows costs more than it saves.
                Some(picked) if numbers.len() >= all - all / 4 => *picked = false,
                _ => {
                    let chunk = run.chunk.select(numbers.clone());
                    if let Some(rows) = run.rows.get_mut(branch) {
                        *rows = Some(BranchRows { numbers, chunk });
                    }
                }
            }
        }
        Ok(computed(run, branch))
    }

    /// The numbers of the rows of `below` that take a branch.
    fn rows_of(&self, run: &ProgramRun<'_>, below: usize, branch: usize) -> Result<Vec<u32>> {
        // The places among those rows of what is left; at first that is all.
        let mut left: Option<Vec<u32>> = None;
        for (condition, test) in self.branches.path(below, branch) {
            let column = self.read(run, condition, below).ok_or_else(|| {
                Box::new(Diagnostic::internal(Span::default(), "the condition of a branch is missing"))
            })?;
            left = Some(match left {
                None => passing(&column, test),
                Some(places) => of_these(&places, &passing(&column.take(&places), test)),
            });
        }
        let left = left.unwrap_or_default();
        Ok(match run.numbers(below) {
            Some(numbers) => of_these(numbers, &left),
            None => left,
        })
    }
}

/// The items at these places.
fn of_these(items: &[u32], places: &[u32]) -> Vec<u32> {
    places.iter().filter_map(|at| items.get(*at as usize).copied()).collect()
}

impl ProgramRun<'_> {
    fn chunk_of(&self, branch: usize) -> &Chunk {
        self.rows.get(branch).and_then(Option::as_ref).map_or(self.chunk, |it| &it.chunk)
    }

    /// The numbers of a branch's rows; nothing for the trunk, which has all.
    fn numbers(&self, branch: usize) -> Option<&[u32]> {
        self.rows.get(branch)?.as_ref().map(|it| &*it.numbers)
    }
}

/// The type of a step's output.
fn scalar_type(steps: &[ProgramStep], (step, output): (usize, usize)) -> ScalarType {
    match steps.get(step) {
        Some(ProgramStep::Constant(_, data_type)) | Some(ProgramStep::Input(_, data_type)) => *data_type,
        Some(ProgramStep::Call(call)) => call.returns.get(output).copied().unwrap_or(ScalarType::Dynamic),
        None => ScalarType::Dynamic,
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
            let mut found = self.run(context, &arguments, rows)?;
            // The rows with such a value are to be counted.
            if !found.doubts.is_empty() {
                return Err(self.broken("it is in doubt"));
            }
            let column = found.columns.pop().ok_or_else(|| self.broken("it gave no column"))?;
            Ok((column, found.charge))
        })
    }

    /// A column that was looked up: only what its rows take is new.
    fn looked_up(&self, context: &ExecContext<'_>, column: Column) -> Result<Evaluated> {
        let bytes =
            column.as_strings().map_or_else(|| column.byte_size(), |texts| texts.len() * size_of::<u32>());
        let user = || format!("'{}'", self.function.spelling());
        let charge = context.budget().charge(bytes, user, self.span)?;
        Ok(Evaluated { columns: vec![column], doubts: Vec::new(), charge })
    }

    fn run(&self, context: &ExecContext<'_>, arguments: &[Column], rows: usize) -> Result<Evaluated> {
        self.function.run(arguments, rows, &self.returns, context.run.context, &self.random, self.span)
    }

    /// The engine itself is at fault.
    fn broken(&self, what: &str) -> Failure {
        Box::new(Diagnostic::internal(self.span, format!("'{}': {what}", self.function.name)))
    }
}

struct Compiler<'s, 'a> {
    context: &'s ExecContext<'a>,
    steps: Vec<ProgramStep>,
    /// The branch of each step.
    taken: Vec<usize>,
    branches: Branches,
    /// The steps of an identity: one, or those of different branches.
    known: HashMap<StepIdentity, Vec<usize>>,
    /// What is charged for the constants that calls gave.
    charges: Vec<Charge>,
    /// What is known is not shared with branches that are not on it.
    exact: bool,
}

impl Compiler<'_, '_> {
    /// Appends the steps of an expression; gives the step and output that hold its value.
    ///
    /// Walks with a stack of its own: expressions may be nested deeper than threads have room for.
    fn compile(&mut self, root: &Expr) -> Result<(usize, usize)> {
        enum Task<'e> {
            /// An expression in a branch.
            Visit(&'e Expr, usize),
            /// The next argument of a call in a branch, where not every row needs every argument. The branch of the last
            /// one that decides what follows.
            Argument(&'e Expr, usize, usize),
            Finish(&'e Expr, usize, usize),
        }
        let mut tasks = vec![Task::Visit(root, TRUNK)];
        let mut done: Vec<(usize, usize)> = Vec::new();
        // The branches of the arguments of the calls that are not finished, in their order.
        let mut argument_branches: Vec<usize> = Vec::new();
        while let Some(task) = tasks.pop() {
            match task {
                Task::Visit(expr @ Expr::Call { function, arguments, .. }, branch) => {
                    tasks.push(Task::Finish(expr, branch, argument_branches.len()));
                    match function.semantics {
                        Semantics::And | Semantics::Or | Semantics::Choice | Semantics::FirstPresent
                            if !expr.has_window() =>
                        {
                            tasks.push(Task::Argument(expr, 0, branch));
                        }
                        _ => tasks.extend(arguments.iter().rev().map(|it| Task::Visit(it, branch))),
                    }
                }
                Task::Visit(expr, _) => {
                    let leaf = self.leaf(expr)?;
                    done.push((leaf, 0));
                }
                Task::Argument(expr, at, before) => {
                    let Expr::Call { function, arguments, .. } = expr else { continue };
                    let Some(argument) = arguments.get(at) else { continue };
                    let tested = |back: usize| {
                        done.len().checked_sub(back).and_then(|at| done.get(at)).copied().unwrap_or_default()
                    };
                    let is_last = at + 1 == arguments.len();
                    // The branch of the argument, and that of the last one that decides.
                    let (own, deciding) = match function.semantics {
                        _ if at == 0 => (before, before),
                        Semantics::Choice if at % 2 == 1 && !is_last => {
                            (self.branches.add(before, tested(1), Test::True), before)
                        }
                        semantics => {
                            let (back, test) = match semantics {
                                Semantics::Choice => (2, Test::NotTrue),
                                Semantics::And => (1, Test::NotFalse),
                                Semantics::Or => (1, Test::NotTrue),
                                _ => (1, Test::Missing),
                            };
                            let branch = self.branches.add(before, tested(back), test);
                            (branch, branch)
                        }
                    };
                    argument_branches.push(own);
                    tasks.push(Task::Argument(expr, at + 1, deciding));
                    tasks.push(Task::Visit(argument, own));
                }
                Task::Finish(expr, branch, first) => {
                    let Expr::Call { function, arguments, returns, output, span, .. } = expr else {
                        continue;
                    };
                    let arguments = done.split_off(done.len().saturating_sub(arguments.len()));
                    let memo =
                        self.varying(function, &arguments).map(|place| (place, DictionaryResults::default()));
                    let argument_branches = argument_branches.split_off(first.min(argument_branches.len()));
                    let (returns, span) = (returns.clone(), *span);
                    let function = function.clone();
                    let random = match function.volatility {
                        Volatility::Volatile => self.context.run.context.random(span),
                        _ => RandomStream::default(),
                    };
                    let call =
                        Invocation { function, arguments, argument_branches, returns, span, memo, random };
                    done.push(self.call(call, *output, branch)?);
                }
            }
        }
        Ok(done.pop().unwrap_or_default())
    }

    fn leaf(&mut self, expr: &Expr) -> Result<usize> {
        let (value, data_type) = match expr {
            Expr::Literal { value, data_type } => (value.clone(), *data_type),
            Expr::Column { index, data_type } => {
                let input = ProgramStep::Input(*index, *data_type);
                return Ok(self.step(Some(StepIdentity::Input(*index)), input, TRUNK));
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
        if function.volatility == Volatility::Volatile
            || !matches!(function.kernel, Kernel::Rows(_) | Kernel::Udf)
        {
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
            Value::Dynamic(Dynamic::Array(it)) => Some(StepIdentity::Shared(it.address())),
            Value::Dynamic(Dynamic::Bag(it)) => Some(StepIdentity::Shared(it.address())),
            Value::Dynamic(_) => None,
            Value::Null => Some(StepIdentity::Bits(data_type, String::new())),
            other => Some(StepIdentity::Bits(data_type, other.to_text().to_string())),
        };
        self.step(key, ProgramStep::Constant(value, data_type), TRUNK)
    }

    fn call(&mut self, call: Invocation, output: usize, branch: usize) -> Result<(usize, usize)> {
        let fixed = call.function.volatility != Volatility::Volatile;
        let known = call.arguments.iter().map(|(step, _)| match self.steps.get(*step) {
            Some(ProgramStep::Constant(value, data_type)) => Some((value, *data_type)),
            _ => None,
        });
        if let Some(arguments) = known.collect::<Option<Vec<_>>>()
            && let Some(values) =
                call.function.of_constants(&arguments, &call.returns, self.context.run.context, call.span)
        {
            match values {
                Ok((values, charge)) => {
                    self.charges.extend(charge);
                    let (value, data_type) =
                        values.get(output).ok_or_else(|| call.broken("it has no such output"))?;
                    return Ok((self.constant(value.clone(), *data_type), 0));
                }
                Err(failure) if branch == TRUNK => return Err(failure),
                // Perhaps no row takes the branch.
                Err(_) => {}
            }
        }
        self.refuse_form(&call)?;
        let key = fixed.then(|| {
            StepIdentity::Call(&raw const *call.function, call.arguments.clone(), call.returns.to_vec())
        });
        Ok((self.step(key, ProgramStep::Call(call), branch), output))
    }

    /// Runs a call over no rows, so that what is refused for its form is refused whatever rows there are.
    fn refuse_form(&self, call: &Invocation) -> Result<()> {
        let arguments: Vec<Column> = call
            .arguments
            .iter()
            .map(|slot| match self.steps.get(slot.0) {
                Some(ProgramStep::Constant(value, data_type)) => {
                    Column::constant(value.clone(), *data_type, 0)
                }
                _ => Column::nulls(scalar_type(&self.steps, *slot), 0).to_flat(),
            })
            .collect();
        let constant = |column: &Column| column.as_constant().is_some();
        if arguments.is_empty() || arguments.iter().all(constant) {
            return Ok(());
        }
        call.run(self.context, &arguments, 0).map(|_| ())
    }

    fn step(&mut self, key: Option<StepIdentity>, step: ProgramStep, branch: usize) -> usize {
        let known = key.as_ref().and_then(|key| self.known.get(key)).map_or(&[][..], Vec::as_slice);
        let below = |step: &usize| {
            let taken = self.taken.get(*step).copied().unwrap_or(TRUNK);
            !self.exact || taken == TRUNK || self.branches.common(taken, branch) == taken
        };
        if let Some(known) = known.iter().copied().find(below) {
            self.share(known, branch);
            return known;
        }
        self.steps.push(step);
        self.taken.push(branch);
        let at = self.steps.len() - 1;
        if let Some(key) = key {
            self.known.entry(key).or_default().push(at);
        }
        at
    }

    /// Moves a step, and what it needs, to a branch that has all rows of another one too.
    fn share(&mut self, step: usize, branch: usize) {
        let mut todo = vec![(step, branch)];
        while let Some((step, branch)) = todo.pop() {
            let Some(taken) = self.taken.get_mut(step) else { continue };
            let (from, to) = (*taken, self.branches.common(*taken, branch));
            if from == to {
                continue;
            }
            *taken = to;
            let Some(ProgramStep::Call(call)) = self.steps.get_mut(step) else { continue };
            for (at, (argument, _)) in call.arguments.iter().enumerate() {
                match call.argument_branches.get_mut(at) {
                    Some(own) if *own != from => self.branches.move_up(*own, from, to),
                    own => {
                        if let Some(own) = own {
                            *own = to;
                        }
                        todo.push((*argument, to));
                    }
                }
            }
        }
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
