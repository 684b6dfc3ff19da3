//! Texts packed and unpacked with gzip and zlib. What the real engine's compressor writes is known to the byte only for
//! texts in which nothing repeats itself; other packed texts unpack to the same, and are in doubt. It must not know how
//! packed texts are used.

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit, decompress_to_vec_zlib_with_limit};

use super::encoding::{from_base64, to_base64};
use super::rows::Guard;
use crate::column::{Column, StringType};
use crate::function::kinds::{STRING, returns};
use crate::function::{Call, Category, Example, Kernel, Result, ScalarFunction, signatures};

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "gzip_decompress_from_base64_string",
        category: Category::Encoding,
        summary: "The text that is given compressed with gzip, as base64; empty if it is not valid.",
        signatures: signatures![(string: STRING) -> returns::STRING],
        kernel: Kernel::Rows(|call| unpack(call, gzip)),
        examples: &[
            Example {
                query: "gzip_decompress_from_base64_string('H4sIAAAAAAAA/wEUAOv/MTIzNDU2Nzg5MHF3ZXJ0eXVpb3A6m7f2FAAAAA==')",
                result: "\"1234567890qwertyuiop\"",
            },
            Example { query: "gzip_decompress_from_base64_string('x0x0x0')", result: "\"\"" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "zlib_decompress_from_base64_string",
        category: Category::Encoding,
        summary: "The text that is given compressed with zlib, as base64; empty if it is not valid.",
        signatures: signatures![(string: STRING) -> returns::STRING],
        kernel: Kernel::Rows(|call| unpack(call, zlib)),
        examples: &[
            Example {
                query: "zlib_decompress_from_base64_string('eJwLSS0uUSguKcrMS1cwNDIGACxqBQ4=')",
                result: "\"Test string 123\"",
            },
            Example { query: "zlib_decompress_from_base64_string('x0x0x0')", result: "\"\"" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "gzip_compress_to_base64_string",
        category: Category::Encoding,
        summary: "A text compressed with gzip, as base64.",
        signatures: signatures![(string: STRING) -> returns::STRING],
        kernel: Kernel::Rows(|call| pack(call, to_gzip)),
        examples: &[
            Example {
                query: "gzip_compress_to_base64_string('1234567890qwertyuiop')",
                result: "\"H4sIAAAAAAAA/wEUAOv/MTIzNDU2Nzg5MHF3ZXJ0eXVpb3A6m7f2FAAAAA==\"",
            },
            Example {
                query: "gzip_decompress_from_base64_string(gzip_compress_to_base64_string('Kusto'))",
                result: "\"Kusto\"",
            },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "zlib_compress_to_base64_string",
        category: Category::Encoding,
        summary: "A text compressed with zlib, as base64.",
        signatures: signatures![(string: STRING) -> returns::STRING],
        kernel: Kernel::Rows(|call| pack(call, to_zlib)),
        examples: &[
            Example {
                query: "zlib_compress_to_base64_string('1234567890qwertyuiop')",
                result: "\"eAEBFADr/zEyMzQ1Njc4OTBxd2VydHl1aW9wOAkGdw==\"",
            },
            Example {
                query: "zlib_decompress_from_base64_string(zlib_compress_to_base64_string('Kusto'))",
                result: "\"Kusto\"",
            },
        ],
        ..ScalarFunction::DEFAULT
    },
];

/// Base64 of what a format makes of the text.
fn pack(call: &Call<'_>, format: fn(&[u8], Vec<u8>) -> Vec<u8>) -> Result<Column> {
    let guard = Guard::new(call);
    let column = call.map1::<StringType, StringType>(|text| {
        guard.row(|| {
            // What is packed, once more in its format, and its base64.
            guard.spend(text.len().saturating_mul(4).saturating_add(128))?;
            guard.work(text.len().saturating_mul(16))?;
            Ok(Some(to_base64(&format(text.as_bytes(), deflate(call, text)?))))
        })
    });
    guard.finish(column)
}

/// The text in the format of RFC 1951.
fn deflate(call: &Call<'_>, text: &str) -> Result<Vec<u8>> {
    let bytes = text.as_bytes();
    let mut seen = [false; 256];
    let repeats = bytes
        .iter()
        .any(|byte| seen.get_mut(usize::from(*byte)).is_none_or(|it| std::mem::replace(it, true)));
    if !repeats && !bytes.is_empty() {
        // As in the pages' examples.
        return Ok(stored(bytes));
    }
    let about = "a text of which it is not known how it is compressed";
    call.doubt(about, "the result is another one that unpacks to the same text", text)?;
    let packed = compress_to_vec(bytes, 6);
    Ok(if packed.len() < bytes.len() { packed } else { stored(bytes) })
}

/// Blocks that hold the bytes as they are (section 3.2.4 of RFC 1951).
fn stored(bytes: &[u8]) -> Vec<u8> {
    const MOST: usize = u16::MAX as usize;
    let mut out = Vec::with_capacity(bytes.len() + 5 * (bytes.len() / MOST + 1));
    let mut rest = bytes;
    loop {
        let (block, after) = rest.split_at(rest.len().min(MOST));
        let len = block.len() as u16;
        out.push(after.is_empty().into());
        out.extend_from_slice(&len.to_le_bytes());
        out.extend_from_slice(&(!len).to_le_bytes());
        out.extend_from_slice(block);
        if after.is_empty() {
            return out;
        }
        rest = after;
    }
}

fn to_gzip(bytes: &[u8], packed: Vec<u8>) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    out.extend(packed);
    out.extend_from_slice(&crc32(bytes).to_le_bytes());
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out
}

fn to_zlib(bytes: &[u8], packed: Vec<u8>) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    out.extend(packed);
    out.extend_from_slice(&adler32(bytes).to_be_bytes());
    out
}

/// The checksum of zlib (section 8.2 of RFC 1950).
fn adler32(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    (b << 16) | a
}

/// What came of unpacking.
enum Unpacked {
    Bytes(Vec<u8>),
    NotValid,
    TooLarge,
}

fn unpack(call: &Call<'_>, format: fn(&[u8], usize) -> Unpacked) -> Result<Column> {
    let guard = Guard::new(call);
    // While a buffer grows there is the one before, too.
    let budget = &call.context.budget;
    let max = budget.max_bytes().saturating_sub(budget.held()) / 3;
    let column = call.map1::<StringType, StringType>(|text| {
        guard.row(|| {
            let Some(bytes) = from_base64(call, text)? else { return Ok(None) };
            let unpacked = match format(&bytes, max) {
                Unpacked::Bytes(unpacked) => unpacked,
                Unpacked::NotValid => return Ok(None),
                Unpacked::TooLarge => return guard.spend(usize::MAX).map(|()| None),
            };
            guard.spend(unpacked.len())?;
            Ok(String::from_utf8(unpacked).ok())
        })
    });
    guard.finish(column)
}

fn zlib(bytes: &[u8], max: usize) -> Unpacked {
    // Deflate with a window of 15 bits is the only kind that there is. Source: the function's page.
    if bytes.first() != Some(&0x78) {
        return Unpacked::NotValid;
    }
    match decompress_to_vec_zlib_with_limit(bytes, max) {
        Ok(unpacked) => Unpacked::Bytes(unpacked),
        Err(error) if error.status == TINFLStatus::HasMoreOutput => Unpacked::TooLarge,
        Err(_) => Unpacked::NotValid,
    }
}

fn gzip(bytes: &[u8], max: usize) -> Unpacked {
    // Ten bytes of header without optional fields (section 2.3 of RFC 1952), eight of checksum and size at the end.
    let ([0x1f, 0x8b, 8, 0, ..], Some((packed, trailer))) = (bytes, bytes.split_last_chunk::<8>()) else {
        return Unpacked::NotValid;
    };
    let Some(packed) = packed.get(10..) else { return Unpacked::NotValid };
    match decompress_to_vec_with_limit(packed, max) {
        Ok(unpacked) => {
            let mut expected = crc32(&unpacked).to_le_bytes().to_vec();
            expected.extend_from_slice(&(unpacked.len() as u32).to_le_bytes());
            if expected == trailer { Unpacked::Bytes(unpacked) } else { Unpacked::NotValid }
        }
        Err(error) if error.status == TINFLStatus::HasMoreOutput => Unpacked::TooLarge,
        Err(_) => Unpacked::NotValid,
    }
}

/// The checksum of gzip (section 8 of RFC 1952).
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    };
    !bytes.iter().fold(u32::MAX, step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::testing::{call, check, constants_of};
    use crate::types::Value;

    // Expectations: the functions' pages.
    #[test]
    fn unpacks() {
        for (name, packed, expected) in [
            (
                "gzip_decompress_from_base64_string",
                "H4sIAAAAAAAA/wEUAOv/MTIzNDU2Nzg5MHF3ZXJ0eXVpb3A6m7f2FAAAAA==",
                "1234567890qwertyuiop",
            ),
            (
                "gzip_decompress_from_base64_string",
                "H4sIAAAAAAAA/wEUAOv/MTIzNDU2Nzg5MHF3ZXJ0eXVpb3A6m7f3FAAAAA==",
                "",
            ),
            ("gzip_decompress_from_base64_string", "H4sI", ""),
            (
                "zlib_decompress_from_base64_string",
                "eAEBFADr/zEyMzQ1Njc4OTBxd2VydHl1aW9wOAkGdw==",
                "1234567890qwertyuiop",
            ),
            ("zlib_decompress_from_base64_string", "eAEBFADr/zEyMzQ1Njc4OTBxd2VydHl1aW9wOAkGdg==", ""),
            ("zlib_decompress_from_base64_string", "", ""),
        ] {
            check(FUNCTIONS, name, &[Value::string(packed)], Value::string(expected));
        }
    }

    #[test]
    fn packs() {
        let long = "x".repeat(200_000);
        let odd: String = ('!'..'\u{800}').collect();
        for (pack, unpack) in [
            ("gzip_compress_to_base64_string", "gzip_decompress_from_base64_string"),
            ("zlib_compress_to_base64_string", "zlib_decompress_from_base64_string"),
        ] {
            for text in ["", "a", "abc", "aa", &odd, &long] {
                let packed = call(FUNCTIONS, pack, &constants_of(&[Value::string(text)])).value(0);
                check(FUNCTIONS, unpack, &[packed], Value::string(text));
            }
        }
        check(
            FUNCTIONS,
            "zlib_compress_to_base64_string",
            &["1234567890qwertyuiop".into()],
            Value::string("eAEBFADr/zEyMzQ1Njc4OTBxd2VydHl1aW9wOAkGdw=="),
        );
        let all: Vec<u8> = (0..=255).cycle().take(70_000).collect();
        assert!(
            matches!(zlib(&to_zlib(&all, stored(&all)), 1 << 20), Unpacked::Bytes(bytes) if bytes == all)
        );
    }

    #[test]
    fn stops_at_the_limit() {
        let packed = miniz_oxide::deflate::compress_to_vec_zlib(&vec![b'a'; 10_000], 6);
        assert!(matches!(zlib(&packed, 9_999), Unpacked::TooLarge));
        assert!(matches!(zlib(&packed, 10_000), Unpacked::Bytes(_)));
    }
}
