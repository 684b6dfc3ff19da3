//! What stops a run: limits, the cancel flag, missing tables and values, functions that refuse.
//! It must not know how the operators work.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::*;
use crate::budget::Stop;
use crate::diagnostic::Code;

fn endless() -> Arc<Plan> {
    let node = Node::Range { from: long(1), to: long(1_000_000_000_000_000), step: long(1) };
    Arc::new(plan(node, schema(&[ScalarType::Long])))
}

#[track_caller]
fn refused(setup: &Setup, plan: &Plan, code: Code) -> String {
    let failure = setup.run(plan).unwrap_err();
    assert_eq!(failure.code, code, "{}", failure.message);
    failure.message
}

fn tight(rows: usize, bytes: usize) -> Setup {
    Setup { limits: RunLimits { rows, ..RunLimits::default() }, bytes, ..Setup::default() }
}

#[test]
fn endless_rows_reach_the_limit() {
    let message = refused(&tight(1_000_000, usize::MAX), &endless(), Code::RowLimit);
    assert_eq!(message, "Range gives more rows than the limit of 1000000");
    let message = refused(&tight(usize::MAX, 10_000_000), &endless(), Code::ByteLimit);
    assert_eq!(message, "the result needs more memory than the limit of 10000000 bytes");
}

#[test]
fn what_is_held_reaches_the_limit() {
    let key =
        || vec![SortKey { expr: Expr::column(0, ScalarType::Long), descending: true, nulls_first: false }];
    let setup = tight(usize::MAX, 10_000_000);
    assert!(refused(&setup, &sort(&endless(), key()), Code::ByteLimit).starts_with("Sort needs"));
    let keys = vec![Expr::column(0, ScalarType::Long)];
    let aggregate =
        plan(Node::Aggregate { input: endless(), keys, aggregates: vec![] }, schema(&[ScalarType::Long]));
    refused(&setup, &aggregate, Code::ByteLimit);
    let on = vec![(Expr::column(0, ScalarType::Long), Expr::column(0, ScalarType::Long))];
    let joined = join(JoinKind::Inner, &values(longs(&[1; 20])), &endless(), on);
    let builds_right = Setup { tuning: Tuning { small_left_rows: 8, ..Tuning::DEFAULT }, ..setup };
    assert!(refused(&builds_right, &joined, Code::ByteLimit).starts_with("Join needs"));
    let setup = tight(usize::MAX, 10_000_000);
    let shared = plan(Node::Shared { input: endless(), id: 0 }, schema(&[ScalarType::Long]));
    assert!(refused(&setup, &shared, Code::ByteLimit).starts_with("Shared needs"));
}

#[test]
fn a_cross_join_reaches_the_limit_without_holding_it() {
    let many = longs(&[1; 5000]);
    let on = vec![(Expr::column(0, ScalarType::Long), Expr::column(0, ScalarType::Long))];
    let joined = Arc::new(join(JoinKind::Inner, &values(many.clone()), &values(many), on));
    let schema = schema(&[ScalarType::Long]);
    let counted = plan(
        Node::Aggregate { input: joined, keys: vec![Expr::column(0, ScalarType::Long)], aggregates: vec![] },
        schema,
    );
    let message = refused(&tight(1_000_000, 1_000_000), &counted, Code::RowLimit);
    assert_eq!(message, "Join gives more rows than the limit of 1000000");
}

#[test]
fn what_an_operator_held_is_given_back() {
    // Two sorts one after the other need no more than one.
    let numbers: Vec<i64> = (0..1000).collect();
    let key =
        || vec![SortKey { expr: Expr::column(0, ScalarType::Long), descending: true, nulls_first: false }];
    let sorted = Arc::new(sort(&values(longs(&numbers)), key()));
    let both = plan(
        Node::Union { inputs: vec![sorted.clone(), sorted.clone(), sorted.clone()] },
        sorted.schema.clone(),
    );
    // A sort's rows, keys and order; and the answer's rows, as they came and put together.
    let (held, result) = (1000 * (8 + 16 + 4), 2 * 2001 * 8);
    let limited = plan(Node::Limit { input: Arc::new(both), count: long(2001) }, sorted.schema.clone());
    assert_eq!(tight(usize::MAX, held + result + 8000).run(&limited).unwrap().len(), 2001);
}

