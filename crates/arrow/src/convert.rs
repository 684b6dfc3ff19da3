//! Converts columns to the types that a schema asks for, where nothing is lost. It must not know Arrow.

use kqlite::{Column, ColumnBuilder, Decimal, Dynamic, DynamicColumn, ScalarType, StringColumn, Value};

use crate::misfit::Misfits;

/// The column in another type. Values that do not fit are noted, and null.
pub fn column(found: &Column, data_type: ScalarType, misfits: &mut Misfits) -> Column {
    match (found, data_type) {
        (Column::Int(_), ScalarType::Long | ScalarType::Real) => return found.convert(data_type),
        // A column without values.
        (Column::Constant(it), _) if it.value == Value::null_of(it.data_type) => {
            return Column::nulls(data_type, it.len);
        }
        // Objects and arrays alone are what they are as texts.
        (Column::String(texts), ScalarType::Dynamic) if distinct(texts).all(is_nested) => {
            return Column::Dynamic(DynamicColumn::parse(texts));
        }
        _ => {}
    }
    let mut out = ColumnBuilder::with_capacity(data_type, found.len());
    let mut push = |row: usize, value: Option<&Value>, shown: &dyn Fn() -> String| match value {
        Some(value) => out.push(value),
        None => {
            misfits.push(row, shown);
            out.push_null();
        }
    };
    if let Column::String(texts) = found
        && let Some((codes, count)) = texts.dictionary()
    {
        // Once for each distinct text.
        let values: Vec<Option<Value>> =
            (0..count).map(|code| value(&Value::from(texts.dictionary_value(code)), data_type)).collect();
        for (row, &code) in codes.iter().enumerate() {
            push(row, values[code as usize].as_ref(), &|| texts.get(row).to_owned());
        }
    } else {
        for row in 0..found.len() {
            let from = found.value(row);
            push(row, value(&from, data_type).as_ref(), &|| from.to_text().to_string());
        }
    }
    out.finish()
}

/// The texts that the rows have; perhaps some that none has.
fn distinct(texts: &StringColumn) -> impl Iterator<Item = &str> {
    let count = texts.dictionary().map_or(texts.len(), |(_, values)| values);
    (0..count).map(|at| texts.dictionary_value(at))
}

/// The text is an object or an array, or seems to be, or is none at all. Exports often hold them so.
fn is_nested(text: &str) -> bool {
    text.is_empty() || text.starts_with(['{', '['])
}

/// Up to here every integer is a real of its own.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// A value in another type; `None` if something would be lost. An empty text is null, as in CSV and JSON.
fn value(from: &Value, data_type: ScalarType) -> Option<Value> {
    if from.is_null() || from.scalar_type() == Some(data_type) {
        return Some(from.clone());
    }
    match (from, data_type) {
        (Value::String(text), ScalarType::Dynamic) => Some(Value::Dynamic(match &**text {
            text if is_nested(text) => Dynamic::parse(text),
            text => Dynamic::string(text),
        })),
        (_, ScalarType::Dynamic) => Some(Value::Dynamic(Dynamic::from_value(from))),
        (Value::Dynamic(inner), _) => of_dynamic(inner, data_type),
        (Value::Bool(_) | Value::Real(_), ScalarType::String) => {
            Some(Value::string(&Dynamic::from_value(from).to_json()))
        }
        (_, ScalarType::String) => Some(Value::String(from.to_text())),
        (Value::String(text), _) if text.is_empty() => Some(Value::Null),
        (Value::String(text), _) => Some(Value::from_text(text, data_type)).filter(|it| *it != Value::Null),
        (Value::Int(n), _) => integer(i64::from(*n), data_type),
        (Value::Long(n), _) => integer(*n, data_type),
        (Value::Real(x), ScalarType::Decimal) => Decimal::from_real(*x).map(Value::Decimal),
        (Value::Real(x), _) if x.fract() == 0.0 && x.abs() < MAX_EXACT => match data_type {
            ScalarType::Int | ScalarType::Long => integer(*x as i64, data_type),
            _ => None,
        },
        (Value::Decimal(it), ScalarType::Real) => {
            let real = it.to_real();
            (Decimal::from_real(real) == Some(*it)).then_some(Value::Real(real))
        }
        (Value::Decimal(it), ScalarType::Int | ScalarType::Long) => {
            integer(it.0.normalize().to_string().parse().ok()?, data_type)
        }
        _ => None,
    }
}

