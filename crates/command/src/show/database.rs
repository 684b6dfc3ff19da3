//! `.show databases`, `.show database`, `.show schema` and their forms. It must not know what is in tables.

use kqlite::{Code, ParameterInfo, Table, Value};

use crate::call::{Call, CommandEntry};
use crate::csl;
use crate::error::CommandError;
use crate::schema;

const IDENTITY: &str = "DatabaseName:string, PersistentStorage:string, Version:string, IsCurrent:bool, \
    DatabaseAccessMode:string, PrettyName:string, CurrentUserIsUnrestrictedViewer:bool, DatabaseId:guid, \
    InTransitionTo:string";
const SCHEMA: &str = "DatabaseName:string, TableName:string, ColumnName:string, ColumnType:string, IsDefaultTable:bool, \
    IsDefaultColumn:bool, PrettyName:string, Version:string, Folder:string, DocString:string";
const SCHEMA_JSON: &str = "DatabaseSchema:string";
const SCHEMA_SCRIPT: &str = "DatabaseSchemaScript:string";
const TABLE_SCHEMA: &str =
    "TableName:string, Schema:string, DatabaseName:string, Folder:string, DocString:string";
const DATABASES: &str = "DatabaseName:string, PersistentStorage:string, Version:string, IsCurrent:bool, \
    DatabaseAccessMode:string, PrettyName:string, ReservedSlot1:bool, DatabaseId:guid, InTransitionTo:string, \
    SuspensionState:string";

const NAME: ParameterInfo =
    ParameterInfo::optional("Database", "The name of a database; by default the one that is asked.");

pub(crate) const ENTRIES: &[CommandEntry] = &[
    CommandEntry {
        name: ".show databases",
        summary: "Shows the databases: a server has one.",
        syntax: &[
            ".show databases",
            ".show databases identity",
            ".show databases [(Database, …)] schema",
            ".show databases [(Database, …)] schema as json",
        ],
        parameters: &[NAME],
        columns: DATABASES,
        run: databases,
        ..CommandEntry::SHOW
    },
    CommandEntry {
        name: ".show cluster databases",
        summary: "Shows the databases, as .show databases does.",
        syntax: &[".show cluster databases"],
        columns: DATABASES,
        run: databases,
        ..CommandEntry::SHOW
    },
    CommandEntry {
        name: ".show databases entities",
        summary: "Shows all tables and functions, with their columns, parameters and bodies.",
        syntax: &[".show databases entities [with (showObfuscatedStrings=true, resolveFunctionSchema=true)]"],
        remarks: &[
            "The properties are taken and change nothing: texts are shown as they were given, and the columns that a \
            function gives are not worked out.",
        ],
        columns: "DatabaseName:string, EntityType:string, EntityName:string, DocString:string, Folder:string, \
            CslInputSchema:string, Content:string, CslOutputSchema:string, Properties:dynamic",
        run: entities,
        ..CommandEntry::SHOW
    },
    CommandEntry {
        name: ".show database",
        summary: "Shows the database that is asked: its name and version, or its schema in one of four forms.",
        syntax: &[
            ".show database [Database] [identity]",
            ".show database [Database] schema [if_later_than \"v1.2\"] [as json]",
            ".show database [Database] schema as csl script",
            ".show database [Database] cslschema",
            ".show database [Database] principals",
        ],
        parameters: &[NAME],
        remarks: &[
            "The JSON is what editors of KQL read. The script makes the same tables and functions elsewhere, without rows.",
            "A database whose name is one of the words of the command stands in ['…'].",
        ],
        columns: IDENTITY,
        run: database,
        ..CommandEntry::SHOW
    },
    CommandEntry {
        name: ".show schema",
        summary: "Shows the tables and columns, as .show databases schema does.",
        syntax: &[".show schema", ".show schema as json"],
        columns: SCHEMA,
        run: |call| {
            let shown = schema_form(call)?;
            call.reader.end()?;
            Ok(shown)
        },
        ..CommandEntry::SHOW
    },
];

/// Whether the name that a command has, if it has one, is that of the database.
fn check_name(call: &mut Call<'_, '_>) -> Result<(), CommandError> {
    let name = call.reader.name("the name of a database")?;
    let known = call.database().name();
    if name.text.eq_ignore_ascii_case(known) {
        return Ok(());
    }
    Err(call.not_there(Code::UnknownName, "database", &name, [known]))
}

fn databases(call: &mut Call<'_, '_>) -> Result<Table, CommandError> {
    if call.reader.accept("identity") {
        call.reader.end()?;
        return Ok(identity(call));
    }
    if call.reader.accept_sign("(") {
        loop {
            check_name(call)?;
            if call.reader.accept("if_later_than") {
                call.reader.string("a version, such as \"v1.2\"")?;
            }
            if !call.reader.accept_sign(",") {
                break;
            }
        }
        call.reader.expect_sign(")")?;
        call.reader.expect("schema")?;
        let shown = schema_form(call)?;
        call.reader.end()?;
        return Ok(shown);
    }
    if call.reader.accept("schema") {
        let shown = schema_form(call)?;
        call.reader.end()?;
        return Ok(shown);
    }
    if !call.reader.is_at_end() {
        return Err(call.reader.expected("identity, schema, entities, or the end of the command"));
    }
    let id = Value::Guid(call.database().id());
    let row = [what_it_is(call), vec![Value::Null, id, "".into(), "".into()]].concat();
    Ok(call.rows(vec![row]))
}

