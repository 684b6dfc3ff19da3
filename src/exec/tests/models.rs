//! Joins, groups and orders against models over single values. It must not know how the operators work.

use std::cmp::Ordering;

use super::*;
use crate::column::Chunk;
use crate::exec::evaluate;
use crate::function::{AggregateEntry, AggregateState};
use crate::plan::AggregateExpr;

const KINDS: [JoinKind; 9] = [
    JoinKind::InnerUnique,
    JoinKind::Inner,
    JoinKind::LeftOuter,
    JoinKind::RightOuter,
    JoinKind::FullOuter,
    JoinKind::LeftSemi,
    JoinKind::RightSemi,
    JoinKind::LeftAnti,
    JoinKind::RightAnti,
];

fn nulls(schema: &Schema) -> Vec<Value> {
    schema.columns.iter().map(|column| Value::null_of(column.data_type)).collect()
}

/// Nested loops.
fn join_model(kind: JoinKind, left: &Table, right: &Table, keys: usize) -> Vec<Vec<Value>> {
    let same = |a: &[Value], b: &[Value]| a.iter().zip(b).take(keys).all(|(a, b)| same_key(a, b));
    let (left_rows, right_rows) = (rows(left), rows(right));
    let unique: Vec<Vec<Value>> = left_rows
        .iter()
        .enumerate()
        .filter(|(at, row)| {
            kind != JoinKind::InnerUnique || !left_rows[..*at].iter().any(|earlier| same(earlier, row))
        })
        .map(|(_, row)| row.clone())
        .collect();
    let mut out = Vec::new();
    let has = |row: &[Value], others: &[Vec<Value>]| others.iter().any(|other| same(row, other));
    match kind {
        JoinKind::LeftSemi => return left_rows.into_iter().filter(|row| has(row, &right_rows)).collect(),
        JoinKind::LeftAnti => return left_rows.into_iter().filter(|row| !has(row, &right_rows)).collect(),
        JoinKind::RightSemi => return right_rows.into_iter().filter(|row| has(row, &left_rows)).collect(),
        JoinKind::RightAnti => return right_rows.into_iter().filter(|row| !has(row, &left_rows)).collect(),
        _ => {}
    }
    for row in &unique {
        let mut found = false;
        for other in right_rows.iter().filter(|other| same(row, other)) {
            found = true;
            out.push([row.clone(), other.clone()].concat());
        }
        if !found && matches!(kind, JoinKind::LeftOuter | JoinKind::FullOuter) {
            out.push([row.clone(), nulls(right.schema())].concat());
        }
    }
    if matches!(kind, JoinKind::RightOuter | JoinKind::FullOuter) {
        for other in right_rows.iter().filter(|other| !has(other, &left_rows)) {
            out.push([nulls(left.schema()), other.clone()].concat());
        }
    }
    out
}

fn two_tables() -> impl Strategy<Value = (Table, Table, usize)> {
    prop::collection::vec(kind(), 1..4).prop_flat_map(|keys| {
        let side = |extra| [keys.clone(), vec![extra]].concat();
        (table_of(side(ScalarType::Long), 12), table_of(side(ScalarType::String), 12), Just(keys.len()))
    })
}

/// All arguments' rows of each group, one after the other.
#[derive(Default)]
struct Listing(Vec<Vec<Dynamic>>);

impl AggregateState for Listing {
    fn update(&mut self, groups: &[u32], count: usize, arguments: &[Column]) -> Result<()> {
        self.0.resize_with(count, Vec::new);
        for (row, group) in groups.iter().enumerate() {
            self.0[*group as usize].push(Dynamic::from_value(&arguments[0].value(row)));
        }
        Ok(())
    }

    fn merge(&mut self, other: Self, mapping: &[u32], count: usize) -> Result<()> {
        self.0.resize_with(count, Vec::new);
        for (items, group) in other.0.into_iter().zip(mapping) {
            self.0[*group as usize].extend(items);
        }
        Ok(())
    }

    fn finish(mut self, count: usize) -> Result<Vec<Column>> {
        self.0.resize_with(count, Vec::new);
        let lists: Vec<Value> =
            self.0.into_iter().map(|items| Value::Dynamic(Dynamic::array(items))).collect();
        Ok(vec![Column::from_values(ScalarType::Dynamic, &lists)])
    }

    fn byte_size(&self) -> usize {
        self.0.len() * 24
    }
}

const LIST: &AggregateEntry = &AggregateEntry {
    name: "list",
    accumulator: |call| Ok(call.accumulator(Listing::default())),
    ..AggregateEntry::DEFAULT
};

