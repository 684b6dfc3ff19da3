//! One call of a scalar function over columns, and the adapters that run a row function over them.
//! It must not know any particular function.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt::{self, Display};
use std::sync::{Arc, Mutex, PoisonError};

use super::doubt::{Doubt, Doubts, DoubtsOfRun, Warnings};
use super::random::{RandomStream, RandomStreams};
use super::{Failure, IpLocator, Result, Session};
use crate::budget::{Budget, Used};
use crate::column::{Column, ConstantColumn, Element, StringBuilder, StringColumn, StringType, View};
use crate::diagnostic::{Code, Diagnostic, Warning};
use crate::source::Span;
use crate::types::{DateTime, Dynamic, ScalarType, Value};

/// What a function may know of the run it is part of.
#[derive(Debug)]
pub struct Context {
    /// The query's `now()`.
    pub now: DateTime,
    /// What the run may use.
    pub budget: Arc<Budget>,
    /// Where and for whom the query runs.
    pub session: Arc<Session>,
    /// A value of which it is not known what the real engine gives for it ends the run.
    pub strict: bool,
    /// Tells where addresses are, if the program brought it.
    pub locator: Option<Arc<dyn IpLocator>>,
    random: RandomStreams,
    warnings: Arc<Warnings>,
    /// What functions make once a run, by its type.
    made: Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
}

impl Context {
    /// A context with a fixed clock and a seed for `rand`.
    #[must_use]
    pub fn new(now: DateTime, budget: Budget, seed: u64) -> Self {
        let (warnings, budget) = (Arc::default(), Arc::new(budget));
        Self {
            now,
            budget,
            session: Arc::default(),
            strict: false,
            locator: None,
            random: RandomStreams::new(seed),
            warnings,
            made: Mutex::default(),
        }
    }

    /// The same, strict or not.
    #[must_use]
    pub fn with_strict(self, strict: bool) -> Self {
        Self { strict, ..self }
    }

    /// The same, in a session.
    #[must_use]
    pub fn with_session(self, session: Arc<Session>) -> Self {
        Self { session, ..self }
    }

    /// Something that a function makes once a run, such as tables that are costly to make; known by its type. Whoever makes
    /// it charges for it.
    ///
    /// # Errors
    /// What making it fails with.
    pub fn made_once<T: Any + Send + Sync>(&self, make: impl FnOnce() -> Result<T>) -> Result<Arc<T>> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = made.get(&TypeId::of::<T>())
            && let Ok(known) = Arc::clone(known).downcast::<T>()
        {
            return Ok(known);
        }
        let new = Arc::new(make()?);
        made.insert(TypeId::of::<T>(), new.clone());
        Ok(new)
    }

    /// The same, with what tells where addresses are.
    #[must_use]
    pub fn with_locator(self, locator: Option<Arc<dyn IpLocator>>) -> Self {
        Self { locator, ..self }
    }

    /// Takes down what a call met.
    pub fn warn(&self, function: &str, span: Span, doubts: Vec<Doubt>) {
        self.warnings.add(function, span, doubts);
    }

    /// Where a function that outlives a call, such as an aggregate, takes down what it meets.
    #[must_use]
    pub fn doubts(&self, function: &str, span: Span) -> DoubtsOfRun {
        DoubtsOfRun::new(function, span, self.strict, Arc::clone(&self.warnings))
    }

    /// What was taken down, in the order of the places.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        self.warnings.list()
    }

    /// Random numbers for a place of the query, fixed by the seed.
    #[must_use]
    pub fn random(&self, place: Span) -> RandomStream {
        self.random.open(place)
    }
}

/// A text that grows within a run's budget.
pub struct BudgetedText<'c, 'a> {
    call: &'c Call<'a>,
    text: String,
    failure: Option<Failure>,
}

impl BudgetedText<'_, '_> {
    /// Appends a piece.
    ///
    /// # Errors
    /// The budget is used up.
    pub fn push(&mut self, piece: &str) -> Result<()> {
        let len = self.text.len() + piece.len();
        if len > self.text.capacity() {
            self.call.reserve(len.saturating_mul(2))?;
        }
        self.call.work(piece.len())?;
        self.text.push_str(piece);
        Ok(())
    }

    /// The text.
    #[must_use]
    pub fn finish(self) -> String {
        self.text
    }
}

impl fmt::Write for BudgetedText<'_, '_> {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        self.push(piece).map_err(|failure| {
            self.failure = Some(failure);
            fmt::Error
        })
    }
}

