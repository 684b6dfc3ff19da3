//! Overload resolution: from the types of a call's arguments to the form that it means, the parameter of each argument and
//! the types of the result. It must not know particular functions, nor how mistakes are reported.

use super::{Accepts, ArgumentForm, ArgumentInfo, Common, Holds, Parameter, Returns, Signature, TypeSet};
use crate::types::{ScalarType, Value};

/// An argument, as far as the choice of a form goes.
#[derive(Debug, Clone, Copy)]
pub struct ArgumentType {
    /// The type; `None` where a mistake hides it.
    pub data_type: Option<ScalarType>,
    /// It is `*`.
    pub star: bool,
}

impl From<ScalarType> for ArgumentType {
    fn from(data_type: ScalarType) -> Self {
        Self { data_type: Some(data_type), star: false }
    }
}

/// How closely an argument fits a parameter; larger is closer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// Not at all.
    None,
    /// Perhaps: its type is hidden.
    Unknown,
    /// As any scalar.
    Scalar,
    /// As one of many types.
    Class,
    /// As a number.
    Number,
    /// As an integer.
    Integer,
    /// As a dynamic value that is read as the type.
    Dynamic,
    /// As a number that is widened to the type.
    Promoted,
    /// As a value of which it shows later whether it is meant: a dynamic one may hold no array.
    OneOfMany,
    /// As a value of the type.
    Exact,
}

/// A form with as many arguments as a call, and how they fit it.
#[derive(Debug)]
pub struct Match<'s> {
    /// The form.
    pub form: &'s Signature,
    /// The parameter of each argument.
    pub parameters: Vec<Parameter>,
    /// How each argument fits its parameter.
    pub fits: Vec<Fit>,
    /// The type that the arguments at the parameters of a common type share.
    pub common: Option<ScalarType>,
}

impl Match<'_> {
    /// Every argument fits.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.fits.iter().all(|fit| *fit > Fit::None)
    }

    /// The result's type, where it follows from the arguments' types; `last` is the value of the last argument, if it is
    /// known.
    #[must_use]
    pub fn return_type(&self, data_types: &[Option<ScalarType>], last: Option<&Value>) -> Option<ScalarType> {
        let first = data_types.first().copied().flatten();
        match self.form.returns {
            Returns::Is(data_type) => Some(data_type),
            Returns::First => first,
            Returns::FirstPromoted => first.map(promote),
            Returns::Widest => {
                let mut widest = None;
                for data_type in data_types {
                    let data_type = (*data_type)?;
                    if widest.is_none_or(|known| is_wider(data_type, known) || known == ScalarType::Dynamic) {
                        widest = Some(data_type);
                    }
                }
                widest.map(promote)
            }
            Returns::Common => {
                let common = self.common?;
                let fits = |(parameter, data_type): (&Parameter, &Option<ScalarType>)| {
                    parameter.accepts.common == Common::No
                        || data_type.is_none_or(|data_type| {
                            data_type == common
                                || is_wider(common, data_type)
                                || data_type == ScalarType::Dynamic
                        })
                };
                let all_fit = self.parameters.iter().zip(data_types).all(fits);
                Some(if all_fit { common } else { ScalarType::Dynamic })
            }
            Returns::TypeArgument => last?.as_str()?.parse().ok(),
            // The types do not suffice; what such a call stands for is found elsewhere.
            Returns::Rule(_)
            | Returns::Columns(_)
            | Returns::Table
            | Returns::Database
            | Returns::ColumnOrSecond => None,
        }
    }

    /// The names and types of the result's columns; a name is empty unless the form gives it.
    #[must_use]
    pub fn columns(&self, arguments: &[ArgumentInfo<'_>]) -> Option<Vec<(String, ScalarType)>> {
        let data_type = match self.form.returns {
            Returns::Columns(rule) => return Some(rule(arguments)),
            Returns::Rule(rule) => rule(arguments),
            _ => {
                let data_types: Vec<_> = arguments.iter().map(|argument| Some(argument.data_type)).collect();
                self.return_type(&data_types, arguments.last().and_then(|argument| argument.constant))?
            }
        };
        Some(vec![(String::new(), data_type)])
    }
}

