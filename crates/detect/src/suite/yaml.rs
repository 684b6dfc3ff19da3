//! Reads YAML into a tree whose every value knows its place and notation.

use std::collections::HashMap;
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle};

use super::error::TestFileError;
use super::source::SourceText;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YamlNode {
    /// What it is.
    pub kind: YamlKind,
    /// Its bytes in the file.
    pub at: Range<usize>,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum YamlKind {
    /// A text; a plain one may be a number, a bool or null.
    Scalar {
        /// The text.
        text: String,
        /// It stands without quotes, and is no block.
        plain: bool,
    },
    /// `[a, b]`
    List(Vec<YamlNode>),
    /// `{a: b}`
    Map(Vec<(YamlKey, YamlNode)>),
}

/// The key of a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YamlKey {
    /// Its text.
    pub text: String,
    /// Where it stands.
    pub at: Range<usize>,
}

impl YamlNode {
    /// What it is called in messages.
    pub fn what(&self) -> &'static str {
        match &self.kind {
            YamlKind::Scalar { text, plain } if is_null(text, *plain) => "nothing",
            YamlKind::Scalar { .. } => "a text",
            YamlKind::List(_) => "a list",
            YamlKind::Map(_) => "a map",
        }
    }

    /// Nothing was written, or `null`.
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, YamlKind::Scalar { text, plain } if is_null(text, *plain))
    }

    /// The text, if it is a scalar.
    pub fn text(&self) -> Option<&str> {
        if let YamlKind::Scalar { text, .. } = &self.kind { Some(text) } else { None }
    }

    /// The value as JSON, by YAML's core schema.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.kind {
            YamlKind::List(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            YamlKind::Map(entries) => {
                Json::Object(entries.iter().map(|(key, value)| (key.text.clone(), value.to_json())).collect())
            }
            YamlKind::Scalar { text, plain } if is_null(text, *plain) => Json::Null,
            YamlKind::Scalar { text, plain: true } => match text.as_str() {
                "true" | "True" | "TRUE" => Json::Bool(true),
                "false" | "False" | "FALSE" => Json::Bool(false),
                _ => number(text).unwrap_or_else(|| Json::from(text.as_str())),
            },
            YamlKind::Scalar { text, plain: false } => Json::from(text.as_str()),
        }
    }
}

fn is_null(text: &str, plain: bool) -> bool {
    plain && matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// A number of YAML's core schema.
fn number(text: &str) -> Option<serde_json::Value> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    if let Ok(n) = text.parse::<i64>() {
        return Some(n.into());
    }
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'-' | b'+'));
    text.parse::<f64>().ok().filter(|n| plain && n.is_finite()).map(Into::into)
}

/// The most values that aliases may stand for: a few lines can otherwise stand for billions.
const MAX_ALIASED: usize = 100_000;

/// Reads the one document of a file.
pub fn parse(source: &SourceText) -> Result<YamlNode, TestFileError> {
    let mut reader = YamlReader {
        source,
        events: Parser::new_from_str(&source.text),
        anchors: HashMap::new(),
        aliased: 0,
    };
    loop {
        let (event, span) = reader.next()?;
        match event {
            Event::StreamEnd => return Ok(nothing(0..0)),
            Event::StreamStart | Event::DocumentStart(..) => {}
            event => {
                let node = reader.node(event, span)?;
                reader.end()?;
                return Ok(node);
            }
        }
    }
}

fn nothing(at: Range<usize>) -> YamlNode {
    YamlNode { kind: YamlKind::Scalar { text: String::new(), plain: true }, at }
}

struct YamlReader<'s> {
    source: &'s SourceText,
    events: Parser<'s, granit_parser::StrInput<'s>>,
    anchors: HashMap<usize, YamlNode>,
    aliased: usize,
}

