//! What is wrong with a rule beside its query: columns that mappings name, times, limits of Sentinel, ATT&CK, entities.
//! It must not know how a query is checked, nor where a file came from.
//!
//! An error is what Sentinel refuses, or what makes an alert say less than it should. A warning is what it takes, and
//! what is likely not meant.

mod attack;
mod code;
mod columns;
mod entities;
mod limits;
mod mapping;
mod schedule;
mod shape;

use std::collections::HashMap;

use kqlite::{Check, Drawing, Label, Severity, Span};

pub use code::RuleCode;

use crate::rule::{Node, Rule, RuleFormat, place_part};
use crate::suggest::suggestion;

/// One finding about a rule; its places are in the rule's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Error or warning.
    pub severity: Severity,
    /// The permanent code.
    pub code: RuleCode,
    /// One sentence: what was found and what was expected.
    pub message: String,
    /// The places, the primary one first.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Vec<String>,
}

impl Finding {
    fn new(severity: Severity, code: RuleCode, span: Span, message: impl Into<String>) -> Self {
        let labels = vec![Label { span, text: String::new() }];
        Self { severity, code, message: message.into(), labels, help: Vec::new() }
    }

    fn error(code: RuleCode, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, span, message)
    }

    fn warning(code: RuleCode, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, span, message)
    }

    fn label(mut self, text: impl Into<String>) -> Self {
        if let Some(first) = self.labels.first_mut() {
            first.text = text.into();
        }
        self
    }

    fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// "Did you mean", or else what there is.
    fn suggest<'n>(self, name: &str, what: &str, known: impl IntoIterator<Item = &'n str>) -> Self {
        self.help(suggestion(name, what, known))
    }

    /// The primary place.
    #[must_use]
    pub fn span(&self) -> Span {
        self.labels.first().map(|label| label.span).unwrap_or_default()
    }

    /// The finding as text for people; `text` is the rule's file, `origin` its name.
    #[must_use]
    pub fn render(&self, origin: &str, text: &str, colour: bool) -> String {
        let Self { severity, code, message, labels, help } = self;
        Drawing { severity: *severity, code: code.as_str(), message, labels, help }
            .render(origin, text, colour)
    }
}

/// Looks for what is wrong with a rule beside its query. `file` is the text that the rule was read from, `query` what
/// the check of its query found.
///
/// ```
/// use kqlite_detect::{Rule, check_rule};
/// let file = "name: x\nquery: print Account = 'ann'\ncustomDetails: {Who: Acount}\n";
/// let rule = Rule::parse(file)?;
/// let findings = check_rule(&rule, file, &kqlite::Database::new().check(&rule.query));
/// assert_eq!(findings[0].code.as_str(), "RULE102");
/// assert_eq!(findings[0].help, ["did you mean 'Account'?"]);
/// # Ok::<(), kqlite_detect::RuleError>(())
/// ```
#[must_use]
pub fn check_rule(rule: &Rule, file: &str, query: &Check) -> Vec<Finding> {
    let mut looking = Looking { rule, file, query, findings: Vec::new() };
    shape::look(&mut looking);
    schedule::look(&mut looking);
    limits::look(&mut looking);
    attack::look(&mut looking);
    mapping::look(&mut looking);
    columns::look(&mut looking);
    let mut findings = looking.findings;
    findings.sort_by_key(|it| (it.span().start, it.code));
    findings
}

/// What is looked at, and what was found so far.
struct Looking<'a> {
    rule: &'a Rule,
    file: &'a str,
    query: &'a Check,
    findings: Vec<Finding>,
}

impl<'a> Looking<'a> {
    fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// The value of a key of the rule.
    fn node(&self, name: &str) -> Option<&'a Node> {
        self.rule.node().get(name)
    }

    /// The value behind several keys, one in the other.
    fn deep(&self, names: &[&str]) -> Option<&'a Node> {
        names.iter().try_fold(self.rule.node(), |node, name| node.get(name))
    }

    /// The rule's name, or where it begins.
    fn head(&self) -> Span {
        self.node("name").map_or(Span::new(0, 0), |it| it.span)
    }

    /// Where a part of a text value stands.
    fn part(&self, node: &Node, part: Span) -> Span {
        place_part(self.file, node, part)
    }
}

/// Finds rules with the same id among many, each with the name of its file. Each is told with its number in `rules`.
///
/// The same query under the same id is likely a copy: a warning, where it is else an error. A rule that lies beside its
/// export is one rule, and a warning only if the two have come apart.
pub fn find_duplicates<'r>(rules: impl IntoIterator<Item = (&'r str, &'r Rule)>) -> Vec<(usize, Finding)> {
    let mut seen: HashMap<String, (&str, &Rule)> = HashMap::new();
    let mut found = Vec::new();
    for (at, (origin, rule)) in rules.into_iter().enumerate() {
        let Some(node) = rule.node().get("id").filter(|_| !rule.id.trim().is_empty()) else { continue };
        let id = rule.id.trim().to_ascii_lowercase();
        // A template whose parameters have the guid does not tell it.
        if id.starts_with('[') {
            continue;
        }
        let Some((other, first)) = seen.get(&id) else {
            seen.insert(id, (origin, rule));
            continue;
        };
        let same = first.query.split_whitespace().eq(rule.query.split_whitespace());
        let two_forms = RuleFormat::of_name(other) != RuleFormat::of_name(origin);
        let (severity, message, help) = match (two_forms, same) {
            (true, true) => continue,
            (true, false) => (
                Severity::Warning,
                format!("{other} has the rule of this id too, with another query"),
                "export it anew, or give one of them an id of its own",
            ),
            _ => (
                if same { Severity::Warning } else { Severity::Error },
                format!("the rule '{}' in {other} has the id '{id}' too", first.name.trim()),
                "one of them would replace the other: give each rule a guid of its own",
            ),
        };
        found.push((at, Finding::new(severity, RuleCode::DuplicateId, node.span, message).help(help)));
    }
    found
}

#[cfg(test)]
mod tests;
