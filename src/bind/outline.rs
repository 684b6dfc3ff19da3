//! Records what the author wrote, for those who want a query explained. Nothing is recorded otherwise.
//! It must not know what operators do.

use std::sync::Arc;

use super::scope::Rows;
use super::{Binder, Scalar};
use crate::function::Semantics;
use crate::plan::{Condition, ConditionForm, Expr, FunctionCall, Operator, Outline};
use crate::source::Span;
use crate::syntax::ast;

/// What has been recorded so far.
#[derive(Default)]
pub(super) struct Recorder {
    pub outline: Outline,
    /// The functions whose bodies are being bound.
    calls: Vec<FunctionCall>,
    /// The conditions of the operator at hand.
    conditions: Vec<Condition>,
}

impl Binder<'_> {
    /// Notes an operator with the rows that were piped into it and those that came of it.
    pub(super) fn record_operator(&mut self, span: Span, input: Option<Arc<crate::plan::Plan>>, rows: &Rows) {
        let Some(recorder) = &mut self.recorder else { return };
        recorder.outline.operators.push(Operator {
            plan: rows.plan.clone(),
            input,
            span,
            function: recorder.calls.last().cloned(),
            conditions: std::mem::take(&mut recorder.conditions),
        });
    }

    /// Notes a table that is read, if that is in the body of a function.
    pub(super) fn record_source(&mut self, rows: &Rows) {
        if let Some(recorder) = &mut self.recorder
            && let Some(function) = recorder.calls.last()
        {
            recorder.outline.sources.push((rows.plan.clone(), function.clone()));
        }
    }

    /// Notes what a table is called.
    pub(super) fn record_name(&mut self, rows: &Rows, name: &str) {
        if let Some(recorder) = &mut self.recorder {
            recorder.outline.names.push((rows.plan.clone(), name.to_owned()));
        }
    }

    /// Notes the condition of the operator at hand.
    pub(super) fn record_condition(&mut self, ast: &ast::Expr, condition: &Scalar) {
        if let Some(recorder) = &mut self.recorder {
            recorder.conditions.clear();
            conjuncts(ast, &condition.expr, &mut recorder.conditions);
        }
    }

    /// Notes that a function's body begins. `stored` says that the database has it.
    pub(super) fn record_call(&mut self, name: &str, stored: bool) {
        if let Some(recorder) = &mut self.recorder {
            let name: Arc<str> = name.into();
            let stored = if stored {
                Some(name.clone())
            } else {
                recorder.calls.last().and_then(|it| it.stored.clone())
            };
            recorder.calls.push(FunctionCall { name, stored });
        }
    }

    /// Notes that a function's body ends.
    pub(super) fn record_return(&mut self) {
        if let Some(recorder) = &mut self.recorder {
            recorder.calls.pop();
        }
    }
}

/// The parts of a condition that must all be true.
fn conjuncts(ast: &ast::Expr, expr: &Expr, out: &mut Vec<Condition>) {
    let condition = condition(ast, expr);
    match condition.form {
        ConditionForm::All(parts) => out.extend(parts),
        _ => out.push(condition),
    }
}

/// Pairs what was written with what it became, as far as the two have the same shape.
fn condition(ast: &ast::Expr, expr: &Expr) -> Condition {
    let inner = ast.unparenthesised();
    Condition { span: inner.span(), expr: expr.clone(), form: form(inner, expr) }
}

fn form(ast: &ast::Expr, expr: &Expr) -> ConditionForm {
    let Expr::Call { function, arguments, .. } = expr else { return ConditionForm::Of(Vec::new()) };
    let pairs = |written: &[&ast::Expr]| {
        let pairs = written.iter().zip(arguments).map(|(ast, expr)| (ast.span(), expr.clone()));
        ConditionForm::Of(if written.len() == arguments.len() { pairs.collect() } else { Vec::new() })
    };
    match ast {
        ast::Expr::Logical(it) if it.operands.len() == arguments.len() => {
            let mut parts = Vec::with_capacity(arguments.len());
            for (ast, expr) in it.operands.iter().zip(arguments) {
                let part = condition(ast, expr);
                match part.form {
                    // `a and (b and c)` has three parts.
                    ConditionForm::All(inner) if it.and => parts.extend(inner),
                    ConditionForm::Any(inner) if !it.and => parts.extend(inner),
                    _ => parts.push(part),
                }
            }
            if it.and { ConditionForm::All(parts) } else { ConditionForm::Any(parts) }
        }
        ast::Expr::Call(call)
            if function.semantics == Semantics::Not && function.is_called(&call.name.text) =>
        {
            match (call.arguments.as_slice(), arguments.as_slice()) {
                ([ast], [expr]) => ConditionForm::Not(Box::new(condition(ast, expr))),
                _ => ConditionForm::Of(Vec::new()),
            }
        }
        ast::Expr::Binary(it) => pairs(&[&it.left, &it.right]),
        ast::Expr::In(it) => pairs(&std::iter::once(&it.left).chain(&it.list).collect::<Vec<_>>()),
        ast::Expr::Between(it) => pairs(&[&it.value, &it.low, &it.high]),
        ast::Expr::Call(call) if function.is_called(&call.name.text) => {
            pairs(&call.arguments.iter().collect::<Vec<_>>())
        }
        _ => ConditionForm::Of(Vec::new()),
    }
}
