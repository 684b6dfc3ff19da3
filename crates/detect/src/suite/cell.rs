//! Converts a cell of a test file to a value of its column's type: times relative to now, placeholders, JSON.

use std::borrow::Cow;

use kqlite::{DateTime, Dynamic, Guid, ScalarType, TimeSpan, Value};

use super::error::TestFileError;
use super::source::SourceText;
use crate::suggest::suggestion;
use crate::yaml::{YamlKey, YamlKind, YamlNode};

/// How large placeholders may make a cell.
const MAX_REPLACED_BYTES: usize = 16 << 20;

/// Converts cells: the time that they are relative to, and the values of placeholders.
#[derive(Clone)]
pub(crate) struct Cells<'c> {
    pub source: &'c SourceText,
    pub now: DateTime,
    /// What placeholders stand for. Without any, a `$` is a `$`.
    pub with: Vec<(&'c YamlKey, Cow<'c, YamlNode>)>,
}

impl Cells<'_> {
    /// Converts a cell to a value of a type.
    pub fn value(
        &self,
        node: &YamlNode,
        data_type: ScalarType,
        column: &str,
    ) -> Result<Value, TestFileError> {
        let node = self.replaced(node)?;
        let node = node.as_ref();
        if node.is_null() {
            return Ok(Value::null_of(data_type));
        }
        let value = match (&node.kind, data_type) {
            (YamlKind::Scalar { text, .. }, ScalarType::String) => Some(Value::string(text)),
            (_, ScalarType::String) => Some(Value::from(&*self.json(node)?.to_string())),
            (YamlKind::Scalar { text, plain: false }, ScalarType::Dynamic) => Some(Value::Dynamic(
                // As in data files: exports often hold arrays and objects as text.
                if text.starts_with(['{', '[']) { Dynamic::parse(text) } else { Dynamic::string(text) },
            )),
            (_, ScalarType::Dynamic) => Dynamic::from_json(&self.json(node)?.to_string()).map(Value::Dynamic),
            (YamlKind::Scalar { text, .. }, ScalarType::DateTime) => self.time(text).map(Value::DateTime),
            (YamlKind::Scalar { text, .. }, _) => scalar(text.trim(), data_type),
            _ => None,
        };
        value.ok_or_else(|| self.misfit(node, data_type, column))
    }

    fn misfit(&self, node: &YamlNode, data_type: ScalarType, column: &str) -> TestFileError {
        let found = match node.text() {
            Some(text) => format!("'{text}' is not of the type {data_type}"),
            None => format!("{} is not of the type {data_type}", node.what()),
        };
        let error = TestFileError::new(self.source, node.at.clone(), format!("column '{column}': {found}"));
        match data_type {
            ScalarType::DateTime => error
                .help("a time is relative to now, such as -2h, -1h30m or -30d+1s, or stands as 2024-06-30T12:00:00Z"),
            ScalarType::TimeSpan => error.help("a timespan is written as 1h, 1.5d or 1.02:03:04"),
            _ => error,
        }
    }

    /// A text as a time: relative to now, or as it stands.
    pub fn time(&self, text: &str) -> Option<DateTime> {
        match relative(text) {
            Some(span) => self.now.checked_add(span),
            None if is_zero(text) => Some(self.now),
            None => DateTime::parse(text),
        }
    }

    /// The value as JSON, placeholders replaced.
    fn json(&self, node: &YamlNode) -> Result<serde_json::Value, TestFileError> {
        if self.with.is_empty() {
            return Ok(node.to_json());
        }
        self.json_within(node, 0, &mut 0)
    }

    /// The value as JSON, at some depth, after so many bytes: what placeholders stand for may hold placeholders.
    fn json_within(
        &self,
        node: &YamlNode,
        depth: usize,
        bytes: &mut usize,
    ) -> Result<serde_json::Value, TestFileError> {
        const MAX_DEPTH: usize = 100;
        // A value that is none of a text takes some, too.
        const VALUE_BYTES: usize = 16;
        let place = node.at.clone();
        let node = self.replaced(node)?;
        *bytes = bytes.saturating_add(VALUE_BYTES + node.text().map_or(0, str::len));
        if depth > MAX_DEPTH || *bytes > MAX_REPLACED_BYTES {
            return Err(self.too_large(place));
        }
        Ok(match &node.kind {
            YamlKind::Scalar { .. } => node.to_json(),
            YamlKind::List(items) => {
                let items = items.iter().map(|item| self.json_within(item, depth + 1, bytes));
                items.collect::<Result<Vec<_>, _>>()?.into()
            }
            YamlKind::Map(entries) => serde_json::Value::Object(
                entries
                    .iter()
                    .map(|(key, value)| Ok((key.text.clone(), self.json_within(value, depth + 1, bytes)?)))
                    .collect::<Result<_, TestFileError>>()?,
            ),
        })
    }

    fn too_large(&self, at: std::ops::Range<usize>) -> TestFileError {
        let limit = MAX_REPLACED_BYTES >> 20;
        let message = format!("placeholders make this larger than {limit} MB, or it holds itself");
        TestFileError::new(self.source, at, message)
    }

    /// The node with placeholders replaced: a text that is one, `$name`, and those within a text, `${name}`.
    pub fn replaced<'n>(&'n self, node: &'n YamlNode) -> Result<Cow<'n, YamlNode>, TestFileError> {
        let YamlKind::Scalar { text, plain } = &node.kind else { return Ok(Cow::Borrowed(node)) };
        if self.with.is_empty() || !text.contains('$') {
            return Ok(Cow::Borrowed(node));
        }
        if let Some(rest) = text.strip_prefix('$')
            && is_name(rest)
        {
            return Ok(Cow::Borrowed(self.placeholder(node, rest)?));
        }
        let mut replaced = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(at) = rest.find('$') {
            replaced.push_str(&rest[..at]);
            let tail = &rest[at + 1..];
            if let Some(after) = tail.strip_prefix('$') {
                replaced.push('$');
                rest = after;
            } else if let Some((name, after)) = tail
                .strip_prefix('{')
                .and_then(|inner| inner.split_once('}'))
                .filter(|(name, _)| is_name(name))
            {
                let value = self.placeholder(node, name)?;
                match value.text() {
                    Some(text) => replaced.push_str(text),
                    None => replaced.push_str(&value.to_json().to_string()),
                }
                if replaced.len() > MAX_REPLACED_BYTES {
                    return Err(self.too_large(node.at.clone()));
                }
                rest = after;
            } else {
                replaced.push('$');
                rest = tail;
            }
        }
        replaced.push_str(rest);
        let kind = YamlKind::Scalar { text: replaced, plain: *plain };
        Ok(Cow::Owned(YamlNode { kind, at: node.at.clone() }))
    }

    fn placeholder<'n>(&'n self, node: &YamlNode, name: &str) -> Result<&'n YamlNode, TestFileError> {
        let found = self.with.iter().find(|(key, _)| key.text == name).map(|(_, value)| value.as_ref());
        found.ok_or_else(|| {
            let known = self.with.iter().map(|(key, _)| key.text.as_str());
            TestFileError::new(self.source, node.at.clone(), format!("'with' gives no value for '${name}'"))
                .help(suggestion(name, "it gives values for", known))
                .help("a '$' that is no placeholder is written as '$$'")
        })
    }
}

