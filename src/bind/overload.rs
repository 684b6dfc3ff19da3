//! Reports what is wrong with the arguments of a call; which form of a function it means is found in `function`.
//! It must not know particular functions.

use super::binder::Binder;
use super::scalar::{Scalar, type_name};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{
    ArgumentForm, ArgumentType, Common, Fit, Match, Parameter, Returns, Signature, resolve,
};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::ScalarType;

/// An argument of a call, bound.
#[derive(Debug, Clone)]
pub(super) struct Argument<'q> {
    pub scalar: Scalar,
    /// As written; none for an argument that stands for another one, such as a column of `*`.
    pub ast: Option<&'q ast::Expression>,
    pub star: bool,
}

impl Argument<'_> {
    pub(super) fn span(&self, otherwise: Span) -> Span {
        self.ast.map_or(otherwise, ast::Expression::span)
    }
}

impl Binder<'_> {
    /// The form that a call means. Reports what is wrong. Where the number of arguments is wrong there is no form, but the
    /// result's type may be known all the same.
    pub(super) fn function_form<'s>(
        &mut self,
        name: &str,
        name_span: Span,
        signatures: &'s [Signature],
        arguments: &[Argument<'_>],
    ) -> Result<Match<'s>, Option<ScalarType>> {
        let mut found = resolve(signatures, &types(arguments)).into_iter();
        let Some(best) = found.next() else {
            self.wrong_count(name, name_span, signatures, arguments.len());
            return Err(match signatures.first().map(|it| it.returns) {
                Some(Returns::Is(data_type)) => Some(data_type),
                _ => None,
            });
        };
        let data_types: Vec<_> = arguments.iter().map(|it| it.scalar.data_type).collect();
        // Several forms with as many arguments, none of which is nearer than the others.
        if !best.is_complete() && !data_types.contains(&None) && found.next().is_some() {
            let types =
                data_types.iter().map(|data_type| type_name(*data_type)).collect::<Vec<_>>().join(", ");
            let message = format!("no form of '{name}' takes ({types})");
            let mut diagnostic = Diagnostic::error(Code::ArgumentTypes, name_span, message);
            for form in signatures.iter().take(6) {
                diagnostic = diagnostic.help(format!("{name}{form}"));
            }
            let is_text = |it: &&Argument<'_>| it.scalar.data_type == Some(ScalarType::String);
            let texts: Vec<&ast::Expression> =
                arguments.iter().filter(is_text).filter_map(|it| it.ast).collect();
            self.report(super::lessons::of_arguments(diagnostic, &texts, None));
            return Ok(best);
        }
        for ((parameter, argument), fit) in best.parameters.iter().zip(arguments).zip(&best.fits) {
            self.check_argument(name, parameter, argument, *fit, best.common, name_span);
        }
        Ok(best)
    }

    fn wrong_count(&mut self, name: &str, span: Span, signatures: &[Signature], given: usize) {
        let min = signatures.iter().map(Signature::min_arguments).min().unwrap_or(0);
        let max = signatures.iter().map(Signature::max_arguments).max().unwrap_or(0);
        let expected = match (min, max) {
            (min, max) if min == max => {
                format!("{min} argument{}", if min == 1 { "" } else { "s" })
            }
            (min, max) if max > 1000 => {
                format!("at least {min} argument{}", if min == 1 { "" } else { "s" })
            }
            (min, max) => format!("{min} to {max} arguments"),
        };
        let mut diagnostic =
            Diagnostic::error(Code::ArgumentCount, span, format!("'{name}' takes {expected}, {given} given"));
        for signature in signatures.iter().take(4) {
            diagnostic = diagnostic.help(format!("{name}{signature}"));
        }
        self.report(diagnostic);
    }

    fn check_argument(
        &mut self,
        name: &str,
        parameter: &Parameter,
        argument: &Argument<'_>,
        fit: Fit,
        common: Option<ScalarType>,
        call: Span,
    ) {
        let span = argument.span(call);
        if fit == Fit::None {
            if argument.star {
                let message = format!("'*' is not allowed as '{}' of '{name}'", parameter.name);
                let mut diagnostic = Diagnostic::error(Code::NotAllowedHere, span, message);
                if let Some(habit) = crate::syntax::habits::function(&format!("{name}(*)")) {
                    diagnostic =
                        diagnostic.help(habit.lesson).fix(format!("write {}", habit.instead), span, "");
                }
                self.report(diagnostic);
            } else if let Some(data_type) = argument.scalar.data_type {
                let wanted = expected(parameter, common);
                let message =
                    format!("'{}' of '{name}' must be {wanted}, this is {data_type}", parameter.name);
                let diagnostic = Diagnostic::error(Code::ExpectedType, span, message);
                let mut accepted =
                    ScalarType::ALL.iter().copied().filter(|it| parameter.accepts.types.contains(*it));
                let only = common.or_else(|| accepted.next().filter(|_| accepted.next().is_none()));
                let is_told = only.is_some() || data_type == ScalarType::String;
                self.report(match argument.ast.filter(|_| is_told) {
                    Some(ast) => super::lessons::of_arguments(diagnostic, &[ast], only),
                    None => diagnostic,
                });
            }
            return;
        }
        if argument.scalar.data_type.is_none() {
            return;
        }
        if argument.scalar.data_type == Some(ScalarType::Dynamic) && parameter.accepts.asks_for_a_cast() {
            let wanted = expected(parameter, common);
            let message = format!("'{}' of '{name}' must be {wanted}, this is dynamic", parameter.name);
            let help = "cast it, such as with tolong(), todouble() or todatetime()";
            self.report(Diagnostic::error(Code::ExpectedType, span, message).help(help));
            return;
        }
        match parameter.form {
            ArgumentForm::Constant if !argument.scalar.expr.is_constant() => {
                let message = format!("'{}' of '{name}' must be a constant", parameter.name);
                self.error(Code::ExpectedConstant, span, message);
            }
            ArgumentForm::Literal => self.check_literal(name, parameter, argument, span),
            ArgumentForm::Column if !matches!(argument.scalar.expr, crate::plan::Expr::Column { .. }) => {
                self.error(
                    Code::ExpectedColumn,
                    span,
                    format!("'{}' of '{name}' must be a column", parameter.name),
                );
            }
            _ => {}
        }
    }

    fn check_literal(&mut self, name: &str, parameter: &Parameter, argument: &Argument<'_>, span: Span) {
        let text = argument.scalar.constant();
        if !argument.ast.is_some_and(ast::Expression::is_literal) && text.is_none() {
            self.error(
                Code::ExpectedLiteral,
                span,
                format!("'{}' of '{name}' must be a literal", parameter.name),
            );
        } else if let Some(text) = text.and_then(crate::types::Value::as_str)
            && !parameter.one_of.is_empty()
            && !parameter.one_of.iter().any(|known| known.eq_ignore_ascii_case(text))
        {
            let mut diagnostic = Diagnostic::error(
                Code::ExpectedLiteral,
                span,
                format!("'{text}' is not allowed as '{}' of '{name}'", parameter.name),
            );
            if let Some(near) = crate::nearest::nearest(text, parameter.one_of.iter().copied()) {
                diagnostic = diagnostic.did_you_mean(near, format!("'{near}'"));
            }
            self.report(diagnostic.help(format!("one of: {}", parameter.one_of.join(", "))));
        }
    }
}

/// The arguments as far as the choice of a form goes.
pub(super) fn types(arguments: &[Argument<'_>]) -> Vec<ArgumentType> {
    arguments.iter().map(|it| ArgumentType { data_type: it.scalar.data_type, star: it.star }).collect()
}

/// What a parameter accepts, as it stands after "must be".
fn expected(parameter: &Parameter, common: Option<ScalarType>) -> String {
    match common.filter(|_| parameter.accepts.common != Common::No) {
        Some(data_type) => format!("of type {data_type} like the others"),
        None => format!("{:#}", parameter.accepts),
    }
}
