//! Functions of the bits of integers. It must not know reals.

use crate::column::LongType;
use crate::function::kinds::{INTEGER, returns};
use crate::function::{Category, Example, Kernel, ResultName, ScalarFunction, Signature, signatures};

const BASE: ScalarFunction = ScalarFunction {
    category: Category::Binary,
    result_name: ResultName::FirstArgument,
    ..ScalarFunction::DEFAULT
};

const ONE: &[Signature] = signatures![(value: INTEGER) -> returns::LONG];
const TWO: &[Signature] = signatures![(value1: INTEGER, value2: INTEGER) -> returns::LONG];
const SHIFT: &[Signature] = signatures![(value: INTEGER, shift: INTEGER) -> returns::LONG];

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "binary_and",
        summary: "The bits that are set in both numbers.",
        signatures: TWO,
        kernel: Kernel::Rows(|call| call.map2::<LongType, LongType, LongType>(|a, b| Some(a & b))),
        examples: &[Example { query: "binary_and(12, 10)", result: "8" }],
        ..BASE
    },
    ScalarFunction {
        name: "binary_or",
        summary: "The bits that are set in either number.",
        signatures: TWO,
        kernel: Kernel::Rows(|call| call.map2::<LongType, LongType, LongType>(|a, b| Some(a | b))),
        examples: &[Example { query: "binary_or(5, 3)", result: "7" }],
        ..BASE
    },
    ScalarFunction {
        name: "binary_xor",
        summary: "The bits that are set in just one of two numbers.",
        signatures: TWO,
        kernel: Kernel::Rows(|call| call.map2::<LongType, LongType, LongType>(|a, b| Some(a ^ b))),
        examples: &[Example { query: "binary_xor(12, 10)", result: "6" }],
        ..BASE
    },
    ScalarFunction {
        name: "binary_not",
        summary: "All bits of a number turned over.",
        signatures: ONE,
        kernel: Kernel::Rows(|call| call.map1::<LongType, LongType>(|it| Some(!it))),
        examples: &[Example { query: "binary_not(100)", result: "-101" }],
        ..BASE
    },
    ScalarFunction {
        name: "binary_shift_left",
        summary: "The bits of a number moved left; the count is taken modulo 64, and a negative one gives null.",
        signatures: SHIFT,
        kernel: Kernel::Rows(|call| {
            call.map2::<LongType, LongType, LongType>(|it, by| (by >= 0).then(|| it << (by & 63)))
        }),
        examples: &[
            Example { query: "binary_shift_left(1, 2)", result: "4" },
            Example { query: "binary_shift_left(1, 65)", result: "2" },
            Example { query: "binary_shift_left(1, -1)", result: "null" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "binary_shift_right",
        summary: "The bits of a number moved right; the count is taken modulo 64, and a negative one gives null.",
        signatures: SHIFT,
        kernel: Kernel::Rows(|call| {
            call.map2::<LongType, LongType, LongType>(|it, by| (by >= 0).then(|| it >> (by & 63)))
        }),
        examples: &[
            Example { query: "binary_shift_right(1, 2)", result: "0" },
            Example { query: "binary_shift_right(16, 2)", result: "4" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "bitset_count_ones",
        summary: "How many bits of a number are set.",
        signatures: ONE,
        kernel: Kernel::Rows(|call| call.map1::<LongType, LongType>(|it| Some(i64::from(it.count_ones())))),
        examples: &[Example { query: "bitset_count_ones(42)", result: "3" }],
        ..BASE
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::testing::check;
    use crate::types::Value;

    #[test]
    fn takes_ints_and_nulls() {
        check(FUNCTIONS, "binary_and", &[12_i32.into(), 10_i64.into()], 8_i64);
        check(FUNCTIONS, "binary_or", &[Value::Null, 10_i64.into()], Value::Null);
        check(FUNCTIONS, "binary_shift_left", &[1_i64.into(), 65_i64.into()], 2_i64);
        check(FUNCTIONS, "binary_shift_right", &[1_i64.into(), (-1_i64).into()], Value::Null);
        check(FUNCTIONS, "bitset_count_ones", &[(-1_i64).into()], 64_i64);
    }
}
