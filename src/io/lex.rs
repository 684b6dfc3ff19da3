//! Scans bytes of JSON: where a value ends, whether it is well-formed, what a text says.
//!
//! What is accepted here is accepted by `serde_json` too: what is odd is left to it, so that it says what is wrong.

/// A value as it stands in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Raw<'t> {
    Null,
    Bool(bool),
    /// An integer of at most 18 digits.
    Long(i64),
    /// Any other number, as written.
    Number(&'t [u8]),
    /// A string without escapes, without its quotes: UTF-8.
    Text(&'t [u8]),
    /// A string with escapes, without its quotes: they are not looked at yet, nor is it UTF-8 for sure.
    Escaped(&'t [u8]),
    /// An array or an object.
    Nested(&'t [u8]),
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// The highest bit of each byte that is zero; above the first of them, bits may be set by mistake.
#[inline]
const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGHS
}

/// The highest bit of each byte that is `byte`; above the first of them, bits may be set by mistake.
#[inline]
const fn equal_bytes(word: u64, byte: u8) -> u64 {
    zero_bytes(word ^ (ONES * byte as u64))
}

/// The eight bytes from a place, if there are as many.
#[inline]
fn word(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|chunk| u64::from_le_bytes(*chunk))
}

/// A string: where its closing quote is, what is in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quoted {
    pub end: usize,
    pub escapes: bool,
    pub ascii: bool,
}

/// The string at a place, if it is one without anything special, and the place after it.
#[inline]
pub(super) fn plain_text(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let (quote, rest) = bytes.get(at..)?.split_first()?;
    if *quote != b'"' {
        return None;
    }
    let mut len = 0;
    while let Some(chunk) = rest.get(len..).and_then(<[u8]>::first_chunk::<16>) {
        if let Some(special) = first_of(chunk, is_special) {
            len += special;
            let (text, rest) = rest.split_at_checked(len)?;
            return (rest.first() == Some(&b'"')).then_some((text, at + len + 2));
        }
        len += 16;
    }
    None
}

/// Finds the quote that closes the string whose text starts at `from`; `None` if there is none or a control character
/// stands before it.
pub(super) fn quoted(bytes: &[u8], from: usize) -> Option<Quoted> {
    let (mut at, mut escapes, mut high) = (from, false, 0_u64);
    loop {
        let Some(word) = word(bytes, at) else { return quoted_end(bytes, at, escapes, high == 0) };
        let control = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
        let hits = equal_bytes(word, b'"') | equal_bytes(word, b'\\') | control;
        if hits == 0 {
            high |= word & HIGHS;
            at += 8;
            continue;
        }
        let first = hits.trailing_zeros() / 8;
        high |= word & HIGHS & !(u64::MAX << (first * 8));
        at += first as usize;
        match bytes.get(at) {
            Some(b'"') => return Some(Quoted { end: at, escapes, ascii: high == 0 }),
            Some(b'\\') => {
                escapes = true;
                // Whatever is escaped, it is no quote that closes.
                high |= u64::from(bytes.get(at + 1).is_none_or(|byte| !byte.is_ascii()));
                at += 2;
            }
            _ => return None,
        }
    }
}

/// The first of sixteen bytes that is `wanted`. The processor compares all of them at once.
#[inline]
pub(super) fn first_of(chunk: &[u8; 16], wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let mut marks = [0; 16];
    for (mark, byte) in marks.iter_mut().zip(chunk) {
        *mark = if wanted(*byte) { u8::MAX } else { 0 };
    }
    // Without the box the compiler takes the marks apart again, byte by byte.
    let marks = u128::from_le_bytes(std::hint::black_box(marks));
    let (low, high) = (marks as u64, (marks >> 64) as u64);
    if low | high == 0 {
        None
    } else if low != 0 {
        Some((low.trailing_zeros() / 8) as usize)
    } else {
        Some((high.trailing_zeros() / 8) as usize + 8)
    }
}

/// A quote, a backslash, a control character or not ASCII (which is negative).
#[inline]
const fn is_special(byte: u8) -> bool {
    (byte == b'"') | (byte == b'\\') | ((byte as i8) < 0x20)
}

/// The same, byte by byte: the last few bytes.
fn quoted_end(bytes: &[u8], mut at: usize, mut escapes: bool, mut ascii: bool) -> Option<Quoted> {
    loop {
        match *bytes.get(at)? {
            b'"' => return Some(Quoted { end: at, escapes, ascii }),
            b'\\' => {
                escapes = true;
                ascii &= bytes.get(at + 1)?.is_ascii();
                at += 2;
            }
            ..0x20 => return None,
            byte => {
                ascii &= byte.is_ascii();
                at += 1;
            }
        }
    }
}

/// The value at a place, and the place after it; `None` if there is none that is well-formed.
#[inline]
pub(super) fn value(bytes: &[u8], at: usize) -> Option<(Raw<'_>, usize)> {
    if *bytes.get(at)? != b'"' {
        return other_value(bytes, at);
    }
    let found = quoted(bytes, at + 1)?;
    let text = bytes.get(at + 1..found.end)?;
    let raw = match found {
        Quoted { escapes: true, .. } => Raw::Escaped(text),
        Quoted { ascii: true, .. } => Raw::Text(text),
        _ => Raw::Text(std::str::from_utf8(text).ok()?.as_bytes()),
    };
    Some((raw, found.end + 1))
}

/// A value that is no string.
fn other_value(bytes: &[u8], at: usize) -> Option<(Raw<'_>, usize)> {
    match *bytes.get(at)? {
        b'-' | b'0'..=b'9' => number(bytes, at),
        b'{' | b'[' => {
            let end = nested(bytes, at)?;
            Some((Raw::Nested(bytes.get(at..end)?), end))
        }
        b'n' => literal(bytes, at, b"null", Raw::Null),
        b't' => literal(bytes, at, b"true", Raw::Bool(true)),
        b'f' => literal(bytes, at, b"false", Raw::Bool(false)),
        _ => None,
    }
}

fn literal<'t>(bytes: &'t [u8], at: usize, text: &[u8], raw: Raw<'t>) -> Option<(Raw<'t>, usize)> {
    bytes.get(at..)?.starts_with(text).then_some((raw, at + text.len()))
}

