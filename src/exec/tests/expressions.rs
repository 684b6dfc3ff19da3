//! Expressions: constants, parameters, subqueries, several columns, depth. It must not know operators beyond `project`.

use super::*;

fn one_row() -> Arc<Plan> {
    values(longs(&[5]))
}

fn cell(expr: Expr, setup: &Setup) -> Value {
    let found = setup.run(&project(one_row(), vec![expr])).unwrap();
    found.columns()[0].value(0)
}

#[test]
fn a_deep_expression_needs_no_stack() {
    let build = || {
        let mut expr = Expr::column(0, ScalarType::Long);
        for _ in 0..1000 {
            expr = call(&ADD, vec![expr, long(1)], &[ScalarType::Long]);
        }
        assert_eq!(cell(expr, &Setup::default()), Value::Long(1005));
    };
    std::thread::Builder::new().stack_size(1 << 20).spawn(build).unwrap().join().unwrap();
}

#[test]
fn parameters_come_from_the_run_or_their_default() {
    let parameter = |default| Expr::Parameter { name: "p".into(), data_type: ScalarType::Long, default };
    let mut setup = Setup::default();
    assert_eq!(cell(parameter(Some(Value::Long(1))), &setup), Value::Long(1));
    setup.parameters.insert("p".to_owned(), Value::from("7"));
    assert_eq!(cell(parameter(Some(Value::Long(1))), &setup), Value::Long(7));
}

#[test]
fn subqueries_run_once() {
    // A random number that ran twice would differ.
    let random = project(one_row(), vec![call(&RANDOM, vec![], &[ScalarType::Long])]);
    let subquery = Expr::Subquery { plan: random, data_type: ScalarType::Long };
    let found = run(&project(values(longs(&[1, 2])), vec![subquery.clone(), subquery]));
    let cells: Vec<Value> = rows(&found).concat();
    assert!(cells.iter().all(|cell| *cell == cells[0]));
}

#[test]
fn a_subquery_without_rows_is_null() {
    let none = values(longs(&[]));
    assert_eq!(
        cell(Expr::Subquery { plan: none.clone(), data_type: ScalarType::Long }, &Setup::default()),
        Value::Null
    );
    let list = cell(Expr::ListSubquery { plan: values(longs(&[3, 4])) }, &Setup::default());
    assert_eq!(list, Value::Dynamic(Dynamic::from_json("[3,4]").unwrap()));
}

#[test]
fn a_call_gives_several_columns() {
    let returns: Arc<[ScalarType]> = [ScalarType::Long, ScalarType::String].into();
    let output = |output| Expr::Call {
        function: (&SPLIT).into(),
        arguments: vec![Expr::column(0, ScalarType::Long)],
        returns: returns.clone(),
        output,
        span: Span::default(),
        unfoldable: false,
    };
    let found = run(&project(values(longs(&[42, 7])), vec![output(1), output(0)]));
    assert_eq!(rows(&found), [[Value::from("2"), Value::Long(4)], [Value::from("7"), Value::Long(0)]]);
}

#[test]
fn random_calls_stay_apart() {
    let random = || call(&RANDOM, vec![], &[ScalarType::Long]);
    let found = run(&project(values(longs(&[1, 2])), vec![random(), random()]));
    let mut cells: Vec<String> = rows(&found).concat().iter().map(ToString::to_string).collect();
    cells.sort();
    cells.dedup();
    assert_eq!(cells.len(), 4);
}

#[test]
fn window_functions_see_all_rows() {
    let numbered = project(values(longs(&[5, 6, 7])), vec![call(&ROW_NUMBER, vec![], &[ScalarType::Long])]);
    assert_eq!(first(&Setup::chunks(1).run(&numbered).unwrap()), [1, 2, 3]);
}

#[test]
fn reals_that_differ_only_in_sign_are_different_constants() {
    let real = |real: f64| Expr::literal(Value::Real(real), ScalarType::Real);
    let found = run(&project(one_row(), vec![real(0.0), real(-0.0)]));
    assert_eq!(found.columns()[1].value(0).to_string(), "-0.0");
    assert_eq!(found.columns()[0].value(0).to_string(), "0.0");
}
