//! Names, types, overloads and coercions: from the syntax tree to a plan. Reports every mistake at once.
//! It must not know how a plan is executed, nor where tables are kept.

mod call;
mod check;
mod expansion;
mod expr;
mod literal;
mod names;
mod operator;
mod outline;
mod overload;
mod query;
mod scope;
mod statement;
mod suggest;
mod window;

use std::collections::HashMap;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::function::Registry;
use crate::plan::{Expr, Node, Outline, Plan};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{ScalarType, Schema, Value};

use scope::{Columns, Env, Rows};
pub use suggest::nearest;

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

/// What binding gives.
#[derive(Debug)]
pub struct Bound {
    /// What the query gives, in order; nothing if there is an error. While a plugin's columns are pending these plans are
    /// there for what they read alone.
    pub results: Vec<BoundResult>,
    /// A plugin whose columns depend on its rows: the query must be bound again once they are known.
    pub pending: Option<PendingColumns>,
    /// The columns of the last result; a type is `None` where a mistake hides it.
    pub columns: Option<Vec<(String, Option<ScalarType>)>>,
    /// The declared query parameters.
    pub parameters: Vec<Parameter>,
    /// Every finding, in no order.
    pub diagnostics: Vec<Diagnostic>,
    /// What the author wrote, if it was to be recorded.
    pub outline: Option<Outline>,
}

/// One of the tables that a query gives.
#[derive(Debug)]
pub struct BoundResult {
    /// The name that the query gives it.
    pub name: Option<String>,
    /// Its rows.
    pub plan: Arc<Plan>,
}

/// A plugin whose columns must be found out by running it.
#[derive(Debug)]
pub struct PendingColumns {
    /// Its node, over an input that is known.
    pub plan: Arc<Plan>,
}

/// A declared query parameter.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: ScalarType,
    /// Its value if the caller gives none.
    pub default: Option<Value>,
}

/// Binds a query. `resolved` are the columns of plugins that were found out by running them, in the order in which the
/// binder meets these plugins.
#[must_use]
pub fn bind(
    tree: &ast::QueryBlock,
    catalog: &dyn Catalog,
    registry: &Registry,
    resolved: &[Schema],
) -> Bound {
    bind_with(tree, catalog, registry, resolved, None)
}

/// Binds a query and records what the author wrote. The plan is the same.
#[must_use]
pub fn bind_with_outline(
    tree: &ast::QueryBlock,
    catalog: &dyn Catalog,
    registry: &Registry,
    resolved: &[Schema],
) -> Bound {
    bind_with(tree, catalog, registry, resolved, Some(outline::Recorder::default()))
}

fn bind_with(
    tree: &ast::QueryBlock,
    catalog: &dyn Catalog,
    registry: &Registry,
    resolved: &[Schema],
    recorder: Option<outline::Recorder>,
) -> Bound {
    let mut binder = Binder {
        catalog,
        registry,
        diagnostics: Vec::new(),
        muted: 0,
        shared: HashMap::new(),
        next_shared: 0,
        default_name: 1,
        expansions: 0,
        nodes: 0,
        depth: 0,
        nesting: 0,
        nested_depth: 0,
        parameters: Vec::new(),
        next_scope: 0,
        in_body: 0,
        declaring: 0,
        resolved,
        sites: 0,
        pending: None,
        recorder,
    };
    let results = binder.bind_block(tree);
    let failed = binder.diagnostics.iter().any(|it| it.severity == crate::diagnostic::Severity::Error);
    let columns = results.last().filter(|(_, rows)| !rows.columns.open).map(|(_, rows)| {
        rows.columns.list.iter().map(|column| (column.name.to_string(), column.kind)).collect()
    });
    Bound {
        results: if failed {
            Vec::new()
        } else {
            results.into_iter().map(|(name, rows)| BoundResult { name, plan: rows.plan }).collect()
        },
        pending: binder.pending.filter(|_| !failed),
        columns,
        parameters: binder.parameters,
        diagnostics: binder.diagnostics,
        outline: binder.recorder.map(|recorder| recorder.outline),
    }
}

