//! One file a tabular operator, named as in the parser and the executor. They must not know one another.

mod as_;
mod distinct;
mod evaluate;
mod extend;
mod fork;
mod get_schema;
mod invoke;
mod join;
mod mv_apply;
mod mv_expand;
mod parameters;
mod parse;
mod partition;
mod print;
mod project;
mod range;
mod render;
mod search;
mod sort;
mod summarize;
mod take;
mod union;
mod where_;
