//! What every part of the check works with: the rule, its tree, its query, and the findings so far.

use kqlite::{Check, Span};

use super::finding::Finding;
use crate::rule::{Node, Rule, place_part};

/// Holds a rule, its query's check and the findings so far.
pub(super) struct RuleChecker<'a> {
    pub rule: &'a Rule,
    file: &'a str,
    pub query: &'a Check,
    findings: Vec<Finding>,
}

impl<'a> RuleChecker<'a> {
    pub fn new(rule: &'a Rule, file: &'a str, query: &'a Check) -> Self {
        Self { rule, file, query, findings: Vec::new() }
    }

    /// The findings, in the order of their places.
    pub fn finish(self) -> Vec<Finding> {
        let mut findings = self.findings;
        findings.sort_by_key(|it| (it.span().start, it.code));
        findings
    }

    pub fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// The value of a key of the rule.
    pub fn node(&self, name: &str) -> Option<&'a Node> {
        self.rule.node().get(name)
    }

    /// The value behind several keys, one in the other.
    pub fn deep(&self, names: &[&str]) -> Option<&'a Node> {
        names.iter().try_fold(self.rule.node(), |node, name| node.get(name))
    }

    /// The rule's name, or where it begins.
    pub fn head(&self) -> Span {
        self.node("name").map_or(Span::new(0, 0), |it| it.span)
    }

    /// Where a part of a text value stands.
    pub fn part(&self, node: &Node, part: Span) -> Span {
        place_part(self.file, node, part)
    }
}
