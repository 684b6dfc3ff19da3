//! Walks through a syntax tree: each node before those within it, in the order of the text. What is within a node, its printer
//! says; so there is one list of it. It must not know what nodes mean.

use super::ast::{Expression, FunctionDeclaration, PipeExpression, QueryBlock, QueryOperator, Statement};
use super::node::SyntaxNode;
use super::print::{Print, PrintPart, PrintParts};

/// The nodes of a tree, each before those within it, in the order of the text. Trees of any depth are walked without
/// recursion.
pub struct SyntaxNodes<'t> {
    /// What is left, the last first.
    left: Vec<PrintPart<'t>>,
    parts: PrintParts<'t>,
}

impl<'t> SyntaxNodes<'t> {
    fn of(root: &'t dyn Print) -> Self {
        Self { left: vec![PrintPart::Node(root)], parts: PrintParts::default() }
    }
}

impl<'t> Iterator for SyntaxNodes<'t> {
    type Item = SyntaxNode<'t>;

    fn next(&mut self) -> Option<SyntaxNode<'t>> {
        loop {
            let found = match self.left.pop()? {
                PrintPart::Node(node) => {
                    node.print(&mut self.parts);
                    self.left.extend(self.parts.take_reversed());
                    node.syntax_node()
                }
                PrintPart::Met(node) => Some(node),
                PrintPart::Text(_)
                | PrintPart::Name(..)
                | PrintPart::Glue
                | PrintPart::LooseSign
                | PrintPart::Guard(_) => None,
            };
            if found.is_some() {
                return found;
            }
        }
    }
}

impl std::fmt::Debug for SyntaxNodes<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SyntaxNodes").finish_non_exhaustive()
    }
}

impl QueryBlock {
    /// All nodes of the query, each before those within it.
    ///
    /// ```
    /// use kqlite::syntax::{SyntaxNode, ast::Expression, parse};
    ///
    /// let tree = parse("let n = f(1); T | where g(x) > n | extend y = h(g(x))").tree;
    /// let calls = tree.nodes().filter_map(|node| match node {
    ///     SyntaxNode::Expression(Expression::Call(call)) => Some(call.name.text.as_str()),
    ///     _ => None,
    /// });
    /// assert_eq!(calls.collect::<Vec<_>>(), ["f", "g", "h", "g"]);
    /// ```
    #[must_use]
    pub fn nodes(&self) -> SyntaxNodes<'_> {
        SyntaxNodes::of(self)
    }
}

macro_rules! walked {
    ($($node:ident: $what:literal,)*) => {
        $(impl $node {
            #[doc = concat!("All nodes of the ", $what, ", itself before those within it. See [`QueryBlock::nodes`].")]
            #[must_use]
            pub fn nodes(&self) -> SyntaxNodes<'_> {
                SyntaxNodes::of(self)
            }
        })*
    };
}

walked! {
    Statement: "statement",
    FunctionDeclaration: "function",
    QueryOperator: "operator",
    Expression: "expression",
    PipeExpression: "pipe",
}
