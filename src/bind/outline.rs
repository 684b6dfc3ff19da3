//! Records what the author wrote, for those who want a query explained. Nothing is recorded otherwise.
//! It must not know what operators do.

use super::scalar::Scalar;
use super::scope::Rows;
use std::collections::HashMap;
use std::sync::Arc;

use crate::function::Semantics;
use crate::plan::{Condition, ConditionForm, Expr, Operator, Outline, Plan, UserFunctionCall};
use crate::source::Span;
use crate::syntax::ast;

/// Records what the author wrote, if it is told to.
#[derive(Default)]
pub(super) struct Recorder(Option<Recording>);

/// What has been recorded so far.
#[derive(Default)]
struct Recording {
    outline: Outline,
    /// The functions whose bodies are being bound.
    calls: Vec<UserFunctionCall>,
    /// The conditions of the operator at hand.
    conditions: Vec<Condition>,
}

impl Recorder {
    /// One that records.
    pub(super) fn new() -> Self {
        Self(Some(Recording::default()))
    }

    /// What was recorded.
    pub(super) fn into_outline(self) -> Option<Outline> {
        self.0.map(|recording| recording.outline)
    }

    /// Notes an operator with the rows that were piped into it and those that came of it.
    pub(super) fn operator(&mut self, span: Span, input: Option<Arc<Plan>>, rows: &Rows) {
        let Some(recording) = &mut self.0 else { return };
        recording.outline.operators.push(Operator {
            plan: rows.plan.clone(),
            input,
            span,
            function: recording.calls.last().cloned(),
            conditions: std::mem::take(&mut recording.conditions),
        });
    }

    /// Notes a table that is read, if that is in the body of a function.
    pub(super) fn source(&mut self, rows: &Rows) {
        if let Some(recording) = &mut self.0
            && let Some(function) = recording.calls.last()
        {
            recording.outline.sources.push((rows.plan.clone(), function.clone()));
        }
    }

    /// Notes plans that others were put in place of: what is known of the others is known of them.
    pub(super) fn replaced(&mut self, made: &[(Arc<Plan>, Arc<Plan>)]) {
        let Some(Recording { outline, .. }) = &mut self.0 else { return };
        let by_place: HashMap<*const Plan, &Arc<Plan>> =
            made.iter().map(|(old, new)| (Arc::as_ptr(old), new)).collect();
        let new = |plan: &Arc<Plan>| by_place.get(&Arc::as_ptr(plan)).map(|it| Arc::clone(it));
        let operators: Vec<Operator> = outline
            .operators
            .iter()
            .filter_map(|it| {
                let input = it.input.as_ref().map(|input| new(input).unwrap_or_else(|| input.clone()));
                Some(Operator { plan: new(&it.plan)?, input, ..it.clone() })
            })
            .collect();
        let sources: Vec<_> =
            outline.sources.iter().filter_map(|(plan, call)| Some((new(plan)?, call.clone()))).collect();
        let names: Vec<_> =
            outline.names.iter().filter_map(|(plan, name)| Some((new(plan)?, name.clone()))).collect();
        outline.operators.extend(operators);
        outline.sources.extend(sources);
        outline.names.extend(names);
    }

    /// Notes what a table is called.
    pub(super) fn name(&mut self, rows: &Rows, name: &str) {
        if let Some(recording) = &mut self.0 {
            recording.outline.names.push((rows.plan.clone(), name.to_owned()));
        }
    }

    /// Notes the condition of the operator at hand.
    pub(super) fn condition(&mut self, ast: &ast::Expression, condition: &Scalar) {
        if let Some(recording) = &mut self.0 {
            recording.conditions.clear();
            conjuncts(ast, &condition.expr, &mut recording.conditions);
        }
    }

    /// Notes that a function's body begins. `stored` says that the database has it.
    pub(super) fn call(&mut self, name: &str, stored: bool) {
        if let Some(recording) = &mut self.0 {
            let name: Arc<str> = name.into();
            let stored = if stored {
                Some(name.clone())
            } else {
                recording.calls.last().and_then(|it| it.stored.clone())
            };
            recording.calls.push(UserFunctionCall { name, stored });
        }
    }

    /// Notes that a function's body ends.
    pub(super) fn end_call(&mut self) {
        if let Some(recording) = &mut self.0 {
            recording.calls.pop();
        }
    }
}

/// The parts of a condition that must all be true.
fn conjuncts(ast: &ast::Expression, expr: &Expr, out: &mut Vec<Condition>) {
    let condition = condition(ast, expr);
    match condition.form {
        ConditionForm::All(parts) => out.extend(parts),
        _ => out.push(condition),
    }
}

/// Pairs what was written with what it became, as far as the two have the same shape.
fn condition(ast: &ast::Expression, expr: &Expr) -> Condition {
    let inner = ast.unparenthesised();
    Condition { span: inner.span(), expr: expr.clone(), form: form(inner, expr) }
}

fn form(ast: &ast::Expression, expr: &Expr) -> ConditionForm {
    let Expr::Call { function, arguments, .. } = expr else { return ConditionForm::Of(Vec::new()) };
    let pairs = |written: &[&ast::Expression]| {
        let pairs = written.iter().zip(arguments).map(|(ast, expr)| (ast.span(), expr.clone()));
        ConditionForm::Of(if written.len() == arguments.len() { pairs.collect() } else { Vec::new() })
    };
    match ast {
        ast::Expression::Logical(it) if it.operands.len() == arguments.len() => {
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
        ast::Expression::Call(call)
            if function.semantics == Semantics::Not && function.is_called(&call.name.text) =>
        {
            match (call.arguments.as_slice(), arguments.as_slice()) {
                ([ast], [expr]) => ConditionForm::Not(Box::new(condition(ast, expr))),
                _ => ConditionForm::Of(Vec::new()),
            }
        }
        ast::Expression::Binary(it) => pairs(&[&it.left, &it.right]),
        ast::Expression::In(it) => pairs(&std::iter::once(&it.left).chain(&it.list).collect::<Vec<_>>()),
        ast::Expression::Between(it) => pairs(&[&it.value, &it.low, &it.high]),
        ast::Expression::Call(call) if function.is_called(&call.name.text) => {
            pairs(&call.arguments.iter().collect::<Vec<_>>())
        }
        _ => ConditionForm::Of(Vec::new()),
    }
}
