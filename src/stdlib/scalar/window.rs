//! Functions of a row's place among the others, over rows in their order. It must not know what fixed that order.

use crate::column::{
    Column, DateTimeType, DecimalType, Element, IntType, LongType, NO_ROW, RealType, TimeSpanType,
};
use crate::function::kinds::{BOOL, DATETIME, LONG, NOT_DYNAMIC, NUMBER, SCALAR, TIMESPAN, returns};
use crate::function::{
    Call, Category, Example, Kernel, Result, Returns, ScalarFunction, Signature, signatures,
};
use crate::types::{DateTime, Decimal, ScalarType, Value};

const BASE: ScalarFunction = ScalarFunction { category: Category::Window, ..ScalarFunction::DEFAULT };

const NEIGHBOUR: &[Signature] = signatures![
    (column: SCALAR.column(), offset: LONG.optional(), default_value: SCALAR.constant().optional())
        -> Returns::First
];
const RANK: &[Signature] = signatures![(term: NOT_DYNAMIC, restart: BOOL.optional()) -> returns::LONG];

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "row_number",
        summary: "The row's number, from 1 or another start; it starts again where a condition holds.",
        signatures: signatures![(startingIndex: LONG.optional(), restart: BOOL.optional()) -> returns::LONG],
        kernel: Kernel::Window(row_number),
        examples: &[Example {
            query: "toscalar(range a from 1 to 3 step 1 | serialize n = row_number(7) | summarize max(n))",
            result: "9",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "prev",
        summary: "A column's value some rows before; a default or null where there is no such row.",
        signatures: NEIGHBOUR,
        kernel: Kernel::Window(|call| neighbour(call, -1)),
        examples: &[Example {
            query: "toscalar(range a from 1 to 3 step 1 | serialize p = prev(a, 1, 10) | summarize sum(p))",
            result: "13",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "next",
        summary: "A column's value some rows after; a default or null where there is no such row.",
        signatures: NEIGHBOUR,
        kernel: Kernel::Window(|call| neighbour(call, 1)),
        examples: &[Example {
            query: "toscalar(range a from 1 to 3 step 1 | serialize n = next(a) | summarize sum(n))",
            result: "5",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "row_cumsum",
        summary: "The sum of a column up to the row; it starts again where a condition holds.",
        signatures: signatures![(term: NUMBER, restart: BOOL.optional()) -> Returns::First],
        kernel: Kernel::Window(row_cumsum),
        examples: &[Example {
            query: "toscalar(range a from 1 to 3 step 1 | serialize s = row_cumsum(a) | summarize max(s))",
            result: "6",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "row_rank_dense",
        summary: "The row's rank: one more for each change of a term, from 1 again where a condition holds.",
        signatures: RANK,
        kernel: Kernel::Window(|call| rank(call, |rank, _| rank + 1)),
        examples: &[Example {
            query: "toscalar(datatable(x: long) [2, 3, 3, 9] | serialize r = row_rank_dense(x) | summarize max(r))",
            result: "3",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "row_rank_min",
        summary: "The row's rank: the number of the first row with the same term, from 1 again where a condition holds.",
        signatures: RANK,
        kernel: Kernel::Window(|call| rank(call, |_, number| number)),
        examples: &[Example {
            query: "toscalar(datatable(x: long) [2, 3, 3, 9] | serialize r = row_rank_min(x) | summarize max(r))",
            result: "4",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "row_rank",
        summary: "The row's rank: one more for each change of a column. `row_rank_dense` is its newer name.",
        signatures: signatures![
            (column: NOT_DYNAMIC, dense: BOOL.constant().optional()) -> returns::LONG
        ],
        kernel: Kernel::Window(row_rank),
        examples: &[
            Example {
                query: "toscalar(datatable(x: long) [2, 3, 3, 9] | serialize r = row_rank(x) | summarize max(r))",
                result: "3",
            },
            Example {
                query: "toscalar(datatable(x: long) [5, 5] | serialize r = row_rank(x, true) | summarize max(r))",
                result: "1",
            },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "row_window_session",
        summary: "The start of the row's session, which ends by its length, by a gap, or where a condition holds.",
        signatures: signatures![
            (expr: DATETIME, maxDistanceFromFirst: TIMESPAN, maxDistanceBetweenNeighbors: TIMESPAN,
                restart: BOOL.optional()) -> Returns::First
        ],
        kernel: Kernel::Window(sessions),
        examples: &[Example {
            query: "toscalar(range t from datetime(2024-04-11) to datetime(2024-04-11 01:00) step 20m \
                | serialize s = row_window_session(t, 1h, 30m) | summarize max(s))",
            result: "\"2024-04-11T01:00:00Z\"",
        }],
        ..BASE
    },
];

/// Whether a row starts anew, by an argument that may be left out. The first row always does.
fn restarts(call: &Call<'_>, at: usize) -> Result<Vec<bool>> {
    let mut anew = match call.arguments.get(at) {
        None => vec![false; call.rows],
        Some(_) => {
            let column = call.argument_as(at, ScalarType::Bool)?;
            let mut anew = vec![false; call.rows];
            for row in column.true_rows() {
                if let Some(it) = anew.get_mut(row as usize) {
                    *it = true;
                }
            }
            anew
        }
    };
    if let Some(first) = anew.first_mut() {
        *first = true;
    }
    Ok(anew)
}

fn row_number(call: &Call<'_>) -> Result<Column> {
    let anew = restarts(call, 1)?;
    let starts = match call.arguments.first() {
        None => Column::constant(1_i64.into(), ScalarType::Long, call.rows),
        Some(_) => call.argument_as(0, ScalarType::Long)?,
    };
    let starts = call.view::<LongType>(&starts)?;
    let mut number = None;
    let numbers = anew.iter().enumerate().map(|(row, anew)| {
        number = if *anew { starts.get(row) } else { number.map(|it: i64| it.wrapping_add(1)) };
        number
    });
    Ok(LongType::build(numbers))
}

fn neighbour(call: &Call<'_>, direction: i64) -> Result<Column> {
    let column = call.argument(0)?;
    let offsets = match call.arguments.get(1) {
        None => Column::constant(1_i64.into(), ScalarType::Long, call.rows),
        Some(_) => call.argument_as(1, ScalarType::Long)?,
    };
    // Recorded answers refuse it.
    if offsets.as_constant() == Some(&Value::Long(0)) {
        return Err(call.fail("the offset must not be 0"));
    }
    let offsets = call.view::<LongType>(&offsets)?;
    let source = |row: usize| -> Result<u32> {
        let Some(offset) = offsets.get(row) else {
            call.doubt("an offset that is null", "the result is as where there is no such row", "null")?;
            return Ok(NO_ROW);
        };
        if offset <= 0 {
            // So many rows back, read as a number, is the row itself or one ahead.
            call.doubt("an offset that is not positive", "rows are counted the other way", offset)?;
        }
        let at = (row as i64).checked_add(offset.saturating_mul(direction));
        let at = at.and_then(|at| usize::try_from(at).ok()).filter(|at| *at < call.rows);
        Ok(at.map_or(NO_ROW, |at| at as u32))
    };
    let mut rows = (0..call.rows).map(source).collect::<Result<Vec<u32>>>()?;
    let data_type = column.scalar_type();
    let default = call.constant(2).map(|value| value.convert(data_type)).filter(|value| !value.is_null());
    let Some(default) = default else { return Ok(column.take(&rows)) };
    // The default is one more row behind the others.
    rows.iter_mut().filter(|row| **row == NO_ROW).for_each(|row| *row = call.rows as u32);
    let extended = Column::concat(data_type, &[column.clone(), Column::constant(default, data_type, 1)]);
    Ok(extended.take(&rows))
}

fn row_cumsum(call: &Call<'_>) -> Result<Column> {
    match call.returns {
        ScalarType::Int => running::<IntType>(call, i32::wrapping_add),
        ScalarType::Real => running::<RealType>(call, |sum, term| sum + term),
        ScalarType::Decimal => running_decimals(call),
        _ => running::<LongType>(call, i64::wrapping_add),
    }
}

/// A term of a running sum. A null adds nothing, as it adds nothing to a `sum`.
fn term<T: Default>(call: &Call<'_>, term: Option<T>) -> Result<T> {
    match term {
        Some(term) => Ok(term),
        None => {
            call.doubt("a term that is null", "it adds nothing to the sum", "null")?;
            Ok(T::default())
        }
    }
}

/// Running sums of terms of one type.
fn running<E>(call: &Call<'_>, add: impl Fn(E::Owned, E::Owned) -> E::Owned) -> Result<Column>
where
    E: for<'a> Element<Item<'a> = <E as Element>::Owned>,
    E::Owned: Copy + Default,
{
    let anew = restarts(call, 1)?;
    let column = call.argument_as(0, E::TYPE)?;
    let terms = call.view::<E>(&column)?;
    let mut sum = E::Owned::default();
    let mut sums = Vec::with_capacity(call.rows);
    for (row, anew) in anew.iter().enumerate() {
        let term = term(call, terms.get(row))?;
        sum = if *anew { term } else { add(sum, term) };
        sums.push(Some(sum));
    }
    Ok(E::build(sums.into_iter()))
}

fn running_decimals(call: &Call<'_>) -> Result<Column> {
    let anew = restarts(call, 1)?;
    let column = call.argument_as(0, ScalarType::Decimal)?;
    let terms = call.view::<DecimalType>(&column)?;
    let mut sum = Decimal::default();
    let mut sums = Vec::with_capacity(call.rows);
    for (row, anew) in anew.iter().enumerate() {
        let term = term(call, terms.get(row))?;
        let before = if *anew { Decimal::default() } else { sum };
        let added = before.0.checked_add(term.0);
        sum = Decimal(added.ok_or_else(|| call.fail("the sum is too large for a decimal"))?);
        sums.push(Some(sum));
    }
    Ok(DecimalType::build(sums.into_iter()))
}

/// Which rows hold another value than the row before.
fn changes(column: &Column, rows: usize) -> Vec<bool> {
    let by = |differs: &dyn Fn(usize, usize) -> bool| -> Vec<bool> {
        (0..rows).map(|row| row > 0 && differs(row - 1, row)).collect()
    };
    match column {
        Column::Constant(_) => vec![false; rows],
        Column::String(it) => by(&|a, b| it.get(a) != it.get(b)),
        Column::Long(it) | Column::DateTime(it) | Column::TimeSpan(it) => by(&|a, b| it.get(a) != it.get(b)),
        _ => by(&|a, b| match (column.value(a), column.value(b)) {
            (Value::Real(a), Value::Real(b)) => a != b && !(a.is_nan() && b.is_nan()),
            (a, b) => a != b,
        }),
    }
}

/// Ranks: 1 at a start, and at a change what `next` gives for the rank before and the row's number.
fn rank(call: &Call<'_>, next: impl Fn(i64, i64) -> i64) -> Result<Column> {
    let anew = restarts(call, 1)?;
    let changed = changes(call.argument(0)?, call.rows);
    let (mut rank, mut number) = (0, 0);
    let ranks = anew.iter().zip(&changed).map(|(anew, changed)| {
        (rank, number) = match (anew, changed) {
            (true, _) => (1, 1),
            (false, true) => (next(rank, number + 1), number + 1),
            (false, false) => (rank, number + 1),
        };
        rank
    });
    Ok(Column::longs(ranks.collect()))
}

/// Source: an older page, which has the ranks of `row_rank_dense`. It does not have the parameter that the parser knows.
fn row_rank(call: &Call<'_>) -> Result<Column> {
    if call.count() > 1 && call.constant(1) != Some(&Value::Bool(true)) {
        return Err(call.fail("ranks that are not dense are not supported: row_rank_min gives some"));
    }
    let column = call.arguments.get(..1).unwrap_or_default();
    rank(&Call { arguments: column, ..*call }, |rank, _| rank + 1)
}

fn sessions(call: &Call<'_>) -> Result<Column> {
    let anew = restarts(call, 3)?;
    let instants = call.argument_as(0, ScalarType::DateTime)?;
    let (longest, widest) =
        (call.argument_as(1, ScalarType::TimeSpan)?, call.argument_as(2, ScalarType::TimeSpan)?);
    let instants = call.view::<DateTimeType>(&instants)?;
    let (longest, widest) = (call.view::<TimeSpanType>(&longest)?, call.view::<TimeSpanType>(&widest)?);
    // The session's start and the instant of the row before; none after a null.
    let mut open: Option<(DateTime, DateTime)> = None;
    let mut starts = Vec::with_capacity(call.rows);
    for (row, anew) in anew.iter().enumerate() {
        // A session goes on where an instant is below each limit; nothing is below a null.
        let limits = longest.get(row).zip(widest.get(row));
        if limits.is_none() {
            call.doubt("a distance that is null", "the row starts a session", "null")?;
        }
        open = instants.get(row).map(|now| match (open, limits) {
            (Some((start, before)), Some((longest, widest)))
                if !anew
                    && now.0 < start.0.saturating_add(longest.0)
                    && now.0 < before.0.saturating_add(widest.0) =>
            {
                (start, now)
            }
            _ => (now, now),
        });
        starts.push(open.map(|(start, _)| start));
    }
    Ok(DateTimeType::build(starts.into_iter()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::BoolType;
    use crate::function::testing::{call, doubted};
    use crate::types::TimeSpan;

    fn longs(values: &[i64]) -> Column {
        Column::longs(values.to_vec())
    }

    fn bools(values: &[bool]) -> Column {
        BoolType::build(values.iter().map(|it| Some(*it)))
    }

    fn number(value: i64, rows: usize) -> Column {
        Column::constant(value.into(), ScalarType::Long, rows)
    }

    #[track_caller]
    fn check(name: &str, arguments: &[Column], expected: &[i64]) {
        let found: Vec<Value> = call(FUNCTIONS, name, arguments).values().collect();
        let expected: Vec<Value> = expected.iter().map(|it| Value::Long(*it)).collect();
        assert_eq!(found, expected, "{name}");
    }

    #[test]
    fn numbers_start_again() {
        let restart = bools(&[false, false, true, false]);
        check("row_number", &[number(1, 4)], &[1, 2, 3, 4]);
        check("row_number", &[number(7, 4), restart.clone()], &[7, 8, 7, 8]);
        check("row_cumsum", &[longs(&[1, 2, 3, 4])], &[1, 3, 6, 10]);
        check("row_cumsum", &[longs(&[1, 2, 3, i64::MAX]), restart], &[1, 3, 3, i64::MIN + 2]);
    }

    // Expectations: Microsoft's pages of the functions.
    #[test]
    fn ranks() {
        let terms = longs(&[2, 3, 3, 3, 100]);
        check("row_rank_dense", std::slice::from_ref(&terms), &[1, 2, 2, 2, 3]);
        check("row_rank_min", std::slice::from_ref(&terms), &[1, 2, 2, 2, 5]);
        let restart = bools(&[false, false, false, true, false]);
        check("row_rank_dense", &[terms.clone(), restart.clone()], &[1, 2, 2, 1, 2]);
        check("row_rank_min", &[terms, restart], &[1, 2, 2, 1, 2]);
    }

    #[test]
    fn neighbours() {
        let column = longs(&[1, 2, 3]);
        check("prev", &[column.clone(), number(1, 3), number(10, 3)], &[10, 1, 2]);
        check("next", &[column.clone(), number(2, 3), number(10, 3)], &[3, 10, 10]);
        check("next", &[column.clone(), number(i64::MAX, 3), number(0, 3)], &[0, 0, 0]);
        let found: Vec<Value> = call(FUNCTIONS, "prev", &[column]).values().collect();
        assert_eq!(found, [Value::Null, Value::Long(1), Value::Long(2)]);
        let texts = Column::String(["a", "b"].into_iter().collect());
        let found: Vec<Value> = call(FUNCTIONS, "next", &[texts]).values().collect();
        assert_eq!(found, [Value::from("b"), Value::from("")]);
    }

    // Recorded answers refuse an offset of 0.
    #[test]
    fn an_offset_is_not_zero() {
        let function = crate::function::testing::find(FUNCTIONS, "prev");
        for rows in [0, 2] {
            let column = longs(&vec![1; rows]);
            assert!(crate::function::testing::call_all(function, &[column, number(0, rows)]).is_err());
        }
    }

    #[test]
    fn what_is_not_known_is_in_doubt() {
        doubted(FUNCTIONS, "row_cumsum", &[Value::Null], 0_i64);
        doubted(FUNCTIONS, "prev", &[1_i64.into(), (-1_i64).into()], Value::Null);
        let gap = LongType::build([Some(1), None, Some(2)].into_iter());
        check("row_cumsum", std::slice::from_ref(&gap), &[1, 1, 3]);
        check("prev", &[longs(&[7, 8, 9]), number(-1, 3), number(0, 3)], &[8, 9, 0]);
        let found: Vec<Value> = call(FUNCTIONS, "next", &[longs(&[7, 8, 9]), gap]).values().collect();
        assert_eq!(found, [Value::Long(8), Value::Null, Value::Null]);
        let at = |second: i64| Value::DateTime(DateTime(second * TimeSpan::SECOND));
        let null = Column::constant(Value::Null, ScalarType::TimeSpan, 2);
        let instants = Column::from_values(ScalarType::DateTime, &[at(1), at(2)]);
        let hours = Column::constant(TimeSpan(TimeSpan::HOUR).into(), ScalarType::TimeSpan, 2);
        let found = call(FUNCTIONS, "row_window_session", &[instants.clone(), hours, null]);
        assert_eq!(found, instants);
    }

    // The first rows are Microsoft's example; the last ones show a null and a session that is too long.
    #[test]
    fn sessions_end_by_length_gap_and_restart() {
        let rows =
            ["10:00", "11:00", "10:16", "10:18", "13:30", "11:30", "", "12:00", "12:04", "12:08", "12:12"];
        let at = |time: &str| DateTime::parse(&format!("2024-04-11 {time}")).filter(|_| !time.is_empty());
        let restart: Vec<bool> = rows.iter().map(|row| ["10:16", "11:30"].contains(row)).collect();
        let span = |ticks: i64| Column::constant(TimeSpan(ticks).into(), ScalarType::TimeSpan, rows.len());
        let (longest, widest) = (span(12 * TimeSpan::MINUTE), span(5 * TimeSpan::MINUTE));
        let instants = DateTimeType::build(rows.iter().map(|row| at(row)));
        let found = call(FUNCTIONS, "row_window_session", &[instants, longest, widest, bools(&restart)]);
        let starts =
            ["10:00", "11:00", "10:16", "10:16", "13:30", "11:30", "", "12:00", "12:00", "12:00", "12:12"];
        assert_eq!(found, DateTimeType::build(starts.iter().map(|row| at(row))));
    }
}
