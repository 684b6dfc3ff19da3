//! What names mean: columns of the rows at hand, and the environment of `let` and parameters.
//! It must not know operators or functions.

use super::scalar::Scalar;
use std::sync::Arc;

use crate::plan::Plan;
use crate::syntax::ast;
use crate::types::{ScalarType, Schema};

/// A column while binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BoundColumn {
    pub name: Arc<str>,
    /// `None` where a mistake hides the type.
    pub data_type: Option<ScalarType>,
}

/// The columns of rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns {
    pub list: Vec<BoundColumn>,
    /// A mistake hides some columns: an unknown name may be one of them.
    pub open: bool,
}

impl Columns {
    pub fn of(schema: &Schema) -> Self {
        let list = schema
            .columns
            .iter()
            .map(|it| BoundColumn { name: it.name.clone(), data_type: Some(it.data_type) })
            .collect();
        Self { list, open: false }
    }

    pub fn find(&self, name: &str) -> Option<(usize, &BoundColumn)> {
        self.list.iter().enumerate().find(|(_, column)| *column.name == *name)
    }

    pub fn schema(&self) -> Schema {
        Schema::new(self.list.iter().map(|it| (it.name.clone(), it.data_type.unwrap_or(ScalarType::Dynamic))))
    }
}

/// Bound rows: a plan and what is known of its columns.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    pub plan: Arc<Plan>,
    pub columns: Columns,
    /// The order of the rows is fixed.
    pub serialized: bool,
    /// How the rows are called in `union withsource`.
    pub source: Option<String>,
    /// How many operators stand above one another in the plan, at the most.
    pub depth: usize,
}

/// The tables that a statement gives, with the names that it gives them.
pub(super) type NamedRows = Vec<(Option<String>, Rows)>;

impl Rows {
    pub fn new(plan: Arc<Plan>, columns: Columns) -> Self {
        Self { plan, columns, serialized: false, source: None, depth: 0 }
    }

    /// Rows of which a mistake hides everything.
    pub fn unknown() -> Self {
        let columns = Columns { list: Vec::new(), open: true };
        let node = crate::plan::Node::Values { table: crate::column::Table::default() };
        let plan = Plan::new(node, Arc::default(), crate::source::Span::default());
        Self::new(Arc::new(plan), columns)
    }
}

/// What a name of the environment stands for.
#[derive(Debug, Clone)]
pub(super) enum Local {
    Scalar(Scalar),
    Table(Rows),
    Function(UserFunction),
    /// A mistake hides it.
    Unknown,
}

/// A user function and the environment that it was declared in.
#[derive(Debug, Clone)]
pub(super) struct UserFunction {
    pub declaration: Arc<ast::FunctionDeclaration>,
    pub env: Env,
    /// The database has it: its text is not the query's.
    pub stored: bool,
}

impl UserFunction {
    /// A function of the database: it sees no names of the query.
    pub fn stored(declaration: ast::FunctionDeclaration) -> Self {
        Self { declaration: Arc::new(declaration), env: Env::default(), stored: true }
    }
}

/// Names in scope: a list that grows at its head and is shared by what was declared before.
#[derive(Debug, Clone, Default)]
pub(super) struct Env(Option<Arc<Entry>>);

#[derive(Debug)]
struct Entry {
    name: String,
    local: Local,
    rest: Env,
}

impl Env {
    pub fn find(&self, name: &str) -> Option<&Local> {
        let mut at = self;
        while let Some(entry) = &at.0 {
            if entry.name == name {
                return Some(&entry.local);
            }
            at = &entry.rest;
        }
        None
    }

    #[must_use]
    pub fn with(&self, name: &str, local: Local) -> Self {
        Self(Some(Arc::new(Entry { name: name.to_owned(), local, rest: self.clone() })))
    }

    /// Every name in scope, the latest first.
    pub fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        let mut at = self;
        while let Some(entry) = &at.0 {
            names.push(entry.name.as_str());
            at = &entry.rest;
        }
        names
    }
}

impl Drop for Entry {
    /// Takes a long list apart link by link, so that dropping it needs no deep stack.
    fn drop(&mut self) {
        let mut next = self.rest.0.take();
        while let Some(entry) = next {
            match Arc::try_unwrap(entry) {
                Ok(mut entry) => next = entry.rest.0.take(),
                Err(_) => break,
            }
        }
    }
}

/// A scalar or a table: KQL tells them apart by meaning only.
pub(super) enum Any {
    Scalar(Scalar),
    Table(Rows),
}

/// What the names in an expression may mean.
#[derive(Clone, Copy)]
pub(super) struct ExprScope<'c> {
    pub env: &'c Env,
    /// The columns of the rows at hand; none outside an operator.
    pub row: Option<&'c Columns>,
    /// The right side's columns in a join condition.
    pub right: Option<&'c Columns>,
    /// The rows' order is fixed: window functions are allowed.
    pub serialized: bool,
}

impl<'c> ExprScope<'c> {
    pub fn new(env: &'c Env) -> Self {
        Self { env, row: None, right: None, serialized: false }
    }

    pub fn with_rows(env: &'c Env, rows: &'c Rows) -> Self {
        Self { row: Some(&rows.columns), serialized: rows.serialized, ..Self::new(env) }
    }
}