/// The most digits of a number without exponent that is surely in the range of a real.
const MAX_PLAIN_DIGITS: usize = 300;

/// The most digits of an integer that cannot overflow.
const SAFE_DIGITS: usize = 18;

/// A number by JSON's grammar.
fn number(bytes: &[u8], start: usize) -> Option<(Raw<'_>, usize)> {
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let negative = bytes.get(start) == Some(&b'-');
    let first = start + usize::from(negative);
    let whole = digits(first);
    if whole == first || (whole > first + 1 && bytes.get(first) == Some(&b'0')) {
        return None;
    }
    let mut at = whole;
    if bytes.get(at) == Some(&b'.') {
        at = digits(whole + 1);
        if at == whole + 1 {
            return None;
        }
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let from = at + 1 + sign;
        at = digits(from);
        if at == from {
            return None;
        }
    }
    if at == whole && whole - first <= SAFE_DIGITS {
        let value = bytes.get(first..whole)?.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
        // Minus zero is a real.
        if !(negative && value == 0) {
            return Some((Raw::Long(if negative { -value } else { value }), at));
        }
    }
    let text = bytes.get(start..at)?;
    // Only these can be too large for a real.
    if text.len() > MAX_PLAIN_DIGITS || text.iter().any(|byte| matches!(byte, b'e' | b'E')) {
        std::str::from_utf8(text).ok()?.parse::<f64>().ok().filter(|it| it.is_finite())?;
    }
    Some((Raw::Number(text), at))
}

/// The deepest nesting that is scanned here; deeper values are left to the parser, which has a limit.
const MAX_DEPTH: usize = 100;

