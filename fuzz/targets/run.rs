//! Any text that is a query runs within 16 MB and 200 ms, and gives the same with one thread and with three.
#![no_main]

mod common;
#[path = "../../tests/shared/every_type.rs"]
mod every_type;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

static DATABASE: LazyLock<kqlite::Database> = LazyLock::new(every_type::database);

fuzz_target!(|text: &str| {
    // Another seed for each run would be another answer.
    if !text.contains("rand") {
        common::run(&DATABASE, text);
    }
});
