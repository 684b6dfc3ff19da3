//! Patterns of rows, for the plugins that find them: which values stand together in columns, and how often. It must not know
//! which patterns a plugin is after.
//!
//! A pattern says of some columns which value they have. Found are the closed ones: of all patterns that the same rows
//! meet, that with the most columns. Source: the pages and the published examples of `basket`, whose answers are these.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use crate::budget::Used;
use crate::column::{Column, Table};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{
    ArgumentValue, InputColumn, PluginArgument, PluginBinding, PluginCall, PluginColumns, PluginRows,
    PluginRun, Result, RowOrigins,
};
use crate::types::{ScalarType, Value};

/// What an argument must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WantedArgument {
    Real,
    Integer,
    Text,
    Column,
}

/// A text that stands for an argument that is left out.
const LEFT_OUT: &str = "~";

fn is_left_out(argument: &PluginArgument) -> bool {
    matches!(&argument.value, ArgumentValue::Constant(Value::String(text), _) if **text == *LEFT_OUT)
}

/// Checks arguments, of which the first ones must be given; those behind are wildcards. The columns are those of a pattern's
/// measures, and those of the rows.
pub(super) fn bind(
    call: &PluginBinding<'_>,
    (least, wanted): (usize, &[WantedArgument]),
    measures: &[(&str, ScalarType)],
) -> std::result::Result<PluginColumns, Vec<Diagnostic>> {
    if call.arguments.len() < least {
        let message = format!("takes {least} arguments at least, {} given", call.arguments.len());
        return Err(vec![call.error(Code::ArgumentCount, message)]);
    }
    let wrong = |(argument, wanted): (&PluginArgument, &WantedArgument)| {
        let data_type = match &argument.value {
            ArgumentValue::Unknown => return None,
            ArgumentValue::Column(at) => call.columns.get(*at).and_then(|column| column.data_type),
            ArgumentValue::Constant(_, data_type)
            | ArgumentValue::Computed { data_type, .. }
            | ArgumentValue::Aggregate(_, data_type) => Some(*data_type),
            ArgumentValue::Star | ArgumentValue::Table(_) | ArgumentValue::TableColumn(..) => None,
        };
        let constant = matches!(argument.value, ArgumentValue::Constant(..));
        let is =
            |types: &[ScalarType]| constant && data_type.is_none_or(|data_type| types.contains(&data_type));
        use ScalarType as T;
        let (right, code, what) = match wanted {
            _ if is_left_out(argument) => return None,
            WantedArgument::Column => (
                matches!(argument.value, ArgumentValue::Column(_)),
                Code::ExpectedColumn,
                "the name of a column",
            ),
            WantedArgument::Real => (is(&[T::Real, T::Long, T::Int]), Code::ExpectedType, "a real"),
            WantedArgument::Integer => (is(&[T::Long, T::Int]), Code::ExpectedType, "an integer"),
            WantedArgument::Text => (is(&[T::String]), Code::ExpectedType, "a string"),
        };
        let message = || format!("'{}' wants {what} here, or '{LEFT_OUT}' for the default", call.name);
        (!right).then(|| Diagnostic::error(code, argument.span, message()))
    };
    let wrong: Vec<Diagnostic> = call.arguments.iter().zip(wanted).filter_map(wrong).collect();
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let mut columns: Vec<InputColumn> = measures
        .iter()
        .map(|(name, data_type)| InputColumn { name: (*name).to_owned(), data_type: Some(*data_type) })
        .collect();
    for column in call.columns {
        let name = unique(&column.name, |name| columns.iter().any(|it| it.name == name));
        columns.push(InputColumn { name, ..column.clone() });
    }
    Ok(PluginColumns::closed(columns))
}

/// A name that is not taken.
fn unique(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut found = name.to_owned();
    let mut number = 0;
    while taken(&found) {
        number += 1;
        found = format!("{name}{number}");
    }
    found
}

/// The arguments of a call that runs.
pub(super) struct PatternArguments<'a>(pub(super) &'a PluginCall);

