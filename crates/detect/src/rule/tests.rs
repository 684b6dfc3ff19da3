//! Reading rules in all their forms, and the alerts that they raise.

use kqlite::{ScalarType, Schema, Table, Value};

use super::*;

/// What is found in a text: the roles and names, the functions, and the place of the word `HERE` in each query.
#[track_caller]
fn found(text: &str, format: RuleFormat) -> Vec<String> {
    let file = Rule::read_all(text, format).unwrap();
    let mut lines: Vec<String> = Vec::new();
    for rule in &file.rules {
        let functions: Vec<&str> =
            rule.functions.iter().flat_map(|it| &it.names).map(String::as_str).collect();
        let at = rule.query.find("HERE").unwrap_or_else(|| panic!("{}", rule.query));
        let place = rule.span_in_file(kqlite::Span::new(at, at + 4)).map(|it| &text[it.range()]);
        assert_eq!(place, Some("HERE"), "{}", rule.query);
        lines.push(format!("{}: {} {}", rule.role, rule.name, functions.join(",")).trim_end().to_owned());
    }
    lines.extend(file.passed_over.iter().map(|(line, what)| format!("{line}: {what}")));
    lines
}

const RULE: &str = "\
id: b2beec6a-2c1c-4319-a191-e70c2ee42857
name: Mail
description: |
  What it does
severity: High
status: Available
kind: Scheduled
requiredDataConnectors:
- connectorId: MicrosoftThreatProtection
  dataTypes:
  - EmailEvents
queryFrequency: 1h
queryPeriod: 14d
triggerOperator: gt
triggerThreshold: 2
tactics:
- InitialAccess
relevantTechniques:
- T1566
query: |
  let n = 3; // not 'é'

  EmailEvents
  | take n
entityMappings:
- entityType: Account
  fieldMappings:
  - identifier: FullName
    columnName: RecipientEmailAddress
customDetails:
  Sender: SenderFromAddress
alertDetailsOverride:
  alertDisplayNameFormat: Mail of {{SenderFromAddress}}
  alertDynamicProperties:
  - alertProperty: ProductName
    value: Product
eventGroupingSettings:
  aggregationKind: AlertPerResult
incidentConfiguration:
  createIncident: true
  groupingConfiguration:
    enabled: true
    lookbackDuration: PT5H
    matchingMethod: Selected
    groupByEntities: [Account]
suppressionEnabled: true
suppressionDuration: 5h
version: 1.0
tags:
- Mail
- Schema: ASimDns
metadata:
  support: {tier: Community}
odd: [a, b]
";

const EXPORT: &str = r#"{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "parameters": {"workspace": {"type": "String"}},
  "resources": [
    {
      "id": "[concat(resourceId('x', parameters('workspace')),'/alertRules/11111111-2222-3333-4444-555555555555')]",
      "name": "[concat(parameters('workspace'),'/Microsoft.SecurityInsights/11111111-2222-3333-4444-555555555555')]",
      "type": "Microsoft.OperationalInsights/workspaces/providers/alertRules",
      "kind": "Scheduled",
      "properties": {
        "displayName": "First", "description": "d", "severity": "Low", "enabled": true,
        "query": "T\r\n| where a == \"x\\y\"\n| project nope",
        "queryFrequency": "PT5H", "queryPeriod": "P14D",
        "triggerOperator": "GreaterThan", "triggerThreshold": 0,
        "suppressionDuration": "PT5H", "suppressionEnabled": false,
        "tactics": ["Impact"], "techniques": ["T1499"], "subTechniques": ["T1499.001"],
        "alertRuleTemplateName": null, "customDetails": null, "entityMappings": null,
        "incidentConfiguration": {"createIncident": false, "groupingConfiguration": {"enabled": false}}
      }
    },
    {"type": "Microsoft.OperationalInsights/workspaces/providers/alertRules", "kind": "NRT",
     "name": "x", "properties": {"displayName": "[[Second", "query": "T"}},
    {"type": "Microsoft.OperationalInsights/workspaces/providers/alertRules", "kind": "Fusion", "properties": {}},
    {"type": "Microsoft.OperationalInsights/savedSearches", "name": "y",
     "properties": {"category": "Hunting Queries", "displayName": "Hunt", "query": "T",
       "tags": [{"name": "description", "value": "about"}, {"name": "tactics", "value": "Impact,Discovery"}]}}
  ]
}"#;

