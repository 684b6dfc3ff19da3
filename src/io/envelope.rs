//! Rows that stand inside of something: under a name of an object, as exports of clouds have them, or as the tables of an answer of
//! Kusto or Log Analytics. It must not know how rows become columns.

use std::borrow::Cow;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::types::ScalarType;

/// Where the rows of JSON text are.
pub(super) enum Envelope<'t> {
    /// An array of objects, which begins at a place.
    Array(usize),
    /// Objects, which begin at places, in their order.
    Objects(Vec<usize>),
    /// The arrays of a table with named columns.
    Table(NamedColumns<'t>),
}

/// A table as an answer of a service has it.
pub(super) struct NamedColumns<'t> {
    /// Names, and types where they are told.
    pub columns: Vec<(String, Option<ScalarType>)>,
    /// The rows, arrays of cells each.
    pub rows: Vec<&'t RawValue>,
}

/// Names under which services give an array of rows, beside which an object has nothing of the kind.
const NAMES: [&str; 3] = ["Records", "records", "value"];

type RawMembers<'t> = IndexMap<Cow<'t, str>, &'t RawValue>;

/// Looks whether the text is one object around rows, or an answer of a service. `path` says under which names the rows are.
///
/// # Errors
/// There is nothing at the path.
pub(super) fn find<'t>(text: &'t str, path: Option<&str>) -> Result<Option<Envelope<'t>>, String> {
    if let Some(path) = path {
        return at_path(text, path).map(Some);
    }
    let start = text.trim_start();
    if start.starts_with('[') {
        let looks_so = start.get(1..).is_some_and(|rest| rest.trim_start().starts_with("{\"FrameType\""));
        return Ok(looks_so.then(|| frames(start)).flatten().map(Envelope::Table));
    }
    if !start.starts_with('{') {
        return Ok(None);
    }
    // Objects one after the other are not one value, which is seen behind the first.
    let Ok(members) = serde_json::from_str::<RawMembers<'t>>(text) else { return Ok(several(text)) };
    let arrays: Vec<(&str, &'t str)> = members
        .iter()
        .map(|(name, value)| (&**name, value.get()))
        .filter(|(_, value)| value.starts_with(['[', '{']))
        .collect();
    let [(name, value)] = arrays[..] else { return Ok(None) };
    if matches!(name, "tables" | "Tables") {
        return Ok(tables(value).map(Envelope::Table));
    }
    Ok((NAMES.contains(&name) && holds_objects(value)).then(|| Envelope::Array(place(text, value))))
}

/// The rows in values one after the other, each of which is an envelope, as where files were put together.
fn several<'t>(text: &'t str) -> Option<Envelope<'t>> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<&'t RawValue>();
    let first = values.next()?.ok()?.get();
    let members: RawMembers<'_> = serde_json::from_str(first).ok()?;
    let name = ["Records", "records"].into_iter().find(|name| members.contains_key(*name))?;
    let mut places = Vec::new();
    for value in std::iter::once(first).chain(values.map_while(|value| value.ok().map(RawValue::get))) {
        let members: RawMembers<'t> = serde_json::from_str(value).ok()?;
        let rows = members.get(name).map(|it| it.get()).filter(|value| holds_objects(value))?;
        objects_in(rows, text, &mut places).ok()?;
    }
    Some(Envelope::Objects(places))
}

/// The rows under some names with points between them, in each of the values that there are. An array on the way stands for its
/// items.
fn at_path<'t>(text: &'t str, path: &str) -> Result<Envelope<'t>, String> {
    let values = serde_json::Deserializer::from_str(text).into_iter::<&'t RawValue>();
    let broken = |error: serde_json::Error| format!("no valid JSON: {error}");
    let mut values = values.map(|it| it.map(RawValue::get)).collect::<Result<Vec<_>, _>>().map_err(broken)?;
    for name in path.split('.') {
        let mut inner = Vec::with_capacity(values.len());
        for value in items_of(values)? {
            let members: RawMembers<'t> =
                serde_json::from_str(value).map_err(|_| format!("there is no object around '{name}'"))?;
            inner.push(members.get(name).map(|it| it.get()).ok_or_else(|| {
                let names: Vec<&str> = members.keys().take(10).map(|it| &**it).collect();
                format!("there is no '{name}' in it; there are: {}", names.join(", "))
            })?);
        }
        values = inner;
    }
    let mut places = Vec::new();
    for value in values {
        objects_in(value, text, &mut places)
            .map_err(|()| format!("'{path}' is no object, and no array of objects"))?;
    }
    Ok(Envelope::Objects(places))
}

