//! Tests of all entries at once: what one says of another, and that each one can run.

use super::registry;
use crate::function::{Kernel, Returns};

#[test]
fn every_scalar_function_runs_or_stands_for_something_else() {
    for function in registry().scalars() {
        let none = matches!(function.kernel, Kernel::None);
        assert!(!none || function.expand.is_some(), "{} has neither kernel nor expansion", function.name);
        let of_tables =
            function.signatures.iter().any(|it| matches!(it.returns, Returns::Table | Returns::Database));
        assert!(!of_tables || none, "{} has a kernel for a table", function.name);
    }
}

#[test]
fn an_entry_names_others_that_take_the_same() {
    let registry = registry();
    for function in registry.scalars() {
        for name in function
            .negates
            .iter()
            .chain(&function.ignoring_case)
            .chain(&function.wider)
            .chain(&function.for_texts)
        {
            let other = registry.scalar(name).unwrap_or_else(|| panic!("{}: no '{name}'", function.name));
            let counts = |it: &crate::function::ScalarFunction| -> Vec<_> {
                it.signatures.iter().map(|form| (form.min_arguments(), form.max_arguments())).collect()
            };
            assert_eq!(counts(function), counts(other), "{} and {name}", function.name);
        }
    }
}

/// Over values that are not null.
#[test]
fn a_negation_gives_the_opposite() {
    use crate::function::testing::{call_all, constants_of};
    use crate::types::Value;
    let texts = ["alpha beta", "Alpha", "beta", "ph", "", "al"].map(Value::from);
    let numbers = [Value::Long(1), Value::Real(2.5), Value::Int(1)];
    let registry = registry();
    let mut seen = 0;
    for function in registry.scalars() {
        let Some(other) = function.negates.and_then(|name| registry.scalar(name)) else { continue };
        let mut tried = 0;
        for values in [&texts[..], &numbers[..]] {
            for (a, b, c) in values
                .iter()
                .flat_map(|a| values.iter().flat_map(move |b| values.iter().map(move |c| (a, b, c))))
            {
                let count = function.signatures[0].min_arguments();
                let arguments = constants_of(&[a.clone(), b.clone(), c.clone()][..count]);
                let types: Vec<_> = arguments.iter().map(|it| it.scalar_type().into()).collect();
                if crate::function::resolve_complete(function.signatures, &types).is_none() {
                    continue;
                }
                tried += 1;
                let bool_of = |it: &crate::function::ScalarFunction| {
                    let Value::Bool(found) = call_all(it, &arguments).unwrap()[0].value(0) else { panic!() };
                    found
                };
                assert_ne!(bool_of(function), bool_of(other), "{} {a:?} {b:?} {c:?}", function.name);
            }
        }
        assert!(tried > 5, "'{}' was tried {tried} times", function.name);
        seen += 1;
    }
    assert!(seen >= 18, "{seen} negations");
}

/// What a function says of a single row is what its kernel gives, for values of every type.
#[test]
fn a_row_by_itself_is_as_in_a_column() {
    use crate::column::Column;
    use crate::function::testing::{call_all, same};
    use crate::types::{DateTime, Decimal, Dynamic, Guid, ScalarType, TimeSpan, Value};
    let values = [
        Value::Bool(true),
        Value::Bool(false),
        Value::Int(7),
        Value::Int(i32::MIN),
        Value::Long(7),
        Value::Long(i64::MIN),
        Value::Long(i64::MAX),
        Value::Real(-0.5),
        Value::Real(7.0),
        Value::Real(f64::NAN),
        Value::Real(f64::INFINITY),
        Value::from("a"),
        Value::from("A"),
        Value::from(""),
        Value::DateTime(DateTime::MIN),
        Value::DateTime(DateTime::MAX),
        Value::TimeSpan(TimeSpan(7)),
        Value::TimeSpan(TimeSpan(i64::MAX)),
        Value::TimeSpan(TimeSpan(i64::MIN)),
        Value::Decimal(Decimal::parse("7.5").unwrap()),
        Value::Guid(Guid(7)),
        Value::Dynamic(Dynamic::Long(7)),
    ];
    let mut typed: Vec<(Value, ScalarType)> =
        values.into_iter().map(|it| (it.clone(), it.scalar_type().unwrap())).collect();
    for data_type in [
        ScalarType::Bool,
        ScalarType::Int,
        ScalarType::Long,
        ScalarType::Real,
        ScalarType::DateTime,
        ScalarType::TimeSpan,
        ScalarType::Decimal,
    ] {
        typed.push((Value::Null, data_type));
    }
    let mut functions = 0;
    for function in registry().scalars() {
        let Some(of_row) = function.of_row else { continue };
        let count = function.signatures[0].min_arguments();
        let mut told = 0;
        for at in 0..typed.len().pow(count as u32) {
            let operands: Vec<(Value, ScalarType)> = (0..count as u32)
                .map(|place| typed[at / typed.len().pow(place) % typed.len()].clone())
                .collect();
            let types: Vec<_> = operands.iter().map(|(_, data_type)| (*data_type).into()).collect();
            if crate::function::resolve_complete(function.signatures, &types).is_none() {
                continue;
            }
            let columns: Vec<Column> =
                operands.iter().map(|(value, of)| Column::constant(value.clone(), *of, 1)).collect();
            let Ok(found) = call_all(function, &columns) else { continue };
            if let Some(value) = of_row(&operands, found[0].scalar_type()) {
                let expected = found[0].value(0);
                assert!(
                    same(&value, &expected),
                    "{} {operands:?}: {value:?}, not {expected:?}",
                    function.name
                );
                told += 1;
            }
        }
        assert!(told >= 2, "'{}' told {told} rows", function.name);
        functions += 1;
    }
    assert!(functions >= 16, "{functions} functions");
}
