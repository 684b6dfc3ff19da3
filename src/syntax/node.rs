//! The nodes of a syntax tree that a walk meets. It must not know how trees are walked.

use super::ast::{Expression, NamedParameter, QueryOperator, Statement};
use crate::source::Span;

/// A node of a syntax tree, as a walk meets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SyntaxNode<'t> {
    /// A statement.
    Statement(&'t Statement),
    /// A tabular operator.
    Operator(&'t QueryOperator),
    /// An expression, scalar or tabular.
    Expression(&'t Expression),
    /// A parameter of an operator, such as `kind=inner`; its value comes after it.
    Parameter(&'t NamedParameter),
}

impl SyntaxNode<'_> {
    /// The bytes of the text that it stands for.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Statement(it) => it.span(),
            Self::Operator(it) => it.span(),
            Self::Expression(it) => it.span(),
            Self::Parameter(it) => it.at.0,
        }
    }
}
