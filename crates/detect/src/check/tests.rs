//! What the check of rules finds: one small rule for each finding, and none in rules that are right.

use kqlite::{Database, Severity};

use super::{check_rule, find_duplicates};
use crate::rule::{Rule, RuleFormat};
use crate::schema_of;

fn findings(file: &str, format: RuleFormat) -> Vec<String> {
    let mut database = Database::new();
    database.declare("EmailEvents", schema_of("EmailEvents").unwrap());
    let rules = Rule::parse_all(file, format).unwrap();
    let mut found = Vec::new();
    for rule in &rules {
        for finding in check_rule(rule, file, &database.check(&rule.query)) {
            let word = if finding.severity == Severity::Error { "error" } else { "warning" };
            let at = &file[finding.span().range()];
            let help = finding.help.join("; ");
            found.push(format!("{word} {} «{at}» {} | {help}", finding.code, finding.message));
        }
    }
    found
}

const HEAD: &str = "\
id: b2beec6a-2c1c-4319-a191-e70c2ee42857
name: Mail
severity: High
kind: Scheduled
queryFrequency: 1h
queryPeriod: 1d
triggerOperator: gt
triggerThreshold: 0
query: |
  EmailEvents
  | where Timestamp > ago(1d)
  | summarize Count = count() by SenderFromAddress, RecipientEmailAddress
";

/// One finding: its beginning and a part of its help.
#[track_caller]
fn finds(rule: &str, begin: &str, help: &str) {
    let found = findings(rule, RuleFormat::Yaml);
    assert!(found.len() == 1 && found[0].starts_with(begin) && found[0].contains(help), "{found:#?}");
}

#[track_caller]
fn adds(more: &str, begin: &str, help: &str) {
    finds(&format!("{HEAD}{more}"), begin, help);
}

#[track_caller]
fn changes(from: &str, to: &str, begin: &str, help: &str) {
    assert!(HEAD.contains(from));
    finds(&HEAD.replace(from, to), begin, help);
}

#[test]
fn a_right_rule_has_no_findings() {
    let more = "\
tactics: [InitialAccess, Execution]
relevantTechniques: [T1566, T1566.001, T1059, T0865]
entityMappings:
- entityType: Account
  fieldMappings:
  - {identifier: FullName, columnName: RecipientEmailAddress}
customDetails:
  Sender: SenderFromAddress
alertDetailsOverride:
  alertDisplayNameFormat: '{{Count}} mails of {{SenderFromAddress}} to {{ RecipientEmailAddress}}'
  alertSeverityColumnName: SenderFromAddress
eventGroupingSettings: {aggregationKind: SingleAlert}
incidentConfiguration:
  createIncident: true
  groupingConfiguration: {enabled: true, lookbackDuration: 5h, matchingMethod: Selected, groupByEntities: [Account], groupByCustomDetails: [Sender]}
suppressionEnabled: true
suppressionDuration: 5h
myOwnKey: 1
";
    let found = findings(&format!("{HEAD}{}", more.replace("{{ Rec", "{{Rec")), RuleFormat::Yaml);
    assert_eq!(found, [""; 0]);
    assert_eq!(findings("query: EmailEvents | where Timestamp < ago(30d)\n", RuleFormat::Yaml), [""; 0]);
    assert_eq!(findings("EmailEvents | count", RuleFormat::Kql), [""; 0]);
}

#[test]
fn columns_are_those_of_the_query() {
    adds(
        "entityMappings:\n- entityType: Account\n  fieldMappings:\n  - {identifier: Name, columnName: SenderAddress}\n",
        "error RULE101 «SenderAddress» the entity mapping names the column 'SenderAddress', which the query does not give",
        "did you mean 'SenderFromAddress'?",
    );
    adds(
        "customDetails:\n  A: count\n",
        "error RULE102 «count» the custom detail 'A'",
        "did you mean 'Count'?",
    );
    adds(
        "alertDetailsOverride:\n  alertDisplayNameFormat: \"a\\t{{Coutn}} of {{SenderFromAddress}}\"\n",
        "error RULE103 «Coutn» the format names the column 'Coutn'",
        "did you mean 'Count'?",
    );
    adds(
        "alertDetailsOverride:\n  alertTacticsColumnName: Tactic\n",
        "error RULE104 «Tactic» 'alertTacticsColumnName' names",
        "it gives: SenderFromAddress, RecipientEmailAddress, Count",
    );
    adds(
        "alertDetailsOverride:\n  alertDynamicProperties:\n  - {alertProperty: ProductName, value: Product}\n",
        "error RULE104 «Product» the property 'ProductName' names",
        "it gives",
    );
    adds("sentinelEntitiesMappings:\n- columnName: Entities\n", "error RULE101 «Entities»", "it gives");
    // Nobody can tell the columns of a query that is wrong.
    let wrong = HEAD.replace("EmailEvents", "Nothing") + "customDetails: {A: count}\n";
    assert_eq!(findings(&wrong, RuleFormat::Yaml), [""; 0]);
}