/// The first columns of what is told of the database.
fn what_it_is(call: &Call<'_, '_>) -> Vec<Value> {
    let database = call.database();
    vec![
        database.name().into(),
        "".into(),
        Value::String(database.version().into()),
        Value::Bool(true),
        "ReadWrite".into(),
        database.pretty_name().into(),
    ]
}

fn identity(call: &Call<'_, '_>) -> Table {
    let id = Value::Guid(call.database().id());
    let row = [what_it_is(call), vec![Value::Bool(true), id, "".into()]].concat();
    Call::rows_of(IDENTITY, vec![row])
}

/// The schema, in the form that the next words ask for.
fn schema_form(call: &mut Call<'_, '_>) -> Result<Table, CommandError> {
    call.reader.accept("details");
    let is_old = if call.reader.accept("if_later_than") {
        let at = call.reader.at();
        let written = call.reader.string("a version, such as \"v1.2\"")?;
        !is_later(call, &written, at)?
    } else {
        false
    };
    let text = |columns: &str, text: String| Call::rows_of(columns, vec![vec![Value::String(text.into())]]);
    let shown = if call.reader.accept_all(&["as", "json"]) {
        // Which kinds of entities are wanted: those that there are, are given.
        call.reader.properties(&["Tables", "ExternalTables", "MaterializedViews", "Functions"])?;
        text(SCHEMA_JSON, schema::json(call.database()))
    } else if call.reader.accept_all(&["as", "csl", "script"])
        || call.reader.accept_all(&["as", "kql", "script"])
    {
        call.reader.properties(&[
            "IncludeEncodingPolicies",
            "IncludeSecuritySettings",
            "IncludeIngestionMappings",
            "ShowObfuscatedStrings",
        ])?;
        text(SCHEMA_SCRIPT, schema::script(call.database()))
    } else if call.reader.is_at_end() {
        Call::rows_of(SCHEMA, schema::rows(call.database()))
    } else {
        return Err(call.reader.expected("as json, as csl script, or the end of the command"));
    };
    Ok(if is_old { Table::empty(shown.schema().clone()) } else { shown })
}

/// Whether the database is later than a version such as `v1.2`.
fn is_later(call: &Call<'_, '_>, version: &str, at: usize) -> Result<bool, CommandError> {
    let numbers = |text: &str| {
        let (major, minor) = text.trim_start_matches('v').trim_start_matches('.').split_once('.')?;
        Some((major.parse::<u64>().ok()?, minor.parse::<u64>().ok()?))
    };
    match numbers(version) {
        Some(given) => Ok((1, call.database().changes()) > given),
        None => {
            let span = kqlite::Span::new(at, call.reader.at());
            Err(call.error(Code::BadLiteral, span, format!("'{version}' is no version, such as v1.2")))
        }
    }
}

fn database(call: &mut Call<'_, '_>) -> Result<Table, CommandError> {
    const WORDS: [&str; 5] = ["identity", "schema", "cslschema", "kqlschema", "principals"];
    let is_word = |word: &str| WORDS.iter().any(|it| it.eq_ignore_ascii_case(word));
    if !call.reader.is_at_end() && !call.reader.peek().is_some_and(is_word) {
        check_name(call)?;
    }
    if call.reader.accept("schema") {
        let shown = schema_form(call)?;
        call.reader.end()?;
        return Ok(shown);
    }
    if call.reader.accept("cslschema") || call.reader.accept("kqlschema") {
        call.reader.end()?;
        let database = call.database();
        let rows = schema::tables(database).map(|(name, schema)| {
            let notes = database.table_notes(name);
            vec![
                name.into(),
                Value::String(csl::columns(&schema).into()),
                database.name().into(),
                Value::String(notes.folder.into()),
                Value::String(notes.docstring.into()),
            ]
        });
        return Ok(Call::rows_of(TABLE_SCHEMA, rows.collect()));
    }
    if call.reader.accept("principals") {
        call.reader.end()?;
        const PRINCIPALS: &str = "Role:string, PrincipalType:string, PrincipalDisplayName:string, \
            PrincipalObjectId:string, PrincipalFQN:string, Notes:string, RoleAssignmentIdentifier:string";
        return Ok(Call::rows_of(PRINCIPALS, Vec::new()));
    }
    if !call.reader.accept("identity") && !call.reader.is_at_end() {
        return Err(call.reader.expected(&format!("one of {}", WORDS.join(", "))));
    }
    call.reader.end()?;
    Ok(identity(call))
}

fn entities(call: &mut Call<'_, '_>) -> Result<Table, CommandError> {
    call.reader.properties(&["showObfuscatedStrings", "resolveFunctionSchema"])?;
    call.reader.end()?;
    let database = call.database();
    let row =
        |kind: &str, name: &str, notes: crate::EntityNotes, input: &str, content: &str, output: String| {
            vec![
                database.name().into(),
                kind.into(),
                name.into(),
                Value::String(notes.docstring.into()),
                Value::String(notes.folder.into()),
                input.into(),
                content.into(),
                Value::String(output.into()),
                Value::Dynamic(kqlite::Dynamic::bag(kqlite::Bag::default())),
            ]
        };
    let mut rows: Vec<Vec<Value>> = schema::tables(database)
        .map(|(name, schema)| row("Table", name, database.table_notes(name), "", "", csl::columns(&schema)))
        .collect();
    for name in database.database().function_names() {
        let text = database.database().function_text(name).unwrap_or_default();
        let (parameters, body) = csl::split_function(text);
        rows.push(row("Function", name, database.function_notes(name), parameters, body, String::new()));
    }
    Ok(call.rows(rows))
}