fn group(input: &Arc<Plan>, keys: Vec<Expr>, listed: Option<Expr>) -> Plan {
    let mut kinds: Vec<ScalarType> = keys.iter().map(Expr::scalar_type).collect();
    let aggregates: Vec<AggregateExpr> = listed
        .into_iter()
        .map(|argument| AggregateExpr {
            function: Arc::new(LIST.into()),
            arguments: vec![argument],
            constants: vec![None],
            returns: vec![ScalarType::Dynamic],
            span: Span::default(),
        })
        .collect();
    kinds.extend(aggregates.iter().map(|_| ScalarType::Dynamic));
    plan(Node::Aggregate { input: input.clone(), keys, aggregates }, schema(&kinds))
}

/// The order that the sort operator's page gives: null, NaN, values; or the other way round.
fn model_compare(a: &Value, b: &Value, key: &SortKey) -> Ordering {
    let rank = |value: &Value| match value {
        Value::Null | Value::Dynamic(Dynamic::Null) => 0,
        Value::Real(it) if it.is_nan() => 1,
        _ => 2,
    };
    let ranks = rank(a).cmp(&rank(b));
    if ranks.is_ne() || rank(a) < 2 {
        return if key.nulls_first { ranks } else { ranks.reverse() };
    }
    let order = match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Long(a), Value::Long(b)) => a.cmp(b),
        (Value::Real(a), Value::Real(b)) => a.partial_cmp(b).unwrap(),
        (Value::Decimal(a), Value::Decimal(b)) => a.cmp(b),
        (Value::String(a), Value::String(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Value::DateTime(a), Value::DateTime(b)) => a.0.cmp(&b.0),
        (Value::TimeSpan(a), Value::TimeSpan(b)) => a.0.cmp(&b.0),
        (Value::Guid(a), Value::Guid(b)) => a.0.cmp(&b.0),
        _ => Ordering::Equal,
    };
    if key.descending { order.reverse() } else { order }
}

fn sortable() -> impl Strategy<Value = (Table, Vec<SortKey>)> {
    let kinds: Vec<ScalarType> =
        ScalarType::ALL.into_iter().filter(|data_type| *data_type != ScalarType::Dynamic).collect();
    prop::collection::vec((prop::sample::select(kinds), any::<bool>(), any::<bool>()), 1..4).prop_flat_map(
        |keys| {
            let kinds: Vec<ScalarType> = keys.iter().map(|(data_type, ..)| *data_type).collect();
            let keys: Vec<SortKey> = keys
                .iter()
                .enumerate()
                .map(|(at, (data_type, descending, nulls_first))| SortKey {
                    expr: Expr::column(at, *data_type),
                    descending: *descending,
                    nulls_first: *nulls_first,
                })
                .collect();
            (table_of([kinds, vec![ScalarType::Long]].concat(), 20), Just(keys))
        },
    )
}

