//! Runs many test files: chooses tests, evaluates them in parallel, and reports the outcome of each. It prints nothing and
//! reads no clock but the caller's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use super::cache::{ReadFile, TestCache};
use super::error::TestFileError;
use super::evaluate::{Bounds, Clock, Evaluation, evaluate};
use super::file::TestFile;
use super::layer::RuleText;
use super::outcome::{Failure, Outcome};
use super::reader::FileReader;
use super::repository::Repositories;
use super::tables::never_read;
use super::unit::{Unit, units};
use super::update::Updates;
use super::why::why;
use super::workers::{Ended, Work, Workers};
use crate::helpers::watchlist_table;
use crate::rule::QueryRole;
use crate::workspace::Workspace;

/// The most failed tests of which the reason is looked for.
const MAX_EXPLAINED_TESTS: usize = 50;

/// Which tests are run: those that match one of each kind that is given.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Parts of names of tests, in any case.
    pub names: Vec<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// Tactics of the rule.
    pub tactics: Vec<String>,
}

impl Filter {
    fn is_empty(&self) -> bool {
        self.names.is_empty() && self.tags.is_empty() && self.tactics.is_empty()
    }
}

/// How tests are run.
#[derive(Clone)]
pub struct Settings {
    /// How many at once.
    pub threads: usize,
    /// What a rule may use.
    pub bounds: Bounds,
    /// Which are run.
    pub filter: Filter,
    /// Tells how long each took.
    pub clock: Option<Clock>,
    /// Ends the run soon after it is set: the report lacks what did not end before.
    pub cancel: Option<Arc<AtomicBool>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { threads: 1, bounds: Bounds::default(), filter: Filter::default(), clock: None, cancel: None }
    }
}

/// The outcomes of test files.
#[derive(Debug, Default)]
pub struct Report {
    /// The files, in order.
    pub files: Vec<FileReport>,
    /// The rules: those that tests name, and those that were found beside them.
    pub rules: Vec<RuleReport>,
    /// How many tests the filter left out.
    pub left_out: usize,
    /// When the run began, as RFC 3339 has it; for reports that want it.
    pub began: Option<String>,
    /// How long it all took.
    pub time: Duration,
}

/// The outcomes of one file.
#[derive(Debug)]
pub struct FileReport {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it as a whole.
    pub errors: Vec<TestFileError>,
    /// Its tests that were run or skipped.
    pub tests: Vec<TestReport>,
}

/// The outcome of one test, or one case.
#[derive(Debug)]
pub struct TestReport {
    /// Its name; that of a case after its test's.
    pub name: String,
    /// The line in its file.
    pub line: usize,
    /// Its tags and those of its file.
    pub tags: Vec<String>,
    /// The column in it.
    pub column: usize,
    /// The rule's file, if it is one.
    pub rule: Option<PathBuf>,
    /// Its outcome.
    pub outcome: Outcome,
    /// The lines of its failures.
    pub failure_lines: Vec<usize>,
    /// Where the rows of the fixtures went, if that was found.
    pub why: Option<String>,
    /// What the answer is to be read with: values for which it is not known what the real engine gives.
    pub warnings: Vec<kqlite::Warning>,
    /// How long it took.
    pub time: Duration,
}

/// A rule and how many tests it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleReport {
    /// Its file.
    pub path: PathBuf,
    /// Its name.
    pub name: String,
    /// How many tests name it, cases counted one by one.
    pub tests: usize,
}

/// The numbers of tests by outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Tests that passed.
    pub passed: usize,
    /// Tests that failed.
    pub failed: usize,
    /// Tests that were skipped.
    pub skipped: usize,
    /// Tests and files that are wrong themselves.
    pub broken: usize,
}

