//! `.create function`, `.create-or-alter function`, `.alter function`, `.drop function`. It must not know tables.

use kqlite::{Code, CompileOptions, ParameterInfo, Span, Table};

use crate::call::{Call, CommandEntry};
use crate::error::CommandError;
use crate::managed_database::EntityNotes;
use crate::parts::PlacedName;
use crate::show::function::{FUNCTIONS, row};

const FUNCTION: ParameterInfo = ParameterInfo::required("Function", "The name of the function.");
const PARAMETERS: ParameterInfo =
    ParameterInfo::required("Parameters", "The parameters, as in let: n: long, T: (x: string).");
const BODY: ParameterInfo =
    ParameterInfo::required("Body", "A query, or an expression, behind statements if need be.");
const PROPERTIES: &[&str] = &["docstring", "folder", "view", "skipvalidation"];

pub(crate) const ENTRIES: &[CommandEntry] = &[
    CommandEntry {
        name: ".create function",
        kind: "FunctionCreate",
        summary: "Stores a function; one of that name must not be there.",
        syntax: &[
            ".create function [ifnotexists] [with (docstring=Text, folder=Text, view=true, skipvalidation=true)] \
             Function(Parameters) { Body }",
        ],
        parameters: &[FUNCTION, PARAMETERS, BODY],
        remarks: &[
            "A body with mistakes is an error, unless skipvalidation is true: then the queries that call it tell them.",
            "With ifnotexists a function that is there stays as it is.",
        ],
        columns: FUNCTIONS,
        run: |call| define(call, SameFunction::Refused),
        ..CommandEntry::CHANGE
    },
    CommandEntry {
        name: ".create-or-alter function",
        kind: "FunctionCreateOrAlter",
        summary: "Stores a function, in place of the one of that name if there is one.",
        syntax: &[
            ".create-or-alter function [with (docstring=Text, folder=Text, view=true, skipvalidation=true)] \
             Function(Parameters) { Body }",
        ],
        parameters: &[FUNCTION, PARAMETERS, BODY],
        columns: FUNCTIONS,
        run: |call| define(call, SameFunction::Replaced),
        ..CommandEntry::CHANGE
    },
    CommandEntry {
        name: ".alter function",
        kind: "FunctionAlter",
        summary: "Stores a function in place of the one of that name, or gives it a folder or a description.",
        syntax: &[
            ".alter function [with (docstring=Text, folder=Text, view=true, skipvalidation=true)] \
             Function(Parameters) { Body }",
            ".alter function Function docstring Text",
            ".alter function Function folder Text",
        ],
        parameters: &[
            FUNCTION,
            PARAMETERS,
            BODY,
            ParameterInfo::required("Text", "The folder, or what it is."),
        ],
        columns: FUNCTIONS,
        run: alter,
        ..CommandEntry::CHANGE
    },
    CommandEntry {
        name: ".drop function",
        kind: "FunctionDrop",
        summary: "Takes a stored function away.",
        syntax: &[".drop function Function [ifexists]"],
        parameters: &[FUNCTION],
        columns: "Name:string",
        run: |call| {
            let name = call.reader.name("the name of a function")?;
            let if_exists = call.reader.accept("ifexists");
            call.reader.end()?;
            if if_exists && call.database().database().function_text(&name.text).is_none() {
                return Ok(call.rows(Vec::new()));
            }
            let name = call.known_function(name)?;
            call.database_mut().drop_function(&name.text);
            Ok(call.rows(vec![vec![name.text.as_str().into()]]))
        },
        ..CommandEntry::CHANGE
    },
    CommandEntry {
        name: ".drop functions",
        kind: "FunctionsDrop",
        summary: "Takes several stored functions away, or none if one of them is not there; gives those that are left.",
        syntax: &[".drop functions (Function, …) [ifexists]"],
        parameters: &[FUNCTION],
        columns: FUNCTIONS,
        run: drop_several,
        ..CommandEntry::CHANGE
    },
];

/// What becomes of a function of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SameFunction {
    Refused,
    Replaced,
    Needed,
}

