//! Which form of a function a call means, and what is wrong if none fits.
//! It must not know particular functions.

use super::check::{is_literal, words};
use super::{Binder, Scalar};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{Accepts, ArgumentForm, Parameter, Returns, Signature};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::ScalarType;

/// How well an argument fits a parameter; larger is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    None,
    Unknown,
    Scalar,
    Class,
    Number,
    Integer,
    Dynamic,
    Promoted,
    OneOfMany,
    Exact,
}

/// The parameter of each argument, repeated ones laid out; `None` if there are too few or too many arguments.
///
/// The last arguments go to optional parameters at the end as long as `optional` says so, else to repeated ones.
pub(super) fn layout(signature: &Signature, arguments: usize, optional: usize) -> Option<Vec<Parameter>> {
    if arguments < signature.least() || arguments > signature.most() {
        return None;
    }
    let mut spare = (arguments - signature.least()).checked_sub(optional)?;
    let mut out = Vec::with_capacity(arguments);
    let (mut parameters, tail) = signature.parameters.split_at(signature.parameters.len() - optional);
    if tail.iter().any(|parameter| (parameter.least, parameter.most) != (0, 1)) {
        return None;
    }
    while let [first, rest @ ..] = parameters {
        // Two neighbours that repeat as often are pairs: `case(p1, v1, p2, v2, …)`.
        if let [second, tail @ ..] = rest
            && first.most > 1
            && second.most == first.most
        {
            let least = usize::from(first.least);
            let pairs = least + (spare / 2).min(usize::from(first.most) - least);
            spare -= 2 * (pairs - least);
            for _ in 0..pairs {
                out.extend([*first, *second]);
            }
            parameters = tail;
            continue;
        }
        let more = spare.min(usize::from(first.most - first.least));
        spare -= more;
        out.extend(std::iter::repeat_n(*first, usize::from(first.least) + more));
        parameters = rest;
    }
    out.extend(tail);
    (spare == 0).then_some(out)
}

/// Every way to give the arguments their parameters.
fn layouts(signature: &Signature, arguments: usize) -> impl Iterator<Item = Vec<Parameter>> + '_ {
    let repeats = signature.parameters.iter().any(|parameter| parameter.most > 1);
    let optional = signature.parameters.iter().rev().take_while(|it| (it.least, it.most) == (0, 1)).count();
    (0..=if repeats { optional } else { 0 })
        .filter_map(move |optional| layout(signature, arguments, optional))
}

/// The common type of the arguments at `Common…` parameters: the widest number, or the first one's type.
pub(super) fn common_type(parameters: &[Parameter], kinds: &[Option<ScalarType>]) -> Option<ScalarType> {
    let mut common: Option<ScalarType> = None;
    for (parameter, kind) in parameters.iter().zip(kinds) {
        if !is_common(parameter.accepts) {
            continue;
        }
        let Some(kind) = *kind else { continue };
        common = Some(match common {
            None => kind,
            Some(ScalarType::Dynamic) => kind,
            Some(known) if is_wider(kind, known) => kind,
            Some(known) => known,
        });
    }
    common
}

const fn is_common(accepts: Accepts) -> bool {
    matches!(accepts, Accepts::CommonScalar | Accepts::CommonScalarOrDynamic | Accepts::CommonOrderable)
}

/// `int < long < real < decimal`
const fn rank(kind: ScalarType) -> u8 {
    match kind {
        ScalarType::Int => 1,
        ScalarType::Long => 2,
        ScalarType::Real => 3,
        ScalarType::Decimal => 4,
        _ => 0,
    }
}

/// A number type that every value of the other one has a place in.
pub(super) const fn is_wider(wide: ScalarType, narrow: ScalarType) -> bool {
    rank(narrow) > 0 && rank(wide) > rank(narrow)
}