impl Report {
    /// Counts tests by outcome; a broken file counts as one.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for file in &self.files {
            counts.broken += file.errors.len();
            for test in &file.tests {
                match test.outcome {
                    Outcome::Passed => counts.passed += 1,
                    Outcome::Failed(_) => counts.failed += 1,
                    Outcome::Skipped(_) => counts.skipped += 1,
                    Outcome::Broken(_) => counts.broken += 1,
                }
            }
        }
        counts
    }

    /// Rules that have fewer tests than this.
    pub fn rules_below(&self, tests: usize) -> impl Iterator<Item = &RuleReport> {
        self.rules.iter().filter(move |rule| rule.tests < tests)
    }

    /// The tests with their files, in order.
    pub fn tests(&self) -> impl Iterator<Item = (&FileReport, &TestReport)> {
        self.files.iter().flat_map(|file| file.tests.iter().map(move |test| (file, test)))
    }
}

/// Test files, read; they can be run often.
#[derive(Clone)]
pub struct Suite(Arc<Loaded>);

/// What a suite is made of. Threads that are given up hold on to it.
struct Loaded {
    files: Vec<(PathBuf, Result<TestFile, TestFileError>)>,
    rules: Vec<PathBuf>,
    cache: TestCache,
}

/// The file of a unit, its test and its case, by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct UnitAt {
    file: usize,
    test: usize,
    case: Option<usize>,
}

impl Suite {
    /// Reads test files. `rules` are files that may be rules, which tests ought to name.
    #[must_use]
    pub fn load(tests: &[PathBuf], rules: &[PathBuf], read: Box<ReadFile>) -> Self {
        Self::load_in(Workspace::new(), tests, rules, read)
    }

    /// Reads test files, whose rules run in a workspace. The settings of their repositories, `kqlite.yaml`, count behind it.
    #[must_use]
    pub fn load_in(workspace: Workspace, tests: &[PathBuf], rules: &[PathBuf], read: Box<ReadFile>) -> Self {
        let read: Arc<ReadFile> = read.into();
        let settings = Arc::clone(&read);
        let mut repositories = Repositories::new(workspace, Box::new(move |path| settings(path)));
        let mut files = Vec::new();
        for path in tests {
            match repositories.of(path) {
                Ok(repository) if repository.excludes(path) => {}
                Ok(repository) => {
                    files.push((path.clone(), load(path, &*read).map(|file| file.within(repository))));
                }
                Err(error) => files.push((path.clone(), Err(error))),
            }
        }
        let mut rules = rules.to_vec();
        rules.retain(|path| !repositories.of(path).is_ok_and(|it| it.excludes(path)));
        let cache = TestCache::new(Box::new(move |path| read(path)));
        Self(Arc::new(Loaded { files, rules, cache }))
    }

