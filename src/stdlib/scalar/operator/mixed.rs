//! Equality of values whose types have nothing in common: a text with a number, a bool or another type.
//!
//! A text is read as the other operand's type. That published rules rely on `ResultType == 0` over texts and on
//! `EventID == "4624"` over numbers is known; what becomes of texts that only a lenient reader takes for the value
//! (`"00"`, `" 0"`), and of other pairs of types, is not. It must not know orders: between such types there is none.

use arrow_buffer::BooleanBuffer;

use super::operand::test_texts;
use crate::column::{Column, Validity};
use crate::function::{Call, Result};
use crate::stdlib::scalar::rows::Guard;
use crate::types::{ScalarType, Value};

/// How a text and a value of another type relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TextEquality {
    No,
    Yes,
    /// Only a lenient reader takes the text for the value.
    Lenient,
}

/// Whether two columns of different types, neither of them dynamic, are equal row by row, or are not.
pub(super) fn equality(call: &Call<'_>, a: &Column, b: &Column, wants_equal: bool) -> Result<Column> {
    match (a.scalar_type(), b.scalar_type()) {
        (ScalarType::String, _) => with_texts(call, a, b, wants_equal),
        (_, ScalarType::String) => with_texts(call, b, a, wants_equal),
        (left, right) => {
            let about = format!("operands of types {left} and {right}");
            for row in 0..call.rows {
                call.doubt(
                    &about,
                    "they are not equal",
                    format_args!("{} and {}", a.value(row), b.value(row)),
                )?;
            }
            Ok(Column::constant(Value::Bool(!wants_equal), ScalarType::Bool, call.rows))
        }
    }
}

fn with_texts(call: &Call<'_>, texts: &Column, others: &Column, wants_equal: bool) -> Result<Column> {
    let guard = Guard::new(call);
    let about = match others.scalar_type() {
        ScalarType::Bool | ScalarType::Int | ScalarType::Long | ScalarType::Real | ScalarType::Decimal => {
            "a text that is written in another way than the value".to_owned()
        }
        other => format!("a text and a {other}"),
    };
    let is = |text: &str, value: &Value| {
        let found = match relate(text, value) {
            TextEquality::Lenient => {
                let taken =
                    format!("the text is read as {}", value.scalar_type().map_or("", ScalarType::as_str));
                guard.row(|| {
                    call.doubt(&about, &taken, format_args!("{text:?} and {value}"))?;
                    Ok(Some(true))
                });
                true
            }
            found => found == TextEquality::Yes,
        };
        found == wants_equal
    };
    let bits = match (texts, others) {
        (Column::Constant(text), Column::Constant(value)) => {
            let found = is(text.value.as_str().unwrap_or_default(), &value.value);
            return guard.finish(Ok(Column::constant(Value::Bool(found), ScalarType::Bool, call.rows)));
        }
        (Column::String(texts), Column::Constant(value)) => {
            let own = value.value.to_text();
            let own = own.as_bytes();
            let value = &value.value;
            test_texts(texts, |text| {
                // Most texts are the value as it is written, or begin in a way that no number, bool or time does.
                if !value.is_null() && text == own {
                    return wants_equal;
                }
                std::str::from_utf8(text).map_or(!wants_equal, |text| is(text, value))
            })
        }
        _ => BooleanBuffer::collect_bool(call.rows, |row| {
            is(texts.value(row).as_str().unwrap_or_default(), &others.value(row))
        }),
    };
    guard.finish(Ok(Column::Bool(bits, Validity::ALL)))
}

fn relate(text: &str, value: &Value) -> TextEquality {
    let Some(data_type) = value.scalar_type() else { return TextEquality::No };
    let same = match value {
        // As `tostring` writes it, and as JSON and the language do.
        Value::Bool(it) => text.eq_ignore_ascii_case(if *it { "true" } else { "false" }),
        Value::Int(_) | Value::Long(_) | Value::Real(_) | Value::Decimal(_) => text == &*value.to_text(),
        _ => false,
    };
    if same {
        return TextEquality::Yes;
    }
    // No such text begins with anything else, and most texts do.
    let begins = |c: char| c.is_ascii_digit() || c.is_whitespace() || "+-.tTfFiInN".contains(c);
    let is_number = value.scalar_type().is_some_and(ScalarType::is_number);
    if (is_number || data_type == ScalarType::Bool) && !text.starts_with(begins) {
        return TextEquality::No;
    }
    // `1.0` is no integer, but the number that it is may be the integer.
    let read = match data_type {
        ScalarType::Int | ScalarType::Long => {
            let read = Value::string(text).convert(ScalarType::Long);
            if read.is_null() { Value::string(text).convert(ScalarType::Real) } else { read }
        }
        _ => Value::string(text).convert(data_type),
    };
    let equal = match (&read, value) {
        (Value::Null, _) => false,
        (Value::Real(a), b) => b.as_real() == Some(*a),
        (Value::Long(a), b) => b.as_long() == Some(*a),
        (a, b) => a == b,
    };
    if equal { TextEquality::Lenient } else { TextEquality::No }
}
