//! Values of query parameters, as clients send them. It must not know requests.

use kqlite::syntax::ast::Expression;
use kqlite::{Database, DateTime, Dynamic, Options, Query, ScalarType, Value};
use serde_json::Value as Json;

use crate::failure::Failure;

/// Gives a query its parameters: JSON values, or texts, which are literals of KQL where the parameter is no text.
pub(crate) fn bind(
    query: &Query,
    given: &[(String, Json)],
    mut options: Options,
) -> Result<Options, Failure> {
    for (name, json) in given {
        let declared = query.parameters().find(|(it, ..)| it == name).map(|(_, data_type, _)| data_type);
        let Some(data_type) = declared else {
            // The library says which ones there are.
            options = options.parameter(name.as_str(), Value::Null);
            continue;
        };
        let value = value_of(json, data_type).ok_or_else(|| {
            Failure::bad_request(format!("the parameter '{name}' is of type {data_type}; {json} is not"))
        })?;
        options = options.parameter(name.as_str(), value);
    }
    Ok(options)
}

fn value_of(json: &Json, data_type: ScalarType) -> Option<Value> {
    match json {
        Json::Null => Some(Value::null_of(data_type)),
        Json::String(text) if data_type == ScalarType::String => Some(Value::from(text.as_str())),
        Json::String(text) => of_text(text, data_type),
        Json::Bool(it) => fitting(&Value::Bool(*it), data_type),
        Json::Number(it) => {
            let number = it.as_i64().map_or_else(|| it.as_f64().map(Value::Real), |it| Some(Value::Long(it)));
            fitting(&number?, data_type)
        }
        Json::Array(_) | Json::Object(_) if data_type == ScalarType::Dynamic => {
            Dynamic::from_json(&json.to_string()).map(Value::Dynamic)
        }
        Json::Array(_) | Json::Object(_) => None,
    }
}

/// A literal of KQL, or what is written without its type around it.
fn of_text(text: &str, data_type: ScalarType) -> Option<Value> {
    if data_type != ScalarType::Dynamic
        && let Some(value) = fitting(&Value::from(text), data_type)
    {
        return Some(value);
    }
    let parsed = kqlite::syntax::parse_expression(text);
    let is_literal = |it: &Expression| {
        matches!(it, Expression::Literal(_) | Expression::Unary(_))
            || text.trim_start().starts_with("dynamic(")
    };
    if !parsed.diagnostics.is_empty() || !is_literal(&parsed.tree) {
        // Some clients send the JSON itself.
        return (data_type == ScalarType::Dynamic)
            .then(|| Dynamic::from_json(text))
            .flatten()
            .map(Value::Dynamic);
    }
    let query = Database::new().compile(&format!("print x = {text}")).ok()?;
    let table = query.run(&Database::new(), &Options::new(DateTime::UNIX_EPOCH)).ok()?;
    let value = table.value(0, "x")?;
    if value.is_null() { Some(Value::null_of(data_type)) } else { fitting(&value, data_type) }
}

/// The value as one of the type; nothing if it is none.
fn fitting(value: &Value, data_type: ScalarType) -> Option<Value> {
    let converted = value.convert(data_type);
    (!converted.is_null()).then_some(converted)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_json_or_literals() {
        let long = |json: Json| value_of(&json, ScalarType::Long);
        assert_eq!(long(json!(5)), Some(Value::Long(5)));
        assert_eq!(long(json!("5")), Some(Value::Long(5)));
        assert_eq!(long(json!("long(5)")), Some(Value::Long(5)));
        assert_eq!(long(json!("-5")), Some(Value::Long(-5)));
        assert_eq!(long(json!("long(null)")), Some(Value::Null));
        assert_eq!(long(json!("five")), None);
        assert_eq!(long(json!("1 + toint('x')")), None);
        assert_eq!(long(json!([1])), None);
        assert_eq!(value_of(&json!("it's \"x\""), ScalarType::String), Some(Value::from("it's \"x\"")));
        let time = DateTime::parse("2024-06-30").map(Value::DateTime);
        assert_eq!(value_of(&json!("datetime(2024-06-30)"), ScalarType::DateTime), time);
        assert_eq!(value_of(&json!("2024-06-30T00:00:00Z"), ScalarType::DateTime), time);
        let dynamic = Dynamic::from_json(r#"["a"]"#).map(Value::Dynamic);
        for sent in [json!("dynamic([\"a\"])"), json!(["a"]), json!("[\"a\"]")] {
            assert_eq!(value_of(&sent, ScalarType::Dynamic), dynamic);
        }
        assert_eq!(value_of(&json!(true), ScalarType::Bool), Some(Value::Bool(true)));
        assert_eq!(value_of(&json!("bool(true)"), ScalarType::Bool), Some(Value::Bool(true)));
        assert_eq!(value_of(&json!(1.5), ScalarType::Real), Some(Value::Real(1.5)));
    }
}