fn is_name(text: &str) -> bool {
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// `now`, `-2h`, `-30d+1s`, `now-1h`, `-24h - 1tick`; `None` for anything else.
pub(crate) fn relative(text: &str) -> Option<TimeSpan> {
    let text = text.trim();
    let mut rest =
        text.strip_prefix("now").or_else(|| text.strip_prefix("now()")).unwrap_or(text).trim_start();
    let is_now = rest.len() < text.len();
    if rest.is_empty() {
        return is_now.then_some(TimeSpan(0));
    }
    let mut sum = 0_i64;
    while !rest.is_empty() {
        let negative = match rest.as_bytes().first()? {
            b'-' => true,
            b'+' => false,
            _ => return None,
        };
        let term = rest.get(1..)?.trim_start();
        let end = term.find(['-', '+']).unwrap_or(term.len());
        let span = span(term[..end].trim())?;
        sum = if negative { sum.checked_sub(span.0) } else { sum.checked_add(span.0) }?;
        rest = term[end..].trim_start();
    }
    Some(TimeSpan(sum))
}

/// `0s`, `0d`: no time away from now, of which no sign tells the direction.
fn is_zero(text: &str) -> bool {
    let text = text.trim();
    text.starts_with('0')
        && text.ends_with(|c: char| c.is_ascii_alphabetic())
        && span(text) == Some(TimeSpan(0))
}

/// A span with a unit, several one after the other (`1h30m`), or one with colons. A bare number is none: of which unit would
/// it be?
fn span(text: &str) -> Option<TimeSpan> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    TimeSpan::parse(text).or_else(|| spans(text))
}

