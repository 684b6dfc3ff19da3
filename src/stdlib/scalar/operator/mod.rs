//! Operators: functions called by their spelling. It must not know functions that are called by name.

mod access;
mod arithmetic;
mod comparison;
mod fold;
mod list;
mod logic;
mod mixed;
mod needle;
mod operand;
mod terms;
mod text;
mod wildcard;

use crate::function::ScalarFunction;

/// Every operator, and `has_any_index`, which shares their search.
pub(super) const FAMILIES: &[&[ScalarFunction]] = &[
    arithmetic::FUNCTIONS,
    comparison::FUNCTIONS,
    logic::FUNCTIONS,
    text::FUNCTIONS,
    text::OTHERS,
    wildcard::FUNCTIONS,
    list::FUNCTIONS,
    access::FUNCTIONS,
];
