//! `== != < <= > >=` `between` and `around`. It must not know text operators or lists.
//!
//! Null with a value: `==` is false, `!=` is true, an order is null. Null with null is null.
//! A dynamic operand is read as the other one's type; two dynamic operands are refused: the language asks for a cast.

use std::cmp::Ordering;

use arrow_buffer::BooleanBuffer;

use super::operand::{Operand, Tested, test, test_texts};
use super::{logic, mixed};
use crate::column::{Column, Validity};
use crate::function::kinds::{NUMBER, NUMBER_OR_BOOL, ONLY_DATETIME, ONLY_TIMESPAN, SCALAR, returns};
use crate::function::{
    Call, CallSite, Category, Comparison, ComparisonKind, Cost, Example, Expansion, Kernel, Result,
    ScalarFunction, Semantics, Signature, signatures,
};
use crate::types::{DateTime, Decimal, Dynamic, ScalarType, TimeSpan, Value};

const EQUALITY: &[Signature] = signatures![(left: SCALAR, right: SCALAR) -> returns::BOOL];

// Times are not read from dynamic values: the language asks for a cast.
const ORDER: &[Signature] = signatures![
    (left: NUMBER_OR_BOOL, right: NUMBER_OR_BOOL) -> returns::BOOL;
    (left: ONLY_DATETIME, right: ONLY_DATETIME) -> returns::BOOL;
    (left: ONLY_TIMESPAN, right: ONLY_TIMESPAN) -> returns::BOOL;
];

const ORDER_COST: Cost = Cost { without_text: 1, with_text: 10 };

