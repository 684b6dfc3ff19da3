//! Tests of detection rules. Each file has one concern; none knows who runs it or how its results are printed.

mod alert;
mod cell;
mod check;
mod compare;
mod diff;
mod discover;
mod evaluate;
mod expect;
mod file;
mod fixture;
mod keys;
mod mistake;
mod outcome;
mod report;
mod run;
mod stock;
mod trial;
mod update;
mod why;
mod yaml;

pub use compare::{Diff, DiffRow};
pub use diff::Drawing;
pub use discover::{Discovered, discover, is_test};
pub use evaluate::{Bounds, Clock, DEFAULT_NOW};
pub use file::TestFile;
pub use mistake::{Mistake, SourceText};
pub use outcome::{Detail, Failure, Outcome};
pub use report::github::github;
pub use report::human::{Telling, tell};
pub use report::json::json;
pub use report::junit::junit;
pub use report::sarif::sarif;
pub use run::{Counts, FileReport, Filter, Report, RuleReport, Settings, Suite, TestReport, read_file};
pub use stock::ReadFile;
pub use trial::{Answer, FolderCase, Trial, TrialError, assert_trial, folder_cases, run_folder};
pub use update::Updates;

/// The schema of test files (JSON Schema, draft 2020-12), for editors.
pub const SCHEMA: &str = include_str!("../../schema/test.schema.json");

#[cfg(test)]
mod schema_tests;
