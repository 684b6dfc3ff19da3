//! `.alter table` and `.alter-merge table`: columns, folder and description of a table; `.alter database prettyname`. It must not
//! know how tables are made.

use kqlite::{Code, ParameterInfo, Table};

use super::table::{note, reshape};
use crate::call::{Call, CommandEntry};
use crate::error::CommandError;
use crate::parts::{PlacedName, Properties, Property};
use crate::show::table::{TABLE_SCHEMA, schema_row};

const TABLE: ParameterInfo = ParameterInfo::required("Table", "The name of a table.");
const COLUMNS: ParameterInfo =
    ParameterInfo::required("Column: Type", "A column and its type, such as Name: string.");

pub(crate) const ENTRIES: &[CommandEntry] = &[
    CommandEntry {
        name: ".alter table",
        kind: "TableAlter",
        summary: "Gives a table other columns, a folder, or a description.",
        syntax: &[
            ".alter table Table (Column: Type, …) [with (docstring=Text, folder=Text)]",
            ".alter table Table docstring Text",
            ".alter table Table folder Text",
        ],
        parameters: &[TABLE, COLUMNS, ParameterInfo::required("Text", "The folder, or what the table is.")],
        remarks: &[
            "Columns that are not named are dropped, with their values.",
            "The type of a column cannot change.",
        ],
        columns: TABLE_SCHEMA,
        run: alter,
        ..CommandEntry::CHANGE
    },
    CommandEntry {
        name: ".alter-merge table",
        kind: "TableAlterMerge",
        summary: "Adds the columns that a table lacks.",
        syntax: &[".alter-merge table Table (Column: Type, …) [with (docstring=Text, folder=Text)]"],
        parameters: &[TABLE, COLUMNS],
        remarks: &["As .create-merge table, but the table must be there."],
        columns: TABLE_SCHEMA,
        run: alter_merge,
        ..CommandEntry::CHANGE
    },
    CommandEntry {
        name: ".alter database",
        kind: "DatabasePrettyNameAlter",
        summary: "Gives the database a name that is shown to people.",
        syntax: &[".alter database Database prettyname Text"],
        parameters: &[
            ParameterInfo::required("Database", "The name of the database."),
            ParameterInfo::required("Text", "The name that is shown."),
        ],
        columns: "DatabaseName:string, PrettyName:string",
        run: |call| {
            let name = call.reader.name("the name of a database")?;
            if !name.text.eq_ignore_ascii_case(call.database().name()) {
                return Err(call.not_there(Code::UnknownName, "database", &name, [call.database().name()]));
            }
            call.reader.expect("prettyname")?;
            let shown = call.reader.string("a text")?;
            call.reader.end()?;
            call.database_mut().set_pretty_name(shown);
            let database = call.database();
            Ok(call.rows(vec![vec![database.name().into(), database.pretty_name().into()]]))
        },
        ..CommandEntry::CHANGE
    },
];

fn alter(call: &mut Call<'_, '_>) -> Result<Table, CommandError> {
    let mut ahead = call.reader.clone();
    ahead.name("the name of a table")?;
    for word in ["docstring", "folder"] {
        if ahead.accept(word) {
            let name = call.table_name()?;
            call.reader.expect(word)?;
            let start = call.reader.at();
            let value = call.reader.string("a text")?;
            call.reader.end()?;
            let value_span = kqlite::Span::new(start, call.reader.at());
            let property = Property { name: PlacedName { text: word.to_owned(), span: value_span }, value };
            note(call, &name.text, &Properties { values: vec![property] });
            return Ok(call.rows(vec![schema_row(call, &name.text, false)]));
        }
    }
    let declared = call.reader.declaration()?;
    let properties = call.reader.properties(&["docstring", "folder"])?;
    call.reader.end()?;
    let name = call.known_table(declared.name)?;
    let known = call.database().database().table_schema(&name.text).unwrap_or_default();
    for column in &declared.schema.columns {
        if let Some(it) = known.columns.iter().find(|it| it.name == column.name)
            && it.data_type != column.data_type
        {
            let message = format!(
                "the column '{}' of '{}' is of type {}, and cannot become {}",
                column.name, name.text, it.data_type, column.data_type
            );
            return Err(call.error(Code::ExpectedType, name.span, message));
        }
    }
    reshape(call, &name, &declared.schema)?;
    note(call, &name.text, &properties);
    Ok(call.rows(vec![schema_row(call, &name.text, false)]))
}

fn alter_merge(call: &mut Call<'_, '_>) -> Result<Table, CommandError> {
    let mut ahead = call.reader.clone();
    let name = ahead.name("the name of a table")?;
    call.known_table(name)?;
    super::table::create_one(call, true)
}
