//! Reads the queries of every format: YAML, JSON of templates and APIs, plain queries, Markdown. Each becomes a map with the keys
//! of the YAML format.

use kqlite::Span;

use super::classify::{self, NoQuery};
use super::error::RuleError;
use super::found::map;
use super::template::{self, TemplateQueries};
use super::tree::{Content, Node};
use super::{json, markdown, plain, yaml};

/// The format of a rule file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleFormat {
    /// Rules as YAML, as in Microsoft's repository: each is a document. Also parsers, and custom detections.
    Yaml,
    /// Templates with rules, saved searches and workbooks. Also rules as APIs give them, or the YAML form's keys as JSON.
    Json,
    /// A query alone, several, or functions.
    Kql,
    /// Text with blocks of code that are marked as KQL.
    Markdown,
}

impl RuleFormat {
    /// The form that a file's name tells.
    ///
    /// ```
    /// use kqlite_detect::RuleFormat;
    /// assert_eq!(RuleFormat::of_name("rules/mail.YAML"), Some(RuleFormat::Yaml));
    /// assert_eq!(RuleFormat::of_name("notes.docx"), None);
    /// ```
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        Some(match ending.to_ascii_lowercase().as_str() {
            "yaml" | "yml" => Self::Yaml,
            "json" => Self::Json,
            "kql" | "csl" | "kusto" | "txt" => Self::Kql,
            "md" | "markdown" => Self::Markdown,
            _ => return None,
        })
    }
}

/// The queries of a text, and what was passed over with its place.
pub(super) fn read(text: &str, format: RuleFormat) -> Result<TemplateQueries, RuleError> {
    let mut all = TemplateQueries::default();
    match format {
        RuleFormat::Yaml => {
            for document in yaml::read_all(text)? {
                // A document may be a list of rules.
                let items = if document.items().is_empty() {
                    vec![&document]
                } else {
                    document.items().iter().collect()
                };
                for node in items {
                    yaml_document(text, node, &mut all)?;
                }
            }
        }
        RuleFormat::Kql => all.found = plain::queries(text),
        RuleFormat::Markdown => {
            for block in markdown::blocks(text) {
                let span = block.text.places.span(Span::new(0, block.text.text.len())).unwrap_or_default();
                let heading = if block.heading.is_empty() { "query" } else { &block.heading };
                let name = Content::Text(format!("{heading} (line {})", block.line));
                let mut found = plain::whole(&block.text.text);
                found.node = map(span, vec![("name", Node { content: name, span })]);
                found.query = block.text;
                all.found.push(found);
            }
        }
        RuleFormat::Json => {
            let node = json::read(text)?;
            let items = if node.items().is_empty() { std::slice::from_ref(&node) } else { node.items() };
            let is_alone = node.items().is_empty();
            let taken = |item: &&Node| is_alone || item.get("query").is_none() || classify::is_rule(item);
            all.found.extend(items.iter().filter(taken).filter_map(|item| classify::of_map(text, item)));
            if all.found.is_empty() {
                all = template::queries(text, &node);
            }
        }
    }
    Ok(all)
}

fn yaml_document(text: &str, node: &Node, all: &mut TemplateQueries) -> Result<(), RuleError> {
    if let Some(found) = classify::of_map(text, node) {
        all.found.push(found);
        return Ok(());
    }
    match classify::without_query(node) {
        NoQuery::PassedOver(what) => all.passed_over.push((node.span, what)),
        NoQuery::RuleWithoutQuery => {
            return Err(RuleError::at(text, node.span, "the key 'query' is missing".to_owned()));
        }
        NoQuery::Other => {
            let more = template::queries(text, node);
            all.found.extend(more.found);
            all.passed_over.extend(more.passed_over);
        }
    }
    Ok(())
}

/// Why a text that is nothing but this has no query, where one was to be there.
pub(super) fn no_query(text: &str, format: RuleFormat) -> RuleError {
    let first = yaml::read_all(text).ok().and_then(|documents| documents.into_iter().next());
    let at_start = |message: &str| RuleError { line: 1, column: 1, message: message.to_owned() };
    match (format, first) {
        (RuleFormat::Json, _) => at_start(
            "there is no rule here: neither a resource of the type '…/alertRules', nor the key 'query'",
        ),
        (RuleFormat::Markdown, _) => {
            at_start("there is no query here: no block of code is marked as kql or kusto")
        }
        (_, Some(node)) if !matches!(node.content, Content::Map(_)) => {
            RuleError::at(text, node.span, format!("a rule is keys with values, this is {}", node.kind()))
        }
        (_, Some(node)) => RuleError::at(text, node.span, "the key 'query' is missing".to_owned()),
        (_, None) => at_start("the key 'query' is missing"),
    }
}

/// Whether a text that cannot be read as YAML or JSON was likely meant to have a query: a key says so, or several that rules
/// have.
pub(super) fn looks_like_rule(text: &str) -> bool {
    const OF_QUERIES: [&str; 7] = [
        "query",
        "queryText",
        "queryCondition",
        "FunctionQuery",
        "ParserQuery",
        "queryFrequency",
        "serializedData",
    ];
    const OF_RULES: [&str; 6] =
        ["id", "description", "severity", "tactics", "relevantTechniques", "requiredDataConnectors"];
    fn key(line: &str) -> &str {
        line.split([':', '"', ' ']).next().unwrap_or_default()
    }
    let has_query = text
        .lines()
        .any(|line| OF_QUERIES.contains(&key(line.trim_start_matches([' ', '\t', '-', '"', '{', ',']))));
    has_query || OF_RULES.iter().filter(|it| text.lines().any(|line| key(line) == **it)).count() >= 2
}