fn fit(parameter: &Parameter, kind: Option<ScalarType>, common: Option<ScalarType>, star: bool) -> Fit {
    if star {
        return match parameter.form {
            ArgumentForm::StarAllowed | ArgumentForm::StarOnly => Fit::Exact,
            _ => Fit::None,
        };
    }
    if parameter.form == ArgumentForm::StarOnly {
        return Fit::None;
    }
    let Some(kind) = kind else { return Fit::Unknown };
    let class = |fits: bool, fit: Fit| if fits { fit } else { Fit::None };
    let dynamic = kind == ScalarType::Dynamic;
    match parameter.accepts {
        Accepts::Any | Accepts::Type => Fit::Unknown,
        Accepts::Is(wanted) if wanted == kind => Fit::Exact,
        Accepts::Is(wanted) if is_wider(wanted, kind) => Fit::Promoted,
        Accepts::Is(_) => class(dynamic, Fit::Dynamic),
        Accepts::Only(wanted) => class(wanted == kind, Fit::Exact),
        Accepts::Scalar => Fit::Scalar,
        Accepts::Integer => class(kind.is_integer(), Fit::Integer).max(class(dynamic, Fit::Dynamic)),
        Accepts::Number => class(kind.is_number(), Fit::Number).max(class(dynamic, Fit::Dynamic)),
        Accepts::NumberOrBool => class(kind.is_number() || kind == ScalarType::Bool || dynamic, Fit::Number),
        Accepts::Summable => class(kind.is_summable() || dynamic, Fit::Class),
        Accepts::Orderable => class(!dynamic && kind != ScalarType::Guid, Fit::Class),
        Accepts::NotDynamic => class(!dynamic, Fit::Class),
        Accepts::NotRealOrBool => class(!matches!(kind, ScalarType::Real | ScalarType::Bool), Fit::Class),
        Accepts::StringOrDynamic | Accepts::StringOrArray => {
            class(dynamic || kind == ScalarType::String, Fit::OneOfMany)
        }
        Accepts::IntegerOrArray => class(kind.is_integer() || dynamic, Fit::OneOfMany),
        Accepts::DynamicArray | Accepts::DynamicBag => class(dynamic, Fit::OneOfMany),
        Accepts::CommonOrderable if dynamic || kind == ScalarType::Guid => Fit::None,
        Accepts::CommonScalar | Accepts::CommonOrderable | Accepts::CommonScalarOrDynamic => match common {
            None => Fit::Unknown,
            Some(common) if common == kind => Fit::Exact,
            Some(common) if is_wider(common, kind) => Fit::Promoted,
            Some(ScalarType::Dynamic) => class(true, Fit::Dynamic),
            Some(_) => class(dynamic && parameter.accepts == Accepts::CommonScalarOrDynamic, Fit::Dynamic),
        },
        Accepts::Tabular => Fit::None,
    }
}

/// An argument of a call, bound.
#[derive(Debug, Clone)]
pub(super) struct Argument<'q> {
    pub scalar: Scalar,
    /// As written; none for an argument that stands for another one, such as a column of `*`.
    pub ast: Option<&'q ast::Expr>,
    pub star: bool,
}

impl Argument<'_> {
    pub(super) fn span(&self, otherwise: Span) -> Span {
        self.ast.map_or(otherwise, ast::Expr::span)
    }
}

/// The forms that fit best.
fn best<'s>(
    signatures: &'s [Signature],
    arguments: &[Argument<'_>],
) -> Vec<(&'s Signature, Vec<Parameter>, Vec<Fit>)> {
    let kinds: Vec<_> = arguments.iter().map(|it| it.scalar.kind).collect();
    let mut fitting: Vec<_> = signatures
        .iter()
        .flat_map(|signature| {
            layouts(signature, arguments.len()).map(move |parameters| (signature, parameters))
        })
        .map(|(signature, parameters)| {
            let common = common_type(&parameters, &kinds);
            let fits = parameters
                .iter()
                .zip(arguments)
                .map(|(parameter, argument)| fit(parameter, argument.scalar.kind, common, argument.star))
                .collect::<Vec<_>>();
            (signature, parameters, fits)
        })
        .collect();
    let matching = |fits: &[Fit]| fits.iter().filter(|fit| **fit > Fit::None).count();
    let most = fitting.iter().map(|(_, _, fits)| matching(fits)).max().unwrap_or(0);
    fitting.retain(|(_, _, fits)| matching(fits) == most);
    if fitting.len() > 1 {
        let better = |a: &[Fit], b: &[Fit]| {
            a.iter().zip(b).all(|(a, b)| a >= b) && a.iter().zip(b).any(|(a, b)| a > b)
        };
        let dominated: Vec<bool> = fitting
            .iter()
            .map(|(_, _, fits)| fitting.iter().any(|(_, _, other)| better(other, fits)))
            .collect();
        let mut at = 0;
        fitting.retain(|_| {
            at += 1;
            !dominated[at - 1]
        });
    }
    fitting
}

