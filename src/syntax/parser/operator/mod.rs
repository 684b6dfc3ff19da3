//! The tabular operators, one file each: here is which keyword begins which.
//! It must not know what an operator does to rows.

mod as_;
mod assert_schema;
mod consume;
mod count;
mod distinct;
mod evaluate;
mod execute_and_cache;
mod extend;
mod facet;
pub(super) mod find;
mod fork;
mod get_schema;
mod graph_mark_components;
mod graph_match;
mod graph_to_table;
mod graph_where;
mod inline_external_table;
mod invoke;
mod join;
mod macro_expand;
mod make_graph;
mod make_series;
mod mv_apply;
mod mv_expand;
mod parse;
mod parse_kv;
mod partition;
mod print;
mod project;
mod project_reorder;
mod range;
mod reduce;
mod render;
mod sample;
mod scan;
mod search;
mod sort;
pub(super) mod summarize;
mod take;
mod top;
mod top_hitters;
mod top_nested;
mod union;
mod where_;

use super::input::{Res, Tokens, absent};
use super::name::scan_name;
use super::parameter::is_parameter;
use crate::diagnostic::{Code, Diagnostic};
use crate::nearest::nearest;
use crate::syntax::ast::{At, MissingOperator, QueryOperator};
use crate::syntax::expected::Expected;
use crate::syntax::token::{NameUse, TokenKind};

/// The keyword that stands next, if one does.
fn keyword_text(i: Tokens<'_>) -> &str {
    let token = i.peek(0);
    if token.is_keyword() { i.text(token) } else { "" }
}

/// An operator that may start a query.
pub(super) fn unpiped_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    i.expects(0, Expected::FirstOperator);
    match keyword_text(i) {
        "evaluate" => evaluate::evaluate_operator(i),
        "find" => find::find_operator(i),
        "macro-expand" => macro_expand::macro_expand_operator(i),
        "print" => print::print_operator(i),
        "search" => search::search_operator(i),
        "union" => union::union_operator(i),
        _ => absent(),
    }
}

/// An operator behind a pipe.
pub(super) fn piped_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let read = match keyword_text(i) {
        "as" => as_::as_operator,
        "assert-schema" => assert_schema::assert_schema_operator,
        "consume" => consume::consume_operator,
        "count" => count::count_operator,
        "distinct" => distinct::distinct_operator,
        "evaluate" => evaluate::evaluate_operator,
        "__executeAndCache" => execute_and_cache::execute_and_cache_operator,
        "extend" => extend::extend_operator,
        "facet" => facet::facet_operator,
        "filter" | "where" => where_::where_operator,
        "find" => find::find_operator,
        "fork" => fork::fork_operator,
        "getschema" => get_schema::get_schema_operator,
        "graph-mark-components" => graph_mark_components::graph_mark_components_operator,
        "graph-match" => graph_match::graph_match_operator,
        "graph-shortest-paths" => graph_match::graph_shortest_paths_operator,
        "graph-to-table" => graph_to_table::graph_to_table_operator,
        "graph-where-edges" => graph_where::graph_where_edges_operator,
        "graph-where-nodes" => graph_where::graph_where_nodes_operator,
        "inline_external_table" => inline_external_table::inline_external_table_operator,
        "invoke" => invoke::invoke_operator,
        "join" => join::join_operator,
        "lookup" => join::lookup_operator,
        "make-graph" => make_graph::make_graph_operator,
        "make-series" => make_series::make_series_operator,
        "mvapply" | "mv-apply" => mv_apply::mv_apply_operator,
        "mvexpand" | "mv-expand" => mv_expand::mv_expand_operator,
        "parse" => parse::parse_operator,
        "parse-kv" => parse_kv::parse_kv_operator,
        "parse-where" => parse::parse_where_operator,
        "partition" => partition::partition_operator,
        "__partitionby" => partition::partition_by_operator,
        "project" => project::project_operator,
        "project-away" => project::project_away_operator,
        "project-by-names" => project::project_by_names_operator,
        "project-keep" => project::project_keep_operator,
        "project-rename" => project::project_rename_operator,
        "project-reorder" => project_reorder::project_reorder_operator,
        "range" => range::range_operator,
        "reduce" => reduce::reduce_operator,
        "render" => render::render_operator,
        "sample" => sample::sample_operator,
        "sample-distinct" => sample::sample_distinct_operator,
        "scan" => scan::scan_operator,
        "search" => search::search_operator,
        "serialize" => extend::serialize_operator,
        "order" | "sort" => sort::sort_operator,
        "summarize" => summarize::summarize_operator,
        "limit" | "take" => take::take_operator,
        "top" => top::top_operator,
        "top-hitters" => top_hitters::top_hitters_operator,
        "top-nested" => top_nested::top_nested_operator,
        "union" => union::union_operator,
        _ => return absent(),
    };
    read(i)
}