/// `1w`, `1h30m`, `1d 12h`
fn spans(text: &str) -> Option<TimeSpan> {
    let mut sum = 0_i64;
    let mut rest = text;
    while !rest.is_empty() {
        let unit = rest.find(|c: char| c.is_ascii_alphabetic()).filter(|at| *at > 0)?;
        let end =
            rest.get(unit..)?.find(|c: char| !c.is_ascii_alphabetic()).map_or(rest.len(), |it| unit + it);
        let term = rest.get(..end)?;
        let ticks = match rest.get(unit..end)? {
            "w" => TimeSpan::parse(&format!("{}d", rest.get(..unit)?))?.0.checked_mul(7)?,
            _ => TimeSpan::parse(term)?.0,
        };
        sum = sum.checked_add(ticks)?;
        rest = rest.get(end..)?.trim_start();
    }
    Some(TimeSpan(sum))
}

/// A text as a value of any type but string, dynamic and datetime.
fn scalar(text: &str, data_type: ScalarType) -> Option<Value> {
    let value = match data_type {
        ScalarType::TimeSpan => {
            let (sign, rest) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
            Value::TimeSpan(TimeSpan(span(rest)?.0.checked_mul(sign)?))
        }
        ScalarType::Bool => match text {
            "true" | "True" | "TRUE" | "1" => Value::Bool(true),
            "false" | "False" | "FALSE" | "0" => Value::Bool(false),
            _ => return None,
        },
        ScalarType::Guid => Value::Guid(Guid::parse(text)?),
        _ => Value::from_text(text, data_type),
    };
    (!value.is_null()).then_some(value)
}

/// What a value of a column without a declared type is: `None` if it says nothing.
pub(crate) fn type_of(node: &YamlNode) -> Option<ScalarType> {
    if node.is_null() {
        return None;
    }
    Some(match node.to_json() {
        serde_json::Value::Bool(_) => ScalarType::Bool,
        serde_json::Value::Number(n) if n.is_i64() => ScalarType::Long,
        serde_json::Value::Number(_) => ScalarType::Real,
        serde_json::Value::Array(_) | serde_json::Value::Object(_) => ScalarType::Dynamic,
        serde_json::Value::String(text) if is_iso_time(&text) => ScalarType::DateTime,
        _ => ScalarType::String,
    })
}

/// What a cell of a column without a declared type is: a time, if it is one relative to now.
pub(crate) fn stated_type(node: &YamlNode) -> Option<ScalarType> {
    let is_relative = node.text().is_some_and(|text| relative(text).is_some());
    if is_relative { Some(ScalarType::DateTime) } else { type_of(node) }
}

