//! Provenance over random pipelines: it never changes an answer, and it is what a naive model finds row by row.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::lineage_graph::LineageGraph;
use super::trace::Trace;
use crate::column::Table;
use crate::database::{Database, Options};
use crate::types::{DateTime, Dynamic, ScalarType, Schema, Value};

/// A row of the test's tables: a key, a number, a list.
type Raw = (u8, i64, Option<Vec<i64>>);

fn raw_rows(max: usize) -> impl Strategy<Value = Vec<Raw>> {
    let list = prop::option::of(prop::collection::vec(0_i64..5, 0..4));
    prop::collection::vec((0_u8..4, 0_i64..8, list), 0..max)
}

fn key(number: u8) -> String {
    ["a", "b-a", "c", ""].get(usize::from(number)).map_or_else(String::new, |it| (*it).to_owned())
}

fn table(rows: &[Raw]) -> Table {
    let schema =
        Schema::new([("k", ScalarType::String), ("n", ScalarType::Long), ("d", ScalarType::Dynamic)]);
    let rows = rows.iter().map(|(k, n, d)| {
        let list = d.as_ref().map_or(Value::Null, |items| {
            Value::Dynamic(Dynamic::array(items.iter().map(|it| Dynamic::Long(*it)).collect()))
        });
        vec![Value::from(key(*k).as_str()), Value::Long(*n), list]
    });
    Table::from_rows(schema, rows)
}

fn database(t: &[Raw], u: &[Raw]) -> Database {
    let mut database = Database::new();
    database.insert("T", table(t)).insert("U", table(u));
    database.define("Some", "(least: long) { U | where n >= least }").unwrap();
    database
}

/// Operators over rows of the columns `k`, `n`, `d` that give rows of these columns.
fn operator() -> impl Strategy<Value = String> {
    let small = 0_i64..6;
    let kind = prop::sample::select(vec![
        "inner",
        "innerunique",
        "leftouter",
        "rightouter",
        "fullouter",
        "leftsemi",
        "leftanti",
        "rightsemi",
        "rightanti",
    ]);
    let fixed = prop::sample::select(vec![
        "where k == 'a' or n < 3 and isnotempty(k)",
        "where k in ((U | where n > 2 | project k))",
        "where n >= toscalar(U | summarize min(n))",
        "where k in (Known)",
        "project d, n, k | project-reorder k, n, d",
        "extend n = n * 2, d = iff(n > 4, d, dynamic([7]))",
        "summarize n = sum(n), d = make_list(n) by k",
        "summarize d = make_set(n), n = count() by k, b = bin(n, 2) | project-away b",
        "summarize arg_max(n, *) by k",
        "summarize k = strcat_array(make_set(k), ''), n = 2 * count(), d = make_list(n)",
        "distinct k, n | extend d = dynamic([3, 4])",
        "union U",
        "union (Known | extend n = 1, d = dynamic(null)), (U | take 2)",
        "union withsource = s U | where s != 'x' | project-away s",
        "sort by n asc, k desc",
        "order by k",
        "mv-expand x = d to typeof(long) | extend n = n + coalesce(x, 0) | project-away x",
        "mv-expand with_itemindex = i d | extend n = n + i | project-away i",
        "parse k with * 'a' rest | project k = strcat(k, rest), n, d",
        "parse-where k with head '-' tail | project k = head, n, d",
        "serialize r = row_number() | where r % 2 == 1 | project-away r",
        "sort by n | where prev(n) != n",
        "as X | join kind=leftsemi (X | where n > 2) on k",
        "invoke Twice()",
        "union (Some(3))",
        "lookup kind=inner (U | summarize m = max(n) by k) on k | project k, n = m, d",
        "lookup (datatable(k: string, m: long)['a', 1, 'c', 2, 'c', 3]) on k | project k, n = coalesce(m, n), d",
        "render table",
        "partition by k (top 2 by n asc)",
        "partition by k (summarize n = sum(n), d = make_list(n) | extend k = toscalar(k) | project k, n, d)",
        "partition hint.strategy=native by n (as P | extend n = n + toscalar(P | count) | where k != 'c')",
        "partition by k {U | where k == toscalar(k) or n > 5 | take 3}",
        "partition by k (join kind=inner U on n | project k = k1, n, d)",
        "partition by k (sort by n asc | where prev(n) != n)",
        "partition by k (partition by n (take 1 | extend d = pack_array(toscalar(k), toscalar(n))))",
        "mv-apply x = d to typeof(long) on (where x != n | top 2 by x asc) | project k, n = x, d",
        "mv-apply d on (summarize d = make_list(d), n = count())  | project k, n, d",
        "mv-apply with_itemindex = i x = d to typeof(long) on (join kind=leftouter U on $left.x == $right.n | where i < 2) \
         | project k = strcat(k, k1), n = i, d",
        "make-series c = count() on n step 2 by k | mv-expand n to typeof(long), c to typeof(long) \
         | project k, n, d = pack_array(c)",
        "top-nested 2 of k with others = 'x' by sum(n), top-nested 2 of n by count() \
         | project k, n, d = pack_array(aggregated_k, aggregated_n)",
        "sort by n asc | scan with_match_id = i declare (m: long) with (step s1 output=last: n % 2 == 0 => m = n; \
         step s2: n > s1.n => m = s1.n + n + s2.n;) | project k, n = coalesce(m, n), d = pack_array(i)",
        "reduce by k | project k = Pattern, n = Count, d = dynamic([1])",
        "extend bag = bag_pack('k', k, 'n', n) | project bag, d | evaluate bag_unpack(bag) : (k: string, n: long, d: dynamic)",
    ]);
    prop_oneof![
        4 => fixed.prop_map(str::to_owned),
        1 => small.clone().prop_map(|n| format!("where n > {n}")),
        1 => small.clone().prop_map(|n| format!("take {n}")),
        1 => small.clone().prop_map(|n| format!("top {n} by n desc")),
        2 => (kind, small).prop_map(|(kind, n)| {
            let join = format!("join kind={kind} (U | where n != {n}) on k");
            match kind {
                "leftsemi" | "leftanti" | "rightsemi" | "rightanti" => join,
                _ => format!("{join} | project k = strcat(k, k1), n = coalesce(n, n1), d"),
            }
        }),
    ]
}