#[test]
fn every_key_is_read() {
    let rule = Rule::parse(RULE).unwrap();
    assert_eq!(rule.name, "Mail");
    assert_eq!(rule.description, "What it does\n");
    assert_eq!((rule.severity, rule.kind), (Some(AlertSeverity::High), Some(RuleKind::Scheduled)));
    assert_eq!(rule.required_data_connectors[0].data_types, ["EmailEvents"]);
    assert_eq!(rule.entity_mappings[0].field_mappings[0].column_name, "RecipientEmailAddress");
    assert_eq!(rule.version.as_deref(), Some("1.0"));
    assert_eq!(rule.query, "let n = 3; // not 'é'\n\nEmailEvents\n| take n\n");
    assert_eq!(rule.query_period, parse_duration("14d"));
    assert_eq!(rule.custom_details, [("Sender".to_owned(), "SenderFromAddress".to_owned())]);
    assert_eq!(rule.event_grouping, Some(AggregationKind::AlertPerResult));
    let grouping = rule.incident_configuration.as_ref().unwrap().grouping.as_ref().unwrap();
    assert_eq!(grouping.matching_method, Some(MatchingMethod::Selected));
    assert_eq!(grouping.lookback_duration, parse_duration("5h"));
    assert!(rule.suppression_enabled);
    assert_eq!(rule.tags[1], Tag { name: "Schema".to_owned(), value: Some("ASimDns".to_owned()) });
    assert_eq!(rule.metadata.as_ref().unwrap()["support"]["tier"], "Community");
    assert_eq!(rule.other, [("odd".to_owned(), serde_json::json!(["a", "b"]))].into());
    assert_eq!((rule.trigger.holds(2), rule.trigger.holds(3)), (false, true));
}

#[test]
fn an_export_has_several_rules() {
    let rules = Rule::parse_all(EXPORT, RuleFormat::Json).unwrap();
    let names: Vec<&str> = rules.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["First", "[Second", "Hunt"]);
    assert_eq!(rules[0].id, "11111111-2222-3333-4444-555555555555");
    assert_eq!(rules[0].query_period, parse_duration("14d"));
    assert_eq!(rules[0].relevant_techniques, ["T1499", "T1499.001"]);
    assert_eq!(rules[0].enabled, Some(true));
    assert!(!rules[0].incident_configuration.as_ref().unwrap().create_incident);
    assert_eq!(rules[1].kind, Some(RuleKind::Nrt));
    assert_eq!(rules[2].tactics, ["Impact", "Discovery"]);
    assert_eq!(rules[2].description, "about");
    let offset = rules[0].query.find("nope").unwrap();
    let file = rules[0].offset_in_file(offset).unwrap();
    assert_eq!(&EXPORT[file..file + 4], "nope");
    for text in ["{\"resources\": []}", "[1]", "{\"a\":"] {
        assert!(Rule::parse_all(text, RuleFormat::Json).is_err(), "{text}");
    }
    let flat = Rule::parse_all("{\"name\": \"x\", \"query\": \"T\"}", RuleFormat::Json).unwrap();
    assert_eq!(flat[0].name, "x");
}