/// The forms that fit best, in their order: those with the most arguments that fit, of which none fits better than another
/// in every argument. None if the number of arguments is wrong.
#[must_use]
pub fn resolve<'s>(forms: &'s [Signature], arguments: &[ArgumentType]) -> Vec<Match<'s>> {
    let mut found: Vec<Match<'s>> = forms
        .iter()
        .flat_map(|form| layouts(form, arguments.len()).map(move |parameters| (form, parameters)))
        .map(|(form, parameters)| {
            let common = common_type(&parameters, arguments);
            let fit = |(parameter, argument)| fit(parameter, argument, common);
            let fits = parameters.iter().zip(arguments).map(fit).collect();
            Match { form, parameters, fits, common }
        })
        .collect();
    let fitting = |it: &Match<'_>| it.fits.iter().filter(|fit| **fit > Fit::None).count();
    let max = found.iter().map(fitting).max().unwrap_or(0);
    found.retain(|it| fitting(it) == max);
    if found.len() > 1 {
        let better = |a: &[Fit], b: &[Fit]| {
            a.iter().zip(b).all(|(a, b)| a >= b) && a.iter().zip(b).any(|(a, b)| a > b)
        };
        let dominated: Vec<bool> =
            found.iter().map(|it| found.iter().any(|other| better(&other.fits, &it.fits))).collect();
        let mut at = 0;
        found.retain(|_| {
            at += 1;
            !dominated[at - 1]
        });
    }
    found
}

/// The best form that every argument fits.
#[must_use]
pub fn resolve_complete<'s>(forms: &'s [Signature], arguments: &[ArgumentType]) -> Option<Match<'s>> {
    resolve(forms, arguments).into_iter().find(Match::is_complete)
}

/// The parameter of each argument, repeated ones laid out; `None` if there are too few or too many arguments.
///
/// The last arguments go to optional parameters at the end as long as `optional` says so, else to repeated ones.
fn layout(form: &Signature, arguments: usize, optional: usize) -> Option<Vec<Parameter>> {
    if arguments < form.min_arguments() || arguments > form.max_arguments() {
        return None;
    }
    let mut spare = (arguments - form.min_arguments()).checked_sub(optional)?;
    let mut out = Vec::with_capacity(arguments);
    let (mut parameters, tail) = form.parameters.split_at(form.parameters.len() - optional);
    if tail.iter().any(|parameter| (parameter.min, parameter.max) != (0, 1)) {
        return None;
    }
    while let [first, rest @ ..] = parameters {
        // Two neighbours that repeat as often are pairs: `case(p1, v1, p2, v2, …)`.
        if let [second, tail @ ..] = rest
            && first.max > 1
            && second.max == first.max
        {
            let min = usize::from(first.min);
            let pairs = min + (spare / 2).min(first.most() - min);
            spare -= 2 * (pairs - min);
            for _ in 0..pairs {
                out.extend([*first, *second]);
            }
            parameters = tail;
            continue;
        }
        let more = spare.min(first.most() - usize::from(first.min));
        spare -= more;
        out.extend(std::iter::repeat_n(*first, usize::from(first.min) + more));
        parameters = rest;
    }
    out.extend(tail);
    (spare == 0).then_some(out)
}

/// Every way to give the arguments their parameters.
fn layouts(form: &Signature, arguments: usize) -> impl Iterator<Item = Vec<Parameter>> + '_ {
    let repeats = form.parameters.iter().any(|parameter| parameter.max > 1);
    let optional = form.parameters.iter().rev().take_while(|it| (it.min, it.max) == (0, 1)).count();
    (0..=if repeats { optional } else { 0 }).filter_map(move |optional| layout(form, arguments, optional))
}

