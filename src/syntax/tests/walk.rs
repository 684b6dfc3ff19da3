//! A walk meets every node of a tree, each before those within it.

use crate::syntax::ast::{Expression, QueryBlock};
use crate::syntax::{SyntaxNode, parse};

/// A walk meets as many nodes of each kind as the tree's own text of itself has.
pub(super) fn meets_every_node(tree: &QueryBlock) {
    let text = format!("{tree:?}");
    // How the tree's text begins the nodes of a kind. Literals and bare calls are parts of other things, too.
    let kinds = [
        "Name(Name {",
        "Call(FunctionCall {",
        "Unary(UnaryExpression {",
        "Binary(BinaryExpression {",
        "Logical(LogicalExpression {",
        "In(InExpression {",
        "Between(BetweenExpression {",
        "Path(PathExpression {",
        "Element(ElementExpression {",
        "Paren(ParenExpression {",
        "Named(NamedExpression {",
        "Pipe(PipeExpression {",
        "DataTable(DataTableExpression {",
        "ToScalar(SubqueryExpression {",
    ];
    let met: Vec<SyntaxNode<'_>> = tree.nodes().collect();
    for kind in kinds {
        let variant = kind.split_once('(').expect("a variant").0;
        let is_of = |node: &&SyntaxNode<'_>| matches!(node, SyntaxNode::Expression(it) if format!("{it:?}").starts_with(kind));
        assert_eq!(met.iter().filter(is_of).count(), text.matches(kind).count(), "{variant} of {tree}");
    }
    let operators = met.iter().filter(|it| matches!(it, SyntaxNode::Operator(_))).count();
    // Each operator has one keyword.
    assert_eq!(operators, text.matches("keyword_at: ").count(), "operators of {tree}");
    let parameters = met.iter().filter(|it| matches!(it, SyntaxNode::Parameter(_))).count();
    assert_eq!(parameters, text.matches("NamedParameter {").count(), "parameters of {tree}");
}

#[test]
fn nodes_come_before_those_within_them_in_the_order_of_the_text() {
    let tree = parse("let n = 1; T | where a.b > n and f(c) | join kind=inner (U) on d").tree;
    let shown = |node: SyntaxNode<'_>| match node {
        SyntaxNode::Statement(_) => "statement".to_owned(),
        SyntaxNode::Operator(it) => it.name().to_owned(),
        SyntaxNode::Expression(Expression::Pipe(_)) => "pipe".to_owned(),
        SyntaxNode::Expression(it) => it.to_string(),
        SyntaxNode::Parameter(it) => it.name.text.clone(),
    };
    let expected = [
        "statement",
        "1",
        "statement",
        "pipe",
        "T",
        "where",
        "a.b > n and f(c)",
        "a.b > n",
        "a.b",
        "a",
        "b",
        "n",
        "f(c)",
        "c",
        "join",
        "kind",
        "inner",
        "(U)",
        "U",
        "d",
    ];
    assert_eq!(tree.nodes().map(shown).collect::<Vec<_>>(), expected);
}
