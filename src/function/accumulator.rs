//! Accumulators: the states of aggregates over all groups, and the one wrapper that erases their types.
//! It must not know any particular function.

use std::any::{Any, type_name};
use std::sync::Arc;

use super::{Context, DoubtsOfRun, Failure, Result};
use crate::column::Column;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::types::{ScalarType, Value};

/// Makes the accumulator of an entry for one call.
pub type AccumulatorFn = fn(&AggregateCall<'_>) -> Result<Box<dyn Accumulator>>;

/// A function or closure that makes an empty accumulator for a call of an aggregate.
pub type MakeAccumulator = Arc<dyn Fn(&AggregateCall<'_>) -> Result<Box<dyn Accumulator>> + Send + Sync>;

/// What an accumulator is made for.
#[derive(Debug)]
pub struct AggregateCall<'a> {
    /// The function's name, for messages.
    pub name: &'a str,
    /// The arguments' types.
    pub arguments: &'a [ScalarType],
    /// The arguments' values, where they are constant.
    pub constants: &'a [Option<Value>],
    /// The result columns' types.
    pub returns: &'a [ScalarType],
    /// The run.
    pub context: &'a Context,
    /// The call's place in the query.
    pub span: Span,
}

impl AggregateCall<'_> {
    /// Where a state notes values of which it is not known what the real engine gives for them.
    #[must_use]
    pub fn doubts(&self) -> DoubtsOfRun {
        self.context.doubts(self.name, self.span)
    }

    /// The accumulator of this call that starts with a state.
    #[must_use]
    pub fn accumulator<S: AggregateState>(&self, state: S) -> Box<dyn Accumulator> {
        state.into_accumulator(self.span)
    }
}

/// The state of one aggregate over all groups: what an aggregate function is written as.
///
/// Groups are numbered from 0. Rows come in chunks, in the order of the input.
pub trait AggregateState: Sized + Send + 'static {
    /// Adds rows: `groups[row]` is the group of a row, below `count`. `arguments` has a column for each argument, each as
    /// long as `groups`.
    ///
    /// # Errors
    /// A limit is reached or a value is refused.
    fn update(&mut self, groups: &[u32], count: usize, arguments: &[Column]) -> Result<()>;

    /// Adds the state of another accumulator of the same call, whose rows come after this one's: its group `g` is this
    /// one's group `mapping[g]`, below `count`.
    ///
    /// # Errors
    /// A limit is reached.
    fn merge(&mut self, other: Self, mapping: &[u32], count: usize) -> Result<()>;

    /// Gives the results for groups `0 .. count`: one column for each result column of the call.
    ///
    /// # Errors
    /// A limit is reached.
    fn finish(self, count: usize) -> Result<Vec<Column>>;

    /// Estimates how many bytes the state holds.
    fn byte_size(&self) -> usize;

    /// Estimates how many bytes the results of so many groups take beside the state, where they are made anew and not few.
    fn result_bytes(&self, _count: usize) -> usize {
        0
    }

    /// Says whether partial results may be added up: where each of several states has all rows of some argument values,
    /// the sums of their results, which are longs, are the results over all rows.
    fn partials_are_additive(&self) -> bool {
        false
    }

    /// Erases the type: the accumulator of a call at a place in the query.
    fn into_accumulator(self, span: Span) -> Box<dyn Accumulator> {
        Box::new(Typed { state: self, span })
    }
}

/// An [`AggregateState`] whose type is erased: what the executor holds.
pub trait Accumulator: Any + Send + sealed::Sealed {
    /// See [`AggregateState::update`].
    ///
    /// # Errors
    /// A limit is reached or a value is refused.
    fn update(&mut self, groups: &[u32], count: usize, arguments: &[Column]) -> Result<()>;

    /// See [`AggregateState::merge`].
    ///
    /// # Errors
    /// A limit is reached. An accumulator of another aggregate is an internal error.
    fn merge(&mut self, other: Box<dyn Accumulator>, mapping: &[u32], count: usize) -> Result<()>;

