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
                it.signatures.iter().map(|form| (form.least(), form.most())).collect()
            };
            assert_eq!(counts(function), counts(other), "{} and {name}", function.name);
        }
    }
}