const BETWEEN: &[Signature] = signatures![
    (value: NUMBER, low: NUMBER, high: NUMBER) -> returns::BOOL;
    (value: ONLY_DATETIME, low: ONLY_DATETIME, high: ONLY_DATETIME) -> returns::BOOL;
    (value: ONLY_DATETIME, low: ONLY_DATETIME, length: ONLY_TIMESPAN) -> returns::BOOL;
    (value: ONLY_TIMESPAN, low: ONLY_TIMESPAN, high: ONLY_TIMESPAN) -> returns::BOOL;
];

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "==",
        category: Category::Operator,
        summary: "True if both values are equal; texts with regard to case. Null equals no value.",
        signatures: EQUALITY,
        kernel: Kernel::Rows(|call| compare(call, Comparison::Equal)),
        of_row: Some(|operands, _| of_row(operands, Comparison::Equal)),
        semantics: Semantics::Comparison(ComparisonKind::Order(Comparison::Equal)),
        cost: Cost { without_text: 1, with_text: 3 },
        ignoring_case: Some("=~"),
        wider: Some("contains_cs"),
        examples: &[
            Example { query: "1 == 1.0", result: "true" },
            Example { query: "'a' == 'A'", result: "false" },
            Example { query: "long(null) == 1", result: "false" },
            Example { query: "long(null) == long(null)", result: "null" },
            Example { query: "real(nan) == real(nan)", result: "false" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "!=",
        aliases: &["<>"],
        category: Category::Operator,
        summary: "True if the values differ; texts with regard to case. Null differs from every value.",
        signatures: EQUALITY,
        kernel: Kernel::Rows(|call| compare(call, Comparison::NotEqual)),
        of_row: Some(|operands, _| of_row(operands, Comparison::NotEqual)),
        semantics: Semantics::Comparison(ComparisonKind::Order(Comparison::NotEqual)),
        cost: Cost { without_text: 1, with_text: 3 },
        negates: Some("=="),
        ignoring_case: Some("!~"),
        examples: &[
            Example { query: "1 != 2", result: "true" },
            Example { query: "long(null) != 1", result: "true" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "<",
        category: Category::Operator,
        summary: "True if the left value is below the right one; null if one of them is null.",
        signatures: ORDER,
        kernel: Kernel::Rows(|call| compare(call, Comparison::Less)),
        of_row: Some(|operands, _| of_row(operands, Comparison::Less)),
        semantics: Semantics::Comparison(ComparisonKind::Order(Comparison::Less)),
        cost: ORDER_COST,
        examples: &[
            Example { query: "1 < 1.5", result: "true" },
            Example { query: "long(null) < 1", result: "null" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "<=",
        category: Category::Operator,
        summary: "True if the left value is at most the right one; null if one of them is null.",
        signatures: ORDER,
        kernel: Kernel::Rows(|call| compare(call, Comparison::LessOrEqual)),
        of_row: Some(|operands, _| of_row(operands, Comparison::LessOrEqual)),
        semantics: Semantics::Comparison(ComparisonKind::Order(Comparison::LessOrEqual)),
        cost: ORDER_COST,
        examples: &[Example { query: "1h <= 60m", result: "true" }],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: ">",
        category: Category::Operator,
        summary: "True if the left value is above the right one; null if one of them is null.",
        signatures: ORDER,
        kernel: Kernel::Rows(|call| compare(call, Comparison::Greater)),
        of_row: Some(|operands, _| of_row(operands, Comparison::Greater)),
        semantics: Semantics::Comparison(ComparisonKind::Order(Comparison::Greater)),
        cost: ORDER_COST,
        examples: &[Example { query: "datetime(2024-01-02) > datetime(2024-01-01)", result: "true" }],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: ">=",
        category: Category::Operator,
        summary: "True if the left value is at least the right one; null if one of them is null.",
        signatures: ORDER,
        kernel: Kernel::Rows(|call| compare(call, Comparison::GreaterOrEqual)),
        of_row: Some(|operands, _| of_row(operands, Comparison::GreaterOrEqual)),
        semantics: Semantics::Comparison(ComparisonKind::Order(Comparison::GreaterOrEqual)),
        cost: ORDER_COST,
        examples: &[Example { query: "real(nan) >= 1", result: "false" }],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "between",
        category: Category::Operator,
        summary: "True if the value is within two bounds, both included; the upper one of a datetime may be a timespan.",
        signatures: BETWEEN,
        kernel: Kernel::Rows(between),
        semantics: Semantics::Comparison(ComparisonKind::Between),
        cost: ORDER_COST,
        examples: &[
            Example { query: "5 between (1 .. 5)", result: "true" },
            Example { query: "datetime(2024-01-03) between (datetime(2024-01-01) .. 2d)", result: "true" },
            Example { query: "2 between (1.5 .. 1.9)", result: "false" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "around",
        category: Category::Math,
        summary: "Whether a number, datetime or timespan is no further from a centre than a distance.",
        signatures: signatures![(value: SCALAR, center: SCALAR, delta: SCALAR) -> returns::BOOL],
        kernel: Kernel::Rows(|call| Err(call.fail("values of these types have no distance that is known"))),
        expand: Some(around),
        examples: &[
            Example { query: "around(7, 5, 2)", result: "true" },
            Example {
                query: "around(datetime(2021-01-01 01:32), datetime(2021-01-01 01:30), 1min)",
                result: "false",
            },
            Example { query: "around(long(null), 5, 2)", result: "null" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "!between",
        category: Category::Operator,
        summary: "True if the value is outside two bounds.",
        signatures: BETWEEN,
        kernel: Kernel::Rows(|call| Ok(logic::negate(&between(call)?, call.rows))),
        cost: ORDER_COST,
        negates: Some("between"),
        examples: &[Example { query: "5 !between (1 .. 5)", result: "false" }],
        ..ScalarFunction::DEFAULT
    },
];

/// Compares one row's operands. `None` where the kernel has to tell: of nulls, and of types that differ.
fn of_row(operands: &[(Value, ScalarType)], what: Comparison) -> Option<Value> {
    let order = match operands {
        [(Value::String(a), _), (Value::String(b), _)] if what.is_equality() => Some(a.cmp(b)),
        [(a @ (Value::Int(_) | Value::Long(_)), _), (b @ (Value::Int(_) | Value::Long(_)), _)] => {
            Some(a.as_long()?.cmp(&b.as_long()?))
        }
        [(a @ (Value::Int(_) | Value::Long(_) | Value::Real(_)), _), (b, _)]
            if matches!(b, Value::Int(_) | Value::Long(_) | Value::Real(_)) =>
        {
            a.as_real()?.partial_cmp(&b.as_real()?)
        }
        [(a @ (Value::DateTime(_) | Value::TimeSpan(_)), of_a), (b, of_b)]
            if of_a == of_b && !b.is_null() =>
        {
            values(a, b)
        }
        _ => return None,
    };
    // Without an order there is a NaN, which differs from all.
    Some(Value::Bool(order.map_or(what == Comparison::NotEqual, |order| what.holds(order))))
}

fn compare(call: &Call<'_>, what: Comparison) -> Result<Column> {
    columns(call, call.argument(0)?, call.argument(1)?, what)
}

/// Compares two columns of one length.
///
/// # Errors
/// Their types have nothing in common.
pub(super) fn columns(call: &Call<'_>, a: &Column, b: &Column, what: Comparison) -> Result<Column> {
    use ScalarType::{Bool, DateTime, Decimal, Dynamic, Guid, Int, Long, Real, String, TimeSpan};
    let rows = call.rows;
    Ok(match (a.scalar_type(), b.scalar_type()) {
        (Dynamic, Dynamic) => {
            return Err(call.fail("both operands are dynamic: cast one of them, such as with tostring()"));
        }
        (Dynamic, data_type) if what.is_equality() || data_type.is_number() => {
            dynamic(a, b, rows, what, false)
        }
        (data_type, Dynamic) if what.is_equality() || data_type.is_number() => {
            dynamic(b, a, rows, what, true)
        }
        (Bool | Int | Long, Bool | Int | Long) => integers(call, a, b, what)?,
        (left, right) if number(left) && number(right) => {
            if left == Decimal || right == Decimal {
                let (a, b) = (Operand::of(call, a, Decimal)?, Operand::of(call, b, Decimal)?);
                let order = |a, b| decimal(a).cmp(&decimal(b));
                finish(rows, what, test(rows, &a, &b, |a: i128, b| what.holds(order(a, b))), &a, &b)
            } else {
                let (a, b) = (Operand::<f64>::of(call, a, Real)?, Operand::of(call, b, Real)?);
                finish(rows, what, relate(rows, what, &a, &b), &a, &b)
            }
        }
        (DateTime, DateTime) | (TimeSpan, TimeSpan) => {
            let data_type = a.scalar_type();
            let (a, b) = (Operand::<i64>::of(call, a, data_type)?, Operand::of(call, b, data_type)?);
            finish(rows, what, relate(rows, what, &a, &b), &a, &b)
        }
        (Guid, Guid) if what.is_equality() => {
            let (a, b) = (Operand::<i128>::of(call, a, Guid)?, Operand::of(call, b, Guid)?);
            finish(rows, what, relate(rows, what, &a, &b), &a, &b)
        }
        (String, String) if what.is_equality() => strings(a, b, rows, what == Comparison::Equal),
        _ if what.is_equality() => mixed::equality(call, a, b, what == Comparison::Equal)?,
        (left, right) => {
            let message = format!("values of types {left} and {right} cannot be compared; cast one of them");
            return Err(call.fail(message));
        }
    })
}

const fn number(data_type: ScalarType) -> bool {
    data_type.is_number() || matches!(data_type, ScalarType::Bool)
}

fn decimal(bits: i128) -> Decimal {
    Decimal::from_bits(bits)
}

/// Integers and bools as 64 bits; `int` columns are compared with a constant as they are.
fn integers(call: &Call<'_>, a: &Column, b: &Column, what: Comparison) -> Result<Column> {
    let rows = call.rows;
    let narrow = |column: &Column| match column {
        Column::Int(it) => Some(Operand::Rows(it.clone())),
        Column::Constant(it) => Some(Operand::Constant(match &it.value {
            Value::Null => None,
            value => Some(i32::try_from(value.as_long()?).ok()?),
        })),
        _ => None,
    };
    if let (Some(a), Some(b)) = (narrow(a), narrow(b)) {
        return Ok(finish(rows, what, relate::<i32>(rows, what, &a, &b), &a, &b));
    }
    let (a, b) = (Operand::<i64>::of(call, a, ScalarType::Long)?, Operand::of(call, b, ScalarType::Long)?);
    Ok(finish(rows, what, relate(rows, what, &a, &b), &a, &b))
}

/// Tests a relation; each one gets its own loop.
fn relate<T: arrow_buffer::ArrowNativeType + PartialOrd>(
    rows: usize,
    what: Comparison,
    a: &Operand<T>,
    b: &Operand<T>,
) -> Option<Tested> {
    match what {
        Comparison::Equal => test(rows, a, b, |a, b| a == b),
        Comparison::NotEqual => test(rows, a, b, |a, b| a != b),
        Comparison::Less => test(rows, a, b, |a, b| a < b),
        Comparison::LessOrEqual => test(rows, a, b, |a, b| a <= b),
        Comparison::Greater => test(rows, a, b, |a, b| a > b),
        Comparison::GreaterOrEqual => test(rows, a, b, |a, b| a >= b),
    }
}

/// The result of a test with nulls as the relation wants them.
fn finish<T: arrow_buffer::ArrowNativeType>(
    rows: usize,
    what: Comparison,
    tested: Option<Tested>,
    a: &Operand<T>,
    b: &Operand<T>,
) -> Column {
    let Some(Tested { bits, left, right }) = tested else {
        return nulls(
            rows,
            what,
            &Presence::of_operand(a),
            &Presence::of_operand(b),
            BooleanBuffer::new_unset(rows),
        );
    };
    nulls(rows, what, &Presence::of(&left), &Presence::of(&right), bits)
}

/// Which rows of an operand hold a value.
enum Presence<'a> {
    Valid,
    Null,
    Some(&'a BooleanBuffer),
}

impl<'a> Presence<'a> {
    fn of(validity: &'a Validity) -> Self {
        validity.nulls().map_or(Self::Valid, |nulls| Self::Some(nulls.inner()))
    }

    fn of_operand<T: arrow_buffer::ArrowNativeType>(operand: &'a Operand<T>) -> Self {
        match operand {
            Operand::Constant(None) => Self::Null,
            Operand::Constant(Some(_)) => Self::Valid,
            Operand::Rows(values) => Self::of(values.validity()),
        }
    }

    fn bits(&self, rows: usize) -> BooleanBuffer {
        match self {
            Self::Valid => BooleanBuffer::new_set(rows),
            Self::Null => BooleanBuffer::new_unset(rows),
            Self::Some(bits) => (*bits).clone(),
        }
    }
}

fn nulls(rows: usize, what: Comparison, a: &Presence<'_>, b: &Presence<'_>, bits: BooleanBuffer) -> Column {
    if let (Presence::Valid, Presence::Valid) = (a, b) {
        return Column::Bool(bits, Validity::ALL);
    }
    let (left, right) = (a.bits(rows), b.bits(rows));
    let both = &left & &right;
    match what {
        Comparison::Equal => Column::Bool(&bits & &both, Validity::new(&left | &right)),
        Comparison::NotEqual => Column::Bool(&bits | &!&both, Validity::new(&left | &right)),
        _ => Column::Bool(bits, Validity::new(both)),
    }
}

/// Equality of texts.
fn strings(a: &Column, b: &Column, rows: usize, equal: bool) -> Column {
    let bits = match (a, b) {
        (Column::Constant(a), Column::Constant(b)) => {
            let same = a.value.as_str() == b.value.as_str();
            return Column::constant(Value::Bool(same == equal), ScalarType::Bool, rows);
        }
        (Column::String(texts), Column::Constant(one)) | (Column::Constant(one), Column::String(texts)) => {
            let wanted = one.value.as_str().unwrap_or_default().as_bytes();
            test_texts(texts, |text| (text == wanted) == equal)
        }
        (Column::String(a), Column::String(b)) => {
            BooleanBuffer::collect_bool(rows, |row| (a.bytes(row) == b.bytes(row)) == equal)
        }
        _ => return Column::nulls(ScalarType::Bool, rows),
    };
    Column::Bool(bits, Validity::ALL)
}

/// A dynamic column with one of another type; `swapped` where the dynamic one stands on the right.
fn dynamic(a: &Column, b: &Column, rows: usize, what: Comparison, swapped: bool) -> Column {
    let mut out = crate::column::ColumnBuilder::with_capacity(ScalarType::Bool, rows);
    let one = |a: &Dynamic, b: &Value| dynamic_with(a, b, what, swapped).map_or(Value::Null, Value::Bool);
    match (a, b) {
        (Column::Dynamic(a), Column::Constant(b)) => {
            a.values().iter().for_each(|a| out.push(&one(a, &b.value)));
        }
        (Column::Constant(a), Column::Constant(b)) => {
            let a = if let Value::Dynamic(it) = &a.value { it.clone() } else { Dynamic::Null };
            return Column::constant(one(&a, &b.value), ScalarType::Bool, rows);
        }
        _ => {
            for row in 0..rows {
                let a = if let Value::Dynamic(it) = a.value(row) { it } else { Dynamic::Null };
                out.push(&one(&a, &b.value(row)));
            }
        }
    }
    out.finish()
}

/// Compares a dynamic value with one of another type, as which it is read; `None` is null.
pub(super) fn dynamic_with(a: &Dynamic, b: &Value, what: Comparison, swapped: bool) -> Option<bool> {
    match (a.is_null(), b.is_null(), what) {
        (true, true, _) => return None,
        (true, false, Comparison::Equal) | (false, true, Comparison::Equal) => return Some(false),
        (true, false, Comparison::NotEqual) | (false, true, Comparison::NotEqual) => return Some(true),
        (true, ..) | (_, true, _) => return None,
        _ => {}
    }
    let order = match (a, b) {
        // A fraction in the dynamic value counts, whatever the other one's type.
        (Dynamic::Real(a), Value::Int(_) | Value::Long(_) | Value::Real(_)) => a.partial_cmp(&b.as_real()?),
        (_, Value::String(b)) => Some(a.to_text().as_str().cmp(b)),
        _ => match b.scalar_type().map(|data_type| a.to_value(data_type)) {
            // Not readable as the other type: as a null would be.
            None | Some(Value::Null) => {
                return match what {
                    Comparison::Equal => Some(false),
                    Comparison::NotEqual => Some(true),
                    _ => None,
                };
            }
            Some(a) => values(&a, b),
        },
    };
    let Some(order) = order else { return Some(what == Comparison::NotEqual) };
    Some(what.holds(if swapped { order.reverse() } else { order }))
}

/// The order of two values of one type; `None` with a NaN.
fn values(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Long(a), Value::Long(b)) => Some(a.cmp(b)),
        (Value::Real(a), Value::Real(b)) => a.partial_cmp(b),
        (Value::Decimal(a), Value::Decimal(b)) => Some(a.cmp(b)),
        (Value::DateTime(a), Value::DateTime(b)) => Some(a.cmp(b)),
        (Value::TimeSpan(a), Value::TimeSpan(b)) => Some(a.cmp(b)),
        (Value::Guid(a), Value::Guid(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// The same as `value between (center - delta .. center + delta)`; the kernel, which refuses, for types of which the page
/// does not speak.
fn around(site: &mut dyn CallSite) -> Option<Expansion> {
    use ScalarType as T;
    if site.argument_count() != 3 || (0..3).any(|at| site.is_star(at)) {
        return None;
    }
    let types = [0, 1, 2].map(|at| site.argument(at).data_type);
    let [Some(value), Some(center), Some(delta)] = types else {
        return Some(Expansion::Unknown(Some(T::Bool)));
    };
    let number = |it: T| matches!(it, T::Int | T::Long | T::Real | T::Decimal);
    let fits = match (value, center, delta) {
        (T::DateTime, T::DateTime, T::TimeSpan) | (T::TimeSpan, T::TimeSpan, T::TimeSpan) => true,
        (value, center, delta) => number(value) && number(center) && number(delta),
    };
    let arguments = || vec![Expansion::Argument(1), Expansion::Argument(2)];
    Some(if fits {
        let (low, high) = (Expansion::Call("-", arguments()), Expansion::Call("+", arguments()));
        Expansion::Call("between", vec![Expansion::Argument(0), low, high])
    } else {
        Expansion::Kernel((0..3).map(Expansion::Argument).collect(), T::Bool)
    })
}

fn between(call: &Call<'_>) -> Result<Column> {
    let (value, low, high) = (call.argument(0)?, call.argument(1)?, call.argument(2)?);
    let high = if value.scalar_type() == ScalarType::DateTime && high.scalar_type() == ScalarType::TimeSpan {
        let (start, length) = (
            Operand::<i64>::of(call, low, ScalarType::DateTime)?,
            Operand::of(call, high, ScalarType::TimeSpan)?,
        );
        super::operand::try_zip(&start, &length, |start, length: i64| {
            DateTime(start).checked_add(TimeSpan(length)).map(|it| it.0)
        })
        .into_column(ScalarType::DateTime, call.rows)
    } else {
        high.clone()
    };
    let above = columns(call, value, low, Comparison::GreaterOrEqual)?;
    let below = columns(call, value, &high, Comparison::LessOrEqual)?;
    Ok(logic::both(&above, &below, true, call.rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::testing::{call, check, doubted};
    use crate::types::Guid;

    // Expectations: the null values' page and SEMANTICS' recorded answers.
    #[test]
    fn nulls_are_unequal_and_unordered() {
        let long = Value::Long(1);
        for (name, expected) in [("==", Value::Bool(false)), ("!=", Value::Bool(true)), ("<", Value::Null)] {
            check(FUNCTIONS, name, &[Value::Null, long.clone()], expected.clone());
            check(FUNCTIONS, name, &[long.clone(), Value::Null], expected);
            check(FUNCTIONS, name, &[Value::Null, Value::Null], Value::Null);
        }
    }

    #[test]
    fn numbers_compare_across_types() {
        check(FUNCTIONS, "==", &[1.into(), 1.0.into()], true);
        check(FUNCTIONS, "<", &[1.into(), 2_i64.into()], true);
        check(FUNCTIONS, ">", &[2.5.into(), 2_i64.into()], true);
        check(FUNCTIONS, "==", &[1.into(), (1_i64 << 32 | 1).into()], false);
        let decimal = Value::Decimal(Decimal::parse("0.1").unwrap());
        check(FUNCTIONS, "==", &[decimal, 0.1.into()], true);
        check(FUNCTIONS, "==", &[f64::NAN.into(), f64::NAN.into()], false);
        check(FUNCTIONS, "!=", &[f64::NAN.into(), f64::NAN.into()], true);
        check(FUNCTIONS, "<", &[f64::NAN.into(), 1.0.into()], false);
        check(FUNCTIONS, "==", &[true.into(), 1_i64.into()], true);
    }

    #[test]
    fn other_types_compare_with_their_own() {
        check(FUNCTIONS, "==", &["a".into(), "a".into()], true);
        check(FUNCTIONS, "==", &["a".into(), "A".into()], false);
        check(FUNCTIONS, "!=", &["a".into(), "A".into()], true);
        check(FUNCTIONS, "==", &[Guid(5).into(), Guid(5).into()], true);
        check(FUNCTIONS, "<", &[DateTime(1).into(), DateTime(2).into()], true);
    }

    // Expectations: SEMANTICS, from published rules that are known to run.
    #[test]
    fn texts_with_numbers_and_bools() {
        for (name, equal) in [("==", true), ("!=", false)] {
            check(FUNCTIONS, name, &[Value::string("0"), 0_i64.into()], equal);
            check(FUNCTIONS, name, &[4624.into(), Value::string("4624")], equal);
            check(FUNCTIONS, name, &[Value::string("50126"), 0_i64.into()], !equal);
            check(FUNCTIONS, name, &[Value::string("none"), 0_i64.into()], !equal);
            check(FUNCTIONS, name, &[Value::string(""), 0_i64.into()], !equal);
            check(FUNCTIONS, name, &[Value::string("1.5"), 1.5.into()], equal);
            check(FUNCTIONS, name, &[Value::string("True"), true.into()], equal);
            check(FUNCTIONS, name, &[true.into(), Value::string("true")], equal);
            check(FUNCTIONS, name, &[Value::string("False"), true.into()], !equal);
            check(FUNCTIONS, name, &[Value::string("x"), Value::Null], !equal);
        }
    }

    // What these give is not known; the reader of the other type decides.
    #[test]
    fn texts_that_are_written_in_another_way() {
        doubted(FUNCTIONS, "==", &[Value::string("00"), 0_i64.into()], true);
        doubted(FUNCTIONS, "!=", &[Value::string(" 0"), 0_i64.into()], false);
        doubted(FUNCTIONS, "==", &[Value::string("1.0"), 1_i64.into()], true);
        doubted(FUNCTIONS, "==", &[Value::string("1"), 1.0.into()], true);
        doubted(FUNCTIONS, "==", &[Value::string("1"), true.into()], true);
        let day = DateTime::parse("2024-01-02").unwrap();
        doubted(FUNCTIONS, "==", &[Value::string("2024-01-02"), day.into()], true);
        check(FUNCTIONS, "==", &[Value::string("yesterday"), day.into()], false);
    }

    #[test]
    fn types_that_have_nothing_in_common() {
        doubted(FUNCTIONS, "==", &[DateTime(1).into(), 1_i64.into()], false);
        doubted(FUNCTIONS, "!=", &[DateTime(1).into(), 1_i64.into()], true);
    }

    #[test]
    fn dynamics_are_read_as_the_other_type() {
        check(FUNCTIONS, "==", &[Dynamic::Long(5).into(), 5.into()], true);
        check(FUNCTIONS, "==", &[Dynamic::string("5").into(), 5_i64.into()], true);
        check(FUNCTIONS, "==", &[Dynamic::Real(5.5).into(), 5_i64.into()], false);
        check(FUNCTIONS, ">", &[5_i64.into(), Dynamic::Real(4.5).into()], true);
        check(FUNCTIONS, "==", &[Dynamic::string("x").into(), "x".into()], true);
        check(FUNCTIONS, "!=", &[Dynamic::Null.into(), "x".into()], true);
        check(FUNCTIONS, "==", &[Dynamic::array(vec![]).into(), 5_i64.into()], false);
    }

    #[test]
    fn between_includes_both_ends() {
        let day = TimeSpan(TimeSpan::DAY);
        check(FUNCTIONS, "between", &[5_i64.into(), 1_i64.into(), 5_i64.into()], true);
        check(FUNCTIONS, "!between", &[5_i64.into(), 1_i64.into(), 5_i64.into()], false);
        check(FUNCTIONS, "between", &[5_i64.into(), 1.5.into(), 4.5.into()], false);
        check(FUNCTIONS, "between", &[Value::Null, 1_i64.into(), 5_i64.into()], Value::Null);
        check(FUNCTIONS, "between", &[DateTime(TimeSpan::DAY).into(), DateTime(0).into(), day.into()], true);
        check(
            FUNCTIONS,
            "between",
            &[DateTime(TimeSpan::DAY + 1).into(), DateTime(0).into(), day.into()],
            false,
        );
    }

    #[test]
    fn columns_with_nulls() {
        let values = |items: &[Option<i64>]| Column::Long(items.iter().copied().collect());
        let (a, b) = (values(&[Some(1), None, Some(3), None]), values(&[Some(1), Some(2), None, None]));
        let found = |name| call(FUNCTIONS, name, &[a.clone(), b.clone()]).values().collect::<Vec<_>>();
        assert_eq!(found("=="), [true.into(), false.into(), false.into(), Value::Null]);
        assert_eq!(found("!="), [false.into(), true.into(), true.into(), Value::Null]);
        assert_eq!(found("<="), [true.into(), Value::Null, Value::Null, Value::Null]);
    }
}
