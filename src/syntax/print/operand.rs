//! How expressions are written within others: in parentheses where they would be taken apart without.

use super::name::NamePlace;
use super::parts::PrintParts;
use crate::syntax::ast::Expression;
use crate::syntax::precedence::Precedence;

/// How tightly an expression's text holds together, the loosest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tightness {
    /// A pipe, or what stands only where a list has it.
    Query,
    /// An operator between operands.
    Infix(Precedence),
    /// A sign and its operand.
    Sign,
    /// What no path goes on from.
    Whole,
    /// What a path may go on from.
    Path,
}

/// How tightly an expression's text holds together.
fn tightness(it: &Expression) -> Tightness {
    match it {
        Expression::Pipe(_) | Expression::Named(_) => Tightness::Query,
        Expression::Binary(it) => Tightness::Infix(Precedence::of(it.operator)),
        Expression::Logical(it) if it.and => Tightness::Infix(Precedence::And),
        Expression::Logical(_) => Tightness::Infix(Precedence::Or),
        Expression::In(_) | Expression::Between(_) => Tightness::Infix(Precedence::Equality),
        Expression::Unary(_) => Tightness::Sign,
        Expression::Literal(it) if it.text.starts_with(['-', '+']) => Tightness::Sign,
        Expression::ToTable(_) => Tightness::Whole,
        Expression::Name(_)
        | Expression::Wildcard(_)
        | Expression::Star(_)
        | Expression::Literal(_)
        | Expression::Dynamic(_)
        | Expression::TypeOf(_)
        | Expression::Call(_)
        | Expression::Path(_)
        | Expression::Element(_)
        | Expression::Paren(_)
        | Expression::ToScalar(_)
        | Expression::Materialize(_)
        | Expression::DataTable(_)
        | Expression::ExternalData(_)
        | Expression::ContextualDataTable(_)
        | Expression::MaterializedViewCombine(_)
        | Expression::DataScope(_)
        | Expression::EntityGroup(_)
        | Expression::Missing(_) => Tightness::Path,
    }
}

fn enclosed<'t>(out: &mut PrintParts<'t>, it: &'t Expression, bare: bool) {
    if bare {
        out.node(it);
    } else {
        out.parens(|out| out.node(it));
    }
}

/// An expression that holds together at least so tightly.
pub(super) fn operand<'t>(out: &mut PrintParts<'t>, it: &'t Expression, least: Tightness) {
    enclosed(out, it, tightness(it) >= least);
}

/// The left operand of an operator: what its last operator allows to follow it.
pub(super) fn left_operand<'t>(out: &mut PrintParts<'t>, it: &'t Expression, level: Precedence) {
    let bare = match tightness(it) {
        Tightness::Query => false,
        Tightness::Infix(own) => level <= own.then(),
        Tightness::Sign | Tightness::Whole | Tightness::Path => true,
    };
    enclosed(out, it, bare);
}

/// The right operand of an operator.
pub(super) fn right_operand<'t>(out: &mut PrintParts<'t>, it: &'t Expression, level: Precedence) {
    let least = match level.tighter() {
        Precedence::Operand => Tightness::Sign,
        other => Tightness::Infix(other),
    };
    operand(out, it, least);
}

/// An expression where no pipe may stand; one with a name may.
pub(super) fn scalar<'t>(out: &mut PrintParts<'t>, it: &'t Expression) {
    enclosed(out, it, !matches!(it, Expression::Pipe(_)));
}

/// Expressions with commas between them.
pub(super) fn scalars<'t>(out: &mut PrintParts<'t>, all: &'t [Expression]) {
    out.list(all, scalar);
}

/// Expressions of a list that these words end, so that they are no names there.
pub(super) fn scalars_until<'t>(
    out: &mut PrintParts<'t>,
    all: &'t [Expression],
    words: &'static [&'static str],
) {
    out.list(all, |out, it| {
        out.guard(words);
        scalar(out, it);
    });
}

/// A name, or a path or call that names a table; anything else needs parentheses.
pub(super) fn entity<'t>(out: &mut PrintParts<'t>, it: &'t Expression) {
    let bare = matches!(
        it,
        Expression::Name(_)
            | Expression::Wildcard(_)
            | Expression::Call(_)
            | Expression::Path(_)
            | Expression::Element(_)
            | Expression::Paren(_)
            | Expression::Missing(_)
    );
    enclosed(out, it, bare);
}

/// A name where fewer keywords are names than in expressions.
pub(super) fn reference<'t>(out: &mut PrintParts<'t>, it: &'t Expression) {
    out.placed(it, NamePlace::Any);
}

/// An expression where a literal is read first, and with it the expression ends.
pub(super) fn literal_or_scalar<'t>(out: &mut PrintParts<'t>, it: &'t Expression) {
    let is_literal = |it: &Expression| {
        matches!(it, Expression::Literal(_) | Expression::Dynamic(_) | Expression::TypeOf(_))
    };
    if is_literal(it) {
        return out.node(it);
    }
    out.loose_sign();
    enclosed(out, it, !matches!(it, Expression::Pipe(_)) && !is_literal(head(it)));
}

/// What stands leftmost in an expression.
pub(super) fn head(it: &Expression) -> &Expression {
    let mut head = it;
    loop {
        head = match head {
            Expression::Binary(it) => &it.left,
            Expression::Logical(it) => match it.operands.first() {
                Some(first) => first,
                None => return head,
            },
            Expression::In(it) => &it.left,
            Expression::Between(it) => &it.value,
            Expression::Path(it) => &it.target,
            Expression::Element(it) => &it.target,
            Expression::DataScope(it) => &it.inner,
            Expression::Pipe(it) => match &it.source {
                Some(source) => source,
                None => return head,
            },
            Expression::Name(_)
            | Expression::Wildcard(_)
            | Expression::Star(_)
            | Expression::Literal(_)
            | Expression::Dynamic(_)
            | Expression::TypeOf(_)
            | Expression::Unary(_)
            | Expression::Call(_)
            | Expression::Paren(_)
            | Expression::Named(_)
            | Expression::ToScalar(_)
            | Expression::ToTable(_)
            | Expression::Materialize(_)
            | Expression::DataTable(_)
            | Expression::ExternalData(_)
            | Expression::ContextualDataTable(_)
            | Expression::MaterializedViewCombine(_)
            | Expression::EntityGroup(_)
            | Expression::Missing(_) => return head,
        };
    }
}