/// What may come next in a nested value.
#[derive(Clone, Copy)]
enum Next {
    /// A value, or the end of the array that was just begun.
    FirstItem,
    /// A name, or the end of the object that was just begun.
    FirstName,
    Name,
    Value,
    /// A comma or an end.
    After,
}

/// The end of an array or object; `None` if it is not well-formed.
fn nested(bytes: &[u8], start: usize) -> Option<usize> {
    // A bit a level: 1 is an object.
    let (mut levels, mut depth) = (0_u128, 0_usize);
    let (mut at, mut next) = (start, Next::Value);
    loop {
        let byte = *bytes.get(at)?;
        if matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
            at += 1;
            continue;
        }
        let object = levels & 1 == 1;
        match (next, byte) {
            (Next::FirstItem, b']') | (Next::FirstName, b'}') => at = at.checked_add(1)?,
            (Next::After, b'}') if object => at += 1,
            (Next::After, b']') if !object => at += 1,
            (Next::After, b',') => {
                next = if object { Next::Name } else { Next::Value };
                at += 1;
                continue;
            }
            (Next::FirstName | Next::Name, b'"') => {
                at = text_end(bytes, at)?;
                while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
                    at += 1;
                }
                if bytes.get(at) != Some(&b':') {
                    return None;
                }
                (at, next) = (at + 1, Next::Value);
                continue;
            }
            (Next::FirstItem | Next::Value, b'{' | b'[') => {
                if depth == MAX_DEPTH {
                    return None;
                }
                levels = levels << 1 | u128::from(byte == b'{');
                depth += 1;
                next = if byte == b'{' { Next::FirstName } else { Next::FirstItem };
                at += 1;
                continue;
            }
            (Next::FirstItem | Next::Value, b'"') => {
                (at, next) = (text_end(bytes, at)?, Next::After);
                continue;
            }
            (Next::FirstItem | Next::Value, _) => {
                (at, next) = (value(bytes, at)?.1, Next::After);
                continue;
            }
            _ => return None,
        }
        // A level ends.
        levels >>= 1;
        depth -= 1;
        if depth == 0 {
            return Some(at);
        }
        next = Next::After;
    }
}

/// Reads a string's escapes into `out`; `None` if one is wrong or the text is not UTF-8.
pub(super) fn unescape<'o>(text: &[u8], out: &'o mut Vec<u8>) -> Option<&'o str> {
    out.clear();
    pieces(text, |piece| out.extend_from_slice(piece))?;
    std::str::from_utf8(out).ok()
}

/// The escapes are right, and the text is UTF-8.
fn is_text(text: &[u8]) -> bool {
    pieces(text, |_| ()).is_some() && std::str::from_utf8(text).is_ok()
}

/// The end of the string that begins at a place, if it is right.
fn text_end(bytes: &[u8], at: usize) -> Option<usize> {
    let found = quoted(bytes, at + 1)?;
    let text = bytes.get(at + 1..found.end)?;
    let right = match found {
        Quoted { escapes: true, .. } => is_text(text),
        Quoted { ascii: true, .. } => true,
        _ => std::str::from_utf8(text).is_ok(),
    };
    right.then_some(found.end + 1)
}

/// Passes on a string with its escapes resolved, piece by piece; `None` if an escape is wrong.
fn pieces(text: &[u8], mut put: impl FnMut(&[u8])) -> Option<()> {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        put(rest.get(..at)?);
        let escape = *rest.get(at + 1)?;
        rest = rest.get(at + 2..)?;
        match escape {
            b'"' | b'\\' | b'/' => put(&[escape]),
            b'b' => put(&[8]),
            b'f' => put(&[12]),
            b'n' => put(b"\n"),
            b'r' => put(b"\r"),
            b't' => put(b"\t"),
            b'u' => {
                let mut unit = hex(rest)?;
                rest = rest.get(4..)?;
                if (0xD800..0xDC00).contains(&unit) {
                    let low = rest.strip_prefix(b"\\u").and_then(hex)?;
                    if !(0xDC00..0xE000).contains(&low) {
                        return None;
                    }
                    unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                    rest = rest.get(6..)?;
                }
                put(char::from_u32(unit)?.encode_utf8(&mut [0; 4]).as_bytes());
            }
            _ => return None,
        }
    }
    put(rest);
    Some(())
}

