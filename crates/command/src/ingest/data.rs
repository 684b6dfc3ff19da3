//! `.ingest inline into` and `.ingest into`: rows of texts and files, in the formats of `externaldata`. It must not know queries.

use std::sync::Arc;

use kqlite::{
    Code, Database, Diagnostic, ExternalData, ExternalFormat, ExternalRequest, ExternalSource, ParameterInfo,
    Span, Table, Value,
};

use super::append::{OldRows, SchemaChange, append, named};
use super::query::refuse_async;
use crate::call::{Call, CommandEntry, Interpreter, run_query};
use crate::csl;
use crate::error::CommandError;
use crate::parts::{PlacedName, Properties};

const TABLE: ParameterInfo = ParameterInfo::required("Table", "The name of a table, which must be there.");
const PROPERTIES: &[&str] = &[
    "format",
    "ignoreFirstRecord",
    "creationTime",
    "tags",
    "folder",
    "docstring",
    "extend_schema",
    "zipPattern",
    "policy_ingestiontime",
    "ingestionMapping",
    "ingestionMappingReference",
    "ingestIfNotExists",
];
/// Properties that change which values come into which columns, or whether any come: taking them and doing nothing would be
/// wrong.
const REFUSED: &[&str] =
    &["ingestionMapping", "ingestionMappingReference", "ingestIfNotExists", "extend_schema", "zipPattern"];
const FORMATS: &str = "csv, tsv, scsv, psv, sohsv, txt, raw, json, multijson, w3clogfile";
const INGESTED: &str =
    "ExtentId:guid, ItemLoaded:string, Duration:string, HasErrors:string, OperationId:guid";

pub(crate) const ENTRIES: &[CommandEntry] = &[
    CommandEntry {
        name: ".ingest inline into table",
        kind: "DataIngestInline",
        summary: "Adds rows that stand in the command to a table.",
        syntax: &[
            ".ingest inline into table Table [with (format=Format, ignoreFirstRecord=true)] <| Data",
            ".ingest inline into table Table [Record] …",
        ],
        parameters: &[
            TABLE,
            ParameterInfo::optional(
                "Format",
                "csv, tsv, scsv, psv, sohsv, txt, raw, json, multijson or w3clogfile.",
            ),
            ParameterInfo::required(
                "Data",
                "The rows: all of the text behind <|, from the next line on if that line is empty.",
            ),
            ParameterInfo::required("Record", "A row of CSV in brackets."),
        ],
        remarks: &[
            "Fields are the columns in their order, without a header; members of JSON objects are found by their names.",
            "A value that is not of its column's type is null, as in Kusto.",
        ],
        columns: INGESTED,
        run: inline,
        ..CommandEntry::CHANGE
    },
    CommandEntry {
        name: ".ingest into table",
        kind: "DataIngestPull",
        summary: "Adds the rows of files to a table.",
        syntax: &[".ingest into table Table (Path, …) [with (format=Format, ignoreFirstRecord=true)]"],
        parameters: &[
            TABLE,
            ParameterInfo::required("Path", "The path of a file, as a text."),
            ParameterInfo::optional(
                "Format",
                "As of .ingest inline; by default the one that the name's ending tells, or csv.",
            ),
        ],
        remarks: &["Files are read where the server allows it, and only below the folder that it allows."],
        columns: INGESTED,
        run: from_files,
        ..CommandEntry::CHANGE
    },
    CommandEntry {
        name: ".ingest into",
        kind: "DataIngestPull",
        summary: "Adds the rows of files to a table, as .ingest into table does.",
        syntax: &[".ingest into Table (Path, …) [with (format=Format, ignoreFirstRecord=true)]"],
        parameters: &[TABLE, ParameterInfo::required("Path", "The path of a file, as a text.")],
        columns: INGESTED,
        run: from_files,
        ..CommandEntry::CHANGE
    },
    CommandEntry {
        name: ".ingest async into table",
        kind: "DataIngestPull",
        summary: "Is refused: commands run at once here.",
        syntax: &[".ingest async into table Table (Path, …)"],
        parameters: &[TABLE, ParameterInfo::required("Path", "The path of a file, as a text.")],
        columns: INGESTED,
        run: |call| {
            let end = call.reader.at();
            let message = "commands run at once here: leave out 'async'";
            Err(call.error(Code::Unsupported, Span::new(0, end), message))
        },
        ..CommandEntry::CHANGE
    },
];

