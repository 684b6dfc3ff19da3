//! Renders a report as JSON, for tools.

use serde_json::{Value as Json, json};

use super::detail;
use crate::suite::error::TestFileError;
use crate::suite::outcome::Outcome;
use crate::suite::run::{Report, TestReport};

/// The report as JSON: `summary`, `files` with their `tests`, and `rules` with their number of tests.
#[must_use]
pub fn json(report: &Report) -> Json {
    let counts = report.counts();
    let files: Vec<Json> = report
        .files
        .iter()
        .map(|file| {
            json!({
                "path": file.path.display().to_string(),
                "errors": file.errors.iter().map(error_json).collect::<Vec<_>>(),
                "tests": file.tests.iter().map(test).collect::<Vec<_>>(),
            })
        })
        .collect();
    let rules: Vec<Json> = report
        .rules
        .iter()
        .map(|rule| json!({"path": rule.path.display().to_string(), "name": rule.name, "tests": rule.tests}))
        .collect();
    json!({
        "summary": {
            "tests": report.tests().count(),
            "passed": counts.passed,
            "failed": counts.failed,
            "skipped": counts.skipped,
            "broken": counts.broken,
            "leftOut": report.left_out,
            "seconds": report.time.as_secs_f64(),
        },
        "files": files,
        "rules": rules,
    })
}

fn error_json(error: &TestFileError) -> Json {
    let (line, column) = error.place();
    json!({
        "path": error.path().display().to_string(),
        "line": line,
        "column": column,
        "message": error.message(),
        "help": error.helps(),
    })
}

fn test(test: &TestReport) -> Json {
    let (outcome, failures, error) = match &test.outcome {
        Outcome::Passed => ("passed", Vec::new(), Json::Null),
        Outcome::Skipped(_) => ("skipped", Vec::new(), Json::Null),
        Outcome::Broken(it) => ("broken", Vec::new(), error_json(it)),
        Outcome::Failed(failures) => {
            let failures = failures.iter().zip(&test.failure_lines).map(|(failure, line)| {
                json!({
                    "expectation": failure.key,
                    "line": line,
                    "message": failure.message,
                    "detail": detail(failure),
                })
            });
            ("failed", failures.collect(), Json::Null)
        }
    };
    let reason = if let Outcome::Skipped(reason) = &test.outcome { json!(reason) } else { Json::Null };
    json!({
        "name": test.name,
        "line": test.line,
        "tags": test.tags,
        "rule": test.rule.as_ref().map(|path| path.display().to_string()),
        "outcome": outcome,
        "reason": reason,
        "failures": failures,
        "error": error,
        "why": test.why,
        "warnings": test.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "seconds": test.time.as_secs_f64(),
    })
}
