//! The twins of aggregates that take only the rows where a predicate is true: `sumif` of `sum`.
//! It must not know any particular function.

use std::borrow::Cow;
use std::sync::Arc;

use super::accumulator::{
    Accumulator, AccumulatorFn, AggregateCall, AggregateState, MakeAccumulator, broken,
};
use super::aggregate::{AggregateEntry, AggregateFunction, Conditional};
use super::kinds::BOOL;
use super::{Parameter, Result, Signature};
use crate::column::Column;
use crate::types::ScalarType;

/// The parameter that each form gets.
const PREDICATE: Parameter = Parameter { name: "predicate", ..BOOL };

/// Makes the twin of an entry.
pub(super) fn twin(entry: &AggregateEntry, conditional: &Conditional) -> AggregateFunction {
    let forms = conditional.signatures.unwrap_or(entry.signatures);
    let predicate = forms.first().map_or(0, Signature::min_arguments);
    AggregateFunction {
        name: Cow::Borrowed(conditional.name),
        aliases: &[],
        summary: format!("As `{}`, of the rows where the predicate is true.", entry.name).into(),
        signatures: forms.iter().map(with_predicate).collect(),
        result_name: conditional.result_name.unwrap_or(entry.result_name),
        order: entry.order,
        accumulator: masked(entry.accumulator, predicate),
        examples: conditional.examples,
    }
}

/// A form with the predicate after the parameters that must be given.
fn with_predicate(form: &Signature) -> Signature {
    let mut parameters = form.parameters.to_vec();
    let required = parameters.iter().take_while(|parameter| parameter.min > 0).count();
    parameters.insert(required, PREDICATE);
    Signature { parameters: parameters.into(), returns: form.returns }
}

/// Makes accumulators that see the rows where the argument at a place is true, and all the other arguments.
fn masked(make: AccumulatorFn, predicate: usize) -> MakeAccumulator {
    Arc::new(move |call: &AggregateCall<'_>| {
        let inner = make(&AggregateCall {
            arguments: &without(call.arguments, predicate),
            constants: &without(call.constants, predicate),
            ..*call
        })?;
        Ok(call.accumulator(Masked { inner, predicate }))
    })
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
        let predicate = arguments.get(self.predicate).ok_or_else(|| broken("a predicate is missing"))?;
        let rows = predicate.convert(ScalarType::Bool).true_rows();
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