fn inline(call: &mut Call<'_, '_>) -> Result<Table, CommandError> {
    let table = call.table_name()?;
    let properties = call.reader.properties(PROPERTIES)?;
    let format = format_of(call, &properties)?.unwrap_or(ExternalFormat::Delimited(b','));
    let data = if call.reader.is_at("[") {
        records_in_brackets(call)?
    } else {
        let (data, _) = call.reader.rest_behind_arrow("rows")?;
        let first = data.find('\n').map_or(data.len(), |at| at + 1);
        match data.get(..first) {
            Some(line) if line.trim().is_empty() => data.get(first..).unwrap_or_default().to_owned(),
            _ => data.trim_start_matches(' ').to_owned(),
        }
    };
    let source = Bytes(data.into_bytes().into());
    let rows = read(call.interpreter, &table, "inline", format, &properties, source)
        .map_err(|message| call.error(Code::BadData, table.span, message))?;
    append_rows(call, &table, &rows)?;
    Ok(call.rows(vec![ingested(call, "inline")]))
}

/// `[a,b] [c,d]`: each is a record of CSV.
fn records_in_brackets(call: &mut Call<'_, '_>) -> Result<String, CommandError> {
    let mut data = String::new();
    while call.reader.accept_sign("[") {
        let rest = call.reader.left();
        let (mut quoted, mut len) = (false, None);
        for (at, c) in rest.char_indices() {
            match c {
                '"' => quoted = !quoted,
                ']' if !quoted => {
                    len = Some(at);
                    break;
                }
                _ => {}
            }
        }
        let Some(len) = len else { return Err(call.reader.expected("']' at the end of a record")) };
        data.push_str(rest.get(..len).unwrap_or_default());
        data.push('\n');
        call.reader.pass(len + 1);
    }
    call.reader.end()?;
    Ok(data)
}

fn from_files(call: &mut Call<'_, '_>) -> Result<Table, CommandError> {
    refuse_async(call)?;
    let table = call.table_name()?;
    let mut paths = Vec::new();
    let in_brackets = call.reader.accept_sign("(");
    loop {
        paths.push(call.reader.string("the path of a file, as a text")?);
        if !in_brackets || !call.reader.accept_sign(",") {
            break;
        }
        call.reader.check_count(paths.len())?;
    }
    if in_brackets {
        call.reader.expect_sign(")")?;
    }
    let properties = call.reader.properties(PROPERTIES)?;
    let format = format_of(call, &properties)?;
    call.reader.end()?;
    let Some(files) = call.environment().files.clone() else {
        let message = "no files are read here: bring the rows with .ingest inline, or start the server with a folder of files";
        return Err(call.error(Code::NotAllowedHere, table.span, message));
    };
    let mut rows = Vec::new();
    for path in &paths {
        let format = format.unwrap_or_else(|| ExternalFormat::of_location(path));
        let read = read(call.interpreter, &table, path, format, &properties, Files(files.clone()))
            .map_err(|message| call.error(Code::BadData, table.span, message))?;
        rows.push(read);
    }
    // All files, or none.
    for read in &rows {
        append_rows(call, &table, read)?;
    }
    let shown = paths.iter().map(|path| ingested(call, path)).collect();
    Ok(call.rows(shown))
}

