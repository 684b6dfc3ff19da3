//! Renders a report as commands of GitHub's workflows: failures become annotations at their lines.

use std::fmt::Write as _;
use std::path::Path;

use super::reasons;
use crate::suite::outcome::Outcome;
use crate::suite::run::Report;

/// A line for each failed or broken test.
#[must_use]
pub fn github(report: &Report) -> String {
    let mut out = String::new();
    for file in &report.files {
        for error in &file.errors {
            let (line, column) = error.place();
            let text = std::iter::once(error.message()).chain(error.helps().iter().map(String::as_str));
            let text = text.collect::<Vec<_>>().join("\n");
            command(&mut out, "error", &file.path, (line, column), "the test file is wrong", &text);
        }
    }
    for (file, test) in report.tests() {
        match &test.outcome {
            Outcome::Failed(_) => {
                let place = (test.line, test.column);
                command(&mut out, "error", &file.path, place, &test.name, &reasons(test));
            }
            Outcome::Broken(error) => {
                command(&mut out, "error", &file.path, error.place(), &test.name, &error.to_string());
            }
            _ => {}
        }
    }
    for rule in report.rules_below(1) {
        let text = format!("the rule '{}' has no test", rule.name);
        command(&mut out, "notice", &rule.path, (1, 1), "untested rule", &text);
    }
    out
}

fn command(
    out: &mut String,
    level: &str,
    path: &Path,
    (line, column): (usize, usize),
    title: &str,
    text: &str,
) {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let _ = writeln!(
        out,
        "::{level} file={},line={line},col={column},title={}::{}",
        property(&path.display().to_string()),
        property(title),
        data(text.trim_end())
    );
}
