//! Hash functions. It must not know where hashes are used.

use std::fmt::Write as _;

use xxhash_rust::xxh64::xxh64;

use super::rows::Guard;
use crate::column::{Column, DateTimeType, LongType, StringType};
use crate::function::kinds::{INTEGER, NOT_DYNAMIC, returns};
use crate::function::{Call, Category, Example, Kernel, Result, ScalarFunction, signatures};
use crate::types::ScalarType;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "hash_xxhash64",
        aliases: &["hash"],
        category: Category::Hash,
        summary: "The xxHash64 of a text or datetime as a long; with a modulus, what remains of it.",
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

/// The hash of the text in UTF-8, of a datetime's ticks as eight bytes.
///
/// Source: recorded answers. How values of other types are hashed is not known.
fn xxhash(call: &Call<'_>) -> Result<Column> {
    let guard = Guard::new(call);
    let finish = |bytes: &[u8], modulus: Option<i64>| {
        let hash = xxh64(bytes, 0) as i64;
        guard.row(|| match modulus {
            None => Ok(Some(hash)),
            Some(..=0) => Err(call.fail("the modulus must be positive")),
            Some(modulus) => {
                // Whether the hash counts as signed is not known; for a power of two it makes no difference.
                let (signed, unsigned) = (hash.rem_euclid(modulus), hash as u64 % modulus as u64);
                if signed as u64 != unsigned {
                    let message =
                        "the modulus of a negative hash is not supported, unless it is a power of two";
                    return Err(call.fail(message));
                }
                Ok(Some(signed))
            }
        })
    };
    let with_modulus = call.count() > 1;
    let column = match (call.argument(0)?.scalar_type(), with_modulus) {
        (ScalarType::String, false) => {
            call.map1::<StringType, LongType>(|text| finish(text.as_bytes(), None))
        }
        (ScalarType::String, true) => call
            .map2::<StringType, LongType, LongType>(|text, modulus| finish(text.as_bytes(), Some(modulus))),
        (ScalarType::DateTime, false) => {
            call.map1::<DateTimeType, LongType>(|it| finish(&it.0.to_le_bytes(), None))
        }
        (ScalarType::DateTime, true) => call.map2::<DateTimeType, LongType, LongType>(|it, modulus| {
            finish(&it.0.to_le_bytes(), Some(modulus))
        }),
        (other, _) => Err(call.fail(format!("a value of type {other} is not supported"))),
    };
    guard.finish(column)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::testing::{call_all, check, constants_of, find};
    use crate::types::{DateTime, Value};

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
    fn what_is_not_known_is_refused() {
        for row in [
            vec![Value::Long(1)],
            vec![Value::string("World"), Value::Long(0)],
            vec![Value::string("a"), Value::Long(100)],
        ] {
            assert!(call_all(find(FUNCTIONS, "hash"), &constants_of(&row)).is_err());
        }
    }
}
