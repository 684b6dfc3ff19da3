//! Operators one by one. Expectations come from the operators' pages and recorded answers.
//! It must not know how the operators work.

use super::*;
use crate::column::Visualization;
use crate::plan::{OutputColumn, ParseColumn, ParseKind, ParseStep, UnnestColumn, UnnestKind, UnnestOutput};

fn range(from: Value, to: Value, step: Value, data_type: ScalarType) -> Plan {
    let literal = |value: Value| {
        let data_type = value.scalar_type().unwrap();
        Expr::literal(value, data_type)
    };
    plan(Node::Range { from: literal(from), to: literal(to), step: literal(step) }, schema(&[data_type]))
}

fn long_range(from: i64, to: i64, step: i64) -> Plan {
    range(from.into(), to.into(), step.into(), ScalarType::Long)
}

fn limit(input: Plan, count: i64) -> Plan {
    let schema = input.schema.clone();
    plan(Node::Limit { input: Arc::new(input), count: long(count) }, schema)
}

#[test]
fn ranges_are_inclusive_and_never_run_backwards() {
    assert_eq!(first(&run(&long_range(1, 8, 3))), [1, 4, 7]);
    assert_eq!(first(&run(&long_range(1, 7, 3))), [1, 4, 7]);
    assert_eq!(first(&run(&long_range(3, 1, -1))), [3, 2, 1]);
    assert!(run(&long_range(3, 1, 1)).is_empty());
    assert_eq!(first(&run(&long_range(i64::MAX - 1, i64::MAX, 1))), [i64::MAX - 1, i64::MAX]);
    assert_eq!(run(&range(1.0.into(), 2.0.into(), 0.5.into(), ScalarType::Real)).len(), 3);
}

#[test]
fn ranges_of_instants_stop_at_the_last_one() {
    let plan = range(
        DateTime(DateTime::MAX.0 - 1).into(),
        DateTime::MAX.into(),
        TimeSpan(1).into(),
        ScalarType::DateTime,
    );
    assert_eq!(run(&plan).len(), 2);
}

#[test]
fn limits_stop_an_endless_range() {
    assert_eq!(run(&limit(long_range(1, i64::MAX, 1), 3)).len(), 3);
    assert_eq!(Setup::chunks(2).run(&limit(long_range(1, i64::MAX, 1), 3)).unwrap().len(), 3);
    assert!(run(&limit(long_range(1, 5, 1), 0)).is_empty());
    assert!(run(&limit(long_range(1, 5, 1), -1)).is_empty());
}

#[test]
fn distinct_rows_come_as_soon_as_they_are_seen() {
    let endless = Arc::new(long_range(1, i64::MAX, 1));
    let keys = vec![Expr::column(0, ScalarType::Long)];
    let distinct =
        plan(Node::Aggregate { input: endless, keys, aggregates: vec![] }, schema(&[ScalarType::Long]));
    assert_eq!(run(&limit(distinct, 5)).len(), 5);
}

#[test]
fn a_sample_has_distinct_rows_of_its_input() {
    for size in [1, 3, 100] {
        let input = Arc::new(long_range(1, 50, 1));
        let sample = plan(Node::Sample { input: input.clone(), count: long(10) }, input.schema.clone());
        let mut found = first(&Setup::chunks(size).run(&sample).unwrap());
        found.sort_unstable();
        found.dedup();
        assert_eq!(found.len(), 10);
        assert!(found.iter().all(|n| (1..=50).contains(n)));
        let all = plan(Node::Sample { input: input.clone(), count: long(60) }, input.schema.clone());
        assert_eq!(Setup::chunks(size).run(&all).unwrap().len(), 50);
    }
}

#[test]
fn empty_results_have_the_schema() {
    let none = filter(values(longs(&[1])), vec![Expr::literal(Value::Bool(false), ScalarType::Bool)]);
    let found = run(&none);
    assert_eq!(found.schema(), &*none.schema);
    assert_eq!(found.columns()[0].scalar_type(), ScalarType::Long);
    // A predicate that is null keeps nothing either.
    assert!(run(&filter(values(longs(&[1])), vec![Expr::literal(Value::Null, ScalarType::Bool)])).is_empty());
}

