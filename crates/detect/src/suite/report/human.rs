//! Renders a report for people: a line a file, then everything that is not fine, then the sum. The caller says how wide
//! lines are and whether they have colours.

use std::fmt::Write as _;
use std::time::Duration;

use crate::suite::diff::DiffStyle;

use crate::suite::outcome::{Detail, Failure, Outcome};
use crate::suite::run::{FileReport, Report, TestReport};
use crate::suite::words::counted;

/// How a report for people looks.
#[derive(Debug, Clone, Copy)]
pub struct HumanStyle {
    /// With colours.
    pub colour: bool,
    /// The widest that a line of a table may be.
    pub width: usize,
    /// How many of the slowest tests are listed; by default five where the run took long.
    pub slowest: Option<usize>,
    /// Rules with fewer tests are listed; by default those without any.
    pub min_tests: Option<usize>,
    /// With times; without, equal runs have equal reports.
    pub times: bool,
}

impl Default for HumanStyle {
    fn default() -> Self {
        Self { colour: false, width: 110, slowest: None, min_tests: None, times: true }
    }
}

const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const BOLD: &str = "1";
const DIM: &str = "2";

/// Of a run that took longer than this, the slowest tests are listed.
const LONG_RUN: Duration = Duration::from_secs(2);

/// Renders a report as text.
#[must_use]
pub fn human(report: &Report, style: &HumanStyle) -> String {
    let mut out = Out { text: String::new(), style: *style };
    out.files(report);
    out.skipped(report);
    out.warnings(report);
    for file in &report.files {
        for error in &file.errors {
            out.gap();
            out.text.push_str(&error.render(style.colour));
        }
        for test in &file.tests {
            out.test(file, test);
        }
    }
    out.slowest(report);
    out.rules(report);
    out.gap();
    out.sum(report);
    out.text
}

struct Out {
    text: String,
    style: HumanStyle,
}

