//! Every operator and statement of the syntax tree is a name that the reference knows.

use crate::reference::EntryKind;
use crate::stdlib::registry;
use crate::syntax::ast::{QueryOperator, Statement};

/// The names of some kinds that the lists of known names have.
fn known(kinds: &[EntryKind]) -> Vec<&'static str> {
    let names = registry().known_names().into_iter();
    names.filter(|(_, kind)| kinds.contains(kind)).map(|(name, _)| name).collect()
}

#[test]
fn every_operator_of_the_tree_is_known() {
    let known = known(&[EntryKind::TabularOperator, EntryKind::Source]);
    let operators = QueryOperator::NAMES.iter().filter(|name| **name != "a missing operator");
    let unknown: Vec<_> = operators.clone().filter(|name| !known.contains(name)).collect();
    assert!(unknown.is_empty(), "add to src/stdlib/kql_names.rs: {unknown:?}");
    assert!(operators.count() > 50);
    // And no other name is said to be an operator.
    for name in self::known(&[EntryKind::TabularOperator]) {
        assert!(QueryOperator::NAMES.contains(&name), "there is no operator '{name}' in the tree");
    }
}

#[test]
fn every_statement_of_the_tree_is_known() {
    let mut known = known(&[EntryKind::Statement]);
    let mut statements = Statement::NAMES.to_vec();
    known.sort_unstable();
    statements.sort_unstable();
    assert_eq!(known, statements);
}
