//! Series functions that fill in missing values. It must not know how series are made.

use crate::column::Column;
use crate::function::kinds::{ARRAY, BOOL, NUMBER, returns};
use crate::function::{Call, Category, Example, Kernel, Result, ResultName, ScalarFunction, signatures};
use crate::types::Dynamic;

use super::dynamic::map_dynamic;

const BASE: ScalarFunction = ScalarFunction {
    category: Category::Series,
    result_name: ResultName::FirstArgument,
    ..ScalarFunction::DEFAULT
};

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "series_fill_backward",
        summary: "A series whose missing values, null or the given placeholder, are those of the next element that has one.",
        signatures: signatures![
            (series: ARRAY, missing_value_placeholder: NUMBER.optional()) -> returns::DYNAMIC
        ],
        kernel: Kernel::Rows(|call| {
            fill(call, |items, missing| {
                carry(items.iter_mut().rev(), missing);
                Ok(())
            })
        }),
        examples: &[Example {
            query: "series_fill_backward(dynamic([111, null, 36, 41, null, null, 16, null]))",
            result: "[111,36,36,41,16,16,16,null]",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "series_fill_forward",
        summary: "A series whose missing values, null or the given placeholder, are those of the last element that had one.",
        signatures: signatures![
            (series: ARRAY, missing_value_placeholder: NUMBER.optional()) -> returns::DYNAMIC
        ],
        kernel: Kernel::Rows(|call| {
            fill(call, |items, missing| {
                carry(items.iter_mut(), missing);
                Ok(())
            })
        }),
        examples: &[Example {
            query: "series_fill_forward(dynamic([null, 36, 41, null, null, 16, null]))",
            result: "[null,36,41,41,41,16,16]",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "series_fill_const",
        summary: "A series whose missing values, null or the given placeholder, are a constant.",
        signatures: signatures![
            (series: ARRAY, constant_value: NUMBER.optional(), missing_value_placeholder: NUMBER.optional())
                -> returns::DYNAMIC
        ],
        kernel: Kernel::Rows(series_fill_const),
        examples: &[
            Example { query: "series_fill_const(dynamic([111, null, 36]), 0.0)", result: "[111,0.0,36]" },
            Example { query: "series_fill_const(dynamic([111, null, 36]), -1)", result: "[111,-1,36]" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "series_fill_linear",
        summary: "A series whose missing values lie on the line between their neighbours; at the edges they are the nearest value.",
        signatures: signatures![
            (series: ARRAY, missing_value_placeholder: NUMBER.optional(), fill_edges: BOOL.optional(),
                constant_value: NUMBER.optional()) -> returns::DYNAMIC
        ],
        kernel: Kernel::Rows(series_fill_linear),
        examples: &[
            Example {
                query: "series_fill_linear(dynamic([null, 111, null, 36, 41, null, null, 16]))",
                result: "[111,111,73,36,41,32,24,16]",
            },
            Example {
                query: "series_fill_linear(dynamic([null, 111.0, null, 36.0, null]), double(null), false)",
                result: "[null,111.0,73.5,36.0,null]",
            },
        ],
        ..BASE
    },
];

/// Whether an element stands for a missing value.
fn is_missing(item: &Dynamic, placeholder: &Dynamic) -> bool {
    match placeholder {
        Dynamic::Null => item.is_null(),
        _ => item.as_real().is_some_and(|item| Some(item) == placeholder.as_real()),
    }
}

/// Fills arrays in place; the second argument is the placeholder.
fn fill(
    call: &Call<'_>,
    f: impl Fn(&mut [Dynamic], &dyn Fn(&Dynamic) -> bool) -> Result<()>,
) -> Result<Column> {
    map_dynamic(call, |row| {
        let Some(Dynamic::Array(items)) = row.first() else { return Ok(Dynamic::Null) };
        let placeholder = row.get(1).copied().unwrap_or(&Dynamic::Null);
        let mut items = items.to_vec();
        f(&mut items, &|item| is_missing(item, placeholder))?;
        Ok(Dynamic::array(items))
    })
}

fn carry<'i>(items: impl Iterator<Item = &'i mut Dynamic>, missing: &dyn Fn(&Dynamic) -> bool) {
    let mut last = None;
    for item in items {
        if !missing(item) {
            last = Some(item.clone());
        } else if let Some(last) = &last {
            *item = last.clone();
        }
    }
}

fn series_fill_const(call: &Call<'_>) -> Result<Column> {
    // The parser lets it be left out; the page wants it.
    if call.count() < 2 {
        return Err(call.fail("the constant is missing"));
    }
    map_dynamic(call, |row| {
        let [Dynamic::Array(items), constant, ..] = row else { return Ok(Dynamic::Null) };
        let placeholder = row.get(2).copied().unwrap_or(&Dynamic::Null);
        let filled = items
            .iter()
            .map(|item| if is_missing(item, placeholder) { (*constant).clone() } else { item.clone() });
        Ok(Dynamic::array(filled.collect()))
    })
}

fn series_fill_linear(call: &Call<'_>) -> Result<Column> {
    map_dynamic(call, |row| {
        let Some(Dynamic::Array(items)) = row.first() else { return Ok(Dynamic::Null) };
        let placeholder = row.get(1).copied().unwrap_or(&Dynamic::Null);
        let edges = !matches!(row.get(2), Some(Dynamic::Bool(false)));
        let known: Vec<usize> = (0..items.len())
            .filter(|&at| items.get(at).is_some_and(|item| !is_missing(item, placeholder)))
            .collect();
        let (Some(&first), Some(&last)) = (known.first(), known.last()) else {
            let constant = match row.get(3) {
                None => Dynamic::Real(0.0),
                Some(given) => given.as_real().map_or(Dynamic::Null, Dynamic::Real),
            };
            return Ok(Dynamic::array(vec![constant; items.len()]));
        };
        let number = |at: usize| items.get(at).and_then(Dynamic::as_real);
        let whole = known.iter().all(|&at| matches!(items.get(at), Some(Dynamic::Long(_))));
        let mut filled = items.to_vec();
        let mut odd = None;
        for (&from, &to) in known.iter().zip(known.iter().skip(1)).filter(|(from, to)| *to - *from > 1) {
            let (Some(low), Some(high)) = (number(from), number(to)) else {
                odd = odd.or(items.get(if number(from).is_none() { from } else { to }));
                continue;
            };
            let step = (high - low) / (to - from) as f64;
            for at in from + 1..to {
                let value = low + step * (at - from) as f64;
                if let Some(item) = filled.get_mut(at) {
                    *item = if whole { Dynamic::Long(value as i64) } else { Dynamic::Real(value) };
                }
            }
        }
        if edges {
            let (start, end) = (filled.get(first).cloned(), filled.get(last).cloned());
            filled.iter_mut().take(first).for_each(|item| *item = start.clone().unwrap_or_default());
            filled.iter_mut().skip(last + 1).for_each(|item| *item = end.clone().unwrap_or_default());
        }
        if let Some(odd) = odd {
            // There is no line from it, and the type of elements is to be preserved.
            let about = "a missing value beside an element that is no number";
            call.doubt(about, "the value stays missing", odd.to_json())?;
        }
        Ok(Dynamic::array(filled))
    })
}

#[cfg(test)]
mod tests {
    use super::FUNCTIONS;
    use crate::column::Column;
    use crate::function::testing::{call, check, doubted, json, refused};
    use crate::types::{ScalarType, Value};

    // Expectations: the functions' documentation pages and recorded answers of the real engine.
    #[test]
    fn linear_reals_and_edges() {
        let series = "[null,111.0,null,36.0,41.0,null,null,16.0,61.0,33.0,null,null]";
        let column = Column::constant(json(series), ScalarType::Dynamic, 1);
        let found = call(FUNCTIONS, "series_fill_linear", &[column]).value(0);
        let expected = [
            111.0,
            111.0,
            73.5,
            36.0,
            41.0,
            32.666_666_666_666_67,
            24.333_333_333_333_336,
            16.0,
            61.0,
            33.0,
            33.0,
            33.0,
        ];
        let Value::Dynamic(found) = found else { panic!("no array") };
        for (found, expected) in found.as_array().unwrap().iter().zip(expected) {
            assert!((found.as_real().unwrap() - expected).abs() < 1e-12);
        }
        let nulls = json("[null,null]");
        check(FUNCTIONS, "series_fill_linear", std::slice::from_ref(&nulls), json("[0.0,0.0]"));
        let arguments = [nulls, json("null"), Value::Bool(true), Value::Real(3.5)];
        let arguments: Vec<Column> = arguments
            .iter()
            .zip([ScalarType::Dynamic, ScalarType::Real, ScalarType::Bool, ScalarType::Real])
            .map(|(value, data_type)| Column::constant(value.clone(), data_type, 1))
            .collect();
        assert_eq!(call(FUNCTIONS, "series_fill_linear", &arguments).value(0), json("[3.5,3.5]"));
    }

    #[test]
    fn placeholders() {
        let series = json("[0,5,-1,null]");
        check(FUNCTIONS, "series_fill_forward", &[series.clone(), Value::Long(-1)], json("[0,5,5,null]"));
        check(FUNCTIONS, "series_fill_backward", std::slice::from_ref(&series), json("[0,5,-1,null]"));
        let arguments = [series, Value::Long(7), Value::Long(0)];
        check(FUNCTIONS, "series_fill_const", &arguments, json("[7,5,-1,null]"));
    }

    #[test]
    fn between_what_is_no_number_there_is_no_line() {
        check(FUNCTIONS, "series_fill_linear", &[json(r#"["a",1,null,3]"#)], json(r#"["a",1,2.0,3]"#));
        let series = json(r#"[1,null,"a",null,3,null,5]"#);
        doubted(FUNCTIONS, "series_fill_linear", &[series], json(r#"[1,null,"a",null,3,4.0,5]"#));
        refused(FUNCTIONS, "series_fill_const", &[json("{}")]);
    }
}