    /// Runs the tests. `done` is called after each with how many are done, of how many.
    ///
    /// A test whose query does not end soon after its time is up fails and is given up: the report does not wait for it, but
    /// its thread may still run.
    pub fn run(&self, settings: &Settings, done: &(dyn Fn(usize, usize) + Sync)) -> Report {
        let clock = settings.clock.as_ref();
        let now = || clock.map(|clock| clock()).unwrap_or_default();
        let start = now();
        let all = self.0.units();
        let chosen = self.chosen(&all, settings);
        let (total, left_out) = (chosen.len(), all.len() - chosen.len());
        let explained = AtomicUsize::new(0);
        let work = {
            let settings = settings.clone();
            move |suite: &Loaded, unit: Unit<'_>, cancel: &Arc<AtomicBool>| {
                suite.test(unit, &settings, &explained, cancel)
            }
        };
        let mut finished = 0;
        let results = self.each(&chosen, settings, work, &mut || {
            finished += 1;
            done(finished, total);
        });
        let mut files: Vec<FileReport> = self
            .0
            .files
            .iter()
            .map(|(path, file)| FileReport {
                path: path.clone(),
                errors: file.as_ref().err().cloned().into_iter().collect(),
                tests: Vec::new(),
            })
            .collect();
        let mut reads: BTreeMap<usize, Option<Vec<String>>> = BTreeMap::new();
        for (at, ended) in chosen.into_iter().zip(results) {
            let Some(ended) = ended else { continue };
            let (report, read) = match ended {
                Ended::Done(reported) => reported,
                other => match self.0.unit(at) {
                    Some(unit) => report_of(unit, unfinished(unit, &other, settings), Duration::ZERO),
                    None => continue,
                },
            };
            let known = reads.entry(at.file).or_insert_with(|| Some(Vec::new()));
            match (known.as_mut(), read) {
                (Some(known), Some(read)) => known.extend(read),
                // What a test reads that did not come so far is not known.
                _ => *known = None,
            }
            if let Some(file) = files.get_mut(at.file) {
                file.tests.push(report);
            }
        }
        if settings.filter.is_empty() {
            for (at, reads) in reads {
                if let (Some(reads), Some((_, Ok(file))), Some(report)) =
                    (reads, self.0.files.get(at), files.get_mut(at))
                {
                    report.errors.extend(unread(file, &reads));
                }
            }
        }
        files.retain(|file| left_out == 0 || !file.tests.is_empty() || !file.errors.is_empty());
        Report {
            files,
            rules: self.0.rule_reports(&all),
            left_out,
            began: None,
            time: now().saturating_sub(start),
        }
    }

    /// Runs the tests, and makes new texts of the files whose expected rows (`result`) are not those that were found.
    #[must_use]
    pub fn updates(&self, settings: &Settings) -> Updates {
        let mut chosen = self.chosen(&self.0.units(), settings);
        chosen.retain(|at| self.0.unit(*at).is_some_and(|unit| unit.skip().is_none()));
        let bounds = settings.bounds.clone();
        let work = move |suite: &Loaded, unit: Unit<'_>, cancel: &Arc<AtomicBool>| {
            evaluate(unit, &suite.cache, &bounds, cancel)
        };
        let evaluated = self.each(&chosen, settings, work, &mut || {});
        let mut updates = Updates::default();
        for (at, ended) in chosen.into_iter().zip(&evaluated) {
            let (Some(Ended::Done(evaluated)), Some(unit)) = (ended, self.0.unit(at)) else { continue };
            if let Some(ran) = &evaluated.run {
                updates.note(unit, &evaluated.outcome, ran);
            }
        }
        updates.finish(|path| {
            let found = self.0.files.iter().find(|(other, _)| other == path);
            found.and_then(|(_, file)| file.as_ref().ok()).map(|file| file.source.text.to_string())
        })
    }

    /// The units that the filter lets through.
    fn chosen(&self, units: &[UnitAt], settings: &Settings) -> Vec<UnitAt> {
        let is_chosen =
            |at: &UnitAt| self.0.unit(*at).is_some_and(|unit| self.0.is_chosen(unit, &settings.filter));
        units.iter().copied().filter(is_chosen).collect()
    }

    /// Does something with units, several at once.
    fn each<R: Send + 'static>(
        &self,
        units: &[UnitAt],
        settings: &Settings,
        work: impl Fn(&Loaded, Unit<'_>, &Arc<AtomicBool>) -> R + Send + Sync + 'static,
        done: &mut dyn FnMut(),
    ) -> Vec<Option<Ended<R>>> {
        let patience = settings.bounds.time.as_ref();
        let workers = Workers {
            threads: settings.threads,
            patience: patience.map(|(limit, clock)| (patience_of(*limit), Arc::clone(clock))),
            cancel: settings.cancel.clone(),
        };
        let (suite, units) = (Arc::clone(&self.0), units.to_vec());
        let count = units.len();
        let work: Arc<Work<Option<R>>> = Arc::new(move |piece, cancel| {
            let unit = units.get(piece).and_then(|at| suite.unit(*at))?;
            Some(work(&suite, unit, cancel))
        });
        let found = |ended: Ended<Option<R>>| match ended {
            Ended::Done(done) => done.map(Ended::Done),
            Ended::Panicked(message) => Some(Ended::Panicked(message)),
            Ended::GivenUp => Some(Ended::GivenUp),
        };
        workers.run(count, &work, done).into_iter().map(|ended| ended.and_then(found)).collect()
    }

    /// Runs the test at a place among [`Suite::names`].
    pub(crate) fn run_one(&self, at: usize) -> Option<TestReport> {
        let unit = self.0.unit(*self.0.units().get(at)?)?;
        Some(self.0.test(unit, &Settings::default(), &AtomicUsize::new(0), &Arc::default()).0)
    }

    /// The names of all tests with their files, and whether they are skipped.
    pub(crate) fn names(&self) -> Vec<(String, bool)> {
        let name = |unit: Unit<'_>| format!("{} › {}", unit.file.path().display(), unit.name());
        let units = self.0.units().into_iter().filter_map(|at| self.0.unit(at));
        units.map(|unit| (name(unit), unit.skip().is_some())).collect()
    }

    /// What is wrong with test files as a whole.
    pub(crate) fn errors(&self) -> impl Iterator<Item = &TestFileError> {
        self.0.files.iter().filter_map(|(_, file)| file.as_ref().err())
    }

    /// The number of tests, cases counted one by one.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.units().len()
    }

    /// There is no test.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// After what time a query is given up that does not end by itself.
