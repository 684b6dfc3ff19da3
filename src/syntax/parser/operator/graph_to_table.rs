//! `graph-to-table`: nodes and edges as rows.

use super::super::input::{ListShape, Res, Tokens, comma_list, keyword};
use super::super::name::{need_name, word_name};
use super::super::parameter::{GRAPH_EDGES, GRAPH_NODES, parameters};
use crate::diagnostic::Code;
use crate::syntax::ast::{At, GraphToTableOperator, GraphToTableOutput, Name, QueryOperator};

pub(super) fn graph_to_table_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("graph-to-table")(i)?;
    let (i, outputs) = comma_list(i, ListShape::OPEN, graph_output, missing_output);
    let it = GraphToTableOperator { outputs, keyword_at: At(start.span), at: i.since(start) };
    Ok((i, QueryOperator::GraphToTable(it)))
}

/// `nodes as n with_node_id=x`
fn graph_output(i: Tokens<'_>) -> Res<'_, GraphToTableOutput> {
    let (i, start) = keyword("nodes")(i).or_else(|_| keyword("edges")(i))?;
    let own = if i.text(start) == "nodes" { GRAPH_NODES } else { GRAPH_EDGES };
    let (i, name) = match keyword("as")(i) {
        Ok((i, _)) => {
            let (i, name) = need_name(i);
            (i, Some(name))
        }
        Err(_) => (i, None),
    };
    let (i, parameters) = parameters(i, own);
    Ok((i, GraphToTableOutput { entity: word_name(i, start), name, parameters }))
}

fn missing_output(i: Tokens<'_>) -> GraphToTableOutput {
    i.missing(Code::Expected, "'nodes' or 'edges'");
    let entity = Name { text: String::new(), bracketed: false, at: At(i.gap()) };
    GraphToTableOutput { entity, name: None, parameters: Vec::new() }
}