impl<'s> YamlReader<'s> {
    fn next(&mut self) -> Result<(Event<'s>, Span), TestFileError> {
        match self.events.next() {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => {
                let at = error.marker().byte_offset().unwrap_or(self.source.text.len());
                let at = at.min(self.source.text.len());
                let mut error =
                    TestFileError::new(self.source, at..at, format!("not YAML: {}", error.info()));
                let before = self.source.text.get(..at).unwrap_or_default();
                if before.lines().next_back().is_some_and(|line| line.contains('\t')) {
                    error = error.help("YAML is indented by spaces, not by tabs");
                }
                Err(error)
            }
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    /// Nothing comes after the document.
    fn end(&mut self) -> Result<(), TestFileError> {
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(()),
                Event::DocumentEnd => {}
                _ => {
                    let at = self.bytes(span);
                    return Err(TestFileError::new(self.source, at, "a test file is one document"));
                }
            }
        }
    }

    fn bytes(&self, span: Span) -> Range<usize> {
        let end = self.source.text.len();
        let start = span.start.byte_offset().unwrap_or(0).min(end);
        start..span.end.byte_offset().unwrap_or(start).clamp(start, end)
    }

    fn node(&mut self, event: Event<'s>, span: Span) -> Result<YamlNode, TestFileError> {
        let mut at = self.bytes(span);
        let (kind, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_text = tag.is_some_and(|tag| tag.core_suffix() == Some("str"));
                let plain = style == ScalarStyle::Plain && !is_text;
                (YamlKind::Scalar { text: text.into_owned(), plain }, anchor)
            }
            Event::SequenceStart(style, anchor, _) => {
                let mut items = Vec::new();
                loop {
                    let (event, span) = self.next()?;
                    if event == Event::SequenceEnd {
                        at.end = self.bytes(span).end.max(at.start);
                        break;
                    }
                    items.push(self.node(event, span)?);
                }
                // A block begins at its first dash and ends where its last item does, not where the next thing begins.
                if let (StructureStyle::Block, [first, ..]) = (style, items.as_slice()) {
                    let before = self.source.text.get(..first.at.start).unwrap_or_default();
                    at.start = before.rfind('-').unwrap_or(at.start);
                    at.end = items.last().map_or(at.end, |item| item.at.end);
                }
                (YamlKind::List(items), anchor)
            }
            Event::MappingStart(style, anchor, _) => {
                let mut entries: Vec<(YamlKey, YamlNode)> = Vec::new();
                let mut merged: Vec<(YamlKey, YamlNode)> = Vec::new();
                loop {
                    let (event, span) = self.next()?;
                    if event == Event::MappingEnd {
                        at.end = self.bytes(span).end.max(at.start);
                        break;
                    }
                    let key = self.key(event, span)?;
                    let (event, span) = self.next()?;
                    let value = self.node(event, span)?;
                    if key.text == "<<" {
                        self.merge(value, &mut merged)?;
                        continue;
                    }
                    if entries.iter().any(|(other, _)| other.text == key.text) {
                        let message = format!("the key '{}' stands twice in this map", key.text);
                        return Err(TestFileError::new(self.source, key.at, message));
                    }
                    entries.push((key, value));
                }
                if style == StructureStyle::Block {
                    at.end = entries.last().map_or(at.end, |(_, value)| value.at.end);
                }
                for (key, value) in merged {
                    if !entries.iter().any(|(other, _)| other.text == key.text) {
                        entries.push((key, value));
                    }
                }
                (YamlKind::Map(entries), anchor)
            }
            Event::Alias(id) => {
                let mut node = self.anchors.get(&id).cloned().unwrap_or_else(|| nothing(at.clone()));
                self.aliased += count(&node);
                if self.aliased > MAX_ALIASED {
                    let message = format!("aliases stand for more than {MAX_ALIASED} values");
                    return Err(TestFileError::new(self.source, at, message));
                }
                node.at = at;
                return Ok(node);
            }
            _ => return Err(TestFileError::new(self.source, at, "a value is expected here")),
        };
        let node = YamlNode { kind, at };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn key(&mut self, event: Event<'s>, span: Span) -> Result<YamlKey, TestFileError> {
        let at = self.bytes(span);
        let node = self.node(event, span)?;
        match node.kind {
            YamlKind::Scalar { text, .. } => Ok(YamlKey { text, at }),
            _ => Err(TestFileError::new(self.source, at, "a key is a text")),
        }
    }

