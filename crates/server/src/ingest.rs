//! Streaming ingestion: rows in the body of a request become rows of a table. It must not know queries.

use kqlite::{ExternalFormat, NamedTable, ScalarType, Schema, Table, Value};

use crate::answer::{Answer, Truncation};
use crate::failure::Failure;
use crate::properties::{ErrorPlacement, Properties};
use crate::state::ServerState;
use crate::work::{self, Job};

/// Where the rows go and how they are written.
#[derive(Debug)]
pub(crate) struct Target {
    pub database: String,
    pub table: String,
    pub format: ExternalFormat,
}

impl Target {
    /// Reads the parts of a path and the query string behind it.
    pub(crate) fn read(database: String, table: String, pairs: &[(String, String)]) -> Result<Self, Failure> {
        let find = |wanted: &str| {
            let found = pairs.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            found.map(|(_, value)| value.as_str()).filter(|it| !it.is_empty())
        };
        if let Some(name) = find("mappingName") {
            return Err(Failure::bad_request(format!(
                "there is no mapping '{name}': mappings are not supported; members of JSON are found by their names"
            )));
        }
        let name = find("streamFormat").unwrap_or("csv");
        let format = ExternalFormat::of_name(name).ok_or_else(|| {
            Failure::bad_request(format!(
                "the format '{name}' is not supported; there are csv, tsv, scsv, psv, sohsv, txt, raw, json and multijson"
            ))
        })?;
        Ok(Self { database, table, format })
    }
}

/// Adds the rows to the table.
pub(crate) fn run(
    state: &ServerState,
    job: &Job,
    target: &Target,
    read_only: bool,
    body: Vec<u8>,
) -> Result<Answer, Failure> {
    work::check_database(state, Some(&target.database))?;
    work::check_writable(state, read_only, "ingestion")?;
    let options = work::options(state, job, &Properties::default(), state.now());
    let count = work::write(state, &options, |interpreter| {
        interpreter.ingest(&target.table, target.format, body).map_err(|error| {
            match error.is(kqlite::Code::UnknownTable) {
                true => Failure::not_found("Table", &target.table),
                false => Failure::bad_request(error.message()),
            }
        })
    })?;
    state.metrics.ingested.inc_by(count as u64);
    let schema = Schema::new([
        ("ConsumedRecordsCount", ScalarType::Long),
        ("UpdatePolicyStatus", ScalarType::String),
        ("UpdatePolicyFailureCode", ScalarType::String),
        ("UpdatePolicyFailureReason", ScalarType::String),
    ]);
    let row = vec![
        Value::Long(i64::try_from(count).unwrap_or(i64::MAX)),
        "Inactive".into(),
        "Unknown".into(),
        "".into(),
    ];
    Ok(Answer {
        tables: vec![NamedTable { name: "Table_0".to_owned(), table: Table::from_rows(schema, [row]) }],
        of_command: true,
        is_ordered: false,
        truncation: Truncation { records: usize::MAX, bytes: usize::MAX },
        placement: ErrorPlacement::InData,
        fragmented: false,
        id: job.id.clone(),
        at: state.now(),
    })
}
