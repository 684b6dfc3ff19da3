//! Reads YAML into a tree with places.

use std::fmt;

use kqlite::Span;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use super::error::RuleError;
use super::tree::{Content, Key, Node};

/// Reads a text of one document.
pub(super) fn read(text: &str) -> Result<Node, RuleError> {
    let read: Spanned<Any> = serde_saphyr::from_str(text).map_err(|error| failure(&error, text))?;
    let mut node = read.into();
    complete(&mut node, text);
    Ok(node)
}

/// Anything, with places for all that is in it.
struct Any(Content);

impl From<Spanned<Any>> for Node {
    fn from(read: Spanned<Any>) -> Self {
        Self { content: read.value.0, span: span(&read.defined) }
    }
}

fn span(place: &Location) -> Span {
    let start = place.span().byte_offset().unwrap_or_default() as usize;
    let len = place.span().byte_len().unwrap_or_default() as usize;
    Span::new(start, start + len)
}

impl<'de> Deserialize<'de> for Any {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(AnyVisitor)
    }
}

struct AnyVisitor;

impl<'de> Visitor<'de> for AnyVisitor {
    type Value = Any;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Any, E> {
        Ok(Any(Content::Null))
    }

    fn visit_none<E>(self) -> Result<Any, E> {
        Ok(Any(Content::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Any, D::Error> {
        from.deserialize_any(self)
    }

    fn visit_bool<E>(self, it: bool) -> Result<Any, E> {
        Ok(Any(Content::Bool(it)))
    }

    fn visit_i64<E>(self, it: i64) -> Result<Any, E> {
        Ok(Any(Content::Number(it.to_string())))
    }

    fn visit_u64<E>(self, it: u64) -> Result<Any, E> {
        Ok(Any(Content::Number(it.to_string())))
    }

    fn visit_f64<E>(self, it: f64) -> Result<Any, E> {
        Ok(Any(Content::Number(it.to_string())))
    }

    fn visit_str<E>(self, it: &str) -> Result<Any, E> {
        Ok(Any(Content::Text(it.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Any, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element::<Spanned<Any>>()? {
            items.push(item.into());
        }
        Ok(Any(Content::List(items)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Any, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = from.next_key::<Spanned<String>>()? {
            let value = from.next_value::<Spanned<Any>>()?;
            let key = Key { span: span(&key.defined), name: key.value };
            entries.push((key, value.into()));
        }
        Ok(Any(Content::Map(entries)))
    }
}

/// Numbers become what the file says: `1.0` is no `1`. Words that are `true` for old YAML are words: a rule may be named
/// `on`. Lists and maps reach to the end of what is in them.
fn complete(node: &mut Node, text: &str) {
    let written = text.get(node.span.range()).unwrap_or_default().trim();
    let mut end = node.span.end;
    match &mut node.content {
        Content::Number(number) if !written.is_empty() => written.clone_into(number),
        Content::Bool(_) if !["true", "false"].contains(&written.to_ascii_lowercase().as_str()) => {
            node.content = Content::Text(written.to_owned());
        }
        Content::List(items) => {
            for item in items {
                complete(item, text);
                end = end.max(item.span.end);
            }
        }
        Content::Map(entries) => {
            for (_, value) in entries {
                complete(value, text);
                end = end.max(value.span.end);
            }
        }
        _ => {}
    }
    node.span.end = end;
}

fn failure(error: &serde_saphyr::Error, text: &str) -> RuleError {
    let error = error.without_snippet();
    let (line, column) =
        error.location().map_or((1, 1), |place| (place.line() as usize, place.column() as usize));
    let message = error.to_string();
    let place = format!(" at line {line}, column {column}");
    let mut message = message.strip_suffix(&place).unwrap_or(&message).to_owned();
    // The mistake that published rules have most often.
    let above = text.lines().take(line.saturating_sub(1)).last().unwrap_or_default();
    if column == 1 && above.trim_end().ends_with(['|', '>']) {
        message.push_str(&format!("; the text below '{}' must be indented", above.trim()));
    }
    RuleError { line, column, message }
}
