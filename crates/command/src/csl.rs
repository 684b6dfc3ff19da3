//! Names, columns and functions as KQL writes them, and as JSON describes them. It must not know commands.

use kqlite::Schema;
use kqlite::syntax::ast::{Expression, FunctionDeclaration, ParameterType};
use serde_json::{Map, Value as Json, json};

use crate::scan;

/// A name as a query writes it: in brackets where it must be.
pub(crate) fn quoted(name: &str) -> String {
    let parsed = kqlite::syntax::parse_expression(name);
    let is_plain =
        parsed.diagnostics.is_empty() && matches!(&parsed.tree, Expression::Name(it) if it.text == name);
    if is_plain {
        return name.to_owned();
    }
    format!("['{}']", name.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// A text as a query writes it.
pub(crate) fn text_literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Columns as `.create table` takes them: `a:long, b:string`.
pub(crate) fn columns(schema: &Schema) -> String {
    let column = |it: &kqlite::ColumnSchema| format!("{}:{}", quoted(&it.name), it.data_type);
    schema.columns.iter().map(column).collect::<Vec<_>>().join(", ")
}

/// Columns as the JSON of a schema has them.
pub(crate) fn columns_json(schema: &Schema) -> Json {
    let column = |it: &kqlite::ColumnSchema| json!({"Name": &*it.name, "Type": it.data_type.dotnet_name(), "CslType": it.data_type.as_str()});
    schema.columns.iter().map(column).collect()
}

/// The parameters of a function and its body, as they are written: `(n: long)` and `{ T | take n }`.
pub(crate) fn split_function(text: &str) -> (&str, &str) {
    let start = text.find('(').unwrap_or(0);
    let rest = text.get(start..).unwrap_or_default();
    let len = scan::balanced(rest).unwrap_or(rest.len());
    let body = rest.get(len..).unwrap_or_default().trim();
    (rest.get(..len).unwrap_or_default(), body.trim_end_matches(';').trim_end())
}

/// A parameter of a scalar type, as it is written.
fn scalar(name: &str, data_type: &str) -> Map<String, Json> {
    let known: Option<kqlite::ScalarType> = data_type.parse().ok();
    let dotnet = known.map_or("System.Object", kqlite::ScalarType::dotnet_name);
    let name_of_type = match known {
        Some(known) => known.as_str(),
        None => data_type,
    };
    Map::from_iter([
        ("Name".into(), name.into()),
        ("Type".into(), dotnet.into()),
        ("CslType".into(), name_of_type.into()),
    ])
}

/// The parameters of a function as the JSON of a schema has them.
pub(crate) fn parameters_json(text: &str) -> Json {
    let parsed = kqlite::syntax::parse_function(text.trim_end().trim_end_matches(';'));
    let tree: FunctionDeclaration = parsed.tree;
    tree.parameters
        .iter()
        .map(|parameter| {
            let name = &parameter.name.text;
            let mut described = match &parameter.data_type {
                ParameterType::Scalar(it) => scalar(name, &it.text),
                ParameterType::Table(columns) => {
                    let columns: Vec<Json> =
                        columns.iter().map(|it| scalar(&it.name.text, &it.data_type.text).into()).collect();
                    Map::from_iter([
                        ("Name".into(), name.as_str().into()),
                        ("Columns".into(), columns.into()),
                    ])
                }
                _ => Map::from_iter([("Name".into(), name.as_str().into()), ("Columns".into(), json!([]))]),
            };
            if let Some(default) = &parameter.default {
                let written = text.get(default.span().range()).unwrap_or_default();
                described.insert("CslDefaultValue".into(), written.into());
            }
            Json::Object(described)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_brackets_where_they_must() {
        assert_eq!(quoted("State"), "State");
        assert_eq!(quoted("a b"), "['a b']");
        assert_eq!(quoted("it's"), "['it\\'s']");
        // Microsoft's pages write it so.
        assert_eq!(quoted("where"), "['where']");
        assert_eq!(quoted("f()"), "['f()']");
    }

    #[test]
    fn functions_have_parameters_and_a_body() {
        assert_eq!(
            split_function("(a: string = ')') { T | take 1 }"),
            ("(a: string = ')')", "{ T | take 1 }")
        );
        assert_eq!(split_function("view () { T };"), ("()", "{ T }"));
        let parameters = parameters_json("(T: (x: long), n: int = 5, any: (*)) { T }");
        let expected = serde_json::json!([
            {"Name": "T", "Columns": [{"Name": "x", "Type": "System.Int64", "CslType": "long"}]},
            {"Name": "n", "Type": "System.Int32", "CslType": "int", "CslDefaultValue": "5"},
            {"Name": "any", "Columns": []},
        ]);
        assert_eq!(parameters, expected);
    }
}