impl Out {
    fn paint(&self, style: &str, text: &str) -> String {
        if self.style.colour { format!("\u{1b}[{style}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// An empty line, unless nothing stands above.
    fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn files(&mut self, report: &Report) {
        let width = |file: &FileReport| file.path.display().to_string().chars().count();
        let widest = report.files.iter().map(width).max().unwrap_or(0);
        for file in &report.files {
            let count =
                |wanted: fn(&Outcome) -> bool| file.tests.iter().filter(|test| wanted(&test.outcome)).count();
            let failed = count(|it| matches!(it, Outcome::Failed(_)));
            let broken = count(|it| matches!(it, Outcome::Broken(_))) + file.errors.len();
            let skipped = count(|it| matches!(it, Outcome::Skipped(_)));
            let passed = count(|it| matches!(it, Outcome::Passed));
            let mut parts = Vec::new();
            if failed > 0 {
                parts.push(self.paint(RED, &format!("{failed} failed")));
            }
            if broken > 0 {
                parts.push(self.paint(RED, &format!("{broken} broken")));
            }
            if passed > 0 || parts.is_empty() {
                parts.push(format!("{passed} passed"));
            }
            if skipped > 0 {
                parts.push(self.paint(YELLOW, &format!("{skipped} skipped")));
            }
            let mark = if failed + broken > 0 { self.paint(RED, "✗") } else { self.paint(GREEN, "✓") };
            let name = format!("{:<widest$}", file.path.display().to_string());
            self.line(&format!("{mark} {name}  {}", parts.join(", ")));
        }
    }

    fn skipped(&mut self, report: &Report) {
        let skipped: Vec<(String, String, String)> = report
            .tests()
            .filter_map(|(file, test)| match &test.outcome {
                Outcome::Skipped(reason) => Some((
                    test.name.clone(),
                    reason.clone(),
                    format!("{}:{}", file.path.display(), test.line),
                )),
                _ => None,
            })
            .collect();
        if !skipped.is_empty() {
            self.gap();
        }
        for (name, reason, place) in skipped {
            let mark = self.paint(YELLOW, "- skipped:");
            let place = self.paint(DIM, &place);
            self.line(&format!("{mark} {name}  {place}"));
            self.line(&format!("  {reason}"));
        }
    }

    fn warnings(&mut self, report: &Report) {
        let found = report.tests().filter(|(_, test)| !test.warnings.is_empty());
        for (file, test) in found {
            self.gap();
            let mark = self.paint(YELLOW, "! in doubt:");
            let place = self.paint(DIM, &format!("{}:{}", file.path.display(), test.line));
            self.line(&format!("{mark} {}  {place}", test.name));
            for warning in &test.warnings {
                self.line(&format!("  {warning}"));
            }
        }
    }

    fn test(&mut self, file: &FileReport, test: &TestReport) {
        match &test.outcome {
            Outcome::Passed | Outcome::Skipped(_) => {}
            Outcome::Broken(error) => {
                self.head(file, test);
                let text = error.render(self.style.colour);
                self.indented(&text, 2);
            }
            Outcome::Failed(failures) => {
                self.head(file, test);
                for failure in failures {
                    self.failure(failure);
                }
                for (number, line) in test.why.iter().flat_map(|why| why.lines()).enumerate() {
                    let head = if number == 0 { self.paint(YELLOW, "why:") } else { "    ".to_owned() };
                    self.line(&format!("  {head} {line}"));
                }
            }
        }
    }

    fn head(&mut self, file: &FileReport, test: &TestReport) {
        self.gap();
        let name = self.paint(BOLD, &test.name);
        let mark = self.paint(RED, "✗");
        self.line(&format!("{mark} {name}"));
        let mut place = format!("{}:{}", file.path.display(), test.line);
        if let Some(rule) = &test.rule {
            let _ = write!(place, "  rule {}", rule.display());
        }
        let place = self.paint(DIM, &place);
        self.line(&format!("  {place}"));
    }

    fn failure(&mut self, failure: &Failure) {
        let key = self.paint(RED, &format!("{}:", failure.key));
        self.line(&format!("  {key} {}", failure.message));
        match &failure.detail {
            None => {}
            Some(Detail::Diff(diff)) => {
                let style = DiffStyle {
                    width: self.style.width.saturating_sub(4),
                    colour: self.style.colour,
                    ..DiffStyle::default()
                };
                let text = diff.draw(style);
                self.indented(&text, 4);
            }
            Some(Detail::Text(text)) => self.indented(text, 4),
        }
    }

    fn indented(&mut self, text: &str, by: usize) {
        for line in text.trim_end().lines() {
            self.line(&format!("{:by$}{line}", ""));
        }
    }

    fn slowest(&mut self, report: &Report) {
        let count = self.style.slowest.unwrap_or(if report.time > LONG_RUN { 5 } else { 0 });
        if count == 0 || !self.style.times {
            return;
        }
        let mut tests: Vec<(&FileReport, &TestReport)> = report.tests().collect();
        tests.sort_by_key(|(_, test)| std::cmp::Reverse(test.time));
        self.gap();
        self.line("slowest tests:");
        for (file, test) in tests.into_iter().take(count) {
            let place = self.paint(DIM, &format!("{}:{}", file.path.display(), test.line));
            self.line(&format!("  {:>9}  {}  {place}", duration(test.time), test.name));
        }
    }

    fn rules(&mut self, report: &Report) {
        // Who chose some tests does not ask about the others.
        if report.left_out > 0 && self.style.min_tests.is_none() {
            return;
        }
        let min_tests = self.style.min_tests.unwrap_or(1);
        let below: Vec<(String, String, usize)> = report
            .rules_below(min_tests)
            .map(|rule| (rule.path.display().to_string(), rule.name.clone(), rule.tests))
            .collect();
        if below.is_empty() {
            return;
        }
        self.gap();
        let head = if min_tests == 1 {
            format!("{} without tests:", counted(below.len(), "rule"))
        } else {
            format!("{} with fewer than {min_tests} tests:", counted(below.len(), "rule"))
        };
        let head = self.paint(YELLOW, &head);
        self.line(&head);
        let widest = below.iter().map(|(path, ..)| path.chars().count()).max().unwrap_or(0);
        for (path, name, tests) in below {
            let tests = if min_tests > 1 { format!("{:>3}  ", tests) } else { String::new() };
            let name = self.paint(DIM, &name);
            self.line(&format!("  {tests}{path:<widest$}  {name}"));
        }
    }

    fn sum(&mut self, report: &Report) {
        let counts = report.counts();
        let mut parts = Vec::new();
        if counts.passed > 0 || counts.failed + counts.broken + counts.skipped == 0 {
            parts.push(self.paint(GREEN, &format!("{} passed", counts.passed)));
        }
        for (count, style, what) in [
            (counts.failed, RED, "failed"),
            (counts.broken, RED, "broken"),
            (counts.skipped, YELLOW, "skipped"),
        ] {
            if count > 0 {
                parts.push(self.paint(style, &format!("{count} {what}")));
            }
        }
        if report.left_out > 0 {
            parts.push(self.paint(DIM, &format!("{} left out by the filter", report.left_out)));
        }
        let total = report.tests().count();
        let time = if self.style.times { format!(" in {}", duration(report.time)) } else { String::new() };
        self.line(&format!("{}: {}{time}", counted(total, "test"), parts.join(", ")));
    }
}

/// A time in the unit that suits it.
fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds >= 1.0 { format!("{seconds:.2} s") } else { format!("{:.1} ms", seconds * 1000.0) }
}