impl<'a> PatternArguments<'a> {
    fn given(&self, at: usize) -> Option<&'a PluginArgument> {
        self.0.arguments.get(at).filter(|argument| !is_left_out(argument))
    }

    fn constant(&self, at: usize) -> Result<Option<&'a Value>> {
        match self.given(at).map(|argument| (&argument.value, argument.span)) {
            None => Ok(None),
            Some((ArgumentValue::Constant(value, _), _)) => Ok(Some(value)),
            Some((_, span)) => {
                let message = format!("'{}' wants a constant here", self.0.plugin.name);
                Err(Box::new(Diagnostic::error(Code::EvaluationFailed, span, message)))
            }
        }
    }

    /// A number within bounds, which a message tells.
    pub(super) fn real(&self, at: usize, usual: f64, (low, high): (f64, f64)) -> Result<f64> {
        let Some(value) = self.constant(at)? else { return Ok(usual) };
        match value.convert(ScalarType::Real).as_real() {
            Some(number) if (low..=high).contains(&number) => Ok(number),
            _ => {
                let message = format!("'{}' wants a number from {low} to {high} here", self.0.plugin.name);
                let span = self.given(at).map_or(self.0.span, |argument| argument.span);
                Err(Box::new(Diagnostic::error(Code::EvaluationFailed, span, message)))
            }
        }
    }

    /// A positive integer.
    pub(super) fn count(&self, at: usize, usual: usize) -> Result<usize> {
        match self.constant(at)? {
            None => Ok(usual),
            // More than there can be is as much as there can be.
            Some(_) => Ok(self.real(at, 1.0, (1.0, 1e9))? as usize),
        }
    }

    /// A text.
    pub(super) fn text(&self, at: usize) -> Result<&'a str> {
        Ok(self.constant(at)?.and_then(Value::as_str).unwrap_or_default())
    }

    /// A column, by its place.
    pub(super) fn column(&self, at: usize) -> Option<usize> {
        match self.given(at)?.value {
            ArgumentValue::Column(column) => Some(column),
            ArgumentValue::Constant(..)
            | ArgumentValue::Computed { .. }
            | ArgumentValue::Table(_)
            | ArgumentValue::TableColumn(..)
            | ArgumentValue::Aggregate(..)
            | ArgumentValue::Star
            | ArgumentValue::Unknown => None,
        }
    }

    /// What stands for any value in columns of a type: a wildcard of this type, else null.
    fn wildcard(&self, first: usize, data_type: ScalarType) -> Result<Value> {
        for at in first..self.0.arguments.len() {
            let of_type = |argument: &&PluginArgument| matches!(&argument.value, ArgumentValue::Constant(_, given) if *given == data_type);
            if self.given(at).filter(of_type).is_some() {
                return Ok(self.constant(at)?.cloned().unwrap_or(Value::Null));
            }
        }
        Ok(Value::null_of(data_type))
    }
}

/// What one row counts, by the set that it is in: of two sets for `diffpatterns`, else of one.
pub(super) type Weights = [f64; 2];

fn add(sums: &mut Weights, weights: &Weights) {
    sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += weight);
}

/// The code of a value that is too rare to be in a pattern.
const RARE: u32 = u32::MAX;

/// The rows by the codes of their values; rows that are the same are one.
pub(super) struct CodedRows {
    /// The columns of the input that patterns speak of.
    dimensions: Vec<usize>,
    /// For each dimension its values by their codes.
    values: Vec<Vec<Value>>,
    /// For each row the codes of its values.
    rows: Vec<Box<[u32]>>,
    weights: Vec<Weights>,
    /// For each row of the input which of these rows it is; `RARE` for one that counts nothing.
    of_input: Vec<u32>,
}

/// A pattern: for each dimension the code of a value, or none.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ValuePattern {
    pub(super) codes: Box<[u32]>,
    /// What the rows that meet it count.
    pub(super) sums: Weights,
}

impl ValuePattern {
    /// In how many columns it has a value.
    pub(super) fn size(&self) -> usize {
        self.codes.iter().filter(|code| **code != RARE).count()
    }

    /// How many values it shares with another.
    pub(super) fn shared(&self, other: &Self) -> usize {
        self.codes.iter().zip(&other.codes).filter(|(a, b)| a == b && **a != RARE).count()
    }

    fn is_met(&self, row: &[u32]) -> bool {
        self.codes.iter().zip(row).all(|(code, of_row)| *code == RARE || code == of_row)
    }
}

/// A run of one of the plugins.
pub(super) struct Mining<'a> {
    run: &'a PluginRun<'a>,
    used: Used<'a>,
    bytes: std::cell::Cell<usize>,
}

impl<'a> Mining<'a> {
    pub(super) const fn new(run: &'a PluginRun<'a>) -> Self {
        let used = Used::of(&run.context.budget);
        Self { run, used, bytes: std::cell::Cell::new(0) }
    }

