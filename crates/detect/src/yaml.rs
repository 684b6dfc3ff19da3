//! Reads YAML into a tree whose every value knows its place and notation: of rules, and of their tests. It must not know what
//! the values mean.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Span, StructureStyle};

/// Why a text is no YAML that is read here, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YamlError {
    /// Its bytes in the file.
    pub at: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<&'static str>,
}

/// Where the value of an alias stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AliasPlace {
    /// Where the alias is: a mistake in a row is one of the row that has it.
    Alias,
    /// Where the value is written: a mistake in a text is shown in that text.
    Anchor,
}

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

    /// The bool or the number that a scalar is by YAML's core schema; what it is not is a text.
    pub fn core(&self) -> CoreScalar {
        match &self.kind {
            YamlKind::Scalar { text, plain } if is_null(text, *plain) => CoreScalar::Null,
            YamlKind::Scalar { text, plain: true } => match text.as_str() {
                "true" | "True" | "TRUE" => CoreScalar::Bool(true),
                "false" | "False" | "FALSE" => CoreScalar::Bool(false),
                _ if number(text).is_some() || is_special_number(text) => CoreScalar::Number,
                _ => CoreScalar::Text,
            },
            _ => CoreScalar::Text,
        }
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

/// What a scalar is by YAML's core schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CoreScalar {
    /// Nothing, or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it is written.
    Number,
    /// Any other text.
    Text,
}

