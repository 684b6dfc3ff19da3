//! Renders findings for other programs: as SARIF, and as annotations of GitHub Actions. It must not know what was found,
//! nor how.

use std::collections::BTreeMap;

use kqlite::{LineIndex, Severity, Span};
use serde_json::{Value as Json, json};

/// A finding at a place of a file.
#[derive(Debug, Clone)]
pub struct Annotation {
    /// The file, with slashes.
    pub file: String,
    /// Line and column where it begins, from 1.
    pub start: (usize, usize),
    /// Line and column behind its end.
    pub end: (usize, usize),
    /// Error or warning.
    pub severity: Severity,
    /// The permanent code.
    pub code: String,
    /// What the code means.
    pub summary: String,
    /// One sentence.
    pub message: String,
    /// What to do about it.
    pub help: Vec<String>,
}

impl Annotation {
    /// Puts a span of a text into lines and columns.
    pub fn place(text: &str, span: Span) -> ((usize, usize), (usize, usize)) {
        let index = LineIndex::new(text);
        (index.line_column(text, span.start), index.line_column(text, span.end.max(span.start)))
    }

    /// The message and its help in one text.
    fn whole(&self) -> String {
        std::iter::once(&self.message).chain(&self.help).map(String::as_str).collect::<Vec<_>>().join("\n")
    }

    /// A line that GitHub Actions shows at the place in a pull request.
    pub fn to_github(&self) -> String {
        let word = if self.severity == Severity::Error { "error" } else { "warning" };
        let ((line, column), (end_line, end_column)) = (self.start, self.end);
        // Columns count only within one line.
        let columns = if line == end_line && end_column > column {
            format!(",col={column},endColumn={end_column}")
        } else {
            format!(",col={column}")
        };
        format!(
            "::{word} file={},line={line}{columns},endLine={end_line},title={}::{}",
            property(&self.file),
            property(&self.code),
            escaped(&self.whole()),
        )
    }

    fn to_sarif(&self) -> Json {
        let ((line, column), (end_line, end_column)) = (self.start, self.end);
        json!({
            "ruleId": self.code,
            "level": if self.severity == Severity::Error { "error" } else { "warning" },
            "message": {"text": self.whole()},
            "locations": [{"physicalLocation": {
                "artifactLocation": {"uri": uri(&self.file)},
                "region": {
                    "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column,
                },
            }}],
        })
    }
}

/// Findings as SARIF 2.1.0, as code scanning takes them.
pub fn sarif(annotations: &[Annotation]) -> Json {
    let summaries: BTreeMap<&str, &str> =
        annotations.iter().map(|it| (it.code.as_str(), it.summary.as_str())).collect();
    let rules =
        summaries.iter().map(|(code, summary)| json!({"id": code, "shortDescription": {"text": summary}}));
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "kqlite",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": annotations.iter().map(Annotation::to_sarif).collect::<Vec<_>>(),
        }],
    })
}

fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}

/// A path as a relative address.
fn uri(path: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.replace('\\', "/")
        .bytes()
        .map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice() -> Annotation {
        Annotation {
            file: "rules/a b.yaml".to_owned(),
            start: (2, 3),
            end: (2, 6),
            severity: Severity::Error,
            code: "RULE101".to_owned(),
            summary: "s".to_owned(),
            message: "100% wrong".to_owned(),
            help: vec!["did you mean 'x'?".to_owned()],
        }
    }

    #[test]
    fn github_gets_one_line() {
        assert_eq!(
            notice().to_github(),
            "::error file=rules/a b.yaml,line=2,col=3,endColumn=6,endLine=2,title=RULE101\
             ::100%25 wrong%0Adid you mean 'x'?"
        );
    }

    #[test]
    fn sarif_has_addresses() {
        let report = sarif(&[notice()]);
        let result = &report["runs"][0]["results"][0];
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "rules/a%20b.yaml");
        assert_eq!(place["region"]["endColumn"], 6);
        assert_eq!(report["runs"][0]["tool"]["driver"]["rules"][0]["id"], "RULE101");
    }
}
