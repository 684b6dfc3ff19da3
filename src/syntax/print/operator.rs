//! Which operator is written how. Here are those whose text is a keyword, parameters and a clause or two; the other files
//! have the rest.

use super::graph::{graph_match, graph_to_table, graph_where, make_graph};
use super::literal::row_schema;
use super::name::NamePlace;
use super::operand::{head, reference, scalar, scalars};
use super::parts::{Print, PrintParts};
use super::rows::{
    make_series, mv_apply, mv_expand, parse, parse_kv, reduce, render, sort, summarize, top, top_hitters,
    top_nested,
};
use super::source::parameters;
use super::subquery::{
    evaluate, facet, find, fork, inline_external_table, join_condition, macro_expand, partition, scan,
    search, union,
};
use crate::syntax::ast::{
    AsOperator, CountOperator, DistinctOperator, Expression, QueryOperator, RangeOperator, ReorderColumn,
    ReorderDirection, SampleDistinctOperator, TakeOperator,
};
use crate::syntax::node::SyntaxNode;

impl Print for QueryOperator {
    fn syntax_node(&self) -> Option<SyntaxNode<'_>> {
        Some(SyntaxNode::Operator(self))
    }

    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        out.text(keyword(self));
        match self {
            Self::As(it) => as_name(out, it),
            Self::AssertSchema(it) => row_schema(out, &it.schema),
            Self::Consume(it) | Self::ExecuteAndCache(it) | Self::GetSchema(it) => {
                parameters(out, &it.parameters)
            }
            Self::Count(it) => count(out, it),
            Self::Distinct(it) => distinct(out, it),
            Self::Evaluate(it) => evaluate(out, it),
            Self::Extend(it) | Self::Serialize(it) => {
                parameters(out, &it.parameters);
                scalars(out, &it.columns);
            }
            Self::Facet(it) => facet(out, it),
            Self::Find(it) => find(out, it),
            Self::Fork(it) => fork(out, it),
            Self::GraphMarkComponents(it) => parameters(out, &it.parameters),
            Self::GraphMatch(it) | Self::GraphShortestPaths(it) => graph_match(out, it),
            Self::GraphToTable(it) => graph_to_table(out, it),
            Self::GraphWhereEdges(it) | Self::GraphWhereNodes(it) => graph_where(out, it),
            Self::InlineExternalTable(it) => inline_external_table(out, it),
            Self::Invoke(it) => out.node(&it.call),
            Self::Join(it) => {
                parameters(out, &it.parameters);
                scalar(out, &it.right);
                join_condition(out, &it.condition);
            }
            Self::Lookup(it) => {
                parameters(out, &it.parameters);
                scalar(out, &it.right);
                join_condition(out, &it.condition);
            }
            Self::MacroExpand(it) => macro_expand(out, it),
            Self::MakeGraph(it) => make_graph(out, it),
            Self::MakeSeries(it) => make_series(out, it),
            Self::MvApply(it) => mv_apply(out, it),
            Self::MvExpand(it) => mv_expand(out, it),
            Self::Parse(it) | Self::ParseWhere(it) => parse(out, it),
            Self::ParseKv(it) => parse_kv(out, it),
            Self::Partition(it) => partition(out, it),
            Self::Print(it) => scalars(out, &it.columns),
            Self::Project(it) | Self::ProjectByNames(it) | Self::ProjectRename(it) => {
                scalars(out, &it.columns)
            }
            Self::ProjectAway(it) | Self::ProjectKeep(it) => out.list(&it.columns, reference),
            Self::ProjectReorder(it) => out.nodes(&it.columns),
            Self::Range(it) => range(out, it),
            Self::Reduce(it) => reduce(out, it),
            Self::Render(it) => render(out, it),
            Self::Sample(it) | Self::Take(it) => take(out, it),
            Self::SampleDistinct(it) => sample_distinct(out, it),
            Self::Scan(it) => scan(out, it),
            Self::Search(it) => search(out, it),
            Self::Sort(it) => sort(out, it),
            Self::Summarize(it) => summarize(out, it),
            Self::Top(it) => top(out, it),
            Self::TopHitters(it) => top_hitters(out, it),
            Self::TopNested(it) => top_nested(out, it),
            Self::Union(it) => union(out, it),
            Self::Where(it) => {
                parameters(out, &it.parameters);
                scalar(out, &it.predicate);
            }
            Self::Missing(_) => {}
        }
    }
}

/// The keyword, as it was spelt.
fn keyword(operator: &QueryOperator) -> &'static str {
    use QueryOperator::*;
    if matches!(operator, MvExpand(it) if it.old_spelling) {
        "mvexpand"
    } else if matches!(operator, Partition(it) if it.old_spelling) {
        "__partitionby"
    } else if matches!(operator, Sort(it) if it.order_spelling) {
        "order"
    } else if matches!(operator, Take(it) if it.limit_spelling) {
        "limit"
    } else if matches!(operator, Where(it) if it.filter_spelling) {
        "filter"
    } else if matches!(operator, TopNested(_) | Missing(_)) {
        // Each clause of `top-nested` has the keyword.
        ""
    } else {
        operator.name()
    }
}

fn as_name<'t>(out: &mut PrintParts<'t>, it: &'t AsOperator) {
    parameters(out, &it.parameters);
    out.name(&it.name, NamePlace::Any);
}

fn count<'t>(out: &mut PrintParts<'t>, it: &'t CountOperator) {
    parameters(out, &it.parameters);
    if let Some(name) = &it.name {
        out.text("as");
        out.name(name, NamePlace::Any);
    }
}

fn distinct<'t>(out: &mut PrintParts<'t>, it: &'t DistinctOperator) {
    parameters(out, &it.parameters);
    out.list(&it.columns, |out, it| {
        // A star that comes first is all columns.
        if !matches!(it, Expression::Star(_)) && matches!(head(it), Expression::Star(_)) {
            out.parens(|out| out.node(it));
        } else {
            scalar(out, it);
        }
    });
}

fn range<'t>(out: &mut PrintParts<'t>, it: &'t RangeOperator) {
    out.name(&it.name, NamePlace::Any);
    for (word, value) in [("from", &it.from), ("to", &it.to), ("step", &it.step)] {
        out.text(word);
        scalar(out, value);
    }
}

fn take<'t>(out: &mut PrintParts<'t>, it: &'t TakeOperator) {
    parameters(out, &it.parameters);
    scalar(out, &it.count);
}

fn sample_distinct<'t>(out: &mut PrintParts<'t>, it: &'t SampleDistinctOperator) {
    parameters(out, &it.parameters);
    scalar(out, &it.count);
    out.text("of");
    scalar(out, &it.of);
}

impl Print for ReorderColumn {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        reference(out, &self.column);
        match self.order {
            Some(ReorderDirection::Ascending) => out.text("asc"),
            Some(ReorderDirection::Descending) => out.text("desc"),
            Some(ReorderDirection::GrannyAscending) => out.text("granny-asc"),
            Some(ReorderDirection::GrannyDescending) => out.text("granny-desc"),
            None => {}
        }
    }
}
