//! Finds the queries of JSON: templates of Azure (ARM, those that Bicep builds, solutions of the Content Hub) with rules, saved
//! searches and workbooks at any depth, and the answers of APIs. It must not know the YAML form but for its keys.

use kqlite::Span;

use super::classify;
use super::expression::TemplateScope;
use super::found::{self, FoundQuery};
use super::function;
use super::tree::{Content, Key, Node};
use super::words::QueryRole;
use super::workbook;

/// The most copies of a resource that are looked at.
const MAX_COPIES: usize = 500;

/// The queries of a file of JSON, and what was passed over.
#[derive(Default)]
pub(super) struct TemplateQueries {
    pub found: Vec<FoundQuery>,
    pub passed_over: Vec<(Span, String)>,
}

/// Finds the queries of a value.
pub(super) fn queries(file: &str, node: &Node) -> TemplateQueries {
    let mut all = TemplateQueries::default();
    Collector { file, all: &mut all }.collect(node, &TemplateScope::default());
    all
}

struct Collector<'f, 'a> {
    file: &'f str,
    all: &'a mut TemplateQueries,
}

impl Collector<'_, '_> {
    fn collect<'n>(&mut self, node: &'n Node, outer: &TemplateScope<'n>) {
        let scope = outer.within(node);
        if let Some(count) = node.get("copy").and_then(|copy| copy.get("count"))
            && node.get("properties").is_some()
            && let Some(count) = scope.number(self.file, count)
        {
            for number in 0..count.min(MAX_COPIES) {
                self.resource(node, &scope.of_copy(number));
            }
            return;
        }
        if self.resource(node, &scope) {
            return;
        }
        if (node.get("queryCondition").is_some() || classify::is_rule(node))
            && let Some(found) = classify::of_map(self.file, node)
        {
            self.all.found.push(found);
            return;
        }
        if workbook::is_workbook(node) {
            workbook::queries(self.file, node, &mut self.all.found, &mut self.all.passed_over);
            return;
        }
        match &node.content {
            Content::List(items) => items.iter().for_each(|item| self.collect(item, &scope)),
            Content::Map(entries) => entries.iter().for_each(|(_, value)| self.collect(value, &scope)),
            _ => {}
        }
    }

    /// Takes what a resource has; `false` if it is of no kind that has queries, and may hold others.
    fn resource<'n>(&mut self, node: &'n Node, scope: &TemplateScope<'n>) -> bool {
        let Some(properties) = node.get("properties") else { return false };
        let Some(properties) = scope.followed(self.file, properties) else { return false };
        let word = |node: &Node, name: &str| {
            node.get(name).and_then(Node::text).unwrap_or_default().to_ascii_lowercase()
        };
        let (of, kind) = (word(node, "type"), word(node, "kind"));
        if of.ends_with("/scheduledqueryrules") {
            self.monitored(properties, scope);
            return true;
        }
        if of.ends_with("/workbooks") || of.ends_with("/workbooktemplates") {
            return self.workbook(properties, scope);
        }
        if properties.get("query").is_none() {
            if of.contains("alertrule") && !kind.is_empty() && !["scheduled", "nrt"].contains(&kind.as_str())
            {
                let what = format!("a rule of the kind {kind}, which has no query");
                self.all.passed_over.push((node.span, what));
                return true;
            }
            return false;
        }
        let resolved = Resolved { file: self.file, scope };
        let made = if of.ends_with("savedsearches") {
            resolved.saved_search(node, properties)
        } else if of.contains("alertrule") || (of.is_empty() && ["scheduled", "nrt"].contains(&kind.as_str()))
        {
            resolved.alert_rule(node, properties)
        } else {
            return false;
        };
        match made {
            Some(found) => self.all.found.push(found),
            None => {
                let at = properties.get("query").map_or(node.span, |it| it.span);
                let what = "a query that is an expression of the template, which cannot be followed here";
                self.all.passed_over.push((at, what.to_owned()));
            }
        }
        true
    }

    /// The queries of an alert of Azure Monitor, wherever in its conditions they stand.
    fn monitored<'n>(&mut self, node: &'n Node, scope: &TemplateScope<'n>) {
        match &node.content {
            Content::List(items) => items.iter().for_each(|item| self.monitored(item, scope)),
            Content::Map(entries) => {
                let resolved = Resolved { file: self.file, scope };
                let map = found::map(
                    node.span,
                    node.get("query").map(|it| ("query", it.clone())).into_iter().collect(),
                );
                self.all.found.extend(resolved.found(node, map, QueryRole::SavedSearch));
                entries.iter().for_each(|(_, value)| self.monitored(value, scope));
            }
            _ => {}
        }
    }

    /// A workbook, which is JSON in a text.
    fn workbook<'n>(&mut self, properties: &'n Node, scope: &TemplateScope<'n>) -> bool {
        let Some(data) = properties.get("serializedData") else { return false };
        let text = scope.text(self.file, data);
        if !text.is_some_and(|text| {
            workbook::serialized(&text, &mut self.all.found, &mut self.all.passed_over, data.span)
        }) {
            let what = "a workbook that is an expression of the template, which cannot be followed here";
            self.all.passed_over.push((data.span, what.to_owned()));
        }
        true
    }
}

