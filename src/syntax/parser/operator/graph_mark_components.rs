//! `graph-mark-components`: which nodes hang together.

use super::super::input::{Res, Tokens, keyword};
use super::super::parameter::{GRAPH_MARK_COMPONENTS, parameters};
use crate::syntax::ast::{At, GraphMarkComponentsOperator, QueryOperator};

pub(super) fn graph_mark_components_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("graph-mark-components")(i)?;
    let (i, parameters) = parameters(i, GRAPH_MARK_COMPONENTS);
    let it = GraphMarkComponentsOperator { parameters, keyword_at: At(start.span), at: i.since(start) };
    Ok((i, QueryOperator::GraphMarkComponents(it)))
}
