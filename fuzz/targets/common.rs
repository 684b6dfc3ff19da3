//! How queries are run, and what must hold for each. It must not know what is fuzzed.

use std::time::{Duration, Instant};

use kqlite::{Code, CompileOptions, Database, DateTime, Limits, Options, OutputFormat, Tuning};

/// Runs a query under tight limits, with one thread and with several: the answers are the same, and none is broken.
pub fn run(database: &Database, text: &str) {
    let start = Instant::now();
    let compiling = CompileOptions::default().time_limit(Duration::from_secs(1), move || start.elapsed());
    let Ok(query) = database.compile_with(text, &compiling) else { return };
    let answer = |threads, tuning| {
        let start = Instant::now();
        let options = Options::new(DateTime::UNIX_EPOCH)
            .limits(Limits { rows: 100_000, bytes: 16 << 20, ..Limits::default() })
            .time_limit(Duration::from_millis(200), move || start.elapsed())
            .threads(threads)
            .tuning(tuning);
        let answer = query.run(database, &options);
        assert!(start.elapsed() < Duration::from_secs(4), "no end");
        if let Err(error) = &answer {
            assert!(error.diagnostics().iter().all(|it| it.code != Code::Internal), "{error}");
        }
        answer.ok().map(|table| table.to_text(OutputFormat::NdJson))
    };
    if let (Some(one), Some(several)) = (answer(1, Tuning::DEFAULT), answer(3, Tuning::SMALL)) {
        assert_eq!(one, several, "threads change the answer");
    }
}