#[test]
fn the_query_is_placed_in_the_file() {
    let rule = Rule::parse(RULE).unwrap();
    for word in ["let", "EmailEvents\n|", "take"] {
        let offset = rule.query.find(word).unwrap();
        let file = rule.offset_in_file(offset).unwrap();
        assert_eq!(&RULE[file..file + 3], &word[..3], "{word}");
    }
    for text in
        ["query: T | take n\n", "query: 'T | where a == ''x'' | take n'\n", "query: \"T\\t| take n\"\n"]
    {
        let rule = Rule::parse(text).unwrap();
        let file = rule.offset_in_file(rule.query.find("take").unwrap()).unwrap();
        assert_eq!(&text[file..file + 4], "take", "{text}");
    }
    let folded = Rule::parse("query: >\n  EmailEvents\n  | count\n").unwrap();
    assert_eq!(folded.query, "EmailEvents | count\n");
    assert_eq!(folded.offset_in_file(3), Some(14));
    let plain = &Rule::parse_all("T | count", RuleFormat::Kql).unwrap()[0];
    assert_eq!(plain.offset_in_file(4), Some(4));
}

#[test]
fn mistakes_are_placed() {
    let check = |text: &str, line: usize, part: &str| {
        let error = Rule::parse(text).unwrap_err();
        assert_eq!(error.line, line, "{error}");
        assert!(error.message.contains(part), "{error}");
    };
    check("name: x\n", 1, "'query' is missing");
    check(
        "name: x\nquery: T\ntriggerThreshold: many\n",
        3,
        "'triggerThreshold' is a text; expected a whole number",
    );
    check("name: x\nquery: T\ntactics: {a: b}\n", 3, "'tactics' is keys with values; expected a list");
    check(
        "name: x\nquery: T\nentityMappings:\n- entityType: Account\n  fieldMappings:\n  - identifier: Name\n",
        6,
        "columnName",
    );
    check("name: x\nquery: |\nEmailEvents\n| count\n", 3, "below 'query: |' must be indented");
    check("name: 'x\n", 1, "");
    check("- a\n", 1, "a list");
}

fn answer() -> Table {
    let schema = Schema::new(
        ["SenderFromAddress", "RecipientEmailAddress", "Level", "Tactic"]
            .map(|name| (name, ScalarType::String)),
    );
    let row = |cells: [&str; 4]| cells.map(Value::from).to_vec();
    Table::from_rows(
        schema,
        [row(["a@x", "ann@y", "Low", "Impact"]), row(["b@x", "ann@y", "None", ""]), row(["", "", "", ""])],
    )
}

#[test]
fn an_alert_takes_its_words_from_the_row() {
    let mut rule = Rule::parse(RULE).unwrap();
    let details = rule.alert_details_override.as_mut().unwrap();
    details.severity_column = Some("Level".to_owned());
    details.tactics_column = Some("Tactic".to_owned());
    let alerts = rule.alerts(&answer());
    let titles: Vec<&str> = alerts.iter().map(|it| it.title.as_str()).collect();
    assert_eq!(titles, ["Mail of a@x", "Mail of b@x", "Mail"]);
    let severities: Vec<_> = alerts.iter().map(|it| it.severity.unwrap()).collect();
    assert_eq!(severities, [AlertSeverity::Low, AlertSeverity::High, AlertSeverity::High]);
    assert_eq!((alerts[0].tactics[0].as_str(), alerts[1].tactics[0].as_str()), ("Impact", "InitialAccess"));
    assert_eq!(alerts[0].entities[0].to_string(), "Account(FullName: ann@y)");
    assert_eq!(alerts[2].entities, []);
    assert_eq!(alerts[0].custom_details, [("Sender".to_owned(), vec!["a@x".to_owned()])]);
}

#[test]
fn one_alert_has_all_rows() {
    let mut rule = Rule::parse(RULE).unwrap();
    rule.event_grouping = None;
    let alerts = rule.alerts(&answer());
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0].rows, [0, 1, 2]);
    assert_eq!(alerts[0].entities.len(), 1);
    assert_eq!(alerts[0].custom_details[0].1, ["a@x", "b@x"]);
    rule.trigger.threshold = 3;
    assert_eq!(rule.alerts(&answer()), []);
}