/// Makes rules of resources, with the texts that their expressions give.
struct Resolved<'f, 's, 'n> {
    file: &'f str,
    scope: &'s TemplateScope<'n>,
}

impl<'n> Resolved<'_, '_, 'n> {
    /// A value whose texts are those that its expressions give, as far as they can be followed.
    fn value(&self, node: &'n Node) -> Node {
        let content = match &node.content {
            Content::List(items) => Content::List(items.iter().map(|it| self.value(it)).collect()),
            Content::Map(entries) => {
                Content::Map(entries.iter().map(|(key, value)| (key.clone(), self.value(value))).collect())
            }
            Content::Text(text) if text.starts_with('[') => match self.scope.followed(self.file, node) {
                // What an expression names may be more than a text.
                Some(followed) if !std::ptr::eq(followed, node) => {
                    return Node { content: followed.content.clone(), span: node.span };
                }
                _ => match self.scope.text(self.file, node) {
                    Some(found) => Content::Text(found.text),
                    None => node.content.clone(),
                },
            },
            content => content.clone(),
        };
        Node { content, span: node.span }
    }

    /// The query of a resource, at its place.
    fn found(&self, properties: &'n Node, node: Node, role: QueryRole) -> Option<FoundQuery> {
        let query = self.scope.text(self.file, properties.get("query")?)?;
        // An expression that could not be followed is no query.
        let is_expression = query.text.starts_with("[parameters(") || query.text.starts_with("[variables(");
        (!is_expression).then(|| FoundQuery { node, role, query, functions: Vec::new() })
    }

    /// An analytics rule of a template: its properties under the names of the YAML form.
    fn alert_rule(&self, resource: &'n Node, properties: &'n Node) -> Option<FoundQuery> {
        let mut entries = Vec::new();
        let id = ["name", "id"]
            .iter()
            .filter_map(|name| resource.get(name))
            .find_map(|it| guid_of(&self.value(it)));
        if let Some(id) = id.or_else(|| resource.get("name").cloned()) {
            entries.push((Key { name: "id".to_owned(), span: id.span }, id));
        }
        if let Some((key, kind)) = resource.entry("kind") {
            entries.push((key.clone(), self.value(kind)));
        }
        for (key, value) in properties.entries() {
            let name = match key.name.as_str() {
                "displayName" => "name",
                "techniques" => "relevantTechniques",
                "templateVersion" => "version",
                name => name,
            };
            entries.push((Key { name: name.to_owned(), span: key.span }, self.value(value)));
        }
        let node = Node { content: Content::Map(entries), span: resource.span };
        self.found(properties, node, QueryRole::Analytics)
    }

    /// A saved search: a hunting query, whose tags hold what has no property; a function, if it has a name to be called by; or
    /// one that people keep for themselves.
    fn saved_search(&self, resource: &'n Node, properties: &'n Node) -> Option<FoundQuery> {
        let text = |name: &str| {
            properties.get(name).map(|it| self.value(it)).and_then(|it| it.text().map(str::to_owned))
        };
        let category = text("category").unwrap_or_default().to_ascii_lowercase();
        let mut entries = Vec::new();
        for (key, value) in properties.entries() {
            let name = match key.name.as_str() {
                "displayName" => "name",
                "tags" => continue,
                name => name,
            };
            entries.push((Key { name: name.to_owned(), span: key.span }, self.value(value)));
        }
        for tag in properties.get("tags").map(Node::items).unwrap_or_default() {
            let (Some(name), Some(value)) = (tag.get("name").and_then(Node::text), tag.get("value")) else {
                continue;
            };
            let value = self.value(value);
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
        if let Some(id) = resource.get("name").and_then(|it| guid_of(&self.value(it))) {
            entries.push((Key { name: "id".to_owned(), span: id.span }, id));
        }
        let node = Node { content: Content::Map(entries), span: resource.span };
        if let Some(alias) = text("functionAlias").filter(|it| !it.is_empty()) {
            let parameters = function::bracketed(&text("functionParameters").unwrap_or_default());
            let head = function::declared(self.file, node.clone(), vec![alias], parameters).functions;
            return Some(FoundQuery {
                functions: head,
                ..self.found(properties, node, QueryRole::Function)?
            });
        }
        let role = if category.contains("hunting") { QueryRole::Hunting } else { QueryRole::SavedSearch };
        self.found(properties, node, role)
    }
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
