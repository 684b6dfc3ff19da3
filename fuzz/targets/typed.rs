//! Calls of any function over columns of every type, between operators: the same answer with one thread and with three.
#![no_main]

mod common;
#[path = "../../tests/shared/every_type.rs"]
mod every_type;
#[path = "../../tests/shared/typed.rs"]
mod generator;
#[path = "../../tests/shared/numbers.rs"]
mod numbers;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

static DATABASE: LazyLock<kqlite::Database> = LazyLock::new(every_type::database);

fuzz_target!(|seed: u64| {
    let text = generator::query(&mut numbers::Numbers(seed | 1), &DATABASE);
    common::run(&DATABASE, &text);
});
