//! Operators over the rows of one table that have clauses of their own.

use super::literal::row_schema;
use super::name::NamePlace;
use super::operand::{head, literal_or_scalar, scalar, scalars, scalars_until};
use super::parts::{Print, PrintParts};
use super::source::{parameter_value, parameters, with_properties};
use crate::syntax::ast::{
    Expression, MakeSeriesOperator, MakeSeriesRange, MvApplyOperator, MvExpandColumn, MvExpandOperator,
    NamedExpression, OrderedExpression, ParseKvOperator, ParseOperator, ParsePart, ReduceOperator,
    RenderOperator, SortOperator, SummarizeOperator, TopHittersOperator, TopNestedClause, TopNestedOperator,
    TopOperator,
};
use crate::syntax::node::SyntaxNode;

pub(super) fn make_series<'t>(out: &mut PrintParts<'t>, it: &'t MakeSeriesOperator) {
    parameters(out, &it.parameters);
    out.list(&it.aggregates, |out, (aggregate, default)| {
        out.guard(&["on", "from", "in"]);
        scalar(out, aggregate);
        if let Some(default) = default {
            out.text("default");
            out.text("=");
            scalar(out, default);
        }
    });
    out.text("on");
    scalar(out, &it.axis);
    it.range.print(out);
    if !it.by.is_empty() {
        out.text("by");
        scalars(out, &it.by);
    }
}

impl Print for MakeSeriesRange {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        match self {
            Self::FromToStep { from, to, step } => {
                for (word, value) in [("from", from.as_ref()), ("to", to.as_ref()), ("step", Some(step))] {
                    if let Some(value) = value {
                        out.text(word);
                        scalar(out, value);
                    }
                }
            }
            Self::InRange(call) => {
                out.text("in");
                out.text("range");
                out.parens(|out| scalars(out, &call.arguments));
            }
        }
    }
}

pub(super) fn mv_apply<'t>(out: &mut PrintParts<'t>, it: &'t MvApplyOperator) {
    parameters(out, &it.parameters);
    let last = it.columns.len().saturating_sub(1);
    for (at, column) in it.columns.iter().enumerate() {
        if at > 0 {
            out.text(",");
        }
        // These words are columns where a comma, an equals sign or `to` follows.
        let is_column = column.to.is_some()
            || matches!(column.expression, Expression::Named(_))
            || (at < last && matches!(column.expression, Expression::Name(_)));
        if !is_column {
            out.guard(&["limit", "id", "on"]);
        }
        out.node(column);
    }
    for (word, value) in [("limit", &it.limit), ("id", &it.context_id)] {
        if let Some(value) = value {
            out.text(word);
            scalar(out, value);
        }
    }
    out.text("on");
    out.parens(|out| out.node(&it.subquery));
}

pub(super) fn mv_expand<'t>(out: &mut PrintParts<'t>, it: &'t MvExpandOperator) {
    parameters(out, &it.parameters);
    out.list(&it.columns, |out, it| {
        out.guard(&["limit"]);
        out.node(it);
    });
    if let Some(limit) = &it.limit {
        out.text("limit");
        scalar(out, limit);
    }
}

impl Print for MvExpandColumn {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        scalar(out, &self.expression);
        if let Some(to) = &self.to {
            out.text("to");
            out.text("typeof");
            out.parens(|out| to.print(out));
        }
    }
}

pub(super) fn parse<'t>(out: &mut PrintParts<'t>, it: &'t ParseOperator) {
    parameters(out, &it.parameters);
    scalar(out, &it.expression);
    out.text("with");
    for part in &it.pattern {
        out.node(part);
    }
}

impl Print for ParsePart {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        match self {
            Self::Star(_) => out.text("*"),
            Self::Text(it) => out.node(it),
            Self::Column { name, data_type } => {
                out.name(name, NamePlace::Declared);
                if let Some(data_type) = data_type {
                    out.text(":");
                    data_type.print(out);
                }
            }
        }
    }
}

