//! Renders a report as SARIF 2.1.0, which code hosts show beside the code.

use std::path::Path;

use serde_json::{Value as Json, json};

use super::{message, reasons};
use crate::suite::outcome::Outcome;
use crate::suite::run::Report;

/// The failed and broken tests, and rules without tests, as results of a SARIF log.
#[must_use]
pub fn sarif(report: &Report) -> Json {
    let mut results = Vec::new();
    for file in &report.files {
        for error in &file.errors {
            let (line, column) = error.place();
            results.push(result("broken-test", "error", error.message(), &file.path, line, column));
        }
    }
    for (file, test) in report.tests() {
        let (rule, line) = match &test.outcome {
            Outcome::Failed(_) => ("failed-test", test.line),
            Outcome::Broken(error) => ("broken-test", error.place().0),
            _ => continue,
        };
        let text = format!("{}: {}\n\n{}", test.name, message(test), reasons(test));
        results.push(result(rule, "error", &text, &file.path, line, test.column));
    }
    for rule in report.rules_below(1) {
        let text = format!("the rule '{}' has no test", rule.name);
        results.push(result("untested-rule", "note", &text, &rule.path, 1, 1));
    }
    let rule = |id: &str, text: &str| json!({"id": id, "shortDescription": {"text": text}});
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "kqlite test",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": [
                    rule("failed-test", "A test of a detection rule fails."),
                    rule("broken-test", "A test file is wrong."),
                    rule("untested-rule", "A detection rule has no test."),
                ],
            }},
            "results": results,
        }],
    })
}

fn result(rule: &str, level: &str, text: &str, path: &Path, line: usize, column: usize) -> Json {
    json!({
        "ruleId": rule,
        "level": level,
        "message": {"text": text.trim_end()},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": uri(path)},
            "region": {"startLine": line.max(1), "startColumn": column.max(1)},
        }}],
    })
}

/// A path as a relative reference.
fn uri(path: &Path) -> String {
    let text = path.display().to_string().replace('\\', "/");
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
