//! Tests of the operators: plans made by hand, and models that do the same in the plainest way.
//! It must not know the syntax tree or the standard library.

mod errors;
mod expressions;
mod models;
mod operators;

use std::collections::HashMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::{ExternalData, ExternalRequest, Run, RunLimits, StoredRows, Tables, Tuning, execute};
use crate::budget::Budget;
use crate::column::{Column, LongType, Table};
use crate::function::{Call, Context, Kernel, Result, ScalarFunction, Volatility};
use crate::plan::{Expr, JoinKind, Node, Plan, SortKey};
use crate::source::Span;
use crate::types::{DateTime, Decimal, Dynamic, Guid, ScalarType, Schema, TimeSpan, Value};

/// Tables by name.
#[derive(Default)]
struct Fixture(HashMap<String, Table>);

impl Tables for Fixture {
    fn table(&self, name: &str) -> Option<StoredRows<'_>> {
        self.0.get(name).map(|table| StoredRows::Parts(std::slice::from_ref(table)))
    }

    fn external(&self, request: &ExternalRequest<'_>) -> std::result::Result<Option<ExternalData>, String> {
        Ok(self.0.get(request.location).cloned().map(ExternalData::Table))
    }
}

/// Files for rows that are put aside.
static IN_MEMORY: fn() -> std::io::Result<std::io::Cursor<Vec<u8>>> = || Ok(std::io::Cursor::default());

/// What a test changes of a run.
struct Setup {
    chunk_rows: usize,
    threads: usize,
    limits: RunLimits,
    bytes: usize,
    tables: Fixture,
    parameters: HashMap<String, Value>,
    seed: u64,
    tuning: Tuning,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            chunk_rows: super::CHUNK_ROWS,
            threads: 1,
            limits: RunLimits::default(),
            bytes: usize::MAX / 2,
            tables: Fixture::default(),
            parameters: HashMap::new(),
            seed: 7,
            tuning: Tuning::DEFAULT,
        }
    }
}

impl Setup {
    fn chunks(chunk_rows: usize) -> Self {
        Self { chunk_rows, ..Self::default() }
    }

    fn threads(self, threads: usize) -> Self {
        Self { threads, ..self }
    }

    fn tuning(self, tuning: Tuning) -> Self {
        Self { tuning, ..self }
    }

    fn run(&self, plan: &Plan) -> Result<Table> {
        let context = Context::new(DateTime(0), Budget::of_bytes(self.bytes), self.seed);
        execute(plan, &self.view(&context))
    }

    fn view<'a>(&'a self, context: &'a Context) -> Run<'a> {
        Run {
            tables: &self.tables,
            context,
            parameters: &self.parameters,
            limits: &self.limits,
            chunk_rows: self.chunk_rows,
            threads: self.threads,
            tuning: self.tuning,
            // With sizes for tests every operator that can puts its rows aside.
            spill: (self.tuning.spill_share == usize::MAX).then_some(&IN_MEMORY),
            resolved: &[],
            profiler: None,
        }
    }
}

/// Sizes that take every strategy of grouping and joining over a few rows.
fn tunings() -> impl Strategy<Value = Tuning> {
    let merges = Tuning { sampled_rows: usize::MAX, ..Tuning::SMALL };
    prop::sample::select(vec![Tuning::DEFAULT, Tuning::SMALL, merges])
}

fn run(plan: &Plan) -> Table {
    Setup::default().run(plan).unwrap()
}

fn plan(node: Node, schema: impl Into<Arc<Schema>>) -> Plan {
    Plan::new(node, schema, Span::default())
}

fn values(table: Table) -> Arc<Plan> {
    let schema = table.schema().clone();
    Arc::new(plan(Node::Values { table }, schema))
}

/// A table of columns `c0`, `c1` … of these types.
fn table(kinds: &[ScalarType], rows: Vec<Vec<Value>>) -> Table {
    Table::from_rows(schema(kinds), rows)
}

fn schema(kinds: &[ScalarType]) -> Schema {
    Schema::new(kinds.iter().enumerate().map(|(at, kind)| (format!("c{at}"), *kind)))
}

