//! Tests of rules from Rust: a rule is given rows and run, and its answer is checked, with the same differences as those of
//! test files.

use std::ops::{Bound, RangeBounds};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kqlite::{DateTime, Limits, ScalarType, Table};
use serde_json::Value as Json;

use super::cache::TestCache;
use super::check::{RunResult, check};
use super::discover::discover;
use super::error::TestFileError;
use super::evaluate::{Bounds, RuleRun, evaluate};
use super::expect::{CountRange, Expectation, Expected};
use super::file::{Test, TestFile};
use super::fixture_spec::{FixtureSpec, RowSource};
use super::layer::{Layer, RuleText};
use super::loaded_rule::LoadedRule;
use super::outcome::Outcome;
use super::period::PeriodSetting;
use super::report::{human, outcome_text};
use super::run::{Settings, Suite, read_file};
use super::unit::Unit;
use super::why::why;
use crate::yaml::{YamlKey, YamlKind, YamlNode};
use crate::{Alert, Rule};

/// A rule and what it is given.
///
/// Rows are JSON; a row states only what matters. In columns of times, texts such as `-2h` are relative to the time that
/// [`Trial::at`] gives.
///
/// ```
/// use kqlite_detect::{Rule, json};
///
/// let rule = Rule::parse("query: EmailEvents | where Timestamp > ago(1h) | project Subject\n")?;
/// rule.given("EmailEvents", json!([{"Timestamp": "-59m", "Subject": "new"}, {"Timestamp": "-2h"}]))
///     .run()?
///     .expect_fires()
///     .expect_rows(json!([{"Subject": "new"}]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Trial {
    rule: Arc<LoadedRule>,
    layer: Layer,
    limits: Limits,
    problem: Option<String>,
}

/// Why a rule could not be run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TrialError(String);

/// The answer of a rule.
pub struct Answer {
    rule: Arc<LoadedRule>,
    file: TestFile,
    ran: RuleRun,
    table: Table,
}

impl Rule {
    /// A trial of the rule with rows of a table: an array of objects.
    #[must_use]
    pub fn given(&self, table: &str, rows: Json) -> Trial {
        Trial::of(self).given(table, rows)
    }
}

impl Trial {
    /// A trial without any rows.
    #[must_use]
    pub fn of(rule: &Rule) -> Self {
        let known = LoadedRule::new(None, rule.query.clone(), rule.clone());
        Self { rule: known.into(), layer: Layer::default(), limits: Bounds::default().limits, problem: None }
    }

    /// Rows of a table: an array of objects.
    #[must_use]
    pub fn given(mut self, table: &str, rows: Json) -> Self {
        let fixture = self.fixture(table, &rows);
        put(&mut self.layer.tables, table, fixture);
        self
    }

    /// A table in a JSON, NDJSON, CSV or TSV file.
    #[must_use]
    pub fn given_file(mut self, table: &str, path: impl AsRef<Path>) -> Self {
        let rows = RowSource::File { path: path.as_ref().display().to_string(), at: 0..0 };
        put(&mut self.layer.tables, table, FixtureSpec { columns: None, search_key: None, rows });
        self
    }

    /// Declares columns of a table that is not built in.
    #[must_use]
    pub fn columns<'c>(
        mut self,
        table: &str,
        columns: impl IntoIterator<Item = (&'c str, ScalarType)>,
    ) -> Self {
        let columns: Vec<(YamlKey, ScalarType)> =
            columns.into_iter().map(|(name, kind)| (key(name), kind)).collect();
        match self.layer.tables.iter_mut().find(|(other, _)| other.text == table) {
            Some((_, fixture)) => fixture.columns = Some(columns),
            None => {
                let fixture =
                    FixtureSpec { columns: Some(columns), search_key: None, rows: RowSource::Unspecified };
                self.layer.tables.push((key(table), fixture));
            }
        }
        self
    }

    /// All tables at once: an object with the rows of each.
    #[must_use]
    pub fn tables(mut self, tables: Json) -> Self {
        match tables {
            Json::Object(tables) => {
                tables.into_iter().fold(self, |trial, (name, rows)| trial.given(&name, rows))
            }
            other => {
                self.problem =
                    Some(format!("tables are an object, such as {{\"EmailEvents\": []}}, not {other}"));
                self
            }
        }
    }

    /// Rows of a watchlist, which `_GetWatchlist` gives.
    #[must_use]
    pub fn watchlist(mut self, alias: &str, rows: Json) -> Self {
        let fixture = self.fixture(alias, &rows);
        put(&mut self.layer.watchlists, alias, fixture);
        self
    }

