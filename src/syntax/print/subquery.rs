//! Operators over several tables, and those that hold queries or a plugin's call.

use super::literal::{row_schema, star_and_columns};
use super::name::NamePlace;
use super::operand::{entity, reference, scalar, scalars, scalars_until};
use super::parts::{Print, PrintParts};
use super::source::{parameters, with_properties};
use super::statement::statements;
use crate::syntax::ast::{
    EvaluateOperator, EvaluateSchema, Expression, FacetOperator, FindColumn, FindOperator, ForkBranch,
    ForkOperator, InlineExternalTableOperator, JoinCondition, LogicalExpression, MacroExpandOperator,
    PartitionOperator, PathFormatPart, ScanOperator, ScanStep, SearchOperator, UnionOperator,
};
use crate::syntax::node::SyntaxNode;

pub(super) fn evaluate<'t>(out: &mut PrintParts<'t>, it: &'t EvaluateOperator) {
    parameters(out, &it.parameters);
    it.call.print(out);
    if let Some(schema) = &it.schema {
        out.text(":");
        schema.print(out);
    }
}

impl Print for EvaluateSchema {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        out.parens(|out| star_and_columns(out, self.star, &self.columns));
    }
}

pub(super) fn facet<'t>(out: &mut PrintParts<'t>, it: &'t FacetOperator) {
    out.text("by");
    scalars_until(out, &it.columns, &["with"]);
    if let Some(with) = &it.with {
        out.text("with");
        out.parens(|out| out.node(with));
    }
}

pub(super) fn find<'t>(out: &mut PrintParts<'t>, it: &'t FindOperator) {
    parameters(out, &it.parameters);
    in_tables(out, &it.tables);
    if it.where_keyword || !it.tables.is_empty() {
        out.text("where");
    } else {
        // Parameters would begin so.
        out.guard(&["kind", "withsource", "with_source"]);
    }
    scalar(out, &it.predicate);
    if let Some(columns) = &it.project {
        out.text("project");
        out.nodes(columns);
    } else if it.smart {
        out.text("project-smart");
    }
    if !it.away.is_empty() {
        out.text("__projectAway");
        out.nodes(&it.away);
    }
}

/// `in (tables)`; nothing where there are none. `T | as x` stands there as it is.
fn in_tables<'t>(out: &mut PrintParts<'t>, tables: &'t [Expression]) {
    if !tables.is_empty() {
        out.text("in");
        out.parens(|out| out.nodes(tables));
    }
}

impl Print for FindColumn {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        match self {
            Self::Column { name, data_type } => {
                out.guard(&["pack"]);
                out.name(name, NamePlace::Any);
                if let Some(data_type) = data_type {
                    out.text(":");
                    data_type.print(out);
                }
            }
            Self::PackAll(_) => {
                out.text("pack");
                out.parens(|out| out.text("*"));
            }
            Self::Star(_) => out.text("*"),
        }
    }
}

pub(super) fn fork<'t>(out: &mut PrintParts<'t>, it: &'t ForkOperator) {
    for branch in &it.branches {
        out.node(branch);
    }
}

impl Print for ForkBranch {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        if let Some(name) = &self.name {
            out.name(name, NamePlace::Any);
            out.text("=");
        }
        out.parens(|out| out.node(&self.subquery));
    }
}

pub(super) fn inline_external_table<'t>(out: &mut PrintParts<'t>, it: &'t InlineExternalTableOperator) {
    if let Some(schema) = &it.schema {
        row_schema(out, schema);
    }
    if let Some(kind) = &it.kind {
        out.text("kind");
        out.text("=");
        out.name(kind, NamePlace::Word);
    }
    if !it.partitions.is_empty() {
        out.text("partition");
        out.text("by");
        out.parens(|out| {
            out.list(&it.partitions, |out, (column, value)| {
                out.node(column);
                if let Some(value) = value {
                    out.text("=");
                    scalar(out, value);
                }
            });
        });
    }
    if !it.path_format.is_empty() {
        out.text("pathformat");
        out.text("=");
        out.parens(|out| it.path_format.iter().for_each(|part| out.node(part)));
    }
    if let Some(format) = &it.format {
        out.text("dataformat");
        out.text("=");
        out.name(format, NamePlace::Word);
    }
    out.parens(|out| out.nodes(&it.connections));
    with_properties(out, &it.properties);
}