/// A number that JSON does not have: `0x1f`, `0o17`, `.inf`, `.nan`.
fn is_special_number(text: &str) -> bool {
    let all = |digits: &str, radix: u32| !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    text.strip_prefix("0x").is_some_and(|digits| all(digits, 16))
        || text.strip_prefix("0o").is_some_and(|digits| all(digits, 8))
        || matches!(unsigned, ".inf" | ".Inf" | ".INF")
        || matches!(text, ".nan" | ".NaN" | ".NAN")
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

/// The most values of a file.
const MAX_VALUES: usize = 1_000_000;

/// The most values that aliases may stand for: a few lines can otherwise stand for billions.
const MAX_ALIASED: usize = 100_000;

/// The most bytes of text that aliases may stand for.
const MAX_ALIASED_BYTES: usize = 64 << 20;

/// How deep values may be nested.
const MAX_DEPTH: usize = 100;

/// Reads the one document of a text.
pub fn parse(text: &str, aliases: AliasPlace) -> Result<YamlNode, YamlError> {
    let mut reader = YamlReader::new(text, aliases);
    let Some((event, span)) = reader.document()? else { return Ok(nothing(0..0)) };
    let node = reader.node(event, span)?;
    reader.end()?;
    Ok(node)
}

/// Reads all documents of a text, which stand between lines `---`.
pub fn parse_documents(text: &str, aliases: AliasPlace) -> Result<Vec<YamlNode>, YamlError> {
    let mut reader = YamlReader::new(text, aliases);
    let mut documents = Vec::new();
    while let Some((event, span)) = reader.document()? {
        documents.push(reader.node(event, span)?);
        reader.anchors.clear();
    }
    Ok(documents)
}

fn nothing(at: Range<usize>) -> YamlNode {
    YamlNode { kind: YamlKind::Scalar { text: String::new(), plain: true }, at }
}

impl YamlError {
    fn new(at: Range<usize>, message: impl Into<String>) -> Self {
        Self { at, message: message.into(), help: None }
    }

    fn braces(at: Range<usize>) -> Self {
        let message = "a text that begins with '{{' needs quotes: '{' begins a map";
        Self { help: Some("write it in quotes: '{{Column}} …'"), ..Self::new(at, message) }
    }
}

/// A value `{{…` without quotes, in the line of a place or in one of the two before it, where a map was taken to begin.
fn braces_before(text: &str, at: usize) -> Option<Range<usize>> {
    const LINES: usize = 3;
    let end = text.get(at..)?.find('\n').map_or(text.len(), |end| at + end);
    let mut line_end = end;
    for line in text.get(..end)?.rsplit('\n').take(LINES) {
        let start = line_end - line.len();
        let value = line.find(": ").map(|colon| colon + 2).or_else(|| line.find("- ").map(|dash| dash + 2));
        if let Some(value) = value
            && let Some(rest) = line.get(value..)
            && rest.trim_start().starts_with("{{")
        {
            let first = start + value + (rest.len() - rest.trim_start().len());
            return Some(first..line_end);
        }
        line_end = start.saturating_sub(1);
    }
    None
}

/// What the YAML crate finds, in words that need no knowledge of its parser.
fn words(error: &ScanError) -> String {
    let known = match error.kind() {
        ErrorKind::UnknownAnchor => "there is no '&' before this alias that gives its name a value",
        ErrorKind::RecursionLimitExceeded => return too_deep(),
        ErrorKind::UnclosedFlowCollection { open } => {
            return format!("not YAML: this bracket '{open}' is not closed");
        }
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
            return format!("not YAML: a bracket '{open}' is closed by '{close}'");
        }
        ErrorKind::MisplacedFlowCollectionEnd => "not YAML: this bracket closes none",
        ErrorKind::UnclosedQuotedScalar => "not YAML: these quotes are not closed",
        ErrorKind::SimpleKeyExpected => "not YAML: a key is expected here, with ':' behind it",
        ErrorKind::InvalidSimpleKey => "not YAML: this would be a key, but has no ':' behind it in its line",
        ErrorKind::ExpectedBlockMappingKey => "not YAML: a key is expected here, indented as those before it",
        ErrorKind::ExpectedBlockSequenceEntry => {
            "not YAML: '- ' is expected here, indented as those before it"
        }
        ErrorKind::ExpectedFlowMappingSeparator => "not YAML: ',' or '}' is expected here",
        ErrorKind::ExpectedFlowSequenceSeparator => "not YAML: ',' or ']' is expected here",
        ErrorKind::InvalidIndentation => "not YAML: this line is indented as none before it",
        ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation | ErrorKind::TabInIndentation => {
            "not YAML: a tab stands here"
        }
        ErrorKind::UnknownQuotedScalarEscape => {
            "not YAML: there is no such escape; in single quotes a backslash is a backslash"
        }
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => {
            "not YAML: a ':' stands within this text; a text with ': ' in it needs quotes"
        }
        ErrorKind::ExpectedNodeContent => "not YAML: a value is expected here",
        ErrorKind::MappingKeyNotAllowed => "not YAML: a key cannot stand here",
        ErrorKind::BlockSequenceEntryNotAllowed | ErrorKind::BlockEntryInFlowCollection => {
            "not YAML: '- ' cannot stand here; a list begins in a line of its own"
        }
        ErrorKind::InvalidBlockEntryWhitespace => "not YAML: a blank is expected behind '-'",
        ErrorKind::InvalidMappingValueWhitespace | ErrorKind::FlowMappingValueAdjacentCollection => {
            "not YAML: a blank is expected behind ':'"
        }
        ErrorKind::ExpectedWhitespace => "not YAML: a blank is expected here",
        ErrorKind::CommentNotSeparated | ErrorKind::CommentInterceptedScalar => {
            "not YAML: '#' begins a comment here; a text with ' #' in it needs quotes"
        }
        ErrorKind::ZeroBlockScalarIndent
        | ErrorKind::InvalidBlockScalarHeader
        | ErrorKind::InvalidBlockScalarIndent => {
            "not YAML: the text of a block stands in the lines below '|', indented further than its key"
        }
        ErrorKind::TabAtBlockScalarStart | ErrorKind::TabInPlainScalar => "not YAML: a tab stands here",
        ErrorKind::DocumentIndicatorInQuotedScalar => {
            "not YAML: '---' begins a document, and the quotes before it are not closed"
        }
        ErrorKind::InvalidQuotedScalarIndent | ErrorKind::InvalidFlowScalarIndent => {
            "not YAML: a text that goes on in the next line is indented further than its key"
        }
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            "not YAML: nothing may stand behind the quotes that close; in single quotes, '' is a quote"
        }
        ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidLowSurrogateHexEscape
        | ErrorKind::InvalidLowSurrogate
        | ErrorKind::MissingLowSurrogate
        | ErrorKind::UnpairedLowSurrogate
        | ErrorKind::InvalidUnicodeEscape => "not YAML: this escape stands for no character",
        ErrorKind::PlainScalarStartsWithDashFlowIndicator | ErrorKind::UnexpectedEndOfPlainScalar => {
            "not YAML: this text needs quotes"
        }
        ErrorKind::UnexpectedCharacter { character } => {
            return format!("not YAML: a text that begins with '{character}' needs quotes");
        }
        ErrorKind::MissingAnchorOrAliasName => {
            "not YAML: '*' and '&' stand for a value's name; a text that begins with one needs quotes"
        }
        ErrorKind::UnexpectedEof
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping
        | ErrorKind::UnexpectedEofBlockSequence
        | ErrorKind::UnexpectedEofBlockMapping => "not YAML: the text ends in the middle of a value",
        ErrorKind::BomInsideDocument => "not YAML: a byte order mark stands in the middle of the text",
        ErrorKind::ExpectedDocumentStart | ErrorKind::InvalidDocumentEnd => {
            "not YAML: nothing may stand here; another document begins with '---'"
        }
        ErrorKind::UndeclaredTagHandle
        | ErrorKind::ExpectedTagBang
        | ErrorKind::ExpectedTagDirectiveBang
        | ErrorKind::InvalidGlobalTagCharacter
        | ErrorKind::InvalidTagDirectiveTerminator
        | ErrorKind::InvalidTagTerminator
        | ErrorKind::MissingTagUri
        | ErrorKind::UnclosedVerbatimTag
        | ErrorKind::InvalidTagEscape
        | ErrorKind::InvalidTagUtf8LeadingByte
        | ErrorKind::InvalidTagUtf8TrailingByte
        | ErrorKind::InvalidTagUtf8 => {
            "not YAML: '!' begins the name of a type; a text that begins with it needs quotes"
        }
        ErrorKind::DuplicateVersionDirective
        | ErrorKind::UnsupportedYamlMajorVersion
        | ErrorKind::DuplicateTagDirective
        | ErrorKind::MissingDocumentEndBeforeDirective
        | ErrorKind::InvalidDirectiveTerminator
        | ErrorKind::DirectiveDisallowed
        | ErrorKind::MissingYamlVersionSeparator
        | ErrorKind::MissingDirectiveName
        | ErrorKind::InvalidDirectiveName
        | ErrorKind::MissingYamlVersion
        | ErrorKind::YamlVersionTooLong => {
            "not YAML: '%' at the beginning of a line is not for texts; indent it"
        }
        _ => "not YAML: this cannot stand here",
    };
    known.to_owned()
}

