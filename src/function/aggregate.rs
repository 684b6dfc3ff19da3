//! Aggregate functions as data: entries as they are written, and functions as the registry holds them. It must not know any particular function, nor how a state is kept.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::accumulator::{AccumulatorFn, MakeAccumulator};
use super::{Example, ResultName, Signature};
use crate::diagnostic::Diagnostic;
use crate::types::ScalarType;

/// One aggregate function of the standard library, as it is written: everything that the binder, the planner, the executor
/// and the reference need to know. The registry makes an [`AggregateFunction`] of it, and another one of its twin.
#[derive(Clone, Copy)]
pub struct AggregateEntry {
    /// The name.
    pub name: &'static str,
    /// Other names for the very same function.
    pub aliases: &'static [&'static str],
    /// One sentence: what it gives.
    pub summary: &'static str,
    /// Its forms.
    pub signatures: &'static [Signature],
    /// How an unnamed result is called.
    pub result_name: ResultName,
    /// How far the result depends on the order of the rows.
    pub order: OrderSensitivity,
    /// Makes an empty accumulator for a call.
    pub accumulator: AccumulatorFn,
    /// The twin that takes only the rows where a predicate is true, if there is one.
    pub conditional: Option<Conditional>,
    /// Queries of one cell and what they give; each one is run as a test.
    pub examples: &'static [Example],
}

impl AggregateEntry {
    /// What most aggregates have in common, to be filled in.
    pub const DEFAULT: Self = Self {
        name: "",
        aliases: &[],
        summary: "",
        signatures: &[],
        result_name: ResultName::NameAndFirstArgument,
        order: OrderSensitivity::Sensitive,
        accumulator: |call| {
            Err(Box::new(Diagnostic::internal(call.span, format!("'{}' has no accumulator", call.name))))
        },
        conditional: None,
        examples: &[],
    };
}

/// One aggregate function, as the registry holds it and plans call it.
#[derive(Clone)]
pub struct AggregateFunction {
    /// The name.
    pub name: Cow<'static, str>,
    /// Other names for the very same function.
    pub aliases: &'static [&'static str],
    /// One sentence: what it gives.
    pub summary: Cow<'static, str>,
    /// Its forms.
    pub signatures: Cow<'static, [Signature]>,
    /// How an unnamed result is called.
    pub result_name: ResultName,
    /// How far the result depends on the order of the rows.
    pub order: OrderSensitivity,
    /// Makes an empty accumulator for a call.
    pub accumulator: MakeAccumulator,
    /// Queries of one cell and what they give; each one is run as a test.
    pub examples: &'static [Example],
}

impl AggregateFunction {
    /// The names that it may be called by: its own and the other ones.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.name).chain(self.aliases.iter().copied())
    }
}

impl From<&AggregateEntry> for AggregateFunction {
    fn from(entry: &AggregateEntry) -> Self {
        Self {
            name: Cow::Borrowed(entry.name),
            aliases: entry.aliases,
            summary: Cow::Borrowed(entry.summary),
            signatures: Cow::Borrowed(entry.signatures),
            result_name: entry.result_name,
            order: entry.order,
            accumulator: Arc::new(entry.accumulator),
            examples: entry.examples,
        }
    }
}

impl fmt::Debug for AggregateFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AggregateFunction").field("name", &self.name).finish_non_exhaustive()
    }
}

/// How far the result of an aggregate depends on the order of its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderSensitivity {
    /// Not at all: `count`, `sum`, `percentile`.
    Insensitive,
    /// Not at all over integers, bools, datetimes and timespans, over other types in details: `min`.
    InsensitiveOverIntegers,
    /// In details that a reader does not mind: which of two equal values is given, the order of items.
    InsensitiveButForDetails,
    /// The order decides: `make_list`, `arg_max`.
    Sensitive,
}

impl OrderSensitivity {
    /// The very same result for every order of the rows, over arguments of these types.
    pub fn is_insensitive_over(self, mut arguments: impl Iterator<Item = ScalarType>) -> bool {
        match self {
            Self::Insensitive => true,
            Self::InsensitiveOverIntegers => arguments.all(|data_type| {
                matches!(
                    data_type,
                    ScalarType::Bool
                        | ScalarType::Int
                        | ScalarType::Long
                        | ScalarType::DateTime
                        | ScalarType::TimeSpan
                )
            }),
            Self::InsensitiveButForDetails | Self::Sensitive => false,
        }
    }
}

/// The twin of an aggregate that takes only the rows where a predicate is true: `sumif` of `sum`.
///
/// Its forms are those of the aggregate with the predicate after the arguments that must be there.
#[derive(Debug, Clone, Copy)]
pub struct Conditional {
    /// The twin's name.
    pub name: &'static str,
    /// The forms that the predicate is added to; `None`: all forms of the aggregate.
    pub signatures: Option<&'static [Signature]>,
    /// How an unnamed result is called; `None`: by the aggregate's rule.
    pub result_name: Option<ResultName>,
    /// Queries of one cell and what they give; each one is run as a test.
    pub examples: &'static [Example],
}

impl Conditional {
    /// A twin that is called so, of all forms of its aggregate.
    #[must_use]
    pub const fn named(name: &'static str, examples: &'static [Example]) -> Self {
        Self { name, signatures: None, result_name: None, examples }
    }
}
