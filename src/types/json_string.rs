//! Strings of JSON: where the first byte stands that must be escaped, and the text as a string with its quotes.

use std::fmt;

/// Counts the bytes before the first one that is a quote, a backslash or a control character.
#[inline]
pub(crate) fn plain_prefix(text: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let mut at = 0;
    while let Some(eight) = text.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        // The high bit of each byte that is looked for, and perhaps of some after it.
        let word = u64::from_le_bytes(*eight);
        let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word;
        let equal = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
        let found = (equal(b'"') | equal(b'\\') | below(word, 0x20)) & HIGH;
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)).unwrap_or(rest.len())
}

/// Writes a text as a JSON string with its quotes.
pub(crate) fn write_json_string(text: &str, out: &mut impl fmt::Write) -> fmt::Result {
    out.write_char('"')?;
    let mut rest = text;
    loop {
        let at = plain_prefix(rest.as_bytes());
        if at == rest.len() {
            break;
        }
        // The byte is ASCII, so the text can be cut around it.
        let (before, after) = rest.split_at(at);
        out.write_str(before)?;
        match after.as_bytes()[0] {
            b'"' => out.write_str("\\\"")?,
            b'\\' => out.write_str("\\\\")?,
            b'\n' => out.write_str("\\n")?,
            b'\r' => out.write_str("\\r")?,
            b'\t' => out.write_str("\\t")?,
            0x8 => out.write_str("\\b")?,
            0xc => out.write_str("\\f")?,
            byte => write!(out, "\\u{byte:04x}")?,
        }
        rest = &after[1..];
    }
    out.write_str(rest)?;
    out.write_char('"')
}
