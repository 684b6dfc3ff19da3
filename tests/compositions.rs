//! Queries in which what is made doubles, as random ones hardly ever do. Each one ends in an answer or an error, within its memory and soon after its time is up.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails should say so")]

#[path = "shared/compositions.rs"]
mod generator;
#[path = "shared/numbers.rs"]
mod numbers;

use std::time::{Duration, Instant};

use generator::query;
use kqlite::{Code, Database, DateTime, Limits, Options};
use numbers::Numbers;
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// How many queries are made where nothing else is said by `KQLITE_COMPOSITIONS`.
const QUERIES: u64 = 400;

const BYTES: usize = 16 << 20;
/// What the process may grow by. A list that doubles to its limit has its old and its new place for a moment, of which the
/// allocator moves the pages.
const GROWTH: usize = BYTES * 13 / 4;

/// What compiling may take: in a build that is not optimized, on a machine that does other things too.
const COMPILING: Duration = Duration::from_secs(15);

const TIME: Duration = Duration::from_millis(200);
/// What a query may take beside: the step at hand, a machine that does other things too.
const GRACE: Duration = Duration::from_secs(3);

#[test]
fn whatever_doubles_ends_within_its_bounds() {
    let queries = std::env::var("KQLITE_COMPOSITIONS").map_or(QUERIES, |it| it.parse().unwrap());
    let database = Database::new();
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let (mut faults, mut answers, mut limits) = (Vec::new(), 0, 0);
    for _ in 0..queries {
        let text = query(&mut numbers);
        let start = Instant::now();
        ALLOCATOR.reset_peak_usage();
        let before = ALLOCATOR.current_usage();
        let compiled = database.compile(&text);
        let compiling = (start.elapsed(), ALLOCATOR.peak_usage().saturating_sub(before));
        let started = Instant::now();
        let options = Options::new(DateTime::UNIX_EPOCH)
            .limits(Limits { rows: 1_000_000, bytes: BYTES, ..Limits::default() })
            .time_limit(TIME, move || started.elapsed());
        ALLOCATOR.reset_peak_usage();
        let before = ALLOCATOR.current_usage();
        let outcome = match &compiled {
            Ok(compiled) => compiled.run(&database, &options).map(drop),
            Err(_) => Ok(()),
        };
        let running = (started.elapsed(), ALLOCATOR.peak_usage().saturating_sub(before));
        match outcome {
            Ok(()) => answers += 1,
            Err(error) if error.diagnostics().iter().any(|it| it.code == Code::Internal) => {
                faults.push(format!("{error}\n{text}"))
            }
            Err(error) if error.diagnostics().iter().any(|it| it.code.is_limit()) => limits += 1,
            Err(_) => {}
        }
        let is_slow = compiling.0 > COMPILING || running.0 > TIME + GRACE;
        if is_slow || running.1 > GROWTH || compiling.1 > 512 << 20 {
            let shown: String = text.chars().take(600).collect();
            faults.push(format!("compiling {compiling:?}, running {running:?}: {shown}"));
        }
    }
    assert!(faults.is_empty(), "{} of {queries}:\n{}", faults.len(), faults.join("\n"));
    println!("{answers} answers, {limits} limits");
    assert!(limits > queries / 20, "{limits} of {queries} queries reached a limit");
}
