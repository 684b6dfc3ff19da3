//! Kusto's answer, version 2: a JSON array of frames, one a line. It must not know how the answer was made.

use kqlite::{ScalarType, Schema, Table, Value};
use serde_json::{Value as Json, json};

use crate::answer::{Answer, Truncation, visualization};
use crate::cells;
use crate::properties::ErrorPlacement;

/// How many rows are in a piece of a table.
const FRAGMENT_ROWS: usize = 5000;

/// Writes an answer.
pub(crate) fn write(answer: &Answer) -> String {
    let placement = match answer.placement {
        ErrorPlacement::InData => "InData",
        ErrorPlacement::EndOfTable => "EndOfTable",
        ErrorPlacement::EndOfDataSet => "EndOfDataset",
    };
    let mut frames = Frames { out: String::from("["), count: 0 };
    frames.add(|out| {
        let fragmented = answer.fragmented;
        out.push_str(&format!(
            "{{\"FrameType\":\"DataSetHeader\",\"IsProgressive\":false,\"Version\":\"v2.0\",\
             \"IsFragmented\":{fragmented},\"ErrorReportingPlacement\":\"{placement}\"}}"
        ));
    });
    let whole = Truncation { records: usize::MAX, bytes: usize::MAX };
    frames.add(|out| {
        data_table(
            0,
            "QueryProperties",
            "@ExtendedProperties",
            &properties(answer),
            whole,
            &mut 0,
            None,
            out,
        );
    });
    let (mut used, mut errors) = (0, Vec::new());
    for (at, it) in answer.tables.iter().enumerate() {
        let name = if it.name.starts_with("Table_") { "PrimaryResult" } else { it.name.as_str() };
        primary(at + 1, name, &it.table, answer, &mut used, &mut errors, &mut frames);
    }
    let about = completion(answer, errors.is_empty());
    frames.add(|out| {
        let id = answer.tables.len() + 1;
        let kind = "QueryCompletionInformation";
        data_table(id, kind, kind, &about, whole, &mut 0, None, out);
    });
    frames.add(|out| {
        let mut end =
            json!({"FrameType": "DataSetCompletion", "HasErrors": !errors.is_empty(), "Cancelled": false});
        if let (false, Some(members)) = (errors.is_empty(), end.as_object_mut()) {
            members.insert("OneApiErrors".into(), Json::Array(errors.clone()));
        }
        out.push_str(&end.to_string());
    });
    frames.out.push_str("\n]\n");
    frames.out
}

/// Frames with a line break and a comma between them: what clients need who read line by line, and the same JSON to others.
struct Frames {
    out: String,
    count: usize,
}

impl Frames {
    fn add(&mut self, write: impl FnOnce(&mut String)) {
        if self.count > 0 {
            self.out.push_str("\n,");
        }
        self.count += 1;
        write(&mut self.out);
    }
}

/// Writes a table of rows, in one frame or in several.
fn primary(
    id: usize,
    name: &str,
    table: &Table,
    answer: &Answer,
    used: &mut usize,
    errors: &mut Vec<Json>,
    frames: &mut Frames,
) {
    let limits = answer.truncation;
    if !answer.fragmented {
        frames.add(|out| {
            let failed = data_table(id, "PrimaryResult", name, table, limits, used, Some(answer), out);
            errors.extend(failed);
        });
        return;
    }
    frames.add(|out| {
        out.push_str(&format!(
            "{{\"FrameType\":\"TableHeader\",\"TableId\":{id},\"TableKind\":\"PrimaryResult\",\"TableName\":"
        ));
        cells::text(name, out);
        out.push_str(",\"Columns\":");
        cells::columns(table.schema(), None, out);
        out.push('}');
    });
    let (mut sent, mut failed) = (0, None);
    while sent < table.len() && failed.is_none() {
        let piece = Table::from_chunks(table.schema().clone(), &[table.chunk(sent, FRAGMENT_ROWS)]);
        let left = Truncation { records: limits.records.saturating_sub(sent), ..limits };
        let mut rows = String::new();
        let (count, failure) = cells::rows(&piece, left, used, &mut rows);
        sent += count;
        failed = failure.map(|it| {
            // The limit is that of the whole table.
            let told = if sent >= limits.records {
                crate::failure::Failure::truncated(&format!("{} records", limits.records))
            } else {
                it
            };
            told.one_api_error(&answer.id, answer.at)
        });
        let in_data = failed.as_ref().filter(|_| answer.placement == ErrorPlacement::InData);
        if count == 0 && in_data.is_none() {
            break;
        }
        frames.add(|out| {
            out.push_str(&format!(
                "{{\"FrameType\":\"TableFragment\",\"TableFragmentType\":\"DataAppend\",\"TableId\":{id},\"Rows\":[{rows}"
            ));
            if let Some(error) = in_data {
                out.push_str(if count > 0 { "," } else { "" });
                out.push_str(&json!({"OneApiErrors": [error]}).to_string());
            }
            out.push_str("]}");
        });
    }
    frames.add(|out| {
        let mut end = json!({"FrameType": "TableCompletion", "TableId": id, "RowCount": sent});
        if let (Some(error), ErrorPlacement::EndOfTable, Some(members)) =
            (&failed, answer.placement, end.as_object_mut())
        {
            members.insert("OneApiErrors".into(), json!([error]));
        }
        out.push_str(&end.to_string());
    });
    errors.extend(failed);
}

