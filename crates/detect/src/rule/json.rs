//! Reads JSON into a tree with places.

use kqlite::Span;

use super::error::RuleError;
use super::tree::{Content, Key, Node};

/// Reads a text of one value.
pub(super) fn read(text: &str) -> Result<Node, RuleError> {
    // It says what is wrong; what it accepts is then walked over for the places.
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        let message = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let message = match message.strip_suffix(&place).unwrap_or(&message) {
            "key must be a string" | "trailing comma" => {
                "a name or a value is expected here; no ',' stands behind the last one".to_owned()
            }
            other => format!("not JSON: {other}"),
        };
        return Err(RuleError { line: error.line().max(1), column: error.column().max(1), message });
    }
    let mut walker = Walker { text, at: 0 };
    Ok(walker.value())
}

/// Walks over JSON that is known to be right.
struct Walker<'t> {
    text: &'t str,
    at: usize,
}

impl Walker<'_> {
    fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    fn value(&mut self) -> Node {
        self.skip_blanks();
        let start = self.at;
        let content = match self.peek() {
            b'{' => {
                self.at += 1;
                let mut entries = Vec::new();
                while self.goes_on(b'}') {
                    let start = self.at;
                    let name = self.string();
                    let key = Key { name, span: Span::new(start, self.at) };
                    self.skip_blanks();
                    self.at += 1; // the colon
                    entries.push((key, self.value()));
                }
                Content::Map(entries)
            }
            b'[' => {
                self.at += 1;
                let mut items = Vec::new();
                while self.goes_on(b']') {
                    items.push(self.value());
                }
                Content::List(items)
            }
            b'"' => Content::Text(self.string()),
            _ => {
                while matches!(self.peek(), b'0'..=b'9' | b'a'..=b'z' | b'E' | b'+' | b'-' | b'.') {
                    self.at += 1;
                }
                match self.text.get(start..self.at).unwrap_or_default() {
                    "null" => Content::Null,
                    "true" => Content::Bool(true),
                    "false" => Content::Bool(false),
                    number => Content::Number(number.to_owned()),
                }
            }
        };
        Node { content, span: Span::new(start, self.at) }
    }

    /// Whether a list or map goes on; stands at its next value then, behind its end otherwise.
    fn goes_on(&mut self, end: u8) -> bool {
        self.skip_blanks();
        if self.peek() == b',' {
            self.at += 1;
            self.skip_blanks();
        }
        let more = self.peek() != end && self.at < self.text.len();
        self.at += usize::from(!more);
        more
    }

    fn string(&mut self) -> String {
        let start = self.at;
        self.at += 1;
        while !matches!(self.peek(), b'"' | 0) {
            self.at += if self.peek() == b'\\' { 2 } else { 1 };
        }
        self.at += 1;
        let written = self.text.get(start..self.at).unwrap_or_default();
        serde_json::from_str(written).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_places() {
        let text = "{ \"a\" : [1, -2.5e3 , \"x\\\"é\\n\", null,true ], \"b\":{}, \"c\": [ ] }";
        let node = read(text).unwrap();
        assert_eq!(node.to_json(), serde_json::from_str::<serde_json::Value>(text).unwrap());
        let (key, list) = node.entry("a").unwrap();
        assert_eq!(&text[key.span.range()], "\"a\"");
        let written: Vec<&str> = list.items().iter().map(|it| &text[it.span.range()]).collect();
        assert_eq!(written, ["1", "-2.5e3", "\"x\\\"é\\n\"", "null", "true"]);
    }

    #[test]
    fn mistakes_are_placed() {
        let error = read("{\n  \"a\": 1,\n}").unwrap_err();
        assert_eq!((error.line, error.column), (3, 1), "{error}");
        assert!(error.message.contains("no ',' stands behind the last one"), "{error}");
    }
}