fn define(call: &mut Call<'_, '_>, existing: SameFunction) -> Result<Table, CommandError> {
    let if_not_exists = existing == SameFunction::Refused && call.reader.accept("ifnotexists");
    let properties = call.reader.properties(PROPERTIES)?;
    let name = call.reader.name("the name of a function")?;
    let (text, span) = call.reader.function()?;
    call.reader.end()?;
    let is_there = call.database().database().function_text(&name.text).is_some();
    match existing {
        SameFunction::Refused if is_there && if_not_exists => {
            return Ok(call.rows(vec![row(call, &name.text)]));
        }
        SameFunction::Refused if is_there => {
            let message = format!(
                "there is a function '{}' already; .create-or-alter function takes its place",
                name.text
            );
            return Err(call.error(Code::DuplicateName, name.span, message));
        }
        SameFunction::Needed if !is_there => return Err(unknown(call, &name)),
        SameFunction::Refused | SameFunction::Replaced | SameFunction::Needed => {}
    }
    if !properties.is_true("skipvalidation") {
        validate(call, text, span)?;
    }
    let is_view = properties.is_true("view");
    let stored = if is_view { format!("view {text}") } else { text.to_owned() };
    let shift = span.start as isize - stored.len().saturating_sub(text.len()) as isize;
    let whole = call.reader.text();
    call.database_mut()
        .database_mut()
        .define(name.text.as_str(), &stored)
        .map_err(|error| CommandError::in_query(&error, whole, shift))?;
    let known = call.database().function_notes(&name.text);
    let notes = EntityNotes {
        folder: properties.text("folder").map_or(known.folder, str::to_owned),
        docstring: properties.text("docstring").map_or(known.docstring, str::to_owned),
    };
    call.database_mut().note_function(&name.text, notes);
    Ok(call.rows(vec![row(call, &name.text)]))
}

/// Finds the mistakes of a function, as if a query declared it.
fn validate(call: &Call<'_, '_>, text: &str, span: Span) -> Result<(), CommandError> {
    const HEAD: &str = "let _function = ";
    let query = format!("{HEAD}{text};\nprint 1");
    let options = CompileOptions::default().limits(call.environment().limits);
    let shift = span.start as isize - HEAD.len() as isize;
    match call.database().database().compile_with(&query, &options) {
        Ok(_) => Ok(()),
        Err(error) => Err(CommandError::in_query(&error, call.reader.text(), shift)),
    }
}

fn alter(call: &mut Call<'_, '_>) -> Result<Table, CommandError> {
    let mut ahead = call.reader.clone();
    let is_note =
        ahead.name("the name of a function").is_ok() && (ahead.accept("docstring") || ahead.accept("folder"));
    if !is_note {
        return define(call, SameFunction::Needed);
    }
    let name = call.reader.name("the name of a function")?;
    let name = call.known_function(name)?;
    let is_folder = call.reader.accept("folder");
    if !is_folder {
        call.reader.expect("docstring")?;
    }
    let text = call.reader.string("a text")?;
    call.reader.end()?;
    let known = call.database().function_notes(&name.text);
    let notes = match is_folder {
        true => EntityNotes { folder: text, ..known },
        false => EntityNotes { docstring: text, ..known },
    };
    call.database_mut().note_function(&name.text, notes);
    Ok(call.rows(vec![row(call, &name.text)]))
}

fn drop_several(call: &mut Call<'_, '_>) -> Result<Table, CommandError> {
    let names = call.reader.names("the name of a function")?;
    let if_exists = call.reader.accept("ifexists");
    call.reader.end()?;
    let mut found = Vec::new();
    for name in names {
        if if_exists && call.database().database().function_text(&name.text).is_none() {
            continue;
        }
        found.push(call.known_function(name)?);
    }
    for name in &found {
        call.database_mut().drop_function(&name.text);
    }
    let left = call.database().database().function_names().map(|name| row(call, name)).collect();
    Ok(call.rows(left))
}

fn unknown(call: &Call<'_, '_>, name: &PlacedName) -> CommandError {
    let known = call.database().database().function_names();
    call.not_there(Code::UnknownFunction, "function", name, known)
}