fn query(operators: &[String]) -> String {
    let lets = "let Known = T | where n > 1 | summarize count() by k | where count_ > 1 | project k;\n\
                let Twice = (R: (k: string, n: long, d: dynamic)) { R | union (R | where n > 3) };\n";
    operators.iter().fold(format!("{lets}T"), |text, operator| format!("{text}\n| {operator}"))
}

fn sorted(table: &Table) -> Vec<String> {
    let mut rows: Vec<String> = table.rows().map(|row| format!("{row:?}")).collect();
    rows.sort();
    rows
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn provenance_never_changes_an_answer(
        t in raw_rows(12),
        u in raw_rows(8),
        operators in prop::collection::vec(operator(), 1..7),
        (chunk_rows, threads) in (1_usize..20, 1_usize..3),
    ) {
        let database = database(&t, &u);
        let text = query(&operators);
        let query = database.compile(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let options = Options::new(DateTime::UNIX_EPOCH).chunk_rows(chunk_rows).threads(threads);
        let expected = query.run(&database, &options.clone().without_optimizer()).unwrap();
        let explained = query.explain_with(&database, &options, |explained, run| {
            let trace = Trace::new([explained.answers[0].plan], run)?;
            Ok(trace.relation(trace.roots[0]).table.clone())
        });
        let explained = explained.map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(&explained, &expected.clone().with_visualization(None), "{}", text);
        let chooses = ["take", "top"].iter().any(|word| text.contains(word));
        if !chooses && !text.contains("prev") && !text.contains("row_number") {
            prop_assert_eq!(sorted(&query.run(&database, &options).unwrap()), sorted(&expected), "{}", text);
        }
        // And every question has an answer.
        let explanation = query.explain(&database, &options).unwrap();
        prop_assert_eq!(explanation.rows, expected.len());
        let rows: Vec<super::RowRef> = (0..t.len()).map(|row| super::RowRef::new("T", row)).collect();
        let why = query.why(&database, &options, &rows).unwrap();
        for trace in &why.traces {
            for row in &trace.results {
                let lineage = query.origins(&database, &options, *row).unwrap();
                prop_assert!(lineage.sources.iter().any(|it| it.row == trace.row), "{}\n{}", text, trace.row);
            }
        }
    }

    #[test]
    fn lineage_is_what_a_naive_model_finds(
        t in raw_rows(12),
        u in raw_rows(8),
        operators in prop::collection::vec(modelled(), 1..7),
    ) {
        let database = database(&t, &u);
        let text = operators.iter().fold("T".to_owned(), |text, it| format!("{text}\n| {}", it.text()));
        let query = database.compile(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let options = Options::new(DateTime::UNIX_EPOCH);
        let found = query.explain_with(&database, &options, |explained, run| {
            let trace = Trace::new([explained.answers[0].plan], run)?;
            let graph = LineageGraph::new(&trace);
            let table = &trace.relation(trace.roots[0]).table;
            let mut rows = Vec::new();
            for row in 0..table.len() {
                let mut from = BTreeSet::new();
                for (id, numbers) in graph.sources(trace.roots[0], row)? {
                    let crate::plan::Node::Scan { table } = &trace.relation(id).plan.node else { continue };
                    from.extend(numbers.into_iter().map(|number| (table.clone(), number)));
                }
                let cell = |name: &str| table.value(row, name).unwrap_or_default();
                let k = cell("k").as_str().unwrap_or_default().to_owned();
                rows.push(Row { k, n: cell("n").as_long().unwrap_or_default(), from });
            }
            Ok(rows)
        });
        let found = found.map_err(|error| TestCaseError::fail(error.to_string()))?;
        let begin = |name: &str, rows: &[Raw]| -> Vec<Row> {
            let row = |(number, (k, n, _)): (usize, &Raw)| {
                Row { k: key(*k), n: *n, from: BTreeSet::from([(name.to_owned(), number)]) }
            };
            rows.iter().enumerate().map(row).collect()
        };
        let right = begin("U", &u);
        let expected = operators.iter().fold(begin("T", &t), |rows, operator| operator.model(rows, &right));
        prop_assert_eq!(found, expected, "{}", text);
    }
}

/// A row of the model: its cells and the source rows that it was made of.
#[derive(Debug, Clone, PartialEq)]
struct Row {
    k: String,
    n: i64,
    from: BTreeSet<(String, usize)>,
}

/// An operator of the model.
#[derive(Debug, Clone)]
enum Modelled {
    Where(i64),
    Project(i64),
    Count,
    Sum,
    Distinct,
    Inner(i64),
    Semi(i64),
    Anti(i64),
    Union,
    Sort,
    Take(usize),
    /// `mv-apply` over the numbers from 1 to the remainder of `n`.
    Items,
    /// `partition by k`
    Partition(Vec<Modelled>),
}

fn modelled() -> impl Strategy<Value = Modelled> {
    let inner = || prop::collection::vec(simple(), 1..4);
    let outer = prop_oneof![
        3 => inner(),
        1 => inner().prop_map(|inner| vec![Modelled::Where(1), Modelled::Partition(inner)]),
    ];
    prop_oneof![3 => simple(), 1 => outer.prop_map(Modelled::Partition)]
}

fn simple() -> impl Strategy<Value = Modelled> {
    prop_oneof![
        Just(Modelled::Items),
        (0_i64..6).prop_map(Modelled::Where),
        (0_i64..3).prop_map(Modelled::Project),
        Just(Modelled::Count),
        Just(Modelled::Sum),
        Just(Modelled::Distinct),
        (0_i64..6).prop_map(Modelled::Inner),
        (0_i64..6).prop_map(Modelled::Semi),
        (0_i64..6).prop_map(Modelled::Anti),
        Just(Modelled::Union),
        Just(Modelled::Sort),
        (0_usize..8).prop_map(Modelled::Take),
    ]
}

impl Modelled {
    fn text(&self) -> String {
        match self {
            Self::Where(n) => format!("where n > {n}"),
            Self::Project(n) => format!("project n = n + {n}, k"),
            Self::Count => "summarize n = count() by k".to_owned(),
            Self::Sum => "summarize n = sum(n) by k".to_owned(),
            Self::Distinct => "distinct k, n".to_owned(),
            Self::Inner(n) => format!("join kind=inner (U | where n > {n}) on k | project k, n = n + n1"),
            Self::Semi(n) => format!("join kind=leftsemi (U | where n > {n}) on k"),
            Self::Anti(n) => format!("join kind=leftanti (U | where n > {n}) on k"),
            Self::Union => "union (U | project k, n)".to_owned(),
            Self::Sort => "sort by n asc".to_owned(),
            Self::Take(n) => format!("take {n}"),
            Self::Items => {
                let body = "where i > 1 | summarize n = sum(i)";
                format!("mv-apply i = range(1, n % 3, 1) to typeof(long) on ({body})")
            }
            Self::Partition(body) => {
                let body: Vec<String> = body.iter().map(Self::text).collect();
                format!("partition hint.strategy=native by k ({})", body.join(" | "))
            }
        }
    }

    /// The operator, row by row.
    fn model(&self, rows: Vec<Row>, right: &[Row]) -> Vec<Row> {
        let partners = |row: &Row, min: i64| -> Vec<Row> {
            right.iter().filter(|it| it.n > min && it.k == row.k).cloned().collect()
        };
        match self {
            Self::Where(n) => rows.into_iter().filter(|row| row.n > *n).collect(),
            Self::Project(n) => rows.into_iter().map(|row| Row { n: row.n + n, ..row }).collect(),
            Self::Count => grouped(&rows, |row| row.k.clone(), |_| 1),
            Self::Sum => grouped(&rows, |row| row.k.clone(), |row| row.n),
            Self::Distinct => {
                let counted = grouped(&rows, |row| (row.k.clone(), row.n), |_| 1);
                let summed = grouped(&rows, |row| (row.k.clone(), row.n), |row| row.n);
                // All rows of a group have the same number.
                let number = |(count, sum): (Row, Row)| Row { n: sum.n / count.n, ..sum };
                counted.into_iter().zip(summed).map(number).collect()
            }
            Self::Inner(min) => rows
                .iter()
                .flat_map(|row| {
                    partners(row, *min).into_iter().map(|partner| Row {
                        k: row.k.clone(),
                        n: row.n + partner.n,
                        from: row.from.union(&partner.from).cloned().collect(),
                    })
                })
                .collect(),
            Self::Semi(min) => rows
                .into_iter()
                .filter_map(|mut row| {
                    let found = partners(&row, *min);
                    row.from.extend(found.iter().flat_map(|it| it.from.iter().cloned()));
                    (!found.is_empty()).then_some(row)
                })
                .collect(),
            Self::Anti(min) => rows.into_iter().filter(|row| partners(row, *min).is_empty()).collect(),
            Self::Union => rows.into_iter().chain(right.iter().cloned()).collect(),
            Self::Sort => {
                let mut rows = rows;
                rows.sort_by_key(|row| row.n);
                rows
            }
            Self::Take(n) => rows.into_iter().take(*n).collect(),
            // The numbers of a negative row are those of its remainder, which is not negative.
            Self::Items => rows
                .into_iter()
                .filter(|row| row.n.rem_euclid(3) > 0)
                .map(|row| Row { n: (2..=row.n.rem_euclid(3)).sum(), ..row })
                .collect(),
            Self::Partition(body) => {
                let mut parts: Vec<Vec<Row>> = Vec::new();
                for row in rows {
                    match parts.iter_mut().find(|part| part[0].k == row.k) {
                        Some(part) => part.push(row),
                        None => parts.push(vec![row]),
                    }
                }
                let run = |part| body.iter().fold(part, |rows, operator| operator.model(rows, right));
                parts.into_iter().flat_map(run).collect()
            }
        }
    }
}

/// Groups in the order in which they are first seen; their number is a sum.
fn grouped<K: PartialEq>(rows: &[Row], key: impl Fn(&Row) -> K, number: impl Fn(&Row) -> i64) -> Vec<Row> {
    let mut groups: Vec<(K, Row)> = Vec::new();
    for row in rows {
        let own = key(row);
        match groups.iter_mut().find(|(key, _)| *key == own) {
            Some((_, group)) => {
                group.n += number(row);
                group.from.extend(row.from.iter().cloned());
            }
            None => groups.push((own, Row { n: number(row), ..row.clone() })),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}