    /// `<<: *base`
    fn merge(&self, value: YamlNode, merged: &mut Vec<(YamlKey, YamlNode)>) -> Result<(), TestFileError> {
        match value.kind {
            YamlKind::Map(entries) => {
                for (key, value) in entries {
                    if !merged.iter().any(|(other, _)| other.text == key.text) {
                        merged.push((key, value));
                    }
                }
                Ok(())
            }
            YamlKind::List(maps) => maps.into_iter().try_for_each(|map| self.merge(map, merged)),
            YamlKind::Scalar { .. } => {
                Err(TestFileError::new(self.source, value.at, "'<<' takes a map, such as '<<: *base'"))
            }
        }
    }
}

/// How many values a tree has.
fn count(node: &YamlNode) -> usize {
    match &node.kind {
        YamlKind::Scalar { .. } => 1,
        YamlKind::List(items) => 1 + items.iter().map(count).sum::<usize>(),
        YamlKind::Map(entries) => 1 + entries.iter().map(|(_, value)| count(value)).sum::<usize>(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> SourceText {
        SourceText::new(std::path::Path::new("t.yaml"), text)
    }

    #[test]
    fn values_know_their_places() {
        let text = "a: [1, \"2\"]\nb:\n  - {c: -2h}\n  - x\nq: |\n  T\n  | take 1\nz: é\n";
        let node = parse(&source(text)).unwrap();
        let json =
            serde_json::json!({"a": [1, "2"], "b": [{"c": "-2h"}, "x"], "q": "T\n| take 1\n", "z": "é"});
        assert_eq!(node.to_json(), json);
        let YamlKind::Map(entries) = node.kind else { panic!("a map") };
        let shown: Vec<&str> = entries.iter().map(|(_, node)| &text[node.at.clone()]).collect();
        assert_eq!(shown[0], "[1, \"2\"]");
        assert_eq!(shown[1], "- {c: -2h}\n  - x");
        assert_eq!(shown[3], "é");
        let text = "a:\n- {x: 1}\n- x: 2\nb: 3\n";
        let YamlKind::Map(entries) = parse(&source(text)).unwrap().kind else { panic!("a map") };
        assert_eq!(&text[entries[0].1.at.clone()], "- {x: 1}\n- x: 2");
    }

    #[test]
    fn aliases_and_merges() {
        let node = parse(&source("a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3\nc: *x\n")).unwrap();
        let json = serde_json::json!({"a": {"p": 1, "q": 2}, "b": {"q": 3, "p": 1}, "c": {"p": 1, "q": 2}});
        assert_eq!(node.to_json(), json);
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for n in 1..20 {
            bomb += &format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(", "));
        }
        assert!(parse(&source(&bomb)).unwrap_err().message().contains("100000"));
    }

    #[test]
    fn what_is_no_yaml_is_placed() {
        let check = |text: &str, line: usize, part: &str| {
            let error = parse(&source(text)).unwrap_err();
            assert_eq!(error.place().0, line, "{error}");
            assert!(error.message().contains(part), "{error}");
        };
        check("a: 1\na: 2\n", 2, "twice");
        check("a: [1\n", 1, "unclosed bracket");
        check("a: 1\n---\nb: 2\n", 2, "one document");
        check("a:\n\t- b\n", 2, "not YAML");
        check("? [a]\n: b\n", 1, "a key is a text");
        assert!(parse(&source("")).unwrap().is_null());
    }
}
