//! A query that was found in a file, with all that is published with it. It must not know where and how queries are found.

use kqlite::Span;

use super::place::PlacedText;
use super::tree::{Content, Key, Node};
use super::words::QueryRole;

/// What a function is called, and its parameters with their brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FunctionHead {
    pub names: Vec<String>,
    pub parameters: String,
    /// Parameters and body, where the body is not the query beside it.
    pub text: Option<String>,
}

/// A query and what is published with it.
#[derive(Debug, Clone)]
pub(super) struct FoundQuery {
    /// All of it under the keys of the YAML form.
    pub node: Node,
    pub role: QueryRole,
    pub query: PlacedText,
    /// What it is called if it is a function, or several.
    pub functions: Vec<FunctionHead>,
}

impl FoundQuery {
    pub fn new(file: &str, node: Node, role: QueryRole) -> Self {
        let query = node.get("query").map(|it| PlacedText::of(file, it)).unwrap_or_default();
        Self { node, role, query, functions: Vec::new() }
    }
}

/// A map of values that were found.
pub(super) fn map(span: Span, entries: Vec<(&str, Node)>) -> Node {
    let entries =
        entries.into_iter().map(|(name, node)| (Key { name: name.to_owned(), span: node.span }, node));
    Node { content: Content::Map(entries.collect()), span }
}