impl Binder<'_> {
    /// The form that an operator's operands fit; `None` if there is none.
    pub(super) fn operator_signature<'s>(
        signatures: &'s [Signature],
        operands: &[Argument<'_>],
    ) -> Option<&'s Signature> {
        best(signatures, operands)
            .into_iter()
            .find(|(_, _, fits)| fits.iter().all(|fit| *fit > Fit::None))
            .map(|(signature, _, _)| signature)
    }

    /// The form that a call means. Reports what is wrong; `None` if the result's type cannot be told.
    pub(super) fn function_signature<'s>(
        &mut self,
        name: &str,
        name_span: Span,
        signatures: &'s [Signature],
        arguments: &[Argument<'_>],
    ) -> Option<(&'s Signature, Vec<Parameter>)> {
        let fitting = best(signatures, arguments);
        let Some((signature, parameters, fits)) = fitting.into_iter().next() else {
            self.wrong_count(name, name_span, signatures, arguments.len());
            // A wrong number of arguments does not hide the type where all forms agree on it.
            return signatures.first().map(|signature| (signature, Vec::new()));
        };
        let kinds: Vec<_> = arguments.iter().map(|it| it.scalar.kind).collect();
        let common = common_type(&parameters, &kinds);
        if signatures.len() > 1
            && fits.contains(&Fit::None)
            && !kinds.contains(&None)
            && self.all_forms_differ(signatures, arguments)
        {
            let types = kinds.iter().map(|kind| words(*kind)).collect::<Vec<_>>().join(", ");
            let forms = signatures.iter().map(|it| describe(name, it)).collect::<Vec<_>>();
            let mut diagnostic = Diagnostic::error(
                Code::ArgumentTypes,
                name_span,
                format!("no form of '{name}' takes ({types})"),
            );
            for form in forms.iter().take(6) {
                diagnostic = diagnostic.help(form.clone());
            }
            self.report(diagnostic);
            return Some((signature, parameters));
        }
        for ((parameter, argument), fit) in parameters.iter().zip(arguments).zip(&fits) {
            self.check_argument(name, parameter, argument, *fit, common, name_span);
        }
        Some((signature, parameters))
    }

    /// Several forms with as many arguments, none of which is nearer than the others.
    fn all_forms_differ(&self, signatures: &[Signature], arguments: &[Argument<'_>]) -> bool {
        best(signatures, arguments).len() > 1
    }

    fn wrong_count(&mut self, name: &str, span: Span, signatures: &[Signature], given: usize) {
        let least = signatures.iter().map(Signature::least).min().unwrap_or(0);
        let most = signatures.iter().map(Signature::most).max().unwrap_or(0);
        let expected = match (least, most) {
            (least, most) if least == most => {
                format!("{least} argument{}", if least == 1 { "" } else { "s" })
            }
            (least, most) if most > 1000 => {
                format!("at least {least} argument{}", if least == 1 { "" } else { "s" })
            }
            (least, most) => format!("{least} to {most} arguments"),
        };
        let mut diagnostic =
            Diagnostic::error(Code::ArgumentCount, span, format!("'{name}' takes {expected}, {given} given"));
        for signature in signatures.iter().take(4) {
            diagnostic = diagnostic.help(describe(name, signature));
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
                self.error(
                    Code::NotAllowedHere,
                    span,
                    format!("'*' is not allowed as '{}' of '{name}'", parameter.name),
                );
            } else if let Some(kind) = argument.scalar.kind {
                let wanted = expected(parameter.accepts, common);
                let message = format!("'{}' of '{name}' must be {wanted}, this is {kind}", parameter.name);
                self.error(Code::ExpectedType, span, message);
            }
            return;
        }
        if argument.scalar.kind.is_none() {
            return;
        }
        if argument.scalar.kind == Some(ScalarType::Dynamic) && !takes_dynamic(parameter.accepts) {
            let wanted = expected(parameter.accepts, common);
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
        if !argument.ast.is_some_and(is_literal) && text.is_none() {
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
            if let Some(near) = super::suggest::nearest(text, parameter.one_of.iter().copied()) {
                diagnostic = diagnostic.help(format!("did you mean '{near}'?"));
            }
            self.report(diagnostic.help(format!("one of: {}", parameter.one_of.join(", "))));
        }
    }

    /// The types of the result's columns; `None` where a mistake hides it.
    pub(super) fn return_type(
        signature: &Signature,
        parameters: &[Parameter],
        arguments: &[Argument<'_>],
    ) -> Option<ScalarType> {
        let kinds: Vec<_> = arguments.iter().map(|it| it.scalar.kind).collect();
        match signature.returns {
            Returns::Is(kind) => Some(kind),
            Returns::First => kinds.first().copied().flatten(),
            Returns::Second => kinds.get(1).copied().flatten(),
            Returns::FirstPromoted => kinds.first().copied().flatten().map(promote),
            Returns::Widest => {
                let mut widest = None;
                for kind in kinds {
                    let kind = kind?;
                    if widest.is_none_or(|known| is_wider(kind, known) || known == ScalarType::Dynamic) {
                        widest = Some(kind);
                    }
                }
                widest.map(promote)
            }
            Returns::Common | Returns::CommonNonDynamic => {
                let common = common_type(parameters, &kinds)?;
                let fits = |(parameter, kind): (&Parameter, &Option<ScalarType>)| {
                    !is_common(parameter.accepts)
                        || kind.is_none_or(|kind| {
                            kind == common || is_wider(common, kind) || kind == ScalarType::Dynamic
                        })
                };
                if parameters.iter().zip(&kinds).all(fits) { Some(common) } else { Some(ScalarType::Dynamic) }
            }
            Returns::TypeArgument => arguments
                .last()
                .and_then(|argument| argument.scalar.constant())
                .and_then(crate::types::Value::as_str)
                .and_then(|name| name.parse().ok()),
            // What such a call stands for is found elsewhere.
            Returns::Table | Returns::Database | Returns::ColumnOrSecond => None,
            Returns::Rule(_) | Returns::Columns(_) => None,
        }
    }
}

/// A function reads a dynamic argument as text only; for all else the language asks for a cast (operators do read
/// dynamic operands as their fellow's type).
const fn takes_dynamic(accepts: Accepts) -> bool {
    match accepts {
        Accepts::Is(kind) => matches!(kind, ScalarType::String | ScalarType::Dynamic),
        Accepts::Number
        | Accepts::Integer
        | Accepts::Summable
        | Accepts::Orderable
        | Accepts::NumberOrBool => false,
        _ => true,
    }
}

/// `int` arithmetic gives `long`.
pub(super) const fn promote(kind: ScalarType) -> ScalarType {
    if matches!(kind, ScalarType::Int) { ScalarType::Long } else { kind }
}

/// What a parameter accepts, in words.
pub(super) fn expected(accepts: Accepts, common: Option<ScalarType>) -> String {
    match accepts {
        Accepts::Is(kind) | Accepts::Only(kind) => format!("of type {kind}"),
        Accepts::Scalar | Accepts::Any => "a scalar".to_owned(),
        Accepts::Number => "a number".to_owned(),
        Accepts::Integer => "an integer".to_owned(),
        Accepts::Summable => "a number, datetime or timespan".to_owned(),
        Accepts::Orderable => "of a type that has an order".to_owned(),
        Accepts::NotDynamic => "of another type than dynamic".to_owned(),
        Accepts::StringOrDynamic => "a string or dynamic".to_owned(),
        Accepts::StringOrArray => "a string or an array".to_owned(),
        Accepts::IntegerOrArray => "an integer or an array".to_owned(),
        Accepts::NumberOrBool => "a number or a bool".to_owned(),
        Accepts::NotRealOrBool => "of another type than real and bool".to_owned(),
        Accepts::DynamicArray => "a dynamic array".to_owned(),
        Accepts::DynamicBag => "a dynamic property bag".to_owned(),
        Accepts::CommonScalar | Accepts::CommonScalarOrDynamic | Accepts::CommonOrderable => common
            .map_or_else(
                || "of the common type".to_owned(),
                |kind| format!("of type {kind} like the others"),
            ),
        Accepts::Type => "typeof(…)".to_owned(),
        Accepts::Tabular => "a table".to_owned(),
    }
}

/// `StringOrDynamic` as `string or dynamic`
fn spaced(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_uppercase() && !out.is_empty() {
            out.push(' ');
        }
        out.extend(letter.to_lowercase());
    }
    out
}

