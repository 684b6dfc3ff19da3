//! Finds out what a condition that holds for no row would have held for, had it been written a little differently: another case,
//! a part of a term, a member of another case, the empty text. Each change is run on the rows that reached the condition.

use std::collections::BTreeMap;

use super::condition::is_random;
use super::explainer::Explainer;
use super::sentence::{list, rows as row_count};
use super::steps::AuthoredStep;
use super::trace::{BodyRun, Relation};
use crate::column::Table;
use crate::diagnostic::Code;
use crate::function::{FunctionRef, Result, Semantics};
use crate::plan::{Condition, ConditionForm, Expr};
use crate::types::{ScalarType, Value};

/// The most rows that a changed condition is run on.
const MAX_ROWS: usize = 200_000;

/// The most changes of a condition that are tried.
const MAX_TRIED: usize = 24;

/// The most conditions of a step that are looked at.
const MAX_CONDITIONS: usize = 64;

/// The most rows whose members are looked at.
const MAX_BAGS: usize = 10_000;

/// A condition that is written a little differently.
pub(super) struct Change {
    /// The whole condition, changed.
    expr: Expr,
    /// How it finds what the other does not, behind "they do": `in another case (=~)`.
    pub how: String,
}

impl Explainer<'_> {
    /// Says what would have met the conditions of a step that kept none of its rows.
    pub(super) fn near_conditions(&self, step: &AuthoredStep<'_>) -> Result<Vec<String>> {
        let trace = self.trace;
        let (Some(operator), Some(piped)) = (step.operator, step.piped) else { return Ok(Vec::new()) };
        let (kept, before) = (trace.relation(step.relation), trace.relation(piped));
        let conditions = flattened(&operator.conditions);
        let is_told = !conditions.is_empty() && conditions.len() <= MAX_CONDITIONS;
        if !kept.table.is_empty() || before.table.is_empty() || !is_told || before.runs.is_some() {
            return Ok(Vec::new());
        }
        let Some(run) = trace.runs(None).next() else { return Ok(Vec::new()) };
        let is_cut = before.table.len() > MAX_ROWS;
        let of = match is_cut {
            true => format!("the first {}", row_count(MAX_ROWS)),
            false => row_count(before.table.len()),
        };
        let mut notes = Vec::new();
        let mut counts = Vec::new();
        for condition in &conditions {
            let text = self.texts.line(step.function, condition.span, &self.nested_spans(step));
            let Some(count) = self.count(&condition.expr, before, run)? else { return Ok(notes) };
            counts.push((text.clone(), count));
            if count > 0 {
                continue;
            }
            let mut found = Vec::new();
            for change in self.changes(&condition.expr, before, run)? {
                if let Some(count) = self.count(&change.expr, before, run)?.filter(|count| *count > 0) {
                    let do_so = if count == 1 { "does" } else { "do" };
                    found.push(format!("{count} {do_so} {}", change.how));
                }
            }
            if !found.is_empty() {
                notes.push(format!("none of {of} meets `{text}`; {}", found.join(", ")));
            } else if conditions.len() > 1 {
                notes.push(format!("none of {of} meets `{text}`"));
            }
        }
        if conditions.len() > 1 && !is_cut && counts.iter().all(|(_, count)| *count > 0) {
            let meet = |count: usize| if count == 1 { "meets" } else { "meet" };
            let each: Vec<String> =
                counts.iter().map(|(text, count)| format!("{count} {} `{text}`", meet(*count))).collect();
            notes.push(format!("of {of}, {}, and none meets all", list(&each)));
        }
        Ok(notes)
    }

    /// Says how a condition that is not true of a row would be, written differently, behind a semicolon.
    pub(super) fn near_condition(
        &self,
        expr: &Expr,
        relation: &Relation,
        row: usize,
        run: BodyRun,
    ) -> Result<String> {
        for change in self.changes(expr, relation, run)? {
            let holds = match self.trace.evaluate(relation, row, &[&change.expr], run) {
                Ok(values) => values.first() == Some(&Value::Bool(true)),
                Err(diagnostic) if diagnostic.code == Code::EvaluationFailed => false,
                Err(diagnostic) => return Err(diagnostic),
            };
            if holds {
                return Ok(format!("; it holds {}", change.how));
            }
        }
        Ok(String::new())
    }

    /// Counts the rows that a condition holds for; `None` if it cannot be told of all of them.
    fn count(&self, expr: &Expr, relation: &Relation, run: BodyRun) -> Result<Option<usize>> {
        if is_random(expr) || expr.has_window() {
            return Ok(None);
        }
        match self.trace.evaluate_rows(relation, MAX_ROWS, &[expr], run) {
            Ok(table) => Ok(Some(holding(&table))),
            Err(diagnostic) if diagnostic.code == Code::EvaluationFailed => Ok(None),
            Err(diagnostic) => Err(diagnostic),
        }
    }

    /// Lists changes of a condition, the likeliest first.
    fn changes(&self, expr: &Expr, relation: &Relation, run: BodyRun) -> Result<Vec<Change>> {
        let mut found = Vec::new();
        self.collect(expr, relation, run, &mut |expr| expr, &mut found)?;
        Ok(found)
    }

    /// Collects the changes of an expression; `whole` puts what is in its place into the condition.
    fn collect(
        &self,
        expr: &Expr,
        relation: &Relation,
        run: BodyRun,
        whole: &mut dyn FnMut(Expr) -> Expr,
        found: &mut Vec<Change>,
    ) -> Result<()> {
        let Expr::Call { function, arguments, .. } = expr else { return Ok(()) };
        let mut by_function = |name: &str, how: String, found: &mut Vec<Change>| {
            if let Some(other) = self.query.registry.scalar(name)
                && found.len() < MAX_TRIED
            {
                found.push(Change { expr: whole(with_function(expr, other)), how });
            }
        };
        if let Some(name) = function.ignoring_case.filter(|_| function.negates.is_none()) {
            by_function(name, format!("in another case ({name})"), found);
        }
        // An empty text is a part of every one.
        let looks_for_text =
            |it: &Expr| it.scalar_type() == ScalarType::String && it.as_literal() != Some(&Value::string(""));
        if let Some(name) = function.wider.filter(|_| arguments.iter().skip(1).all(looks_for_text)) {
            by_function(name, format!("as a part of the text ({name})"), found);
        }
        let is_text = arguments.first().is_some_and(|it| it.scalar_type() == ScalarType::String);
        if let Some(name) = function.for_texts.filter(|_| is_text && function.negates.is_none()) {
            by_function(name, format!("as an empty text, which is no null ({name})"), found);
        }
        if found.len() >= MAX_TRIED {
            return Ok(());
        }
        if let (Semantics::Member | Semantics::Item, [bag, Expr::Literal { value: Value::String(key), .. }]) =
            (function.semantics, &arguments[..])
            && let Some(other) = self.member(bag, key, relation, run)?
        {
            let how = format!("by the member '{other}', which is not '{name}'", name = &**key);
            let other = Expr::literal(Value::string(&other), ScalarType::String);
            found.push(Change { expr: whole(with_argument(expr, 1, other)), how });
        }
        for (at, argument) in arguments.iter().enumerate() {
            self.collect(argument, relation, run, &mut |inner| whole(with_argument(expr, at, inner)), found)?;
        }
        Ok(())
    }

    /// Finds the member of the bags of some rows whose name differs from a key in case alone, if none is called like the key.
    fn member(&self, bag: &Expr, key: &str, relation: &Relation, run: BodyRun) -> Result<Option<String>> {
        let table = match self.trace.evaluate_rows(relation, MAX_BAGS, &[bag], run) {
            Ok(table) => table,
            Err(diagnostic) if diagnostic.code == Code::EvaluationFailed => return Ok(None),
            Err(diagnostic) => return Err(diagnostic),
        };
        let lower = key.to_lowercase();
        let mut others: BTreeMap<String, usize> = BTreeMap::new();
        for row in 0..table.len() {
            let Some(Value::Dynamic(value)) = table.columns().first().map(|column| column.value(row)) else {
                continue;
            };
            let Some(bag) = value.as_bag() else { continue };
            if bag.get(key).is_some() {
                return Ok(None);
            }
            for (name, _) in bag.iter().filter(|(name, _)| name.to_lowercase() == lower) {
                *others.entry(name.to_string()).or_default() += 1;
            }
        }
        Ok(others.into_iter().max_by_key(|(_, count)| *count).map(|(name, _)| name))
    }
}

