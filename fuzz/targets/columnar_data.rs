//! Any bytes are read as Parquet or Arrow, or refused.
#![no_main]

use kqlite_arrow::Reader;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(file) = Reader::new().open(bytes::Bytes::copy_from_slice(bytes)) else { return };
    if let Ok(loaded) = file.read(None) {
        let _ = loaded.table.rows().count();
    }
});
