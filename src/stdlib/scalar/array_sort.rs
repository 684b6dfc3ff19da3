//! `array_sort_asc` and `array_sort_desc`: one array sorted, others put in the same order.
//! It must not know how rows are sorted.

use std::cmp::Ordering;

use crate::column::{Column, DynamicType, Element};
use crate::function::kinds::{ARRAY, BOOL};
use crate::function::{
    ArgumentInfo, Call, Category, Example, Kernel, Result, Returns, ScalarFunction, signatures,
};
use crate::types::{Dynamic, ScalarType, Value};

const BASE: ScalarFunction = ScalarFunction { category: Category::Array, ..ScalarFunction::DEFAULT };

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "array_sort_asc",
        summary: "An array in ascending order, nulls last unless the last argument is false; further arrays follow its order.",
        signatures: signatures![
            (arrays: ARRAY.repeated(1, 64), nulls_last: BOOL.optional().constant()) -> Returns::Columns(columns)
        ],
        kernel: Kernel::Columns(|call| sort(call, false)),
        examples: &[
            Example {
                query: r#"array_sort_asc(dynamic([null, "blue", "yellow", "green", null]))"#,
                result: r#"["blue","green","yellow",null,null]"#,
            },
            Example {
                query: r#"array_sort_asc(dynamic([null, "blue", "yellow", "green", null]), false)"#,
                result: r#"[null,null,"blue","green","yellow"]"#,
            },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "array_sort_desc",
        summary: "An array in descending order, nulls last unless the last argument is false; further arrays follow its order.",
        signatures: signatures![
            (arrays: ARRAY.repeated(1, 64), nulls_last: BOOL.optional().constant()) -> Returns::Columns(columns)
        ],
        kernel: Kernel::Columns(|call| sort(call, true)),
        examples: &[Example { query: "array_sort_desc(dynamic([1, 3, 4, 5, 2]))", result: "[5,4,3,2,1]" }],
        ..BASE
    },
];

