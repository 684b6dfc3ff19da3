//! `graph-where-nodes` and `graph-where-edges`: parts of a graph.

use super::super::expr::unnamed_expression;
use super::super::input::{Res, Tokens, keyword, need_expr};
use crate::syntax::ast::{At, GraphWhereOperator, QueryOperator};

pub(super) fn graph_where_nodes_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, it) = graph_where(i, "graph-where-nodes")?;
    Ok((i, QueryOperator::GraphWhereNodes(it)))
}

pub(super) fn graph_where_edges_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, it) = graph_where(i, "graph-where-edges")?;
    Ok((i, QueryOperator::GraphWhereEdges(it)))
}

fn graph_where<'p>(i: Tokens<'p>, word: &'static str) -> Res<'p, GraphWhereOperator> {
    let (i, start) = keyword(word)(i)?;
    let (i, predicate) = need_expr(i, unnamed_expression);
    let at = i.since(start);
    Ok((i, GraphWhereOperator { parameters: Vec::new(), predicate, keyword_at: At(start.span), at }))
}
