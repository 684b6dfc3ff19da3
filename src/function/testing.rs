//! Runs single functions in unit tests, without a query. It must not know the binder: types are taken as they are.

use super::{
    Accepts, ArgumentInfo, Call, Context, Kernel, Limits, Parameter, Result, Returns, ScalarFunction,
    Signature,
};
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

/// Runs a function over columns of one length; several result columns are allowed.
pub(crate) fn call_all(function: &ScalarFunction, arguments: &[Column]) -> Result<Vec<Column>> {
    let kinds: Vec<ScalarType> = arguments.iter().map(Column::scalar_type).collect();
    let returns = returns(function, arguments)
        .unwrap_or_else(|| panic!("'{}' has no signature for {kinds:?}", function.name));
    let context = Context::new(NOW, Limits::default(), 1);
    let call = Call {
        name: function.name,
        arguments,
        rows: arguments.first().map_or(1, Column::len),
        returns: returns[0],
        kinds: &returns,
        context: &context,
        span: Span::default(),
    };
    let columns = match function.kernel {
        Kernel::Rows(kernel) | Kernel::Window(kernel) => vec![kernel(&call)?],
        Kernel::Columns(kernel) => kernel(&call)?,
        Kernel::None => panic!("'{}' has no kernel", function.name),
    };
    for (column, kind) in columns.iter().zip(&returns) {
        assert_eq!(column.scalar_type(), *kind, "'{}' returns another type than it says", function.name);
        assert_eq!(column.len(), call.rows, "'{}' returns another number of rows", function.name);
    }
    Ok(columns)
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
    let kind = |value: &Value| value.scalar_type().unwrap_or(ScalarType::Long);
    values.iter().map(|value| Column::constant(value.clone(), kind(value), 1)).collect()
}

fn constants(function: &ScalarFunction, arguments: &[Value], rows: usize) -> Vec<Column> {
    let wanted = |at: usize| {
        let accepts = function.signatures.iter().find_map(|it| parameter(it, at, arguments.len()))?.accepts;
        if let Accepts::Is(kind) | Accepts::Only(kind) = accepts { Some(kind) } else { None }
    };
    arguments
        .iter()
        .enumerate()
        .map(|(at, value)| {
            let kind = value.scalar_type().or_else(|| wanted(at)).unwrap_or(ScalarType::Long);
            Column::constant(value.clone(), kind, rows)
        })
        .collect()
}

/// The parameter that an argument belongs to, optional ones filled from the left and groups repeated in turn.
fn parameter(signature: &Signature, at: usize, count: usize) -> Option<&Parameter> {
    let parameters = &signature.parameters;
    let first_repeated = parameters.iter().position(|it| it.most > 1);
    let Some(first) = first_repeated else { return parameters.get(at) };
    let group = parameters[first..].iter().take_while(|it| it.most > 1).count();
    let after = parameters.len() - first - group;
    if at < first {
        parameters.get(at)
    } else if at + after >= count {
        parameters.get(parameters.len() + at - count)
    } else {
        parameters.get(first + (at - first) % group)
    }
}

fn fits(accepts: Accepts, kind: ScalarType) -> bool {
    use ScalarType as T;
    match accepts {
        Accepts::Is(wanted) => {
            wanted == kind
                || kind == T::Dynamic
                || (wanted == T::Long && kind == T::Int)
                || (matches!(wanted, T::Real | T::Decimal) && kind.is_number())
        }
        Accepts::Only(wanted) => wanted == kind,
        Accepts::Number => kind.is_number() || kind == T::Dynamic,
        Accepts::Integer => kind.is_integer() || kind == T::Dynamic,
        Accepts::Summable => kind.is_summable() || kind == T::Dynamic,
        Accepts::Orderable | Accepts::CommonOrderable | Accepts::NotDynamic => kind != T::Dynamic,
        Accepts::StringOrDynamic | Accepts::StringOrArray => matches!(kind, T::String | T::Dynamic),
        Accepts::IntegerOrArray => kind.is_integer() || kind == T::Dynamic,
        Accepts::NumberOrBool => kind.is_number() || matches!(kind, T::Bool | T::Dynamic),
        Accepts::NotRealOrBool => !matches!(kind, T::Real | T::Bool),
        Accepts::DynamicArray | Accepts::DynamicBag => kind == T::Dynamic,
        Accepts::Type => kind == T::String,
        Accepts::Tabular => false,
        Accepts::Scalar | Accepts::CommonScalar | Accepts::CommonScalarOrDynamic | Accepts::Any => true,
    }
}

/// The result types by the first signature that takes the arguments' types.
fn returns(function: &ScalarFunction, arguments: &[Column]) -> Option<Vec<ScalarType>> {
    let kinds: Vec<ScalarType> = arguments.iter().map(Column::scalar_type).collect();
    let signature = function.signatures.iter().find(|signature| {
        (signature.least()..=signature.most()).contains(&kinds.len())
            && kinds.iter().enumerate().all(|(at, kind)| {
                parameter(signature, at, kinds.len()).is_some_and(|it| fits(it.accepts, *kind))
            })
    })?;
    let widest = |kinds: &[ScalarType]| {
        kinds.iter().copied().filter(|kind| kind.is_number()).max().unwrap_or(ScalarType::Long)
    };
    let common: Vec<ScalarType> = kinds
        .iter()
        .enumerate()
        .filter(|(at, _)| {
            parameter(signature, *at, kinds.len()).is_some_and(|it| {
                matches!(
                    it.accepts,
                    Accepts::CommonScalar | Accepts::CommonScalarOrDynamic | Accepts::CommonOrderable
                )
            })
        })
        .map(|(_, kind)| *kind)
        .collect();
    let infos: Vec<ArgumentInfo<'_>> = arguments
        .iter()
        .map(|column| ArgumentInfo { kind: column.scalar_type(), name: "", constant: column.as_constant() })
        .collect();
    Some(match signature.returns {
        Returns::Is(kind) => vec![kind],
        Returns::First => vec![kinds[0]],
        Returns::Second => vec![kinds[1]],
        Returns::Table | Returns::Database | Returns::ColumnOrSecond => return None,
        Returns::FirstPromoted if kinds[0] == ScalarType::Int => vec![ScalarType::Long],
        Returns::FirstPromoted => vec![kinds[0]],
        Returns::Widest => vec![widest(&kinds)],
        Returns::Common | Returns::CommonNonDynamic => {
            let typed = common.iter().copied().find(|kind| *kind != ScalarType::Dynamic);
            let first = typed.or_else(|| common.first().copied()).unwrap_or(kinds[0]);
            vec![if first.is_number() { widest(&common) } else { first }]
        }
        Returns::TypeArgument => {
            let text = arguments.last()?.as_constant()?.as_str()?;
            vec![text.parse().ok()?]
        }
        Returns::Rule(rule) => vec![rule(&infos)],
        Returns::Columns(rule) => rule(&infos).into_iter().map(|(_, kind)| kind).collect(),
    })
}
