//! `.set`, `.append`, `.set-or-append`, `.set-or-replace`: rows of a query become rows of a table. It must not know files.

use kqlite::{Code, ParameterInfo, Table, Value};

use super::append::{OldRows, SchemaChange, append};
use crate::call::{Call, CommandEntry};
use crate::error::CommandError;

const TABLE: ParameterInfo = ParameterInfo::required("Table", "The name of the table.");
const QUERY: ParameterInfo =
    ParameterInfo::required("Query", "A query, or a .show command: all of the text behind <|.");
const EXTENT: &str =
    "ExtentId:guid, OriginalSize:long, ExtentSize:long, ColumnSize:long, IndexSize:long, RowCount:long";
const BY_PLACE: &str = "Columns are matched by their places and types, whatever they are called.";
const PROPERTIES: &[&str] = &[
    "distributed",
    "creationTime",
    "extend_schema",
    "recreate_schema",
    "folder",
    "ingestIfNotExists",
    "policy_ingestiontime",
    "tags",
    "docstring",
    "persistDetails",
];

pub(crate) const ENTRIES: &[CommandEntry] = &[
    CommandEntry {
        name: ".set",
        kind: "TableSet",
        summary: "Makes a table of the rows of a query; a table of that name must not be there.",
        syntax: &[".set Table [with (folder=Text, docstring=Text)] <| Query"],
        parameters: &[TABLE, QUERY],
        remarks: &["With async it is refused: the rows are there when the answer comes."],
        columns: EXTENT,
        run: |call| ingest(call, SameTable::Refused),
        ..CommandEntry::CHANGE
    },
    CommandEntry {
        name: ".append",
        kind: "TableAppend",
        summary: "Adds the rows of a query to a table, which must be there.",
        syntax: &[".append Table [with (extend_schema=true)] <| Query"],
        parameters: &[TABLE, QUERY],
        remarks: &[BY_PLACE],
        columns: EXTENT,
        run: |call| ingest(call, SameTable::Needed),
        ..CommandEntry::CHANGE
    },
    CommandEntry {
        name: ".set-or-append",
        kind: "TableSetOrAppend",
        summary: "Adds the rows of a query to a table, or makes the table of them.",
        syntax: &[".set-or-append Table [with (extend_schema=true, folder=Text, docstring=Text)] <| Query"],
        parameters: &[TABLE, QUERY],
        remarks: &[BY_PLACE],
        columns: EXTENT,
        run: |call| ingest(call, SameTable::Kept),
        ..CommandEntry::CHANGE
    },
    CommandEntry {
        name: ".set-or-replace",
        kind: "TableSetOrReplace",
        summary: "Puts the rows of a query in the place of those that a table has, or makes the table of them.",
        syntax: &[
            ".set-or-replace Table [with (extend_schema=true, recreate_schema=true, folder=Text, docstring=Text)] <| Query",
        ],
        parameters: &[TABLE, QUERY],
        remarks: &[BY_PLACE, "The table keeps its columns, unless recreate_schema is true."],
        columns: EXTENT,
        run: |call| ingest(call, SameTable::Replaced),
        ..CommandEntry::CHANGE
    },
];

/// What becomes of a table of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SameTable {
    Refused,
    Needed,
    Kept,
    Replaced,
}

fn ingest(call: &mut Call<'_, '_>, existing: SameTable) -> Result<Table, CommandError> {
    refuse_async(call)?;
    let name = call.reader.name("the name of a table")?;
    let properties = call.reader.properties(PROPERTIES)?;
    if let Some(property) = properties.get("ingestIfNotExists") {
        let message = "rows have no tags here, so that nothing can be ingested by them alone";
        return Err(call.error(Code::Unsupported, property.name.span, message));
    }
    let (query, at) = call.reader.rest_behind_arrow("a query")?;
    let is_there = call.database().database().has_table(&name.text);
    let name = match existing {
        SameTable::Refused if is_there => {
            let message = format!(
                "there is a table '{}' already; .set-or-append adds to it, .set-or-replace replaces its rows",
                name.text
            );
            return Err(call.error(Code::DuplicateName, name.span, message));
        }
        SameTable::Needed => call.known_table(name)?,
        SameTable::Refused | SameTable::Kept | SameTable::Replaced => name,
    };
    let rows = call.query(query, at)?;
    if let Some(column) = rows.schema().names().find(|column| column.contains('$')) {
        let message = format!("a table has no column '{column}': project-rename gives it a name without '$'");
        return Err(call.error(Code::NotAllowedHere, name.span, message));
    }
    let rows = rows.with_visualization(None).with_warnings(Vec::new());
    let (count, bytes) = (rows.len(), rows.byte_size());
    let text = call.reader.text();
    if is_there {
        let old = if existing == SameTable::Replaced { OldRows::Replaced } else { OldRows::Kept };
        let change = if existing == SameTable::Replaced && properties.is_true("recreate_schema") {
            SchemaChange::Recreated
        } else if properties.is_true("extend_schema") {
            SchemaChange::Extended
        } else {
            SchemaChange::None
        };
        append(call.database_mut(), &name, &rows, old, change, text)?;
    } else {
        call.database_mut().database_mut().insert(name.text.as_str(), rows);
    }
    crate::define::table::note(call, &name.text, &properties);
    let number = |count: usize| Value::Long(i64::try_from(count).unwrap_or(i64::MAX));
    let row = vec![
        Value::Guid(call.database().change_id()),
        number(bytes),
        number(bytes),
        number(bytes),
        Value::Long(0),
        number(count),
    ];
    Ok(call.rows(vec![row]))
}

/// Refuses `async`: no command goes on when its answer was given.
pub(crate) fn refuse_async(call: &mut Call<'_, '_>) -> Result<(), CommandError> {
    let mut ahead = call.reader.clone();
    if !ahead.accept("async") || ahead.is_at("<|") || ahead.accept("with") {
        return Ok(());
    }
    let span = kqlite::Span::new(ahead.at() - "async".len(), ahead.at());
    Err(call.error(Code::Unsupported, span, "commands run at once here: leave out 'async'"))
}