/// The format that the properties name.
fn format_of(call: &Call<'_, '_>, properties: &Properties) -> Result<Option<ExternalFormat>, CommandError> {
    if let Some(property) = REFUSED.iter().find_map(|name| properties.get(name)) {
        let message = format!("the property '{}' is not supported", property.name.text);
        return Err(call.error(Code::Unsupported, property.name.span, message));
    }
    let Some(property) = properties.get("format") else { return Ok(None) };
    match ExternalFormat::of_name(&property.value) {
        Some(format) => Ok(Some(format)),
        None => {
            let message = format!("the format '{}' is not known; there are: {FORMATS}", property.value);
            Err(call.error(Code::BadParameter, property.name.span, message))
        }
    }
}

/// The rows of some data in the columns of a table.
fn read(
    interpreter: &Interpreter<'_>,
    table: &PlacedName,
    location: &str,
    format: ExternalFormat,
    properties: &Properties,
    source: impl ExternalSource + 'static,
) -> Result<Table, String> {
    let schema = interpreter.database().database().table_schema(&table.text).unwrap_or_default();
    let mut database = Database::new();
    database.add_external_source(source);
    let skips = if properties.is_true("ignoreFirstRecord") { ", ignoreFirstRecord=true" } else { "" };
    let query = format!(
        "externaldata ({}) [{}] with (format='{}'{skips})",
        csl::columns(&schema),
        csl::text_literal(location),
        name_of(format)
    );
    run_query(&database, interpreter.environment, interpreter.options, &query)
        .map_err(|error| error.diagnostics().first().map_or_else(String::new, |it| it.message.clone()))
}

const fn name_of(format: ExternalFormat) -> &'static str {
    match format {
        ExternalFormat::Delimited(b'\t') => "tsv",
        ExternalFormat::Delimited(b';') => "scsv",
        ExternalFormat::Delimited(b'|') => "psv",
        ExternalFormat::Delimited(1) => "sohsv",
        ExternalFormat::Txt => "txt",
        ExternalFormat::Raw => "raw",
        ExternalFormat::Json => "json",
        ExternalFormat::MultiJson => "multijson",
        ExternalFormat::W3cLog => "w3clogfile",
        ExternalFormat::Parquet => "parquet",
        _ => "csv",
    }
}

fn append_rows(call: &mut Call<'_, '_>, table: &PlacedName, rows: &Table) -> Result<(), CommandError> {
    let text = call.reader.text();
    append(call.database_mut(), table, rows, OldRows::Kept, SchemaChange::None, text)
}

fn ingested(call: &Call<'_, '_>, item: &str) -> Vec<Value> {
    vec![Value::Guid(call.database().change_id()), item.into(), "".into(), "false".into(), Value::Null]
}

/// Bytes that are there.
struct Bytes(Arc<[u8]>);

impl ExternalSource for Bytes {
    fn open(&self, _: &ExternalRequest<'_>) -> Result<Option<ExternalData>, String> {
        Ok(Some(ExternalData::Bytes(self.0.clone())))
    }
}

/// The files of the caller.
struct Files(Arc<dyn ExternalSource>);

impl ExternalSource for Files {
    fn open(&self, request: &ExternalRequest<'_>) -> Result<Option<ExternalData>, String> {
        self.0.open(request)
    }
}

impl Interpreter<'_> {
    /// Adds the rows of some bytes to a table, as `.ingest inline` does, and gives how many they are.
    ///
    /// # Errors
    /// There is no such table, or the bytes are not of the format; the table is as it was.
    pub fn ingest(
        &mut self,
        table: &str,
        format: ExternalFormat,
        bytes: impl Into<Arc<[u8]>>,
    ) -> Result<usize, CommandError> {
        let name = named(table);
        let error = |code: Code, message: String| {
            CommandError::new(Diagnostic::error(code, name.span, message), table)
        };
        if !self.database().database().has_table(table) {
            return Err(error(Code::UnknownTable, format!("there is no table '{table}'")));
        }
        let source = Bytes(bytes.into());
        let rows = read(self, &name, "data", format, &Properties::default(), source)
            .map_err(|message| error(Code::BadData, message))?;
        append(self.database.to_mut(), &name, &rows, OldRows::Kept, SchemaChange::None, table)?;
        Ok(rows.len())
    }
}
