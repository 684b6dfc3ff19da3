//! Evaluates a unit: makes its tables, runs the rule over them and checks the answer. It reads no clock and prints nothing.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use kqlite::{ExternalData, Limits, Options, Table};

use super::cache::{Prepared, TestCache};
use super::check::{RunResult, check};
use super::error::TestFileError;
use super::fixture::FixtureBudget;
use super::layer::RuleText;
use super::loaded_rule::LoadedRule;
use super::outcome::{Failure, Outcome};
use super::period::PeriodCut;
use super::tables::{Tables, external};
use super::unit::Unit;
use crate::{Rule, RuleFormat};

/// The time since some moment.
pub type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;

/// How much a rule may use in a test.
#[derive(Clone)]
pub struct Bounds {
    /// Rows, bytes and depth.
    pub limits: Limits,
    /// The longest time, if the caller has a clock.
    pub time: Option<(Duration, Clock)>,
    /// A value for which it is not known what the real engine gives ends the run.
    pub strict: bool,
}

impl Default for Bounds {
    /// A million rows, 512 MiB, no limit on time.
    fn default() -> Self {
        Self {
            limits: Limits { rows: 1_000_000, bytes: 512 << 20, ..Limits::default() },
            time: None,
            strict: false,
        }
    }
}

/// The outcome of a unit, and what was run for it.
pub(crate) struct Evaluation {
    pub outcome: Outcome,
    pub rule: Option<Arc<LoadedRule>>,
    /// The tables that the rule reads.
    pub reads: Vec<String>,
    /// What was run, so that a caller can look further.
    pub run: Option<RuleRun>,
}

/// A run, to be looked at again.
pub(crate) struct RuleRun {
    pub prepared: Arc<Prepared>,
    pub database: kqlite::Database,
    pub options: Options,
    pub answer: Option<Table>,
    /// What the rule does not see of its tables.
    pub cut: PeriodCut,
}

impl Evaluation {
    /// An outcome of a unit that was not run.
    pub const fn of(outcome: Outcome) -> Self {
        Self { outcome, rule: None, reads: Vec::new(), run: None }
    }
}

/// Runs a unit, until the flag is set. An error in the file is its outcome, too.
pub(crate) fn evaluate(
    unit: Unit<'_>,
    cache: &TestCache,
    bounds: &Bounds,
    cancel: &Arc<AtomicBool>,
) -> Evaluation {
    let mut evaluated = Evaluation::of(Outcome::Passed);
    evaluated.outcome = match try_evaluate(unit, cache, bounds, cancel, &mut evaluated) {
        Ok(failures) if failures.is_empty() => Outcome::Passed,
        Ok(failures) => Outcome::Failed(failures),
        Err(error) => Outcome::Broken(Box::new(error)),
    };
    evaluated
}

fn try_evaluate(
    unit: Unit<'_>,
    cache: &TestCache,
    bounds: &Bounds,
    cancel: &Arc<AtomicBool>,
    evaluated: &mut Evaluation,
) -> Result<Vec<Failure>, TestFileError> {
    let source = &unit.file.source;
    let rule = rule_of(unit, cache)?;
    evaluated.rule = Some(Arc::clone(&rule));
    let cells = unit.cells();
    let tables = Tables::of(unit, &cells, cache, &rule.words)?;
    let prepared = tables.prepare(unit, &rule, cache);
    evaluated.reads = prepared.reads.keys().cloned().collect();
    let query = match &prepared.query {
        Ok(query) => query,
        Err(error) => {
            evaluated.reads = tables.names().map(str::to_owned).collect();
            return check(&cells, &unit.expected(), &RunResult::Error(error), &rule);
        }
    };
    tables.all_read(unit, &prepared)?;
    let mut database = prepared.database.clone();
    let mut budget = FixtureBudget::new(bounds.limits);
    let (period, mut cut) = (unit.period(&rule.rule), PeriodCut::default());
    for made in &tables.list {
        let Some(read) = prepared.reads.get(&made.name) else { continue };
        let period = period.filter(|_| made.has_times());
        let table = made.table(&cells, cache, &made.with_times(read, period), &mut budget)?;
        let table = match period {
            Some(period) => cut.table(&made.name, table, period, cells.now),
            None => table,
        };
        database.insert(made.name.as_str(), table);
    }
    for (key, given) in unit.nearest(|layer| &layer.external) {
        match external(&cells, cache, key, given, &rule.rule.query, &mut budget)? {
            ExternalData::Table(table) => database.insert_external(key.text.as_str(), table),
            ExternalData::Bytes(bytes) => database.insert_external_bytes(key.text.as_str(), bytes),
        };
    }
    let mut options =
        Options::new(cells.now).limits(bounds.limits).strict(bounds.strict).cancel(Arc::clone(cancel));
    if let Some((limit, clock)) = &bounds.time {
        let (start, clock) = (clock(), Arc::clone(clock));
        options = options.time_limit(*limit, move || clock().saturating_sub(start));
    }
    for (key, node) in unit.nearest(|layer| &layer.parameters) {
        let declared =
            query.parameters().find(|(name, ..)| *name == key.text).map(|(_, data_type, _)| data_type);
        let Some(data_type) = declared else {
            let message = format!("the query declares no parameter '{}'", key.text);
            let known: Vec<&str> = query.parameters().map(|(name, ..)| name).collect();
            let help = match known.as_slice() {
                [] => {
                    "a parameter is declared as: declare query_parameters(name: type = default);".to_owned()
                }
                known => crate::suggest::suggestion(&key.text, "it declares", known.iter().copied()),
            };
            return Err(TestFileError::new(source, key.at.clone(), message).help(help));
        };
        options = options.parameter(key.text.as_str(), cells.value(node, data_type, &key.text)?);
    }
    let answer = query.run(&database, &options);
    let expected = unit.expected();
    let failures = match &answer {
        Ok(table) => {
            let files = |path: &str| cache.file(&source.resolve(path));
            let answer = RunResult::Table { table, ordered: prepared.ordered, files: &files };
            check(&cells, &expected, &answer, &rule)?
        }
        Err(error) => check(&cells, &expected, &RunResult::Error(error), &rule)?,
    };
    evaluated.run =
        Some(RuleRun { prepared: Arc::clone(&prepared), database, options, answer: answer.ok(), cut });
    Ok(failures)
}

fn rule_of(unit: Unit<'_>, cache: &TestCache) -> Result<Arc<LoadedRule>, TestFileError> {
    let source = &unit.file.source;
    match unit.rule_text() {
        Some(RuleText::File { path, at }) => cache
            .rule(&source.resolve(path))
            .map_err(|message| TestFileError::new(source, at.clone(), message)),
        Some(RuleText::Query { text }) => {
            let rule = Rule::parse_all(text, RuleFormat::Kql).ok().and_then(|mut rules| rules.pop());
            let rule = rule.ok_or_else(|| TestFileError::new(source, unit.at(), "the test has no query"))?;
            Ok(Arc::new(LoadedRule::new(None, text.clone(), rule)))
        }
        None => Err(TestFileError::new(source, unit.at(), "the test has no rule")),
    }
}
