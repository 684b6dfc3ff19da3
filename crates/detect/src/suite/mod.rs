//! Tests of detection rules: files are read, units evaluated, outcomes reported. It must not know who runs it, reads no
//! clock of its own and prints nothing.

mod alert;
mod cache;
mod cell;
mod check;
mod compare;
mod diff;
mod discover;
mod editor_schema;
mod error;
mod evaluate;
mod expect;
mod external_columns;
mod file;
mod fixture;
mod fixture_spec;
mod keys;
mod layer;
mod loaded_rule;
mod outcome;
mod period;
mod reader;
mod report;
mod repository;
mod run;
mod source;
mod tables;
mod trial;
mod unit;
mod update;
mod why;
mod words;
mod workers;

pub use cache::ReadFile;
pub use compare::{Diff, DiffRow};
pub use diff::DiffStyle;
pub use discover::{Discovered, discover, is_test};
pub use editor_schema::{REPOSITORY_SCHEMA, SCHEMA, with_tables};
pub use error::TestFileError;
pub use evaluate::{Bounds, Clock};
pub use file::TestFile;
pub use outcome::{Detail, Failure, Outcome};
pub use reader::FileReader;
pub use report::github::github;
pub use report::human::{HumanStyle, human};
pub use report::json::json;
pub use report::junit::junit;
pub use report::sarif::sarif;
pub use repository::{Repositories, Repository, RepositoryWatchlist, SETTINGS_NAME};
pub use run::{Counts, FileReport, Filter, Report, RuleReport, Settings, Suite, TestReport, read_file};
pub use source::SourceText;
pub use trial::{Answer, FolderCase, Trial, TrialError, assert_trial, folder_cases, run_folder};
pub use unit::DEFAULT_NOW;
pub use update::Updates;

#[cfg(test)]
mod schema_tests;
