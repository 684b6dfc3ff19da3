//! `.show functions` and `.show function`. It must not know what functions do.

use kqlite::{ParameterInfo, Value};

use crate::call::{Call, CommandEntry};
use crate::csl;

pub(crate) const FUNCTIONS: &str =
    "Name:string, Parameters:string, Body:string, Folder:string, DocString:string";

const PROPERTIES: &[&str] = &["ShowObfuscatedStrings", "Builtin", "IncludeHiddenFunctions"];

pub(crate) const ENTRIES: &[CommandEntry] = &[
    CommandEntry {
        name: ".show functions",
        summary: "Shows the stored functions: names, parameters, bodies, folders, descriptions.",
        syntax: &[".show functions"],
        columns: FUNCTIONS,
        run: |call| {
            call.reader.properties(PROPERTIES)?;
            call.reader.end()?;
            let rows = call.database().database().function_names().map(|name| row(call, name)).collect();
            Ok(call.rows(rows))
        },
        ..CommandEntry::SHOW
    },
    CommandEntry {
        name: ".show function",
        summary: "Shows a stored function.",
        syntax: &[".show function Function [with (ShowObfuscatedStrings=true)]"],
        parameters: &[ParameterInfo::required("Function", "The name of a stored function.")],
        columns: FUNCTIONS,
        run: |call| {
            let name = call.reader.name("the name of a function")?;
            let name = call.known_function(name)?;
            call.reader.properties(PROPERTIES)?;
            call.reader.end()?;
            Ok(call.rows(vec![row(call, &name.text)]))
        },
        ..CommandEntry::SHOW
    },
];

/// A row of `.show functions`.
pub(crate) fn row(call: &Call<'_, '_>, name: &str) -> Vec<Value> {
    let text = call.database().database().function_text(name).unwrap_or_default();
    let (parameters, body) = csl::split_function(text);
    let notes = call.database().function_notes(name);
    vec![
        name.into(),
        parameters.into(),
        body.into(),
        Value::String(notes.folder.into()),
        Value::String(notes.docstring.into()),
    ]
}