    /// A stored function: `text` is its parameters and body, such as `(n: long) { T | take n }`.
    #[must_use]
    pub fn function(mut self, name: &str, text: &str) -> Self {
        put(&mut self.layer.functions, name, node(&Json::from(text)));
        self
    }

    /// A query parameter.
    #[must_use]
    pub fn parameter(mut self, name: &str, value: impl Into<Json>) -> Self {
        put(&mut self.layer.parameters, name, node(&value.into()));
        self
    }

    /// The rows behind a location of `externaldata`.
    #[must_use]
    pub fn external(mut self, location: &str, rows: Json) -> Self {
        let fixture = self.fixture(location, &rows);
        put(&mut self.layer.external, location, fixture);
        self
    }

    /// What `now()` gives, such as `2024-06-30T12:00:00Z`, which it is by default.
    #[must_use]
    pub fn at(mut self, now: &str) -> Self {
        self.layer.now = DateTime::parse(now);
        if self.layer.now.is_none() {
            self.problem = Some(format!("'{now}' is no time, such as 2024-06-30T12:00:00Z"));
        }
        self
    }

    /// Rows of any time are there for the rule. Without it they are those of its `queryPeriod`, as in Sentinel.
    #[must_use]
    pub const fn without_period(mut self) -> Self {
        self.layer.period = Some(PeriodSetting::Off);
        self
    }

    /// How many rows and bytes the query may use.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    fn fixture(&mut self, name: &str, rows: &Json) -> FixtureSpec {
        let items = match rows {
            Json::Array(items) if items.iter().all(Json::is_object) => items.iter().map(node).collect(),
            other => {
                self.problem = Some(format!("rows of '{name}' are an array of objects, not {other}"));
                Vec::new()
            }
        };
        FixtureSpec { columns: None, search_key: None, rows: RowSource::Inline(items) }
    }

    /// Runs the rule.
    ///
    /// # Errors
    /// Rows that do not fit their tables, an error in the query, or a limit that it reaches.
    pub fn run(self) -> Result<Answer, TrialError> {
        if let Some(problem) = self.problem {
            return Err(TrialError(problem));
        }
        let path = Path::new("rule");
        let mut layer = self.layer;
        layer.rule = Some(RuleText::File { path: path.display().to_string(), at: 0..0 });
        let test = Test { name: self.rule.rule.name.clone(), at: 0..0, layer, cases: Vec::new() };
        let file = TestFile::of_test(test);
        let cache = TestCache::new(read_file());
        cache.insert_rule(path.to_owned(), Arc::clone(&self.rule));
        let unit = Unit { file: &file, test: 0, case: None };
        let evaluated =
            evaluate(unit, &cache, &Bounds { limits: self.limits, ..Bounds::default() }, &Arc::default());
        match evaluated.outcome {
            Outcome::Broken(error) => return Err(TrialError(text_of(&error))),
            Outcome::Failed(failures) => {
                return Err(TrialError(outcome_text(&failures, None)));
            }
            _ => {}
        }
        let Some(ran) = evaluated.run else { return Err(TrialError("the rule was not run".to_owned())) };
        let table = ran.answer.clone().unwrap_or_default();
        Ok(Answer { rule: self.rule, file, ran, table })
    }
}

/// An error without a place, which a test in Rust does not have.
fn text_of(error: &TestFileError) -> String {
    let mut text = error.message().to_owned();
    error.helps().iter().for_each(|help| text.push_str(&format!("\n  = help: {help}")));
    text
}

fn key(text: &str) -> YamlKey {
    YamlKey { text: text.to_owned(), at: 0..0 }
}

fn put<T>(list: &mut Vec<(YamlKey, T)>, name: &str, value: T) {
    list.retain(|(other, _)| other.text != name);
    list.push((key(name), value));
}

/// JSON as it would stand in a test file.
fn node(json: &Json) -> YamlNode {
    let kind = match json {
        Json::Null => YamlKind::Scalar { text: String::new(), plain: true },
        Json::String(text) => YamlKind::Scalar { text: text.clone(), plain: false },
        Json::Bool(_) | Json::Number(_) => YamlKind::Scalar { text: json.to_string(), plain: true },
        Json::Array(items) => YamlKind::List(items.iter().map(node).collect()),
        Json::Object(entries) => {
            YamlKind::Map(entries.iter().map(|(name, value)| (key(name), node(value))).collect())
        }
    };
    YamlNode { kind, at: 0..0 }
}

