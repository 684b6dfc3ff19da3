//! Tests of all aggregates: single answers, and that splitting the rows and merging the parts changes nothing.

use std::sync::Arc;

use proptest::prelude::*;

use crate::budget::Budget;
use crate::column::Column;
use crate::function::{
    Accumulator, AggregateCall, AggregateFunction, ArgumentInfo, ArgumentType, Context, Registry, Signature,
    resolve_complete,
};
use crate::source::Span;
use crate::types::{DateTime, Decimal, Dynamic, Guid, ScalarType, TimeSpan, Value};

fn registry() -> Registry {
    let mut registry = Registry::default();
    super::register(&mut registry);
    registry
}

fn function(name: &str) -> Arc<AggregateFunction> {
    registry().aggregate(name).expect(name).clone()
}

/// The result columns of the form that the arguments' types choose.
fn columns(
    function: &AggregateFunction,
    arguments: &[(&str, ScalarType, Option<Value>)],
) -> Vec<(String, ScalarType)> {
    let infos: Vec<ArgumentInfo<'_>> = arguments
        .iter()
        .map(|(name, data_type, constant)| ArgumentInfo {
            data_type: *data_type,
            name,
            constant: constant.as_ref(),
        })
        .collect();
    let types: Vec<ArgumentType> = infos.iter().map(|info| info.data_type.into()).collect();
    let form = resolve_complete(&function.signatures, &types).expect(&function.name);
    form.columns(&infos).expect(&function.name)
}

/// Rows with their groups, cut into chunks.
struct Input {
    groups: Vec<u32>,
    columns: Vec<Column>,
}

impl Input {
    fn slice(&self, start: usize, end: usize) -> Input {
        Input {
            groups: self.groups[start..end].to_vec(),
            columns: self.columns.iter().map(|column| column.slice(start, end - start)).collect(),
        }
    }
}

fn context() -> Context {
    Context::new(DateTime::UNIX_EPOCH, Budget::default(), 0)
}

fn accumulator(name: &str, columns_in: &[Column], constants: &[Option<Value>]) -> Box<dyn Accumulator> {
    accumulator_in(&context(), name, columns_in, constants)
}

fn accumulator_in(
    context: &Context,
    name: &str,
    columns_in: &[Column],
    constants: &[Option<Value>],
) -> Box<dyn Accumulator> {
    let data_types: Vec<ScalarType> = columns_in.iter().map(Column::scalar_type).collect();
    let arguments: Vec<_> = data_types
        .iter()
        .enumerate()
        .map(|(at, data_type)| ("x", *data_type, constants.get(at).cloned().flatten()))
        .collect();
    let constants: Vec<_> = arguments.iter().map(|argument| argument.2.clone()).collect();
    let function = function(name);
    let returns: Vec<_> =
        columns(&function, &arguments).into_iter().map(|(_, data_type)| data_type).collect();
    (function.accumulator)(&AggregateCall {
        name,
        arguments: &data_types,
        constants: &constants,
        returns: &returns,
        context,
        span: Span::default(),
    })
    .unwrap()
}

fn finish(accumulator: Box<dyn Accumulator>, count: usize) -> Vec<Vec<Value>> {
    accumulator.finish(count).unwrap().iter().map(|column| column.values().collect()).collect()
}

/// The cell of one group as JSON.
#[track_caller]
fn check(name: &str, columns: &[Column], constants: &[Option<Value>], expected: &str) {
    let rows = columns.first().map_or(3, Column::len);
    let mut it = accumulator(name, columns, constants);
    it.update(&vec![0; rows], 1, columns).unwrap();
    let cell = |value: &Value| match value {
        Value::Dynamic(it) => it.to_json(),
        other => other.to_json().to_string(),
    };
    let cells: Vec<String> = finish(it, 1).iter().map(|column| cell(&column[0])).collect();
    assert_eq!(cells.join(" "), expected, "{name}");
}