#[test]
fn too_many_rows_share_the_last_alert() {
    let mut rule = Rule::parse(RULE).unwrap();
    let schema = Schema::new([("RecipientEmailAddress", ScalarType::String)]);
    let table = Table::from_rows(schema, (0..151).map(|at| vec![Value::from(at.to_string().as_str())]));
    let counts = |rule: &Rule| {
        let alerts = rule.alerts(&table);
        (alerts.len(), alerts.last().unwrap().rows.len())
    };
    assert_eq!(counts(&rule), (150, 151));
    rule.kind = Some(RuleKind::Nrt);
    assert_eq!(counts(&rule), (30, 151));
}

#[test]
fn rules_are_loaded_from_files() {
    let path = std::env::temp_dir().join(format!("kqlite-rules-{}.json", std::process::id()));
    std::fs::write(&path, EXPORT).unwrap();
    let name = path.display().to_string();
    assert_eq!(Rule::load_all(&path).unwrap().len(), 3);
    assert_eq!(Rule::load(format!("{name}#Hunt")).unwrap().description, "about");
    assert_eq!(Rule::load(format!("{name}#11111111-2222-3333-4444-555555555555")).unwrap().name, "First");
    for wrong in [name.clone(), format!("{name}#No")] {
        assert!(matches!(Rule::load(wrong), Err(LoadError::Several { count: 3, .. })));
    }
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(Rule::load(&name), Err(LoadError::File { .. })));
    assert!(matches!(Rule::load("rule.md"), Err(LoadError::File { .. })));
}

#[test]
fn a_file_of_yaml_has_documents_of_every_kind() {
    let text = "\
# Rules of every kind
name: One
kind: Scheduled
query: T | where HERE
---
name: Two
query: >
  T
  | where HERE
---
kind: Fusion
name: x
---
- name: Three
  query: |-
    T
    | HERE
- name: Four
  query: \"T\\n| HERE\"
---
id: 1
FunctionName: Logons
FunctionAlias: MyLogons
FunctionQuery: |
  T | HERE
---
ParserName: vimDnsX
EquivalentBuiltInParser: _Im_Dns_X
ParserParams:
- Name: domain_has_any
  Type: dynamic
  Default: dynamic([])
- {Name: eventtype, Type: string, Default: Query}
- Name: rows
  Type: table:(*)
ParserQuery: |
  let parser = (x: long) { T | where HERE };
  parser(1)
---
ruleName: Five
frequency: 3H
queryText: T | HERE
---
title: a rule of Sigma
logsource: {product: windows}
detection: {condition: x}
---
trigger: [main]
steps: []
";
    assert_eq!(
        found(text, RuleFormat::Yaml),
        [
            "analytics rule: One",
            "hunting query: Two",
            "hunting query: Three",
            "hunting query: Four",
            "function: Logons MyLogons,Logons",
            "function: vimDnsX vimDnsX,_Im_Dns_X",
            "custom detection: Five",
            "11: a rule of the kind Fusion, which has no query",
            "44: a rule of Sigma, which its own program converts to KQL",
        ]
    );
    let rules = Rule::read_all(text, RuleFormat::Yaml).unwrap().rules;
    let parser = &rules[5].functions[0].text;
    let head =
        "(domain_has_any: dynamic = dynamic([]), eventtype: string = 'Query', rows: (*)) {\nlet parser";
    assert!(parser.starts_with(head), "{parser}");
    assert_eq!(rules[6].shown_period(), parse_duration("12h"));
    let missing = Rule::read_all("name: x\ntactics: []\nqueryPeriod: 1h\n", RuleFormat::Yaml).unwrap_err();
    assert_eq!(missing.message, "the key 'query' is missing");
}