fn too_deep() -> String {
    format!("values are nested deeper than {MAX_DEPTH}")
}

/// How much a value is.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    values: usize,
    bytes: usize,
}

impl Size {
    fn of(node: &YamlNode) -> Self {
        let mut size = Self { values: 1, bytes: 0 };
        match &node.kind {
            YamlKind::Scalar { text, .. } => size.bytes = text.len(),
            YamlKind::List(items) => items.iter().for_each(|item| size.add(Self::of(item))),
            YamlKind::Map(entries) => {
                for (key, value) in entries {
                    size.bytes += key.text.len();
                    size.add(Self::of(value));
                }
            }
        }
        size
    }

    const fn add(&mut self, other: Self) {
        self.values = self.values.saturating_add(other.values);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

struct YamlReader<'s> {
    text: &'s str,
    aliases: AliasPlace,
    events: Parser<'s, granit_parser::StrInput<'s>>,
    /// What aliases stand for; nothing while the value is being read.
    anchors: HashMap<usize, Option<YamlNode>>,
    /// What was copied for anchors and aliases.
    copied: Size,
    values: usize,
    depth: usize,
}

impl<'s> YamlReader<'s> {
    fn new(text: &'s str, aliases: AliasPlace) -> Self {
        Self {
            text,
            aliases,
            events: Parser::new_from_str(text),
            anchors: HashMap::new(),
            copied: Size::default(),
            values: 0,
            depth: 0,
        }
    }