/// An operator behind a pipe, which has to be there.
pub(super) fn query_operator(i: Tokens<'_>) -> (Tokens<'_>, QueryOperator) {
    i.expects(0, Expected::PipedOperator);
    if let Ok(found) = piped_operator(i).or_else(|_| i.quietly(|| unpiped_operator(i))) {
        return found;
    }
    let token = i.peek(0);
    if token.kind != TokenKind::Word(NameUse::Plain) {
        return (i, missing_operator(i));
    }
    let word = i.text(token);
    let mut it = Diagnostic::error(
        Code::UnknownOperator,
        token.span,
        format!("'{word}' is not an operator; one is expected behind a pipe"),
    );
    // What is not kept needs no suggestion, and there may be very many.
    if !i.is_full()
        && let Some(close) = nearest(word, OPERATORS.iter().copied())
    {
        it = it.did_you_mean(close, close);
    }
    i.report(it);
    let at = At(token.span);
    (skip_operator(i.skip(1)), QueryOperator::Missing(MissingOperator { keyword_at: at, at }))
}

/// Passes over what belongs to an operator that is not known: nothing in it can be judged.
fn skip_operator(mut i: Tokens<'_>) -> Tokens<'_> {
    use TokenKind::*;
    let mut open = 0_usize;
    loop {
        match i.kind() {
            End => return i,
            Bar | Semicolon if open == 0 => return i,
            OpenParen | OpenBracket | OpenBrace => open += 1,
            CloseParen | CloseBracket | CloseBrace => match open.checked_sub(1) {
                Some(less) => open = less,
                None => return i,
            },
            _ => {}
        }
        i = i.skip(1);
    }
}

/// Records that an operator is missing.
fn missing_operator(i: Tokens<'_>) -> QueryOperator {
    i.missing(Code::UnknownOperator, "an operator");
    let at = At(i.gap());
    QueryOperator::Missing(MissingOperator { keyword_at: at, at })
}

/// A word names an operator.
pub(in crate::syntax) fn is_operator(word: &str) -> bool {
    OPERATORS.contains(&word)
}

/// The operators by name, for suggestions.
const OPERATORS: &[&str] = &[
    "as",
    "assert-schema",
    "consume",
    "count",
    "distinct",
    "evaluate",
    "extend",
    "facet",
    "filter",
    "find",
    "fork",
    "getschema",
    "graph-mark-components",
    "graph-match",
    "graph-shortest-paths",
    "graph-to-table",
    "graph-where-edges",
    "graph-where-nodes",
    "invoke",
    "join",
    "limit",
    "lookup",
    "make-graph",
    "make-series",
    "mv-apply",
    "mv-expand",
    "order",
    "parse",
    "parse-kv",
    "parse-where",
    "partition",
    "print",
    "project",
    "project-away",
    "project-by-names",
    "project-keep",
    "project-rename",
    "project-reorder",
    "range",
    "reduce",
    "render",
    "sample",
    "sample-distinct",
    "scan",
    "search",
    "serialize",
    "sort",
    "summarize",
    "take",
    "top",
    "top-hitters",
    "top-nested",
    "union",
    "where",
];

/// An operator begins here rather than an expression: many keywords may be names too.
pub(super) fn is_query_operator_ahead(i: Tokens<'_>) -> bool {
    let token = i.peek(0);
    let is_by = || i.is_keyword(1, "by") || is_parameter(i, 1);
    match keyword_text(i) {
        "evaluate" => scan_name(i, 1).is_some() || is_parameter(i, 1),
        "facet" => i.is_keyword(1, "by"),
        "inline_external_table" => i.peek(1).kind == TokenKind::OpenParen || i.is_keyword(1, "kind"),
        "partition" | "reduce" => is_by(),
        "range" => scan_name(i, 1).is_some_and(|count| i.is_keyword(1 + count, "from")),
        "render" => render::is_chart(i, 1) || i.peek(1).is_name(),
        "as"
        | "assert-schema"
        | "__executeAndCache"
        | "find"
        | "graph-match"
        | "graph-to-table"
        | "invoke"
        | "macro-expand"
        | "make-graph"
        | "graph-mark-components"
        | "make-series"
        | "mv-apply"
        | "mv-expand"
        | "parse-where"
        | "parse-kv"
        | "print"
        | "project"
        | "project-away"
        | "project-keep"
        | "project-rename"
        | "project-by-names"
        | "project-reorder"
        | "sample"
        | "sample-distinct"
        | "search"
        | "top-hitters"
        | "top-nested"
        | "union"
        | "where" => !matches!(token.kind, TokenKind::Word(NameUse::Plain | NameUse::Anywhere)),
        _ => false,
    }
}
