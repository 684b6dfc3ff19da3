//! `.show tables` and `.show table`. It must not know databases as a whole.

use kqlite::{ParameterInfo, Table, Value};

use crate::call::{Call, CommandEntry};
use crate::csl;
use crate::error::CommandError;
use crate::schema;

pub(crate) const TABLES: &str = "TableName:string, DatabaseName:string, Folder:string, DocString:string";
pub(crate) const TABLE_SCHEMA: &str =
    "TableName:string, Schema:string, DatabaseName:string, Folder:string, DocString:string";
const DETAILS: &str = "TableName:string, DatabaseName:string, Folder:string, DocString:string, TotalExtents:long, \
    TotalExtentSize:real, TotalOriginalSize:real, TotalRowCount:long, HotExtents:long, HotExtentSize:real, \
    HotOriginalSize:real, HotRowCount:long, AuthorizedPrincipals:string, RetentionPolicy:string, CachingPolicy:string, \
    ShardingPolicy:string, MergePolicy:string, StreamingIngestionPolicy:string, IngestionBatchingPolicy:string, \
    MinExtentsCreationTime:datetime, MaxExtentsCreationTime:datetime, RowOrderPolicy:string, TableId:guid";

pub(crate) const ENTRIES: &[CommandEntry] = &[
    CommandEntry {
        name: ".show tables",
        summary: "Shows the tables: names, folders, descriptions; with details also rows and bytes.",
        syntax: &[".show tables [(Table, …)]", ".show tables [(Table, …)] details"],
        parameters: &[ParameterInfo::optional("Table", "The name of a table; by default all are shown.")],
        remarks: &[
            "A table that is read from a file has no sizes: nobody knows them before a query reads it. Sizes are those of \
            columns in memory, and policies are empty.",
        ],
        columns: TABLES,
        run: tables,
        ..CommandEntry::SHOW
    },
    CommandEntry {
        name: ".show table",
        summary: "Shows a table: its columns for .create table or as JSON, or its rows and bytes.",
        syntax: &[
            ".show table Table cslschema",
            ".show table Table schema as json",
            ".show table Table details",
        ],
        parameters: &[ParameterInfo::required("Table", "The name of a table.")],
        columns: TABLE_SCHEMA,
        run: table,
        ..CommandEntry::SHOW
    },
];

fn tables(call: &mut Call<'_, '_>) -> Result<Table, CommandError> {
    let names: Vec<String> = if call.reader.is_at("(") {
        let named = call.reader.names("the name of a table")?;
        named.into_iter().map(|name| Ok(call.known_table(name)?.text)).collect::<Result<_, CommandError>>()?
    } else {
        call.database().database().table_names().map(str::to_owned).collect()
    };
    let details = call.reader.accept("details");
    call.reader.end()?;
    Ok(if details { of_details(call, &names) } else { call.rows(rows(call, &names)) })
}

/// Rows of `.show tables` for these tables.
pub(crate) fn rows(call: &Call<'_, '_>, names: &[String]) -> Vec<Vec<Value>> {
    let database = call.database();
    let row = |name: &String| {
        let notes = database.table_notes(name);
        vec![
            name.as_str().into(),
            database.name().into(),
            Value::String(notes.folder.into()),
            Value::String(notes.docstring.into()),
        ]
    };
    names.iter().map(row).collect()
}

fn of_details(call: &Call<'_, '_>, names: &[String]) -> Table {
    let database = call.database();
    let rows = names.iter().map(|name| {
        let notes = database.table_notes(name);
        let size = database.database().table_size(name);
        let (rows, bytes) = match size {
            Some((rows, bytes)) => {
                (Value::Long(i64::try_from(rows).unwrap_or(i64::MAX)), Value::Real(bytes as f64))
            }
            None => (Value::Null, Value::Null),
        };
        let extents = Value::Long(i64::from(!matches!(rows, Value::Long(0))));
        let mut row = vec![
            name.as_str().into(),
            database.name().into(),
            Value::String(notes.folder.into()),
            Value::String(notes.docstring.into()),
        ];
        for _ in ["total", "hot"] {
            row.extend([extents.clone(), bytes.clone(), bytes.clone(), rows.clone()]);
        }
        row.extend(std::iter::repeat_n(Value::from(""), 7));
        row.extend([Value::Null, Value::Null, "".into(), Value::Guid(database.table_id(name))]);
        row
    });
    Call::rows_of(DETAILS, rows.collect())
}

fn table(call: &mut Call<'_, '_>) -> Result<Table, CommandError> {
    let name = call.table_name()?.text;
    if call.reader.accept("details") {
        call.reader.end()?;
        return Ok(of_details(call, &[name]));
    }
    let as_json = call.reader.accept_all(&["schema", "as", "json"]);
    if !as_json && !call.reader.accept("cslschema") && !call.reader.accept("kqlschema") {
        return Err(call.reader.expected("cslschema, schema as json, or details"));
    }
    call.reader.end()?;
    Ok(call.rows(vec![schema_row(call, &name, as_json)]))
}

/// A row of `.show table … cslschema`.
pub(crate) fn schema_row(call: &Call<'_, '_>, name: &str, as_json: bool) -> Vec<Value> {
    let database = call.database();
    let columns = database.database().table_schema(name).unwrap_or_default();
    let notes = database.table_notes(name);
    let shown = match as_json {
        true => schema::table_json(database, name, &columns).to_string(),
        false => csl::columns(&columns),
    };
    vec![
        name.into(),
        Value::String(shown.into()),
        database.name().into(),
        Value::String(notes.folder.into()),
        Value::String(notes.docstring.into()),
    ]
}