/// The conditions that must all hold.
fn flattened(conditions: &[Condition]) -> Vec<&Condition> {
    let mut all = Vec::new();
    for condition in conditions {
        match &condition.form {
            ConditionForm::All(parts) => all.extend(flattened(parts)),
            ConditionForm::Any(_) | ConditionForm::Not(_) | ConditionForm::Of(_) => all.push(condition),
        }
    }
    all
}

/// Counts the rows of a column of bools that are true.
fn holding(table: &Table) -> usize {
    let Some(column) = table.columns().first() else { return 0 };
    (0..table.len()).filter(|row| column.value(*row) == Value::Bool(true)).count()
}

/// A call of another function with the same arguments.
fn with_function(expr: &Expr, other: &FunctionRef) -> Expr {
    let mut changed = expr.clone();
    if let Expr::Call { function, unfoldable, .. } = &mut changed {
        *function = other.clone();
        *unfoldable = false;
    }
    changed
}

/// The same call with another argument in a place.
fn with_argument(expr: &Expr, at: usize, argument: Expr) -> Expr {
    let mut changed = expr.clone();
    if let Expr::Call { arguments, unfoldable, .. } = &mut changed
        && let Some(slot) = arguments.get_mut(at)
    {
        *slot = argument;
        *unfoldable = false;
    }
    changed
}
