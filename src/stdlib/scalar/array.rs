//! Functions of arrays: making, reading, slicing, turning. It must not know sets or series.

use super::rows::Guard;
use crate::column::{Column, DynamicType, LongType, RealType, StringType};
use crate::function::kinds::{ARRAY, INTEGER, LONG, SCALAR, SUMMABLE, returns};
use crate::function::{
    Call, CallSite, Category, Example, Expansion, Kernel, Result, ResultName, ScalarFunction, signatures,
};
use crate::types::{DateTime, Dynamic, ScalarType, TimeSpan};

use super::dynamic::{as_long, map_dynamic, map_rows};
use super::set::{doubt_mixed, same_element};

/// The most elements that `range` makes.
const RANGE_LIMIT: usize = 1 << 20;

const BASE: ScalarFunction = ScalarFunction { category: Category::Array, ..ScalarFunction::DEFAULT };

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "array_length",
        aliases: &["arraylength"],
        summary: "How many elements an array has; null for what is no array.",
        signatures: signatures![(array: ARRAY) -> returns::LONG],
        kernel: Kernel::Rows(array_length),
        examples: &[
            Example { query: r#"array_length(dynamic([1, 2, 3, "four"]))"#, result: "4" },
            Example { query: r#"array_length(dynamic({"a": 1}))"#, result: "null" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "pack_array",
        summary: "An array of the given values.",
        signatures: signatures![
            (value: SCALAR.repeated(1, 32767)) -> returns::DYNAMIC;
            (value: SCALAR.star_only()) -> returns::DYNAMIC
        ],
        expand: Some(pack_array_of_all),
        kernel: Kernel::Rows(|call| {
            map_dynamic(call, |row| Ok(Dynamic::array(row.iter().map(|&it| it.clone()).collect())))
        }),
        examples: &[
            Example { query: "pack_array(1, '2', 4s)", result: r#"[1,"2","00:00:04"]"# },
            Example { query: "print a = 1, b = 'x' | project all = pack_array(*)", result: r#"[1,"x"]"# },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "strcat_array",
        aliases: &["array_strcat"],
        summary: "The elements of an array as one text, with a delimiter between them; null is the empty text.",
        signatures: signatures![(array: ARRAY, delimiter: SCALAR) -> returns::STRING],
        kernel: Kernel::Rows(strcat_array),
        examples: &[Example { query: "strcat_array(dynamic([1, 2, 3]), '->')", result: "\"1->2->3\"" }],
        ..BASE
    },
    ScalarFunction {
        name: "array_concat",
        summary: "Arrays one after the other, as one array; null adds nothing.",
        signatures: signatures![(array: ARRAY.repeated(1, 64)) -> returns::DYNAMIC],
        kernel: Kernel::Rows(array_concat),
        examples: &[Example {
            query: "array_concat(dynamic([1, 2, 4]), dynamic([1, 2]))",
            result: "[1,2,4,1,2]",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "array_index_of",
        summary: "Where an array has a value, counted from 0; -1 if it has not.",
        signatures: signatures![
            (array: ARRAY, value: SCALAR, start: INTEGER.optional(), length: INTEGER.optional(),
                occurrence: INTEGER.optional().constant()) -> returns::LONG
        ],
        kernel: Kernel::Rows(array_index_of),
        examples: &[
            Example { query: r#"array_index_of(dynamic(["this", "is", "an"]), "an")"#, result: "2" },
            Example { query: r#"array_index_of(dynamic(["a", "b", "a"]), "a", 0, -1, 2)"#, result: "2" },
            Example { query: r#"array_index_of(dynamic(["a", "b", "a"]), "c")"#, result: "-1" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "array_slice",
        summary: "The elements from one index to another, both included; negative ones count from the end.",
        signatures: signatures![(array: ARRAY, start: INTEGER, end: INTEGER) -> returns::DYNAMIC],
        kernel: Kernel::Rows(array_slice),
        examples: &[
            Example { query: "array_slice(dynamic([1, 2, 3, 4, 5]), 1, 2)", result: "[2,3]" },
            Example { query: "array_slice(dynamic([1, 2, 3, 4, 5]), -3, -2)", result: "[3,4]" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "array_reverse",
        summary: "An array from its end to its start.",
        signatures: signatures![(value: ARRAY) -> returns::DYNAMIC],
        kernel: Kernel::Rows(|call| {
            call.map1::<DynamicType, DynamicType>(|value| {
                value.as_array().map(|items| Dynamic::array(items.iter().rev().cloned().collect()))
            })
        }),
        examples: &[Example {
            query: r#"array_reverse(dynamic(["this", "is", 1]))"#,
            result: r#"[1,"is","this"]"#,
        }],
        ..BASE
    },
    ScalarFunction {
        name: "array_rotate_left",
        summary: "An array turned to the left: what leaves at the start comes back at the end.",
        signatures: signatures![(array: ARRAY, rotate_count: INTEGER) -> returns::DYNAMIC],
        kernel: Kernel::Rows(|call| rotate(call, 1)),
        examples: &[Example {
            query: "array_rotate_left(dynamic([1, 2, 3, 4, 5]), 2)",
            result: "[3,4,5,1,2]",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "array_rotate_right",
        summary: "An array turned to the right: what leaves at the end comes back at the start.",
        signatures: signatures![(array: ARRAY, rotate_count: INTEGER) -> returns::DYNAMIC],
        kernel: Kernel::Rows(|call| rotate(call, -1)),
        examples: &[Example {
            query: "array_rotate_right(dynamic([1, 2, 3, 4, 5]), 2)",
            result: "[4,5,1,2,3]",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "array_shift_left",
        summary: "An array moved to the left; null, or the given value, fills the end.",
        signatures: signatures![
            (array: ARRAY, shift_count: INTEGER, default_value: SCALAR.optional()) -> returns::DYNAMIC
        ],
        kernel: Kernel::Rows(|call| shift(call, 1)),
        examples: &[
            Example { query: "array_shift_left(dynamic([1, 2, 3, 4, 5]), 2)", result: "[3,4,5,null,null]" },
            Example { query: "array_shift_left(dynamic([1, 2, 3, 4, 5]), -2, -1)", result: "[-1,-1,1,2,3]" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "array_shift_right",
        summary: "An array moved to the right; null, or the given value, fills the start.",
        signatures: signatures![
            (array: ARRAY, shift_count: INTEGER, default_value: SCALAR.optional()) -> returns::DYNAMIC
        ],
        kernel: Kernel::Rows(|call| shift(call, -1)),
        examples: &[Example {
            query: "array_shift_right(dynamic([1, 2, 3, 4, 5]), 2)",
            result: "[null,null,1,2,3]",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "array_split",
        summary: "An array cut before the given indices: an array of arrays.",
        signatures: signatures![
            (array: ARRAY, index: INTEGER) -> returns::DYNAMIC;
            (array: ARRAY, indices: ARRAY) -> returns::DYNAMIC
        ],
        kernel: Kernel::Rows(array_split),
        examples: &[
            Example { query: "array_split(dynamic([1, 2, 3, 4, 5]), 2)", result: "[[1,2],[3,4,5]]" },
            Example {
                query: "array_split(dynamic([1, 2, 3, 4, 5]), dynamic([1, 3]))",
                result: "[[1],[2,3],[4,5]]",
            },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "array_iff",
        aliases: &["array_iif"],
        summary: "For each condition of an array the value of the second argument where it holds, else of the third.",
        signatures: signatures![
            (condition_array: ARRAY, when_true: SCALAR, when_false: SCALAR) -> returns::DYNAMIC
        ],
        kernel: Kernel::Rows(array_iff),
        examples: &[
            Example {
                query: "array_iff(dynamic([true, false, true]), dynamic([1, 2, 3]), dynamic([4, 5, 6]))",
                result: "[1,5,3]",
            },
            Example { query: "array_iff(dynamic([1, 0, 50]), 'yes', 'no')", result: r#"["yes","no","yes"]"# },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "array_sum",
        summary: "The sum of an array's numbers; null if it holds anything else.",
        signatures: signatures![(array: ARRAY) -> returns::REAL],
        kernel: Kernel::Rows(|call| call.map1::<DynamicType, RealType>(array_sum)),
        examples: &[Example { query: "array_sum(dynamic([1, 2, 3, 4]))", result: "10.0" }],
        ..BASE
    },
    ScalarFunction {
        name: "zip",
        summary: "Arrays side by side: an array of arrays, as long as the longest; null fills up the others.",
        signatures: signatures![(array: ARRAY.repeated(2, 64)) -> returns::DYNAMIC],
        kernel: Kernel::Rows(zip),
        examples: &[Example {
            query: r#"zip(dynamic(["A", 1, 1.5]), dynamic([{}, "B"]))"#,
            result: r#"[["A",{}],[1,"B"],[1.5,null]]"#,
        }],
        ..BASE
    },
    ScalarFunction {
        name: "repeat",
        summary: "An array that holds one value a number of times; null if the number is negative.",
        signatures: signatures![(value: SCALAR, count: LONG) -> returns::DYNAMIC],
        result_name: ResultName::PrefixAndFirstArgument("repeat"),
        kernel: Kernel::Rows(|call| {
            map_dynamic(call, |row| {
                let [value, count] = row else { return Ok(Dynamic::Null) };
                let Some(count) = as_long(count).and_then(|n| usize::try_from(n).ok()) else {
                    return Ok(Dynamic::Null);
                };
                call.reserve(count.saturating_mul(size_of::<Dynamic>()))?;
                Ok(Dynamic::array(vec![(*value).clone(); count]))
            })
        }),
        examples: &[
            Example { query: "repeat(1, 3)", result: "[1,1,1]" },
            Example { query: "repeat('a', 0)", result: "[]" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "range",
        summary: "An array of equally spaced numbers or times, up to and including the second argument.",
        signatures: signatures![
            (start: SUMMABLE, stop: SUMMABLE, step: SUMMABLE.optional()) -> returns::DYNAMIC
        ],
        kernel: Kernel::Rows(range),
        examples: &[
            Example { query: "range(1, 8, 3)", result: "[1,4,7]" },
            Example { query: "range(1h, 3h)", result: r#"["01:00:00","02:00:00","03:00:00"]"# },
            Example {
                query: "range(datetime(2007-01-01), datetime(2007-01-02), 1d)",
                result: r#"["2007-01-01T00:00:00.0000000Z","2007-01-02T00:00:00.0000000Z"]"#,
            },
        ],
        ..BASE
    },
];

/// `pack_array(*)`: all columns of the row.
fn pack_array_of_all(site: &mut dyn CallSite) -> Option<Expansion> {
    if site.argument_count() != 1 || !site.is_star(0) {
        return None;
    }
    let columns = site.columns();
    let known = site.has_all_columns() && columns.iter().all(|column| column.data_type.is_some());
    Some(match columns.len() {
        count @ 1.. if known => {
            Expansion::Kernel((0..count).map(Expansion::Column).collect(), ScalarType::Dynamic)
        }
        _ => Expansion::Unknown(Some(ScalarType::Dynamic)),
    })
}

fn strcat_array(call: &Call<'_>) -> Result<Column> {
    let delimiter = call.argument_as(1, ScalarType::String)?;
    let array = call.argument_as(0, ScalarType::Dynamic)?;
    let arguments = [array, delimiter];
    let call = Call { arguments: &arguments, ..*call };
    let guard = Guard::new(&call);
    let column = call.map2::<DynamicType, StringType, StringType>(|array, delimiter| {
        guard.row(|| {
            let Some(items) = array.as_array() else { return Ok(None) };
            let mut out = call.text();
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(delimiter)?;
                }
                match item {
                    Dynamic::String(text) => out.push(text)?,
                    item => out.push(&call.text_of(item)?)?,
                }
            }
            Ok(Some(out.finish()))
        })
    });
    guard.finish(column)
}

fn array_concat(call: &Call<'_>) -> Result<Column> {
    map_dynamic(call, |row| {
        let mut all: Option<Vec<Dynamic>> = None;
        let mut other = None;
        for &value in row {
            match value {
                Dynamic::Null => {}
                Dynamic::Array(items) => {
                    let all = all.get_or_insert_default();
                    call.reserve((all.len() + items.len()) * size_of::<Dynamic>())?;
                    all.extend_from_slice(items);
                }
                _ => other = Some(value),
            }
        }
        if let Some(value) = other {
            // As null, which is no array either.
            call.doubt("a value that is no array", "it is passed over", value)?;
        }
        Ok(all.map_or(Dynamic::Null, Dynamic::array))
    })
}

fn array_index_of(call: &Call<'_>) -> Result<Column> {
    map_rows::<LongType>(call, |row| {
        let (Some(Dynamic::Array(items)), Some(value)) = (row.first(), row.get(1)) else { return Ok(None) };
        if value.is_null() {
            return Ok(None);
        }
        let number = |at: usize, default: i64| match row.get(at) {
            None => Some(default),
            Some(value) => as_long(value),
        };
        let (Some(start), Some(length), Some(occurrence)) = (number(2, 0), number(3, -1), number(4, 1))
        else {
            return Ok(None);
        };
        if occurrence < 0 || length < -1 {
            return Ok(None);
        }
        if occurrence == 0 {
            // The page has null for less than 0 only, and -1 for what is not found.
            call.doubt("occurrence 0", "it is not found", occurrence)?;
            return Ok(Some(-1));
        }
        let count = items.len() as i64;
        let first = if start < 0 { start.saturating_add(count).max(0) } else { start.min(count) };
        let last = if length < 0 { count } else { first.saturating_add(length).min(count) };
        let (mut left, mut mixed, mut place) = (occurrence, None, -1);
        for at in first..last {
            let Some(item) = items.get(at as usize) else { break };
            call.work(item.byte_size())?;
            if same_element(item, value, &mut mixed) {
                left -= 1;
                if left == 0 {
                    place = at;
                    break;
                }
            }
        }
        doubt_mixed(call, mixed)?;
        Ok(Some(place))
    })
}

fn array_slice(call: &Call<'_>) -> Result<Column> {
    map_dynamic(call, |row| {
        let [Dynamic::Array(items), Dynamic::Long(start), Dynamic::Long(end)] = row else {
            return Ok(Dynamic::Null);
        };
        let count = items.len() as i64;
        let place = |at: i64| if at < 0 { at.saturating_add(count) } else { at };
        let (start, end) = (place(*start).max(0), place(*end).min(count - 1));
        let slice = if start > end { None } else { items.get(start as usize..=end as usize) };
        Ok(Dynamic::array(slice.unwrap_or_default().to_vec()))
    })
}

/// Turns arrays by the second argument; `sign` is 1 for the left.
fn rotate(call: &Call<'_>, sign: i64) -> Result<Column> {
    map_dynamic(call, |row| {
        let [Dynamic::Array(items), Dynamic::Long(by)] = row else { return Ok(Dynamic::Null) };
        if items.is_empty() {
            return Ok(Dynamic::Array(items.clone()));
        }
        let by = (by.wrapping_rem(items.len() as i64) * sign).rem_euclid(items.len() as i64);
        let mut turned = items.to_vec();
        turned.rotate_left(by as usize);
        Ok(Dynamic::array(turned))
    })
}

/// Moves arrays by the second argument; `sign` is 1 for the left.
fn shift(call: &Call<'_>, sign: i64) -> Result<Column> {
    map_dynamic(call, |row| {
        let (Some(Dynamic::Array(items)), Some(Dynamic::Long(by))) = (row.first(), row.get(1)) else {
            return Ok(Dynamic::Null);
        };
        if *by == 0 || items.is_empty() {
            return Ok(Dynamic::Array(items.clone()));
        }
        let filler = match row.get(2) {
            Some(value) => (*value).clone(),
            // The page: the empty string where the elements are strings.
            None if items.iter().all(|item| matches!(item, Dynamic::String(_))) => Dynamic::string(""),
            None => Dynamic::Null,
        };
        let count = items.len() as i64;
        let by = by.saturating_mul(sign);
        let moved = (0..count).map(|at| {
            let from = at.checked_add(by).and_then(|from| usize::try_from(from).ok());
            from.and_then(|from| items.get(from)).unwrap_or(&filler).clone()
        });
        Ok(Dynamic::array(moved.collect()))
    })
}

fn array_split(call: &Call<'_>) -> Result<Column> {
    map_dynamic(call, |row| {
        let [Dynamic::Array(items), cuts] = row else { return Ok(Dynamic::Null) };
        let cuts = match cuts {
            Dynamic::Long(_) => std::slice::from_ref(*cuts),
            Dynamic::Array(cuts) => cuts,
            _ => return Ok(Dynamic::Null),
        };
        let mut parts = Vec::with_capacity(cuts.len() + 1);
        let mut from = 0;
        let mut apart = None;
        for cut in cuts {
            let Dynamic::Long(cut) = cut else {
                call.doubt("an index that is no integer", "the result is null", cut)?;
                return Ok(Dynamic::Null);
            };
            let count = items.len() as i64;
            let at = if *cut < 0 { cut.saturating_add(count) } else { *cut };
            if !(from as i64..count).contains(&at) {
                apart = Some(cut);
            }
            let at = usize::try_from(at.clamp(0, count)).unwrap_or_default();
            parts.push(Dynamic::array(items.get(from..at).unwrap_or_default().to_vec()));
            from = at;
        }
        if let Some(cut) = apart {
            // What the page's ranges come to; array_slice clips, too.
            let taken = "it is moved to the nearest end, and a part that would end before it starts is empty";
            call.doubt("an index that is out of bounds or out of order", taken, cut)?;
        }
        parts.push(Dynamic::array(items.get(from..).unwrap_or_default().to_vec()));
        Ok(Dynamic::array(parts))
    })
}

fn array_iff(call: &Call<'_>) -> Result<Column> {
    map_dynamic(call, |row| {
        let [Dynamic::Array(conditions), yes, no] = row else { return Ok(Dynamic::Null) };
        let pick = |from: &Dynamic, at: usize| match from {
            Dynamic::Array(items) => items.get(at).cloned().unwrap_or_default(),
            value => value.clone(),
        };
        let picked = conditions.iter().enumerate().map(|(at, condition)| match condition {
            Dynamic::Bool(it) => pick(if *it { yes } else { no }, at),
            Dynamic::Long(n) => pick(if *n != 0 { yes } else { no }, at),
            Dynamic::Real(n) => pick(if *n != 0.0 { yes } else { no }, at),
            _ => Dynamic::Null,
        });
        Ok(Dynamic::array(picked.collect()))
    })
}

/// The sum of the numbers; nulls are left out, anything else makes it null.
fn array_sum(array: &Dynamic) -> Option<f64> {
    let mut sum = None;
    for item in array.as_array()? {
        if !item.is_null() {
            sum = Some(sum.unwrap_or(0.0) + item.as_real()?);
        }
    }
    sum
}

fn zip(call: &Call<'_>) -> Result<Column> {
    map_dynamic(call, |row| {
        let mut arrays = Vec::with_capacity(row.len());
        for &value in row {
            match value {
                Dynamic::Array(items) => arrays.push(items.as_slice()),
                _ => {
                    call.doubt("a value that is no array", "the result is null", value)?;
                    return Ok(Dynamic::Null);
                }
            }
        }
        let longest = arrays.iter().map(|items| items.len()).max().unwrap_or(0);
        call.reserve(longest * arrays.len() * size_of::<Dynamic>())?;
        let zipped = (0..longest).map(|at| {
            Dynamic::array(arrays.iter().map(|items| items.get(at).cloned().unwrap_or_default()).collect())
        });
        Ok(Dynamic::array(zipped.collect()))
    })
}

/// Whether `range` is known for columns of these types. Integers with a fraction as stop or step are not: the result may
/// be of reals or not.
fn range_takes(types: &[ScalarType]) -> bool {
    use ScalarType::{DateTime, Decimal, Dynamic, Int, Long, Real, TimeSpan};
    let fit = |at: usize, accepted: &[ScalarType]| {
        types.get(at).is_none_or(|it| *it == Dynamic || accepted.contains(it))
    };
    match types.first() {
        Some(Int | Long) => fit(1, &[Int, Long]) && fit(2, &[Int, Long]),
        Some(Real) => fit(1, &[Int, Long, Real, Decimal]) && fit(2, &[Int, Long, Real, Decimal]),
        Some(TimeSpan) => fit(1, &[TimeSpan]) && fit(2, &[TimeSpan]),
        Some(DateTime) => fit(1, &[DateTime]) && fit(2, &[TimeSpan]),
        first => first == Some(&Dynamic),
    }
}

fn range(call: &Call<'_>) -> Result<Column> {
    let types: Vec<ScalarType> = call.arguments.iter().map(Column::scalar_type).collect();
    if !range_takes(&types) {
        return Err(call.fail("these types do not fit together"));
    }
    // For what follows from dynamic values nothing suggests another answer than null.
    let apart = |value: &Dynamic| -> Result<Dynamic> {
        call.doubt("values of types that do not fit together", "the result is null", value)?;
        Ok(Dynamic::Null)
    };
    map_dynamic(call, |row| {
        if row.iter().any(|value| value.is_null()) {
            return Ok(Dynamic::Null);
        }
        let (Some(start), Some(stop)) = (row.first(), row.get(1)) else { return Ok(Dynamic::Null) };
        let step = row.get(2).copied();
        let mut items = Vec::new();
        let mut push = |item: Dynamic| {
            if items.len() == items.capacity() {
                // What there is, and twice as much.
                call.reserve(3 * items.len() * size_of::<Dynamic>())?;
            }
            items.push(item);
            Ok(())
        };
        let ends = match (start, stop, step) {
            (Dynamic::Long(start), Dynamic::Long(stop), None | Some(Dynamic::Long(_))) => {
                let step = step.and_then(as_long).unwrap_or(1);
                each_step(*start, *stop, step, |n| push(Dynamic::Long(n)))?
            }
            (Dynamic::TimeSpan(start), Dynamic::TimeSpan(stop), None | Some(Dynamic::TimeSpan(_))) => {
                let step = if let Some(Dynamic::TimeSpan(it)) = step { it.0 } else { TimeSpan::HOUR };
                each_step(start.0, stop.0, step, |n| push(Dynamic::TimeSpan(TimeSpan(n))))?
            }
            (Dynamic::DateTime(start), Dynamic::DateTime(stop), None | Some(Dynamic::TimeSpan(_))) => {
                let step = if let Some(Dynamic::TimeSpan(it)) = step { it.0 } else { TimeSpan::HOUR };
                each_step(start.0, stop.0, step, |n| push(Dynamic::DateTime(DateTime(n))))?
            }
            (Dynamic::Real(start), stop, step) => {
                let step = step.map_or(Some(1.0), Dynamic::as_real);
                let (Some(stop), Some(step)) = (stop.as_real(), step) else { return apart(stop) };
                if !(start.is_finite() && stop.is_finite() && step.is_finite()) {
                    call.doubt("a number that is not finite", "the result is null", start)?;
                    return Ok(Dynamic::Null);
                }
                for at in 0..if step == 0.0 { 0 } else { RANGE_LIMIT } {
                    let n = start + at as f64 * step;
                    if (step > 0.0 && n > stop) || (step < 0.0 && n < stop) {
                        break;
                    }
                    push(Dynamic::Real(n))?;
                }
                step != 0.0
            }
            _ => return apart(start),
        };
        if !ends {
            call.doubt("a step of 0", "the result is null", 0)?;
            return Ok(Dynamic::Null);
        }
        Ok(Dynamic::array(items))
    })
}

/// Calls `f` with `start`, `start + step`, … up to and including `stop`, at most [`RANGE_LIMIT`] times; false, and no
/// calls, if there is no step.
fn each_step(start: i64, stop: i64, step: i64, mut f: impl FnMut(i64) -> Result<()>) -> Result<bool> {
    if step == 0 {
        return Ok(false);
    }
    let mut next = Some(start);
    for _ in 0..RANGE_LIMIT {
        match next {
            Some(n) if (step > 0 && n <= stop) || (step < 0 && n >= stop) => {
                f(n)?;
                next = n.checked_add(step);
            }
            _ => break,
        }
    }
    Ok(true)
}

fn array_length(call: &Call<'_>) -> Result<Column> {
    match call.argument(0)? {
        Column::Dynamic(arrays) => {
            Ok(Column::Long((0..arrays.len()).map(|row| arrays.array_length(row)).collect()))
        }
        _ => call.map1::<DynamicType, LongType>(|value| value.as_array().map(|items| items.len() as i64)),
    }
}

#[cfg(test)]
mod tests {
    use super::FUNCTIONS;
    use crate::column::Column;
    use crate::function::testing::{call_all, check, doubted, find, json};
    use crate::types::{Dynamic, ScalarType, Value};

    fn long(n: i64) -> Value {
        Value::Long(n)
    }

    #[track_caller]
    fn is(name: &str, arguments: &[Value], expected: &str) {
        check(FUNCTIONS, name, arguments, json(expected));
    }

    // Expectations: the functions' documentation pages and recorded answers of the real engine.
    #[test]
    fn index_of_counts_and_clips() {
        let words = json(r#"["this","is","an","example","an","example"]"#);
        let of = |rest: &[Value], expected: i64| {
            let arguments: Vec<Value> = [std::slice::from_ref(&words), rest].concat();
            check(FUNCTIONS, "array_index_of", &arguments, expected);
        };
        of(&["an".into()], 2);
        of(&["example".into(), long(1), long(3)], 3);
        of(&["example".into(), long(1), long(2)], -1);
        of(&["is".into(), long(2), long(4)], -1);
        of(&["example".into(), long(2), long(-1)], 3);
        of(&["an".into(), long(1), long(-1), long(2)], 4);
        of(&["an".into(), long(1), long(-1), long(3)], -1);
        of(&["an".into(), long(-3)], 4);
        of(&["is".into(), long(-4)], -1);
        let arguments = [words, "an".into(), long(0), long(-2)];
        check(FUNCTIONS, "array_index_of", &arguments, Value::Null);
        doubted(FUNCTIONS, "array_index_of", &[json("[1]"), long(1), long(0), long(-1), long(0)], -1_i64);
        doubted(FUNCTIONS, "array_index_of", &[json("[1,1.0]"), 1.0.into()], 1_i64);
    }

    #[test]
    fn what_is_no_array() {
        doubted(FUNCTIONS, "array_concat", &[json("[1]"), json("{}"), json("2")], json("[1]"));
        doubted(FUNCTIONS, "zip", &[json("[1]"), json("{}")], Value::Null);
        doubted(FUNCTIONS, "zip", &[json("[1]"), Value::Dynamic(Dynamic::Null)], Value::Null);
    }

    #[test]
    fn slices_are_clipped() {
        let array = json("[1,2,3,4,5]");
        is("array_slice", &[array.clone(), long(2), long(-1)], "[3,4,5]");
        is("array_slice", &[array.clone(), long(3), long(99)], "[4,5]");
        is("array_slice", &[array, long(i64::MIN), long(i64::MAX)], "[1,2,3,4,5]");
        check(FUNCTIONS, "array_slice", &[json("{}"), long(0), long(1)], Value::Null);
    }

    #[test]
    fn arrays_turn_and_move() {
        let array = json("[1,2,3,4,5]");
        is("array_rotate_left", &[array.clone(), long(-2)], "[4,5,1,2,3]");
        is("array_rotate_left", &[array.clone(), long(7)], "[3,4,5,1,2]");
        is("array_rotate_right", &[array.clone(), long(i64::MIN)], "[4,5,1,2,3]");
        is("array_shift_right", &[array.clone(), long(-2), long(-1)], "[3,4,5,-1,-1]");
        is("array_shift_left", &[array.clone(), long(i64::MIN), long(0)], "[0,0,0,0,0]");
        is("array_split", &[array.clone(), long(-2)], "[[1,2,3],[4,5]]");
        for (cuts, parts) in [
            ("[9]", "[[1,2,3,4,5],[]]"),
            ("[5]", "[[1,2,3,4,5],[]]"),
            ("[-9]", "[[],[1,2,3,4,5]]"),
            ("[3,1]", "[[1,2,3],[],[2,3,4,5]]"),
        ] {
            doubted(FUNCTIONS, "array_split", &[array.clone(), json(cuts)], json(parts));
        }
        doubted(FUNCTIONS, "array_split", &[array, json("[1.5]")], Value::Null);
        is("array_shift_left", &[json(r#"["a","b"]"#), long(1)], r#"["b",""]"#);
    }

    #[test]
    fn conditions_pick() {
        is("array_iff", &[json("[true,true,true]"), json("[1,2]"), json("[3,4]")], "[1,2,null]");
        is("array_iff", &[json(r#"["text",null]"#), long(1), long(0)], "[null,null]");
    }

    #[test]
    fn nulls_in_concat_strcat_and_sum() {
        is("array_concat", &[json("[1,null]"), Value::Dynamic(Dynamic::Null)], "[1,null]");
        check(FUNCTIONS, "strcat_array", &[json(r#"["a",null,true,5.0]"#), ",".into()], "a,,true,5.0");
        check(FUNCTIONS, "strcat_array", &[json("[1,2]"), long(0)], "102");
        check(FUNCTIONS, "array_sum", &[json("[1,null,2]")], 3.0);
        check(FUNCTIONS, "array_sum", &[json("[null]")], Value::Null);
        check(FUNCTIONS, "array_sum", &[json(r#"[1,"2"]"#)], Value::Null);
    }

    #[test]
    fn ranges_stop() {
        is("range", &[long(1), long(3)], "[1,2,3]");
        is("range", &[long(3), long(1)], "[]");
        is("range", &[long(-20), long(-22), long(-1)], "[-20,-21,-22]");
        is("range", &[Value::Real(1.0), long(3), long(1)], "[1.0,2.0,3.0]");
        is("range", &[long(i64::MAX), long(i64::MAX)], "[9223372036854775807]");
        doubted(FUNCTIONS, "range", &[long(1), long(3), long(0)], Value::Null);
        doubted(FUNCTIONS, "range", &[1.0.into(), long(3), 0.0.into()], Value::Null);
        doubted(FUNCTIONS, "range", &[1.0.into(), f64::INFINITY.into()], Value::Null);
        doubted(FUNCTIONS, "range", &[long(1), json("1.5")], Value::Null);
        doubted(FUNCTIONS, "range", &[1.0.into(), json("[]")], Value::Null);
        let none = [ScalarType::Long, ScalarType::Real].map(|it| Column::nulls(it, 0));
        assert!(call_all(find(FUNCTIONS, "range"), &none).is_err());
        let many = FUNCTIONS;
        let columns =
            [long(1), long(1_000_000_000)].map(|value| Column::constant(value, ScalarType::Long, 1));
        let made = call_all(find(many, "range"), &columns).unwrap();
        let Value::Dynamic(made) = made[0].value(0) else { panic!("no array") };
        assert_eq!(made.as_array().unwrap().len(), 1_048_576);
    }
}
