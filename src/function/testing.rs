//! Runs single functions in unit tests, without a query. It must not know the binder: types are taken as they are.

use super::{
    ArgumentInfo, ArgumentType, Call, Context, Doubt, Doubts, Kernel, Result, ScalarFunction, resolve,
    resolve_complete,
};
use crate::budget::{Budget, Used};
use crate::column::Column;
use crate::source::Span;
use crate::types::{DateTime, Dynamic, ScalarType, Value};

/// The clock of [`call`]: 2024-01-02T03:04:05Z.
pub(crate) const NOW: DateTime = DateTime(638_397_614_450_000_000);

/// The function of a name or alias.
#[track_caller]
pub(crate) fn find(family: &'static [ScalarFunction], name: &str) -> &'static ScalarFunction {
    let named = |it: &&ScalarFunction| it.name == name || it.aliases.contains(&name);
    family.iter().find(named).unwrap_or_else(|| panic!("no function {name}"))
}

/// The value is this real, but for the last digits.
#[track_caller]
pub(crate) fn near(found: &Value, expected: f64) {
    let found = found.as_real().unwrap();
    assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
}

/// Runs a function over columns of one length; several result columns are allowed.
pub(crate) fn call_all(function: &ScalarFunction, arguments: &[Column]) -> Result<Vec<Column>> {
    evaluate(function, arguments, false).map(|(columns, _)| columns)
}

/// The result columns, and what the call met of which it is not known what the real engine gives.
fn evaluate(
    function: &ScalarFunction,
    arguments: &[Column],
    strict: bool,
) -> Result<(Vec<Column>, Vec<Doubt>)> {
    let data_types: Vec<ScalarType> = arguments.iter().map(Column::scalar_type).collect();
    let returns = returns(function, arguments)
        .unwrap_or_else(|| panic!("'{}' has no signature for {data_types:?}", function.name));
    let context = Context::new(NOW, Budget::default(), 1).with_strict(strict);
    let (doubts, used) = (Doubts::default(), Used::of(&context.budget));
    let random = context.random(Span::default());
    let call = Call {
        name: function.name,
        arguments,
        rows: arguments.first().map_or(1, Column::len),
        returns: returns[0],
        data_types: &returns,
        context: &context,
        doubts: &doubts,
        random: &random,
        used: &used,
        span: Span::default(),
    };
    let columns = match function.kernel {
        Kernel::Rows(kernel) | Kernel::Window(kernel) => vec![kernel(&call)?],
        Kernel::Columns(kernel) => kernel(&call)?,
        Kernel::Udf | Kernel::None => panic!("'{}' has no kernel", function.name),
    };
    for (column, data_type) in columns.iter().zip(&returns) {
        assert_eq!(column.scalar_type(), *data_type, "'{}' returns another type than it says", function.name);
        assert_eq!(column.len(), call.rows, "'{}' returns another number of rows", function.name);
    }
    Ok((columns, doubts.into_inner()))
}

/// The function takes the best-founded value for these arguments, says so, and refuses them in a strict run.
#[track_caller]
pub(crate) fn doubted(
    family: &'static [ScalarFunction],
    name: &str,
    arguments: &[Value],
    expected: impl Into<Value>,
) {
    let (function, expected) = (find(family, name), expected.into());
    let arguments = constants(function, arguments, 1);
    let (columns, doubts) = evaluate(function, &arguments, false).unwrap();
    let found = columns[0].value(0);
    assert!(same(&found, &expected), "{name}{arguments:?}: found {found:?}, expected {expected:?}");
    assert_eq!(doubts.len(), 1, "{name}{arguments:?}: {doubts:?}");
    let failure = evaluate(function, &arguments, true).unwrap_err();
    assert_eq!(failure.code, crate::diagnostic::Code::UnknownBehaviour, "{}", failure.message);
}

/// What a part of a kernel gives, within a call without arguments.
pub(crate) fn probe<T>(f: impl FnOnce(&Call<'_>) -> Result<T>) -> Result<T> {
    let context = Context::new(NOW, Budget::default(), 1);
    let (doubts, used) = (Doubts::default(), Used::of(&context.budget));
    let random = context.random(Span::default());
    f(&Call {
        name: "probe",
        arguments: &[],
        rows: 1,
        returns: ScalarType::Dynamic,
        data_types: &[],
        context: &context,
        doubts: &doubts,
        random: &random,
        used: &used,
        span: Span::default(),
    })
}

/// Runs a function of one result column over columns of one length.
#[track_caller]
pub(crate) fn call(family: &'static [ScalarFunction], name: &str, arguments: &[Column]) -> Column {
    match call_all(find(family, name), arguments) {
        Ok(columns) => columns.into_iter().next().unwrap(),
        Err(failure) => panic!("{failure:?}"),
    }
}

/// Checks one call, with constant arguments and again with columns of two rows, which must agree.
///
/// A null argument takes the type that the first signature asks for in its place (`long` where that is open).
#[track_caller]
pub(crate) fn check(
    family: &'static [ScalarFunction],
    name: &str,
    arguments: &[Value],
    expected: impl Into<Value>,
) {
    let expected = expected.into();
    let found = call(family, name, &constants(find(family, name), arguments, 1)).value(0);
    assert!(same(&found, &expected), "{name}{arguments:?}: found {found:?}, expected {expected:?}");
    let flat: Vec<Column> = constants(find(family, name), arguments, 2).iter().map(Column::to_flat).collect();
    let by_row = call(family, name, &flat);
    for row in 0..by_row.len().min(2) {
        let found = by_row.value(row);
        assert!(same(&found, &expected), "{name}{arguments:?} by row: {found:?}, expected {expected:?}");
    }
}

/// Equal, NaN with NaN and null with null too.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Real(a), Value::Real(b)) => a == b || (a.is_nan() && b.is_nan()),
        _ => a == b || (a.is_null() && b.is_null()),
    }
}

