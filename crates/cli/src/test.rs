//! `kqlite test`: finds test files, runs them and prints reports of their outcomes. It must not know what a test means.

use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kqlite::DateTime;
use kqlite_detect::Workspace;
use kqlite_detect::suite::{
    Bounds, Clock, Discovered, FileReader, Filter, HumanStyle, Report, Settings, Suite, Updates, discover,
    github, human, json, junit, sarif,
};

use crate::args::{DefaultLimits, Test, TestFormat};
use crate::failure::Failure;
use crate::interrupt;
use crate::output::{has_colour, print_str};
use crate::output_file::write_file;
use crate::reach;
use crate::settings::workspace_of;

/// Runs tests of rules.
pub fn test(arguments: &Test) -> Result<(), Failure> {
    if arguments.watch {
        return watch(arguments);
    }
    let (found, files) = (find(arguments)?, Files::of(arguments)?);
    if arguments.update {
        return update(arguments, &found, &files);
    }
    report(arguments, &found, &files)
}

/// Runs the tests and tells the outcomes.
fn report(arguments: &Test, found: &Discovered, files: &Files) -> Result<(), Failure> {
    let report = run(arguments, found, files);
    if interrupt::is_requested() {
        return Ok(());
    }
    print(arguments, &report)?;
    verdict(arguments, &report)
}

/// The paths that are given, or this folder.
fn paths(arguments: &Test) -> Vec<PathBuf> {
    if arguments.paths.is_empty() { vec![PathBuf::from(".")] } else { arguments.paths.clone() }
}

fn find(arguments: &Test) -> Result<Discovered, Failure> {
    let paths = paths(arguments);
    let found = discover(&paths).map_err(|(path, error)| Failure::file(&path, &error))?;
    if found.tests.is_empty() {
        let shown: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        let message = format!("no test file in {}: their names end in .test.yaml", shown.join(", "));
        return Err(Failure::usage(message));
    }
    Ok(found)
}

/// Reads files, and notes which.
#[derive(Clone)]
struct Files {
    reader: FileReader,
    noted: Arc<Mutex<BTreeSet<PathBuf>>>,
    /// What there is beside the tables of tests.
    workspace: Workspace,
}

impl Files {
    fn of(arguments: &Test) -> Result<Self, Failure> {
        let max_bytes = arguments.limits.limits(&DefaultLimits::TEST).bytes;
        let reader = reach::reader(&arguments.reach, &paths(arguments), max_bytes as u64)?;
        let workspace = workspace_of(arguments.schema.as_deref())?;
        Ok(Self { reader, noted: Arc::default(), workspace })
    }

    fn load(&self, found: &Discovered) -> Suite {
        let files = self.clone();
        let read = move |path: &Path| {
            files.noted.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned());
            files.reader.read(path)
        };
        Suite::load_in(self.workspace.clone(), &found.tests, &found.rules, Box::new(read))
    }

    /// When each was written last.
    fn times(&self) -> BTreeMap<PathBuf, Option<SystemTime>> {
        let files = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let time = |path: &PathBuf| std::fs::metadata(path).and_then(|it| it.modified()).ok();
        files.iter().map(|path| (path.clone(), time(path))).collect()
    }
}

fn settings(arguments: &Test, start: Instant) -> Settings {
    let limits = arguments.limits.limits(&DefaultLimits::TEST);
    let clock: Clock = Arc::new(move || start.elapsed());
    Settings {
        threads: crate::session::threads(arguments.threads),
        bounds: Bounds {
            limits,
            time: arguments.limits.time(&DefaultLimits::TEST).map(|limit| (limit, Arc::clone(&clock))),
            strict: arguments.strict,
        },
        filter: Filter {
            names: arguments.filter.clone(),
            tags: arguments.tag.clone(),
            tactics: arguments.tactic.clone(),
        },
        clock: Some(clock),
        cancel: Some(interrupt::flag()),
    }
}

fn run(arguments: &Test, found: &Discovered, files: &Files) -> Report {
    let (start, began) = (Instant::now(), SystemTime::now());
    let suite = files.load(found);
    let bar = bar();
    let mut report = suite.run(&settings(arguments, start), &|done, total| {
        // A short suite has ended before a bar can be read.
        if start.elapsed() > Duration::from_secs(1) {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        }
    });
    bar.finish_and_clear();
    report.time = start.elapsed();
    report.began = time(began);
    report
}