proptest! {
    #[test]
    fn joins_agree_with_nested_loops(
        (left, right, keys) in two_tables(),
        chunk_rows in 1..7_usize,
        threads in 1..4_usize,
        tuning in tunings(),
    ) {
        let on: Vec<(Expr, Expr)> = left.schema().columns.iter().take(keys).enumerate()
            .map(|(at, column)| (Expr::column(at, column.data_type), Expr::column(at, column.data_type)))
            .collect();
        for (kind, free) in KINDS.into_iter().flat_map(|kind| [(kind, false), (kind, true)]) {
            let mut plan = join(kind, &values(left.clone()), &values(right.clone()), on.clone());
            plan.any_order = free;
            let found = Setup::chunks(chunk_rows).threads(threads).tuning(tuning).run(&plan).unwrap();
            prop_assert_eq!(found.schema(), &*plan.schema);
            let expected: Vec<String> =
                join_model(kind, &left, &right, keys).iter().map(|row| format!("{row:?}")).collect();
            if free {
                prop_assert_eq!(sorted(texts(&found)), sorted(expected), "{:?}", kind);
            } else {
                prop_assert_eq!(texts(&found), expected, "{:?}", kind);
            }
        }
    }

    #[test]
    fn groups_agree_with_a_list_of_keys(
        (table, keys) in prop::collection::vec(kind(), 0..5).prop_flat_map(|keys| {
            (table_of([keys.clone(), vec![ScalarType::Long]].concat(), 20), Just(keys.len()))
        }),
        chunk_rows in 1..9_usize,
        threads in 1..4_usize,
        tuning in tunings(),
    ) {
        let mut model: Vec<(Vec<Value>, Vec<Dynamic>)> = Vec::new();
        for mut row in rows(&table) {
            let item = Dynamic::from_value(&row.pop().unwrap());
            match model.iter_mut().find(|(key, _)| key.iter().zip(&row).all(|(a, b)| same_key(a, b))) {
                Some((_, items)) => items.push(item),
                None => model.push((row, vec![item])),
            }
        }
        if keys == 0 && model.is_empty() {
            model.push((Vec::new(), Vec::new()));
        }
        let on: Vec<Expr> = columns(table.schema()).into_iter().take(keys).collect();
        let input = values(table);
        let found = Setup::chunks(chunk_rows).threads(threads).tuning(tuning)
            .run(&group(&input, on.clone(), Some(Expr::column(keys, ScalarType::Long))))
            .unwrap();
        let expected: Vec<String> = model.iter().map(|(key, items)| {
            let mut row = key.clone();
            row.push(Value::Dynamic(Dynamic::array(items.clone())));
            format!("{row:?}")
        }).collect();
        prop_assert_eq!(texts(&found), expected);
        if keys > 0 {
            let distinct = Setup::chunks(chunk_rows).run(&group(&input, on, None)).unwrap();
            let expected: Vec<String> = model.iter().map(|(key, _)| format!("{key:?}")).collect();
            prop_assert_eq!(texts(&distinct), expected);
        }
    }

    #[test]
    fn sorts_agree_with_a_stable_sort((table, keys) in sortable(), chunk_rows in 1..9_usize, count in 0..25_usize, tuning in tunings()) {
        let mut expected = rows(&table);
        expected.sort_by(|a, b| {
            keys.iter().enumerate()
                .map(|(at, key)| model_compare(&a[at], &b[at], key))
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal)
        });
        let expected: Vec<String> = expected.iter().map(|row| format!("{row:?}")).collect();
        // Rows of a table that is there are sorted where they are; others are taken in chunk by chunk.
        let table = values(table);
        let schema = table.schema.clone();
        let input = Arc::new(plan(Node::Project { columns: columns(&schema), input: table }, schema));
        let setup = Setup::chunks(chunk_rows).threads(2).tuning(tuning);
        prop_assert_eq!(texts(&setup.run(&sort(&input, keys.clone())).unwrap()), expected.clone());
        let top = plan(
            Node::TopN { input: input.clone(), count: long(count as i64), keys },
            input.schema.clone(),
        );
        let first = &expected[..count.min(expected.len())];
        prop_assert_eq!(texts(&setup.run(&top).unwrap()), first);
    }

    #[test]
    fn the_size_of_chunks_changes_no_result(table in table_of(vec![ScalarType::Long, ScalarType::String], 30), size in 1..9_usize, threads in 1..4_usize) {
        let input = values(table.clone());
        let small = call(&LESS, vec![Expr::column(0, ScalarType::Long), long(2)], &[ScalarType::Bool]);
        let sum = call(&ADD, vec![Expr::column(0, ScalarType::Long), long(1)], &[ScalarType::Long]);
        let shared = plan(Node::Shared { input: project(filter(input, vec![small]), vec![sum, Expr::column(1, ScalarType::String)]), id: 1 }, schema(&[ScalarType::Long, ScalarType::String]));
        let shared = Arc::new(shared);
        let both = Arc::new(plan(Node::Union { inputs: vec![shared.clone(), shared.clone()] }, shared.schema.clone()));
        let number = call(&ROW_NUMBER, vec![], &[ScalarType::Long]);
        let numbered = project(both, vec![number, Expr::column(0, ScalarType::Long), Expr::column(1, ScalarType::String)]);
        let whole = run(&numbered);
        prop_assert_eq!(texts(&Setup::chunks(size).threads(threads).run(&numbered).unwrap()), texts(&whole));
        let kept = rows(&table).iter().filter(|row| row[0].as_long().is_some_and(|n| n < 2)).count();
        prop_assert_eq!(whole.len(), 2 * kept);
    }

    #[test]
    fn an_expression_is_the_same_over_a_selection(table in table_of(vec![ScalarType::Long], 30), picks in prop::collection::vec(any::<prop::sample::Index>(), 0..20)) {
        let rows: Vec<u32> = if table.is_empty() { Vec::new() } else { picks.iter().map(|it| it.index(table.len()) as u32).collect() };
        let sum = call(&ADD, vec![Expr::column(0, ScalarType::Long), long(1)], &[ScalarType::Long]);
        let context = Context::new(DateTime(0), Budget::default(), 1);
        let setup = Setup::default();
        let chunk = Chunk::new(table.columns().to_vec(), table.len());
        let whole = evaluate(&sum, &chunk, &setup.view(&context)).unwrap().take(&rows);
        let picked = evaluate(&sum, &chunk.select(rows), &setup.view(&context)).unwrap();
        prop_assert_eq!(whole, picked);
    }
}

#[test]
fn innerunique_keeps_the_first_left_row() {
    let left = table(
        &[ScalarType::Long, ScalarType::String],
        vec![vec![1.into_value(), "first".into()], vec![1.into_value(), "second".into()]],
    );
    let on = vec![(Expr::column(0, ScalarType::Long), Expr::column(0, ScalarType::Long))];
    let found = run(&join(JoinKind::InnerUnique, &values(left), &values(longs(&[1, 1])), on));
    assert_eq!(found.len(), 2);
    assert!(rows(&found).iter().all(|row| row[1] == Value::from("first")));
}

trait IntoValue {
    fn into_value(self) -> Value;
}

impl IntoValue for i64 {
    fn into_value(self) -> Value {
        Value::Long(self)
    }
}
