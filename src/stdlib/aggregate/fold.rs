//! Aggregates whose state is a small value for each group, written as "empty, add, merge, finish".
//! It must not know any one of them.

use std::marker::PhantomData;

use super::read::{Read, narrow};
use crate::column::{Column, Element};
use crate::function::{Accumulator, AggregateCall, AggregateState, Result};
use crate::types::ScalarType;

/// The state of one group; the default is the state without rows.
pub(super) trait Fold<R: Read>: Default + Send + 'static {
    /// The result's type.
    type Out: Element;

    /// Takes in a row.
    fn add(&mut self, item: R::Row<'_>);

    /// Takes in a row, and gives how many bytes it holds more.
    #[inline]
    fn add_counted(&mut self, item: R::Row<'_>) -> isize {
        let before = self.heap() as isize;
        self.add(item);
        self.heap() as isize - before
    }

    /// Takes in all rows of these columns that hold a value.
    ///
    /// # Errors
    /// A column is missing or of another type.
    fn add_columns(&mut self, columns: &[Column]) -> Result<()> {
        R::each(columns, |_, item| self.add(item))
    }

    /// Takes in the rows of a state that come after this one's.
    fn merge(&mut self, other: Self);

    /// The result; `None` is null.
    fn finish(self) -> Option<<Self::Out as Element>::Owned>;

    /// How many bytes it holds beside its own size.
    fn heap(&self) -> usize {
        0
    }
}

/// An accumulator of folds.
pub(super) struct Folded<R, F> {
    states: Vec<F>,
    data_type: ScalarType,
    heap: usize,
    read: PhantomData<fn(R)>,
}

/// An accumulator whose state for a group is `F`.
pub(super) fn fold<R: Read, F: Fold<R>>(call: &AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
    let data_type = call.returns.first().copied().unwrap_or(<F::Out as Element>::TYPE);
    Ok(call.accumulator(Folded::<R, F> { states: Vec::new(), data_type, heap: 0, read: PhantomData }))
}

impl<R: Read, F: Fold<R>> AggregateState for Folded<R, F> {
    fn update(&mut self, groups: &[u32], count: usize, arguments: &[Column]) -> Result<()> {
        if self.states.len() < count {
            self.states.resize_with(count, F::default);
        }
        if let [state] = &mut self.states[..] {
            // One group: its state stays in registers.
            let mut local = std::mem::take(state);
            let read = local.add_columns(arguments);
            self.heap = local.heap();
            *state = local;
            read?;
        } else {
            let states = &mut self.states[..];
            let mut heap = 0_isize;
            R::each(arguments, |row, item| {
                heap += states[groups[row] as usize].add_counted(item);
            })?;
            self.heap = self.heap.saturating_add_signed(heap);
        }
        Ok(())
    }

    fn merge(&mut self, other: Self, mapping: &[u32], count: usize) -> Result<()> {
        if self.states.len() < count {
            self.states.resize_with(count, F::default);
        }
        self.heap += other.heap;
        for (state, &group) in other.states.into_iter().zip(mapping) {
            self.states[group as usize].merge(state);
        }
        Ok(())
    }

    fn finish(mut self, count: usize) -> Result<Vec<Column>> {
        self.states.resize_with(count, F::default);
        let column = F::Out::build(self.states.into_iter().map(F::finish));
        Ok(vec![narrow(column, self.data_type)])
    }

    fn byte_size(&self) -> usize {
        self.states.capacity() * size_of::<F>() + self.heap
    }
}