    fn user(&self) -> String {
        format!("'{}'", self.run.call.plugin.name)
    }

    /// Holds more bytes until the run is over.
    pub(super) fn hold(&self, bytes: usize) -> Result<()> {
        self.bytes.set(self.bytes.get().saturating_add(bytes));
        self.used.reserve(self.bytes.get(), || self.user(), self.run.call.span)
    }

    fn give_back(&self, bytes: usize) {
        // What was asked for stays held: it is asked for again before long.
        self.bytes.set(self.bytes.get().saturating_sub(bytes));
    }

    pub(super) fn work(&self, amount: usize) -> Result<()> {
        self.used.work(amount, || self.user(), self.run.call.span)
    }

    /// Notes of which the real engine's answer is not known.
    pub(super) fn doubt(&self, about: &str, taken: &str, example: impl std::fmt::Display) -> Result<()> {
        self.run.context.doubts(self.run.call.plugin.name, self.run.call.span).note(about, taken, example)
    }

    /// What each row counts by a column of weights; 1 without one.
    pub(super) fn row_weights(&self, column: Option<usize>) -> Result<Vec<f64>> {
        let rows = self.run.input.len();
        self.hold(rows.saturating_mul(size_of::<f64>()))?;
        let named = |at| self.run.input.schema().columns.get(at).zip(self.run.input.columns().get(at));
        let Some((described, column)) = column.and_then(named) else { return Ok(vec![1.0; rows]) };
        self.doubt("a column of weights", "no pattern speaks of it", &described.name)?;
        let mut weights = Vec::with_capacity(rows);
        for value in column.values() {
            match value.convert(ScalarType::Real).as_real() {
                Some(weight) if weight >= 0.0 && weight.is_finite() => weights.push(weight),
                _ => {
                    self.doubt(
                        "a weight that is null or less than 0",
                        "the row counts nothing",
                        value.to_text(),
                    )?;
                    weights.push(0.0);
                }
            }
        }
        Ok(weights)
    }

    /// Codes the rows for patterns that speak of all columns but some; `kept` says which values are not too rare.
    pub(super) fn code(
        &self,
        weights: &[Weights],
        without: &[Option<usize>],
        kept: impl Fn(&Weights) -> bool,
    ) -> Result<CodedRows> {
        let input = self.run.input;
        let dimensions: Vec<usize> =
            (0..input.columns().len()).filter(|at| !without.contains(&Some(*at))).collect();
        self.hold(input.len().saturating_mul(dimensions.len() + 1).saturating_mul(2 * size_of::<u32>()))?;
        let mut values = Vec::with_capacity(dimensions.len());
        let mut coded: Vec<Vec<u32>> = Vec::with_capacity(dimensions.len());
        for column in dimensions.iter().filter_map(|at| input.columns().get(*at)) {
            let (codes, common) = self.code_column(column, weights, &kept)?;
            coded.push(codes);
            values.push(common);
        }
        let mut distinct: HashMap<Box<[u32]>, usize> = HashMap::new();
        let (mut rows, mut sums): (Vec<Box<[u32]>>, Vec<Weights>) = (Vec::new(), Vec::new());
        let mut of_input = vec![RARE; input.len()];
        let row_bytes = 2 * dimensions.len() * size_of::<u32>() + 96;
        for (row, weights) in
            weights.iter().enumerate().filter(|(_, weights)| weights.iter().any(|it| *it > 0.0))
        {
            let codes: Box<[u32]> =
                coded.iter().map(|codes| codes.get(row).copied().unwrap_or(RARE)).collect();
            self.work(row_bytes)?;
            let known = distinct.get(&codes).and_then(|at| Some((*at, sums.get_mut(*at)?)));
            let number = match known {
                Some((number, known)) => {
                    add(known, weights);
                    number
                }
                None => {
                    self.hold(row_bytes)?;
                    distinct.insert(codes.clone(), rows.len());
                    rows.push(codes);
                    sums.push(*weights);
                    rows.len() - 1
                }
            };
            if let Some(of_input) = of_input.get_mut(row) {
                *of_input = u32::try_from(number).unwrap_or(RARE);
            }
        }
        Ok(CodedRows { dimensions, values, rows, weights: sums, of_input })
    }