/// The state of binding one query.
struct Binder<'a> {
    catalog: &'a dyn Catalog,
    registry: &'a Registry,
    diagnostics: Vec<Diagnostic>,
    /// Above zero: diagnostics are dropped, since the text was reported on already.
    muted: usize,
    /// The plans of `let` tables, by identity, so that two uses share one node.
    shared: HashMap<usize, Arc<Plan>>,
    next_shared: usize,
    /// The number of the next `Column1`.
    default_name: usize,
    /// Calls of user functions expanded so far.
    expansions: usize,
    /// Expression nodes copied from `let` values so far.
    nodes: usize,
    /// How deep the call at hand is nested in calls of user functions.
    depth: usize,
    /// How deep the expression at hand is nested, user functions included.
    nesting: usize,
    /// The depth of the deepest table that the operator at hand reads beside its input.
    nested_depth: usize,
    parameters: Vec<Parameter>,
    /// The number of the next scope of rows that a body is given.
    next_scope: usize,
    /// How many bodies the operator at hand is in.
    in_body: usize,
    /// Above zero: a function is declared, of whose arguments only the types are known.
    declaring: usize,
    /// The columns of plugins that were found out.
    resolved: &'a [Schema],
    /// How many plugins were met whose columns must be found out.
    sites: usize,
    /// The first of them whose columns are not known yet.
    pending: Option<PendingColumns>,
    /// There while the query is to be explained.
    recorder: Option<outline::Recorder>,
}

/// Calls of user functions that one query may expand to.
const MAX_EXPANSIONS: usize = 5_000;
/// How deep calls of user functions may be nested.
const MAX_CALL_DEPTH: usize = 32;
/// How deep an expression may be nested, the bodies of user functions included.
const MAX_NESTING: usize = 250;
/// Expression nodes that references to `let` values may copy.
const MAX_COPIED_NODES: usize = 1_000_000;

/// A bound scalar expression.
#[derive(Debug, Clone)]
struct Scalar {
    expr: Expr,
    /// `None` where a mistake hides the type; it silences what follows from it.
    kind: Option<ScalarType>,
}

impl Scalar {
    fn new(expr: Expr) -> Self {
        let kind = Some(expr.scalar_type());
        Self { expr, kind }
    }

    /// Stands for an expression with a mistake that is reported already.
    fn unknown() -> Self {
        Self { expr: Expr::literal(Value::Null, ScalarType::Dynamic), kind: None }
    }

    /// The same with a known type, where the value is not known.
    fn of(kind: ScalarType) -> Self {
        Self { expr: Expr::literal(Value::null_of(kind), kind), kind: Some(kind) }
    }

    fn constant(&self) -> Option<&Value> {
        if let Expr::Literal { value, .. } = &self.expr { Some(value) } else { None }
    }
}

/// A scalar or a table: KQL tells them apart by meaning only.
enum Any {
    Scalar(Scalar),
    Table(Rows),
}

/// What the names in an expression may mean.
#[derive(Clone, Copy)]
struct Context<'c> {
    env: &'c Env,
    /// The columns of the rows at hand; none outside an operator.
    row: Option<&'c Columns>,
    /// The right side's columns in a join condition.
    right: Option<&'c Columns>,

    /// The rows' order is fixed: window functions are allowed.
    serialized: bool,
}

impl<'c> Context<'c> {
    fn new(env: &'c Env) -> Self {
        Self { env, row: None, right: None, serialized: false }
    }

    fn with_rows(env: &'c Env, rows: &'c Rows) -> Self {
        Self { row: Some(&rows.columns), serialized: rows.serialized, ..Self::new(env) }
    }
}

impl Binder<'_> {
    fn report(&mut self, diagnostic: Diagnostic) {
        if self.muted == 0 && !self.diagnostics.contains(&diagnostic) {
            self.diagnostics.push(diagnostic);
        }
    }

    fn error(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.report(Diagnostic::error(code, span, message));
    }

    /// Reports what would not end well, also where other mistakes are not told.
    fn too_deep(&mut self, span: Span, message: impl Into<String>) {
        let muted = std::mem::take(&mut self.muted);
        self.error(Code::TooDeep, span, message);
        self.muted = muted;
    }

    fn unsupported(&mut self, span: Span, what: &str, name: &str) {
        self.report(Diagnostic::unsupported(span, what, name));
    }

    /// A node over known columns.
    fn plan(node: Node, columns: &Columns, span: Span) -> Arc<Plan> {
        Arc::new(window::hoist(Plan::new(node, columns.schema(), span)))
    }
}
