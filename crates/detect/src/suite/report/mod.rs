//! What came of tests, told in several forms. None of them knows how tests are run, nor where its text goes.

pub mod human;
