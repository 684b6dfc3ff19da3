//! The schema of a database, in the forms in which it is shown: rows, JSON, a script of commands. It must not know which
//! command asks.

use kqlite::{Schema, Value};
use serde_json::{Map, Value as Json, json};

use crate::csl;
use crate::managed_database::ManagedDatabase;

/// A row for the database, one for each table, one for each column.
pub(crate) fn rows(database: &ManagedDatabase) -> Vec<Vec<Value>> {
    let row =
        |table: &str, column: &str, data_type: &str, version: String, folder: String, docstring: String| {
            vec![
                database.name().into(),
                table.into(),
                column.into(),
                data_type.into(),
                Value::Bool(false),
                Value::Bool(false),
                Value::from(if table.is_empty() { database.pretty_name() } else { "" }),
                Value::String(version.into()),
                Value::String(folder.into()),
                Value::String(docstring.into()),
            ]
        };
    let mut rows = vec![row("", "", "", database.version(), String::new(), String::new())];
    for (table, schema) in tables(database) {
        let notes = database.table_notes(table);
        rows.push(row(table, "", "", String::new(), notes.folder, notes.docstring));
        for column in &schema.columns {
            let data_type = column.data_type.dotnet_name();
            rows.push(row(table, &column.name, data_type, String::new(), String::new(), String::new()));
        }
    }
    rows
}

/// The tables with their columns.
pub(crate) fn tables(database: &ManagedDatabase) -> impl Iterator<Item = (&str, Schema)> {
    let inner = database.database();
    inner.table_names().map(|name| (name, inner.table_schema(name).unwrap_or_default()))
}

/// All of it as JSON: what editors read.
pub(crate) fn json(database: &ManagedDatabase) -> String {
    let plugins: Vec<Json> = database
        .database()
        .registry()
        .plugins()
        .iter()
        .map(|plugin| json!({"Name": plugin.name, "IsEnabled": true}))
        .collect();
    let tables: Map<String, Json> = tables(database)
        .map(|(name, schema)| (name.to_owned(), table_json(database, name, &schema)))
        .collect();
    let functions: Map<String, Json> = database
        .database()
        .function_names()
        .map(|name| (name.to_owned(), function_json(database, name)))
        .collect();
    let described = json!({
        "Name": database.name(),
        "Tables": tables,
        "ExternalTables": {},
        "MaterializedViews": {},
        "EntityGroups": {},
        "PrettyName": database.pretty_name(),
        "MajorVersion": 1,
        "MinorVersion": database.changes(),
        "Functions": functions,
        "DatabaseAccessMode": "ReadWrite",
    });
    let databases = Map::from_iter([(database.name().to_owned(), described)]);
    json!({"Plugins": plugins, "Databases": databases}).to_string()
}

/// A table as JSON.
pub(crate) fn table_json(database: &ManagedDatabase, name: &str, schema: &Schema) -> Json {
    let notes = database.table_notes(name);
    json!({
        "Name": name,
        "Folder": notes.folder,
        "DocString": notes.docstring,
        "EntityType": "Table",
        "OrderedColumns": csl::columns_json(schema),
    })
}

fn function_json(database: &ManagedDatabase, name: &str) -> Json {
    let text = database.database().function_text(name).unwrap_or_default();
    let notes = database.function_notes(name);
    json!({
        "Name": name,
        "InputParameters": csl::parameters_json(text),
        "Body": csl::split_function(text).1,
        "Folder": notes.folder,
        "DocString": notes.docstring,
        "FunctionKind": "Unknown",
        "OutputColumns": [],
    })
}

/// The commands that make the same tables and functions, without rows.
pub(crate) fn script(database: &ManagedDatabase) -> String {
    let mut out = String::new();
    let with = |notes: crate::EntityNotes, more: &str| {
        let folder = csl::text_literal(&notes.folder);
        let docstring = csl::text_literal(&notes.docstring);
        format!("with (folder={folder}, docstring={docstring}{more})")
    };
    for (name, schema) in tables(database) {
        let (quoted, columns) = (csl::quoted(name), csl::columns(&schema));
        let with = with(database.table_notes(name), "");
        out.push_str(&format!(".create-merge table {quoted} ({columns}) {with}\n"));
    }
    for name in database.database().function_names() {
        let text = database.database().function_text(name).unwrap_or_default();
        let (parameters, body) = csl::split_function(text);
        let with = with(database.function_notes(name), ", skipvalidation=true");
        out.push_str(&format!(".create-or-alter function {with} {}{parameters} {body}\n", csl::quoted(name)));
    }
    out
}
