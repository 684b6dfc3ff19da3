//! Reads YAML into the tree of a rule.

use kqlite::Span;

use super::error::RuleError;
use super::tree::{Content, Key, Node};
use crate::yaml::{self, AliasPlace, CoreScalar, YamlError, YamlKind, YamlNode};

/// Reads a text of one document.
#[cfg(test)]
pub(super) fn read(text: &str) -> Result<Node, RuleError> {
    yaml::parse(text, AliasPlace::Anchor).map(node).map_err(|error| failure(error, text))
}

/// Reads the documents of a text.
pub(super) fn read_all(text: &str) -> Result<Vec<Node>, RuleError> {
    match yaml::parse_documents(text, AliasPlace::Anchor) {
        Ok(documents) => Ok(documents.into_iter().map(node).collect()),
        Err(error) => Err(failure(error, text)),
    }
}

/// Numbers stay what the file says: `1.0` is no `1`.
fn node(read: YamlNode) -> Node {
    let core = read.core();
    let span = Span::new(read.at.start, read.at.end);
    let content = match (read.kind, core) {
        (YamlKind::List(items), _) => Content::List(items.into_iter().map(node).collect()),
        (YamlKind::Map(entries), _) => {
            let key = |at: &std::ops::Range<usize>| Span::new(at.start, at.end);
            let entry = |(name, value): (yaml::YamlKey, YamlNode)| {
                (Key { span: key(&name.at), name: name.text }, node(value))
            };
            Content::Map(entries.into_iter().map(entry).collect())
        }
        (YamlKind::Scalar { .. }, CoreScalar::Null) => Content::Null,
        (YamlKind::Scalar { .. }, CoreScalar::Bool(it)) => Content::Bool(it),
        (YamlKind::Scalar { text, .. }, CoreScalar::Number) => Content::Number(text),
        (YamlKind::Scalar { text, .. }, CoreScalar::Text) => Content::Text(text),
    };
    Node { content, span }
}

fn failure(error: YamlError, text: &str) -> RuleError {
    let mut told = RuleError::at(text, Span::new(error.at.start, error.at.end), error.message);
    // The mistake that published rules have most often.
    let above = text.lines().take(told.line.saturating_sub(1)).last().unwrap_or_default();
    if told.column == 1 && above.trim_end().ends_with(['|', '>']) {
        told.message.push_str(&format!("; the text below '{}' must be indented", above.trim()));
    }
    if let Some(help) = error.help {
        told.message.push_str(&format!("; {help}"));
    }
    told
}
