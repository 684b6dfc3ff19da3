//! Tactics and techniques of ATT&CK. It must not know the query.

use super::{Finding, Looking, RuleCode};
use crate::mitre::{Technique, is_tactic, tactic_names, technique};
use crate::rule::Node;

pub(super) fn look(at: &mut Looking<'_>) {
    for node in at.node("tactics").map(listed).unwrap_or_default() {
        let name = node.text().unwrap_or_default();
        if is_tactic(name) {
            continue;
        }
        let message = format!("there is no tactic '{name}'");
        let finding = Finding::warning(RuleCode::UnknownTactic, node.span, message);
        let tight: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
        at.add(finding.suggest(&tight, "the tactics", tactic_names()).or_exact(&tight));
    }
    for key in ["relevantTechniques", "subTechniques"] {
        for node in at.node(key).map(listed).unwrap_or_default() {
            look_at_technique(at, node);
        }
    }
}

fn look_at_technique(at: &mut Looking<'_>, node: &Node) {
    let id = node.text().unwrap_or_default();
    match technique(id) {
        Technique::Known(tactics) => {
            let tactics: Vec<&str> = tactics;
            let named = |tactic: &&str| at.rule.tactics.iter().any(|it| it == tactic);
            let all_known = !at.rule.tactics.is_empty() && at.rule.tactics.iter().all(|it| is_tactic(it));
            if all_known && !tactics.iter().any(named) {
                let message = format!("the technique {id} serves none of the rule's tactics");
                let finding = Finding::warning(RuleCode::TechniqueWithoutTactic, node.span, message);
                at.add(finding.help(format!("it serves {}", tactics.join(", "))));
            }
        }
        Technique::Ics => {}
        Technique::Unknown => {
            let message = format!("there is no technique {id} in ATT&CK for Enterprise");
            at.add(Finding::warning(RuleCode::UnknownTechnique, node.span, message));
        }
        Technique::NoId => {
            let message = format!("'{id}' is no id of a technique");
            let finding = Finding::warning(RuleCode::UnknownTechnique, node.span, message);
            at.add(finding.help("ids are such as T1566 and T1566.001"));
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