#[test]
fn times_fit_the_query_and_sentinel() {
    changes(
        "ago(1d)",
        "ago(2d + 1h)",
        "warning RULE201 «1d» the query looks back 49h, but the rule gives it 1d only",
        "write queryPeriod: 49h",
    );
    changes(
        "Timestamp > ago(1d)",
        "Timestamp > now() - 20d",
        "warning RULE201",
        "no rule can look back further than 14d",
    );
    // Neither a table that is not known nor one whose columns are not known hides how far a query looks back.
    for query in [
        "Own_CL | where TimeGenerated > ago(2d)",
        "let W = watchlist('x'); EmailEvents | where Timestamp > ago(2d) | join kind=inner (W) on $left.Subject == $right.Key",
        "let back = 2d; EmailEvents | where Timestamp > ago(back) | extend a = nothing",
    ] {
        let rule = format!("{}query: {query}\n", HEAD.split("query:").next().unwrap());
        let mut database = Database::new();
        database.declare("EmailEvents", schema_of("EmailEvents").unwrap());
        database.announce("watchlist", kqlite::Schema::default(), true, "give it");
        let parsed = Rule::parse(&rule).unwrap();
        let found = check_rule(&parsed, &rule, &database.check(&parsed.query));
        assert_eq!(found.len(), 1, "{query}: {found:?}");
        assert!(found[0].message.starts_with("the query looks back 2d"), "{query}: {found:?}");
    }
    changes(
        "queryPeriod: 1d",
        "queryPeriod: 15d",
        "error RULE203 «15d» 'queryPeriod' cannot be 15d",
        "5m to 14d",
    );
    changes("queryFrequency: 1h", "queryFrequency: 1m", "error RULE203 «1m»", "5m to 14d");
    changes(
        "queryFrequency: 1h",
        "queryFrequency: P2D",
        "error RULE202 «P2D» the rule runs every 2d",
        "1d would never",
    );
    changes("queryFrequency: 1h", "queryFrequency: hourly", "error RULE003 «hourly»", "write it as 5m");
    changes("triggerThreshold: 0", "triggerThreshold: 10001", "error RULE205 «10001»", "0 to 10000");
    adds("suppressionEnabled: true\nsuppressionDuration: 2d\n", "error RULE203 «2d»", "5m to 1d");
    finds(
        &HEAD
            .replace("queryFrequency: 1h", "queryFrequency: 30m")
            .replace("queryPeriod: 1d", "queryPeriod: 2d"),
        "error RULE204 «30m» a rule that looks at 2d cannot run every 30m",
        "1h",
    );
}

#[test]
fn data_connectors_bring_what_is_read() {
    adds(
        "requiredDataConnectors:\n- {connectorId: Other, dataTypes: [CloudAppEvents, UrlClickEvents (x)]}\n",
        "warning RULE701 «EmailEvents» the rule reads 'EmailEvents', which none of its data connectors brings",
        "name it in the dataTypes",
    );
    for right in ["[emailEvents]", "['EmailEvents (all)', B]", "[]"] {
        let more = format!("requiredDataConnectors:\n- {{connectorId: x, dataTypes: {right}}}\n");
        assert_eq!(findings(&format!("{HEAD}{more}"), RuleFormat::Yaml), [""; 0]);
    }
    assert_eq!(findings(&format!("{HEAD}requiredDataConnectors: []\n"), RuleFormat::Yaml), [""; 0]);
}

#[test]
fn near_real_time_rules_have_no_schedule() {
    let nrt = "id: b2beec6a-2c1c-4319-a191-e70c2ee42857\nname: x\nkind: NRT\nseverity: Low\n";
    finds(
        &format!("{nrt}queryPeriod: 1d\nquery: EmailEvents\n"),
        "warning RULE301 «queryPeriod»",
        "it runs every minute",
    );
    let found = findings(&format!("{nrt}query: workspace('a').EmailEvents\n"), RuleFormat::Yaml);
    assert_eq!(found, ["error RULE302 «workspace» an NRT rule cannot read another workspace | "]);
    finds(&format!("{nrt}query: search  * | count\n"), "error RULE303 «search  *»", "name the tables");
    assert_eq!(findings(&format!("{nrt}query: \"// union *\\nEmailEvents\"\n"), RuleFormat::Yaml), [""; 0]);
}