fn columns(schema: &Schema) -> Vec<Expr> {
    schema.columns.iter().enumerate().map(|(at, column)| Expr::column(at, column.data_type)).collect()
}

fn longs(numbers: &[i64]) -> Table {
    table(&[ScalarType::Long], numbers.iter().map(|n| vec![Value::Long(*n)]).collect())
}

fn long(n: i64) -> Expr {
    Expr::literal(Value::Long(n), ScalarType::Long)
}

fn call(function: &'static ScalarFunction, arguments: Vec<Expr>, returns: &[ScalarType]) -> Expr {
    Expr::Call {
        function: function.into(),
        arguments,
        returns: returns.into(),
        output: 0,
        span: Span::default(),
        unfoldable: false,
    }
}

fn filter(input: Arc<Plan>, conjuncts: Vec<Expr>) -> Arc<Plan> {
    let schema = input.schema.clone();
    Arc::new(plan(Node::Filter { input, conjuncts }, schema))
}

fn project(input: Arc<Plan>, columns: Vec<Expr>) -> Arc<Plan> {
    let kinds: Vec<ScalarType> = columns.iter().map(Expr::scalar_type).collect();
    Arc::new(plan(Node::Project { input, columns }, schema(&kinds)))
}

fn join(kind: JoinKind, left: &Arc<Plan>, right: &Arc<Plan>, keys: Vec<(Expr, Expr)>) -> Plan {
    let mut out = Schema::default();
    if !matches!(kind, JoinKind::RightSemi | JoinKind::RightAnti) {
        out.columns.extend(left.schema.columns.clone());
    }
    if !matches!(kind, JoinKind::LeftSemi | JoinKind::LeftAnti) {
        out.columns.extend(right.schema.columns.clone());
    }
    plan(Node::Join { kind, left: left.clone(), right: right.clone(), keys }, out)
}

fn sort(input: &Arc<Plan>, keys: Vec<SortKey>) -> Plan {
    plan(Node::Sort { input: input.clone(), keys }, input.schema.clone())
}

/// The rows of a table.
fn rows(table: &Table) -> Vec<Vec<Value>> {
    table.rows().collect()
}

/// The longs of a table's first column.
fn first(table: &Table) -> Vec<i64> {
    table.columns()[0].values().map(|value| value.as_long().unwrap()).collect()
}

fn map_two(call: &Call<'_>, f: impl Fn(i64, i64) -> Option<i64>) -> Result<Column> {
    call.map2::<LongType, LongType, LongType>(f)
}

static ADD: ScalarFunction = ScalarFunction {
    name: "+",
    kernel: Kernel::Rows(|call| map_two(call, |a, b| Some(a.wrapping_add(b)))),
    ..ScalarFunction::DEFAULT
};

static LESS: ScalarFunction = ScalarFunction {
    name: "<",
    kernel: Kernel::Rows(|call| call.map2::<LongType, LongType, crate::column::BoolType>(|a, b| Some(a < b))),
    ..ScalarFunction::DEFAULT
};

/// Both the quotient and the remainder by ten.
static SPLIT: ScalarFunction = ScalarFunction {
    name: "split",
    kernel: Kernel::Columns(|call| {
        Ok(vec![
            call.map1::<LongType, LongType>(|n| Some(n / 10))?,
            call.map1::<LongType, crate::column::StringType>(|n| Some((n % 10).to_string()))?,
        ])
    }),
    ..ScalarFunction::DEFAULT
};

/// The number of the row among all rows.
static ROW_NUMBER: ScalarFunction = ScalarFunction {
    name: "row_number",
    kernel: Kernel::Window(|call| Ok(Column::longs((1..=call.rows as i64).collect()))),
    ..ScalarFunction::DEFAULT
};

/// A random number for each row.
static RANDOM: ScalarFunction = ScalarFunction {
    name: "rand",
    volatility: Volatility::Volatile,
    kernel: Kernel::Rows(|call| {
        Ok(Column::longs((0..call.rows).map(|_| (call.random.draw() >> 1) as i64).collect()))
    }),
    ..ScalarFunction::DEFAULT
};

