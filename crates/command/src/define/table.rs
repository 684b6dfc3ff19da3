//! `.create table`, `.create-merge table`, `.create tables`, `.drop table`, `.rename table`, `.clear table data`. It must not know
//! functions.

use kqlite::{Code, ParameterInfo, Schema, Table};

use crate::call::{Call, CommandEntry};
use crate::error::CommandError;
use crate::managed_database::EntityNotes;
use crate::parts::{Declaration, PlacedName, Properties};
use crate::show::table::{TABLE_SCHEMA, TABLES, rows, schema_row};

const COLUMNS: ParameterInfo =
    ParameterInfo::required("Column: Type", "A column and its type, such as Name: string.");
const TABLE: ParameterInfo = ParameterInfo::required("Table", "The name of a table.");
const NOTES: &[&str] = &["docstring", "folder"];

pub(crate) const ENTRIES: &[CommandEntry] = &[
    CommandEntry {
        name: ".create table",
        kind: "TableCreate",
        summary: "Makes a table without rows, unless there is one of that name.",
        syntax: &[".create table Table (Column: Type, …) [with (docstring=Text, folder=Text)]"],
        parameters: &[TABLE, COLUMNS],
        remarks: &["A table that is there stays as it is, whatever its columns are."],
        columns: TABLE_SCHEMA,
        run: |call| create_one(call, false),
        ..CommandEntry::CHANGE
    },
    CommandEntry {
        name: ".create-merge table",
        kind: "TableCreate",
        summary: "Makes a table without rows, or adds the columns that the table lacks.",
        syntax: &[".create-merge table Table (Column: Type, …) [with (docstring=Text, folder=Text)]"],
        parameters: &[TABLE, COLUMNS],
        remarks: &[
            "A column that is there with another type is an error.",
            "New columns are null in the rows that are there.",
        ],
        columns: TABLE_SCHEMA,
        run: |call| create_one(call, true),
        ..CommandEntry::CHANGE
    },
    CommandEntry {
        name: ".create tables",
        kind: "TablesCreate",
        summary: "Makes several tables without rows; those that are there stay as they are.",
        syntax: &[".create tables Table (Column: Type, …), … [with (docstring=Text, folder=Text)]"],
        parameters: &[TABLE, COLUMNS],
        columns: TABLES,
        run: |call| create_several(call, false),
        ..CommandEntry::CHANGE
    },
    CommandEntry {
        name: ".create-merge tables",
        kind: "TablesCreate",
        summary: "Makes several tables without rows, or adds the columns that they lack.",
        syntax: &[".create-merge tables Table (Column: Type, …), … [with (docstring=Text, folder=Text)]"],
        parameters: &[TABLE, COLUMNS],
        columns: TABLES,
        run: |call| create_several(call, true),
        ..CommandEntry::CHANGE
    },
    CommandEntry {
        name: ".drop table",
        kind: "TableDrop",
        summary: "Takes a table away, and gives those that are left.",
        syntax: &[".drop table Table [ifexists]"],
        parameters: &[TABLE],
        columns: "TableName:string, DatabaseName:string",
        run: |call| {
            let name = call.reader.name("the name of a table")?;
            drop_tables(call, vec![name])
        },
        ..CommandEntry::CHANGE
    },
    CommandEntry {
        name: ".drop tables",
        kind: "TablesDrop",
        summary: "Takes several tables away, or none if one of them is not there.",
        syntax: &[".drop tables (Table, …) [ifexists]"],
        parameters: &[TABLE],
        columns: "TableName:string, DatabaseName:string",
        run: |call| {
            let names = call.reader.names("the name of a table")?;
            drop_tables(call, names)
        },
        ..CommandEntry::CHANGE
    },
    CommandEntry {
        name: ".rename table",
        kind: "TableRename",
        summary: "Gives a table another name.",
        syntax: &[".rename table Old to New"],
        parameters: &[
            ParameterInfo::required("Old", "The name of a table."),
            ParameterInfo::required("New", "A name that no table has."),
        ],
        columns: TABLES,
        run: |call| {
            let old = call.table_name()?;
            call.reader.expect("to")?;
            let new = call.reader.name("the new name")?;
            call.reader.end()?;
            rename(call, &[(old, new)])
        },
        ..CommandEntry::CHANGE
    },
    CommandEntry {
        name: ".rename tables",
        kind: "TablesRename",
        summary: "Gives several tables other names at once, so that two may change places.",
        syntax: &[".rename tables New=Old [ifexists], …"],
        parameters: &[
            ParameterInfo::required("New", "The new name."),
            ParameterInfo::required("Old", "The name of a table."),
        ],
        columns: TABLES,
        run: rename_several,
        ..CommandEntry::CHANGE
    },
    CommandEntry {
        name: ".clear table",
        kind: "TableClearData",
        summary: "Takes all rows of a table away.",
        syntax: &[".clear table Table data"],
        parameters: &[TABLE],
        columns: "Status:string",
        run: |call| {
            let name = call.table_name()?;
            call.reader.expect("data")?;
            call.reader.end()?;
            let schema = call.database().database().table_schema(&name.text).unwrap_or_default();
            call.database_mut().database_mut().insert(name.text, Table::empty(schema));
            Ok(call.rows(vec![vec!["Ok".into()]]))
        },
        ..CommandEntry::CHANGE
    },
];

pub(crate) fn create_one(call: &mut Call<'_, '_>, merge: bool) -> Result<Table, CommandError> {
    let declared = call.reader.declaration()?;
    let properties = call.reader.properties(NOTES)?;
    call.reader.end()?;
    create(call, &declared, &properties, merge)?;
    Ok(call.rows(vec![schema_row(call, &declared.name.text, false)]))
}

