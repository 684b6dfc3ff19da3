//! Text to syntax tree and back. It must not know types, tables or functions: literals stay text.

pub mod ast;
mod format;
mod keyword;
mod lexer;
mod parse;
mod parser;
mod precedence;
mod print;
mod spacing;
#[cfg(test)]
mod tests;
mod token;

pub use format::format;
pub use parse::{Parsed, parse, parse_expression, parse_function};