#[test]
fn templates_are_followed() {
    let text = r#"{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "languageVersion": "2.0",
  "parameters": {"name": {"type": "string", "defaultValue": "By a parameter"}},
  "variables": {
    "$fxv#0": "T\r\n| where HERE",
    "rules": [{"title": "A", "query": "T | HERE"}, {"title": "B", "query": "U | HERE"}],
    "outer": "T | where x == \"HERE\""
  },
  "resources": {
    "one": {"type": "Microsoft.SecurityInsights/alertRules", "kind": "Scheduled", "name": "[guid('x')]",
      "properties": {"displayName": "[parameters('name')]", "query": "[variables('$fxv#0')]", "queryPeriod": "PT1H"}},
    "copies": {"type": "Microsoft.SecurityInsights/alertRules", "kind": "NRT", "name": "x",
      "copy": {"name": "c", "count": "[length(variables('rules'))]"},
      "properties": {"displayName": "[variables('rules')[copyIndex()].title]",
        "query": "[concat(variables('rules')[copyIndex()].query, ' | take 1')]"}},
    "unknown": {"type": "Microsoft.SecurityInsights/alertRules", "kind": "Scheduled", "name": "x",
      "properties": {"query": "[reference('x').query]"}},
    "fusion": {"type": "Microsoft.SecurityInsights/alertRules", "kind": "Fusion", "name": "x", "properties": {"enabled": true}},
    "solution": {"type": "Microsoft.OperationalInsights/workspaces/providers/contentTemplates", "name": "y",
      "properties": {"mainTemplate": {"variables": {"inner": "U | HERE"}, "resources": [
        {"type": "Microsoft.SecurityInsights/AlertRuleTemplates", "kind": "Scheduled", "name": "z",
          "properties": {"displayName": "Inner", "query": "[variables('inner')]"}},
        {"type": "Microsoft.OperationalInsights/savedSearches", "name": "s",
          "properties": {"category": "Parsers", "displayName": "Parser", "functionAlias": "Logons",
            "functionParameters": "n: long = 1", "query": "[variables('outer')]"}},
        {"type": "Microsoft.OperationalInsights/workspaces/savedSearches", "name": "t",
          "properties": {"category": "General", "displayName": "Kept", "query": "['Own table'] | where HERE"}},
        {"type": "Microsoft.Insights/workbooks", "name": "w", "properties": {"serializedData":
          "{\"version\":\"Notebook/1.0\",\"items\":[{\"type\":9,\"content\":{\"parameters\":[{\"name\":\"TimeRange\",\"type\":4},{\"name\":\"User\",\"type\":2}]}},{\"type\":12,\"content\":{\"items\":[{\"type\":3,\"content\":{\"version\":\"KqlItem/1.0\",\"title\":\"Chart\",\"query\":\"T\\n| where t {TimeRange} and u in ({User}) and v == '{User}'\\n| where HERE\",\"queryType\":0}}]}},{\"type\":3,\"content\":{\"query\":\"T | where x > {User}\",\"queryType\":0}},{\"type\":3,\"content\":{\"query\":\"resources\",\"queryType\":1}}]}"}}
      ]}}}
  }
}"#;
    assert_eq!(
        found(text, RuleFormat::Json),
        [
            "analytics rule: By a parameter",
            "analytics rule: A",
            "analytics rule: B",
            "analytics rule: Inner",
            "function: Parser Logons",
            "saved search: Kept",
            "query of a workbook: Chart",
            "18: a query that is an expression of the template, which cannot be followed here",
            "19: a rule of the kind fusion, which has no query",
            "30: a query of a workbook with parameters",
        ]
    );
    let rules = Rule::read_all(text, RuleFormat::Json).unwrap().rules;
    let chart = "T\n| where t > ago(1d) and u in ('') and v == '{User}'\n| where HERE";
    assert_eq!(rules[6].query, chart);
    assert_eq!(rules[4].functions[0].text, "(n: long = 1) {\nT | where x == \"HERE\"\n}");
}

