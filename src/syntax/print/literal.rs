//! Names, literals, types, and columns with types.

use super::name::NamePlace;
use super::operand::reference;
use super::parts::{Print, PrintParts};
use crate::syntax::ast::{
    DynamicLiteral, DynamicValue, FunctionParameter, Literal, Name, NameAndType, ParameterType, TypeName,
    TypeOf, TypeOfLiteral,
};

impl Print for Name {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        out.name(self, NamePlace::Any);
    }
}

impl Print for Literal {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        out.text(&self.text);
    }
}

impl Print for DynamicLiteral {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        out.text("dynamic");
        out.parens(|out| out.node(&self.value));
    }
}

impl Print for DynamicValue {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        match self {
            Self::Null => out.text("null"),
            Self::Literal(it) => out.text(&it.text),
            Self::Array(all) => {
                out.text("[");
                out.nodes(all);
                out.text("]");
            }
            Self::Bag(all) => {
                out.text("{");
                out.list(all, |out, (key, value)| {
                    out.text(&key.text);
                    out.text(":");
                    out.node(value);
                });
                out.text("}");
            }
        }
    }
}

impl Print for TypeOfLiteral {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        out.text("typeof");
        out.parens(|out| self.of.print(out));
    }
}

impl Print for TypeOf {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        match self {
            Self::Scalar(it) => it.print(out),
            Self::Table { star, columns } => star_and_columns(out, *star, columns),
        }
    }
}

/// `*, a: long`
pub(super) fn star_and_columns<'t>(out: &mut PrintParts<'t>, star: bool, columns: &'t [NameAndType]) {
    if star {
        out.text("*");
        if !columns.is_empty() {
            out.text(",");
        }
    }
    out.nodes(columns);
}

impl Print for TypeName {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        out.text(&self.text);
    }
}

impl Print for NameAndType {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        out.name(&self.name, NamePlace::Declared);
        out.text(":");
        self.data_type.print(out);
    }
}

/// `(a: long, b: string)`
pub(super) fn row_schema<'t>(out: &mut PrintParts<'t>, columns: &'t [NameAndType]) {
    out.parens(|out| out.nodes(columns));
}

impl Print for ParameterType {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        match self {
            Self::Scalar(it) => it.print(out),
            Self::Table(columns) => row_schema(out, columns),
            Self::AnyTable => out.parens(|out| out.text("*")),
        }
    }
}

impl Print for FunctionParameter {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        out.name(&self.name, NamePlace::Declared);
        out.text(":");
        self.data_type.print(out);
        if let Some(default) = &self.default {
            out.text("=");
            reference(out, default);
        }
    }
}
