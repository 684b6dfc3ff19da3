//! Scalar expressions: operators, paths, calls, and the match over all forms.

use super::name::NamePlace;
use super::operand::{Tightness, left_operand, operand, right_operand, scalar, scalars};
use super::parts::{Print, PrintParts};
use crate::syntax::ast::{
    BetweenExpression, BinaryExpression, BinaryOperator, ElementExpression, Expression, FunctionCall,
    InExpression, LogicalExpression, Name, NamedExpression, ParenExpression, PathExpression, UnaryExpression,
};
use crate::syntax::node::SyntaxNode;
use crate::syntax::precedence::Precedence;

impl Print for Expression {
    fn syntax_node(&self) -> Option<SyntaxNode<'_>> {
        Some(SyntaxNode::Expression(self))
    }

    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        match self {
            Self::Name(it) => out.name(it, NamePlace::Path),
            Self::Wildcard(it) => wildcard(out, it),
            Self::Star(_) => out.text("*"),
            Self::Literal(it) => out.text(&it.text),
            Self::Dynamic(it) => it.print(out),
            Self::TypeOf(it) => it.print(out),
            Self::Unary(it) => it.print(out),
            Self::Binary(it) => it.print(out),
            Self::Logical(it) => it.print(out),
            Self::In(it) => it.print(out),
            Self::Between(it) => it.print(out),
            Self::Call(it) => it.print(out),
            Self::Path(it) => it.print(out),
            Self::Element(it) => it.print(out),
            Self::Paren(it) => it.print(out),
            Self::Pipe(it) => it.print(out),
            Self::Named(it) => it.print(out),
            Self::ToScalar(it) => {
                out.text("toscalar");
                it.print(out);
            }
            Self::ToTable(it) => {
                out.text("totable");
                it.print(out);
            }
            Self::Materialize(it) => {
                out.text("materialize");
                it.print(out);
            }
            Self::DataTable(it) => it.print(out),
            Self::ExternalData(it) => it.print(out),
            Self::ContextualDataTable(it) => it.print(out),
            Self::MaterializedViewCombine(it) => it.print(out),
            Self::DataScope(it) => it.print(out),
            Self::EntityGroup(it) => it.print(out),
            Self::Missing(_) => {}
        }
    }
}

/// `a*` or `[a*]`
fn wildcard<'t>(out: &mut PrintParts<'t>, it: &'t Name) {
    if it.bracketed {
        out.text("[");
        out.glue();
    }
    out.text(&it.text);
    if it.bracketed {
        out.glue();
        out.text("]");
    }
}

impl Print for UnaryExpression {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        out.text(if self.minus { "-" } else { "+" });
        out.glue();
        operand(out, &self.operand, Tightness::Whole);
    }
}

impl Print for BinaryExpression {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        let level = Precedence::of(self.operator);
        left_operand(out, &self.left, level);
        out.text(spelling(self));
        right_operand(out, &self.right, level);
    }
}

/// The operator as it was written, unless the tree's operator was changed since.
fn spelling(it: &BinaryExpression) -> &str {
    use BinaryOperator::{ContainsCs, NotContains, NotContainsCs, NotEqual};
    let old = [
        (NotEqual, "<>"),
        (NotContains, "notcontains"),
        (ContainsCs, "containscs"),
        (NotContainsCs, "notcontainscs"),
    ];
    if old.contains(&(it.operator, &it.spelling)) { &it.spelling } else { it.operator.as_str() }
}

impl Print for LogicalExpression {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        let level = if self.and { Precedence::And } else { Precedence::Or };
        for (at, it) in self.operands.iter().enumerate() {
            if at > 0 {
                out.text(if self.and { "and" } else { "or" });
            }
            // A chain of the same operator within stays one of its own.
            right_operand(out, it, level);
        }
    }
}

impl Print for InExpression {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        left_operand(out, &self.left, Precedence::Equality);
        out.text(self.operator.as_str());
        out.parens(|out| match self.list.as_slice() {
            [query @ Expression::Pipe(_)] => out.node(query),
            list => scalars(out, list),
        });
    }
}

impl Print for BetweenExpression {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        left_operand(out, &self.value, Precedence::Equality);
        out.text(if self.negated { "!between" } else { "between" });
        out.parens(|out| {
            scalar(out, &self.low);
            out.text("..");
            scalar(out, &self.high);
        });
    }
}

impl Print for FunctionCall {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        // `typeof(…)` would be a literal.
        out.guard(&["typeof"]);
        out.name(&self.name, NamePlace::Any);
        out.parens(|out| scalars(out, &self.arguments));
    }
}

impl Print for PathExpression {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        operand(out, &self.target, Tightness::Path);
        out.text(".");
        operand(out, &self.selector, Tightness::Path);
    }
}

impl Print for ElementExpression {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        operand(out, &self.target, Tightness::Path);
        out.text("[");
        scalar(out, &self.index);
        out.text("]");
    }
}

impl Print for ParenExpression {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        out.parens(|out| out.node(&self.inner));
    }
}

impl Print for NamedExpression {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        let names =
            |out: &mut PrintParts<'t>| out.list(&self.names, |out, it| out.name(it, NamePlace::Declared));
        if self.parenthesised || self.names.len() != 1 {
            out.parens(names);
        } else {
            names(out);
        }
        out.text("=");
        scalar(out, &self.value);
    }
}
