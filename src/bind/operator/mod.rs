//! One file a tabular operator, named as in the parser and the executor. They must not know one another.

mod aliasing;
mod distinct;
mod evaluate;
mod extend;
mod getschema;
mod invoke;
mod join;
mod mv_expand;
mod parameters;
mod parse;
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
