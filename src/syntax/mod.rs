//! Text to syntax tree and back. It must not know types, tables or functions: literals stay text.

pub mod ast;
mod format;
pub mod habits;
mod keyword;
mod lexer;
mod node;
mod parse;
mod parser;
mod precedence;
mod print;
mod spacing;
mod teach;
#[cfg(test)]
mod tests;
mod token;
mod walk;

pub use format::format;
pub use node::SyntaxNode;
pub use parse::{Parsed, parse, parse_expression, parse_function};
pub(crate) use teach::teach_comments;
pub use walk::SyntaxNodes;