#[test]
fn words_and_keys_are_known() {
    changes(
        "severity: High",
        "severity: Hihg",
        "error RULE002 «Hihg» 'severity' cannot be 'Hihg'",
        "did you mean 'High'?",
    );
    changes("kind: Scheduled", "kind: Fusion", "error RULE002 «Fusion»", "it is one of: Scheduled, NRT");
    changes("triggerOperator: gt", "triggerOperator: '>'", "error RULE002 «'>'»", "gt, lt, eq, ne");
    changes("id: b2beec6a", "id: b2", "warning RULE006", "0f8fad5b");
    changes(
        "queryPeriod: 1d",
        "queryperiod: 1d",
        "warning RULE005 «queryperiod»",
        "did you mean 'queryPeriod'?",
    );
    changes("severity: High\n", "", "warning RULE004 «Mail» a scheduled rule needs 'severity'", "");
    adds("tactics: [Initial Access]\n", "warning RULE501 «Initial Access»", "did you mean 'InitialAccess'?");
    adds("relevantTechniques: [T15666]\n", "warning RULE502 «T15666» 'T15666' is no id", "T1566.001");
    adds("relevantTechniques: [T1999]\n", "warning RULE502 «T1999» there is no technique T1999", "");
    adds(
        "tactics: [Impact]\nrelevantTechniques: [T1566]\n",
        "warning RULE503 «T1566» the technique T1566 serves none",
        "it serves InitialAccess",
    );
}

#[test]
fn entities_are_known() {
    let mapped = |kind: &str, fields: &str| {
        format!("entityMappings:\n- entityType: {kind}\n  fieldMappings: [{fields}]\n")
    };
    let field = |name: &str| format!("{{identifier: {name}, columnName: SenderFromAddress}}");
    adds(&mapped("Acount", &field("Name")), "error RULE601 «Acount»", "did you mean 'Account'?");
    adds(&mapped("Account", &field("FulName")), "error RULE602 «FulName»", "did you mean 'FullName'?");
    adds(&mapped("Account", &[field("Name"), field("Name")].join(", ")), "error RULE603 «Name»", "");
    adds(&mapped("Account", &field("NTDomain")), "warning RULE604 «Account»", "FullName, Sid");
    adds(&mapped("FileHash", &field("Value")), "warning RULE604", "Algorithm with Value");
    adds(
        "incidentConfiguration: {groupingConfiguration: {groupByEntities: [Host]}}\n",
        "error RULE105 «Host» the rule maps no entity 'Host'",
        "",
    );
}

#[test]
fn limits_hold() {
    let long = "x".repeat(257);
    changes(
        "name: Mail",
        &format!("name: {long}"),
        "error RULE402 «» 'name' has 257 characters, Sentinel takes 256",
        "",
    );
    let details: String = (0..21).map(|at| format!("  D{at}: Count\n")).collect();
    adds(
        &format!("customDetails:\n{details}"),
        "error RULE401 «D20» a rule can have 20 custom details, here are 21",
        "",
    );
    adds("customDetails:\n  1st: Count\n", "error RULE403 «1st»", "begins with a letter");
    adds(
        "alertDetailsOverride:\n  alertDisplayNameFormat: a {{ Count }}\n",
        "error RULE404 «{{ Count }}»",
        "write it without blanks: {{Count}}",
    );
    let fields = "{identifier: Name, columnName: Count}, {identifier: Sid, columnName: Count}, \
                  {identifier: PUID, columnName: Count}, {identifier: FullName, columnName: Count}";
    adds(
        &format!("entityMappings:\n- entityType: Account\n  fieldMappings: [{fields}]\n"),
        "error RULE401 «{identifier: FullName",
        "",
    );
}

#[test]
fn exports_are_checked_in_place() {
    let export = r#"{"resources": [{"type": "x/alertRules", "kind": "Scheduled", "name": "[parameters('id')]", "properties": {
        "displayName": "a", "severity": "High", "queryFrequency": "PT1H", "queryPeriod": "PT1H",
        "triggerOperator": "GreaterThan", "triggerThreshold": 0, "techniques": null, "customDetails": {"A": "Cont"},
        "query": "EmailEvents\n| where Timestamp > ago(1d)\n| count"}}]}"#;
    let found = findings(export, RuleFormat::Json);
    assert_eq!(
        found,
        [
            "warning RULE201 «\"PT1H\"» the query looks back 1d, but the rule gives it 1h only | write queryPeriod: 1d",
            "error RULE102 «Cont» the custom detail 'A' names the column 'Cont', which the query does not give | did you mean 'Count'?",
        ]
    );
}

#[test]
fn ids_are_compared() {
    let rule = |query: &str| Rule::parse(&format!("id: A-1\nname: n\nquery: {query}\n")).unwrap();
    let (a, b, c) = (rule("T"), rule("T"), rule("T | count"));
    let found = find_duplicates([("a.yaml", &a), ("b.yaml", &b), ("c.yaml", &c)]);
    let told: Vec<_> = found.iter().map(|(at, it)| (*at, it.severity, it.message.as_str())).collect();
    let message = "the rule 'n' in a.yaml has the id 'a-1' too";
    assert_eq!(told, [(1, Severity::Warning, message), (2, Severity::Error, message)]);
    // A rule and its export are one rule.
    assert_eq!(find_duplicates([("a.yaml", &a), ("a.json", &b)]), []);
    let found = find_duplicates([("a.yaml", &a), ("a.json", &c)]);
    assert_eq!(found[0].1.message, "a.yaml has the rule of this id too, with another query");
    assert_eq!(found[0].1.severity, Severity::Warning);
}
