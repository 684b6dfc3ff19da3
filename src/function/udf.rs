//! Functions that an embedding program brings: a closure over rows or over columns, with a signature, as first-class as
//! KQL's own. It must not know how a query names or calls one.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::accumulator::{AggregateCall, AggregateState};
use super::aggregate::{AggregateFunction, OrderSensitivity};
use super::{Accepts, Call, Category, Kernel, Parameter, Result, ResultName, Returns, ScalarFunction};
use super::{Signature, TypeSet, Volatility};
use crate::column::{Column, Element};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::types::ScalarType;

/// A kernel that is a closure.
pub type UdfKernel = dyn Fn(&Call<'_>) -> Result<Column> + Send + Sync;

/// A scalar function that a program brings.
///
/// ```
/// use kqlite::udf::{BoolType, ScalarUdf, StringType};
/// use kqlite::{Database, DateTime, Options, Value};
///
/// let internal = vec!["10.".to_owned(), "192.168.".to_owned()];
/// let mut db = Database::new();
/// db.add_scalar(ScalarUdf::of1::<StringType, BoolType>("is_internal", move |ip| {
///     Some(internal.iter().any(|prefix| ip.starts_with(prefix)))
/// }));
/// let query = db.compile("print x = is_internal('10.1.2.3'), y = is_internal('8.8.8.8')")?;
/// let table = query.run(&db, &Options::new(DateTime::UNIX_EPOCH))?;
/// assert_eq!(table.row(0), [Value::Bool(true), Value::Bool(false)]);
/// # Ok::<(), kqlite::Error>(())
/// ```
#[derive(Clone)]
pub struct ScalarUdf {
    entry: ScalarFunction,
    signature: Signature,
    kernel: Arc<UdfKernel>,
}

/// A parameter that takes a type. Numbers are widened, dynamic values are read as the type.
const fn parameter(name: &'static str, data_type: ScalarType) -> Parameter {
    let accepts = match data_type {
        ScalarType::Dynamic => Accepts::only(data_type),
        _ => Accepts::read_as(TypeSet::of(data_type)),
    };
    Parameter { name, ..Parameter::of(accepts) }
}

impl ScalarUdf {
    /// A function of one argument. It is not called for null, which gives null; `None` is null.
    ///
    /// It is called once for a constant, and once for each distinct text of a column that has a dictionary.
    #[must_use]
    pub fn of1<A: Element, R: Element>(
        name: &'static str,
        f: impl Fn(A::Item<'_>) -> Option<R::Owned> + Send + Sync + 'static,
    ) -> Self {
        let parameters = vec![parameter("value", A::TYPE)];
        Self::of_columns(name, parameters, R::TYPE, move |call| call.map1::<A, R>(&f))
    }

    /// A function of two arguments; otherwise as [`ScalarUdf::of1`].
    #[must_use]
    pub fn of2<A: Element, B: Element, R: Element>(
        name: &'static str,
        f: impl Fn(A::Item<'_>, B::Item<'_>) -> Option<R::Owned> + Send + Sync + 'static,
    ) -> Self {
        let parameters = vec![parameter("first", A::TYPE), parameter("second", B::TYPE)];
        Self::of_columns(name, parameters, R::TYPE, move |call| call.map2::<A, B, R>(&f))
    }

    /// A function of three arguments; otherwise as [`ScalarUdf::of1`].
    #[must_use]
    pub fn of3<A: Element, B: Element, C: Element, R: Element>(
        name: &'static str,
        f: impl Fn(A::Item<'_>, B::Item<'_>, C::Item<'_>) -> Option<R::Owned> + Send + Sync + 'static,
    ) -> Self {
        let parameters =
            vec![parameter("first", A::TYPE), parameter("second", B::TYPE), parameter("third", C::TYPE)];
        Self::of_columns(name, parameters, R::TYPE, move |call| call.map3::<A, B, C, R>(&f))
    }

    /// A function of whole columns, each as long as [`Call::rows`]; it gives a column of that length and type.
    ///
    /// A kernel must not look at one row when it computes another: how rows are divided into calls is not said.
    #[must_use]
    pub fn of_columns(
        name: &'static str,
        parameters: Vec<Parameter>,
        returns: ScalarType,
        kernel: impl Fn(&Call<'_>) -> Result<Column> + Send + Sync + 'static,
    ) -> Self {
        Self {
            entry: ScalarFunction {
                name,
                category: Category::Other,
                kernel: Kernel::Udf,
                result_name: ResultName::None,
                ..ScalarFunction::DEFAULT
            },
            signature: Signature { parameters: Cow::Owned(parameters), returns: Returns::Is(returns) },
            kernel: Arc::new(kernel),
        }
    }

    /// One sentence for the reference: what it gives.
    #[must_use]
    pub const fn summary(mut self, summary: &'static str) -> Self {
        self.entry.summary = summary;
        self
    }

    /// Names the parameters, for messages and the reference.
    #[must_use]
    pub fn parameters(mut self, names: &[&'static str]) -> Self {
        for (parameter, name) in self.signature.parameters.to_mut().iter_mut().zip(names) {
            parameter.name = name;
        }
        self
    }

    /// How long the results stay the same; for ever, if nothing is said.
    #[must_use]
    pub const fn volatility(mut self, volatility: Volatility) -> Self {
        self.entry.volatility = volatility;
        self
    }

    /// Runs the closure. One that panics, or gives other rows or another type than it said, is an error that names it.
    pub(super) fn run(&self, call: &Call<'_>) -> Result<Column> {
        let column = guarded(self.entry.name, call.span, || (self.kernel)(call))?;
        let wrong = |what: String| {
            let message = format!("the function '{}' {what}", self.entry.name);
            Err(Box::new(Diagnostic::error(Code::EvaluationFailed, call.span, message)))
        };
        if column.len() != call.rows {
            return wrong(format!("gave {} rows for {}", column.len(), call.rows));
        }
        if column.scalar_type() != call.returns {
            return wrong(format!(
                "gave a column of type {}, it says {}",
                column.scalar_type(),
                call.returns
            ));
        }
        Ok(column)
    }
}

impl fmt::Debug for ScalarUdf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScalarUdf").field("name", &self.entry.name).finish_non_exhaustive()
    }
}

/// Runs what a program brought; a panic is an error that names it.
fn guarded<T>(name: &str, span: Span, run: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<&str>().map(|it| (*it).to_owned());
        let said = said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        let message = format!("the function '{name}' panicked: {said}");
        Err(Box::new(Diagnostic::error(Code::EvaluationFailed, span, message)))
    })
}

/// A scalar function that plans call: one of the standard library, or one that a program brought.
#[derive(Clone)]
#[non_exhaustive]
pub enum FunctionRef {
    /// One of the standard library.
    Builtin(&'static ScalarFunction),
    /// One that a program brought.
    Udf(Arc<ScalarUdf>),
}

impl FunctionRef {
    /// Its forms.
    #[must_use]
    pub fn signatures(&self) -> &[Signature] {
        match self {
            Self::Builtin(function) => function.signatures,
            Self::Udf(function) => std::slice::from_ref(&function.signature),
        }
    }

    /// Both are the very same function.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        std::ptr::eq::<ScalarFunction>(&**self, &**other)
    }
}

impl Deref for FunctionRef {
    type Target = ScalarFunction;

    fn deref(&self) -> &ScalarFunction {
        match self {
            Self::Builtin(function) => function,
            Self::Udf(function) => &function.entry,
        }
    }
}

impl fmt::Debug for FunctionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl From<&'static ScalarFunction> for FunctionRef {
    fn from(function: &'static ScalarFunction) -> Self {
        Self::Builtin(function)
    }
}

