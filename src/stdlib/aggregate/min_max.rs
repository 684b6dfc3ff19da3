//! `min`, `max`, `minif`, `maxif`. It must not know other aggregates.

use super::arguments::refuse;
use super::fold::{Fold, fold};
use super::order::OrderedElement;
use crate::column::{BoolType, DecimalType, Element, LongType, RealType, StringType};
use crate::function::kinds::ORDERABLE;
use crate::function::{
    Accumulator, AccumulatorFn, AggregateCall, AggregateEntry, Conditional, Example, OrderSensitivity,
    Result, Returns, signatures,
};
use crate::types::ScalarType;

pub(super) const FUNCTIONS: &[AggregateEntry] = &[
    AggregateEntry {
        name: "min",
        summary: "The smallest value that is not null; NaN where there is a NaN, null where there is none.",
        signatures: signatures![(expr: ORDERABLE) -> Returns::First],
        order: OrderSensitivity::InsensitiveOverIntegers,
        accumulator: MIN,
        conditional: Some(Conditional::named(
            "minif",
            &[Example { query: "range x from 1 to 5 step 1 | summarize minif(x, x > 3)", result: "4" }],
        )),
        examples: &[
            Example { query: "datatable(x:long)[3, 1, long(null)] | summarize min(x)", result: "1" },
            Example { query: "datatable(x:long)[] | summarize min(x)", result: "null" },
        ],
        ..AggregateEntry::DEFAULT
    },
    AggregateEntry {
        name: "max",
        summary: "The largest value that is not null; NaN where there is a NaN, null where there is none.",
        signatures: signatures![(expr: ORDERABLE) -> Returns::First],
        order: OrderSensitivity::InsensitiveOverIntegers,
        accumulator: MAX,
        conditional: Some(Conditional::named(
            "maxif",
            &[Example { query: "range x from 1 to 5 step 1 | summarize maxif(x, x < 3)", result: "2" }],
        )),
        examples: &[
            Example { query: "datatable(x:long)[3, 1, long(null)] | summarize max(x)", result: "3" },
            Example { query: "datatable(x:string)['b', 'C', 'a'] | summarize max(x)", result: "\"b\"" },
            Example { query: "datatable(x:real)[1, real(nan), 2] | summarize max(x)", result: "\"NaN\"" },
        ],
        ..AggregateEntry::DEFAULT
    },
];

const MIN: AccumulatorFn = extreme::<false>;
const MAX: AccumulatorFn = extreme::<true>;

fn extreme<const MAX: bool>(call: &AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
    match call.arguments.first() {
        Some(ScalarType::Real) => fold::<RealType, Extreme<RealType, MAX>>(call),
        Some(ScalarType::Decimal) => fold::<DecimalType, Extreme<DecimalType, MAX>>(call),
        Some(ScalarType::String) => fold::<StringType, Extreme<StringType, MAX>>(call),
        Some(ScalarType::Bool) => fold::<BoolType, Extreme<BoolType, MAX>>(call),
        Some(ScalarType::Guid | ScalarType::Dynamic) | None => {
            Err(refuse(call, "of values that have no order"))
        }
        Some(_) => fold::<LongType, Extreme<LongType, MAX>>(call),
    }
}

/// The extreme value so far.
struct Extreme<E: OrderedElement, const MAX: bool>(Option<E::Owned>);

impl<E: OrderedElement, const MAX: bool> Default for Extreme<E, MAX> {
    fn default() -> Self {
        Self(None)
    }
}

impl<E: OrderedElement, const MAX: bool> Fold<E> for Extreme<E, MAX> {
    type Out = E;

    #[inline]
    fn add(&mut self, item: E::Row<'_>) {
        match &mut self.0 {
            None => self.0 = Some(E::keep(item)),
            Some(kept) if E::beats::<MAX>(&item, kept) => *kept = E::keep(item),
            Some(_) => {}
        }
    }

    fn merge(&mut self, other: Self) {
        if let Some(item) = other.0 {
            self.add(E::lend(&item));
        }
    }

    fn finish(self) -> Option<<E as Element>::Owned> {
        self.0
    }

    fn heap(&self) -> usize {
        self.0.as_ref().map_or(0, E::heap)
    }
}
