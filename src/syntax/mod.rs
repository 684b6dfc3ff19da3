//! Text to syntax tree and back. It must not know types, tables or functions: literals stay text.

pub mod ast;