/// The cell of one group as JSON, where one kind of doubt was noted so often. A strict run fails.
#[track_caller]
fn doubted(name: &str, values: &Column, expected: &str, times: u64) {
    let columns = std::slice::from_ref(values);
    check(name, columns, &[], expected);
    let run = |context: &Context| {
        let mut it = accumulator_in(context, name, columns, &[]);
        it.update(&vec![0; values.len()], 1, columns).and_then(|()| it.finish(1))
    };
    let context_of_run = context();
    run(&context_of_run).unwrap();
    let found: Vec<u64> = context_of_run.warnings().iter().map(|warning| warning.rows).collect();
    assert_eq!(found, [times], "{name}");
    let failure = run(&context().with_strict(true)).unwrap_err();
    assert_eq!(failure.code, crate::diagnostic::Code::UnknownBehaviour, "{}", failure.message);
}

fn column(data_type: ScalarType, values: &[Value]) -> Column {
    Column::from_values(data_type, values)
}

fn longs(values: &[Option<i64>]) -> Column {
    column(ScalarType::Long, &values.iter().map(|n| n.map_or(Value::Null, Value::Long)).collect::<Vec<_>>())
}

fn reals(values: &[f64]) -> Column {
    column(ScalarType::Real, &values.iter().map(|&n| Value::Real(n)).collect::<Vec<_>>())
}

fn strings(values: &[&str]) -> Column {
    column(ScalarType::String, &values.iter().map(|&text| Value::string(text)).collect::<Vec<_>>())
}

fn bools(values: &[bool]) -> Column {
    column(ScalarType::Bool, &values.iter().map(|&it| Value::Bool(it)).collect::<Vec<_>>())
}

fn dynamics(values: &[&str]) -> Column {
    let values: Vec<_> =
        values.iter().map(|text| Value::Dynamic(Dynamic::from_json(text).unwrap())).collect();
    column(ScalarType::Dynamic, &values)
}

// Expectations: recorded answers and Microsoft's pages.
#[test]
fn empty_input() {
    let none = longs(&[]);
    let nulls = longs(&[None, None]);
    for (name, expected) in [
        ("sum", "0"),
        ("avg", "\"NaN\""),
        ("min", "null"),
        ("max", "null"),
        ("dcount", "0"),
        ("count_distinct", "0"),
        ("make_list", "[]"),
        ("make_set", "[]"),
        ("take_any", "null"),
        ("arg_max", "null"),
    ] {
        check(name, std::slice::from_ref(&none), &[], expected);
        check(name, std::slice::from_ref(&nulls), &[], expected);
    }
    check("count", std::slice::from_ref(&nulls), &[], "2");
    check("make_list_with_nulls", std::slice::from_ref(&nulls), &[], "[null,null]");
}

#[test]
fn numbers() {
    check("sum", &[longs(&[Some(i64::MAX), Some(1), None])], &[], "-9223372036854775808");
    check("avg", &[longs(&[Some(1), None, Some(2)])], &[], "1.5");
    check("avg", &[reals(&[0.0, -0.0])], &[], "0.0");
    check("min", &[reals(&[1.0, f64::NAN, -1.0])], &[], "\"NaN\"");
    check("max", &[reals(&[f64::NAN, 1.0])], &[], "\"NaN\"");
    check("max", &[strings(&["b", "C", "a"])], &[], "\"b\"");
    check("sumif", &[longs(&[Some(1), Some(2), Some(4)]), bools(&[true, false, true])], &[], "5");
    check("countif", &[bools(&[true, false, true])], &[], "2");
    check("count", &[], &[], "3");
}