fn hex(text: &[u8]) -> Option<u32> {
    text.get(..4)?.iter().try_fold(0, |sum, &digit| Some(sum << 4 | char::from(digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::cell::RawCell;

    #[test]
    fn strings_end_where_they_end() {
        for padding in 0..20 {
            let text = format!("{}\"{}", "x".repeat(padding), "y".repeat(20 - padding));
            assert_eq!(quoted(text.as_bytes(), 0).map(|it| it.end), Some(padding), "{text}");
        }
        let ends = |text: &str| quoted(text.as_bytes(), 0).map(|it| (it.end, it.escapes, it.ascii));
        assert_eq!(ends("abcdefghi\\\"jklmnopqr\""), Some((20, true, true)));
        assert_eq!(ends("abcdefghi\\\\\" \""), Some((11, true, true)));
        assert_eq!(ends("é\"é"), Some((2, false, false)));
        assert_eq!(ends("x\"é"), Some((1, false, true)));
        assert_eq!(ends("abcdefgh\tijklmnop\""), None);
        assert_eq!(ends("abcdefgh"), None);
        assert_eq!(ends("a\\"), None);
    }

    #[test]
    fn numbers() {
        let read = |text: &'static str| value(text.as_bytes(), 0).map(|it| it.0);
        assert_eq!(read("-12,"), Some(Raw::Long(-12)));
        assert_eq!(read("999999999999999999 "), Some(Raw::Long(999_999_999_999_999_999)));
        assert_eq!(read("1000000000000000000"), Some(Raw::Number(b"1000000000000000000")));
        assert_eq!(read("-0"), Some(Raw::Number(b"-0")));
        assert_eq!(read("1.5e-3}"), Some(Raw::Number(b"1.5e-3")));
        for wrong in ["01", "-", "1.", "1e", ".5", "+1", "--1"] {
            // What comes after a number is not its own affair.
            assert!(read(wrong).is_none_or(|raw| raw == Raw::Long(0)), "{wrong}");
        }
    }

    /// Bytes that mean something in JSON.
    fn some_json() -> impl proptest::strategy::Strategy<Value = Vec<u8>> {
        let piece = proptest::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"a\"",
            "\"\\u00e9\"",
            "\"\\ud83d\\ude00\"",
            "\"\\ud83d\"",
            "\"\\x\"",
            "1",
            "1e999",
            "-0",
            "1.5",
            "1e5",
            "01",
            "true",
            "null",
            "nul",
            " ",
            "\n",
            "\"é\"",
            "\"\t\"",
            "\"abcdefghijk\\\\\"",
        ]);
        proptest::strategy::Strategy::prop_map(proptest::collection::vec(piece, 1..14), |pieces| {
            pieces.concat().into_bytes()
        })
    }

    proptest::proptest! {
        /// A value that is found here is one for the parser too, of the same length; and the other way round.
        #[test]
        fn values_are_those_of_the_parser(text in some_json()) {
            let parsed = serde_json::from_slice::<RawCell<'_>>(&text);
            let blanks = |rest: &[u8]| rest.iter().all(|byte| byte.is_ascii_whitespace());
            match value(&text, 0) {
                Some((Raw::Escaped(inner), end)) if blanks(&text[end..]) => {
                    let mut out = Vec::new();
                    let found = unescape(inner, &mut out).map(|it| RawCell::Text(it.to_owned().into()));
                    proptest::prop_assert_eq!(found, parsed.ok());
                }
                Some((_, end)) if blanks(&text[end..]) => proptest::prop_assert!(parsed.is_ok()),
                Some(_) => proptest::prop_assert!(parsed.is_err()),
                None => proptest::prop_assert!(parsed.is_err() || text[0].is_ascii_whitespace()),
            }
        }
    }
}
