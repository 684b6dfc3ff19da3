//! Evaluates conditions as they were written for one row, and says in sentences what their values come from.

use super::explainer::Explainer;
use super::report::NamedValue;
use super::row_trace::ConditionResult;
use super::sentence::{counted, list};
use super::steps::AuthoredStep;
use super::trace::{BodyRun, Relation};
use crate::diagnostic::Code;
use crate::function::{Result, Volatility};
use crate::plan::{Condition, ConditionForm, Expr};
use crate::source::Span;
use crate::types::Value;

/// The most characters of a value that a sentence shows; more are cut off.
const MAX_CHARACTERS: usize = 120;

/// Writes a value for a sentence.
pub(super) fn shown(value: &Value) -> String {
    let text = match value {
        Value::Null => "null".to_owned(),
        Value::String(text) => format!("{text:?}"),
        Value::DateTime(time) => time.to_short_string(),
        other => other.to_text().to_string(),
    };
    match text.char_indices().nth(MAX_CHARACTERS) {
        Some((cut, _)) => format!("{}…", text.get(..cut).unwrap_or_default()),
        None => text,
    }
}

/// Writes values as a clause: `user is "ann" and size is 3`.
pub(super) fn clause(cells: &[NamedValue]) -> String {
    list(&cells.iter().map(|cell| format!("{} is {}", cell.name, shown(&cell.value))).collect::<Vec<_>>())
}

/// Writes values as a list: `user "ann", size 3`.
pub(super) fn enumeration(cells: &[NamedValue]) -> String {
    let cells: Vec<String> =
        cells.iter().map(|cell| format!("{} {}", cell.name, shown(&cell.value))).collect();
    cells.join(", ")
}

/// Names the row that a condition is evaluated for, and the step that it is a condition of.
#[derive(Clone, Copy)]
pub(super) struct RowContext<'a> {
    /// The step with the condition.
    pub step: &'a AuthoredStep<'a>,
    /// The relation that the row is in.
    pub relation: &'a Relation,
    /// The row.
    pub row: usize,
    /// The run of the body that the step is in.
    pub run: BodyRun,
}