/// An aggregate function that a program brings, over one argument: a state for each group, made empty, given the values
/// that are not null, merged with states of later rows, and finished.
///
/// ```
/// use kqlite::udf::{AggregateUdf, LongType};
/// use kqlite::{Database, DateTime, Options, Value};
///
/// let mut db = Database::new();
/// db.add_aggregate(AggregateUdf::new::<LongType, LongType, i64>(
///     "product",
///     || 1,
///     |state, n| *state *= n,
///     |state, later| *state *= later,
///     |state| Some(state),
/// ));
/// let query = db.compile("range n from 1 to 5 step 1 | summarize product(n)")?;
/// let table = query.run(&db, &Options::new(DateTime::UNIX_EPOCH))?;
/// assert_eq!(table.get::<i64>(0, "product_n").unwrap(), 120);
/// # Ok::<(), kqlite::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct AggregateUdf(AggregateFunction);

impl AggregateUdf {
    /// A function of one argument.
    #[must_use]
    pub fn new<A: Element, R: Element, S: Send + 'static>(
        name: impl Into<Cow<'static, str>>,
        empty: impl Fn() -> S + Send + Sync + 'static,
        add: impl Fn(&mut S, A::Item<'_>) + Send + Sync + 'static,
        merge: impl Fn(&mut S, S) + Send + Sync + 'static,
        finish: impl Fn(S) -> Option<R::Owned> + Send + Sync + 'static,
    ) -> Self {
        let steps: Arc<dyn UdfSteps<S>> = Arc::new(AggregateSteps::<A, R, S, _, _, _, _> {
            empty,
            add,
            merge,
            finish,
            types: std::marker::PhantomData,
        });
        let signature = Signature {
            parameters: Cow::Owned(vec![parameter("value", A::TYPE)]),
            returns: Returns::Is(R::TYPE),
        };
        Self(AggregateFunction {
            name: name.into(),
            aliases: &[],
            summary: Cow::Borrowed(""),
            signatures: Cow::Owned(vec![signature]),
            result_name: ResultName::NameAndFirstArgument,
            order: OrderSensitivity::Sensitive,
            accumulator: Arc::new(move |call: &AggregateCall<'_>| {
                let (steps, name, span) = (steps.clone(), call.name.to_owned(), call.span);
                Ok(call.accumulator(UdfStates { states: Vec::new(), steps, name, span }))
            }),
            examples: &[],
        })
    }

    /// One sentence for the reference: what it gives.
    #[must_use]
    pub fn summary(mut self, summary: impl Into<Cow<'static, str>>) -> Self {
        self.0.summary = summary.into();
        self
    }

    /// The result is the same whatever the order of the rows: the run may then be quicker.
    #[must_use]
    pub const fn in_any_order(mut self) -> Self {
        self.0.order = OrderSensitivity::Insensitive;
        self
    }

    /// The function as the registry holds it.
    pub(super) fn into_function(self) -> AggregateFunction {
        self.0
    }
}

