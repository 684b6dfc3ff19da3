//! Reads rules in every format: YAML, JSON as Sentinel exports it, a plain query. Each becomes maps with the keys of the
//! YAML format.

use kqlite::Span;

use super::error::RuleError;
use super::tree::{Content, Key, Node};
use super::{json, yaml};

/// The format of a rule file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleFormat {
    /// One rule as YAML, as in Microsoft's repository.
    Yaml,
    /// Sentinel's export: a template with resources. Also a rule as its API gives it, or the YAML form's keys as JSON.
    Json,
    /// The query alone.
    Kql,
}

impl RuleFormat {
    /// The form that a file's name tells.
    ///
    /// ```
    /// use kqlite_detect::RuleFormat;
    /// assert_eq!(RuleFormat::of_name("rules/mail.YAML"), Some(RuleFormat::Yaml));
    /// assert_eq!(RuleFormat::of_name("notes.md"), None);
    /// ```
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        Some(match ending.to_ascii_lowercase().as_str() {
            "yaml" | "yml" => Self::Yaml,
            "json" => Self::Json,
            "kql" | "csl" | "kusto" | "txt" => Self::Kql,
            _ => return None,
        })
    }
}

/// The rules of a text as maps.
pub(super) fn read(text: &str, format: RuleFormat) -> Result<Vec<Node>, RuleError> {
    match format {
        RuleFormat::Yaml => Ok(vec![yaml::read(text)?]),
        RuleFormat::Kql => {
            let span = Span::new(0, text.len());
            Ok(vec![map(span, vec![("query", Node { content: Content::Text(text.to_owned()), span })])])
        }
        RuleFormat::Json => {
            let node = json::read(text)?;
            if is_rule(&node) {
                return Ok(vec![node]);
            }
            let mut rules: Vec<Node> = node.items().iter().filter(|item| is_rule(item)).cloned().collect();
            collect(&node, &mut rules);
            if rules.is_empty() {
                let message = "there is no rule here: neither a resource of the type '…/alertRules', nor the key 'query'";
                return Err(RuleError { line: 1, column: 1, message: message.to_owned() });
            }
            Ok(rules)
        }
    }
}

/// Looks like a rule in the keys of the YAML form.
fn is_rule(node: &Node) -> bool {
    node.get("query").is_some_and(|query| query.text().is_some())
}

/// Finds the resources that are rules, at any depth: templates of solutions hold templates.
fn collect(node: &Node, rules: &mut Vec<Node>) {
    if let Some(properties) = node.get("properties").filter(|it| is_rule(it)) {
        let word = |node: &Node, name: &str| {
            node.get(name).and_then(Node::text).unwrap_or_default().to_ascii_lowercase()
        };
        let (of, kind) = (word(node, "type"), word(node, "kind"));
        if of.ends_with("savedsearches") {
            // Others are functions, or kept by people for themselves.
            if word(properties, "category").contains("hunting") {
                rules.push(hunting_query(node, properties));
            }
        } else if of.contains("alertrule") || (of.is_empty() && ["scheduled", "nrt"].contains(&kind.as_str()))
        {
            rules.push(alert_rule(node, properties));
        }
        return;
    }
    match &node.content {
        Content::List(items) => items.iter().for_each(|item| collect(item, rules)),
        Content::Map(entries) => entries.iter().for_each(|(_, value)| collect(value, rules)),
        _ => {}
    }
}

/// An analytics rule of a template: its properties under the names of the YAML form.
fn alert_rule(resource: &Node, properties: &Node) -> Node {
    let mut entries = Vec::new();
    let id = ["name", "id"].iter().filter_map(|name| resource.get(name)).find_map(guid_of);
    if let Some(id) = id.or_else(|| resource.get("name").cloned()) {
        entries.push((Key { name: "id".to_owned(), span: id.span }, id));
    }
    if let Some((key, kind)) = resource.entry("kind") {
        entries.push((key.clone(), kind.clone()));
    }
    for (key, value) in properties.entries() {
        let name = match key.name.as_str() {
            "displayName" => "name",
            "techniques" => "relevantTechniques",
            "templateVersion" => "version",
            name => name,
        };
        entries.push((Key { name: name.to_owned(), span: key.span }, unescaped(value)));
    }
    Node { content: Content::Map(entries), span: resource.span }
}

/// A hunting query of a template: a saved search whose tags hold what has no property.
fn hunting_query(resource: &Node, properties: &Node) -> Node {
    let mut entries = Vec::new();
    for (key, value) in properties.entries() {
        let name = match key.name.as_str() {
            "displayName" => "name",
            "tags" => continue,
            name => name,
        };
        entries.push((Key { name: name.to_owned(), span: key.span }, unescaped(value)));
    }
    for tag in properties.get("tags").map(Node::items).unwrap_or_default() {
        let (Some(name), Some(value)) = (tag.get("name").and_then(Node::text), tag.get("value")) else {
            continue;
        };
        let split = || {
            let parts =
                value.text().unwrap_or_default().split(',').map(str::trim).filter(|it| !it.is_empty());
            let items = parts.map(|it| Node { content: Content::Text(it.to_owned()), span: value.span });
            Node { content: Content::List(items.collect()), span: value.span }
        };
        let (name, value) = match name {
            "tactics" => ("tactics", split()),
            "techniques" => ("relevantTechniques", split()),
            "description" => ("description", value.clone()),
            _ => continue,
        };
        entries.push((Key { name: name.to_owned(), span: tag.span }, value));
    }
    if let Some(id) = resource.get("name").and_then(guid_of) {
        entries.push((Key { name: "id".to_owned(), span: id.span }, id));
    }
    Node { content: Content::Map(entries), span: resource.span }
}

/// The last guid in a text: names in templates are expressions around it.
fn guid_of(node: &Node) -> Option<Node> {
    let text = node.text()?;
    let is_guid = |at: &usize| text.get(*at..at + 36).is_some_and(|it| kqlite::Guid::parse(it).is_some());
    let at = (0..text.len().saturating_sub(35)).rev().find(is_guid)?;
    // In quotes and without escapes, the guid's own place is known.
    let plain = node.span.range().len() == text.len() + 2;
    let start = node.span.start as usize + 1 + at;
    let span = if plain { Span::new(start, start + 36) } else { node.span };
    Some(Node { content: Content::Text(text.get(at..at + 36)?.to_owned()), span })
}

/// In templates, a text that begins with a bracket has it twice.
fn unescaped(node: &Node) -> Node {
    match &node.content {
        Content::Text(text) if text.starts_with("[[") => {
            Node { content: Content::Text(text.get(1..).unwrap_or_default().to_owned()), span: node.span }
        }
        _ => node.clone(),
    }
}

fn map(span: Span, entries: Vec<(&str, Node)>) -> Node {
    let entries =
        entries.into_iter().map(|(name, node)| (Key { name: name.to_owned(), span: node.span }, node));
    Node { content: Content::Map(entries.collect()), span }
}
