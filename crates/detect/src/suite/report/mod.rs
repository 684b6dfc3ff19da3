//! Renders the outcomes of tests in several formats. It must not know how tests are run, nor where its text goes.

pub mod github;
pub mod human;
pub mod json;
pub mod junit;
pub mod sarif;

use super::diff::DiffStyle;
use super::outcome::{Detail, Failure, Outcome};
use super::run::TestReport;

/// Why a test is not fine, as lines without colours.
pub(crate) fn reasons(test: &TestReport) -> String {
    match &test.outcome {
        Outcome::Passed | Outcome::Skipped(_) => String::new(),
        Outcome::Broken(error) => error.render(false),
        Outcome::Failed(failures) => outcome_text(failures, test.why.as_deref()),
    }
}

/// Failures as lines, and what they come of.
pub(crate) fn outcome_text(failures: &[Failure], why: Option<&str>) -> String {
    let mut text = String::new();
    for failure in failures {
        text.push_str(&format!("{}: {}\n", failure.key, failure.message));
        text.push_str(&detail(failure));
    }
    for (number, line) in why.iter().flat_map(|why| why.lines()).enumerate() {
        text.push_str(&format!("{} {line}\n", if number == 0 { "why:" } else { "    " }));
    }
    text
}

fn detail(failure: &Failure) -> String {
    match &failure.detail {
        None => String::new(),
        Some(Detail::Text(text)) => format!("{}\n", text.trim_end()),
        Some(Detail::Diff(diff)) => diff.draw(DiffStyle::default()),
    }
}

/// The first line of why a test is not fine.
fn message(test: &TestReport) -> String {
    match &test.outcome {
        Outcome::Passed => String::new(),
        Outcome::Skipped(reason) => reason.clone(),
        Outcome::Broken(error) => error.message().to_owned(),
        Outcome::Failed(failures) => {
            failures.iter().map(|it| format!("{}: {}", it.key, it.message)).collect::<Vec<_>>().join("; ")
        }
    }
}
