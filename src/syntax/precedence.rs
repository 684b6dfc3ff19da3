//! How tightly the operators between two operands bind: one order for the parser and the printer.

use super::ast::BinaryOperator;

/// How tightly operators bind, the loosest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Precedence {
    Or,
    And,
    Equality,
    Relational,
    Additive,
    Multiplicative,
    String,
    Operand,
}

impl Precedence {
    /// The level of an operator.
    pub(super) const fn of(operator: BinaryOperator) -> Self {
        use BinaryOperator::*;
        match operator {
            Equal | NotEqual => Self::Equality,
            Less | LessOrEqual | Greater | GreaterOrEqual => Self::Relational,
            Add | Subtract => Self::Additive,
            Multiply | Divide | Modulo => Self::Multiplicative,
            EqualTilde | NotTilde | Has | NotHas | HasCs | NotHasCs | HasPrefix | NotHasPrefix
            | HasPrefixCs | NotHasPrefixCs | HasSuffix | NotHasSuffix | HasSuffixCs | NotHasSuffixCs
            | Contains | NotContains | ContainsCs | NotContainsCs | StartsWith | NotStartsWith
            | StartsWithCs | NotStartsWithCs | EndsWith | NotEndsWith | EndsWithCs | NotEndsWithCs
            | MatchesRegex | Like | NotLike | LikeCs | NotLikeCs | Search => Self::String,
        }
    }

    /// The level of the right operand.
    pub(super) const fn tighter(self) -> Self {
        match self {
            Self::Or => Self::And,
            Self::And => Self::Equality,
            Self::Equality => Self::Relational,
            Self::Relational => Self::Additive,
            Self::Additive => Self::Multiplicative,
            Self::Multiplicative => Self::String,
            Self::String | Self::Operand => Self::Operand,
        }
    }

    /// What may still follow on the same operand once an operator of this level was read.
    pub(super) const fn then(self) -> Self {
        match self {
            Self::String => Self::Multiplicative,
            Self::Relational => Self::Equality,
            Self::Equality => Self::And,
            other => other,
        }
    }
}
