//! Any bytes are read as NDJSON, JSON, CSV and TSV, or refused; skipping bad rows never fails otherwise.
#![no_main]

use kqlite::{BadRows, DataFormat, TableReader};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for format in [DataFormat::NdJson, DataFormat::Json, DataFormat::Csv, DataFormat::Tsv] {
        for policy in [BadRows::Fail, BadRows::Skip] {
            match TableReader::new(format).bad_rows(policy).read(bytes) {
                Ok(loaded) => drop(loaded.table.rows().count()),
                Err(error) => drop(error.to_string()),
            }
        }
    }
});