    /// The event that the next document begins with; nothing if there is none.
    fn document(&mut self) -> Result<Option<(Event<'s>, Span)>, YamlError> {
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(None),
                Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
                event => return Ok(Some((event, span))),
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'s>, Span), YamlError> {
        match self.events.next() {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => {
                let at = error.marker().byte_offset().unwrap_or(self.text.len()).min(self.text.len());
                let mut told = YamlError::new(at..at, words(&error));
                let before = self.text.get(..at).unwrap_or_default();
                let line = before.lines().next_back().unwrap_or_default();
                if let Some(braces) = braces_before(self.text, at) {
                    return Err(YamlError::braces(braces));
                }
                let is_tab = told.message.ends_with("a tab stands here");
                if is_tab
                    || line.contains('\t')
                    || self.text.get(at..).is_some_and(|rest| rest.starts_with('\t'))
                {
                    told.help = Some("YAML is indented by spaces, not by tabs");
                }
                Err(told)
            }
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    /// Nothing comes after the document.
    fn end(&mut self) -> Result<(), YamlError> {
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(()),
                Event::DocumentEnd => {}
                _ => {
                    let message = "a file is one document, and another one begins here";
                    return Err(YamlError::new(self.bytes(span), message));
                }
            }
        }
    }

    fn bytes(&self, span: Span) -> Range<usize> {
        let end = self.text.len();
        let start = span.start.byte_offset().unwrap_or(0).min(end);
        start..span.end.byte_offset().unwrap_or(start).clamp(start, end)
    }

    /// Notes that a value is copied.
    fn copy(&mut self, node: &YamlNode, at: &Range<usize>) -> Result<(), YamlError> {
        self.copied.add(Size::of(node));
        let too_much = if self.copied.values > MAX_ALIASED {
            format!("more than {MAX_ALIASED} values")
        } else if self.copied.bytes > MAX_ALIASED_BYTES {
            format!("more than {} MB of text", MAX_ALIASED_BYTES >> 20)
        } else {
            return Ok(());
        };
        Err(YamlError::new(at.clone(), format!("anchors and aliases stand for {too_much}")))
    }

