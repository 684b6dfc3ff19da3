//! Commands that make, change and drop tables and functions, one file a family. They never read data.

pub(crate) mod alter_table;
pub(crate) mod function;
pub(crate) mod table;