/// A string.
pub(crate) fn text(value: &str) -> Value {
    Value::string(value)
}

/// A dynamic value, from JSON.
pub(crate) fn json(value: &str) -> Value {
    Value::Dynamic(Dynamic::from_json(value).unwrap())
}

/// The function refuses these values.
#[track_caller]
pub(crate) fn refused(family: &'static [ScalarFunction], name: &str, arguments: &[Value]) {
    assert!(call_all(find(family, name), &constants_of(arguments)).is_err(), "{name}{arguments:?}");
}

/// Constant columns of one row for values that are not null.
pub(crate) fn constants_of(values: &[Value]) -> Vec<Column> {
    let data_type = |value: &Value| value.scalar_type().unwrap_or(ScalarType::Long);
    values.iter().map(|value| Column::constant(value.clone(), data_type(value), 1)).collect()
}

fn constants(function: &ScalarFunction, arguments: &[Value], rows: usize) -> Vec<Column> {
    let unknown = vec![ArgumentType { data_type: None, star: false }; arguments.len()];
    let forms = resolve(function.signatures, &unknown);
    let wanted = |at: usize| forms.first()?.parameters.get(at)?.accepts.types.single();
    arguments
        .iter()
        .enumerate()
        .map(|(at, value)| {
            let data_type = value.scalar_type().or_else(|| wanted(at)).unwrap_or(ScalarType::Long);
            Column::constant(value.clone(), data_type, rows)
        })
        .collect()
}

/// The result types by the form that the arguments' types choose.
fn returns(function: &ScalarFunction, arguments: &[Column]) -> Option<Vec<ScalarType>> {
    let types: Vec<ArgumentType> = arguments.iter().map(|column| column.scalar_type().into()).collect();
    let infos: Vec<ArgumentInfo<'_>> = arguments
        .iter()
        .map(|column| ArgumentInfo {
            data_type: column.scalar_type(),
            name: "",
            constant: column.as_constant(),
        })
        .collect();
    let columns = resolve_complete(function.signatures, &types)?.columns(&infos)?;
    Some(columns.into_iter().map(|(_, data_type)| data_type).collect())
}
