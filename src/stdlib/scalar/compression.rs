//! Compressed texts unpacked. It must not know how they came to be: what the real engine's compressors write is not
//! known to the byte, so there are none here.

use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit, decompress_to_vec_zlib_with_limit};

use super::encoding::from_base64;
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
];

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
    use crate::function::testing::check;
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
    fn stops_at_the_limit() {
        let packed = miniz_oxide::deflate::compress_to_vec_zlib(&vec![b'a'; 10_000], 6);
        assert!(matches!(zlib(&packed, 9_999), Unpacked::TooLarge));
        assert!(matches!(zlib(&packed, 10_000), Unpacked::Bytes(_)));
    }
}