/// The type that the arguments at the parameters of a common type share: the widest number, or the first one's type.
fn common_type(parameters: &[Parameter], arguments: &[ArgumentType]) -> Option<ScalarType> {
    let mut common: Option<ScalarType> = None;
    for (parameter, argument) in parameters.iter().zip(arguments) {
        if parameter.accepts.common == Common::No {
            continue;
        }
        let Some(data_type) = argument.data_type else { continue };
        common = Some(match common {
            None => data_type,
            Some(ScalarType::Dynamic) => data_type,
            Some(known) if is_wider(data_type, known) => data_type,
            Some(known) => known,
        });
    }
    common
}

fn fit(parameter: &Parameter, argument: &ArgumentType, common: Option<ScalarType>) -> Fit {
    let takes_star = matches!(parameter.form, ArgumentForm::StarAllowed | ArgumentForm::StarOnly);
    match argument.data_type {
        _ if argument.star => {
            if takes_star {
                Fit::Exact
            } else {
                Fit::None
            }
        }
        _ if parameter.form == ArgumentForm::StarOnly => Fit::None,
        None => Fit::Unknown,
        Some(data_type) if parameter.accepts.common == Common::No => fit_alone(parameter.accepts, data_type),
        Some(data_type) => fit_common(parameter.accepts, data_type, common),
    }
}

/// How a value fits what does not depend on other arguments.
fn fit_alone(accepts: Accepts, data_type: ScalarType) -> Fit {
    if accepts.types.contains(data_type) {
        return closeness(accepts);
    }
    match accepts.types.single() {
        _ if !accepts.coerces => Fit::None,
        Some(wanted) if is_wider(wanted, data_type) => Fit::Promoted,
        _ if data_type == ScalarType::Dynamic => Fit::Dynamic,
        _ => Fit::None,
    }
}

/// How closely the accepted types say what is meant.
fn closeness(accepts: Accepts) -> Fit {
    let types = accepts.types;
    let is_number = |data_type: ScalarType| data_type.is_number() || data_type == ScalarType::Bool;
    match accepts.holds {
        Holds::TypeName | Holds::Table => Fit::Unknown,
        Holds::Array | Holds::Bag => Fit::OneOfMany,
        Holds::Anything if types.len() == 1 => Fit::Exact,
        Holds::Anything if types == TypeSet::ALL => Fit::Scalar,
        Holds::Anything if types.len() == 2 && types.contains(ScalarType::Dynamic) => Fit::OneOfMany,
        Holds::Anything if types.iter().all(ScalarType::is_integer) => Fit::Integer,
        Holds::Anything if types.iter().all(is_number) => Fit::Number,
        Holds::Anything => Fit::Class,
    }
}

/// How a value fits beside others that it shares a type with.
fn fit_common(accepts: Accepts, data_type: ScalarType, common: Option<ScalarType>) -> Fit {
    let Some(common) = common else { return Fit::Unknown };
    if !accepts.types.contains(data_type) {
        Fit::None
    } else if common == data_type {
        Fit::Exact
    } else if is_wider(common, data_type) {
        Fit::Promoted
    } else if common == ScalarType::Dynamic
        || (data_type == ScalarType::Dynamic && accepts.common == Common::SameOrDynamic)
    {
        Fit::Dynamic
    } else {
        Fit::None
    }
}

/// `int < long < real < decimal`
const fn rank(data_type: ScalarType) -> u8 {
    match data_type {
        ScalarType::Int => 1,
        ScalarType::Long => 2,
        ScalarType::Real => 3,
        ScalarType::Decimal => 4,
        _ => 0,
    }
}

/// A number type that every value of the other one has a place in.
#[must_use]
pub const fn is_wider(wide: ScalarType, narrow: ScalarType) -> bool {
    rank(narrow) > 0 && rank(wide) > rank(narrow)
}

