//! Answers as Arrow streams: the first table. It must not know requests.

use kqlite_arrow::FileFormat;

use crate::answer::Answer;
use crate::failure::Failure;

/// What a client asks for in its Accept header.
pub(crate) const MEDIA_TYPE: &str = "application/vnd.apache.arrow.stream";

/// Writes an answer. One that may not be sent as a whole is an error, since a stream has no place for it.
pub(crate) fn write(answer: &Answer) -> Result<Vec<u8>, Failure> {
    let mut out = Vec::new();
    let Some(first) = answer.tables.first() else { return Ok(out) };
    if first.table.len() > answer.truncation.records {
        let records = format!("{} records", answer.truncation.records);
        let mut failure = Failure::truncated(&records);
        failure.status = axum::http::StatusCode::BAD_REQUEST;
        return Err(failure);
    }
    kqlite_arrow::write(&first.table, FileFormat::ArrowStream, &mut out)
        .map_err(|error| Failure::bad_request(format!("the answer has no form in Arrow: {error}")))?;
    Ok(out)
}