#[test]
fn rows_of_data_are_no_rules() {
    let rows =
        r#"[{"query": "example.com", "name": "a", "description": "b"}, {"query": "a | b", "type": "A"}]"#;
    assert_eq!(Rule::read_all(rows, RuleFormat::Json).unwrap(), QueryFile::default());
    let rules = r#"{"rules": [{"name": "a", "severity": "Low", "query": "T | HERE"}]}"#;
    assert_eq!(found(rules, RuleFormat::Json), ["hunting query: a"]);
    let nested = "rules:\n- displayName: a\n  queryPeriod: 1h\n  query: |\n    T\n    | where HERE\n";
    assert_eq!(found(nested, RuleFormat::Yaml).len(), 1);
    let monitor = r#"{"resources": [{"type": "Microsoft.Insights/scheduledQueryRules", "properties": {"criteria": {"allOf":
        [{"query": "[concat('T | ', 'HERE')]", "threshold": 1}]}}}]}"#;
    assert_eq!(found(monitor, RuleFormat::Json), ["saved search:"]);
}

#[test]
fn custom_detections_are_read_as_graph_gives_them() {
    let rule = r#"{"displayName": "x", "id": "7", "queryCondition": {"queryText": "T\n| HERE"}, "schedule": {"period": "24H"},
        "detectionAction": {"alertTemplate": {"title": "t", "severity": "high", "mitreTechniques": ["T1566"]}}}"#;
    let whole = format!("{{\"value\": [{rule}, {rule}]}}");
    assert_eq!(found(&whole, RuleFormat::Json), ["custom detection: x"; 2]);
    let read = &Rule::read_all(rule, RuleFormat::Json).unwrap().rules[0];
    assert_eq!((read.severity, read.shown_period()), (Some(AlertSeverity::High), parse_duration("30d")));
    assert_eq!(read.relevant_techniques, ["T1566"]);
    for (schedule, shown) in [
        (r#""frequency": "PT1H""#, "4h"),
        (r#""period": "12H""#, "48h"),
        (r#""frequency": "P1D", "lookback": "P2D""#, "2d"),
    ] {
        let text = rule.replace(r#""period": "24H""#, schedule);
        assert_eq!(
            Rule::read_all(&text, RuleFormat::Json).unwrap().rules[0].shown_period(),
            parse_duration(shown)
        );
    }
    for continuous in [r#""period": "0""#, r#""frequency": "PT0S""#] {
        let text = rule.replace(r#""period": "24H""#, continuous);
        assert_eq!(Rule::read_all(&text, RuleFormat::Json).unwrap().rules[0].shown_period(), None);
    }
}

#[test]
fn plain_texts_hold_queries_and_functions() {
    let check = |text: &str, expected: &[&str]| assert_eq!(found(text, RuleFormat::Kql), expected, "{text}");
    check("// a\nT\n\n| where HERE", &["query:"]);
    check("// first\nT | where HERE\n\nU\n| take 1 // HERE\n \n// nothing more\n", &["query:", "query:"]);
    // A mistake in one of several is one of that one; what goes on behind an empty line is one query.
    check("T | wher HERE\n\nU\n| take 1 // HERE\n", &["query:", "query:"]);
    check("T\n\n| wher HERE\n", &["query:"]);
    check("let a = 1;\n\nT | wher HERE\n", &["query:"]);
    check("let a = 1d; let F = (n: long) { T | where HERE };", &["function:  a,F"]);
    check(
        "// c\n.create-or-alter function with (folder='x') Logons(n: long = (1), s: string = ')') {\n T | where HERE\n}\n",
        &["function: Logons Logons"],
    );
    check(".create function ifnotexists ['My'] () { T | HERE }", &["function: My My"]);
    let markdown = "# A\n```kql\nT | HERE\n```\n## B\n```kusto\n  U\n| HERE\n```\n";
    assert_eq!(found(markdown, RuleFormat::Markdown), ["query: A (line 3)", "query: B (line 7)"]);
    let is_likely = |text| Rule::is_likely(text, RuleFormat::Kql);
    assert!(is_likely("T\n| where a == 1") && is_likely("T | take 1\n\nU | take 1"));
    assert!(!is_likely("a list of things\n| none") && !is_likely("pytest==7\nrequests"));
}
