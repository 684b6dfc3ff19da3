//! Literals as values. It must not know names.

use super::binder::Binder;
use super::scalar::Scalar;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::Expr;
use crate::syntax::ast::{DynamicValue, Literal, LiteralKind};
use crate::types::{Bag, DateTime, Decimal, Dynamic, Guid, ScalarType, TimeSpan, Value};

/// The literal is a datetime with an offset from UTC and a `Z` behind it.
fn has_two_zones(literal: &Literal) -> bool {
    let before = literal.value.trim().strip_suffix(['Z', 'z']);
    literal.kind == LiteralKind::DateTime
        && before.is_some_and(|text| {
            let offset = text.len().checked_sub(6).and_then(|at| text.get(at..));
            offset.is_some_and(|it| it.starts_with(['+', '-'])) && DateTime::parse(text).is_some()
        })
}

impl Binder<'_> {
    pub(super) fn bind_literal(&mut self, literal: &Literal) -> Scalar {
        if literal.kind == LiteralKind::DateTime && literal.value.is_empty() {
            // `datetime()` is the time of the query.
            return self.call_builtin("now", Vec::new(), literal.at.0);
        }
        let kind = scalar_type(literal.kind);
        match value(literal) {
            Some(value) => Scalar::new(Expr::literal(value, kind)),
            // KQL takes nearly any text as a datetime; what is not understood here is not called wrong.
            None if has_two_zones(literal) => {
                let message = format!("'{}' is no datetime: it has an offset and a Z", literal.value);
                let help = "write one of them: the offset, or Z for UTC";
                self.report(Diagnostic::error(Code::BadLiteral, literal.at.0, message).help(help));
                Scalar::of(kind)
            }
            None if literal.kind == LiteralKind::DateTime => {
                let mut diagnostic =
                    Diagnostic::unsupported(literal.at.0, "datetime literal", &literal.value);
                if let Some(wrong) = super::lessons::of_date(&literal.value) {
                    let help = "a date is written yyyy-MM-dd: datetime(2024-06-30)";
                    diagnostic.help = vec![format!("{wrong}; {help}")];
                } else if literal.value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                    let help = "datetime(…) holds a constant; values are converted by todatetime(…)";
                    diagnostic.help = vec![help.to_owned()];
                }
                self.report(diagnostic);
                Scalar::of(kind)
            }
            None => {
                let message = format!("'{}' is no {kind}", literal.value);
                let mut diagnostic = Diagnostic::error(Code::BadLiteral, literal.at.0, message);
                if literal.value.starts_with(|c: char| c.is_ascii_alphabetic()) {
                    let function = self.registry.conversion_to(kind).map(|it| it.name);
                    if let Some(function) = function {
                        diagnostic = diagnostic.help(format!(
                            "{kind}(…) holds a constant; values are converted by {function}(…)"
                        ));
                    }
                }
                self.report(diagnostic);
                Scalar::of(kind)
            }
        }
    }

    pub(super) fn bind_dynamic(&mut self, literal: &crate::syntax::ast::DynamicLiteral) -> Scalar {
        Scalar::new(Expr::literal(Value::Dynamic(self.dynamic(&literal.value)), ScalarType::Dynamic))
    }

    fn dynamic(&mut self, literal: &DynamicValue) -> Dynamic {
        match literal {
            DynamicValue::Null => Dynamic::Null,
            DynamicValue::Literal(it) => match value(it) {
                Some(value) => Dynamic::from_value(&value),
                None => {
                    let message = format!("'{}' is no {}", it.value, scalar_type(it.kind));
                    self.report(Diagnostic::error(Code::BadLiteral, it.at.0, message));
                    Dynamic::Null
                }
            },
            DynamicValue::Array(items) => {
                Dynamic::array(items.iter().map(|item| self.dynamic(item)).collect())
            }
            DynamicValue::Bag(members) => {
                let mut bag = Bag::new();
                for (key, value) in members {
                    bag.insert(key.value.as_str().into(), self.dynamic(value));
                }
                Dynamic::bag(bag)
            }
        }
    }
}

/// The type of a literal.
pub(super) const fn scalar_type(kind: LiteralKind) -> ScalarType {
    match kind {
        LiteralKind::Bool => ScalarType::Bool,
        LiteralKind::Int => ScalarType::Int,
        LiteralKind::Long => ScalarType::Long,
        LiteralKind::Real => ScalarType::Real,
        LiteralKind::Decimal => ScalarType::Decimal,
        LiteralKind::DateTime => ScalarType::DateTime,
        LiteralKind::TimeSpan => ScalarType::TimeSpan,
        LiteralKind::Guid => ScalarType::Guid,
        LiteralKind::String => ScalarType::String,
    }
}