#[test]
fn a_cancelled_run_stops() {
    let cancel = Arc::new(AtomicBool::new(true));
    let setup = Setup::default();
    let context = Context::new(DateTime(0), Budget::default().with_stop(Stop::default().on(cancel)), 0);
    assert_eq!(execute(&endless(), &setup.view(&context)).unwrap_err().code, Code::Cancelled);
}

#[test]
fn a_run_stops_when_its_time_is_up() {
    let setup = Setup::default();
    let context = |limit| {
        let stop = Stop::default().after(Duration::from_secs(limit), || Duration::from_secs(3));
        let budget = Budget::default().with_stop(stop);
        Context::new(DateTime(0), budget, 0)
    };
    let failure = execute(&endless(), &setup.view(&context(2))).unwrap_err();
    assert_eq!(
        (failure.code, &*failure.message),
        (Code::TimeLimit, "Range ran out of time: the limit is 2s")
    );
    assert!(execute(&values(longs(&[1])), &setup.view(&context(4))).is_ok());
}

#[test]
fn what_is_missing_is_named() {
    let setup = Setup::default();
    let scan = plan(Node::Scan { table: "T".to_owned() }, schema(&[ScalarType::Long]));
    assert_eq!(refused(&setup, &scan, Code::UnknownTable), "there is no table 'T'");
    let node = Node::External {
        locations: vec!["https://x".to_owned()],
        format: None,
        skips_first: false,
        declared: schema(&[]).into(),
    };
    let external = plan(node, schema(&[]));
    refused(&setup, &external, Code::BadData);
    let parameter = Expr::Parameter { name: "p".into(), data_type: ScalarType::Long, default: None };
    let projected = project(values(longs(&[1])), vec![parameter]);
    assert_eq!(refused(&setup, &projected, Code::MissingParameter), "the query parameter 'p' has no value");
}

#[test]
fn a_changed_table_is_refused() {
    let mut setup = Setup::default();
    setup.tables.0.insert("T".to_owned(), longs(&[1]));
    let scan = plan(Node::Scan { table: "T".to_owned() }, schema(&[ScalarType::String]));
    refused(&setup, &scan, Code::BadData);
    let scan = plan(Node::Scan { table: "T".to_owned() }, Schema::new([("other", ScalarType::Long)]));
    refused(&setup, &scan, Code::BadData);
}

#[test]
fn a_function_that_refuses_stops_the_run() {
    let refusing = call(&REFUSE, vec![Expr::column(0, ScalarType::Long)], &[ScalarType::Long]);
    let message =
        refused(&Setup::default(), &project(values(longs(&[1])), vec![refusing]), Code::EvaluationFailed);
    assert_eq!(message, "'refuse': no");
}

#[test]
fn a_range_without_a_step_is_refused() {
    let node = Node::Range { from: long(1), to: long(2), step: long(0) };
    refused(&Setup::default(), &plan(node, schema(&[ScalarType::Long])), Code::EvaluationFailed);
}

#[test]
fn threads_hold_the_limits_and_pass_errors_on() {
    let setup = Setup { chunk_rows: 2, ..tight(usize::MAX, 2_000) }.threads(3);
    let numbers: Vec<i64> = (0..1000).collect();
    let keys = vec![Expr::column(0, ScalarType::Long)];
    let summed = call(&ADD, vec![Expr::column(0, ScalarType::Long), long(1)], &[ScalarType::Long]);
    let aggregate = |column| Node::Aggregate {
        input: project(values(longs(&numbers)), vec![column]),
        keys: keys.clone(),
        aggregates: vec![],
    };
    refused(&setup, &plan(aggregate(summed), schema(&[ScalarType::Long])), Code::ByteLimit);
    let refusing = call(&REFUSE, vec![Expr::column(0, ScalarType::Long)], &[ScalarType::Long]);
    refused(&setup, &plan(aggregate(refusing), schema(&[ScalarType::Long])), Code::EvaluationFailed);
}