impl Explainer<'_> {
    /// Evaluates a condition for a row, and all that it is made of.
    pub(super) fn condition(&self, condition: &Condition, at: RowContext<'_>) -> Result<ConditionResult> {
        let text = self.texts.line(at.step.function, condition.span, &self.nested_spans(at.step));
        if is_random(&condition.expr) {
            let sentence = format!("`{text}` draws random numbers, which were others in the run");
            return Ok(ConditionResult { text, value: None, cells: Vec::new(), parts: Vec::new(), sentence });
        }
        let value = self.value(&condition.expr, at)?;
        let value = if let Value::Bool(value) = value { Some(value) } else { None };
        let (cells, parts) = match &condition.form {
            ConditionForm::All(parts) | ConditionForm::Any(parts) => {
                (Vec::new(), parts.iter().map(|part| self.condition(part, at)).collect::<Result<Vec<_>>>()?)
            }
            ConditionForm::Not(inner) => (Vec::new(), vec![self.condition(inner, at)?]),
            ConditionForm::Of(operands) => (self.cells(condition, operands, &text, at)?, Vec::new()),
        };
        let is = value.map_or("null", |value| if value { "true" } else { "false" });
        let mut sentence = format!("`{text}` is {is}");
        match &condition.form {
            ConditionForm::Of(operands) if !cells.is_empty() => {
                sentence.push_str(&format!(": {}", clause(&cells)));
                sentence.push_str(&self.list_source(operands));
                let hint = self.hint(condition, at)?;
                let hint = match (hint.is_empty(), value) {
                    (true, Some(false) | None) => {
                        self.near_condition(&condition.expr, at.relation, at.row, at.run)?
                    }
                    _ => hint,
                };
                sentence.push_str(&hint);
            }
            ConditionForm::Of(_) => {}
            ConditionForm::All(_) | ConditionForm::Any(_) | ConditionForm::Not(_) => {
                // What matters is what made it so.
                let decides = |part: &&ConditionResult| match (&condition.form, value) {
                    (ConditionForm::All(_), Some(false)) => part.value == Some(false),
                    (ConditionForm::All(_), None) => part.value != Some(true),
                    (ConditionForm::Any(_), Some(true)) => part.value == Some(true),
                    (ConditionForm::All(_), Some(true))
                    | (ConditionForm::Any(_), Some(false) | None)
                    | (ConditionForm::Not(_) | ConditionForm::Of(_), _) => true,
                };
                let deciding: Vec<&str> =
                    parts.iter().filter(decides).map(|part| part.sentence.as_str()).collect();
                if !deciding.is_empty() {
                    sentence.push_str(&format!(": {}", deciding.join("; ")));
                }
            }
        }
        Ok(ConditionResult { text, value, cells, parts, sentence })
    }

    /// Evaluates an expression. One that the engine refuses to compute is null here, since the run got by without it.
    fn value(&self, expr: &Expr, at: RowContext<'_>) -> Result<Value> {
        match self.trace.evaluate(at.relation, at.row, &[expr], at.run) {
            Ok(mut values) => Ok(values.pop().unwrap_or_default()),
            Err(diagnostic) if diagnostic.code == Code::EvaluationFailed => Ok(Value::Null),
            Err(diagnostic) => Err(diagnostic),
        }
    }

    /// Evaluates what a condition reads: its operands that are no literals, and the columns in them.
    fn cells(
        &self,
        condition: &Condition,
        operands: &[(Span, Expr)],
        whole: &str,
        at: RowContext<'_>,
    ) -> Result<Vec<NamedValue>> {
        let mut cells: Vec<NamedValue> = Vec::new();
        let mut add = |name: String, value: Value| {
            if name != whole && !cells.iter().any(|cell| cell.name == name) {
                cells.push(NamedValue { name, value });
            }
        };
        for (span, expr) in operands {
            let text = self.texts.line(at.step.function, *span, &self.nested_spans(at.step));
            let shown = match expr {
                Expr::Literal { .. } => is_name(&text),
                Expr::ListSubquery { .. } => false,
                Expr::Column { .. }
                | Expr::Parameter { .. }
                | Expr::Call { .. }
                | Expr::Outer { .. }
                | Expr::Subquery { .. } => true,
            };
            if shown {
                add(text, self.value(expr, at)?);
            }
        }
        let whole = operands.is_empty().then_some(&condition.expr);
        for index in operands.iter().map(|(_, expr)| expr).chain(whole).flat_map(Expr::columns) {
            if let Some(column) = at.relation.plan.schema.columns.get(index) {
                let value = at.relation.table.columns().get(index).map(|column| column.value(at.row));
                add(column.name.to_string(), value.unwrap_or_default());
            }
        }
        Ok(cells)
    }

    /// Says which step gives the list that a value is looked up in, behind a semicolon.
    fn list_source(&self, operands: &[(Span, Expr)]) -> String {
        let list = operands.iter().find_map(|(_, expr)| {
            if let Expr::ListSubquery { plan } = expr { self.trace.subquery(plan) } else { None }
        });
        let Some((list, step)) = list.and_then(|list| Some((list, self.steps.step_of(list)?))) else {
            return String::new();
        };
        let values = counted(self.trace.relation(list).table.len(), "value");
        format!("; the list is that of step {}, with {values}", step.number)
    }

    /// Points out a difference in case that is easily overlooked, behind a semicolon.
    fn hint(&self, condition: &Condition, at: RowContext<'_>) -> Result<String> {
        let (Expr::Call { function, .. }, ConditionForm::Of(operands)) = (&condition.expr, &condition.form)
        else {
            return Ok(String::new());
        };
        let Some(insensitive) = function.ignoring_case.filter(|_| function.negates.is_none()) else {
            return Ok(String::new());
        };
        let of_list = function.signatures().iter().any(|form| form.max_arguments() > 2);
        let mut texts = Vec::new();
        for (_, expr) in operands {
            if let Value::String(text) = self.value(expr, at)? {
                texts.push(text);
            }
        }
        let Some((first, others)) = texts.split_first() else { return Ok(String::new()) };
        let alike =
            |other: &std::sync::Arc<str>| other != first && other.to_lowercase() == first.to_lowercase();
        if others.contains(first) || !others.iter().any(alike) {
            return Ok(String::new());
        }
        let differ = if of_list { "a text of the list differs" } else { "the texts differ" };
        Ok(format!("; {differ} in case alone, which {insensitive} does not mind"))
    }
}

/// Says whether an expression has another value each time that it is evaluated.
pub(super) fn is_random(expr: &Expr) -> bool {
    let mut random = false;
    expr.visit(&mut |it| {
        random |= matches!(it, Expr::Call { function, .. } if function.volatility == Volatility::Volatile);
    });
    random
}

/// Says whether a text is a variable's name, not a literal.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
        && !matches!(text, "true" | "false" | "null")
}
