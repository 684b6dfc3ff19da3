//! Any bytes are read as Parquet or Arrow, or refused.
#![no_main]

use std::sync::Once;

use kqlite_arrow::Reader;
use libfuzzer_sys::fuzz_target;

static QUIET: Once = Once::new();

fuzz_target!(|bytes: &[u8]| {
    // The reader turns panics of the crates that decode pages into errors; one that escapes still ends the process.
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    let Ok(file) = Reader::new().open(bytes::Bytes::copy_from_slice(bytes)) else { return };
    if let Ok(loaded) = file.read(None) {
        let _ = loaded.table.rows().count();
    }
});