#[test]
fn scans_read_by_name() {
    let mut setup = Setup::default();
    let stored = table(&[ScalarType::Long, ScalarType::String], vec![vec![1_i64.into(), "a".into()]]);
    setup.tables.0.insert("T".to_owned(), stored);
    let wanted = Schema::new([("c1", ScalarType::String), ("c0", ScalarType::Long)]);
    let scan = plan(Node::Scan { table: "T".to_owned() }, wanted);
    assert_eq!(rows(&setup.run(&scan).unwrap()), [[Value::from("a"), Value::Long(1)]]);
}

#[test]
fn charts_leave_the_rows_alone() {
    let visualization = Visualization { chart: "timechart".to_owned(), properties: vec![] };
    let input = values(longs(&[1, 2]));
    let schema = input.schema.clone();
    let found = run(&plan(Node::Visualize { input, visualization: visualization.clone() }, schema));
    assert_eq!(found.visualization(), Some(&visualization));
    assert_eq!(first(&found), [1, 2]);
}

fn unnest(json: &[&str], kind: UnnestKind, to: ScalarType, limit: Option<i64>) -> Vec<Vec<String>> {
    let cells: Vec<Value> =
        json.iter().map(|text| Value::Dynamic(Dynamic::from_json(text).unwrap())).collect();
    let kinds = vec![ScalarType::Dynamic; json.len()];
    let input = values(table(&kinds, vec![cells]));
    let columns: Vec<UnnestColumn> = (0..json.len())
        .map(|at| UnnestColumn { expr: Expr::column(at, ScalarType::Dynamic), data_type: to })
        .collect();
    let items = (0..json.len()).map(UnnestOutput::Item);
    let layout = items.chain([UnnestOutput::ItemIndex]).collect();
    let mut out = vec![to; json.len()];
    out.push(ScalarType::Long);
    let node = Node::Unnest { input, columns, layout, kind, limit: limit.map(long) };
    let plan = plan(node, schema(&out));
    let text = |value: &Value| if value.is_null() { "null".to_owned() } else { value.to_string() };
    let whole: Vec<Vec<String>> =
        rows(&run(&plan)).iter().map(|row| row.iter().map(text).collect()).collect();
    let one: Vec<Vec<String>> = rows(&Setup::chunks(1).run(&plan).unwrap())
        .iter()
        .map(|row| row.iter().map(text).collect())
        .collect();
    assert_eq!(whole, one);
    whole
}

