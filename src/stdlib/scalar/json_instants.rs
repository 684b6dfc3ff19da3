//! Instants in JSON text: `parse_json` types strings that are ISO 8601 instants as datetimes.
//!
//! Source: Microsoft's page of dynamic (strings are typed where they can be), a public report of the result, and which
//! strings the JSON reader of .NET takes for instants: 19 to 40 characters with a `T` behind the day. A dynamic value holds
//! such an instant as the text that it is written as, with seven digits and a `Z`; [`is_instant`] tells it from others.

use std::borrow::Cow;

use crate::types::DateTime;

/// The text with every instant in it as `tostring` writes it. A text that is no JSON stays as it is.
pub(super) fn with_instants(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    for at in memchr::memchr_iter(b'T', text.as_bytes()) {
        let Some((start, end, instant)) = instant_around(text, at) else { continue };
        if out.is_empty() && serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() {
            return Cow::Borrowed(text);
        }
        if start >= copied {
            out.push_str(&text[copied..start]);
            out.push_str(&instant.to_string());
            copied = end;
        }
    }
    if out.is_empty() {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// Whether there can be an instant in a text: most texts are told by a glance.
pub(super) fn may_have_instants(text: &[u8]) -> bool {
    memchr::memchr_iter(b'T', text).any(|at| {
        let before = |back: usize| at.checked_sub(back).and_then(|at| text.get(at));
        before(3) == Some(&b'-') && before(6) == Some(&b'-') && before(11) == Some(&b'"')
    })
}

/// The string value whose 11th character is this `T`, if it is an instant: where it begins and ends.
fn instant_around(text: &str, at: usize) -> Option<(usize, usize, DateTime)> {
    let start = at.checked_sub(10).filter(|start| *start > 0)?;
    let bytes = text.as_bytes();
    if bytes.get(start - 1) != Some(&b'"') {
        return None;
    }
    let end = at + memchr::memchr(b'"', bytes.get(at..)?)?;
    let inner = text.get(start..end)?;
    // A name of a member is no value.
    if text.get(end + 1..)?.trim_start().starts_with(':') {
        return None;
    }
    parse(inner).map(|instant| (start, end, instant))
}

fn parse(text: &str) -> Option<DateTime> {
    let is_pattern = |pattern: &str, from: usize| {
        let part = text.as_bytes().get(from..from + pattern.len());
        part.is_some_and(|part| {
            part.iter().zip(pattern.bytes()).all(|(byte, wanted)| match wanted {
                b'0' => byte.is_ascii_digit(),
                other => *byte == other,
            })
        })
    };
    if !(19..=40).contains(&text.len()) || !is_pattern("0000-00-00T00:00:00", 0) {
        return None;
    }
    let rest = &text[19..];
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => {
            let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
            (digits > 0).then(|| &fraction[digits..])?
        }
        None => rest,
    };
    let is_zone = matches!(zone, "" | "Z") || zone.len() == 6 && zone.starts_with(['+', '-']);
    is_zone.then(|| DateTime::parse(text)).flatten()
}

/// The text is an instant as a dynamic value holds it.
pub(super) fn is_instant(text: &str) -> bool {
    text.len() == 28 && text.ends_with('Z') && parse(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Expectations: the report (a time without a zone is UTC), and reasoning about what is no instant.
    #[test]
    fn instants_are_written_in_one_way() {
        for (text, expected) in [
            (r#"{"t":"2021-11-18T00:03:35"}"#, r#"{"t":"2021-11-18T00:03:35.0000000Z"}"#),
            (r#"["2021-11-18T00:03:35.5Z", 1]"#, r#"["2021-11-18T00:03:35.5000000Z", 1]"#),
            (r#"{"a": "2021-11-18T02:03:35+02:00"}"#, r#"{"a": "2021-11-18T00:03:35.0000000Z"}"#),
        ] {
            assert_eq!(with_instants(text), expected);
            assert_eq!(with_instants(expected), expected);
        }
        for text in [
            // No full instant, a member's name, no JSON, something behind it.
            r#"{"t":"2021-11-18"}"#,
            r#"{"t":"2021-11-18 00:03:35"}"#,
            r#"{"2021-11-18T00:03:35" : 1}"#,
            r#"{"t":"2021-11-18T00:03:35""#,
            r#"{"t":"2021-11-18T00:03:35 and more"}"#,
            r#"{"t":"2021-13-18T00:03:35"}"#,
            r#"{"t":"x2021-11-18T00:03:35"}"#,
            "Ten Tests",
        ] {
            assert_eq!(with_instants(text), text);
        }
        assert!(is_instant("2021-11-18T00:03:35.0000000Z"));
        assert!(!is_instant("2021-11-18T00:03:35Z"));
    }
}
