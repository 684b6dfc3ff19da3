//! Reads off a conjunct above a scan what it asks of single columns, where a store of rows can tell that exactly.
//! It must not know sources.

use super::context::ExecContext;
use super::eval::Program;
use super::scan_condition::{ScanCondition, ScanTest};
use crate::column::Chunk;
use crate::function::{Comparison, ComparisonKind, Semantics};
use crate::plan::{Expr, Plan};
use crate::types::{Dynamic, ScalarType, TimeSpan, Value};

/// What the conjunct asks of the columns of a scan; nothing where it cannot be said exactly. What is said may be less than what
/// the conjunct asks, never more.
pub(super) fn conditions<'a>(
    conjunct: &Expr,
    scan: &'a Plan,
    context: &ExecContext<'_>,
) -> Vec<ScanCondition<'a>> {
    let found = if let Expr::Column { index, data_type: ScalarType::Bool } = conjunct {
        Some((*index, vec![ScanTest::Equal(Value::Bool(true))]))
    } else if let Expr::Call { function, arguments, .. } = conjunct
        && let Semantics::Comparison(kind) = function.semantics
    {
        compared(kind, arguments, context)
    } else {
        None
    };
    let Some((column, tests)) = found else { return Vec::new() };
    let Some(column) = scan.schema.columns.get(column) else { return Vec::new() };
    tests.into_iter().map(|test| ScanCondition { column: &column.name, test }).collect()
}

/// The column that a comparison is of, and the tests that it comes to.
fn compared(
    kind: ComparisonKind,
    arguments: &[Expr],
    context: &ExecContext<'_>,
) -> Option<(usize, Vec<ScanTest>)> {
    let (first, others) = arguments.split_first()?;
    let (column, kind, values) = if let Expr::Column { index, data_type } = first {
        ((*index, *data_type), kind, others)
    } else if let [Expr::Column { index, data_type }] = others {
        ((*index, *data_type), mirrored(kind)?, std::slice::from_ref(first))
    } else {
        return None;
    };
    let values: Vec<Value> = values.iter().map(|it| constant(it, context)).collect::<Option<_>>()?;
    Some((column.0, tests(kind, column.1, &values)?))
}

/// The relation of the second operand to the first.
const fn mirrored(kind: ComparisonKind) -> Option<ComparisonKind> {
    if let ComparisonKind::Order(order) = kind { Some(ComparisonKind::Order(order.mirrored())) } else { None }
}

fn tests(kind: ComparisonKind, data_type: ScalarType, values: &[Value]) -> Option<Vec<ScanTest>> {
    let first = values.first()?;
    let equal = || exact(first, data_type);
    let ordered = || exact(first, data_type).filter(is_ordered);
    let text = || match (data_type, first) {
        (ScalarType::String, Value::String(text)) => Some(text.to_string()),
        _ => None,
    };
    Some(vec![match kind {
        ComparisonKind::Order(Comparison::Equal) => ScanTest::Equal(equal()?),
        ComparisonKind::Order(Comparison::NotEqual) => ScanTest::NotEqual(equal()?),
        ComparisonKind::Order(Comparison::Less) => ScanTest::Less(ordered()?),
        ComparisonKind::Order(Comparison::LessOrEqual) => ScanTest::LessOrEqual(ordered()?),
        ComparisonKind::Order(Comparison::Greater) => ScanTest::Greater(ordered()?),
        ComparisonKind::Order(Comparison::GreaterOrEqual) => ScanTest::GreaterOrEqual(ordered()?),
        ComparisonKind::Between => {
            let low = ordered();
            let high = match (&low, values.get(1)?) {
                (Some(Value::DateTime(start)), Value::TimeSpan(TimeSpan(length))) => {
                    start.checked_add(TimeSpan(*length)).map(Value::DateTime)
                }
                (_, high) => exact(high, data_type).filter(is_ordered),
            };
            let bounds = [low.map(ScanTest::GreaterOrEqual), high.map(ScanTest::LessOrEqual)];
            return Some(bounds.into_iter().flatten().collect());
        }
        ComparisonKind::In => ScanTest::In(list(data_type, values)?),
        ComparisonKind::NotIn => ScanTest::NotIn(list(data_type, values)?),
        ComparisonKind::StartsWith => ScanTest::StartsWith(text()?),
        ComparisonKind::EndsWith => ScanTest::EndsWith(text()?),
        ComparisonKind::Contains => ScanTest::Contains(text()?),
        ComparisonKind::HasTerm => ScanTest::HasTerm(text()?),
    }])
}

/// The items of a list as values of the column's type: each value, or what is in it if it is an array. Nulls are left out:
/// nothing equals them.
fn list(data_type: ScalarType, values: &[Value]) -> Option<Vec<Value>> {
    let mut items = Vec::new();
    for value in values {
        match value {
            Value::Dynamic(Dynamic::Array(elements)) => {
                for element in elements.iter().filter(|it| !it.is_null()) {
                    items.push(exact(&scalar(element)?, data_type)?);
                }
            }
            value if value.is_null() => {}
            value => items.push(exact(value, data_type)?),
        }
    }
    Some(items)
}

/// An element of an array that is a scalar of a type that columns have.
fn scalar(element: &Dynamic) -> Option<Value> {
    Some(match element {
        Dynamic::String(text) => Value::String(text.clone()),
        Dynamic::Long(it) => Value::Long(*it),
        _ => return None,
    })
}

/// The value in the type of the column that it is compared with, if that is the same value and a comparison of the two is one
/// of values of that type. No null, no NaN, no dynamic value.
fn exact(value: &Value, data_type: ScalarType) -> Option<Value> {
    /// Integers up to here are reals, too.
    const MAX_INTEGER: u64 = 1 << 53;
    match (data_type, value) {
        (ScalarType::Int, Value::Long(it)) => i32::try_from(*it).ok().map(Value::Int),
        (ScalarType::Long, Value::Int(it)) => Some(Value::Long(i64::from(*it))),
        (ScalarType::Real, Value::Int(it)) => Some(Value::Real(f64::from(*it))),
        (ScalarType::Real, Value::Long(it)) if it.unsigned_abs() <= MAX_INTEGER => {
            Some(Value::Real(*it as f64))
        }
        (ScalarType::Real, Value::Real(it)) if it.is_nan() => None,
        (ScalarType::Dynamic, _) => None,
        (data_type, value) => (value.scalar_type() == Some(data_type)).then(|| value.clone()),
    }
}

/// Values of the type are compared by an order that everybody has: that of texts differs, that of bools is none.
const fn is_ordered(value: &Value) -> bool {
    matches!(
        value,
        Value::Int(_)
            | Value::Long(_)
            | Value::Real(_)
            | Value::Decimal(_)
            | Value::DateTime(_)
            | Value::TimeSpan(_)
    )
}

/// The value of an expression that is the same for all rows of the run, if it can be had at once and beyond doubt.
fn constant(expr: &Expr, context: &ExecContext<'_>) -> Option<Value> {
    if !expr.is_constant() || !expr.reads_only_its_row() {
        return None;
    }
    let program = Program::new(context, std::slice::from_ref(expr)).ok()?;
    let row = Chunk::without_columns(1);
    let computed = program.compute(context, &row).ok()?;
    if computed.is_doubtful() {
        return None;
    }
    computed.take_down(context).first().map(|column| column.value(0))
}