// Source: the mv-expand operator's page.
#[test]
fn arrays_and_bags_expand() {
    let all = |json: &[&str]| unnest(json, UnnestKind::Bag, ScalarType::Dynamic, None);
    assert_eq!(all(&["[10,20]"]), [["10", "0"], ["20", "1"]]);
    assert_eq!(all(&[r#"{"a":1,"b":"x"}"#]), [[r#"{"a":1}"#, "0"], [r#"{"b":"x"}"#, "1"]]);
    assert_eq!(all(&["null"]), [["null", "0"]]);
    assert!(all(&["[]"]).is_empty());
    assert!(all(&["{}"]).is_empty());
    assert_eq!(all(&[r#"{"a":1}"#, "[5,4]"]), [[r#"{"a":1}"#, "5", "0"], ["null", "4", "1"]]);
    assert_eq!(unnest(&[r#"{"a":1}"#], UnnestKind::Array, ScalarType::Dynamic, None), [[r#"["a",1]"#, "0"]]);
    assert_eq!(unnest(&["[1,2,3]"], UnnestKind::Bag, ScalarType::Dynamic, Some(2)).len(), 2);
}

#[test]
fn expanded_items_are_cast_and_not_parsed() {
    let to = |json, kind| -> Vec<String> {
        unnest(&[json], UnnestKind::Bag, kind, None).into_iter().map(|mut row| row.remove(0)).collect()
    };
    assert_eq!(to(r#"[1,"2",null,true]"#, ScalarType::Long), ["1", "null", "null", "null"]);
    assert_eq!(to(r#"["a",1,{"b":2}]"#, ScalarType::String), ["a", "1", r#"{"b":2}"#]);
    assert_eq!(to("[1,2.5]", ScalarType::Real), ["1.0", "2.5"]);
    assert_eq!(
        to(r#"["2017-01-01T00:00:00.0000000Z","yesterday"]"#, ScalarType::DateTime),
        ["2017-01-01T00:00:00.0000000Z", "null"]
    );
}

fn parse(
    text: &str,
    steps: Vec<ParseStep>,
    kinds: &[ScalarType],
    kind: ParseKind,
    only_matches: bool,
) -> Option<Vec<String>> {
    let columns: Vec<ParseColumn> = kinds
        .iter()
        .enumerate()
        .map(|(at, kind)| ParseColumn { name: format!("p{at}"), data_type: *kind })
        .collect();
    let input = values(table(&[ScalarType::String], vec![vec![text.into()]]));
    let layout = (0..kinds.len()).map(OutputColumn::New).collect();
    let node = Node::Parse {
        input,
        text: Expr::column(0, ScalarType::String),
        steps,
        columns,
        kind,
        only_matches,
        layout,
    };
    let found = run(&plan(node, schema(kinds)));
    let row = rows(&found).into_iter().next()?;
    Some(
        row.iter().map(|value| if value.is_null() { "null".to_owned() } else { value.to_string() }).collect(),
    )
}

fn text(text: &str) -> ParseStep {
    ParseStep::Text(text.to_owned())
}

const EVENT: &str = "Event: NotifySliceRelease (resourceName=PipelineScheduler, totalSlices=27, sliceNumber=23, lockTime=02/17/2016 08:40:01, releaseTime=02/17/2016 08:40:01, previousLockTime=02/17/2016 08:39:01)";

fn event_steps() -> Vec<ParseStep> {
    vec![
        ParseStep::Skip,
        text("resourceName="),
        ParseStep::Column(0),
        text(", totalSlices="),
        ParseStep::Column(1),
        ParseStep::Skip,
        text("lockTime="),
        ParseStep::Column(2),
        text(", releaseTime="),
        ParseStep::Column(3),
        text(","),
        ParseStep::Skip,
    ]
}

const EVENT_KINDS: [ScalarType; 4] =
    [ScalarType::String, ScalarType::Long, ScalarType::String, ScalarType::DateTime];

// Source: the parse operator's page.
#[test]
fn texts_parse_by_delimiters() {
    let found = parse(EVENT, event_steps(), &EVENT_KINDS, ParseKind::Simple, false).unwrap();
    assert_eq!(found, ["PipelineScheduler", "27", "02/17/2016 08:40:01", "2016-02-17T08:40:01.0000000Z"]);
    let last = parse(
        "a=1, rest",
        vec![text("a="), ParseStep::Column(0)],
        &[ScalarType::String],
        ParseKind::Simple,
        false,
    );
    assert_eq!(last.unwrap(), ["1, rest"]);
}

#[test]
fn a_value_of_another_type_fails_the_row_or_is_null() {
    let broken = EVENT.replace("totalSlices=27", "totalSlices=none");
    let with = |kind, only| {
        parse(&broken, relaxed_steps(), &[ScalarType::String, ScalarType::Long, ScalarType::Long], kind, only)
    };
    assert_eq!(with(ParseKind::Simple, false).unwrap(), ["", "null", "null"]);
    assert_eq!(with(ParseKind::Relaxed, false).unwrap(), ["PipelineScheduler", "null", "23"]);
    assert_eq!(with(ParseKind::Simple, true), None);
}

fn relaxed_steps() -> Vec<ParseStep> {
    vec![
        ParseStep::Skip,
        text("resourceName="),
        ParseStep::Column(0),
        text(", totalSlices="),
        ParseStep::Column(1),
        text(", sliceNumber="),
        ParseStep::Column(2),
        ParseStep::Skip,
    ]
}

// Sources: the page's examples with and without flags, and a recorded answer.
#[test]
fn regular_expressions_are_greedy_unless_flagged() {
    let steps =
        |name: &str| vec![ParseStep::Skip, text(name), ParseStep::Column(0), text(","), ParseStep::Skip];
    let kinds = [ScalarType::String];
    let greedy = parse(EVENT, steps("resourceName="), &kinds, ParseKind::Regex(String::new()), false);
    assert_eq!(
        greedy.unwrap(),
        [
            "PipelineScheduler, totalSlices=27, sliceNumber=23, lockTime=02/17/2016 08:40:01, releaseTime=02/17/2016 08:40:01"
        ]
    );
    let lazy = parse(EVENT, steps("RESOURCENAME="), &kinds, ParseKind::Regex("Ui".to_owned()), false);
    assert_eq!(lazy.unwrap(), ["PipelineScheduler"]);
    let two = [ScalarType::String, ScalarType::String];
    let steps = vec![ParseStep::Column(0), text(r"\d+"), ParseStep::Column(1)];
    let found = parse("abc123def", steps, &two, ParseKind::Regex(String::new()), false);
    assert_eq!(found.unwrap(), ["abc12", "def"]);
}