#[test]
fn lists_and_sets() {
    check("make_list", &[strings(&["b", "", "b"])], &[], r#"["b","","b"]"#);
    check("make_set", &[strings(&["b", "", "b"])], &[], r#"["b",""]"#);
    check("make_list", &[dynamics(&["[1,[2]]", "null", r#"{"a":1}"#])], &[], r#"[1,[2],null,{"a":1}]"#);
    check("make_set", &[dynamics(&["[1,\"1\"]", "[1,2.0]"])], &[], r#"[1,"1",2.0]"#);
    let numbers = longs(&[Some(3), Some(1), Some(3), Some(2)]);
    let two = Column::constant(Value::Long(2), ScalarType::Long, 4);
    check("make_list", &[numbers.clone(), two.clone()], &[None, Some(Value::Long(2))], "[3,1]");
    check("make_set", &[numbers, two], &[None, Some(Value::Long(2))], "[3,1]");
    check("dcount", &[reals(&[0.0, -0.0, f64::NAN, f64::NAN])], &[], "2");
}

/// A constant column and its value, as the engine gives both.
#[track_caller]
fn check_with(name: &str, columns: &[Column], constants: &[Value], expected: &str) {
    let rows = columns[0].len();
    let mut all = columns.to_vec();
    let mut values = vec![None; columns.len()];
    for value in constants {
        all.push(Column::constant(value.clone(), value.scalar_type().unwrap(), rows));
        values.push(Some(value.clone()));
    }
    check(name, &all, &values, expected);
}

#[test]
fn spreads() {
    let numbers = longs(&[Some(1), Some(2), Some(3), None, Some(4), Some(5)]);
    for (name, expected) in [
        ("variance", "2.5"),
        ("variancep", "2.0"),
        ("stdev", "1.5811388300841898"),
        ("stdevp", "1.4142135623730951"),
    ] {
        check(name, std::slice::from_ref(&numbers), &[], expected);
        check(name, &[longs(&[Some(7)])], &[], "0.0");
        check(name, &[longs(&[])], &[], "0.0");
        check(name, &[reals(&[f64::INFINITY])], &[], "\"NaN\"");
        check(name, &[reals(&[1.0, f64::NAN])], &[], "\"NaN\"");
    }
    let ten: Vec<_> = (1..=10).map(Some).collect();
    check("variance", &[longs(&ten)], &[], "9.1666666667");
    let (x, y) = (reals(&[1.0, 2.0, 3.0, 4.0, 5.0]), reals(&[14.0, 10.0, 17.0, 20.0, 50.0]));
    check("covariance", &[x.clone(), y.clone()], &[], "20.5");
    check("covariancep", &[x, y], &[], "16.4");
}

#[test]
fn nearest_ranks() {
    let hundred: Vec<_> = (1..=100).rev().map(Some).collect();
    let hundred = longs(&hundred);
    for (percent, expected) in [(0, "1"), (1, "1"), (5, "5"), (50, "50"), (99, "99"), (100, "100")] {
        check_with("percentile", std::slice::from_ref(&hundred), &[Value::Long(percent)], expected);
    }
    let thousand: Vec<_> = (1..=1000).map(Some).collect();
    check_with("percentile", &[longs(&thousand)], &[Value::Real(99.9)], "999");
    check_with("percentile", &[reals(&[-1.5, 2.5, -0.5])], &[Value::Long(50)], "-0.5");
    check_with("percentile", &[longs(&[None])], &[Value::Long(50)], "null");
    let weighted =
        [longs(&[Some(10), Some(20), Some(30), Some(40)]), longs(&[Some(8), Some(6), Some(3), Some(1)])];
    let wanted = Value::Dynamic(Dynamic::from_json("[50,75,99.9]").unwrap());
    check_with("percentilesw_array", &weighted, &[wanted], "[20,20,40]");
}

#[test]
fn bags_and_schemas() {
    check("make_bag", &[dynamics(&[r#"{"a":1}"#, "3", r#"{"a":2,"b":null}"#])], &[], r#"{"a":1,"b":null}"#);
    check("make_bag", &[dynamics(&["null"])], &[], "{}");
    let values = [
        r#"{"x":1,"y":3.5}"#,
        r#"{"x":"s","z":[1,2,3]}"#,
        r#"{"y":{"w":"zzz"},"t":["aa","bb"],"z":["foo"]}"#,
    ];
    let expected = r#"{"x":["long","string"],"y":["double",{"w":"string"}],"z":{"`indexer`":["long","string"]},"t":{"`indexer`":"string"}}"#;
    check("buildschema", &[dynamics(&values)], &[], expected);
    check("buildschema", &[dynamics(&[])], &[], "null");
    let items = r#"{"x":{"`indexer`":"long"}}"#;
    check("buildschema", &[dynamics(&[r#"{"x":[]}"#, r#"{"x":[1]}"#])], &[], items);
}

#[test]
fn what_is_not_known_is_in_doubt() {
    let empty = dynamics(&[r#"{"x":[]}"#, r#"{"y":[null]}"#]);
    doubted("buildschema", &empty, r#"{"x":{"`indexer`":null},"y":{"`indexer`":null}}"#, 1);
    let digests = dynamics(&["[[7],[1],[1]]", "[]", "null", "3"]);
    doubted("tdigest_merge", &digests, "[[7],[1],[1]]", 2);
    let hashes = dynamics(&[r#"[[1024,14],["5"],[]]"#, "[]", "null", "3"]);
    doubted("hll_merge", &hashes, r#"[[1024,14],["5"],[]]"#, 2);
    // What the real engine estimates from is not read, and would count.
    let estimate = dynamics(&["[[1024,14],[],[1,2,3]]"]);
    let mut it = accumulator("hll_merge", std::slice::from_ref(&estimate), &[]);
    assert!(it.update(&[0], 1, &[estimate]).is_err());
}

// A recorded answer.
#[test]
fn sketches_of_nothing_are_null() {
    for name in ["hll", "tdigest"] {
        check(name, &[longs(&[])], &[], "null");
    }
    for name in ["hll_merge", "tdigest_merge"] {
        check(name, &[dynamics(&[])], &[], "null");
    }
}

#[test]
fn bits() {
    check("binary_all_and", &[longs(&[Some(0b1110), Some(0b0111), None])], &[], "6");
    check("binary_all_or", &[longs(&[Some(0b1000), Some(0b0001)])], &[], "9");
    check("binary_all_xor", &[longs(&[Some(0b1100), Some(0b0110)])], &[], "10");
}

#[test]
fn rows_of_extremes() {
    let (keys, texts) = (longs(&[None, Some(1), Some(3), Some(3)]), strings(&["n", "a", "b", "c"]));
    check("arg_max", &[keys.clone(), texts.clone()], &[], "3 \"b\"");
    check("arg_min", &[keys.clone(), texts.clone()], &[], "1 \"a\"");
    check("arg_max", &[longs(&[None, None]), strings(&["x", "y"])], &[], "null \"x\"");
    check("arg_min", &[reals(&[1.0, f64::NAN]), strings(&["x", "y"])], &[], "\"NaN\" \"y\"");
    check("take_any", &[strings(&["", "y"])], &[], "\"y\"");
    check("take_any", &[keys, texts], &[], "null \"n\"");
}

#[test]
fn names_of_several_columns() {
    let (n, s) = (("n", ScalarType::Long, None), ("s", ScalarType::String, None));
    let unnamed = ("", ScalarType::Real, None);
    let check = |name: &str, arguments: &[(&str, ScalarType, Option<Value>)], expected: &str| {
        let names: Vec<_> = columns(&function(name), arguments).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names.join(" "), expected, "{name}");
    };
    check("arg_max", &[n.clone(), s.clone(), unnamed.clone()], "n s max_n_arg2");
    check("arg_min", &[unnamed.clone(), s.clone(), unnamed.clone()], "min_ s min__arg2");
    check("argmax", &[n.clone(), s.clone(), unnamed.clone()], "max_n max_n_s max_n_arg2");
    check("argmin", &[unnamed.clone(), s.clone()], "min_ min__s");
    check("take_any", &[n.clone(), s.clone(), unnamed.clone()], "n s any_arg2");
    check("any", &[n.clone(), s, unnamed.clone()], "any_n any_s any_arg2");
    let (fifty, max) =
        (("", ScalarType::Long, Some(Value::Long(50))), ("", ScalarType::Real, Some(Value::Real(99.9))));
    check("percentiles", &[n.clone(), fifty.clone(), max.clone()], "percentile_n_50 percentile_n_99_9");
    check("percentilew", &[unnamed, n.clone(), fifty.clone()], "percentile__50");
    check("percentiles_array", &[n, fifty, max], "percentiles_n");
}

/// Every function with argument types to try it on.
const CASES: &[(&str, &[ScalarType])] = {
    use ScalarType::{Bool, DateTime, Decimal, Dynamic, Guid, Int, Long, Real, String, TimeSpan};
    &[
        ("count", &[]),
        ("countif", &[Bool]),
        ("sum", &[Int]),
        ("sum", &[Long]),
        ("sum", &[Real]),
        ("sum", &[Decimal]),
        ("sum", &[TimeSpan]),
        ("sumif", &[Long, Bool]),
        ("avg", &[Int]),
        ("avg", &[Long]),
        ("avg", &[Real]),
        ("avg", &[Decimal]),
        ("avg", &[TimeSpan]),
        ("avg", &[DateTime]),
        ("avgif", &[Real, Bool]),
        ("min", &[Int]),
        ("min", &[Real]),
        ("min", &[String]),
        ("min", &[DateTime]),
        ("max", &[Long]),
        ("max", &[Decimal]),
        ("max", &[String]),
        ("max", &[Bool]),
        ("maxif", &[TimeSpan, Bool]),
        ("minif", &[Real, Bool]),
        ("dcount", &[Int]),
        ("dcount", &[Real]),
        ("dcount", &[String]),
        ("dcount", &[Guid]),
        ("dcount", &[Decimal]),
        ("dcount", &[Dynamic]),
        ("dcount", &[Bool]),
        ("dcountif", &[String, Bool]),
        ("count_distinct", &[String]),
        ("make_set", &[Int]),
        ("make_set", &[Real]),
        ("make_set", &[String]),
        ("make_set", &[Dynamic]),
        ("make_set", &[Decimal]),
        ("make_set", &[Guid]),
        ("make_set", &[DateTime]),
        ("make_set_if", &[String, Bool]),
        ("make_list", &[Long]),
        ("make_list", &[String]),
        ("make_list", &[Dynamic]),
        ("make_list", &[TimeSpan]),
        ("make_list_if", &[Real, Bool]),
        ("make_list_with_nulls", &[Int]),
        ("arg_max", &[Long, String, Dynamic]),
        ("arg_max", &[Real, Long]),
        ("arg_max", &[String, Real]),
        ("arg_min", &[DateTime, String]),
        ("arg_min", &[Decimal]),
        ("cnt", &[]),
        ("percentilesw_array", &[Real, Int, Long, Long]),
        ("binary_all_xor", &[Int]),
        ("take_any", &[Long]),
        ("take_any", &[String]),
        ("take_any", &[Long, String]),
        ("take_anyif", &[Dynamic, Bool]),
        ("make_bag", &[Dynamic]),
        ("buildschema", &[Dynamic]),
        ("binary_all_and", &[Int]),
        ("binary_all_or", &[Long]),
        ("binary_all_xor", &[Long]),
        ("variance", &[Long]),
        ("variancep", &[Real]),
        ("stdev", &[Real]),
        ("stdevp", &[Decimal]),
        ("stdevif", &[Real, Bool]),
        ("covariance", &[Real, Long]),
        ("covariancepif", &[Long, Long, Bool]),
        ("percentile", &[Int, Long]),
        ("percentiles", &[Real, Long, Long, Long]),
        ("percentiles_array", &[TimeSpan, Long, Long]),
        ("tdigest", &[Real]),
        ("tdigest", &[DateTime, Int]),
        ("hll", &[String]),
        ("hll_if", &[Int, Bool]),
        ("percentilew", &[DateTime, Int, Long]),
        ("percentilesw", &[Decimal, Long, Long, Long]),
    ]
};

/// A value of a type out of a few, so that they repeat; about one in seven is null.
fn value(data_type: ScalarType, n: u8) -> Value {
    let small = i64::from(n % 7) - 2;
    if small == 4 {
        return Value::null_of(data_type);
    }
    match data_type {
        ScalarType::Bool => Value::Bool(small > 0),
        ScalarType::Int => Value::Int(small as i32),
        ScalarType::Long => Value::Long(small),
        ScalarType::Real if n == 200 => Value::Real(f64::NAN),
        ScalarType::Real => Value::Real(small as f64),
        ScalarType::Decimal => Value::Decimal(Decimal::from(small)),
        ScalarType::String => Value::string(["", "a", "b", "é", "A", "bb"][small.unsigned_abs() as usize]),
        ScalarType::DateTime => Value::DateTime(DateTime(DateTime::UNIX_EPOCH.0 + small)),
        ScalarType::TimeSpan => Value::TimeSpan(TimeSpan(small)),
        ScalarType::Guid => Value::Guid(Guid(small.unsigned_abs().into())),
        ScalarType::Dynamic => {
            let text = ["1", "\"1\"", "[1,\"x\"]", r#"{"a":1}"#][small.unsigned_abs() as usize];
            Value::Dynamic(Dynamic::from_json(text).unwrap())
        }
    }
}

/// As text, so that NaN equals NaN; reals to 9 digits, since the order of additions may differ.
fn text(columns: &[Vec<Value>]) -> Vec<String> {
    let cell = |value: &Value| match value {
        Value::Real(n) => format!("{n:.9e}"),
        other => other.to_json().to_string(),
    };
    columns.iter().flatten().map(cell).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parts_merge_to_the_whole(
        rows in prop::collection::vec((0_u32..4, any::<[u8; 4]>()), 0..40),
        cut in 0_usize..=40,
        encoded: bool,
    ) {
        let cut = cut.min(rows.len());
        for (name, data_types) in CASES {
            let build = |(at, &data_type): (usize, &ScalarType)| {
                let values: Vec<Value> = rows.iter().map(|(_, n)| value(data_type, n[at])).collect();
                match column(data_type, &values) {
                    Column::String(it) if encoded => Column::String(it.encode(100).unwrap()),
                    column => column,
                }
            };
            let input = Input {
                groups: rows.iter().map(|(group, _)| *group).collect(),
                columns: data_types.iter().enumerate().map(build).collect(),
            };
            let constants = CONSTANTS.iter().find(|(it, _)| it == name).map_or(&[][..], |(_, it)| it);
            let constants: Vec<_> = constants.iter().map(|n| n.map(Value::Long)).collect();
            let mut whole = accumulator(name, &input.columns, &constants);
            whole.update(&input.groups, 4, &input.columns).unwrap();
            let whole = text(&finish(whole, 4));

            // The same rows in two chunks.
            let (first, second) = (input.slice(0, cut), input.slice(cut, rows.len()));
            let mut chunks = accumulator(name, &input.columns, &constants);
            chunks.update(&first.groups, 4, &first.columns).unwrap();
            chunks.update(&second.groups, 4, &second.columns).unwrap();
            prop_assert_eq!(&text(&finish(chunks, 4)), &whole, "{} in chunks", name);

            // The second part numbers its groups the other way round.
            let mut left = accumulator(name, &input.columns, &constants);
            left.update(&first.groups, 4, &first.columns).unwrap();
            let mut right = accumulator(name, &input.columns, &constants);
            let turned: Vec<u32> = second.groups.iter().map(|group| 3 - group).collect();
            right.update(&turned, 4, &second.columns).unwrap();
            left.merge(right, &[3, 2, 1, 0], 4).unwrap();
            prop_assert_eq!(&text(&finish(left, 4)), &whole, "{} merged", name);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_said_to_be_insensitive_to_the_order_is(
        rows in prop::collection::vec((0_u32..4, any::<[u8; 4]>()), 0..40),
    ) {
        let back: Vec<u32> = (0..rows.len() as u32).rev().collect();
        for (name, data_types) in CASES {
            if !function(name).order.is_insensitive_over(data_types.iter().copied()) {
                continue;
            }
            let values = |at: usize, data_type| rows.iter().map(|(_, n)| value(data_type, n[at])).collect::<Vec<_>>();
            let columns: Vec<Column> =
                data_types.iter().enumerate().map(|(at, &data_type)| column(data_type, &values(at, data_type))).collect();
            let turned: Vec<Column> = columns.iter().map(|column| column.take(&back)).collect();
            let groups: Vec<u32> = rows.iter().map(|(group, _)| *group).collect();
            let turned_groups: Vec<u32> = groups.iter().rev().copied().collect();
            let constants = CONSTANTS.iter().find(|(it, _)| it == name).map_or(&[][..], |(_, it)| it);
            let constants: Vec<_> = constants.iter().map(|n| n.map(Value::Long)).collect();
            let result = |groups: &[u32], columns: &[Column]| {
                let mut accumulator = accumulator(name, columns, &constants);
                accumulator.update(groups, 4, columns).unwrap();
                // Debug shows every bit of a real, and NaN as NaN.
                format!("{:?}", finish(accumulator, 4))
            };
            prop_assert_eq!(result(&groups, &columns), result(&turned_groups, &turned), "{}{:?}", name, data_types);
        }
    }
}

/// Constant arguments of [`CASES`].
const CONSTANTS: &[(&str, &[Option<i64>])] = &[
    ("percentile", &[None, Some(50)]),
    ("percentiles", &[None, Some(0), Some(30), Some(100)]),
    ("percentiles_array", &[None, Some(20), Some(80)]),
    ("percentilew", &[None, None, Some(50)]),
    ("percentilesw_array", &[None, None, Some(10), Some(90)]),
    ("percentilesw", &[None, None, Some(0), Some(55), Some(100)]),
];

#[test]
fn a_twin_has_the_predicate_after_what_must_be_given() {
    let forms = |name: &str| -> Vec<String> {
        let form = |it: &Signature| it.parameters.iter().map(|it| it.name).collect::<Vec<_>>().join(", ");
        function(name).signatures.iter().map(form).collect()
    };
    assert_eq!(forms("countif"), ["predicate"]);
    assert_eq!(forms("avgif"), ["expr, predicate"; 5]);
    assert_eq!(forms("dcountif"), ["expr, predicate, accuracy"]);
    assert_eq!(forms("make_list_if"), ["expr, predicate, maxSize"]);
    assert_eq!(forms("covarianceif"), ["expr, expr, predicate"]);
    assert_eq!(forms("take_anyif"), ["expr, predicate"]);
    for function in registry().aggregates() {
        let places = function.signatures.iter().filter_map(|form| {
            let place = form.parameters.iter().position(|it| it.name == "predicate")?;
            assert_eq!(
                form.parameters[..place].iter().map(|it| it.max).max().unwrap_or(1),
                1,
                "{}",
                function.name
            );
            Some(place)
        });
        // Where the predicate is, is known before the form is.
        assert!(places.collect::<std::collections::HashSet<_>>().len() <= 1, "{}", function.name);
    }
}

#[test]
fn every_function_is_documented() {
    for function in registry().aggregates() {
        assert!(function.summary.ends_with('.'), "{}: the summary is no sentence", function.name);
        assert!(!function.examples.is_empty(), "{}: no example", function.name);
        for example in function.examples {
            assert!(example.query.contains(&format!("{}(", function.name)), "{}", example.query);
            assert!(serde_json::from_str::<serde_json::Value>(example.result).is_ok(), "{}", example.result);
        }
    }
}