/// A time to the second, as reports have it.
fn time(at: SystemTime) -> Option<String> {
    let seconds = at.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs();
    let ticks = DateTime::UNIX_EPOCH.0.checked_add(i64::try_from(seconds).ok()?.checked_mul(10_000_000)?)?;
    Some(DateTime::from_ticks(ticks)?.to_short_string().trim_end_matches('Z').to_owned())
}

fn bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} tests") {
        bar.set_style(style);
    }
    bar
}

fn print(arguments: &Test, report: &Report) -> Result<(), Failure> {
    let style = HumanStyle {
        colour: has_colour(&std::io::stdout()),
        width: width(),
        slowest: arguments.slowest,
        min_tests: arguments.min_tests,
        times: true,
    };
    let text = human(report, &style);
    let pretty = |json: serde_json::Value| format!("{json:#}\n");
    let other = match arguments.format {
        TestFormat::Human => None,
        TestFormat::Junit => Some(junit(report)),
        TestFormat::Json => Some(pretty(json(report))),
        TestFormat::Sarif => Some(pretty(sarif(report))),
        TestFormat::Github => Some(github(report)),
    };
    match (&arguments.output, other) {
        (Some(path), other) => {
            let plain = || human(report, &HumanStyle { colour: false, ..style });
            let written = other.unwrap_or_else(plain);
            write_file(path, written.as_bytes()).map_err(|error| Failure::file(path, &error))?;
            print_str(&text)
        }
        (None, None) => print_str(&text),
        (None, Some(other)) if arguments.format == TestFormat::Github => print_str(&format!("{text}{other}")),
        (None, Some(other)) => print_str(&other),
    }
}

/// The width of the terminal, or one that suits files.
fn width() -> usize {
    const OTHERWISE: usize = 110;
    if !std::io::stdout().is_terminal() {
        return OTHERWISE;
    }
    let (_, columns) = console::Term::stdout().size();
    usize::from(columns).clamp(60, 240)
}

/// The exit code: 2 for files that are wrong, 1 for tests that fail and rules with too few tests.
fn verdict(arguments: &Test, report: &Report) -> Result<(), Failure> {
    let counts = report.counts();
    if counts.broken > 0 {
        return Err(Failure::Usage(String::new()));
    }
    let too_few = arguments.min_tests.is_some_and(|min| report.rules_below(min).next().is_some());
    if counts.failed > 0 || too_few {
        return Err(Failure::Wrong(String::new()));
    }
    if report.tests().next().is_none() {
        return Err(Failure::usage("no test is left by --filter, --tag and --tactic"));
    }
    Ok(())
}

/// Writes expected rows anew.
fn update(arguments: &Test, found: &Discovered, files: &Files) -> Result<(), Failure> {
    let Updates { files: texts, results, left, .. } =
        files.load(found).updates(&settings(arguments, Instant::now()));
    if interrupt::is_requested() {
        return Ok(());
    }
    let mut written = Vec::new();
    for (path, text) in &texts {
        write_file(path, text.as_bytes()).map_err(|error| Failure::file(path, &error))?;
        written.push(format!("  {}\n", path.display()));
    }
    let count = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    if results == 0 {
        print_str("no expected rows to write anew\n")?;
    } else {
        let sum = format!("{} written anew, to be reviewed, in\n", count(results, "result"));
        print_str(&format!("{sum}{}", written.concat()))?;
    }
    for line in &left {
        print_str(&format!("not written: {line}\n"))?;
    }
    print_str("\n")?;
    report(arguments, found, files)
}

/// How often files are looked at.
const PAUSE: Duration = Duration::from_millis(200);

/// Runs the tests whenever one of the files that they read, or the list of test files, changes.
fn watch(arguments: &Test) -> Result<(), Failure> {
    loop {
        let (files, began) = (Files::of(arguments)?, SystemTime::now());
        let found = find(arguments)?;
        let report = run(arguments, &found, &files);
        if interrupt::is_requested() {
            return Ok(());
        }
        if std::io::stdout().is_terminal() {
            // Clears the screen.
            print_str("\u{1b}[2J\u{1b}[H")?;
        }
        print(arguments, &report)?;
        print_str("\nwaiting for a change (Ctrl-C ends)\n")?;
        let times = files.times();
        // What changed during the run may have been read before.
        if times.values().flatten().any(|time| *time > began) {
            continue;
        }
        while files.times() == times && find(arguments).is_ok_and(|now| now == found) {
            if interrupt::is_requested() {
                return Ok(());
            }
            std::thread::sleep(PAUSE);
        }
    }
}
