//! `.` and `[]`: members of bags and items of arrays. It must not know how they are written.
//!
//! What is not there is null: a missing key, an index out of range, a value of another kind.

use crate::column::{Column, DynamicType, LongType, StringType};
use crate::function::kinds::{DYNAMIC, INTEGER, STRING, returns};
use crate::function::{Call, Category, Example, Kernel, Result, ScalarFunction, Semantics, signatures};
use crate::types::{Dynamic, ScalarType, Value};

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: ".",
        category: Category::Operator,
        summary: "The member of a property bag; null where there is none.",
        signatures: signatures![(bag: DYNAMIC, key: STRING) -> returns::DYNAMIC],
        kernel: Kernel::Rows(member),
        semantics: Semantics::Member,
        examples: &[
            Example { query: "dynamic({'a': {'b': 1}}).a.b", result: "1" },
            Example { query: "dynamic({'a': 1}).b", result: "null" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "[]",
        category: Category::Operator,
        summary: "The item of an array, counted from 0 or, if negative, from the end; or the member of a property bag.",
        signatures: signatures![
            (bag: DYNAMIC, key: STRING) -> returns::DYNAMIC;
            (array: DYNAMIC, index: INTEGER) -> returns::DYNAMIC;
            (value: DYNAMIC, index: DYNAMIC) -> returns::DYNAMIC;
        ],
        kernel: Kernel::Rows(element),
        semantics: Semantics::Item,
        examples: &[
            Example { query: "dynamic([1, 2, 3])[-1]", result: "3" },
            Example { query: "dynamic({'a b': 1})['a b']", result: "1" },
            Example { query: "dynamic([1])[1]", result: "null" },
        ],
        ..ScalarFunction::DEFAULT
    },
];

fn member(call: &Call<'_>) -> Result<Column> {
    if let Column::Dynamic(bags) = call.argument(0)?
        && let Some(key) = call.constant_str(1)
    {
        return Ok(Column::Dynamic(bags.member(key)));
    }
    call.map2::<DynamicType, StringType, DynamicType>(|bag, key| bag.as_bag()?.get(key).cloned())
}

fn element(call: &Call<'_>) -> Result<Column> {
    match call.argument(1)?.scalar_type() {
        ScalarType::String => member(call),
        ScalarType::Dynamic => {
            call.map2::<DynamicType, DynamicType, DynamicType>(|value, index| match index {
                Dynamic::String(key) => value.as_bag()?.get(&**key).cloned(),
                Dynamic::Long(index) => Some(value.item(*index)),
                _ => None,
            })
        }
        _ => {
            let index = call.constant(1).map(|index| index.convert(ScalarType::Long));
            match (call.argument(0)?, index) {
                (Column::Dynamic(arrays), Some(Value::Long(index))) => {
                    Ok(Column::Dynamic(arrays.item(index)))
                }
                _ => call.map2::<DynamicType, LongType, DynamicType>(|array, index| Some(array.item(index))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::testing::check;

    #[test]
    fn what_is_not_there_is_null() {
        let value = || Value::Dynamic(Dynamic::from_json(r#"{"a":[1,2],"":3}"#).unwrap());
        let items = || Value::Dynamic(Dynamic::from_json("[1,2]").unwrap());
        check(FUNCTIONS, ".", &[value(), "a".into()], Dynamic::from_json("[1,2]").unwrap());
        check(FUNCTIONS, ".", &[value(), "".into()], Dynamic::Long(3));
        check(FUNCTIONS, ".", &[value(), "A".into()], Value::Null);
        check(FUNCTIONS, ".", &[items(), "a".into()], Value::Null);
        check(FUNCTIONS, "[]", &[items(), 1.into()], Dynamic::Long(2));
        check(FUNCTIONS, "[]", &[items(), (-2_i64).into()], Dynamic::Long(1));
        check(FUNCTIONS, "[]", &[items(), 2_i64.into()], Value::Null);
        check(FUNCTIONS, "[]", &[value(), 0_i64.into()], Value::Null);
        check(FUNCTIONS, "[]", &[value(), Dynamic::string("").into()], Dynamic::Long(3));
    }
}