/// What an [`AggregateUdf`] does with the states of its groups.
trait UdfSteps<S>: Send + Sync {
    fn empty(&self) -> S;
    fn add(&self, states: &mut [S], groups: &[u32], argument: &Column) -> Option<()>;
    fn merge(&self, state: &mut S, later: S);
    fn finish(&self, states: Vec<S>) -> Column;
    fn argument(&self) -> ScalarType;
}

struct AggregateSteps<A, R, S, E, F, M, G> {
    empty: E,
    add: F,
    merge: M,
    finish: G,
    types: std::marker::PhantomData<fn(A, R, S)>,
}

impl<A, R, S, E, F, M, G> UdfSteps<S> for AggregateSteps<A, R, S, E, F, M, G>
where
    A: Element,
    R: Element,
    E: Fn() -> S + Send + Sync,
    F: Fn(&mut S, A::Item<'_>) + Send + Sync,
    M: Fn(&mut S, S) + Send + Sync,
    G: Fn(S) -> Option<R::Owned> + Send + Sync,
{
    fn empty(&self) -> S {
        (self.empty)()
    }

    fn add(&self, states: &mut [S], groups: &[u32], argument: &Column) -> Option<()> {
        let view = A::view(argument)?;
        for (row, group) in groups.iter().enumerate() {
            if let Some(value) = view.get(row) {
                (self.add)(states.get_mut(*group as usize)?, value);
            }
        }
        Some(())
    }

    fn merge(&self, state: &mut S, later: S) {
        (self.merge)(state, later);
    }

    fn finish(&self, states: Vec<S>) -> Column {
        R::build(states.into_iter().map(|state| (self.finish)(state)))
    }

    fn argument(&self) -> ScalarType {
        A::TYPE
    }
}

struct UdfStates<S> {
    states: Vec<S>,
    steps: Arc<dyn UdfSteps<S>>,
    name: String,
    span: Span,
}

impl<S: Send + 'static> UdfStates<S> {
    fn grow(&mut self, count: usize) {
        let steps = &self.steps;
        if self.states.len() < count {
            self.states.resize_with(count, || steps.empty());
        }
    }
}

impl<S: Send + 'static> AggregateState for UdfStates<S> {
    fn update(&mut self, groups: &[u32], count: usize, arguments: &[Column]) -> Result<()> {
        let (name, span) = (self.name.clone(), self.span);
        guarded(&name, span, || {
            self.grow(count);
            let argument = arguments.first().map(|it| it.convert(self.steps.argument()));
            let added = argument.and_then(|it| self.steps.add(&mut self.states, groups, &it));
            added.ok_or_else(|| Box::new(Diagnostic::internal(span, "an argument of a function is missing")))
        })
    }

    fn merge(&mut self, other: Self, mapping: &[u32], count: usize) -> Result<()> {
        let (name, span) = (self.name.clone(), self.span);
        guarded(&name, span, || {
            self.grow(count);
            for (later, group) in other.states.into_iter().zip(mapping) {
                if let Some(state) = self.states.get_mut(*group as usize) {
                    self.steps.merge(state, later);
                }
            }
            Ok(())
        })
    }

    fn finish(mut self, count: usize) -> Result<Vec<Column>> {
        let (name, span) = (self.name.clone(), self.span);
        guarded(&name, span, || {
            self.grow(count);
            self.states.truncate(count);
            Ok(vec![self.steps.finish(self.states)])
        })
    }

    fn byte_size(&self) -> usize {
        self.states.capacity() * size_of::<S>()
    }
}
