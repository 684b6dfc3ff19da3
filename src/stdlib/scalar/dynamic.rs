//! Functions of any dynamic value, and what the functions of arrays, bags and sets share.
//! It must not know how a query reads members.

use crate::column::{Column, DynamicType, Element, StringType};
use crate::function::kinds::{SCALAR, returns};
use crate::function::{Call, Category, Example, Kernel, Result, ScalarFunction, signatures};
use crate::types::{Dynamic, ScalarType};

pub(super) const FUNCTIONS: &[ScalarFunction] = &[ScalarFunction {
    name: "dynamic_to_json",
    category: Category::Dynamic,
    summary: "A value as canonical JSON: compact, with the keys of bags in order.",
    signatures: signatures![(dynamic: SCALAR) -> returns::STRING],
    kernel: Kernel::Rows(dynamic_to_json),
    examples: &[
        Example {
            query: r#"dynamic_to_json(dynamic({"b":2,"a":[1,{"d":5,"c":1}]}))"#,
            result: r#""{\"a\":[1,{\"c\":1,\"d\":5}],\"b\":2}""#,
        },
        Example { query: "dynamic_to_json(1.0)", result: "\"1.0\"" },
    ],
    ..ScalarFunction::DEFAULT
}];

fn dynamic_to_json(call: &Call<'_>) -> Result<Column> {
    if call.argument(0)?.scalar_type() != ScalarType::Dynamic {
        return call.argument_as(0, ScalarType::String);
    }
    map_rows::<StringType>(call, |row| match row {
        [] | [Dynamic::Null, ..] => Ok(None),
        [value, ..] => {
            call.reserve(value.byte_size())?;
            let canonical = canonical(value);
            let json = match canonical {
                Dynamic::Array(_) | Dynamic::Bag(_) => call.text_of(&canonical)?,
                _ => canonical.to_json(),
            };
            if json.starts_with('"') {
                // As such a value has it inside an array.
                call.doubt("a dynamic value that JSON has in quotes", "it keeps the quotes", &json)?;
            }
            Ok(Some(json))
        }
    })
}

/// The value with the keys of its bags in order.
fn canonical(value: &Dynamic) -> Dynamic {
    match value {
        Dynamic::Array(items) => Dynamic::array(items.iter().map(canonical).collect()),
        Dynamic::Bag(bag) => {
            let mut members: Vec<_> =
                bag.iter().map(|(key, value)| (key.clone(), canonical(value))).collect();
            members.sort_by(|a, b| a.0.cmp(&b.0));
            Dynamic::bag(members.into_iter().collect())
        }
        _ => value.clone(),
    }
}

/// A function of each row's arguments read as dynamic values, nulls included; once if all of them are constant.
pub(super) fn map_rows<R: Element>(
    call: &Call<'_>,
    f: impl Fn(&[&Dynamic]) -> Result<Option<R::Owned>>,
) -> Result<Column> {
    const NULL: &Dynamic = &Dynamic::Null;
    let constant = call.count() > 0 && call.arguments.iter().all(|column| column.as_constant().is_some());
    let columns = (0..call.count())
        .map(|at| call.argument_as(at, ScalarType::Dynamic))
        .collect::<Result<Vec<Column>>>()?;
    let views = columns.iter().map(|column| call.view::<DynamicType>(column)).collect::<Result<Vec<_>>>()?;
    let rows = if constant { call.rows.min(1) } else { call.rows };
    let mut results = Vec::with_capacity(rows);
    let mut arguments = Vec::with_capacity(views.len());
    let mut bytes = 0_usize;
    for row in 0..rows {
        arguments.clear();
        arguments.extend(views.iter().map(|view| view.get(row).unwrap_or(NULL)));
        let result = f(&arguments)?;
        let (read, made) = (
            arguments.iter().fold(0, |sum: usize, it| sum.saturating_add(it.byte_size())),
            result.as_ref().map_or(0, R::owned_bytes),
        );
        bytes = bytes.saturating_add(made);
        call.work(read.saturating_add(made))?;
        call.reserve(bytes)?;
        results.push(result);
    }
    let column = R::build(results.into_iter());
    Ok(if constant { Column::constant(column.value(0), R::TYPE, call.rows) } else { column })
}

/// As [`map_rows`] for dynamic results.
pub(super) fn map_dynamic(call: &Call<'_>, f: impl Fn(&[&Dynamic]) -> Result<Dynamic>) -> Result<Column> {
    map_rows::<DynamicType>(call, |row| f(row).map(Some))
}

/// An integer; `None` for all else.
pub(super) const fn as_long(value: &Dynamic) -> Option<i64> {
    if let Dynamic::Long(n) = value { Some(*n) } else { None }
}

#[cfg(test)]
mod tests {
    use super::FUNCTIONS;
    use crate::function::testing::{check, doubted};
    use crate::types::{Dynamic, Value};

    #[test]
    fn canonical_json_sorts_keys() {
        let bag = Dynamic::from_json(r#"{"Y10":{},"X8":{"c3":1,"a4":6},"A14":[15],"A1":12}"#).unwrap();
        let text = r#"{"A1":12,"A14":[15],"X8":{"a4":6,"c3":1},"Y10":{}}"#;
        check(FUNCTIONS, "dynamic_to_json", &[bag.into()], text);
        check(FUNCTIONS, "dynamic_to_json", &[Value::Bool(true)], "True");
        check(FUNCTIONS, "dynamic_to_json", &[Dynamic::Real(1.0).into()], "1.0");
        doubted(FUNCTIONS, "dynamic_to_json", &[Dynamic::string("a").into()], "\"a\"");
    }
}