    /// The value that an event begins.
    fn node(&mut self, event: Event<'s>, span: Span) -> Result<YamlNode, YamlError> {
        let at = self.bytes(span);
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(YamlError::new(at, format!("the file has more than {MAX_VALUES} values")));
        }
        let anchor = event.anchor_id();
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, None);
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(YamlError::new(at, too_deep()));
        }
        let node = match event {
            Event::Scalar(text, style, _, tag) => {
                let is_text = tag.is_some_and(|tag| tag.core_suffix() == Some("str"));
                let plain = style == ScalarStyle::Plain && !is_text;
                YamlNode { kind: YamlKind::Scalar { text: text.into_owned(), plain }, at }
            }
            Event::SequenceStart(style, ..) => self.list(style, at)?,
            Event::MappingStart(style, ..) => self.map(style, at)?,
            Event::Alias(id) => self.alias(id, at)?,
            _ => return Err(YamlError::new(at, "a value is expected here")),
        };
        self.depth -= 1;
        if let Some(anchor) = anchor {
            self.copy(&node, &node.at)?;
            self.anchors.insert(anchor, Some(node.clone()));
        }
        Ok(node)
    }

    fn list(&mut self, style: StructureStyle, mut at: Range<usize>) -> Result<YamlNode, YamlError> {
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
            let before = self.text.get(..first.at.start).unwrap_or_default();
            at.start = before.rfind('-').unwrap_or(at.start);
            at.end = items.last().map_or(at.end, |item| item.at.end);
        }
        Ok(YamlNode { kind: YamlKind::List(items), at })
    }

    fn map(&mut self, style: StructureStyle, mut at: Range<usize>) -> Result<YamlNode, YamlError> {
        let mut entries: Vec<(YamlKey, YamlNode)> = Vec::new();
        let mut merged: Vec<(YamlKey, YamlNode)> = Vec::new();
        let mut seen: HashSet<String> = HashSet::new();
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
                merge(value, &mut merged)?;
                continue;
            }
            if !seen.insert(key.text.clone()) {
                let message = format!("the key '{}' stands twice in this map", key.text);
                return Err(YamlError::new(key.at, message));
            }
            entries.push((key, value));
        }
        if style == StructureStyle::Block {
            at.end = entries.last().map_or(at.end, |(_, value)| value.at.end);
        }
        for (key, value) in merged {
            if seen.insert(key.text.clone()) {
                entries.push((key, value));
            }
        }
        Ok(YamlNode { kind: YamlKind::Map(entries), at })
    }

    fn alias(&mut self, id: usize, at: Range<usize>) -> Result<YamlNode, YamlError> {
        let Some(mut node) = self.anchors.get(&id).cloned().flatten() else {
            return Err(YamlError::new(at, "this alias stands within the value that it names"));
        };
        self.copy(&node, &at)?;
        if self.aliases == AliasPlace::Alias {
            node.at = at;
        }
        Ok(node)
    }

    fn key(&mut self, event: Event<'s>, span: Span) -> Result<YamlKey, YamlError> {
        let at = self.bytes(span);
        let node = self.node(event, span)?;
        match node.kind {
            YamlKind::Scalar { text, .. } => Ok(YamlKey { text, at }),
            _ if braces_before(self.text, at.start).is_some() => {
                Err(YamlError::braces(braces_before(self.text, at.start).unwrap_or(at)))
            }
            _ => Err(YamlError::new(at, "a key is a text")),
        }
    }
}