fn patience_of(limit: Duration) -> Duration {
    const GRACE: Duration = Duration::from_secs(1);
    limit.saturating_add(GRACE.max(limit / 10))
}

/// The outcome of a unit whose work did not come to an end.
fn unfinished<R>(unit: Unit<'_>, ended: &Ended<R>, settings: &Settings) -> Evaluation {
    let message = match ended {
        Ended::Panicked(message) => format!("the engine panicked: {message}"),
        _ => {
            let limit = settings.bounds.time.as_ref().map(|(limit, _)| *limit).unwrap_or_default();
            format!("the query was given up: no end within {limit:?}")
        }
    };
    Evaluation::of(Outcome::Failed(vec![Failure { key: "query", at: unit.at(), message, detail: None }]))
}

impl Loaded {
    fn units(&self) -> Vec<UnitAt> {
        let files =
            self.files.iter().enumerate().filter_map(|(at, (_, file))| Some((at, file.as_ref().ok()?)));
        let of = |(file, units_of): (usize, _)| {
            units(units_of).map(move |unit| UnitAt { file, test: unit.test, case: unit.case })
        };
        files.flat_map(of).collect()
    }

    fn unit(&self, at: UnitAt) -> Option<Unit<'_>> {
        let (_, file) = self.files.get(at.file)?;
        Some(Unit { file: file.as_ref().ok()?, test: at.test, case: at.case })
    }

    /// Runs one test, and tells which tables its rule reads.
    fn test(
        &self,
        unit: Unit<'_>,
        settings: &Settings,
        explained: &AtomicUsize,
        cancel: &Arc<AtomicBool>,
    ) -> (TestReport, Option<Vec<String>>) {
        let now = || settings.clock.as_ref().map(|clock| clock()).unwrap_or_default();
        let start = now();
        let evaluated = match unit.skip() {
            Some(reason) => Evaluation::of(Outcome::Skipped(reason.to_owned())),
            None => evaluate(unit, &self.cache, &settings.bounds, cancel),
        };
        let time = now().saturating_sub(start);
        let why = match (&evaluated.outcome, &evaluated.run) {
            // Many failures have one cause, and following rows takes longer than a run.
            (Outcome::Failed(failures), Some(ran))
                if explained.fetch_add(1, Ordering::Relaxed) < MAX_EXPLAINED_TESTS =>
            {
                why(ran, failures)
            }
            _ => None,
        };
        let mut report = report_of(unit, evaluated, time);
        report.0.why = why;
        report
    }

    fn is_chosen(&self, unit: Unit<'_>, filter: &Filter) -> bool {
        let by_name = || {
            let name = unit.name().to_lowercase();
            filter.names.iter().any(|part| name.contains(&part.to_lowercase()))
        };
        let by_tag = || {
            let tags = unit.tags();
            filter.tags.iter().any(|tag| tags.iter().any(|it| it.eq_ignore_ascii_case(tag)))
        };
        let by_tactic = || {
            let rule = rule_path(unit).and_then(|path| self.cache.rule(&path).ok());
            let same = |a: &str, b: &str| a.replace(' ', "").eq_ignore_ascii_case(&b.replace(' ', ""));
            rule.is_some_and(|it| {
                filter.tactics.iter().any(|wanted| it.rule.tactics.iter().any(|has| same(wanted, has)))
            })
        };
        (filter.names.is_empty() || by_name())
            && (filter.tags.is_empty() || by_tag())
            && (filter.tactics.is_empty() || by_tactic())
    }

    fn rule_reports(&self, units: &[UnitAt]) -> Vec<RuleReport> {
        let mut tests: BTreeMap<PathBuf, usize> = self.rules.iter().map(|path| (path.clone(), 0)).collect();
        for unit in units.iter().filter_map(|at| self.unit(*at)) {
            if let Some(path) = rule_path(unit) {
                *tests.entry(path).or_default() += 1;
            }
        }
        tests
            .into_iter()
            .filter_map(|(path, tests)| {
                let known = self.cache.rule(&path).ok()?;
                // What other queries call is tested with them.
                if known.rule.role == QueryRole::Function && tests == 0 {
                    return None;
                }
                let name = if known.rule.name.is_empty() {
                    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
                } else {
                    known.rule.name.clone()
                };
                Some(RuleReport { path, name, tests })
            })
            .collect()
    }
}

