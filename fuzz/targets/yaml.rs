//! Any text is read as a test file and as a rule, or refused.
#![no_main]

use std::path::Path;

use kqlite_detect::suite::TestFile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(error) = TestFile::parse(Path::new("fuzz.test.yaml"), text) {
        let _ = error.render(false);
    }
    let _ = kqlite_detect::Rule::parse(text);
});
