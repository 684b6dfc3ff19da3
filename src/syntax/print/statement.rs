//! Statements, functions and patterns.

use super::literal::row_schema;
use super::name::NamePlace;
use super::operand::{scalar, scalars};
use super::parts::{Print, PrintParts};
use super::source::with_properties;
use crate::syntax::ast::{
    AliasStatement, Expression, FunctionDeclaration, LetStatement, LetValue, PatternDefinition, PatternMatch,
    PatternStatement, QueryBlock, QueryParametersStatement, RestrictStatement, SetOptionStatement, Statement,
};
use crate::syntax::node::SyntaxNode;

impl Print for QueryBlock {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        statements(out, &self.statements);
    }
}

/// Statements with semicolons between them.
pub(super) fn statements<'t>(out: &mut PrintParts<'t>, all: &'t [Statement]) {
    for (at, it) in all.iter().enumerate() {
        if at > 0 {
            out.text(";");
        }
        out.node(it);
    }
}

impl Print for Statement {
    fn syntax_node(&self) -> Option<SyntaxNode<'_>> {
        Some(SyntaxNode::Statement(self))
    }

    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        match self {
            Self::Let(it) => it.print(out),
            Self::Set(it) => it.print(out),
            Self::QueryParameters(it) => it.print(out),
            Self::Pattern(it) => it.print(out),
            Self::Alias(it) => it.print(out),
            Self::Restrict(it) => it.print(out),
            Self::Expression(it) => out.node(it),
        }
    }
}

impl Print for LetStatement {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        out.text("let");
        out.name(&self.name, NamePlace::Any);
        out.text("=");
        out.node(&self.value);
    }
}

impl Print for LetValue {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        match self {
            Self::Expression(it) => {
                // `view (…)` would be a function, `entity_group […]` a group.
                out.guard(match it {
                    Expression::Call(_) => &["view"],
                    _ => &["view", "entity_group"],
                });
                out.node(it);
            }
            Self::Function(it) => it.print(out),
        }
    }
}

impl Print for FunctionDeclaration {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        if self.view {
            out.text("view");
        }
        out.parens(|out| out.nodes(&self.parameters));
        body(out, &self.statements, self.body.as_deref());
    }
}

/// `{ let x = 1; result }`
fn body<'t>(out: &mut PrintParts<'t>, statements: &'t [Statement], result: Option<&'t Expression>) {
    out.text("{");
    for it in statements {
        out.node(it);
        out.text(";");
    }
    if let Some(it) = result {
        out.node(it);
    }
    out.text("}");
}

impl Print for SetOptionStatement {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        out.text("set");
        out.name(&self.name, NamePlace::Any);
        if let Some(value) = &self.value {
            out.text("=");
            scalar(out, value);
        }
    }
}

impl Print for QueryParametersStatement {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        out.text("declare");
        out.text("query_parameters");
        out.parens(|out| out.nodes(&self.parameters));
    }
}

impl Print for PatternStatement {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        out.text("declare");
        out.text("pattern");
        out.name(&self.name, NamePlace::Any);
        if let Some(definition) = &self.definition {
            out.text("=");
            definition.print(out);
        }
    }
}

impl Print for PatternDefinition {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        row_schema(out, &self.parameters);
        if let Some(path) = &self.path {
            out.text("[");
            path.print(out);
            out.text("]");
        }
        out.text("{");
        for it in &self.matches {
            out.node(it);
        }
        out.text("}");
    }
}

impl Print for PatternMatch {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        out.parens(|out| scalars(out, &self.values));
        if let Some(path) = &self.path {
            out.text(".");
            out.text("[");
            out.node(path);
            out.text("]");
        }
        out.text("=");
        body(out, &self.statements, self.body.as_deref());
        out.text(";");
    }
}

impl Print for AliasStatement {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        out.text("alias");
        out.text("database");
        out.name(&self.name, NamePlace::Any);
        out.text("=");
        scalar(out, &self.value);
    }
}

impl Print for RestrictStatement {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        out.text("restrict");
        out.text("access");
        out.text("to");
        out.parens(|out| out.nodes(&self.entities));
        with_properties(out, &self.properties);
    }
}
