//! Stored functions as repositories keep them: parsers of ASIM and of solutions as YAML, and `.create function`. It must not know
//! who calls them.

use kqlite::Span;

use super::found::{FoundQuery, FunctionHead, map};
use super::place::PlacedText;
use super::tree::{Content, Node};
use super::words::QueryRole;

/// The function that a map of the YAML form declares.
pub(super) fn of_map(file: &str, node: &Node) -> Option<FoundQuery> {
    let (query, names, parameters) = if let Some(query) = node.get("FunctionQuery") {
        let parameters = ["FunctionParameters", "functionParameters"].iter().find_map(|name| node.get(name));
        let parameters = parameters.map(|it| match it.text() {
            Some(text) => bracketed(text),
            None => listed(it),
        });
        (query, ["FunctionAlias", "FunctionName"], parameters)
    } else {
        let query = node.get("ParserQuery")?;
        (query, ["ParserName", "EquivalentBuiltInParser"], node.get("ParserParams").map(listed))
    };
    query.text()?;
    let names: Vec<String> =
        names.iter().filter_map(|name| Some(node.get(name)?.text()?.trim().to_owned())).collect();
    let mut entries = vec![("query", query.clone())];
    if let Some(name) = ["FunctionName", "FunctionAlias", "ParserName"].iter().find_map(|name| node.get(name))
    {
        entries.push(("name", name.clone()));
    }
    Some(declared(file, map(node.span, entries), names, parameters.unwrap_or_else(|| "()".to_owned())))
}

/// A function whose body is the query of a map.
pub(super) fn declared(file: &str, node: Node, mut names: Vec<String>, parameters: String) -> FoundQuery {
    names.retain(|name| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_'));
    names.dedup();
    let mut found = FoundQuery::new(file, node, QueryRole::Function);
    if !names.is_empty() {
        found.functions.push(FunctionHead { names, parameters, text: None });
    }
    found
}

/// Parameters with their brackets, which are not everywhere written.
pub(super) fn bracketed(text: &str) -> String {
    let text = text.trim();
    if text.starts_with('(') && text.ends_with(')') && !text.starts_with("(*") {
        text.to_owned()
    } else {
        format!("({text})")
    }
}

/// `[{Name: n, Type: long, Default: 1}]`
fn listed(node: &Node) -> String {
    let mut parameters = Vec::new();
    for item in node.items() {
        let text = |name: &str| item.get(name).and_then(Node::text).map(str::trim);
        let (Some(name), Some(data_type)) = (text("Name"), text("Type")) else { continue };
        // The text of a default is its value; that of another type is written as KQL.
        let is_quoted = |it: &str| it.starts_with(['\'', '"', '@']) && it.len() > 1;
        let default = match (&item.entry("Default").map(|(_, it)| &it.content), text("Default")) {
            (Some(Content::Map(_) | Content::List(_)), _) => None,
            (_, Some(it)) if data_type.eq_ignore_ascii_case("string") && !is_quoted(it) => {
                Some(format!("'{}'", it.replace('\\', "\\\\").replace('\'', "\\'")))
            }
            (_, Some(it)) => Some(it.to_owned()),
            (_, None) => None,
        };
        let data_type = data_type.strip_prefix("table:").unwrap_or(data_type);
        parameters.push(match default {
            Some(default) => format!("{name}: {data_type} = {default}"),
            None => format!("{name}: {data_type}"),
        });
    }
    format!("({})", parameters.join(", "))
}

/// `.create-or-alter function with (…) Name (parameters) { body }`: its function; `None` for any other text.
pub(super) fn of_command(text: &str) -> Option<FoundQuery> {
    let start = text.len() - skip_blanks(text).len();
    let rest = text.get(start..)?;
    let mut words = rest.split_ascii_whitespace();
    let verb = words.next()?;
    if ![".create", ".create-or-alter", ".alter"].contains(&verb) || words.next()? != "function" {
        return None;
    }
    let mut at = start + rest.find("function")? + "function".len();
    loop {
        at = text.len() - skip_blanks(text.get(at..)?).len();
        let tail = text.get(at..)?;
        if tail.starts_with("ifnotexists") {
            at += "ifnotexists".len();
        } else if tail.starts_with("with") && skip_blanks(tail.get(4..)?).starts_with('(') {
            at += tail.find(')')? + 1;
        } else {
            break;
        }
    }
    let tail = text.get(at..)?;
    let open = tail.find('(')?;
    let name = tail.get(..open)?.trim().trim_matches(|c| "[]'\"".contains(c)).to_owned();
    let body = at + open;
    let written = text.get(body..)?;
    let parameters = parameters_end(written)?;
    let brace = parameters + written.get(parameters..)?.find('{')?;
    let end = written.rfind('}').filter(|end| *end > brace)?;
    let node = map(
        Span::new(0, text.len()),
        vec![("name", Node { content: Content::Text(name.clone()), span: Span::new(at, at + open) })],
    );
    let mut found = declared(text, node, vec![name], written.get(..parameters)?.to_owned());
    found.query = PlacedText::within(text, body + brace + 1..body + end);
    Some(found)
}

/// Where the brackets of parameters end that a text begins with.
fn parameters_end(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0_usize, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// A text from behind its blanks and comments.
fn skip_blanks(text: &str) -> &str {
    let mut rest = text.trim_start();
    while let Some(comment) = rest.strip_prefix("//") {
        rest = comment.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
    }
    rest
}