    fn code_column(
        &self,
        column: &Column,
        weights: &[Weights],
        kept: &impl Fn(&Weights) -> bool,
    ) -> Result<(Vec<u32>, Vec<Value>)> {
        let mut known: HashMap<String, u32> = HashMap::new();
        let mut found: Vec<(Value, Weights)> = Vec::new();
        let mut codes = Vec::with_capacity(weights.len());
        let mut held = 0_usize;
        for (value, weights) in column.values().zip(weights) {
            let key = value.to_json().to_string();
            self.work(key.len() + size_of::<Value>())?;
            let code = match known.get(&key) {
                Some(code) => *code,
                None => {
                    let bytes = key.len() + value.byte_size() + 2 * size_of::<(Value, Weights)>();
                    self.hold(bytes)?;
                    held = held.saturating_add(bytes);
                    let code = u32::try_from(found.len()).unwrap_or(RARE);
                    known.insert(key, code);
                    found.push((value, Weights::default()));
                    code
                }
            };
            if let Some((_, sums)) = found.get_mut(code as usize) {
                add(sums, weights);
            }
            codes.push(code);
        }
        let mut common = Vec::new();
        let renumbered: Vec<u32> = found
            .into_iter()
            .map(|(value, sums)| {
                if !kept(&sums) {
                    return RARE;
                }
                common.push(value);
                u32::try_from(common.len() - 1).unwrap_or(RARE)
            })
            .collect();
        for code in &mut codes {
            *code = renumbered.get(*code as usize).copied().unwrap_or(RARE);
        }
        self.give_back(held);
        Ok((codes, common))
    }

    /// The closed patterns that are not too rare, and that so many values at the most determine; the order is that of their
    /// codes.
    pub(super) fn patterns(
        &self,
        coded: &CodedRows,
        most: usize,
        kept: impl Fn(&Weights) -> bool,
    ) -> Result<Vec<ValuePattern>> {
        struct SearchStep {
            rows: Vec<u32>,
            next: usize,
            size: usize,
        }
        let width = coded.dimensions.len();
        // With each pattern: where the search went on from it, and with how many values.
        let mut found: BTreeMap<Box<[u32]>, (Weights, usize, usize)> = BTreeMap::new();
        let all = (0..u32::try_from(coded.rows.len()).unwrap_or(u32::MAX)).collect();
        let mut steps = vec![SearchStep { rows: all, next: 0, size: 0 }];
        while let Some(step) = steps.pop() {
            self.work(step.rows.len().saturating_mul(width).saturating_mul(size_of::<u32>()))?;
            let closed = coded.common(&step.rows);
            if let Some((_, next, size)) = found.get_mut(&closed) {
                if *next <= step.next && *size <= step.size {
                    continue;
                }
                (*next, *size) = (step.next.min(*next), step.size.min(*size));
            } else {
                let sums = coded.sums(&step.rows);
                if kept(&sums) {
                    self.hold(closed.len().saturating_mul(2 * size_of::<u32>()).saturating_add(160))?;
                    found.insert(closed.clone(), (sums, step.next, step.size));
                }
            }
            if step.size == most {
                continue;
            }
            for dimension in step.next..width {
                // A value that all rows share tells them apart from none.
                if closed.get(dimension).is_none_or(|code| *code != RARE) {
                    continue;
                }
                let mut parts: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
                for &row in &step.rows {
                    if let Some(code) = coded.code(row, dimension).filter(|code| *code != RARE) {
                        parts.entry(code).or_default().push(row);
                    }
                }
                for rows in parts.into_values().filter(|rows| kept(&coded.sums(rows))) {
                    self.hold(rows.len().saturating_mul(size_of::<u32>()).saturating_add(64))?;
                    steps.push(SearchStep { rows, next: dimension + 1, size: step.size + 1 });
                }
            }
            self.give_back(step.rows.len().saturating_mul(size_of::<u32>()).saturating_add(64));
        }
        let patterns = found.into_iter().map(|(codes, (sums, ..))| ValuePattern { codes, sums });
        Ok(patterns.filter(|pattern| pattern.size() > 0).collect())
    }

    /// Which rows meet a pattern.
    pub(super) fn rows_of(&self, coded: &CodedRows, pattern: &ValuePattern) -> Result<Vec<bool>> {
        self.work(coded.rows.len().saturating_mul(pattern.codes.len()))?;
        Ok(coded.rows.iter().map(|row| pattern.is_met(row)).collect())
    }