pub(super) fn parse_kv<'t>(out: &mut PrintParts<'t>, it: &'t ParseKvOperator) {
    scalar(out, &it.expression);
    out.text("as");
    row_schema(out, &it.schema);
    with_properties(out, &it.properties);
}

pub(super) fn reduce<'t>(out: &mut PrintParts<'t>, it: &'t ReduceOperator) {
    parameters(out, &it.parameters);
    out.text("by");
    scalar(out, &it.by);
    if !it.with.is_empty() {
        out.text("with");
        out.nodes(&it.with);
    }
}

/// Properties of the old form `by a, b` and `with x` come before `with (…)`, and what was written before them does too.
pub(super) fn render<'t>(out: &mut PrintParts<'t>, it: &'t RenderOperator) {
    out.name(&it.chart, NamePlace::Word);
    let is_old = |text: &str| matches!(text, "by" | "with");
    let old = it.properties.iter().rposition(|it| is_old(&it.name.text)).map_or(0, |at| at + 1);
    let (old, new) = it.properties.split_at(old);
    for it in old {
        if is_old(&it.name.text) {
            out.met(SyntaxNode::Parameter(it));
            out.name(&it.name, NamePlace::Word);
            parameter_value(out, &it.value, NamePlace::Value);
        } else {
            out.node(it);
        }
    }
    if new.is_empty() {
        return;
    }
    out.text("with");
    out.parens(|out| out.nodes(new));
}

pub(super) fn sort<'t>(out: &mut PrintParts<'t>, it: &'t SortOperator) {
    parameters(out, &it.parameters);
    out.text("by");
    out.nodes(&it.by);
}

impl Print for OrderedExpression {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        scalar(out, &self.expression);
        match (self.descending, self.granny) {
            (None, false) => {}
            (Some(false), false) => out.text("asc"),
            (Some(true), false) => out.text("desc"),
            (Some(false), true) => out.text("granny-asc"),
            // Downwards is what `sort` does where nothing is said.
            (None | Some(true), true) => out.text("granny-desc"),
        }
        if let Some(first) = self.nulls_first {
            out.text("nulls");
            out.text(if first { "first" } else { "last" });
        }
    }
}

pub(super) fn summarize<'t>(out: &mut PrintParts<'t>, it: &'t SummarizeOperator) {
    parameters(out, &it.parameters);
    scalars_until(out, &it.aggregates, &["by"]);
    if let Some(by) = &it.by {
        out.text("by");
        out.list(by, |out, it| {
            // `bin = 1` would end the keys.
            if matches!(it, Expression::Named(it) if is_literal_named(it)) {
                out.guard(&["bin"]);
            }
            scalar(out, it);
        });
    }
    if let Some(bin) = &it.bin {
        out.text("bin");
        out.text("=");
        scalar(out, bin);
    }
}

fn is_literal_named(it: &NamedExpression) -> bool {
    matches!(head(&it.value), Expression::Literal(_))
}

pub(super) fn top<'t>(out: &mut PrintParts<'t>, it: &'t TopOperator) {
    parameters(out, &it.parameters);
    scalar(out, &it.count);
    out.text("by");
    it.by.print(out);
}

pub(super) fn top_hitters<'t>(out: &mut PrintParts<'t>, it: &'t TopHittersOperator) {
    parameters(out, &it.parameters);
    scalar(out, &it.count);
    out.text("of");
    scalar(out, &it.of);
    if let Some(by) = &it.by {
        out.text("by");
        scalar(out, by);
    }
}

pub(super) fn top_nested<'t>(out: &mut PrintParts<'t>, it: &'t TopNestedOperator) {
    out.nodes(&it.clauses);
}

impl Print for TopNestedClause {
    fn print<'t>(&'t self, out: &mut PrintParts<'t>) {
        out.text("top-nested");
        if let Some(count) = &self.count {
            scalar(out, count);
        }
        out.text("of");
        scalar(out, &self.of);
        if let Some(others) = &self.others {
            out.text("with");
            out.text("others");
            out.text("=");
            literal_or_scalar(out, others);
        }
        out.text("by");
        self.by.print(out);
    }
}
