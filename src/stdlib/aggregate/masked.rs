//! The `…if` forms: rows where the predicate holds go to the aggregate without `if`. It must not know any aggregate.

use crate::column::Column;
use crate::function::{Accumulator, AggregateCall, AggregateState, Result};
use crate::types::ScalarType;

/// Makes the accumulator of an aggregate.
pub(super) type Make = fn(&AggregateCall<'_>) -> Result<Box<dyn Accumulator>>;

/// An accumulator that sees the rows where the argument at a place is true, and all the other arguments.
pub(super) fn masked(call: &AggregateCall<'_>, predicate: usize, make: Make) -> Result<Box<dyn Accumulator>> {
    let inner = make(&AggregateCall {
        arguments: &without(call.arguments, predicate),
        constants: &without(call.constants, predicate),
        name: call.name,
        returns: call.returns,
        context: call.context,
        span: call.span,
    })?;
    Ok(call.accumulator(Masked { inner, predicate }))
}

/// All items but one.
fn without<T: Clone>(items: &[T], at: usize) -> Vec<T> {
    items.iter().enumerate().filter(|(index, _)| *index != at).map(|(_, item)| item.clone()).collect()
}

struct Masked {
    inner: Box<dyn Accumulator>,
    predicate: usize,
}

impl AggregateState for Masked {
    fn update(&mut self, groups: &[u32], count: usize, arguments: &[Column]) -> Result<()> {
        let rows = arguments
            .get(self.predicate)
            .map(|predicate| predicate.convert(ScalarType::Bool).true_rows())
            .unwrap_or_default();
        let others = without(arguments, self.predicate);
        if rows.len() == groups.len() {
            return self.inner.update(groups, count, &others);
        }
        let groups: Vec<u32> = rows.iter().map(|&row| groups[row as usize]).collect();
        let others: Vec<Column> = others.iter().map(|column| column.take(&rows)).collect();
        self.inner.update(&groups, count, &others)
    }

    fn merge(&mut self, other: Self, mapping: &[u32], count: usize) -> Result<()> {
        self.inner.merge(other.inner, mapping, count)
    }

    fn finish(self, count: usize) -> Result<Vec<Column>> {
        self.inner.finish(count)
    }

    fn byte_size(&self) -> usize {
        self.inner.byte_size()
    }

    fn partials_are_additive(&self) -> bool {
        self.inner.partials_are_additive()
    }
}