/// `int` arithmetic gives `long`.
#[must_use]
pub const fn promote(data_type: ScalarType) -> ScalarType {
    if matches!(data_type, ScalarType::Int) { ScalarType::Long } else { data_type }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::kinds::{
        ARRAY, BOOL, COMMON, COMMON_OR_DYNAMIC, INTEGER, LONG, NUMBER, REAL, SCALAR, STRING, TYPE, returns,
    };
    use crate::function::signatures;

    #[test]
    fn pairs_repeat_together() {
        let form = &signatures![
            (when: BOOL.repeated(1, 32767), then: COMMON_OR_DYNAMIC.repeated(1, 32767), otherwise: COMMON_OR_DYNAMIC)
                -> Returns::Common
        ][0];
        let names = |count| {
            layout(form, count, 0).map(|it| it.iter().map(|parameter| parameter.name).collect::<Vec<_>>())
        };
        assert_eq!(names(5), Some(vec!["when", "then", "when", "then", "otherwise"]));
        assert_eq!(names(4), None);
        assert_eq!(names(2), None);
    }

    #[test]
    fn optional_parameters_may_be_left_out() {
        let form = &signatures![(a: STRING, b: STRING.optional()) -> Returns::First][0];
        assert_eq!(layout(form, 1, 0).map(|it| it.len()), Some(1));
        assert!(layout(form, 3, 0).is_none());
    }

    /// The returns of the best form for these types, and whether all arguments fit.
    fn chosen(forms: &[Signature], data_types: &[ScalarType]) -> (Option<ScalarType>, bool) {
        let arguments: Vec<ArgumentType> = data_types.iter().map(|data_type| (*data_type).into()).collect();
        let data_types: Vec<_> = data_types.iter().map(|data_type| Some(*data_type)).collect();
        let found = resolve(forms, &arguments);
        (found[0].return_type(&data_types, None), found[0].is_complete())
    }

    #[test]
    fn the_closest_form_is_meant() {
        use ScalarType::{Bool, Dynamic, Guid, Int, Long, Real, String};
        let forms = signatures![
            (it: NUMBER) -> returns::DECIMAL;
            (it: LONG) -> returns::LONG;
            (it: REAL) -> returns::REAL;
            (it: STRING) -> returns::STRING;
            (it: ARRAY) -> returns::DYNAMIC;
        ];
        assert_eq!(chosen(forms, &[Long]), (Some(Long), true));
        assert_eq!(chosen(forms, &[Real]), (Some(Real), true));
        // An int is widened to a long as well as to a real: the first form is taken.
        assert_eq!(chosen(forms, &[Int]), (Some(Long), true));
        // It may be an array, which is nearer than to read it as something else.
        assert_eq!(chosen(forms, &[Dynamic]), (Some(Dynamic), true));
        assert!(!chosen(forms, &[Guid]).1);
        assert!(!chosen(signatures![(it: TYPE) -> returns::LONG], &[Bool]).1);
        assert_eq!(chosen(signatures![(it: STRING) -> returns::STRING], &[Dynamic]), (Some(String), true));
        assert!(resolve(forms, &[]).is_empty());
    }

    #[test]
    fn numbers_in_common_are_as_wide_as_the_widest() {
        use ScalarType::{DateTime, Dynamic, Int, Long, Real};
        let forms = signatures![(it: COMMON.repeated(1, 9)) -> Returns::Common];
        assert_eq!(chosen(forms, &[Int, Real, Long]), (Some(Real), true));
        assert_eq!(chosen(forms, &[Dynamic, Long]), (Some(Long), false));
        assert_eq!(chosen(forms, &[Long, DateTime]), (Some(Dynamic), false));
        let forms = signatures![(it: COMMON_OR_DYNAMIC.repeated(1, 9)) -> Returns::Common];
        assert_eq!(chosen(forms, &[Dynamic, Long]), (Some(Long), true));
        let forms = signatures![(a: SCALAR, b: INTEGER) -> Returns::Widest];
        assert_eq!(chosen(forms, &[Real, Int]), (Some(Real), true));
        assert_eq!(chosen(forms, &[Int, Int]), (Some(Long), true));
    }
}