/// `<<: *base`: of a key that several maps have, the first one counts.
fn merge(value: YamlNode, merged: &mut Vec<(YamlKey, YamlNode)>) -> Result<(), YamlError> {
    match value.kind {
        YamlKind::Map(entries) => {
            merged.extend(entries);
            Ok(())
        }
        YamlKind::List(maps) => maps.into_iter().try_for_each(|map| merge(map, merged)),
        YamlKind::Scalar { .. } => Err(YamlError::new(value.at, "'<<' takes a map, such as '<<: *base'")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<YamlNode, YamlError> {
        parse(text, AliasPlace::Alias)
    }

    #[test]
    fn values_know_their_places() {
        let text = "a: [1, \"2\"]\nb:\n  - {c: -2h}\n  - x\nq: |\n  T\n  | take 1\nz: é\n";
        let node = read(text).unwrap();
        let json =
            serde_json::json!({"a": [1, "2"], "b": [{"c": "-2h"}, "x"], "q": "T\n| take 1\n", "z": "é"});
        assert_eq!(node.to_json(), json);
        let YamlKind::Map(entries) = node.kind else { panic!("a map") };
        let shown: Vec<&str> = entries.iter().map(|(_, node)| &text[node.at.clone()]).collect();
        assert_eq!(shown[0], "[1, \"2\"]");
        assert_eq!(shown[1], "- {c: -2h}\n  - x");
        assert_eq!(shown[3], "é");
        let text = "a:\n- {x: 1}\n- x: 2\nb: 3\n";
        let YamlKind::Map(entries) = read(text).unwrap().kind else { panic!("a map") };
        assert_eq!(&text[entries[0].1.at.clone()], "- {x: 1}\n- x: 2");
    }

    #[test]
    fn aliases_and_merges() {
        let node = read("a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3\nc: *x\n").unwrap();
        let json = serde_json::json!({"a": {"p": 1, "q": 2}, "b": {"q": 3, "p": 1}, "c": {"p": 1, "q": 2}});
        assert_eq!(node.to_json(), json);
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for n in 1..20 {
            bomb += &format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(", "));
        }
        assert!(read(&bomb).unwrap_err().message.contains("100000"));
    }

    #[test]
    fn a_value_of_an_alias_stands_where_it_is_wanted() {
        let text = "a: &x [1]\nb: *x\n";
        let second = |aliases| {
            let YamlKind::Map(mut entries) = parse(text, aliases).unwrap().kind else { panic!("a map") };
            text[entries.remove(1).1.at].to_owned()
        };
        assert_eq!(second(AliasPlace::Alias), "*x");
        assert_eq!(second(AliasPlace::Anchor), "[1]");
    }

    #[test]
    fn scalars_are_those_of_the_core_schema() {
        let of = |text: &str| read(text).unwrap().core();
        for text in ["1", "-2", "1.0", "1e3", ".5", "0x1F", "0o17", "-.inf", ".nan"] {
            assert_eq!(of(text), CoreScalar::Number, "{text}");
        }
        for text in ["on", "yes", "1h", "1.2.3", "2024-06-30", "'1'", "!!str 1", "0x", "tRue", "|\n  1"] {
            assert_eq!(of(text), CoreScalar::Text, "{text}");
        }
        assert_eq!(
            (of("~"), of("TRUE"), of("false")),
            (CoreScalar::Null, CoreScalar::Bool(true), CoreScalar::Bool(false))
        );
    }

    #[test]
    fn what_is_no_yaml_is_placed() {
        let check = |text: &str, line: usize, part: &str| {
            let error = read(text).unwrap_err();
            assert_eq!(text[..error.at.start].matches('\n').count() + 1, line, "{error:?}");
            assert!(error.message.contains(part), "{error:?}");
        };
        check("a: 1\na: 2\n", 2, "the key 'a' stands twice");
        check("a: [1\n", 1, "this bracket '[' is not closed");
        check("a: 1\n---\nb: 2\n", 2, "one document");
        check("? [a]\n: b\n", 1, "a key is a text");
        for text in ["a: 1\nb: {{X}}\n", "a: 1\nb: {{X}} of {{Y}}\nc: 2\n", "a: 1\n- {{X}} of\n"] {
            check(text, 2, "begins with '{{' needs quotes");
        }
        check("a: b: c\n", 1, "a text with ': ' in it needs quotes");
        check("a: 'b' c\n", 1, "nothing may stand behind the quotes");
        check("a: @b\n", 1, "a text that begins with '@' needs quotes");
        check("a: *\n", 1, "a text that begins with one needs quotes");
        check("a: `b`\n", 1, "needs quotes");
        check("a: %b\n", 1, "needs quotes");
        check("a: 1\nb: *x\n", 2, "no '&' before this alias");
        check("a: 1\nb: &x\n- c: *x\n", 3, "within the value that it names");
        check("a:\n\t- b\n", 2, "not YAML");
        for text in ["a:\n\t- b\n", "a: |\n\tb\n"] {
            assert!(read(text).unwrap_err().help.is_some_and(|it| it.contains("not by tabs")), "{text}");
        }
        assert!(read("").unwrap().is_null());
    }

    #[test]
    fn nothing_is_larger_than_it_may_be() {
        let check = |text: &str, part: &str| {
            let error = read(text).unwrap_err();
            assert!(error.message.contains(part), "{error:?}");
        };
        check(&"[".repeat(1_000_000), "nested deeper");
        check(&"- ".repeat(100_000), "nested deeper");
        check(&"{a: ".repeat(10_000), "nested deeper");
        check(&format!("[{}]", "1,".repeat(1_000_001)), "more than 1000000 values");
        // Each anchor is one of all that are within it.
        let nested: String = (0..90).map(|n| format!("&a{n} [")).collect();
        check(&format!("{nested}{}{}", "1,".repeat(2000), "]".repeat(90)), "more than 100000 values");
        let long = "x".repeat(1 << 20);
        check(&format!("- &x {long}\n{}", "- *x\n".repeat(70)), "more than 64 MB of text");
    }
}