/// Appends a frame with a whole table; gives why its rows are not all there.
#[expect(clippy::too_many_arguments, reason = "the parts of a frame")]
fn data_table(
    id: usize,
    kind: &str,
    name: &str,
    table: &Table,
    limits: Truncation,
    used: &mut usize,
    answer: Option<&Answer>,
    out: &mut String,
) -> Option<Json> {
    out.push_str(&format!(
        "{{\"FrameType\":\"DataTable\",\"TableId\":{id},\"TableKind\":\"{kind}\",\"TableName\":"
    ));
    cells::text(name, out);
    out.push_str(",\"Columns\":");
    cells::columns(table.schema(), None, out);
    out.push_str(",\"Rows\":[");
    let (rows, failure) = cells::rows(table, limits, used, out);
    let error = failure.zip(answer).map(|(failure, answer)| failure.one_api_error(&answer.id, answer.at));
    if let (Some(error), Some(answer)) = (&error, answer)
        && answer.placement == ErrorPlacement::InData
    {
        out.push_str(if rows > 0 { "," } else { "" });
        out.push_str(&json!({"OneApiErrors": [error]}).to_string());
    }
    out.push_str("]}");
    error
}

/// What is to be shown of each table.
fn properties(answer: &Answer) -> Table {
    let schema = Schema::new([
        ("TableId", ScalarType::Int),
        ("Key", ScalarType::String),
        ("Value", ScalarType::Dynamic),
    ]);
    let rows = answer.tables.iter().enumerate().map(|(at, it)| {
        let shown = visualization(&it.table, answer.is_ordered).to_string();
        // A text with JSON: so it is sent.
        vec![
            Value::Int(i32::try_from(at + 1).unwrap_or(i32::MAX)),
            "Visualization".into(),
            Value::Dynamic(kqlite::Dynamic::string(&shown)),
        ]
    });
    Table::from_rows(schema, rows)
}

/// How the request ended.
fn completion(answer: &Answer, is_ok: bool) -> Table {
    use ScalarType::{DateTime, Guid, Int, String};
    let schema = Schema::new([
        ("Timestamp", DateTime),
        ("ClientRequestId", String),
        ("ActivityId", Guid),
        ("SubActivityId", Guid),
        ("ParentActivityId", Guid),
        ("Level", Int),
        ("LevelName", String),
        ("StatusCode", Int),
        ("StatusCodeName", String),
        ("EventType", Int),
        ("EventTypeName", String),
        ("Payload", String),
    ]);
    let id = Value::Guid(answer.id.activity);
    let (level, level_name, code, code_name, text) = match is_ok {
        true => (4, "Info", 0, "S_OK (0)", "Query completed successfully"),
        false => (
            2,
            "Error",
            -2_133_196_797,
            "E_QUERY_RESULT_SET_TOO_LARGE (80DA0003)",
            "Query completed partially",
        ),
    };
    let row = vec![
        Value::DateTime(answer.at),
        answer.id.client.as_str().into(),
        id.clone(),
        id.clone(),
        id,
        Value::Int(level),
        level_name.into(),
        Value::Int(code),
        code_name.into(),
        Value::Int(4),
        "QueryInfo".into(),
        Value::from(json!({"Count": 1, "Text": text}).to_string()),
    ];
    Table::from_rows(schema, [row])
}