impl Answer {
    /// The rows.
    #[must_use]
    pub const fn table(&self) -> &Table {
        &self.table
    }

    /// The rule raises an alert.
    #[must_use]
    pub fn fires(&self) -> bool {
        self.rule.rule.trigger.holds(self.table.len())
    }

    /// The alerts that the answer becomes.
    #[must_use]
    pub fn alerts(&self) -> Vec<Alert> {
        self.rule.rule.alerts(&self.table)
    }

    /// Holds the answer against an expectation; the error says what differs, and why.
    fn verify(&self, key: &'static str, what: Expected) -> Result<(), String> {
        let expectation = Expectation { key, at: 0..0, what };
        let unit = Unit { file: &self.file, test: 0, case: None };
        let files = |path: &str| Err(format!("'{path}' cannot be read here"));
        let answer =
            RunResult::Table { table: &self.table, ordered: self.ran.prepared.ordered, files: &files };
        match check(&unit.cells(), &[&expectation], &answer, &self.rule) {
            Err(error) => Err(text_of(&error)),
            Ok(failures) if failures.is_empty() => Ok(()),
            Ok(failures) => Err(outcome_text(&failures, why(&self.ran, &failures).as_deref())),
        }
    }

    /// Whether the rule fires or is silent, as expected.
    ///
    /// # Errors
    /// It is not so.
    pub fn check_fires(&self, fires: bool) -> Result<&Self, String> {
        self.verify("fires", Expected::Fires(fires)).map(|()| self)
    }

    /// Whether exactly these rows are the answer: columns that no row states are not compared.
    ///
    /// # Errors
    /// They are not; the text is a difference, row by row and cell by cell.
    pub fn check_rows(&self, rows: Json) -> Result<&Self, String> {
        let Json::Array(items) = &rows else {
            return Err(format!("rows are an array of objects, not {rows}"));
        };
        let rows = RowSource::Inline(items.iter().map(node).collect());
        self.verify("result", Expected::Result { rows, node: 0..0 }).map(|()| self)
    }

    /// The rule raises an alert.
    ///
    /// # Panics
    /// It does not.
    #[track_caller]
    pub fn expect_fires(&self) -> &Self {
        held(self.check_fires(true))
    }

    /// The rule raises no alert.
    ///
    /// # Panics
    /// It does.
    #[track_caller]
    pub fn expect_silent(&self) -> &Self {
        held(self.check_fires(false))
    }

    /// Exactly these rows are the answer, in any order unless the query orders them. Columns that no row states are not
    /// compared.
    ///
    /// # Panics
    /// They are not; the message is a difference, row by row and cell by cell.
    #[track_caller]
    pub fn expect_rows(&self, rows: Json) -> &Self {
        held(self.check_rows(rows))
    }

