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
        for name in function.negates.iter().chain(&function.ignoring_case) {
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
