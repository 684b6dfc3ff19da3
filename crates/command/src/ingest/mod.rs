//! Commands that bring rows: of queries, of texts in the command, of files that the caller opens. They never open a file
//! themselves.

pub(crate) mod append;
pub(crate) mod data;
pub(crate) mod query;