fn integer(n: i64, data_type: ScalarType) -> Option<Value> {
    Some(match data_type {
        ScalarType::Bool if n == 0 || n == 1 => Value::Bool(n == 1),
        ScalarType::Int => Value::Int(n.try_into().ok()?),
        ScalarType::Long => Value::Long(n),
        ScalarType::Real => Value::Real(Some(n as f64).filter(|real| real.abs() <= MAX_EXACT)?),
        ScalarType::Decimal => Value::Decimal(n.into()),
        _ => return None,
    })
}

fn of_dynamic(inner: &Dynamic, data_type: ScalarType) -> Option<Value> {
    let scalar = match inner {
        Dynamic::Null => Value::Null,
        Dynamic::Bool(it) => Value::Bool(*it),
        Dynamic::Long(it) => Value::Long(*it),
        Dynamic::Real(it) => Value::Real(*it),
        Dynamic::String(it) => Value::String(it.clone()),
        Dynamic::DateTime(it) => Value::DateTime(*it),
        Dynamic::TimeSpan(it) => Value::TimeSpan(*it),
        Dynamic::Guid(it) => Value::Guid(*it),
        Dynamic::Decimal(it) => Value::Decimal(*it),
        Dynamic::Array(_) | Dynamic::Bag(_) if data_type == ScalarType::String => {
            Value::string(&inner.to_json())
        }
        Dynamic::Array(_) | Dynamic::Bag(_) => return None,
    };
    value(&scalar, data_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost() {
        let check = |from: Value, data_type: ScalarType, expected: Option<Value>| {
            assert_eq!(value(&from, data_type), expected, "{from:?} as {data_type}");
        };
        check(Value::from("42"), ScalarType::Long, Some(Value::Long(42)));
        check(Value::from("forty"), ScalarType::Long, None);
        check(Value::from(""), ScalarType::Long, Some(Value::Null));
        check(Value::Long(3_000_000_000), ScalarType::Int, None);
        check(Value::Long(1), ScalarType::Bool, Some(Value::Bool(true)));
        check(Value::Long(2), ScalarType::Bool, None);
        check(Value::Long(i64::MAX), ScalarType::Real, None);
        check(Value::Long(1 << 53), ScalarType::Real, Some(Value::Real(9_007_199_254_740_992.0)));
        check(Value::Real(5.0), ScalarType::Long, Some(Value::Long(5)));
        check(Value::Real(5.5), ScalarType::Long, None);
        check(Value::Real(1e300), ScalarType::Long, None);
        check(Value::Real(f64::NAN), ScalarType::Decimal, None);
        check(Value::Bool(true), ScalarType::String, Some(Value::from("true")));
        check(Value::Bool(true), ScalarType::Long, None);
        check(Value::Real(5.0), ScalarType::String, Some(Value::from("5.0")));
        check(Value::Long(5), ScalarType::DateTime, None);
        let decimal = |text: &str| Value::Decimal(Decimal::parse(text).unwrap());
        check(decimal("7.00"), ScalarType::Int, Some(Value::Int(7)));
        check(decimal("7.5"), ScalarType::Long, None);
        check(decimal("7.5"), ScalarType::Real, Some(Value::Real(7.5)));
        check(decimal("0.1234567890123456789"), ScalarType::Real, None);
        check(
            Value::from("[1]"),
            ScalarType::Dynamic,
            Some(Value::Dynamic(Dynamic::array(vec![Dynamic::Long(1)]))),
        );
        check(Value::from("a"), ScalarType::Dynamic, Some(Value::Dynamic(Dynamic::string("a"))));
        check(Value::Dynamic(Dynamic::array(vec![])), ScalarType::String, Some(Value::from("[]")));
        check(Value::Dynamic(Dynamic::array(vec![])), ScalarType::Long, None);
        check(Value::Dynamic(Dynamic::string("7")), ScalarType::Long, Some(Value::Long(7)));
        check(Value::Dynamic(Dynamic::Null), ScalarType::String, Some(Value::Dynamic(Dynamic::Null)));
    }
}