/// A form of a function as it is written: `substring(source: string, …)`.
pub(crate) fn describe(name: &str, signature: &Signature) -> String {
    let parameters = signature.parameters.iter().map(|parameter| {
        let kind = match parameter.accepts {
            Accepts::Is(kind) | Accepts::Only(kind) => kind.as_str().to_owned(),
            other => spaced(&format!("{other:?}")),
        };
        match (parameter.least, parameter.most) {
            (1, 1) => format!("{}: {kind}", parameter.name),
            (0, 1) => format!("[{}: {kind}]", parameter.name),
            _ => format!("{}: {kind}, …", parameter.name),
        }
    });
    format!("{name}({})", parameters.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::kinds::{BOOL, COMMON_OR_DYNAMIC, STRING};

    #[test]
    fn pairs_repeat_together() {
        const PARAMETERS: &[Parameter] =
            &[BOOL.repeated(1, 32767), COMMON_OR_DYNAMIC.repeated(1, 32767), COMMON_OR_DYNAMIC];
        let signature = Signature { parameters: PARAMETERS.into(), returns: Returns::Common };
        let forms = |count| {
            layout(&signature, count, 0)
                .map(|it| it.iter().map(|p| p.accepts == Accepts::Is(ScalarType::Bool)).collect::<Vec<_>>())
        };
        assert_eq!(forms(5), Some(vec![true, false, true, false, false]));
        assert_eq!(forms(4), None);
        assert_eq!(forms(2), None);
    }

    #[test]
    fn optional_parameters_may_be_left_out() {
        const PARAMETERS: &[Parameter] = &[STRING, STRING.optional()];
        let signature = Signature { parameters: PARAMETERS.into(), returns: Returns::First };
        assert_eq!(layout(&signature, 1, 0).map(|it| it.len()), Some(1));
        assert!(layout(&signature, 3, 0).is_none());
    }
}