/// The work of a row, whatever its values: about as much as reading so many bytes.
const ROW_WORK: usize = 16;

/// How much work is done before the budget is asked.
const WORK_PER_CHECK: usize = 1 << 15;

/// One call: the arguments as columns of one length, and what else a kernel needs.
#[derive(Debug)]
pub struct Call<'a> {
    /// The function's name, for messages.
    pub name: &'a str,
    /// The arguments.
    pub arguments: &'a [Column],
    /// How many rows.
    pub rows: usize,
    /// The type that the binder chose for the result; `data_types` has more of them for several columns.
    pub returns: ScalarType,
    /// The types of all result columns, for functions that return several.
    pub data_types: &'a [ScalarType],
    /// The run.
    pub context: &'a Context,
    /// What the call meets of which it is not known what the real engine gives.
    pub doubts: &'a Doubts,
    /// The random numbers of its place.
    pub random: &'a RandomStream,
    /// What the call has used so far of the run's budget.
    pub used: &'a Used<'a>,
    /// The call's place in the query.
    pub span: Span,
}

impl<'a> Call<'a> {
    /// How many arguments there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.arguments.len()
    }

    /// The column of an argument.
    ///
    /// # Errors
    /// There is no such argument, which the binder prevents.
    pub fn argument(&self, at: usize) -> Result<&'a Column> {
        self.arguments.get(at).ok_or_else(|| self.fail(format!("argument {} is missing", at + 1)))
    }

    /// The column of an argument, read as another type.
    ///
    /// # Errors
    /// There is no such argument.
    pub fn argument_as(&self, at: usize, data_type: ScalarType) -> Result<Column> {
        match (self.argument(at)?, data_type) {
            (Column::Dynamic(values), ScalarType::String) if values.json().is_none() => {
                let mut texts = StringBuilder::with_capacity(values.len());
                for value in values.values() {
                    texts.push(&self.text_of(value)?);
                    self.reserve(texts.byte_size())?;
                }
                Ok(Column::String(texts.finish()))
            }
            (Column::Constant(ConstantColumn { value: Value::Dynamic(value), .. }), ScalarType::String) => {
                Ok(Column::constant(Value::string(&self.text_of(value)?), ScalarType::String, self.rows))
            }
            (column, _) => Ok(column.convert(data_type)),
        }
    }

    /// An empty text that grows within the run's budget.
    #[must_use]
    pub const fn text(&self) -> BudgetedText<'_, 'a> {
        BudgetedText { call: self, text: String::new(), failure: None }
    }

    /// The text of a dynamic value, by the rules of [`Dynamic::to_text`], within the run's budget.
    ///
    /// # Errors
    /// The budget is used up.
    pub fn text_of(&self, value: &Dynamic) -> Result<String> {
        if !matches!(value, Dynamic::Array(_) | Dynamic::Bag(_)) {
            return Ok(value.to_text());
        }
        let mut out = self.text();
        let written = value.write_json_to(&mut out);
        match (written, out.failure) {
            (Ok(()), _) => Ok(out.text),
            (Err(_), Some(failure)) => Err(failure),
            (Err(_), None) => Err(self.broken("a value could not be written as text")),
        }
    }

    /// The value of an argument that is the same for every row; `None` if it is left out or not constant.
    #[must_use]
    pub fn constant(&self, at: usize) -> Option<&'a Value> {
        self.arguments.get(at).and_then(Column::as_constant)
    }

    /// The text of a constant argument.
    #[must_use]
    pub fn constant_str(&self, at: usize) -> Option<&'a str> {
        self.constant(at).and_then(Value::as_str)
    }

    /// The name as it is written in a query.
    fn spelling(&self) -> &'a str {
        self.name.strip_prefix("unary").unwrap_or(self.name)
    }

    /// A failure of this call.
    #[must_use]
    pub fn fail(&self, message: impl AsRef<str>) -> Failure {
        let message = format!("'{}': {}", self.name, message.as_ref());
        Box::new(Diagnostic::error(Code::EvaluationFailed, self.span, message))
    }

    /// Notes a row with an argument of which it is not known what the real engine gives for it; the caller goes on with
    /// the best-founded result. `about` is a noun for such arguments (`a text with a lone '%'`), `taken` a sentence for
    /// what is done (`the sign stays as it is`), `example` the argument.
    ///
    /// # Errors
    /// The run is strict.
    pub fn doubt(&self, about: &str, taken: &str, example: impl Display) -> Result<()> {
        let doubt = Doubt::new(about, taken, &example);
        if self.context.strict {
            return Err(doubt.refusal(self.spelling(), self.span));
        }
        self.doubts.add(doubt);
        Ok(())
    }

    /// The failure of a promise that the engine broke itself.
    #[must_use]
    pub fn broken(&self, what: impl AsRef<str>) -> Failure {
        Box::new(Diagnostic::internal(self.span, format!("'{}': {}", self.name, what.as_ref())))
    }

    /// The rows of a column that was made to be of a type, such as by [`Call::argument_as`].
    ///
    /// # Errors
    /// The column is of another type, which is an internal error.
    pub fn view<'c, E: Element>(&self, column: &'c Column) -> Result<View<'c, E>> {
        if let Column::Dynamic(values) = column {
            let bytes = values.unread_bytes();
            self.reserve(bytes)?;
            self.work(bytes)?;
        }
        E::view(column).ok_or_else(|| {
            self.broken(format!("a column of type {} is read as {}", column.scalar_type(), E::TYPE))
        })
    }

    /// Holds so many bytes in all for the result, before it is made; what was held for it before is part of them. They are
    /// given back when the result is dropped.
    ///
    /// # Errors
    /// The run would hold more than its limit.
    pub fn reserve(&self, bytes: usize) -> Result<()> {
        self.used.reserve(bytes, || self.user(), self.span)
    }

    /// Notes work done: about so many bytes read, or values compared. To be called in every loop that may be long; the clock is
    /// looked at once in a while.
    ///
    /// # Errors
    /// The run's time is up, or it was cancelled.
    pub fn work(&self, amount: usize) -> Result<()> {
        self.used.work(amount, || self.user(), self.span)
    }

    /// The function as a message speaks of it.
    fn user(&self) -> String {
        format!("'{}'", self.spelling())
    }

    /// Nulls (empty strings) of the result's type.
    #[must_use]
    pub fn nulls(&self) -> Column {
        Column::nulls(self.returns, self.rows)
    }

    /// A function of the first argument, row by row. Null in, null out; `None` is null.
    ///
    /// Constants and dictionaries are computed once a value, not once a row.
    ///
    /// # Errors
    /// The argument is missing.
    pub fn map1<A: Element, R: Element>(
        &self,
        f: impl Fn(A::Item<'_>) -> Option<R::Owned>,
    ) -> Result<Column> {
        let a = self.argument_as(0, A::TYPE)?;
        self.map_column::<A, R>(&a, f)
    }

    /// A function of the first two arguments; otherwise as [`Call::map1`].
    ///
    /// # Errors
    /// An argument is missing.
    pub fn map2<A: Element, B: Element, R: Element>(
        &self,
        f: impl Fn(A::Item<'_>, B::Item<'_>) -> Option<R::Owned>,
    ) -> Result<Column> {
        let (a, b) = (self.argument_as(0, A::TYPE)?, self.argument_as(1, B::TYPE)?);
        if let Some(value) = b.as_constant() {
            let Some(_) = B::read(value) else { return Ok(Column::nulls(R::TYPE, self.rows)) };
            return self.map_column::<A, R>(&a, |a| B::read(value).and_then(|b| f(a, b)));
        }
        if let Some(value) = a.as_constant() {
            let Some(_) = A::read(value) else { return Ok(Column::nulls(R::TYPE, self.rows)) };
            return self.map_column::<B, R>(&b, |b| A::read(value).and_then(|a| f(a, b)));
        }
        let (a, b) = (self.view::<A>(&a)?, self.view::<B>(&b)?);
        self.build::<R>(|row, work| {
            let (a, b) = (a.get(row)?, b.get(row)?);
            *work += A::item_bytes(&a) + B::item_bytes(&b);
            f(a, b)
        })
    }

    /// A function of the first three arguments; otherwise as [`Call::map1`].
    ///
    /// # Errors
    /// An argument is missing.
    pub fn map3<A: Element, B: Element, C: Element, R: Element>(
        &self,
        f: impl Fn(A::Item<'_>, B::Item<'_>, C::Item<'_>) -> Option<R::Owned>,
    ) -> Result<Column> {
        let (a, b) = (self.argument_as(0, A::TYPE)?, self.argument_as(1, B::TYPE)?);
        let c = self.argument_as(2, C::TYPE)?;
        if let (Some(second), Some(third)) = (b.as_constant(), c.as_constant()) {
            let call = |a: A::Item<'_>| f(a, B::read(second)?, C::read(third)?);
            return self.map_column::<A, R>(&a, call);
        }
        let (a, b, c) = (self.view::<A>(&a)?, self.view::<B>(&b)?, self.view::<C>(&c)?);
        self.build::<R>(|row, work| {
            let (a, b, c) = (a.get(row)?, b.get(row)?, c.get(row)?);
            *work += A::item_bytes(&a) + B::item_bytes(&b) + C::item_bytes(&c);
            f(a, b, c)
        })
    }

    /// A function of each row's values, nulls included: the general way, for functions where speed matters less.
    ///
    /// The results become the result type by [`Value::convert`]. If every argument is constant it is called once.
    ///
    /// # Errors
    /// What the function fails with.
    pub fn map_values(&self, f: impl Fn(&[Value]) -> Result<Value>) -> Result<Column> {
        if !self.arguments.is_empty() && self.arguments.iter().all(|column| column.as_constant().is_some()) {
            let row: Vec<Value> = self.arguments.iter().filter_map(Column::as_constant).cloned().collect();
            return Ok(Column::constant(f(&row)?.convert(self.returns), self.returns, self.rows));
        }
        let mut builder = crate::column::ColumnBuilder::with_capacity(self.returns, self.rows);
        let mut row = Vec::with_capacity(self.count());
        let mut bytes = 0;
        for at in 0..self.rows {
            row.clear();
            row.extend(self.arguments.iter().map(|column| column.value(at)));
            let value = f(&row)?.convert(self.returns);
            bytes += value.byte_size();
            self.work(ROW_WORK + row.iter().map(Value::byte_size).sum::<usize>())?;
            self.reserve(bytes)?;
            builder.push(&value);
        }
        Ok(builder.finish())
    }

    /// Runs a row function over one column: once for a constant, once for each dictionary value, else once a row.
    fn map_column<A: Element, R: Element>(
        &self,
        column: &Column,
        f: impl Fn(A::Item<'_>) -> Option<R::Owned>,
    ) -> Result<Column> {
        let rows = self.rows;
        if let Some(value) = column.as_constant() {
            let result = A::read(value).and_then(&f).map_or(Value::Null, R::wrap);
            return Ok(Column::constant(result, R::TYPE, rows));
        }
        if A::TYPE == StringType::TYPE
            && let Some(strings) = column.as_strings()
            && let Some((codes, values)) = strings.dictionary()
            && values <= rows
        {
            let values = Column::String(strings.dictionary_values());
            let view = self.view::<A>(&values)?;
            // A value that no row has any more is left out: a function may refuse it.
            let mut used = vec![false; values.len()];
            for &code in codes {
                if let Some(used) = used.get_mut(code as usize) {
                    *used = true;
                }
            }
            let mapped = self.build_rows::<R>(used.len(), |code, work| {
                let text = view.get(code).filter(|_| used.get(code) == Some(&true))?;
                *work += A::item_bytes(&text);
                f(text)
            })?;
            return Ok(match &mapped {
                Column::String(texts) => Column::String(StringColumn::from_codes(codes.to_vec(), texts)),
                _ => mapped.take(codes),
            });
        }
        let view = self.view::<A>(column)?;
        self.build::<R>(|row, work| {
            let item = view.get(row)?;
            *work += A::item_bytes(&item);
            f(item)
        })
    }

    /// A column of a value for each row of the call, within the run's budget. Whoever computes a value adds what it read to the
    /// work.
    ///
    /// # Errors
    /// The budget is used up.
    pub fn build<R: Element>(
        &self,
        value: impl FnMut(usize, &mut usize) -> Option<R::Owned>,
    ) -> Result<Column> {
        self.build_rows::<R>(self.rows, value)
    }

    fn build_rows<R: Element>(
        &self,
        rows: usize,
        mut value: impl FnMut(usize, &mut usize) -> Option<R::Owned>,
    ) -> Result<Column> {
        let (mut work, mut bytes, mut failed) = (0, 0, None);
        let column = R::build((0..rows).map(|row| {
            if failed.is_some() {
                return None;
            }
            let value = value(row, &mut work);
            let made = value.as_ref().map_or(0, R::owned_bytes);
            bytes += made;
            work += ROW_WORK + made;
            if work >= WORK_PER_CHECK {
                failed = self.work(std::mem::take(&mut work)).and_then(|()| self.reserve(bytes)).err();
            }
            value
        }));
        failed.map_or(Ok(column), Err)
    }
}