/// The values, and in place of arrays their items.
fn items_of(values: Vec<&str>) -> Result<Vec<&str>, String> {
    if !values.iter().any(|value| value.starts_with('[')) {
        return Ok(values);
    }
    let mut items = Vec::with_capacity(values.len());
    for value in values {
        if value.starts_with('[') {
            let inner: Vec<&RawValue> =
                serde_json::from_str(value).map_err(|error| format!("no valid JSON: {error}"))?;
            items.extend(inner.into_iter().map(RawValue::get));
        } else {
            items.push(value);
        }
    }
    Ok(items)
}

/// Adds the places of objects: of the value itself, or of the items of an array.
fn objects_in(value: &str, text: &str, places: &mut Vec<usize>) -> Result<(), ()> {
    let items: Vec<&RawValue> = if value.starts_with('[') {
        serde_json::from_str(value).map_err(|_| ())?
    } else {
        vec![serde_json::from_str(value).map_err(|_| ())?]
    };
    for item in items {
        if !item.get().starts_with('{') {
            return Err(());
        }
        places.push(place(text, item.get()));
    }
    Ok(())
}

/// Where rows seem to stand inside of the first object of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RowsInside {
    /// The names of an array of objects, with points between them, beside which there are only single values.
    pub path: String,
    /// There is no other object.
    pub alone: bool,
}

/// Looks whether rows seem to stand inside of the first object of a text.
pub(super) fn rows_inside(bytes: &[u8]) -> Option<RowsInside> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let text = text.strip_prefix(b"[").unwrap_or(text);
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<&RawValue>();
    let mut value = values.next()?.ok()?.get();
    let behind = text.get(values.byte_offset()..).unwrap_or_default().trim_ascii();
    let alone = matches!(behind, b"" | b"]");
    let mut path = String::new();
    for _ in 0..MAX_PATH {
        let members: RawMembers<'_> = serde_json::from_str(value).ok()?;
        let mut nested = members.iter().filter(|(_, value)| value.get().starts_with(['[', '{']));
        let (name, inner) = nested.next()?;
        if nested.next().is_some() || name.contains('.') {
            return None;
        }
        path = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
        value = inner.get();
        if value.starts_with('[') {
            let objects = value.get(1..)?.trim_start().starts_with('{');
            return objects.then_some(RowsInside { path, alone });
        }
    }
    None
}

/// The most names of a path that is looked for.
const MAX_PATH: usize = 8;

fn holds_objects(value: &str) -> bool {
    value.strip_prefix('[').is_some_and(|items| items.trim_start().starts_with(['{', ']']))
}

/// Where a part of a text begins in it.
fn place(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

/// The first of the tables of an answer.
fn tables(value: &str) -> Option<NamedColumns<'_>> {
    let tables: Vec<&RawValue> = serde_json::from_str(value).ok()?;
    named_columns(tables.first()?.get())
}

/// The first table of an answer's frames.
fn frames(text: &str) -> Option<NamedColumns<'_>> {
    let frames: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    frames.into_iter().find_map(|frame| {
        let members: RawMembers<'_> = serde_json::from_str(frame.get()).ok()?;
        let is = |name: &str, wanted: &str| {
            members.get(name).is_some_and(|it| it.get().trim_matches('"') == wanted)
        };
        (is("FrameType", "DataTable") && is("TableKind", "PrimaryResult"))
            .then(|| named_columns(frame.get()))?
    })
}

fn named_columns(table: &str) -> Option<NamedColumns<'_>> {
    #[derive(Deserialize)]
    struct ServiceTable<'t> {
        #[serde(alias = "Columns")]
        columns: Vec<IndexMap<String, serde_json::Value>>,
        #[serde(borrow, alias = "Rows")]
        rows: Vec<&'t RawValue>,
    }
    let table: ServiceTable<'_> = serde_json::from_str(table).ok()?;
    let columns = table.columns.iter().map(|column| {
        let text = |names: [&str; 2]| names.iter().find_map(|name| column.get(*name)?.as_str());
        let data_type = text(["ColumnType", "type"]).and_then(|it| it.parse().ok());
        Some((text(["ColumnName", "name"])?.to_owned(), data_type))
    });
    Some(NamedColumns { columns: columns.collect::<Option<_>>()?, rows: table.rows })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_inside_of_an_object_are_seen() {
        let found = |text: &str| rows_inside(text.as_bytes()).map(|it| (it.path, it.alone));
        assert_eq!(found("{\"events\":[{\"a\":1}]}"), Some(("events".to_owned(), true)));
        assert_eq!(
            found("\u{feff}{\"took\":5,\"hits\":{\"total\":2,\"hits\": [ {\"a\":1}]}}\n{}"),
            Some(("hits.hits".to_owned(), false))
        );
        for none in
            ["{\"a\":1}", "{\"a\":[1]}", "{\"a\":[{}],\"b\":{}}", "{\"a\":{}}", "", "[]", "{\"a.b\":[{}]}"]
        {
            assert_eq!(found(none), None, "{none}");
        }
    }
}