/// Fails.
static REFUSE: ScalarFunction = ScalarFunction {
    name: "refuse",
    kernel: Kernel::Rows(|call| Err(call.fail("no"))),
    ..ScalarFunction::DEFAULT
};

/// A value of a type out of few, null among them, so that equal ones meet.
fn value(data_type: ScalarType) -> BoxedStrategy<Value> {
    let null = Just(Value::null_of(data_type));
    let some = match data_type {
        ScalarType::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        ScalarType::Int => {
            prop_oneof![-2..3_i32, Just(i32::MIN), Just(i32::MAX)].prop_map(Value::Int).boxed()
        }
        ScalarType::Long => {
            prop_oneof![-2..3_i64, Just(i64::MIN), Just(i64::MAX)].prop_map(Value::Long).boxed()
        }
        ScalarType::Real => prop::sample::select(vec![
            0.0,
            -0.0,
            1.5,
            -1.5,
            f64::NAN,
            -f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ])
        .prop_map(Value::Real)
        .boxed(),
        ScalarType::Decimal => prop::sample::select(vec!["1.0", "1.00", "0", "-0.0", "-2.5", "7"])
            .prop_map(|text| Value::Decimal(Decimal::parse(text).unwrap()))
            .boxed(),
        ScalarType::String => {
            prop::sample::select(vec!["a", "b", "A", "é", "longer than eight bytes", "longer than"])
                .prop_map(Value::from)
                .boxed()
        }
        ScalarType::DateTime => (0..4_i64).prop_map(|n| Value::DateTime(DateTime(n))).boxed(),
        ScalarType::TimeSpan => (-2..2_i64).prop_map(|n| Value::TimeSpan(TimeSpan(n))).boxed(),
        ScalarType::Guid => {
            prop::sample::select(vec![0, 1, u128::MAX]).prop_map(|n| Value::Guid(Guid(n))).boxed()
        }
        ScalarType::Dynamic => {
            prop::sample::select(vec!["1", "1.0", "\"1\"", "[1,2]", "{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}"])
                .prop_map(|text| Value::Dynamic(Dynamic::from_json(text).unwrap()))
                .boxed()
        }
    };
    prop_oneof![1 => null, 4 => some].boxed()
}

fn kind() -> impl Strategy<Value = ScalarType> {
    prop::sample::select(ScalarType::ALL.to_vec())
}

/// A table of these types; some of its texts are in dictionaries, some columns may be constant.
fn table_of(kinds: Vec<ScalarType>, max: usize) -> BoxedStrategy<Table> {
    let row: Vec<BoxedStrategy<Value>> = kinds.iter().map(|kind| value(*kind)).collect();
    (prop::collection::vec(row, 0..max), prop::collection::vec(0..4_u8, kinds.len()))
        .prop_map(move |(rows, forms)| {
            let plain = table(&kinds, rows);
            let columns = plain.columns().iter().zip(forms).enumerate().map(|(at, (column, form))| {
                let column = match (column, form) {
                    (Column::String(texts), 0) => Column::String(texts.encode(usize::MAX).unwrap()),
                    (column, 1) if !column.is_empty() => {
                        Column::constant(column.value(0), column.scalar_type(), column.len())
                    }
                    (column, _) => column.clone(),
                };
                (format!("c{at}"), column)
            });
            Table::new(columns.collect()).unwrap()
        })
        .boxed()
}

/// Equal as keys of groups and joins.
fn same_key(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Real(a), Value::Real(b)) => a == b || a.is_nan() && b.is_nan(),
        (Value::Dynamic(a), Value::Dynamic(b)) => a.group_key() == b.group_key(),
        _ => a == b,
    }
}

/// A value as text, for comparing rows whatever their order; NaN equals itself.
fn texts(table: &Table) -> Vec<String> {
    rows(table).iter().map(|row| format!("{row:?}")).collect()
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts
}
