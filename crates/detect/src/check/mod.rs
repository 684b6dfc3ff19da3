//! Checks a rule beside its query: columns that mappings name, times, limits of Sentinel, ATT&CK, entities.
//! It must not know how a query is checked, nor where a file came from.
//!
//! An error is what Sentinel refuses, or what makes an alert say less than it should. A warning is what it takes, and
//! what is likely not meant.

mod attack;
mod checker;
mod code;
mod columns;
mod connectors;
mod entities;
mod finding;
mod limits;
mod mapping;
mod schedule;
mod shape;

use std::collections::HashMap;

use kqlite::{Check, Severity};

use checker::RuleChecker;
pub use code::RuleCode;
pub use finding::Finding;

use crate::rule::{QueryRole, Rule, RuleFormat};

/// Checks a rule beside its query. `file` is the text that the rule was read from, `query` the result of checking its
/// query.
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
    // What other queries call, and what people keep or look at, Sentinel does not run.
    if !matches!(rule.role, QueryRole::Analytics | QueryRole::Hunting) {
        return Vec::new();
    }
    let mut checker = RuleChecker::new(rule, file, query);
    shape::check(&mut checker);
    schedule::check(&mut checker);
    limits::check(&mut checker);
    attack::check(&mut checker);
    mapping::check(&mut checker);
    columns::check(&mut checker);
    connectors::check(&mut checker);
    checker.finish()
}

/// Finds rules with the same id among many, each with the name of its file. A finding comes with the rule's number in
/// `rules`.
///
/// The same query under the same id is likely a copy: a warning, where it is else an error. A rule that lies beside its
/// export is one rule, and a warning only if the two have come apart.
pub fn find_duplicates<'r>(rules: impl IntoIterator<Item = (&'r str, &'r Rule)>) -> Vec<(usize, Finding)> {
    let mut seen: HashMap<String, (&str, &Rule)> = HashMap::new();
    let mut found = Vec::new();
    for (at, (origin, rule)) in rules.into_iter().enumerate() {
        if !matches!(rule.role, QueryRole::Analytics | QueryRole::Hunting | QueryRole::CustomDetection) {
            continue;
        }
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
