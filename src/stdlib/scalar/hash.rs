//! Hash functions. It must not know where hashes are used.

use std::fmt::{Display, Write as _};

use xxhash_rust::xxh64::xxh64;

use super::rows::Guard;
use crate::column::{BoolType, Column, DateTimeType, Element, LongType, RealType, StringType, TimeSpanType};
use crate::function::kinds::{INTEGER, NOT_DYNAMIC, returns};
use crate::function::{Call, Category, Example, Kernel, Result, ScalarFunction, signatures};
use crate::types::ScalarType;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "hash_xxhash64",
        aliases: &["hash"],
        category: Category::Hash,
        summary: "The xxHash64 of a value as a long; with a modulus, what remains of it.",
        signatures: signatures![(source: NOT_DYNAMIC, modulus: INTEGER.optional()) -> returns::LONG],
        kernel: Kernel::Rows(xxhash),
        examples: &[
            Example { query: "hash('World')", result: "1846988464401551951" },
            Example { query: "hash('World', 100)", result: "51" },
            Example { query: "hash(datetime(2015-01-01))", result: "1380966698541616202" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "hash_md5",
        category: Category::Hash,
        summary: "The MD5 of a value's text as hex digits.",
        signatures: signatures![(source: NOT_DYNAMIC) -> returns::STRING],
        kernel: Kernel::Rows(|call| digest(call, |bytes| md5::compute(bytes).0)),
        examples: &[
            Example { query: "hash_md5('World')", result: "\"f5a7924e621e84c9280a9a27e1bcb7f6\"" },
            Example {
                query: "hash_md5(datetime(2020-01-01))",
                result: "\"786c530672d1f8db31fee25ea8a9390b\"",
            },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "hash_sha1",
        category: Category::Hash,
        summary: "The SHA-1 of a value's text as hex digits.",
        signatures: signatures![(source: NOT_DYNAMIC) -> returns::STRING],
        kernel: Kernel::Rows(|call| digest(call, |bytes| sha1_smol::Sha1::from(bytes).digest().bytes())),
        examples: &[Example {
            query: "hash_sha1('World')",
            result: "\"70c07ec18ef89c5309bbb0937f3a6342411e1fdd\"",
        }],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "hash_sha256",
        category: Category::Hash,
        summary: "The SHA-256 of a value's text as hex digits.",
        signatures: signatures![(source: NOT_DYNAMIC) -> returns::STRING],
        kernel: Kernel::Rows(|call| digest(call, hmac_sha256::Hash::hash)),
        examples: &[Example {
            query: "hash_sha256('World')",
            result: "\"78ae647dc5544d227130a0682a51e30bc7777fbb6d8a8f17007463a3ecd1d524\"",
        }],
        ..ScalarFunction::DEFAULT
    },
];

fn digest<const BYTES: usize>(call: &Call<'_>, hash: impl Fn(&[u8]) -> [u8; BYTES]) -> Result<Column> {
    call.map1::<StringType, StringType>(|text| {
        let mut hex = String::new();
        for byte in hash(text.as_bytes()) {
            let _ = write!(hex, "{byte:02x}");
        }
        Some(hex)
    })
}

/// The hash of the text in UTF-8, of a datetime's ticks as eight bytes. Source: recorded answers.
///
/// Other values that are held in up to eight bytes are hashed as datetimes are, all else as its text, which is what the
/// other hash functions take.
fn xxhash(call: &Call<'_>) -> Result<Column> {
    let of_text = |text: &str| xxh64(text.as_bytes(), 0) as i64;
    let of_number = |n: i64| xxh64(&n.to_le_bytes(), 0) as i64;
    let number = "it is hashed as eight bytes, as a datetime is";
    match call.argument(0)?.scalar_type() {
        ScalarType::String => hashed::<StringType>(call, None, of_text),
        ScalarType::DateTime => hashed::<DateTimeType>(call, None, |it| of_number(it.0)),
        ScalarType::Int | ScalarType::Long => {
            hashed::<LongType>(call, Some(("an integer", number)), of_number)
        }
        ScalarType::TimeSpan => {
            hashed::<TimeSpanType>(call, Some(("a timespan", number)), |it| of_number(it.0))
        }
        ScalarType::Bool => hashed::<BoolType>(call, Some(("a bool", number)), |it| of_number(it.into())),
        ScalarType::Real => {
            hashed::<RealType>(call, Some(("a real", number)), |it| of_number(it.to_bits() as i64))
        }
        _ => hashed::<StringType>(call, Some(("a decimal or guid", "its text is hashed")), of_text),
    }
}

/// The hashes of the first argument, brought below a modulus if there is one; with what to note of each row.
fn hashed<A>(
    call: &Call<'_>,
    doubt: Option<(&str, &str)>,
    hash: impl Fn(A::Item<'_>) -> i64,
) -> Result<Column>
where
    A: Element,
    for<'i> A::Item<'i>: Copy + Display,
{
    let guard = Guard::new(call);
    let row = |value: A::Item<'_>, modulus: Option<i64>| {
        guard.row(|| {
            let hash = hash(value);
            if let Some((about, taken)) = doubt {
                call.doubt(about, taken, value)?;
            }
            let Some(modulus) = modulus else { return Ok(Some(hash)) };
            if modulus <= 0 {
                // The page: a value between 0 and modulus - 1; there is none.
                call.doubt("a modulus that is not positive", "the result is null", modulus)?;
                return Ok(None);
            }
            // As the operator % has it. For a hash that counts as unsigned it would be another number.
            let (signed, unsigned) = (hash.rem_euclid(modulus), hash as u64 % modulus as u64);
            if signed as u64 != unsigned {
                call.doubt("the modulus of a negative hash", "it is what hash(…) % modulus gives", value)?;
            }
            Ok(Some(signed))
        })
    };
    let column = match call.count() {
        1 => call.map1::<A, LongType>(|value| row(value, None)),
        _ => call.map2::<A, LongType, LongType>(|value, modulus| row(value, Some(modulus))),
    };
    guard.finish(column)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::testing::{check, doubted};
    use crate::types::{DateTime, Guid, TimeSpan, Value};

    // Expectations: the functions' pages and recorded answers of the real engine.
    #[test]
    fn known_hashes() {
        check(FUNCTIONS, "hash", &[Value::string("Hello")], 753_694_413_698_530_628_i64);
        check(FUNCTIONS, "hash", &[Value::string("World"), Value::Int(100)], 51_i64);
        let new_year = Value::DateTime(DateTime(635_556_672_000_000_000));
        check(FUNCTIONS, "hash", &[new_year], 1_380_966_698_541_616_202_i64);
        // The hash of `a` is negative.
        let negative = xxh64(b"a", 0) as i64;
        assert!(negative < 0);
        check(FUNCTIONS, "hash", &[Value::string("a"), Value::Int(4)], negative & 3);
        check(FUNCTIONS, "hash_md5", &[Value::string("World")], "f5a7924e621e84c9280a9a27e1bcb7f6");
    }

    #[test]
    fn what_is_not_known() {
        let of = |value: Value, bytes: &[u8]| doubted(FUNCTIONS, "hash", &[value], xxh64(bytes, 0) as i64);
        of(Value::Long(1), &[1, 0, 0, 0, 0, 0, 0, 0]);
        of(Value::Int(-1), &[255; 8]);
        of(Value::Bool(true), &[1, 0, 0, 0, 0, 0, 0, 0]);
        of(Value::Real(0.0), &[0; 8]);
        of(Value::TimeSpan(TimeSpan(256)), &[0, 1, 0, 0, 0, 0, 0, 0]);
        of(Value::Guid(Guid(1)), b"00000000-0000-0000-0000-000000000001");
        doubted(FUNCTIONS, "hash", &[Value::string("World"), Value::Long(0)], Value::Null);
        let negative = xxh64(b"a", 0) as i64;
        doubted(FUNCTIONS, "hash", &[Value::string("a"), Value::Long(100)], negative.rem_euclid(100));
    }
}
