//! `make-graph`: a graph out of a table of edges.

use super::super::expr::{path_expression, simple_path};
use super::super::input::{
    ListShape, Res, Tokens, comma_list, is_list_end, keyword, missing_expr, missing_name, need, need_keyword,
    optional, text,
};
use super::super::name::{name_reference, need_name};
use super::super::parameter::{NO_PARAMETERS, parameters};
use super::mv_apply::contextual_subquery;
use crate::syntax::ast::{At, Expression, MakeGraphOperator, Name, QueryOperator};
use crate::syntax::token::TokenKind;

pub(super) fn make_graph_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("make-graph")(i)?;
    let (i, parameters) = parameters(i, NO_PARAMETERS);
    let (i, source) = need_reference(i);
    let (i, directed) = match (text("-->")(i), text("--")(i)) {
        (Ok((i, _)), _) => (i, true),
        (_, Ok((i, _))) => (i, false),
        _ => {
            i.expected("'-->' or '--'");
            (i, true)
        }
    };
    let (i, target) = need_reference(i);
    let (i, node_id) = optional(i, implicit_id);
    let (i, nodes) = if node_id.is_none() { optional(i, node_tables) } else { (i, None) };
    let (i, partitioned_by) = optional(i, partitioned_by);
    let it = MakeGraphOperator {
        parameters,
        source,
        directed,
        target,
        nodes: nodes.unwrap_or_default(),
        node_id,
        partitioned_by,
        keyword_at: At(start.span),
        at: i.since(start),
    };
    Ok((i, QueryOperator::MakeGraph(it)))
}

fn need_reference(i: Tokens<'_>) -> (Tokens<'_>, Expression) {
    name_reference(i).unwrap_or_else(|_| (i, Expression::Name(missing_name(i))))
}

/// `with_node_id = name`
fn implicit_id(i: Tokens<'_>) -> Res<'_, Name> {
    let (i, _) = keyword("with_node_id")(i)?;
    Ok(need_name(need(i, TokenKind::Equal, "=")))
}

/// `with table on key, …`
fn node_tables(i: Tokens<'_>) -> Res<'_, Vec<(Expression, Expression)>> {
    let (i, _) = keyword("with")(i)?;
    let end = |i: Tokens<'_>| is_list_end(i) || i.is_keyword(0, "partitioned-by");
    let missing = |i: Tokens<'_>| (missing_expr(i), Expression::Missing(At(i.gap())));
    Ok(comma_list(i, ListShape::until(end), table_and_key, missing))
}

fn table_and_key(i: Tokens<'_>) -> Res<'_, (Expression, Expression)> {
    let (i, table) = path_expression(i)?;
    let i = need_keyword(i, "on");
    let (i, key) = need_reference(i);
    Ok((i, (table, key)))
}

/// `partitioned-by column (…)`
fn partitioned_by(i: Tokens<'_>) -> Res<'_, (Expression, Expression)> {
    let (i, _) = keyword("partitioned-by")(i)?;
    let (i, column) = simple_path(i).unwrap_or_else(|_| (i, Expression::Name(missing_name(i))));
    let i = need(i, TokenKind::OpenParen, "(");
    let (i, subquery) = contextual_subquery(i);
    let i = need(i, TokenKind::CloseParen, ")");
    Ok((i, (column, Expression::Pipe(Box::new(subquery)))))
}