/// The value of a literal; `None` if its text is none of its type.
pub(super) fn value(literal: &Literal) -> Option<Value> {
    let text = literal.value.trim();
    if literal.kind != LiteralKind::String && text.eq_ignore_ascii_case("null") {
        return Some(Value::Null);
    }
    let unquoted = text.trim_matches(['"', '\'']);
    Some(match literal.kind {
        LiteralKind::String => Value::string(&literal.value),
        LiteralKind::Bool => match Value::string(unquoted).convert(ScalarType::Bool) {
            Value::Null => return None,
            value => value,
        },
        LiteralKind::Int => Value::Int(integer(text).and_then(|n| i32::try_from(n).ok())?),
        LiteralKind::Long => Value::Long(integer(text)?),
        LiteralKind::Real => match text.to_ascii_lowercase().as_str() {
            "nan" => Value::Real(f64::NAN),
            "inf" | "+inf" => Value::Real(f64::INFINITY),
            "-inf" => Value::Real(f64::NEG_INFINITY),
            text => Value::Real(text.parse().ok()?),
        },
        LiteralKind::Decimal => Value::Decimal(Decimal::parse(unquoted)?),
        // No tick is the first day, as `todatetime(0)` has it. Microsoft's parser gives the same: that of a text it cannot read.
        LiteralKind::DateTime if unquoted == "0" => Value::DateTime(DateTime::MIN),
        LiteralKind::DateTime => Value::DateTime(DateTime::parse(unquoted).or_else(|| from_parts(unquoted))?),
        LiteralKind::TimeSpan => Value::TimeSpan(timespan(unquoted)?),
        LiteralKind::Guid => Value::Guid(Guid::parse(unquoted)?),
    })
}

/// `datetime(2024, 1, 31)`: year, month, day, and hour, minute, second if given.
fn from_parts(text: &str) -> Option<DateTime> {
    let parts: Vec<i64> = text.split(',').map(|part| part.trim().parse().ok()).collect::<Option<_>>()?;
    let [year, month, day, clock @ ..] = parts.as_slice() else { return None };
    let day =
        DateTime::from_ymd((*year).try_into().ok()?, (*month).try_into().ok()?, (*day).try_into().ok()?)?;
    let units = [TimeSpan::HOUR, TimeSpan::MINUTE, TimeSpan::SECOND];
    let max = [23, 59, 59];
    if clock.len() > units.len() || clock.iter().zip(max).any(|(n, max)| !(0..=max).contains(n)) {
        return None;
    }
    day.checked_add(TimeSpan(clock.iter().zip(units).map(|(n, unit)| n * unit).sum()))
}

/// Decimal or hex digits with a sign.
fn integer(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let number = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => i128::from(u64::from_str_radix(hex, 16).ok()? as i64),
        None => digits.parse::<i128>().ok()?,
    };
    i64::try_from(if negative { -number } else { number }).ok()
}

/// What stands in `timespan(…)` or a number with a suffix; a bare number counts days.
fn timespan(text: &str) -> Option<TimeSpan> {
    if let Ok(days) = text.parse::<f64>() {
        let ticks = days * TimeSpan::DAY as f64;
        return (ticks.abs() < i64::MAX as f64).then_some(TimeSpan(ticks as i64));
    }
    TimeSpan::parse(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::ast::At;

    #[track_caller]
    fn check(kind: LiteralKind, text: &str, expected: Option<Value>) {
        let literal = Literal { kind, text: text.to_owned(), value: text.to_owned(), at: At::default() };
        assert_eq!(value(&literal), expected, "{text}");
    }

    #[test]
    fn reads_literals() {
        check(LiteralKind::Long, "0x1F", Some(Value::Long(31)));
        check(LiteralKind::Int, "-7", Some(Value::Int(-7)));
        check(LiteralKind::Int, "99999999999", None);
        check(LiteralKind::TimeSpan, "2", Some(Value::TimeSpan(TimeSpan(2 * TimeSpan::DAY))));
        check(LiteralKind::TimeSpan, "1.5h", Some(Value::TimeSpan(TimeSpan(54_000_000_000))));
        check(LiteralKind::DateTime, "null", Some(Value::Null));
        check(LiteralKind::DateTime, "2025, 6, 14", DateTime::from_ymd(2025, 6, 14).map(Value::DateTime));
        check(LiteralKind::DateTime, "2025, 6", None);
        check(LiteralKind::Real, "+inf", Some(Value::Real(f64::INFINITY)));
        check(LiteralKind::Guid, "x", None);
    }
}
