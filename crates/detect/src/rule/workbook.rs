//! Finds the queries of workbooks: items of the type KqlItem at any depth, and those of parameters. What stands for a parameter's
//! value is replaced where its kind tells how; other queries with parameters are passed over. It must not know templates.

use kqlite::Span;

use super::found::{FoundQuery, map};
use super::json;
use super::place::PlacedText;
use super::tree::{Content, Node};
use super::words::QueryRole;

/// The kind of parameter that is a range of time.
const TIME_RANGE: &str = "4";
/// The kind of query that reads logs.
const LOGS: &str = "0";

/// The JSON is that of a workbook.
pub(super) fn is_workbook(node: &Node) -> bool {
    node.get("version").and_then(Node::text).is_some_and(|it| it.starts_with("Notebook/"))
        && node.get("items").is_some()
}

/// Takes the queries of a workbook.
pub(super) fn queries(
    file: &str,
    node: &Node,
    found: &mut Vec<FoundQuery>,
    passed_over: &mut Vec<(Span, String)>,
) {
    let mut ranges = Vec::new();
    each(node, &mut |it| {
        if it.get("type").and_then(Node::text) == Some(TIME_RANGE)
            && let Some(name) = it.get("name").and_then(Node::text)
        {
            ranges.push(name.to_owned());
        }
    });
    each(node, &mut |it| {
        let (Some(query), Some(kind)) = (it.get("query"), it.get("queryType")) else { return };
        if query.text().is_none() || kind.text() != Some(LOGS) {
            return;
        }
        let written = PlacedText::of(file, query);
        match with_values(&written, &ranges) {
            Some(text) => {
                let mut entries = vec![("query", query.clone())];
                if let Some(title) = ["title", "name"].iter().find_map(|name| it.get(name)) {
                    entries.push(("name", title.clone()));
                }
                let node = map(it.span, entries);
                found.push(FoundQuery {
                    node,
                    role: QueryRole::Workbook,
                    query: text,
                    functions: Vec::new(),
                });
            }
            None => passed_over.push((query.span, "a query of a workbook with parameters".to_owned())),
        }
    });
}

/// Takes the queries of a workbook that is JSON in a text; `false` if it is none.
pub(super) fn serialized(
    text: &PlacedText,
    found: &mut Vec<FoundQuery>,
    passed_over: &mut Vec<(Span, String)>,
    span: Span,
) -> bool {
    let Ok(node) = json::read(&text.text) else { return false };
    let (mut inner, mut passed) = (Vec::new(), Vec::new());
    queries(&text.text, &node, &mut inner, &mut passed);
    passed_over.extend(passed.into_iter().map(|(_, what)| (span, what)));
    for mut it in inner {
        it.query = text.placing(&it.query);
        it.node = with_span(&it.node, span);
        found.push(it);
    }
    true
}

/// A value whose parts are all said to stand at one place.
fn with_span(node: &Node, span: Span) -> Node {
    let content = match &node.content {
        Content::Map(entries) => Content::Map(
            entries
                .iter()
                .map(|(key, it)| (super::tree::Key { span, ..key.clone() }, with_span(it, span)))
                .collect(),
        ),
        content => content.clone(),
    };
    Node { content, span }
}

/// Calls for each map within a value.
fn each<'n>(node: &'n Node, work: &mut dyn FnMut(&'n Node)) {
    match &node.content {
        Content::List(items) => items.iter().for_each(|item| each(item, work)),
        Content::Map(entries) => {
            work(node);
            entries.iter().for_each(|(_, value)| each(value, work));
        }
        _ => {}
    }
}

/// A query in which values stand for parameters, such as `{TimeRange}`; `None` where nobody can tell which.
fn with_values(query: &PlacedText, ranges: &[String]) -> Option<PlacedText> {
    let text = query.text.as_str();
    let mut made = PlacedText::default();
    let (mut from, mut at, mut quote) = (0, 0, None);
    while let Some(c) = text.get(at..)?.chars().next() {
        match (quote, c) {
            (Some(_), '\\') => at += 1 + text.get(at + 1..)?.chars().next().map_or(0, char::len_utf8),
            (Some(open), _) => {
                if open == c || c == '\n' {
                    quote = None;
                }
                at += c.len_utf8();
            }
            (None, '\'' | '"') => {
                quote = Some(c);
                at += 1;
            }
            (None, '{') => match parameter(text.get(at..)?) {
                Some(name) => {
                    made.push(&query.part(from..at));
                    made.push(&PlacedText::unplaced(value_of(name, text.get(..at)?, ranges)?));
                    at += name.len() + 2;
                    from = at;
                }
                None => at += 1,
            },
            _ => at += c.len_utf8(),
        }
    }
    made.push(&query.part(from..text.len()));
    Some(made)
}

/// The name within `{…}`, maybe with what is wanted of its value: `TimeRange:start`.
fn parameter(text: &str) -> Option<&str> {
    let name = text.strip_prefix('{')?.split_once('}')?.0;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '-'));
    is_name.then_some(name)
}

/// What stands for a parameter, of the kind that belongs there.
fn value_of(name: &str, before: &str, ranges: &[String]) -> Option<&'static str> {
    let (name, what) = name.split_once(':').unwrap_or((name, ""));
    let before = before.trim_end();
    if ranges.iter().any(|range| range == name) {
        return match what {
            "start" | "end" => Some("datetime(2024-06-30)"),
            "grain" => Some("1h"),
            "" | "query" if before.ends_with(|c: char| c.is_alphanumeric() || c == '_') => Some("> ago(1d)"),
            _ => None,
        };
    }
    // A list of values: `in ({Users})`
    let list = before.strip_suffix('(').map(str::trim_end);
    list.filter(|it| ["in", "in~", "!in", "has_any", "has_all"].iter().any(|word| it.ends_with(word)))
        .map(|_| "''")
}