    /// The number of the answer's rows is in a range: `1..=3`, `2..`.
    ///
    /// # Panics
    /// It has not.
    #[track_caller]
    pub fn expect_count(&self, rows: impl RangeBounds<usize>) -> &Self {
        let min = match rows.start_bound() {
            Bound::Included(n) => *n,
            Bound::Excluded(n) => n.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let max = match rows.end_bound() {
            Bound::Included(n) => *n,
            Bound::Excluded(n) => n.saturating_sub(1),
            Bound::Unbounded => usize::MAX,
        };
        held(self.verify("rows", Expected::Count(CountRange { min, max })).map(|()| self))
    }

    /// A row of the answer has these cells.
    ///
    /// # Panics
    /// None has.
    #[track_caller]
    pub fn expect_contains(&self, row: Json) -> &Self {
        held(self.verify("contains", Expected::Contains(vec![node(&row)])).map(|()| self))
    }

    /// No row of the answer has these cells.
    ///
    /// # Panics
    /// One has.
    #[track_caller]
    pub fn expect_excludes(&self, row: Json) -> &Self {
        held(self.verify("excludes", Expected::Excludes(vec![node(&row)])).map(|()| self))
    }
}

/// What was checked, or a panic with the difference.
#[track_caller]
fn held<T>(checked: Result<T, String>) -> T {
    match checked {
        Ok(it) => it,
        Err(text) => fail(&text),
    }
}

/// Ends a test.
#[track_caller]
#[allow(clippy::panic, reason = "a failed test panics")]
fn fail(text: &str) -> ! {
    panic!("{}", text.trim_end())
}

/// For [`assert_fires!`](crate::assert_fires) and [`assert_silent!`](crate::assert_silent).
#[doc(hidden)]
#[track_caller]
pub fn assert_trial(rule: &Rule, tables: Json, fires: bool) {
    match Trial::of(rule).tables(tables).run() {
        Ok(answer) => {
            held(answer.check_fires(fires));
        }
        Err(error) => fail(&error.0),
    }
}

/// Runs the test files below a folder, as one test of `cargo test`. The path is relative to the package.
///
/// ```no_run
/// #[test]
/// fn rules() {
///     kqlite_detect::run_folder("rules");
/// }
/// ```
///
/// # Panics
/// A test fails, or a test file is wrong; the message is the report.
#[track_caller]
pub fn run_folder(path: impl AsRef<Path>) {
    let suite = match load_folder(path.as_ref()) {
        Ok(suite) => suite,
        Err(message) => fail(&message),
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let report = suite.run(&Settings { threads, ..Settings::default() }, &|_, _| {});
    let counts = report.counts();
    if counts.failed + counts.broken > 0 {
        let style = human::HumanStyle { times: false, ..human::HumanStyle::default() };
        fail(&format!("tests of rules failed\n\n{}", human::human(&report, &style)));
    }
}

/// One test of a folder: its name, and what runs it.
pub struct FolderCase {
    /// The file and the test's name.
    pub name: String,
    /// It is skipped.
    pub ignored: bool,
    /// Runs it; the error is the report.
    pub run: Box<dyn FnOnce() -> Result<(), String> + Send>,
}

/// The tests below a folder, each by itself, for a harness of one's own such as the crate libtest-mimic.
///
/// ```text
/// // tests/rules.rs, with `harness = false` in Cargo.toml
/// let cases = kqlite_detect::folder_cases("rules").expect("test files");
/// let trials = cases.into_iter().map(|case| {
///     libtest_mimic::Trial::test(case.name, || Ok((case.run)()?)).with_ignored_flag(case.ignored)
/// });
/// libtest_mimic::run(&libtest_mimic::Arguments::from_args(), trials.collect()).exit();
/// ```
///
/// # Errors
/// There is no such folder, no test file in it, or one is wrong.
pub fn folder_cases(path: impl AsRef<Path>) -> Result<Vec<FolderCase>, String> {
    let suite = Arc::new(load_folder(path.as_ref())?);
    if let Some(error) = suite.errors().next() {
        return Err(error.render(false));
    }
    let cases = suite.names().into_iter().enumerate().map(|(at, (name, ignored))| {
        let suite = Arc::clone(&suite);
        let run = Box::new(move || match suite.run_one(at) {
            Some(test) if !test.outcome.is_fine() => Err(super::report::reasons(&test)),
            _ => Ok(()),
        });
        FolderCase { name, ignored, run }
    });
    Ok(cases.collect())
}

fn load_folder(path: &Path) -> Result<Suite, String> {
    let paths: [PathBuf; 1] = [path.to_owned()];
    let found = discover(&paths).map_err(|(path, error)| format!("{}: {error}", path.display()))?;
    if found.tests.is_empty() {
        return Err(format!("no test file in {}: their names end in .test.yaml", path.display()));
    }
    Ok(Suite::load(&found.tests, &found.rules, read_file()))
}

/// The rule fires on these rows: `assert_fires!(rule, {"EmailEvents": [{"Subject": "Hello"}]})`.
///
/// ```
/// use kqlite_detect::{Rule, assert_fires, assert_silent};
/// let rule = Rule::parse("query: EmailEvents | where Subject has 'invoice' and Timestamp > ago(1d)\n")?;
/// assert_fires!(rule, {"EmailEvents": [{"Subject": "your invoice", "Timestamp": "-2h"}]});
/// assert_silent!(rule, {"EmailEvents": [{"Subject": "your invoice", "Timestamp": "-1d"}]});
/// # Ok::<(), kqlite_detect::RuleError>(())
/// ```
#[macro_export]
macro_rules! assert_fires {
    ($rule:expr, $($tables:tt)+) => {
        $crate::suite::assert_trial(&$rule, $crate::json!($($tables)+), true)
    };
}

/// The rule is silent on these rows; see [`assert_fires!`].
#[macro_export]
macro_rules! assert_silent {
    ($rule:expr, $($tables:tt)+) => {
        $crate::suite::assert_trial(&$rule, $crate::json!($($tables)+), false)
    };
}
