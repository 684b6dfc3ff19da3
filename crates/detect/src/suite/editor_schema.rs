//! The schemas of test files and of settings for editors, with the columns of the tables that there are. It must not know how the
//! files are read.

use serde_json::{Map, Value as Json, json};

use crate::schemas::table_names;
use crate::workspace::Workspace;

/// The schema of test files (JSON Schema, draft 2020-12), for editors.
pub const SCHEMA: &str = include_str!("../../schema/test.schema.json");

/// The schema of the settings of a repository, `kqlite.yaml`.
pub const REPOSITORY_SCHEMA: &str = include_str!("../../schema/repository.schema.json");

/// A schema in which the tables of a workspace, and the built-in ones, have their columns: editors complete them.
///
/// ```
/// use kqlite_detect::{Workspace, suite};
/// let schema = suite::with_tables(suite::SCHEMA, &Workspace::new());
/// let column = schema.pointer("/$defs/row.EmailEvents/properties/Subject/description");
/// assert_eq!(column, Some(&serde_json::json!("string")));
/// ```
#[must_use]
pub fn with_tables(schema: &str, workspace: &Workspace) -> Json {
    let mut schema: Json = serde_json::from_str(schema).unwrap_or_default();
    let mut names: Vec<&str> = table_names().collect();
    names.extend(workspace.tables().map(|(name, _)| name));
    names.sort_unstable();
    names.dedup();
    let (mut tables, mut cells) = (Map::new(), Map::new());
    let mut rows = Map::new();
    for name in names {
        let Some(columns) = workspace.schema_of(name) else { continue };
        let properties: Map<String, Json> = columns
            .columns
            .iter()
            .map(|it| (it.name.to_string(), json!({"description": it.data_type.as_str()})))
            .collect();
        let definition = format!("row.{name}");
        let row = json!({"$ref": format!("#/$defs/{definition}")});
        rows.insert(definition, json!({"type": "object", "properties": properties}));
        // Other forms than a list are those of any table.
        let listed = json!({"type": "array", "items": row});
        tables.insert(name.to_owned(), json!({"anyOf": [listed, {"$ref": "#/$defs/table"}]}));
        cells.insert(name.to_owned(), row);
    }
    let known =
        json!({"type": "object", "properties": tables, "additionalProperties": {"$ref": "#/$defs/table"}});
    for place in ["/properties/tables", "/$defs/test/properties/tables", "/$defs/case/properties/tables"] {
        if let Some(Json::Object(it)) = schema.pointer_mut(place) {
            it.retain(|key, _| key == "description");
            it.insert("$ref".to_owned(), json!("#/$defs/tables"));
        }
    }
    if let Some(Json::Object(definitions)) = schema.pointer_mut("/$defs") {
        definitions.insert("tables".to_owned(), known);
        let row = json!({"$ref": "#/$defs/row"});
        let cells = json!({"type": "object", "properties": cells, "additionalProperties": row});
        definitions.insert("cells".to_owned(), cells);
        definitions.extend(rows);
    }
    schema
}
