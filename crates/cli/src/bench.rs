//! `kqlite bench`: times a query. It must not know how it is run.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::args::Bench;
use crate::failure::Failure;
use crate::output::print_str;
use crate::session::{Answer, Load, Session};

/// Loads once, compiles and runs many times, and prints medians as one JSON object.
pub fn bench(arguments: &Bench) -> Result<(), Failure> {
    if arguments.reload {
        return reload(arguments);
    }
    let session = Session::open(&arguments.source, Load::ForRuns)?;
    session.report_data()?;
    let (mut compile, mut execute) = (Vec::new(), Vec::new());
    let mut rows = 0;
    for run in 0..arguments.warmup.saturating_add(arguments.repeat) {
        // A thread, whose start is not to be timed.
        let _watchdog = session.watchdog();
        let failed = |error| session.failure(&error);
        let start = Instant::now();
        let query = session.catalog.compile(&session.text.text).map_err(failed)?;
        let compiled = start.elapsed();
        let options = session.options();
        let start = Instant::now();
        let table = query.run(&session.database, &options).map_err(failed)?;
        if run >= arguments.warmup {
            compile.push(compiled);
            execute.push(start.elapsed());
        }
        rows = black_box(table).len();
    }
    let report = serde_json::json!({
        "rows": rows,
        "compile_median_s": median(compile).as_secs_f64(),
        "execute_median_s": median(execute).as_secs_f64(),
        "load_s": session.load.as_secs_f64(),
        "peak_memory_bytes": peak_memory(),
    });
    print_str(&format!("{report}\n"))
}

/// Loads, compiles and runs many times, and prints the median of all of it.
fn reload(arguments: &Bench) -> Result<(), Failure> {
    let mut total = Vec::new();
    let mut rows = 0;
    for run in 0..arguments.warmup.saturating_add(arguments.repeat) {
        let start = Instant::now();
        let answer = Answer::of(&arguments.source, false)?;
        rows = black_box(answer.tables).first().map_or(0, |it| it.table.len());
        if run >= arguments.warmup {
            total.push(start.elapsed());
        }
    }
    let report = serde_json::json!({
        "rows": rows,
        "total_median_s": median(total).as_secs_f64(),
        "peak_memory_bytes": peak_memory(),
    });
    print_str(&format!("{report}\n"))
}

/// The middle one; of an even number the upper one of the two.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The most memory that the process has held, in bytes; `None` where the system has no such number.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