    /// See [`AggregateState::finish`].
    ///
    /// # Errors
    /// A limit is reached.
    fn finish(self: Box<Self>, count: usize) -> Result<Vec<Column>>;

    /// See [`AggregateState::byte_size`].
    fn byte_size(&self) -> usize;

    /// See [`AggregateState::result_bytes`].
    fn result_bytes(&self, count: usize) -> usize;

    /// See [`AggregateState::partials_are_additive`].
    fn partials_are_additive(&self) -> bool;
}

/// The failure of a state that is given what it cannot be given; its accumulator adds the place.
#[must_use]
pub fn broken(what: impl AsRef<str>) -> Failure {
    Box::new(Diagnostic::internal(Span::default(), what))
}

/// Only [`Typed`] implements [`Accumulator`]: the one place where a state's type is recovered.
mod sealed {
    #[allow(unnameable_types, reason = "nobody else shall implement it")]
    pub trait Sealed {}
}

/// The accumulator of a state.
struct Typed<S> {
    state: S,
    span: Span,
}

impl<S> sealed::Sealed for Typed<S> {}

impl<S> Typed<S> {
    /// A failure with the place of the call, where it has none: states do not know their place.
    fn placed(&self, mut failure: Failure) -> Failure {
        if failure.code == Code::Internal && failure.span() == Span::default() {
            failure.labels = Diagnostic::internal(self.span, "").labels;
        }
        failure
    }
}

impl<S: AggregateState> Accumulator for Typed<S> {
    fn update(&mut self, groups: &[u32], count: usize, arguments: &[Column]) -> Result<()> {
        self.state.update(groups, count, arguments).map_err(|failure| self.placed(failure))
    }

    fn merge(&mut self, other: Box<dyn Accumulator>, mapping: &[u32], count: usize) -> Result<()> {
        let other: Box<dyn Any> = other;
        match other.downcast::<Self>() {
            Ok(other) => self.state.merge(other.state, mapping, count),
            Err(_) => Err(broken(format!("{} is merged with another state", type_name::<S>()))),
        }
        .map_err(|failure| self.placed(failure))
    }

    fn finish(self: Box<Self>, count: usize) -> Result<Vec<Column>> {
        self.state.finish(count)
    }

    fn byte_size(&self) -> usize {
        self.state.byte_size()
    }

    fn result_bytes(&self, count: usize) -> usize {
        self.state.result_bytes(count)
    }

    fn partials_are_additive(&self) -> bool {
        self.state.partials_are_additive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts rows; the parameter makes several types of it.
    #[derive(Default)]
    struct Rows<const N: usize>(usize);

    impl<const N: usize> AggregateState for Rows<N> {
        fn update(&mut self, groups: &[u32], _: usize, _: &[Column]) -> Result<()> {
            self.0 += groups.len();
            Ok(())
        }

        fn merge(&mut self, other: Self, _: &[u32], _: usize) -> Result<()> {
            self.0 += other.0;
            Ok(())
        }

        fn finish(self, _: usize) -> Result<Vec<Column>> {
            Ok(vec![Column::longs(vec![self.0 as i64])])
        }

        fn byte_size(&self) -> usize {
            size_of::<Self>()
        }
    }

    fn rows<const N: usize>(count: usize) -> Box<dyn Accumulator> {
        let mut rows = Rows::<N>::default().into_accumulator(Span { start: 3, end: 8 });
        rows.update(&vec![0; count], 1, &[]).unwrap();
        rows
    }

    #[test]
    fn states_of_one_type_merge() {
        let mut rows_of_both = rows::<0>(2);
        rows_of_both.merge(rows::<0>(3), &[0], 1).unwrap();
        assert_eq!(rows_of_both.finish(1).unwrap()[0].value(0), Value::Long(5));
    }

    #[test]
    fn states_of_two_types_do_not() {
        let failure = rows::<0>(2).merge(rows::<1>(3), &[0], 1).unwrap_err();
        assert_eq!((failure.code, failure.span()), (Code::Internal, Span { start: 3, end: 8 }));
    }
}
