//! Finds the queries of a text without any form around them: one query, several with empty lines between them, a file of
//! functions, or a command that creates one. It must not know other forms.

use kqlite::Span;
use kqlite::syntax::ast::{LetValue, Statement};

use super::found::{FoundQuery, FunctionHead, map};
use super::function;
use super::place::PlacedText;
use super::tree::{Content, Node};
use super::words::QueryRole;

/// The queries of a text.
pub(super) fn queries(text: &str) -> Vec<FoundQuery> {
    if let Some(found) = function::of_command(text) {
        return vec![found];
    }
    let parsed = kqlite::syntax::parse(text);
    if !parsed.diagnostics.is_empty() {
        let several = several(text);
        return if several.len() > 1 { several } else { vec![whole(text)] };
    }
    let mut found = whole(text);
    let statements = &parsed.tree.statements;
    if !statements.is_empty() && statements.iter().all(|it| matches!(it, Statement::Let(_))) {
        found.role = QueryRole::Function;
        found.functions = statements.iter().filter_map(|it| declared(text, it)).collect();
    }
    vec![found]
}

/// A text as one query.
pub(super) fn whole(text: &str) -> FoundQuery {
    within(text, 0, text.len())
}

fn within(text: &str, start: usize, end: usize) -> FoundQuery {
    let span = Span::new(start, end);
    let query = PlacedText::within(text, start..end);
    let node = Node { content: Content::Text(query.text.clone()), span };
    FoundQuery {
        node: map(span, vec![("query", node)]),
        role: QueryRole::Query,
        query,
        functions: Vec::new(),
    }
}

/// Queries between which there are empty lines, as programs that convert rules write them. Empty unless each part begins as a
/// query does, and at least half of them can be read.
fn several(text: &str) -> Vec<FoundQuery> {
    let (mut start, mut offset) = (0, 0);
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for line in text.split_inclusive('\n') {
        if line.trim().is_empty() {
            parts.push((start, offset));
            start = offset + line.len();
        }
        offset += line.len();
    }
    parts.push((start, text.len()));
    let (mut found, mut readable) = (Vec::new(), 0);
    for (start, end) in parts {
        let part = text.get(start..end).unwrap_or_default();
        let mut code = part.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
        let Some(first) = code.next() else { continue };
        let last = code.next_back().unwrap_or(first);
        // What goes on with the part before it, or is not yet at its end, is no query.
        let begins = first.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '[' || c == '(');
        if !begins || last.ends_with([';', ',', '(', '|', '{', '=']) {
            return Vec::new();
        }
        let parsed = kqlite::syntax::parse(part);
        let has_query = parsed.tree.statements.iter().any(|it| matches!(it, Statement::Expression(_)));
        readable += usize::from(parsed.diagnostics.is_empty() && has_query);
        found.push(within(text, start, end));
    }
    if readable * 2 >= found.len() && readable > 0 { found } else { Vec::new() }
}

/// The function that a `let` of a file of functions declares.
fn declared(text: &str, statement: &Statement) -> Option<FunctionHead> {
    let Statement::Let(it) = statement else { return None };
    let (span, is_function) = match &it.value {
        LetValue::Expression(expression) => (expression.span(), false),
        LetValue::Function(function) => (function.at.0, true),
        _ => return None,
    };
    let value = text.get(span.range())?;
    let body = if is_function { value.to_owned() } else { format!("() {{ {value} }}") };
    Some(FunctionHead { names: vec![it.name.text.clone()], parameters: String::new(), text: Some(body) })
}

/// A text of no known form that is KQL: it has an operator behind a `|`, as few other texts have.
pub(super) fn is_query(text: &str) -> bool {
    const OPERATORS: [&str; 12] = [
        "where",
        "project",
        "extend",
        "summarize",
        "join",
        "take",
        "count",
        "union",
        "mv-expand",
        "parse",
        "sort",
        "distinct",
    ];
    let is_operator = |word: &str| OPERATORS.iter().any(|it| word.starts_with(it));
    let code = text.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    let mut behind = code.flat_map(|line| line.split('|').skip(1)).map(str::trim_start);
    behind.any(is_operator)
}
