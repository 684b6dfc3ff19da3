//! Any text is checked, formatted and its references listed, without a panic.
#![no_main]

use kqlite::{CompileOptions, Database, ScalarType, Schema};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut database = Database::new();
    database.declare("T", Schema::new([("a", ScalarType::Long), ("b", ScalarType::String), ("c", ScalarType::Dynamic)]));
    let start = std::time::Instant::now();
    let options = CompileOptions::default().time_limit(std::time::Duration::from_secs(1), move || start.elapsed());
    let check = database.check_with(text, &options);
    for diagnostic in check.diagnostics() {
        let _ = diagnostic.render("query", text, false);
    }
    let _ = check.references().len();
    assert!(start.elapsed() < std::time::Duration::from_secs(5), "no end");
});
