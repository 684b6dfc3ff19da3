//! Renders a report as JUnit XML, which build servers read. A file is a suite.

use std::fmt::Write as _;
use std::time::Duration;

use super::{message, reasons};
use crate::suite::error::TestFileError;
use crate::suite::outcome::Outcome;
use crate::suite::run::{FileReport, Report, TestReport};

/// The report as JUnit XML.
#[must_use]
pub fn junit(report: &Report) -> String {
    let counts = report.counts();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let tests = report.tests().count() + report.files.iter().map(|file| file.errors.len()).sum::<usize>();
    let _ = writeln!(
        out,
        "<testsuites name=\"kqlite\" tests=\"{tests}\" failures=\"{}\" errors=\"{}\" time=\"{}\">",
        counts.failed,
        counts.broken,
        seconds(report.time)
    );
    for file in &report.files {
        suite(&mut out, file, report.began.as_deref());
    }
    out.push_str("</testsuites>\n");
    out
}

fn suite(out: &mut String, file: &FileReport, began: Option<&str>) {
    let count = |wanted: fn(&Outcome) -> bool| file.tests.iter().filter(|it| wanted(&it.outcome)).count();
    let time = file.tests.iter().map(|test| test.time).sum();
    let name = attribute(&file.path.display().to_string());
    let began = began.map(|time| format!(" timestamp=\"{}\"", attribute(time))).unwrap_or_default();
    let _ = writeln!(
        out,
        "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{}\"{began}>",
        file.tests.len() + file.errors.len(),
        count(|it| matches!(it, Outcome::Failed(_))),
        count(|it| matches!(it, Outcome::Broken(_))) + file.errors.len(),
        count(|it| matches!(it, Outcome::Skipped(_))),
        seconds(time)
    );
    for error in &file.errors {
        broken_file(out, &name, error);
    }
    for test in &file.tests {
        case(out, &name, test);
    }
    out.push_str("  </testsuite>\n");
}

fn broken_file(out: &mut String, class: &str, error: &TestFileError) {
    let _ = writeln!(out, "    <testcase name=\"the test file\" classname=\"{class}\" time=\"0.000\">");
    let _ = writeln!(
        out,
        "      <error message=\"{}\" type=\"broken\">{}</error>",
        attribute(error.message()),
        text(&error.render(false))
    );
    out.push_str("    </testcase>\n");
}

fn case(out: &mut String, class: &str, test: &TestReport) {
    let name = attribute(&test.name);
    let head = format!("    <testcase name=\"{name}\" classname=\"{class}\" time=\"{}\"", seconds(test.time));
    let element = match &test.outcome {
        Outcome::Passed => {
            let _ = writeln!(out, "{head}/>");
            return;
        }
        Outcome::Skipped(reason) => {
            let _ =
                writeln!(out, "{head}>\n      <skipped message=\"{}\"/>\n    </testcase>", attribute(reason));
            return;
        }
        Outcome::Failed(_) => ("failure", "failed"),
        Outcome::Broken(_) => ("error", "broken"),
    };
    let (tag, kind) = element;
    let _ = writeln!(out, "{head}>");
    let body = format!("{class}:{}\n{}", test.line, text(&reasons(test)));
    let _ = writeln!(
        out,
        "      <{tag} message=\"{}\" type=\"{kind}\">{body}</{tag}>\n    </testcase>",
        attribute(&message(test))
    );
}

fn seconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64())
}

/// What XML 1.0 cannot say is replaced.
fn text(from: &str) -> String {
    let mut out = String::with_capacity(from.len());
    for c in from.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\t' | '\n' | '\r' => out.push(c),
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

fn attribute(from: &str) -> String {
    text(from).replace('"', "&quot;").replace('\n', "&#10;").replace('\r', "&#13;").replace('\t', "&#9;")
}