fn is_iso_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shaped =
        bytes.len() >= 16 && bytes.get(4) == Some(&b'-') && matches!(bytes.get(10), Some(b'T' | b' '));
    shaped && DateTime::parse(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_relative_to_now() {
        let check =
            |text: &str, expected: Option<i64>| assert_eq!(relative(text).map(|it| it.0), expected, "{text}");
        check("now", Some(0));
        check("-2h", Some(-2 * TimeSpan::HOUR));
        check("-30d+1s", Some(-30 * TimeSpan::DAY + TimeSpan::SECOND));
        check("-24h - 1tick", Some(-TimeSpan::DAY - 1));
        check("now-1.5h", Some(-90 * TimeSpan::MINUTE));
        check("+00:00:10", Some(10 * TimeSpan::SECOND));
        check("-1h30m", Some(-90 * TimeSpan::MINUTE));
        check("-1w", Some(-7 * TimeSpan::DAY));
        check("-1w 2d - 5m30s", Some(-9 * TimeSpan::DAY - 330 * TimeSpan::SECOND));
        for text in [
            "",
            "-2",
            "2h",
            "-",
            "-2h+",
            "--2h",
            "yesterday",
            "-2x",
            "2024-06-30",
            "-1h30",
            "-hm",
            "-1x2h",
            "0s",
        ] {
            check(text, None);
        }
        // What has no sign is a time where a time is wanted alone.
        let source = SourceText::new(std::path::Path::new("t"), "");
        let cells = Cells { source: &source, now: DateTime(5), with: Vec::new() };
        assert_eq!(
            (cells.time("0s"), cells.time("0m"), cells.time("0")),
            (Some(DateTime(5)), Some(DateTime(5)), None)
        );
        assert_eq!(cells.time("2h"), None);
    }

    #[test]
    fn placeholders() {
        let source = SourceText::new(std::path::Path::new("t"), "");
        let node =
            |text: &str| YamlNode { kind: YamlKind::Scalar { text: text.into(), plain: true }, at: 0..0 };
        let key = YamlKey { text: "age".into(), at: 0..0 };
        let with = vec![(&key, Cow::Owned(node("-2h")))];
        let cells = Cells { source: &source, now: DateTime::UNIX_EPOCH, with };
        let text =
            |from: &str| cells.replaced(&node(from)).map(|it| it.text().unwrap_or_default().to_owned());
        assert_eq!(text("$age").unwrap(), "-2h");
        assert_eq!(text("a ${age} b $ $$age $5").unwrap(), "a -2h b $ $age $5");
        assert!(text("$aeg").unwrap_err().to_string().contains("did you mean 'age'?"));
        // What grows without end, and what grows tenfold at each step.
        let list = |text: &str, times| YamlNode { kind: YamlKind::List(vec![node(text); times]), at: 0..0 };
        let names: Vec<YamlKey> = (0..12).map(|n| YamlKey { text: format!("n{n}"), at: 0..0 }).collect();
        let mut with: Vec<_> =
            names.iter().zip(1..).map(|(key, n)| (key, Cow::Owned(list(&format!("$n{n}"), 10)))).collect();
        with[11].1 = Cow::Owned(list("x", 10));
        let own = YamlKey { text: "own".into(), at: 0..0 };
        with.push((&own, Cow::Owned(list("$own", 1))));
        let long = YamlKey { text: "long".into(), at: 0..0 };
        with.push((&long, Cow::Owned(node(&"x".repeat(1 << 20)))));
        let bombs = Cells { with, ..cells.clone() };
        for text in ["$n0", "$own", &"${long}".repeat(20)] {
            let error = bombs.value(&node(text), ScalarType::Dynamic, "c").unwrap_err();
            assert!(error.message().contains("placeholders make this larger"), "{text:.10}: {error}");
        }
        assert!(bombs.value(&node("$n10"), ScalarType::Dynamic, "c").is_ok());
        let plain = Cells { with: Vec::new(), ..cells.clone() };
        assert_eq!(plain.replaced(&node("$age")).unwrap().text(), Some("$age"));
    }
}
