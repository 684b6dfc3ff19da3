//! kqlite: an embeddable engine for KQL, the Kusto Query Language, over tables in memory.
//! It re-exports the public face; the stages behind it stay private.
#![deny(missing_docs)]

mod diagnostic;
mod source;
mod syntax;