fn load(path: &Path, read: &ReadFile) -> Result<TestFile, TestFileError> {
    let bytes = read(path).map_err(|error| TestFileError::of_file(path, error.to_string()))?;
    let text =
        std::str::from_utf8(&bytes).map_err(|_| TestFileError::of_file(path, "the text is not UTF-8"))?;
    TestFile::parse(path, text)
}

fn rule_path(unit: Unit<'_>) -> Option<PathBuf> {
    match unit.rule_text()? {
        RuleText::File { path, .. } => Some(unit.file.source.resolve(path)),
        RuleText::Query { .. } => None,
    }
}

/// Makes the report of a test; and which tables it reads, if it came so far.
fn report_of(unit: Unit<'_>, evaluated: Evaluation, time: Duration) -> (TestReport, Option<Vec<String>>) {
    let line = |at: usize| unit.file.source.place(at).0;
    let failures: &[Failure] = match &evaluated.outcome {
        Outcome::Failed(failures) => failures,
        _ => &[],
    };
    let failure_lines = failures.iter().map(|it| line(it.at.start)).collect();
    let has_read = !matches!(evaluated.outcome, Outcome::Skipped(_) | Outcome::Broken(_));
    let report = TestReport {
        name: unit.name(),
        line: line(unit.at().start),
        column: unit.file.source.place(unit.at().start).1,
        tags: unit.tags(),
        rule: rule_path(unit),
        failure_lines,
        why: None,
        warnings: evaluated.run.and_then(|it| it.answer).map(|it| it.warnings().to_vec()).unwrap_or_default(),
        outcome: evaluated.outcome,
        time,
    };
    (report, has_read.then_some(evaluated.reads))
}

/// Tables that a file gives and none of its rules reads.
fn unread(file: &TestFile, reads: &[String]) -> Vec<TestFileError> {
    let tables = file.shared.tables.iter().map(|(key, _)| (key, key.text.clone()));
    let watchlists = file.shared.watchlists.iter().map(|(key, _)| (key, watchlist_table(&key.text)));
    let mut distinct = reads.to_vec();
    distinct.sort();
    distinct.dedup();
    tables
        .chain(watchlists)
        .filter(|(_, name)| !reads.contains(name))
        .map(|(key, name)| never_read(&file.source, key, &name, &distinct))
        .collect()
}

/// Any regular files as a reader for [`Suite::load`].
pub fn read_file() -> Box<ReadFile> {
    let reader = FileReader::default();
    Box::new(move |path| reader.read(path))
}
