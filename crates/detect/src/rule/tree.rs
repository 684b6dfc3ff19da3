//! A file's values with their places: a small tree that YAML and JSON are both read into.

use kqlite::Span;

/// A value and its place in the file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    /// The value.
    pub content: Content,
    /// Where it stands; with its quotes, if it has some.
    pub span: Span,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    /// Nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it is written.
    Number(String),
    /// A text.
    Text(String),
    /// Values in a row.
    List(Vec<Node>),
    /// Values by name, in the order of the file.
    Map(Vec<(Key, Node)>),
}

/// A name and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    /// The name.
    pub name: String,
    /// Where it stands.
    pub span: Span,
}

impl Node {
    /// The member of a name; nothing for a value that is `null`.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.entry(name).map(|(_, node)| node)
    }

    /// The member of a name and its key.
    pub fn entry(&self, name: &str) -> Option<(&Key, &Node)> {
        let Content::Map(entries) = &self.content else { return None };
        entries
            .iter()
            .find(|(key, node)| key.name == name && node.content != Content::Null)
            .map(|(key, node)| (key, node))
    }

    /// The members of a map.
    pub fn entries(&self) -> &[(Key, Node)] {
        match &self.content {
            Content::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list.
    pub fn items(&self) -> &[Node] {
        match &self.content {
            Content::List(items) => items,
            _ => &[],
        }
    }

    /// A scalar as text.
    pub fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) | Content::Number(text) => Some(text),
            Content::Bool(true) => Some("true"),
            Content::Bool(false) => Some("false"),
            _ => None,
        }
    }

    /// What kind of value it is, for messages.
    pub const fn kind(&self) -> &'static str {
        match &self.content {
            Content::Null => "nothing",
            Content::Bool(_) => "true or false",
            Content::Number(_) => "a number",
            Content::Text(_) => "a text",
            Content::List(_) => "a list",
            Content::Map(_) => "keys with values",
        }
    }

    /// The value as JSON.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.content {
            Content::Null => Json::Null,
            Content::Bool(it) => Json::Bool(*it),
            Content::Number(it) => serde_json::from_str(it).unwrap_or_else(|_| Json::String(it.clone())),
            Content::Text(it) => Json::String(it.clone()),
            Content::List(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Content::Map(entries) => {
                Json::Object(entries.iter().map(|(key, it)| (key.name.clone(), it.to_json())).collect())
            }
        }
    }
}
