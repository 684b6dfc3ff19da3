//! `graph-match` and `graph-shortest-paths`: patterns in a graph.

use super::super::expr::{expression, named_expression, path_expression};
use super::super::input::{
    ListShape, Res, Tokens, absent, comma_list, keyword, list, missing_expr, need, need_expr, optional, text,
    token,
};
use super::super::name::name;
use super::super::parameter::{GRAPH_MATCH, GRAPH_SHORTEST_PATHS, ParameterSpec, missing_value, parameters};
use crate::diagnostic::Code;
use crate::syntax::ast::{
    At, Expression, GraphDirection, GraphMatchOperator, GraphPattern, GraphPatternPart, QueryOperator,
};
use crate::syntax::token::TokenKind;

pub(super) fn graph_match_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, it) = graph_patterns(i, "graph-match", GRAPH_MATCH)?;
    Ok((i, QueryOperator::GraphMatch(it)))
}

pub(super) fn graph_shortest_paths_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, it) = graph_patterns(i, "graph-shortest-paths", GRAPH_SHORTEST_PATHS)?;
    Ok((i, QueryOperator::GraphShortestPaths(it)))
}

fn graph_patterns<'p>(
    i: Tokens<'p>,
    word: &'static str,
    own: &'static [ParameterSpec],
) -> Res<'p, GraphMatchOperator> {
    let (i, start) = keyword(word)(i)?;
    let (i, parameters) = parameters(i, own);
    let (i, patterns) = comma_list(i, ListShape::OPEN, graph_pattern, missing_pattern);
    let (i, predicate) = match keyword("where")(i) {
        Ok((i, _)) => {
            let (i, it) = need_expr(i, expression);
            (i, Some(it))
        }
        Err(_) => (i, None),
    };
    let (i, project) = optional(i, project_clause);
    let it = GraphMatchOperator {
        parameters,
        patterns,
        predicate,
        project,
        keyword_at: At(start.span),
        at: i.since(start),
    };
    Ok((i, it))
}

fn missing_pattern(i: Tokens<'_>) -> GraphPattern {
    i.missing(Code::Expected, "a graph pattern such as (a)-[e]->(b)");
    GraphPattern { parts: Vec::new() }
}

fn project_clause(i: Tokens<'_>) -> Res<'_, Vec<Expression>> {
    let (i, _) = keyword("project")(i)?;
    Ok(comma_list(i, ListShape::SOME, named_expression, missing_expr))
}

/// `(a)-[e]->(b)`
fn graph_pattern(i: Tokens<'_>) -> Res<'_, GraphPattern> {
    let (i, parts) = list(i, |i| graph_node(i).or_else(|_| graph_edge(i)));
    if parts.is_empty() { Ok((i, missing_pattern(i))) } else { Ok((i, GraphPattern { parts })) }
}

fn graph_node(i: Tokens<'_>) -> Res<'_, GraphPatternPart> {
    let (i, open) = token(TokenKind::OpenParen)(i)?;
    let (i, name) = optional(i, name);
    let i = need(i, TokenKind::CloseParen, ")");
    Ok((i, GraphPatternPart::Node { name, at: i.since(open) }))
}

fn graph_edge(i: Tokens<'_>) -> Res<'_, GraphPatternPart> {
    use GraphDirection::{Any, Left, Right};
    let start = i.peek(0);
    for (arrow, direction) in [("-->", Right), ("<--", Left), ("--", Any)] {
        if let Ok((i, _)) = text(arrow)(i) {
            let at = i.since(start);
            return Ok((i, GraphPatternPart::Edge { name: None, range: None, direction, at }));
        }
    }
    let (i, is_left) = match (text("-[")(i), text("<-[")(i)) {
        (Ok((i, _)), _) => (i, false),
        (_, Ok((i, _))) => (i, true),
        _ => return absent(),
    };
    let (i, name) = optional(i, name);
    let (i, range) = optional(i, edge_range);
    let (i, is_right) = match (text("]->")(i), text("]-")(i)) {
        (Ok((i, _)), _) => (i, true),
        (_, Ok((i, _))) => (i, false),
        _ => {
            i.expected("']->' or ']-'");
            (i, false)
        }
    };
    let direction = match (is_left, is_right) {
        (true, _) => Left,
        (false, true) => Right,
        (false, false) => Any,
    };
    Ok((i, GraphPatternPart::Edge { name, range, direction, at: i.since(start) }))
}

/// `*1..3`
fn edge_range(i: Tokens<'_>) -> Res<'_, (Expression, Expression)> {
    let (i, _) = token(TokenKind::Star)(i)?;
    let (i, from) = path_expression(i).unwrap_or_else(|_| (i, missing_value(i)));
    let i = need(i, TokenKind::DotDot, "..");
    let (i, to) = need_expr(i, path_expression);
    Ok((i, (from, to)))
}
