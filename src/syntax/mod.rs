//! Text to syntax tree and back. It must not know types, tables or functions: literals stay text.

pub mod ast;
mod expected;
mod format;
pub mod habits;
mod highlight;
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

pub(crate) use expected::Expected;
pub use format::format;
pub use highlight::{Highlight, HighlightKind, highlight};
pub(crate) use lexer::is_open_string;
pub use node::SyntaxNode;
pub(crate) use parse::expected_behind;
pub use parse::{Parsed, parse, parse_expression, parse_function};
pub(crate) use print::written_name;
pub(crate) use teach::teach_comments;
pub use walk::SyntaxNodes;
