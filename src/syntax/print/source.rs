//! Pipes, tables written out, and `name = value` parameters.

use super::literal::row_schema;
use super::name::NamePlace;
use super::operand::{literal_or_scalar, scalar, scalars};
use super::parts::{Print, PrintParts};
use crate::syntax::ast::{
    ContextualDataTableExpression, DataScopeExpression, DataTableExpression, EntityGroupExpression,
    Expression, ExternalDataExpression, MaterializedViewCombineExpression, NamedParameter, PipeExpression,
    SubqueryExpression,
};
use crate::syntax::node::SyntaxNode;

impl Print for PipeExpression {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        if let Some(source) = &self.source {
            scalar(out, source);
        }
        for (at, operator) in self.operators.iter().enumerate() {
            if at > 0 || self.source.is_some() {
                out.text("|");
            }
            out.node(operator);
        }
    }
}

impl Print for SubqueryExpression {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        parameters(out, &self.parameters);
        out.parens(|out| out.node(&self.inner));
    }
}

impl Print for DataTableExpression {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        out.text("datatable");
        parameters(out, &self.parameters);
        row_schema(out, &self.schema);
        out.text("[");
        scalars(out, &self.values);
        out.text("]");
    }
}

impl Print for ExternalDataExpression {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        out.text("externaldata");
        parameters(out, &self.parameters);
        row_schema(out, &self.schema);
        out.text("[");
        out.nodes(&self.locations);
        out.text("]");
        with_properties(out, &self.properties);
    }
}

impl Print for ContextualDataTableExpression {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        out.text("__contextual_datatable");
        literal_or_scalar(out, &self.id);
        row_schema(out, &self.schema);
    }
}

impl Print for MaterializedViewCombineExpression {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        out.text("materialized-view-combine");
        out.parens(|out| out.node(&self.view));
        out.text("base");
        out.parens(|out| out.node(&self.base));
        out.text("delta");
        out.parens(|out| out.node(&self.delta));
        out.text("aggregations");
        out.parens(|out| out.node(&self.aggregations));
    }
}

impl Print for DataScopeExpression {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        out.node(&self.inner);
        out.node(&self.scope);
    }
}

impl Print for EntityGroupExpression {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        out.text("entity_group");
        out.text("[");
        scalars(out, &self.entities);
        out.text("]");
    }
}

impl Print for NamedParameter {
    fn syntax_node(&self) -> Option<SyntaxNode<'_>> {
        Some(SyntaxNode::Parameter(self))
    }

    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        out.name(&self.name, NamePlace::Word);
        out.text("=");
        parameter_value(out, &self.value, NamePlace::Value);
    }
}

/// A word, a literal, or a list of columns.
pub(super) fn parameter_value<'t>(out: &mut PrintParts<'t>, value: &'t Expression, place: NamePlace) {
    if let Expression::Call(it) = value
        && it.name.text.is_empty()
    {
        out.met(SyntaxNode::Expression(value));
        out.list(&it.arguments, |out, it| out.placed(it, NamePlace::Declared));
    } else {
        out.placed(value, place);
    }
}

/// Parameters one after the other.
pub(super) fn parameters<'t>(out: &mut PrintParts<'t>, all: &'t [NamedParameter]) {
    for it in all {
        out.node(it);
    }
}

/// `with (name = value, …)`; nothing where there are none.
pub(super) fn with_properties<'t>(out: &mut PrintParts<'t>, all: &'t [NamedParameter]) {
    if all.is_empty() {
        return;
    }
    out.text("with");
    out.parens(|out| {
        out.list(all, |out, it| {
            out.met(SyntaxNode::Parameter(it));
            out.name(&it.name, NamePlace::Declared);
            out.text("=");
            parameter_value(out, &it.value, NamePlace::Declared);
        });
    });
}