impl Print for PathFormatPart {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        match self {
            Self::Text(it) => it.print(out),
            Self::Column(it) => {
                out.guard(&["datetime_pattern"]);
                reference(out, it);
            }
            Self::Pattern { pattern, column } => {
                out.text("datetime_pattern");
                out.parens(|out| {
                    if let Some(pattern) = pattern {
                        pattern.print(out);
                    }
                    out.text(",");
                    if let Some(column) = column {
                        reference(out, column);
                    }
                });
            }
        }
    }
}

/// `on …` or `where …`; nothing where there is no condition.
pub(super) fn join_condition<'t>(out: &mut PrintParts<'t>, it: &'t JoinCondition) {
    it.print(out);
}

impl Print for JoinCondition {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        match self {
            Self::On(all) => {
                out.text("on");
                scalars(out, all);
            }
            Self::Where(predicate) => {
                out.text("where");
                scalar(out, predicate);
            }
            Self::None => {}
        }
    }
}

pub(super) fn macro_expand<'t>(out: &mut PrintParts<'t>, it: &'t MacroExpandOperator) {
    parameters(out, &it.parameters);
    reference(out, &it.group);
    if let Some(name) = &it.name {
        out.text("as");
        out.name(name, NamePlace::Any);
    }
    out.parens(|out| statements(out, &it.statements));
}

pub(super) fn partition<'t>(out: &mut PrintParts<'t>, it: &'t PartitionOperator) {
    parameters(out, &it.parameters);
    if !it.old_spelling {
        out.text("by");
    }
    out.node(&it.by);
    if let Some(scope) = &it.scope {
        out.text("in");
        out.node(scope);
    }
    if let Some(id) = &it.context_id {
        out.text("id");
        out.node(id);
    }
    // In parentheses a query has no source, or one that the context gives.
    let is_query = it
        .subquery
        .source
        .as_ref()
        .is_some_and(|source| !matches!(source, Expression::ContextualDataTable(_)));
    if it.braces || is_query {
        out.text("{");
        out.node(&it.subquery);
        out.text("}");
    } else {
        out.parens(|out| out.node(&it.subquery));
    }
}

pub(super) fn scan<'t>(out: &mut PrintParts<'t>, it: &'t ScanOperator) {
    const ENDS: &[&str] = &["partition", "order", "by", "declare", "with"];
    parameters(out, &it.parameters);
    if !it.order_by.is_empty() {
        out.text("order");
        out.text("by");
        out.list(&it.order_by, |out, it| {
            out.guard(ENDS);
            out.node(it);
        });
    }
    if !it.partition_by.is_empty() {
        out.text("partition");
        out.text("by");
        scalars_until(out, &it.partition_by, ENDS);
    }
    if !it.declarations.is_empty() {
        out.text("declare");
        out.parens(|out| out.nodes(&it.declarations));
    }
    out.text("with");
    out.parens(|out| it.steps.iter().for_each(|step| out.node(step)));
}

impl Print for ScanStep {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        out.text("step");
        out.name(&self.name, NamePlace::Declared);
        if self.optional {
            out.text("optional");
        }
        if let Some(output) = &self.output {
            out.text("output");
            out.text("=");
            out.name(output, NamePlace::Word);
        }
        out.text(":");
        scalar(out, &self.condition);
        if !self.assignments.is_empty() {
            out.text("=>");
            out.list(&self.assignments, |out, (name, value)| {
                out.name(name, NamePlace::Declared);
                out.text("=");
                scalar(out, value);
            });
        }
        out.text(";");
    }
}

pub(super) fn search<'t>(out: &mut PrintParts<'t>, it: &'t SearchOperator) {
    parameters(out, &it.parameters);
    in_tables(out, &it.tables);
    if let Expression::Logical(LogicalExpression { and: true, operands, .. }) = &it.predicate
        && let [star @ Expression::Star(_), right] = operands.as_slice()
    {
        // Behind `* and` a whole expression stands.
        out.met(SyntaxNode::Expression(&it.predicate));
        out.node(star);
        out.text("and");
        scalar(out, right);
    } else {
        scalar(out, &it.predicate);
    }
}

pub(super) fn union<'t>(out: &mut PrintParts<'t>, it: &'t UnionOperator) {
    parameters(out, &it.parameters);
    out.list(&it.tables, entity);
}
