//! Checks tactics and techniques against ATT&CK.

use super::checker::RuleChecker;
use super::code::RuleCode;
use super::finding::Finding;
use crate::mitre::{Technique, is_tactic, tactic_names, technique};
use crate::rule::Node;

pub(super) fn check(checker: &mut RuleChecker<'_>) {
    for node in checker.node("tactics").map(listed).unwrap_or_default() {
        let name = node.text().unwrap_or_default();
        if is_tactic(name) {
            continue;
        }
        let message = format!("there is no tactic '{name}'");
        let finding = Finding::warning(RuleCode::UnknownTactic, node.span, message);
        let tight: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
        checker.add(finding.suggest(&tight, "the tactics", tactic_names()).or_exact(&tight));
    }
    for key in ["relevantTechniques", "subTechniques"] {
        for node in checker.node(key).map(listed).unwrap_or_default() {
            check_technique(checker, node);
        }
    }
}

fn check_technique(checker: &mut RuleChecker<'_>, node: &Node) {
    let id = node.text().unwrap_or_default();
    match technique(id) {
        Technique::Known(tactics) => {
            let tactics: Vec<&str> = tactics;
            let named = |tactic: &&str| checker.rule.tactics.iter().any(|it| it == tactic);
            let all_known =
                !checker.rule.tactics.is_empty() && checker.rule.tactics.iter().all(|it| is_tactic(it));
            if all_known && !tactics.iter().any(named) {
                let message = format!("the technique {id} serves none of the rule's tactics");
                let finding = Finding::warning(RuleCode::TechniqueWithoutTactic, node.span, message);
                checker.add(finding.help(format!("it serves {}", tactics.join(", "))));
            }
        }
        Technique::Ics => {}
        Technique::Unknown => {
            let message = format!("there is no technique {id} in ATT&CK for Enterprise");
            checker.add(Finding::warning(RuleCode::UnknownTechnique, node.span, message));
        }
        Technique::NoId => {
            let message = format!("'{id}' is no id of a technique");
            let finding = Finding::warning(RuleCode::UnknownTechnique, node.span, message);
            checker.add(finding.help("ids are such as T1566 and T1566.001"));
        }
    }
}

/// The items of a list, or the one value that stands for it.
fn listed(node: &Node) -> Vec<&Node> {
    match node.text() {
        Some(_) => vec![node],
        None => node.items().iter().collect(),
    }
}

impl Finding {
    /// Where a tactic is right but for blanks, that is what is meant.
    fn or_exact(mut self, tight: &str) -> Self {
        if let Some(meant) = tactic_names().find(|it| it.eq_ignore_ascii_case(tight)) {
            self.help = vec![format!("did you mean '{meant}'?")];
        }
        self
    }
}
