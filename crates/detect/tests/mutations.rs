//! The tests of the seed's rule notice every change of one of its conditions. It must not know the engine inside.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::path::{Path, PathBuf};

use kqlite_detect::suite::{Bounds, Settings, Suite};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/sender-contact")
}

/// How many tests of the rule's file fail if the rule is this text.
fn failed(rule: &str) -> usize {
    let rule = rule.to_owned();
    let read = move |path: &Path| {
        if path.ends_with("rule.yaml") { Ok(rule.clone().into_bytes()) } else { std::fs::read(path) }
    };
    let suite = Suite::load(&[folder().join("rule.test.yaml")], &[], Box::new(read));
    let settings = Settings { threads: 2, bounds: Bounds::default(), ..Settings::default() };
    let report = suite.run(&settings, &|_, _| {});
    let counts = report.counts();
    assert!(counts.passed + counts.failed + counts.broken > 50, "{counts:?}");
    counts.failed + counts.broken
}

/// Other texts for a part of the query, wherever it stands.
const CHANGES: &[(&str, &[&str])] = &[
    ("Timestamp <", &["Timestamp <=", "Timestamp >", "TimeGenerated <"]),
    ("Timestamp >", &["Timestamp >=", "Timestamp <", "TimeGenerated >"]),
    ("ago(30d)", &["ago(29d)", "ago(31d)", "ago(30d) - 1s", "ago(30d) + 1s", "now()"]),
    ("ago(24hrs)", &["ago(23hrs)", "ago(25hrs)", "ago(24hrs) - 1s", "ago(24hrs) + 1s"]),
    ("DeliveryAction ==", &["DeliveryAction !=", "DeliveryAction =~", "LatestDeliveryAction =="]),
    ("EmailDirection ==", &["EmailDirection !=", "EmailDirection =~"]),
    ("OrgLevelAction !=", &["OrgLevelAction ==", "OrgLevelAction !~"]),
    ("UserLevelAction !=", &["UserLevelAction ==", "UserLevelAction !~"]),
    ("\"Delivered\"", &["\"Blocked\"", "\"delivered\""]),
    ("\"Inbound\"", &["\"Outbound\"", "\"inbound\""]),
    ("\"Block\"", &["\"Allow\"", "\"block\"", "\"\""]),
    ("\"Microsoft\"", &["\"Micros0ft\"", "\"Microsoft Account\"", "\"\""]),
    (
        "SenderDisplayName contains",
        &[
            "SenderDisplayName contains_cs",
            "SenderDisplayName !contains",
            "SenderDisplayName startswith",
            "SenderDisplayName has",
            "Subject contains",
        ],
    ),
    ("count_ > 3", &["count_ >= 3", "count_ < 3", "count_ > 2", "count_ > 4", "count_ == 4"]),
    (
        "summarize count() by SenderFromAddress",
        &["summarize count() by SenderFromAddress, DeliveryAction, EmailDirection"],
    ),
    (
        "contains \"RE:\"",
        &["contains_cs \"RE:\"", "contains \"RE\"", "startswith \"RE:\"", "contains \"AW:\""],
    ),
    ("contains \"FW:\"", &["contains_cs \"FW:\"", "contains \"FW\"", "contains \"WG:\""]),
    ("\"RE:\", false", &["\"RE:\", true"]),
    ("\"FW:\", false", &["\"FW:\", true"]),
    (", true )", &[", false )"]),
    ("kind=leftanti", &["kind=leftsemi", "kind=rightanti", "kind=inner", "kind=leftouter"]),
    ("on SenderFromAddress", &["on $left.SenderMailFromAddress == $right.SenderFromAddress"]),
    ("NewMsg, Subject\n", &["NewMsg\n"]),
];

/// The rule with each condition left out.
fn without_conditions(rule: &str) -> Vec<(String, String)> {
    let lines: Vec<&str> = rule.lines().collect();
    let mut changed = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let mut left: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        let next = lines.get(at + 1).map(|line| line.trim_start()).unwrap_or_default();
        let text = line.trim_start();
        if text.starts_with("and ") {
            left.remove(at);
        } else if text.starts_with("| where ") {
            if let Some(rest) = next.strip_prefix("and ") {
                left[at + 1] = format!("  | where {rest}");
            }
            left.remove(at);
        } else if text.starts_with("| join ") {
            left.remove(at);
        } else {
            continue;
        }
        changed.push((format!("without `{text}`"), left.join("\n") + "\n"));
    }
    changed
}

#[test]
fn every_change_of_a_condition_fails_a_test() {
    let rule = std::fs::read_to_string(folder().join("rule.yaml")).unwrap();
    assert_eq!(failed(&rule), 0);
    let mut changed = without_conditions(&rule);
    let query = rule.find("query: |").unwrap();
    for (part, others) in CHANGES {
        let places: Vec<usize> =
            rule.match_indices(part).map(|(at, _)| at).filter(|at| *at > query).collect();
        assert!(!places.is_empty(), "'{part}' stands in the query");
        for (number, at) in places.iter().enumerate() {
            for other in *others {
                let mut text = rule.clone();
                text.replace_range(*at..at + part.len(), other);
                changed.push((format!("`{part}` number {} as `{other}`", number + 1), text));
            }
        }
    }
    let number = changed.len();
    assert!(number >= 20, "{number}");
    let survivors: Vec<String> =
        changed.into_iter().filter(|(_, text)| failed(text) == 0).map(|(name, _)| name).collect();
    assert!(survivors.is_empty(), "of {number} changes no test notices:\n{}", survivors.join("\n"));
}
