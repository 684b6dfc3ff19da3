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

    /// The name of a column of the rows stands for its name in text arguments of a stored function that `invoke` calls.
    fn takes_column_names(&self, function: &str) -> bool;

    /// A function of tables that is not here, but of which it is known what it would give.
    fn announced(&self, name: &str) -> Option<&AnnouncedFunction>;
}

/// A function of tables that a workspace has and this database lacks.
#[derive(Debug, Clone)]
pub struct AnnouncedFunction {
    /// The columns that are known.
    pub columns: Schema,
    /// There may be more columns.
    pub has_more: bool,
    /// How it is given.
    pub help: String,
}