fn columns(arguments: &[ArgumentInfo<'_>]) -> Vec<(String, ScalarType)> {
    let arrays = arguments.iter().take_while(|argument| argument.data_type == ScalarType::Dynamic);
    arrays
        .enumerate()
        .map(|(at, argument)| {
            let name = match argument.name {
                "" => format!("array{at}_sorted"),
                name => format!("{name}_sorted"),
            };
            (name, ScalarType::Dynamic)
        })
        .collect()
}

fn sort(call: &Call<'_>, descending: bool) -> Result<Vec<Column>> {
    let last = call.arguments.last().filter(|column| column.scalar_type() == ScalarType::Bool);
    let count = call.count() - usize::from(last.is_some());
    let views: Vec<_> = call.arguments.iter().take(count).filter_map(DynamicType::view).collect();
    let constant = call.arguments.iter().all(|column| column.as_constant().is_some());
    let rows = if constant { call.rows.min(1) } else { call.rows };
    let mut sorted: Vec<Vec<Dynamic>> = (0..count).map(|_| Vec::with_capacity(rows)).collect();
    for row in 0..rows {
        let nulls_last = last.is_none_or(|column| column.value(row) != Value::Bool(false));
        let items = |at: usize| views.get(at).and_then(|view| view.get(row)).and_then(Dynamic::as_array);
        let order = items(0).map(|first| order(call, first, descending, nulls_last)).transpose()?;
        for (at, out) in sorted.iter_mut().enumerate() {
            out.push(match (&order, items(at)) {
                (Some(order), Some(items)) if items.len() == order.len() => {
                    Dynamic::array(order.iter().filter_map(|&from| items.get(from)).cloned().collect())
                }
                _ => Dynamic::Null,
            });
        }
    }
    let column = |values: Vec<Dynamic>| {
        let column = DynamicType::build(values.into_iter().map(Some));
        if constant { Column::constant(column.value(0), ScalarType::Dynamic, call.rows) } else { column }
    };
    Ok(sorted.into_iter().map(column).collect())
}

/// The rank of elements whose order among each other is not known.
const OTHERS: u8 = 5;

/// Where an element stands among elements of other types; `None` for null.
const fn rank(item: &Dynamic) -> Option<u8> {
    Some(match item {
        Dynamic::Null => return None,
        Dynamic::Long(_) | Dynamic::Real(_) | Dynamic::Decimal(_) => 0,
        Dynamic::DateTime(_) => 1,
        Dynamic::TimeSpan(_) => 2,
        Dynamic::String(_) => 3,
        Dynamic::Guid(_) => 4,
        Dynamic::Bool(_) | Dynamic::Array(_) | Dynamic::Bag(_) => OTHERS,
    })
}

/// The indices of the elements in their new order. Equal elements keep theirs.
fn order(call: &Call<'_>, items: &[Dynamic], descending: bool, nulls_last: bool) -> Result<Vec<usize>> {
    let mut counts = [0_usize; 6];
    for rank in items.iter().filter_map(rank) {
        if let Some(count) = counts.get_mut(usize::from(rank)) {
            *count += 1;
        }
    }
    let example = || Dynamic::array(items.to_vec());
    if counts[..3].iter().filter(|count| **count > 0).count() > 1 {
        // The order in which the page names them.
        let taken = "numbers come first, then datetimes, then timespans";
        call.doubt("an array of numbers, datetimes and timespans together", taken, example())?;
    }
    let mut others = items.iter().filter(|item| rank(item) == Some(OTHERS));
    if others.next().is_some_and(|first| others.any(|other| other != first)) {
        call.doubt("an array with several bools, arrays or bags", "they keep their order", example())?;
    }
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by(|&a, &b| {
        let (Some(a), Some(b)) = (items.get(a), items.get(b)) else { return Ordering::Equal };
        let (first, second) = match (rank(a), rank(b)) {
            (Some(first), Some(second)) => (first, second),
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return if nulls_last { Ordering::Greater } else { Ordering::Less },
            (Some(_), None) => return if nulls_last { Ordering::Less } else { Ordering::Greater },
        };
        let ordering = if first == OTHERS { Ordering::Equal } else { compare(a, b) };
        first.cmp(&second).then(if descending { ordering.reverse() } else { ordering })
    });
    Ok(order)
}

/// The order of two elements of one rank.
fn compare(a: &Dynamic, b: &Dynamic) -> Ordering {
    match (a, b) {
        (Dynamic::Long(a), Dynamic::Long(b)) => a.cmp(b),
        (Dynamic::DateTime(a), Dynamic::DateTime(b)) => a.0.cmp(&b.0),
        (Dynamic::TimeSpan(a), Dynamic::TimeSpan(b)) => a.0.cmp(&b.0),
        (Dynamic::String(a), Dynamic::String(b)) => a.cmp(b),
        (Dynamic::Guid(_), Dynamic::Guid(_)) => a.to_text().cmp(&b.to_text()),
        _ => match (a.as_real(), b.as_real()) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => Ordering::Equal,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::FUNCTIONS;
    use crate::column::Column;
    use crate::function::testing::{call_all, check, doubted, find, json};
    use crate::types::{DateTime, Dynamic, ScalarType, TimeSpan, Value};

    fn columns(arguments: &[Value]) -> Vec<Column> {
        let column = |it: &Value| Column::constant(it.clone(), it.scalar_type().unwrap(), 1);
        arguments.iter().map(column).collect()
    }

    // Expectations: the functions' documentation pages and recorded answers of the real engine.
    #[test]
    fn others_follow_the_first() {
        let arguments = columns(&[json("[1,3,4,5,2]"), json(r#"["a","b","c","d","e"]"#), json("[1]")]);
        let sorted = call_all(find(FUNCTIONS, "array_sort_desc"), &arguments).unwrap();
        assert_eq!(sorted[0].value(0), json("[5,4,3,2,1]"));
        assert_eq!(sorted[1].value(0), json(r#"["d","c","b","e","a"]"#));
        assert_eq!(sorted[2], Column::nulls(ScalarType::Dynamic, 1));
    }

    #[test]
    fn nulls_and_types() {
        let words = json(r#"[null,"blue","yellow",2,"green",null,1.5]"#);
        check(
            FUNCTIONS,
            "array_sort_asc",
            std::slice::from_ref(&words),
            json(r#"[1.5,2,"blue","green","yellow",null,null]"#),
        );
        check(
            FUNCTIONS,
            "array_sort_desc",
            &[words, Value::Bool(false)],
            json(r#"[null,null,2,1.5,"yellow","green","blue"]"#),
        );
        check(FUNCTIONS, "array_sort_asc", &[json("{}")], Value::Null);
        check(FUNCTIONS, "array_sort_asc", &[json("[true,2,true,1]")], json("[1,2,true,true]"));
    }

    #[test]
    fn elements_without_a_known_order() {
        let array = json(r#"[true,false,{},"a",1]"#);
        doubted(FUNCTIONS, "array_sort_desc", &[array], json(r#"[1,"a",true,false,{}]"#));
        let (now, span) = (Dynamic::DateTime(DateTime(1)), Dynamic::TimeSpan(TimeSpan(1)));
        let array = vec![span.clone(), now.clone(), Dynamic::Long(9)];
        let sorted = Dynamic::array(vec![Dynamic::Long(9), now, span]);
        doubted(FUNCTIONS, "array_sort_asc", &[Dynamic::array(array).into()], sorted);
    }
}