fn create_several(call: &mut Call<'_, '_>, merge: bool) -> Result<Table, CommandError> {
    let mut declared = vec![call.reader.declaration()?];
    while call.reader.accept_sign(",") {
        call.reader.check_count(declared.len())?;
        declared.push(call.reader.declaration()?);
    }
    let properties = call.reader.properties(NOTES)?;
    call.reader.end()?;
    for it in &declared {
        create(call, it, &properties, merge)?;
    }
    let names: Vec<String> = declared.into_iter().map(|it| it.name.text).collect();
    Ok(call.rows(rows(call, &names)))
}

fn create(
    call: &mut Call<'_, '_>,
    declared: &Declaration,
    properties: &Properties,
    merge: bool,
) -> Result<(), CommandError> {
    let name = &declared.name.text;
    match call.database().database().table_schema(name) {
        None => {
            call.database_mut().database_mut().declare(name, declared.schema.clone());
            note(call, name, properties);
        }
        Some(known) if merge => {
            let mut merged = known.clone();
            for column in &declared.schema.columns {
                match known.columns.iter().find(|it| it.name == column.name) {
                    Some(it) if it.data_type != column.data_type => {
                        let message = format!(
                            "the column '{}' of '{name}' is of type {}, and cannot become {}",
                            column.name, it.data_type, column.data_type
                        );
                        return Err(call.error(Code::ExpectedType, declared.name.span, message));
                    }
                    Some(_) => {}
                    None => merged = merged.with(&column.name, column.data_type),
                }
            }
            if merged != known {
                reshape(call, &declared.name, &merged)?;
            }
            note(call, name, properties);
        }
        Some(_) => {}
    }
    Ok(())
}

/// Notes the folder and the description that the properties name.
pub(crate) fn note(call: &mut Call<'_, '_>, table: &str, properties: &Properties) {
    let known = call.database().table_notes(table);
    let notes = EntityNotes {
        folder: properties.text("folder").map_or(known.folder, str::to_owned),
        docstring: properties.text("docstring").map_or(known.docstring, str::to_owned),
    };
    call.database_mut().note_table(table, notes);
}

/// Gives a table other columns: those that it has keep their values, new ones are null.
pub(crate) fn reshape(
    call: &mut Call<'_, '_>,
    name: &PlacedName,
    schema: &Schema,
) -> Result<(), CommandError> {
    let Some(mut table) = call.database().database().table(&name.text).cloned() else {
        let message = format!("the rows of '{}' come from a file, and its columns cannot change", name.text);
        return Err(call.error(Code::NotAllowedHere, name.span, message));
    };
    for column in &schema.columns {
        table = table.with_missing_column(&column.name, column.data_type);
    }
    let places: Vec<usize> = schema.names().filter_map(|column| table.schema().position(column)).collect();
    let table = table.with_columns(places);
    call.database_mut().database_mut().insert(name.text.as_str(), table);
    Ok(())
}

fn drop_tables(call: &mut Call<'_, '_>, names: Vec<PlacedName>) -> Result<Table, CommandError> {
    let if_exists = call.reader.accept("ifexists");
    call.reader.end()?;
    let mut found = Vec::new();
    for name in names {
        if if_exists && !call.database().database().has_table(&name.text) {
            continue;
        }
        found.push(call.known_table(name)?);
    }
    for name in &found {
        call.database_mut().drop_table(&name.text);
    }
    let database = call.database();
    let left = database.database().table_names().map(|name| vec![name.into(), database.name().into()]);
    Ok(call.rows(left.collect()))
}

fn rename_several(call: &mut Call<'_, '_>) -> Result<Table, CommandError> {
    let mut renames = Vec::new();
    loop {
        let new = call.reader.name("the new name of a table")?;
        call.reader.expect_sign("=")?;
        let old = call.reader.name("the name of a table")?;
        let if_exists = call.reader.accept("ifexists");
        if call.database().database().has_table(&old.text) || !if_exists {
            renames.push((call.known_table(old)?, new));
        }
        if !call.reader.accept_sign(",") {
            break;
        }
        call.reader.check_count(renames.len())?;
    }
    call.reader.end()?;
    rename(call, &renames)
}

/// Renames all tables at once. Each is renamed once, and no name is taken by two.
fn rename(call: &mut Call<'_, '_>, renames: &[(PlacedName, PlacedName)]) -> Result<Table, CommandError> {
    for (at, (old, new)) in renames.iter().enumerate() {
        let before = renames.get(..at).unwrap_or_default();
        if before.iter().any(|(it, _)| it.text == old.text) {
            let message = format!("'{}' is given two names", old.text);
            return Err(call.error(Code::DuplicateName, old.span, message));
        }
        let is_freed = renames.iter().any(|(it, _)| it.text == new.text);
        let is_taken = call.database().database().has_table(&new.text) && !is_freed;
        if is_taken || before.iter().any(|(_, it)| it.text == new.text) {
            let message = format!("there is a table '{}' already", new.text);
            return Err(call.error(Code::DuplicateName, new.span, message));
        }
    }
    // Over names that no table can have, so that tables may change places.
    let aside = |at: usize| format!("\0{at}");
    let database = call.database_mut();
    for (at, (old, _)) in renames.iter().enumerate() {
        database.rename_table(&old.text, &aside(at));
    }
    for (at, (_, new)) in renames.iter().enumerate() {
        database.rename_table(&aside(at), &new.text);
    }
    let names: Vec<String> = renames.iter().map(|(_, new)| new.text.clone()).collect();
    Ok(call.rows(rows(call, &names)))
}
