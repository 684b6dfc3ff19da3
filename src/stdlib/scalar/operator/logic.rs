//! `and`, `or`, `not` over bitmaps, in three-valued logic. It must not know comparisons.

use arrow_buffer::BooleanBuffer;

use crate::column::{Column, Validity};
use crate::function::kinds::{BOOL, returns};
use crate::function::{Call, Category, Cost, Example, Kernel, Result, ScalarFunction, Semantics, signatures};
use crate::types::{ScalarType, Value};

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "and",
        category: Category::Operator,
        summary: "True if all operands are; false if one of them is false, whatever is null.",
        signatures: signatures![(operand: BOOL.repeated(2, u16::MAX)) -> returns::BOOL],
        kernel: Kernel::Rows(|call| combine(call, true)),
        of_row: Some(|operands, _| bools_of_row(operands).map(|mut it| Value::Bool(it.all(|it| it)))),
        semantics: Semantics::And,
        cost: Cost::of(1),
        examples: &[
            Example { query: "bool(null) and false", result: "false" },
            Example { query: "bool(null) and true", result: "null" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "or",
        category: Category::Operator,
        summary: "True if one of the operands is, whatever is null; false if all are false.",
        signatures: signatures![(operand: BOOL.repeated(2, u16::MAX)) -> returns::BOOL],
        kernel: Kernel::Rows(|call| combine(call, false)),
        of_row: Some(|operands, _| bools_of_row(operands).map(|mut it| Value::Bool(it.any(|it| it)))),
        semantics: Semantics::Or,
        cost: Cost::of(1),
        examples: &[
            Example { query: "bool(null) or true", result: "true" },
            Example { query: "bool(null) or false", result: "null" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "not",
        category: Category::Conditional,
        summary: "True for false and false for true; null for null.",
        signatures: signatures![(expression: BOOL) -> returns::BOOL],
        kernel: Kernel::Rows(|call| Ok(negate(&call.argument_as(0, ScalarType::Bool)?, call.rows))),
        of_row: Some(|operands, _| bools_of_row(operands)?.next().map(|it| Value::Bool(!it))),
        semantics: Semantics::Not,
        cost: Cost::of(1),
        examples: &[
            Example { query: "not(1 == 2)", result: "true" },
            Example { query: "not(bool(null))", result: "null" },
        ],
        ..ScalarFunction::DEFAULT
    },
];

/// One row's operands, if all of them are known bools.
fn bools_of_row(operands: &[(Value, ScalarType)]) -> Option<impl Iterator<Item = bool>> {
    let is_known = operands.iter().all(|(value, _)| matches!(value, Value::Bool(_)));
    is_known.then(|| operands.iter().map(|(value, _)| *value == Value::Bool(true)))
}

/// A bool column as its bits; a constant has none.
enum Bools<'a> {
    Constant(Option<bool>),
    Rows(&'a BooleanBuffer, &'a Validity),
}

fn bools(column: &Column) -> Bools<'_> {
    match column {
        Column::Bool(values, validity) => Bools::Rows(values, validity),
        Column::Constant(it) => Bools::Constant(match it.value {
            Value::Bool(it) => Some(it),
            _ => None,
        }),
        _ => Bools::Constant(None),
    }
}

/// The rows that hold true, and those that hold false.
fn split(values: &BooleanBuffer, validity: &Validity) -> (BooleanBuffer, BooleanBuffer) {
    match validity.nulls() {
        None => (values.clone(), !values),
        Some(nulls) => (values & nulls.inner(), &!values & nulls.inner()),
    }
}

/// `and` (`all`) or `or` of two columns of one length.
pub(super) fn both(a: &Column, b: &Column, all: bool, rows: usize) -> Column {
    // The value that decides: false for `and`, true for `or`.
    let decisive = !all;
    let decided = || Column::constant(Value::Bool(decisive), ScalarType::Bool, rows);
    match (bools(a), bools(b)) {
        (Bools::Constant(Some(it)), _) if it == decisive => decided(),
        (_, Bools::Constant(Some(it))) if it == decisive => decided(),
        (Bools::Constant(Some(_)), _) => b.clone(),
        (_, Bools::Constant(Some(_))) => a.clone(),
        (Bools::Constant(None), Bools::Constant(None)) => Column::nulls(ScalarType::Bool, rows),
        (Bools::Constant(None), Bools::Rows(values, validity))
        | (Bools::Rows(values, validity), Bools::Constant(None)) => {
            let (yes, no) = split(values, validity);
            let deciding = if all { no } else { yes };
            let values = if decisive { BooleanBuffer::new_set(rows) } else { BooleanBuffer::new_unset(rows) };
            Column::Bool(values, Validity::new(deciding))
        }
        (Bools::Rows(a, all_a), Bools::Rows(b, all_b)) => {
            if all_a.nulls().is_none() && all_b.nulls().is_none() {
                return Column::Bool(if all { a & b } else { a | b }, Validity::ALL);
            }
            let ((yes_a, no_a), (yes_b, no_b)) = (split(a, all_a), split(b, all_b));
            let (yes, no) =
                if all { (&yes_a & &yes_b, &no_a | &no_b) } else { (&yes_a | &yes_b, &no_a & &no_b) };
            let valid = &yes | &no;
            Column::Bool(yes, Validity::new(valid))
        }
    }
}

fn combine(call: &Call<'_>, all: bool) -> Result<Column> {
    let mut found = call.argument_as(0, ScalarType::Bool)?;
    for at in 1..call.count() {
        found = both(&found, &call.argument_as(at, ScalarType::Bool)?, all, call.rows);
    }
    Ok(found)
}

/// True for false, false for true, null for null.
pub(super) fn negate(column: &Column, rows: usize) -> Column {
    match bools(column) {
        Bools::Constant(Some(it)) => Column::constant(Value::Bool(!it), ScalarType::Bool, rows),
        Bools::Constant(None) => Column::nulls(ScalarType::Bool, rows),
        Bools::Rows(values, validity) => Column::Bool(!values, validity.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::FUNCTIONS;
    use crate::column::Column;
    use crate::function::testing::call;
    use crate::types::{ScalarType, Value};

    const VALUES: [Option<bool>; 3] = [Some(true), Some(false), None];

    fn value(it: Option<bool>) -> Value {
        it.map_or(Value::Null, Value::Bool)
    }

    /// Kleene's tables, over every pair, with each side constant or not.
    #[test]
    fn three_valued_logic() {
        let and = |a: Option<bool>, b: Option<bool>| match (a, b) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        };
        let or = |a: Option<bool>, b: Option<bool>| and(a.map(|a| !a), b.map(|b| !b)).map(|it| !it);
        for a in VALUES {
            for b in VALUES {
                for flat in 0..4 {
                    let make = |it, flat: bool| {
                        let column = Column::constant(value(it), ScalarType::Bool, 3);
                        if flat { column.to_flat() } else { column }
                    };
                    let arguments = [make(a, flat & 1 > 0), make(b, flat & 2 > 0)];
                    assert_eq!(
                        call(FUNCTIONS, "and", &arguments).value(2),
                        value(and(a, b)),
                        "{a:?} and {b:?}"
                    );
                    assert_eq!(call(FUNCTIONS, "or", &arguments).value(2), value(or(a, b)), "{a:?} or {b:?}");
                }
            }
            let column = Column::constant(value(a), ScalarType::Bool, 3);
            assert_eq!(call(FUNCTIONS, "not", &[column.to_flat()]).value(1), value(a.map(|a| !a)));
            assert_eq!(call(FUNCTIONS, "not", &[column]).value(1), value(a.map(|a| !a)));
        }
    }
}
