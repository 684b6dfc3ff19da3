//! `kqlite test`: finds test files, runs them and tells what came of them. It must not know what a test means.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kqlite::Limits;
use kqlite_detect::suite::{
    Bounds, Discovered, Filter, Report, Settings, Suite, Telling, discover, read_file, tell,
};

use crate::args::Test;
use crate::failure::Failure;

/// Runs tests of rules.
pub fn test(arguments: &Test) -> Result<(), Failure> {
    let found = find(arguments)?;
    let report = run(arguments, &found);
    let telling = Telling {
        colour: crate::colour(&std::io::stdout()),
        width: width(),
        slowest: arguments.slowest,
        min_tests: arguments.min_tests,
        times: true,
    };
    crate::say(&tell(&report, &telling))?;
    verdict(arguments, &report)
}

fn find(arguments: &Test) -> Result<Discovered, Failure> {
    let here = [PathBuf::from(".")];
    let paths = if arguments.paths.is_empty() { &here[..] } else { &arguments.paths };
    let found = discover(paths).map_err(|(path, error)| Failure::file(&path, &error))?;
    if found.tests.is_empty() {
        let shown: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        let message = format!("no test file in {}: their names end in .test.yaml", shown.join(", "));
        return Err(Failure::usage(message));
    }
    Ok(found)
}

fn run(arguments: &Test, found: &Discovered) -> Report {
    let start = Instant::now();
    let suite = Suite::load(&found.tests, &found.rules, read_file());
    let limits = Limits { rows: arguments.max_rows, bytes: arguments.max_mb << 20, ..Limits::default() };
    let clock: Arc<dyn Fn() -> Duration + Send + Sync> = Arc::new(move || start.elapsed());
    let settings = Settings {
        threads: crate::session::threads(arguments.threads),
        bounds: Bounds { limits, time: Some((Duration::from_secs(arguments.timeout), Arc::clone(&clock))) },
        filter: Filter {
            names: arguments.filter.clone(),
            tags: arguments.tag.clone(),
            tactics: arguments.tactic.clone(),
        },
        clock: Some(clock),
    };
    let bar = bar();
    let mut report = suite.run(&settings, &|done, total| {
        // A short suite has ended before a bar can be read.
        if start.elapsed() > Duration::from_secs(1) {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        }
    });
    bar.finish_and_clear();
    report.time = start.elapsed();
    report
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
    let too_few = arguments.min_tests.is_some_and(|least| report.rules_below(least).next().is_some());
    if counts.failed > 0 || too_few {
        return Err(Failure::Wrong(String::new()));
    }
    if report.tests().next().is_none() {
        return Err(Failure::usage("no test is left by --filter, --tag and --tactic"));
    }
    Ok(())
}
