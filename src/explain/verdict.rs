//! Conditions with their values for one row, and sentences of them. It must not know operators.

use super::Teller;
use super::fate::Verdict;
use super::report::Cell;
use super::sentence::{counted, list};
use super::story::Told;
use super::trace::{BodyRun, Relation};
use crate::diagnostic::Code;
use crate::function::{Result, Volatility};
use crate::plan::{Condition, ConditionForm, Expr};
use crate::source::Span;
use crate::types::Value;

/// Longer values are cut.
const MOST_CHARACTERS: usize = 120;

/// A value as it is said in a sentence.
pub(super) fn shown(value: &Value) -> String {
    let text = match value {
        Value::Null => "null".to_owned(),
        Value::String(text) => format!("{text:?}"),
        Value::DateTime(time) => time.to_short_string(),
        other => other.to_text().to_string(),
    };
    match text.char_indices().nth(MOST_CHARACTERS) {
        Some((cut, _)) => format!("{}…", text.get(..cut).unwrap_or_default()),
        None => text,
    }
}

/// `user is "ann" and size is 3`
pub(super) fn said(cells: &[Cell]) -> String {
    list(&cells.iter().map(|cell| format!("{} is {}", cell.name, shown(&cell.value))).collect::<Vec<_>>())
}

/// `user "ann", size 3`
pub(super) fn named(cells: &[Cell]) -> String {
    let cells: Vec<String> =
        cells.iter().map(|cell| format!("{} {}", cell.name, shown(&cell.value))).collect();
    cells.join(", ")
}

/// One row of a relation, and the step whose conditions look at it.
#[derive(Clone, Copy)]
pub(super) struct Looked<'a> {
    pub step: &'a Told<'a>,
    pub relation: &'a Relation,
    pub row: usize,
    /// The run of the body that the step is in.
    pub run: BodyRun,
}

impl Teller<'_> {
    /// The value of a condition for a row, and what it comes from.
    pub(super) fn verdict(&self, condition: &Condition, at: Looked<'_>) -> Result<Verdict> {
        let text = self.texts.line(at.step.function, condition.span, &self.nested_spans(at.step));
        if is_random(&condition.expr) {
            let sentence = format!("`{text}` draws random numbers, which were others in the run");
            return Ok(Verdict { text, value: None, cells: Vec::new(), parts: Vec::new(), sentence });
        }
        let value = match self.value(&condition.expr, at)? {
            Value::Bool(value) => Some(value),
            _ => None,
        };
        let (cells, parts) = match &condition.form {
            ConditionForm::All(parts) | ConditionForm::Any(parts) => {
                (Vec::new(), parts.iter().map(|part| self.verdict(part, at)).collect::<Result<Vec<_>>>()?)
            }
            ConditionForm::Not(inner) => (Vec::new(), vec![self.verdict(inner, at)?]),
            ConditionForm::Of(operands) => (self.cells(condition, operands, &text, at)?, Vec::new()),
        };
        let is = value.map_or("null", |value| if value { "true" } else { "false" });
        let mut sentence = format!("`{text}` is {is}");
        match &condition.form {
            ConditionForm::Of(operands) if !cells.is_empty() => {
                sentence.push_str(&format!(": {}", said(&cells)));
                sentence.push_str(&self.list_said(operands));
                sentence.push_str(&self.hint(condition, at)?);
            }
            ConditionForm::Of(_) => {}
            ConditionForm::All(_) | ConditionForm::Any(_) | ConditionForm::Not(_) => {
                // What matters is what made it so.
                let decides = |part: &&Verdict| match (&condition.form, value) {
                    (ConditionForm::All(_), Some(false)) => part.value == Some(false),
                    (ConditionForm::All(_), None) => part.value != Some(true),
                    (ConditionForm::Any(_), Some(true)) => part.value == Some(true),
                    _ => true,
                };
                let deciding: Vec<&str> =
                    parts.iter().filter(decides).map(|part| part.sentence.as_str()).collect();
                if !deciding.is_empty() {
                    sentence.push_str(&format!(": {}", deciding.join("; ")));
                }
            }
        }
        Ok(Verdict { text, value, cells, parts, sentence })
    }

    /// The value of an expression. One that the engine refuses to compute is null here: the run got by without it.
    fn value(&self, expr: &Expr, at: Looked<'_>) -> Result<Value> {
        match self.trace.evaluate(at.relation, at.row, &[expr], at.run) {
            Ok(mut values) => Ok(values.pop().unwrap_or_default()),
            Err(diagnostic) if diagnostic.code == Code::EvaluationFailed => Ok(Value::Null),
            Err(diagnostic) => Err(diagnostic),
        }
    }

    /// What a condition looks at: its operands that are no literals, and the columns in them.
    fn cells(
        &self,
        condition: &Condition,
        operands: &[(Span, Expr)],
        whole: &str,
        at: Looked<'_>,
    ) -> Result<Vec<Cell>> {
        let mut cells: Vec<Cell> = Vec::new();
        let mut add = |name: String, value: Value| {
            if name != whole && !cells.iter().any(|cell| cell.name == name) {
                cells.push(Cell { name, value });
            }
        };
        for (span, expr) in operands {
            let text = self.texts.line(at.step.function, *span, &self.nested_spans(at.step));
            let told = match expr {
                Expr::Literal { .. } => is_name(&text),
                Expr::ListSubquery { .. } => false,
                _ => true,
            };
            if told {
                add(text, self.value(expr, at)?);
            }
        }
        let mut columns = Vec::new();
        let mut visit = |expr: &Expr| {
            expr.visit(&mut |it| {
                if let Expr::Column { index, .. } = it {
                    columns.push(*index);
                }
            });
        };
        if operands.is_empty() {
            visit(&condition.expr);
        }
        operands.iter().for_each(|(_, expr)| visit(expr));
        for index in columns {
            if let Some(column) = at.relation.plan.schema.columns.get(index) {
                let value = at.relation.table.columns().get(index).map(|column| column.value(at.row));
                add(column.name.to_string(), value.unwrap_or_default());
            }
        }
        Ok(cells)
    }

    /// Which step gives the list that a value is looked up in.
    fn list_said(&self, operands: &[(Span, Expr)]) -> String {
        let list = operands.iter().find_map(|(_, expr)| match expr {
            Expr::ListSubquery { plan } => self.trace.subquery(plan),
            _ => None,
        });
        let Some((list, step)) = list.and_then(|list| Some((list, self.story.step_of(list)?))) else {
            return String::new();
        };
        let values = counted(self.trace.relation(list).table.len(), "value");
        format!("; the list is that of step {}, with {values}", step.number)
    }

    /// What is easily overlooked.
    fn hint(&self, condition: &Condition, at: Looked<'_>) -> Result<String> {
        let (Expr::Call { function, .. }, ConditionForm::Of(operands)) = (&condition.expr, &condition.form)
        else {
            return Ok(String::new());
        };
        let Some(insensitive) = function.ignoring_case.filter(|_| function.negates.is_none()) else {
            return Ok(String::new());
        };
        let of_list = function.signatures.iter().any(|form| form.most() > 2);
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

/// The expression is another one each time that it is evaluated.
fn is_random(expr: &Expr) -> bool {
    let mut random = false;
    expr.visit(&mut |it| {
        random |= matches!(it, Expr::Call { function, .. } if function.volatility == Volatility::Volatile);
    });
    random
}

/// The text is a variable's name, not a literal.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
        && !matches!(text, "true" | "false" | "null")
}
