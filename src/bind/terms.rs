//! Conditions of `search` and `find`, in which a text alone is looked for in every column, and the operator `:`, which looks
//! for such a text in one. It must not know where the rows come from.
//!
//! A text without `*` is a term, one that ends with `*` the beginning of a term, one that begins with `*` the end of one; with
//! both it may stand anywhere. With a `*` inside it is a pattern. Source: the page of search.

use super::binder::Binder;
use super::overload::Argument;
use super::scalar::Scalar;
use super::scope::ExprScope;
use crate::function::{NeedlePosition, WildcardPattern};
use crate::plan::Expr;
use crate::source::Span;
use crate::syntax::ast::{self, LiteralKind};
use crate::types::{ScalarType, Value};

impl Binder<'_> {
    /// Binds a condition over rows; a text alone is looked for in the given columns of them.
    pub(super) fn bind_term_condition(
        &mut self,
        ast: &ast::Expression,
        context: ExprScope<'_>,
        columns: &[usize],
    ) -> Scalar {
        match ast.unparenthesised() {
            ast::Expression::Literal(literal) if literal.kind == LiteralKind::String => {
                self.bind_term(literal, context, columns)
            }
            ast::Expression::Logical(it) => self.logical(it, &mut |this, operand| {
                let inner = operand.unparenthesised();
                match inner {
                    ast::Expression::Literal(literal) if literal.kind == LiteralKind::String => {
                        this.bind_term(literal, context, columns)
                    }
                    ast::Expression::Logical(_) => this.bind_term_condition(inner, context, columns),
                    _ => this.bind_scalar(operand, context),
                }
            }),
            _ => self.bind_bool(ast, context),
        }
    }

    /// A text is in one of the columns.
    fn bind_term(&mut self, literal: &ast::Literal, context: ExprScope<'_>, columns: &[usize]) -> Scalar {
        let span = literal.at.0;
        let Some(row) = context.row else { return Scalar::of(ScalarType::Bool) };
        if !self.spend_nodes(columns.len().saturating_mul(4), span) {
            return Scalar::of(ScalarType::Bool);
        }
        let mut parts = Vec::new();
        for &index in columns {
            let Some(data_type) = row.list.get(index).and_then(|column| column.data_type) else { continue };
            if !may_hold(data_type, &literal.value) {
                continue;
            }
            let mut column = Scalar::new(Expr::column(index, data_type));
            if data_type != ScalarType::String {
                column = self.converted(column, ScalarType::String, span);
            }
            let column = Argument { scalar: column, ast: None, star: false };
            parts.push(self.wildcards(column, &literal.value, span));
        }
        self.combine(false, parts, span)
    }

    /// `text : pattern`.
    pub(super) fn bind_wildcards(&mut self, left: Argument<'_>, right: Argument<'_>, span: Span) -> Scalar {
        let is_text = |data_type: Option<ScalarType>| {
            matches!(data_type, Some(ScalarType::String | ScalarType::Dynamic))
        };
        match right.scalar.constant().and_then(Value::as_str) {
            Some(pattern) if is_text(left.scalar.data_type) => {
                let pattern = pattern.to_owned();
                self.wildcards(left, &pattern, span)
            }
            None if self.minds_case && is_text(right.scalar.data_type) => {
                let form = "a pattern that is no literal behind ':'";
                self.unsupported(span, "form of search kind=case_sensitive", form);
                Scalar::of(ScalarType::Bool)
            }
            _ => self.operator(":", vec![left, right], span),
        }
    }

    /// A text fits a pattern that is known.
    fn wildcards(&mut self, text: Argument<'_>, pattern: &str, span: Span) -> Scalar {
        let (operator, right) = match WildcardPattern::of(pattern) {
            WildcardPattern::Text(NeedlePosition::Term, needle) => ("has", needle.to_owned()),
            WildcardPattern::Text(NeedlePosition::TermStart, needle) => ("hasprefix", needle.to_owned()),
            WildcardPattern::Text(NeedlePosition::TermEnd, needle) => ("hassuffix", needle.to_owned()),
            WildcardPattern::Text(NeedlePosition::Anywhere, needle) => ("contains", needle.to_owned()),
            WildcardPattern::Regex(regex) if self.minds_case => ("matches regex", regex),
            WildcardPattern::Regex(_) => (":", pattern.to_owned()),
        };
        let right = Scalar::new(Expr::literal(Value::string(&right), ScalarType::String));
        self.operator(operator, vec![text, Argument { scalar: right, ast: None, star: false }], span)
    }
}

/// Values of a type may have such a text in them: a word is in no number.
fn may_hold(data_type: ScalarType, pattern: &str) -> bool {
    let known = match data_type {
        ScalarType::Int | ScalarType::Long => "-0123456789",
        ScalarType::DateTime => "-0123456789:.TZtz",
        ScalarType::TimeSpan => "-0123456789:.",
        ScalarType::Guid => "-0123456789abcdefABCDEF",
        ScalarType::Bool
        | ScalarType::Real
        | ScalarType::Decimal
        | ScalarType::String
        | ScalarType::Dynamic => return true,
    };
    pattern.chars().all(|letter| letter == '*' || known.contains(letter))
}
