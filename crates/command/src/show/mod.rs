//! Commands that show something, one file a family. They never change the database.

pub(crate) mod database;
pub(crate) mod entity;
pub(crate) mod function;
pub(crate) mod query_plan;
pub(crate) mod server;
pub(crate) mod table;
