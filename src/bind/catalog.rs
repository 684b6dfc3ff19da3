//! What the binder may ask about the database.

use crate::syntax::ast;
use crate::types::Schema;

/// What the binder may ask about the database.
pub trait Catalog {
    /// The columns of a table.
    fn table(&self, name: &str) -> Option<Schema>;
    /// The names of all tables.
    fn table_names(&self) -> Vec<String>;
    /// The declaration of a stored function.
    fn function(&self, name: &str) -> Option<&ast::FunctionDeclaration>;
    /// The names of all stored functions.
    fn function_names(&self) -> Vec<String>;
}