    /// The table of patterns: numbers, measures, and the columns of the input with values or wildcards, which are given from
    /// an argument on.
    pub(super) fn table(
        &self,
        coded: &CodedRows,
        patterns: &[ValuePattern],
        measures: Vec<(&str, Column)>,
        wildcards: usize,
    ) -> Result<PluginRows> {
        let input = self.run.input;
        let arguments = PatternArguments(self.run.call);
        self.hold(patterns.len().saturating_mul(input.columns().len()).saturating_mul(size_of::<Value>()))?;
        let mut columns: Vec<(std::sync::Arc<str>, Column)> =
            measures.into_iter().map(|(name, column)| (name.into(), column)).collect();
        for (at, described) in input.schema().columns.iter().enumerate() {
            let wildcard = arguments.wildcard(wildcards, described.data_type)?;
            let dimension = coded.dimensions.iter().position(|column| *column == at);
            let cells = patterns.iter().map(|pattern| {
                let value = dimension.and_then(|at| {
                    let code = pattern.codes.get(at).filter(|code| **code != RARE)?;
                    coded.values.get(at)?.get(*code as usize)
                });
                value.unwrap_or(&wildcard).clone()
            });
            let cells: Vec<Value> = cells.collect();
            let name = unique(&described.name, |name| columns.iter().any(|(known, _)| **known == *name));
            columns.push((name.into(), Column::from_values(described.data_type, &cells)));
        }
        let table = Table::new(columns)
            .map_err(|message| Box::new(Diagnostic::internal(self.run.call.span, message)))?;
        Ok(PluginRows { table, origins: self.origins(coded, patterns)? })
    }

    /// Which rows of the input each pattern was found in, if somebody wants to know.
    fn origins(&self, coded: &CodedRows, patterns: &[ValuePattern]) -> Result<RowOrigins> {
        if !self.run.is_traced {
            return Ok(RowOrigins::Unknown);
        }
        let (mut starts, mut rows) = (vec![0], Vec::new());
        for pattern in patterns {
            let met = self.rows_of(coded, pattern)?;
            let of_input = (0_u32..).zip(&coded.of_input);
            let found = of_input.filter(|(_, number)| met.get(**number as usize) == Some(&true));
            let before = rows.len();
            rows.extend(found.map(|(row, _)| row));
            self.hold((rows.len() - before).saturating_mul(2 * size_of::<u32>()))?;
            starts.push(u32::try_from(rows.len()).unwrap_or(u32::MAX));
        }
        Ok(RowOrigins::Groups { starts, rows })
    }
}

impl CodedRows {
    fn code(&self, row: u32, dimension: usize) -> Option<u32> {
        self.rows.get(row as usize)?.get(dimension).copied()
    }

    fn sums(&self, rows: &[u32]) -> Weights {
        let mut sums = Weights::default();
        rows.iter().filter_map(|row| self.weights.get(*row as usize)).for_each(|row| add(&mut sums, row));
        sums
    }

    /// The values that all of these rows have.
    fn common(&self, rows: &[u32]) -> Box<[u32]> {
        let mut rows = rows.iter().filter_map(|row| self.rows.get(*row as usize));
        let Some(first) = rows.next() else { return vec![RARE; self.dimensions.len()].into() };
        let mut common = first.clone();
        for row in rows {
            common.iter_mut().zip(row).for_each(|(code, of_row)| {
                if code != of_row {
                    *code = RARE;
                }
            });
        }
        common
    }

    /// What the rows count that two lists of rows have in common.
    pub(super) fn sums_of_both(&self, a: &[bool], b: &[bool]) -> Weights {
        let mut sums = Weights::default();
        let both = a.iter().zip(b).zip(&self.weights).filter(|((a, b), _)| **a && **b);
        both.for_each(|(_, weights)| add(&mut sums, weights));
        sums
    }
}

/// The numbers of patterns.
pub(super) fn numbers(count: usize) -> Column {
    longs((0..count).map(|number| number as f64))
}

/// Counts, which are whole unless weights are reals.
pub(super) fn longs(counts: impl Iterator<Item = f64>) -> Column {
    let values: Vec<Value> = counts.map(|count| Value::Long(count as i64)).collect();
    Column::from_values(ScalarType::Long, &values)
}

/// Reals.
pub(super) fn reals(numbers: impl Iterator<Item = f64>) -> Column {
    let values: Vec<Value> = numbers.map(Value::Real).collect();
    Column::from_values(ScalarType::Real, &values)
}
