//! Queries that double what they make end within their bounds.
#![no_main]

mod common;
#[path = "../../tests/shared/every_type.rs"]
mod every_type;
#[path = "../../tests/shared/compositions.rs"]
mod generator;
#[path = "../../tests/shared/numbers.rs"]
mod numbers;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

static DATABASE: LazyLock<kqlite::Database> = LazyLock::new(every_type::database);

fuzz_target!(|seed: u64| common::run(&DATABASE, &generator::query(&mut numbers::Numbers(seed | 1))));
