//! Binds `parse` and `parse-where`. It must not know how a pattern is matched.

use super::super::binder::Binder;
use super::super::names::Projection;
use super::super::scalar::{Scalar, type_name};
use super::super::scope::{Context, Env, Rows};
use super::parameters::word;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Expr, Node, OutputColumn, ParseColumn, ParseKind, ParseStep};
use crate::syntax::ast::{self, ParsePart};
use crate::types::{ScalarType, Value};

/// How a pattern is read, before its flags are known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Simple,
    Relaxed,
    Regex,
}

impl Binder<'_> {
    pub(in crate::bind) fn bind_parse(
        &mut self,
        it: &ast::ParseOperator,
        rows: Rows,
        env: &Env,
        only_matches: bool,
    ) -> Rows {
        let context = Context::with_rows(env, &rows);
        let text = self.bind_scalar(&it.expression, context);
        if text.kind.is_some_and(|kind| !matches!(kind, ScalarType::String | ScalarType::Dynamic)) {
            let message = format!("parse takes a string, this is {}", type_name(text.kind));
            self.error(Code::ExpectedType, it.expression.span(), message);
        }
        let kinds = [("simple", Kind::Simple), ("relaxed", Kind::Relaxed), ("regex", Kind::Regex)];
        let kind = match self.choice(&it.parameters, "kind", &kinds, Kind::Simple) {
            Kind::Simple => ParseKind::Simple,
            Kind::Relaxed => ParseKind::Relaxed,
            Kind::Regex => {
                ParseKind::Regex(word(&it.parameters, "flags").map_or_else(String::new, |it| it.0.to_owned()))
            }
        };
        let width = rows.columns.list.len();
        let mut projection = Projection::of(&rows.columns);
        let (mut steps, mut columns) = (Vec::new(), Vec::new());
        let mut after_string = false;
        for part in &it.pattern {
            match part {
                ParsePart::Star(at) => {
                    if after_string && kind == ParseKind::Simple {
                        let message = "'*' after a string column is ambiguous: put a text between them";
                        self.report(Diagnostic::error(Code::NotAllowedHere, at.0, message));
                    }
                    steps.push(ParseStep::Skip);
                }
                ParsePart::Text(ast) => {
                    let scalar = self.bind_scalar(ast, Context::new(env));
                    match scalar.constant().and_then(Value::as_str) {
                        Some(text) => steps.push(ParseStep::Text(text.to_owned())),
                        None if scalar.kind.is_some() => {
                            self.error(
                                Code::ExpectedConstant,
                                ast.span(),
                                "a constant string is expected here",
                            );
                        }
                        None => {}
                    }
                }
                ParsePart::Column { name, kind } => {
                    let kind = kind.as_ref().map_or(Some(ScalarType::String), |it| it.text.parse().ok());
                    let place = Expr::column(width + columns.len(), kind.unwrap_or(ScalarType::String));
                    self.declare_column(
                        &mut projection,
                        &name.text,
                        name.at.0,
                        Scalar { expr: place, kind },
                        true,
                    );
                    steps.push(ParseStep::Column(columns.len()));
                    let kind = kind.unwrap_or(ScalarType::String);
                    columns.push(ParseColumn { name: name.text.clone(), kind });
                }
            }
            after_string = matches!(part, ParsePart::Column { kind, .. }
                if kind.as_ref().is_none_or(|it| it.text == "string"));
        }
        let (mut list, exprs) = projection.into_parts();
        list.open |= rows.columns.open;
        let layout = exprs
            .iter()
            .filter_map(|expr| match expr {
                Expr::Column { index, .. } if *index < width => Some(OutputColumn::Input(*index)),
                Expr::Column { index, .. } => Some(OutputColumn::New(index - width)),
                Expr::Literal { .. }
                | Expr::Parameter { .. }
                | Expr::Outer { .. }
                | Expr::Call { .. }
                | Expr::Subquery { .. }
                | Expr::ListSubquery { .. } => None,
            })
            .collect();
        let node = Node::Parse {
            input: rows.plan.clone(),
            text: text.expr,
            steps,
            columns,
            kind,
            only_matches,
            layout,
        };
        Rows { plan: Self::plan(node, &list, it.at.0), columns: list, source: None, ..rows }
    }
}
