//! Queries of calls of any function, over columns of every type, between any operators: optimized or not, with any number of
//! threads, sizes of chunks and strategies the answer is the same, and nothing breaks.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails should say so")]

#[path = "shared/every_type.rs"]
mod every_type;
#[path = "shared/typed.rs"]
mod generator;
#[path = "shared/numbers.rs"]
mod numbers;

use std::collections::BTreeSet;
use std::io::Cursor;

use kqlite::{Code, DateTime, Options, OutputFormat, Tuning};
use numbers::Numbers;

/// How many queries are made where nothing else is said by `KQLITE_TYPED`.
const QUERIES: u64 = 400;

#[test]
fn how_a_query_is_run_never_changes_its_answer() {
    let queries = std::env::var("KQLITE_TYPED").map_or(QUERIES, |it| it.parse().unwrap());
    let database = every_type::database();
    let mut numbers = Numbers(0x5851_f42d_4c95_7f2d);
    let (mut faults, mut answers, mut called) = (Vec::new(), 0, BTreeSet::new());
    for _ in 0..queries {
        let text = generator::query(&mut numbers, &database);
        let query = database.compile(&text).unwrap();
        let plain = || Options::new(DateTime::UNIX_EPOCH).tuning(Tuning::DEFAULT);
        let ways = [
            plain(),
            plain().chunk_rows(7),
            plain().threads(3).tuning(Tuning::SMALL).chunk_rows(16),
            plain().tuning(Tuning::SMALL).chunk_rows(16).spill_to(|| Ok(Cursor::new(Vec::new()))),
            plain().without_optimizer(),
        ];
        let found: Vec<Option<String>> = ways
            .iter()
            .map(|options| match query.run(&database, options) {
                Ok(table) => Some(table.to_text(OutputFormat::NdJson)),
                Err(error) => {
                    if error.diagnostics().iter().any(|it| it.code == Code::Internal) {
                        faults.push(format!("{text}\n{error}"));
                    }
                    None
                }
            })
            .collect();
        let [optimized @ .., plain] = &found[..] else { unreachable!() };
        // A column that nobody reads is computed without the optimizer alone, and may fail then. The order of groups is not
        // fixed by a sort below them, which the optimizer takes away; which groups are the first ones is not either.
        let takes_any = text.find("sort by").is_some_and(|at| text[at..].contains("| take "));
        let rows = |answer: &str| answer.lines().map(str::to_owned).collect::<BTreeSet<_>>();
        let differs = optimized.windows(2).any(|pair| pair[0] != pair[1])
            || !takes_any
                && optimized.iter().zip(plain).any(|(a, b)| a.as_deref().is_some_and(|a| rows(a) != rows(b)));
        if differs {
            let given: Vec<&str> = found.iter().map(|it| it.as_deref().unwrap_or("an error\n")).collect();
            faults.push(format!("{text}\n{}", given.join("--\n")));
        } else if found.iter().any(Option::is_some) {
            answers += 1;
            called.extend(text.split(|it: char| !it.is_alphanumeric() && it != '_').map(str::to_owned));
        }
    }
    assert!(faults.is_empty(), "{} of {queries}:\n{}", faults.len(), faults.join("\n\n"));
    assert!(answers > queries / 2, "{answers} of {queries} queries gave an answer");
    let registry = database.registry();
    let names =
        registry.scalar_names().chain(registry.aggregate_names()).filter(|it| called.contains(*it)).count();
    assert!(names as u64 > queries.min(400) / 4, "only {names} functions were called");
}
