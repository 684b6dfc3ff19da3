//! Operators over graphs. The signs of an arrow touch, and so do the parts of a pattern.

use super::name::NamePlace;
use super::operand::{Tightness, operand, reference, scalar, scalars};
use super::parts::{Print, PrintParts};
use super::source::parameters;
use crate::syntax::ast::{
    GraphDirection, GraphMatchOperator, GraphPattern, GraphPatternPart, GraphToTableOperator,
    GraphToTableOutput, GraphWhereOperator, MakeGraphOperator,
};

pub(super) fn graph_match<'t>(out: &mut PrintParts<'t>, it: &'t GraphMatchOperator) {
    parameters(out, &it.parameters);
    out.nodes(&it.patterns);
    if let Some(predicate) = &it.predicate {
        out.text("where");
        out.node(predicate);
    }
    if let Some(project) = &it.project {
        out.text("project");
        scalars(out, project);
    }
}

impl Print for GraphPattern {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        for (at, part) in self.parts.iter().enumerate() {
            if at > 0 {
                out.glue();
            }
            pattern_part(out, part);
        }
    }
}

fn pattern_part<'t>(out: &mut PrintParts<'t>, part: &'t GraphPatternPart) {
    match part {
        GraphPatternPart::Node { name, .. } => out.parens(|out| {
            if let Some(name) = name {
                out.name(name, NamePlace::Any);
            }
        }),
        GraphPatternPart::Edge { name: None, range: None, direction, .. } => out.text(match direction {
            GraphDirection::Right => "-->",
            GraphDirection::Left => "<--",
            GraphDirection::Any => "--",
        }),
        GraphPatternPart::Edge { name, range, direction, .. } => {
            let (open, close) = match direction {
                GraphDirection::Right => ("-[", "]->"),
                GraphDirection::Left => ("<-[", "]-"),
                GraphDirection::Any => ("-[", "]-"),
            };
            out.text(open);
            out.glue();
            if let Some(name) = name {
                out.name(name, NamePlace::Any);
                out.glue();
            }
            if let Some((from, to)) = range {
                out.text("*");
                out.glue();
                operand(out, from, Tightness::Whole);
                out.glue();
                out.text("..");
                out.glue();
                operand(out, to, Tightness::Whole);
                out.glue();
            }
            out.text(close);
        }
    }
}

pub(super) fn graph_to_table<'t>(out: &mut PrintParts<'t>, it: &'t GraphToTableOperator) {
    out.nodes(&it.outputs);
}

impl Print for GraphToTableOutput {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        out.name(&self.entity, NamePlace::Word);
        if let Some(name) = &self.name {
            out.text("as");
            out.name(name, NamePlace::Any);
        }
        parameters(out, &self.parameters);
    }
}

pub(super) fn graph_where<'t>(out: &mut PrintParts<'t>, it: &'t GraphWhereOperator) {
    parameters(out, &it.parameters);
    scalar(out, &it.predicate);
}

pub(super) fn make_graph<'t>(out: &mut PrintParts<'t>, it: &'t MakeGraphOperator) {
    parameters(out, &it.parameters);
    reference(out, &it.source);
    out.text(if it.directed { "-->" } else { "--" });
    reference(out, &it.target);
    if let Some(name) = &it.node_id {
        out.text("with_node_id");
        out.text("=");
        out.name(name, NamePlace::Any);
    }
    if !it.nodes.is_empty() {
        out.text("with");
        out.list(&it.nodes, |out, (table, key)| {
            operand(out, table, Tightness::Whole);
            out.text("on");
            reference(out, key);
        });
    }
    if let Some((column, subquery)) = &it.partitioned_by {
        out.text("partitioned-by");
        out.node(column);
        out.parens(|out| out.node(subquery));
    }
}
