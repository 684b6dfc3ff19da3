//! What names mean: columns of the rows at hand, and the environment of `let` and parameters.
//! It must not know operators or functions.

use super::scalar::Scalar;
use std::cell::RefCell;
use std::ops::Deref;
use std::rc::{Rc, Weak};
use std::sync::{Arc, OnceLock};

use hashbrown::{HashMap, HashSet};

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

/// Columns in order, shared by all rows that have them, with what is found of them once for all.
#[derive(Debug, Clone, Default)]
pub(super) struct ColumnList(Arc<ListedColumns>);

#[derive(Debug, Default)]
struct ListedColumns {
    columns: Vec<BoundColumn>,
    /// The first column of each name, where there are many.
    places: OnceLock<HashMap<Arc<str>, usize>>,
    schema: OnceLock<Arc<Schema>>,
}

/// So many columns are searched one by one.
const FEW_COLUMNS: usize = 16;

impl ColumnList {
    /// They are the very same, so that the second one takes no memory.
    pub fn is_shared_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn position(&self, name: &str) -> Option<usize> {
        let columns = &self.0.columns;
        if columns.len() <= FEW_COLUMNS {
            return columns.iter().position(|column| *column.name == *name);
        }
        let places = self.0.places.get_or_init(|| {
            // Of columns with one name the first is meant, which is put in last.
            columns.iter().enumerate().rev().map(|(at, column)| (column.name.clone(), at)).collect()
        });
        places.get(name).copied()
    }

    fn schema(&self) -> Arc<Schema> {
        let schema = || {
            let columns =
                self.iter().map(|it| (it.name.clone(), it.data_type.unwrap_or(ScalarType::Dynamic)));
            Arc::new(Schema::new(columns))
        };
        self.0.schema.get_or_init(schema).clone()
    }
}

impl From<Vec<BoundColumn>> for ColumnList {
    fn from(columns: Vec<BoundColumn>) -> Self {
        Self(Arc::new(ListedColumns { columns, ..ListedColumns::default() }))
    }
}

impl FromIterator<BoundColumn> for ColumnList {
    fn from_iter<I: IntoIterator<Item = BoundColumn>>(columns: I) -> Self {
        columns.into_iter().collect::<Vec<_>>().into()
    }
}

impl Deref for ColumnList {
    type Target = [BoundColumn];

    fn deref(&self) -> &[BoundColumn] {
        &self.0.columns
    }
}

/// The columns of rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns {
    pub list: ColumnList,
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
        let at = self.list.position(name)?;
        self.list.get(at).map(|column| (at, column))
    }

    pub fn schema(&self) -> Arc<Schema> {
        self.list.schema()
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
        let columns = Columns { list: ColumnList::default(), open: true };
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
    /// Tables by texts: `declare pattern`.
    Pattern(Rc<TablePattern>),
    /// Databases or tables: `entity_group [ … ]`.
    EntityGroup(Rc<[ast::Expression]>),
    /// A database, before the name of a table.
    Database,
    /// A step of `scan`, whose columns are those of the last row that matched it.
    Step(Rc<StepColumns>),
    /// A mistake hides it.
    Unknown,
}

/// What `declare pattern` declares.
#[derive(Debug)]
pub(super) struct TablePattern {
    /// A path follows the arguments.
    pub has_path: bool,
    /// What it stands for, by the arguments, and behind them the path, if there is one.
    pub cases: HashMap<Vec<String>, UserFunction>,
}

/// The tables and functions of the database that are left: `restrict access to`.
#[derive(Debug, Default)]
pub(super) struct VisibleEntities(pub HashSet<String>);

/// The columns of a step of `scan`.
#[derive(Debug)]
pub(super) struct StepColumns {
    pub columns: Columns,
    /// The place that stands for the first of them in expressions.
    pub first: usize,
    /// The step comes behind the one at hand, which can remember nothing of it.
    pub is_ahead: bool,
}

/// A user function and the environment that it was declared in.
#[derive(Debug, Clone)]
pub(super) struct UserFunction {
    pub declaration: Arc<ast::FunctionDeclaration>,
    declared_in: DeclaredIn,
    /// The database has it: its text is not the query's.
    pub stored: bool,
}

/// The environment of a declaration, which is a part of that environment itself.
#[derive(Debug, Clone, Default)]
struct DeclaredIn {
    block: Weak<ScopeBlock>,
    version: usize,
}

impl UserFunction {
    /// A function of the query.
    pub fn declared(declaration: ast::FunctionDeclaration, env: &Env) -> Self {
        let declared_in = DeclaredIn { block: Rc::downgrade(&env.block), version: env.version };
        Self { declaration: Arc::new(declaration), declared_in, stored: false }
    }

    /// A function of the database: it sees no names of the query.
    pub fn stored(declaration: ast::FunctionDeclaration) -> Self {
        Self { declaration: Arc::new(declaration), declared_in: DeclaredIn::default(), stored: true }
    }

    /// What its body sees beside its parameters. Whoever found the function has the block that it stands in.
    pub fn env(&self) -> Env {
        let DeclaredIn { block, version } = &self.declared_in;
        block.upgrade().map_or_else(Env::default, |block| Env { block, version: *version })
    }
}

/// Names in scope: those that a block of statements had declared at some time, and those around the block.
#[derive(Debug, Clone, Default)]
pub(super) struct Env {
    block: Rc<ScopeBlock>,
    /// How many names the block had then.
    version: usize,
}

/// Names that are declared one after the other, and what is around them.
#[derive(Debug, Default)]
struct ScopeBlock {
    outer: Option<Env>,
    /// What of the database may be named; all if nothing is said.
    visible: Option<VisibleEntities>,
    /// The names before a restriction: functions that are left still see them.
    _hidden: Option<Env>,
    names: RefCell<Names>,
}

#[derive(Debug, Default)]
struct Names {
    /// What each name stands for, with its number; the latest one last.
    locals: HashMap<Rc<str>, Vec<(usize, Local)>>,
    in_order: Vec<Rc<str>>,
}

impl Env {
    pub fn find(&self, name: &str) -> Option<Local> {
        let mut at = Some(self);
        while let Some(env) = at {
            let names = env.block.names.borrow();
            if let Some(found) = names.locals.get(name)
                && let Some((_, local)) = found.iter().rev().find(|(number, _)| *number < env.version)
            {
                return Some(local.clone());
            }
            at = env.block.outer.as_ref();
        }
        None
    }

    /// The names with one more, in a block of its own.
    #[must_use]
    pub fn with(&self, name: &str, local: Local) -> Self {
        self.block().declare(name, local)
    }

    /// A block within this one.
    #[must_use]
    pub fn block(&self) -> Self {
        let block = ScopeBlock { outer: Some(self.clone()), ..ScopeBlock::default() };
        Self { block: Rc::new(block), version: 0 }
    }

    /// A block that sees none of these names, and nothing else of the database.
    #[must_use]
    pub fn restricted(self, visible: VisibleEntities) -> Self {
        let block = ScopeBlock { visible: Some(visible), _hidden: Some(self), ..ScopeBlock::default() };
        Self { block: Rc::new(block), version: 0 }
    }

    /// A table or function of the database may be named.
    pub fn sees(&self, name: &str) -> bool {
        let mut at = Some(self);
        while let Some(env) = at {
            if let Some(visible) = &env.block.visible {
                return visible.0.contains(name);
            }
            at = env.block.outer.as_ref();
        }
        true
    }

    /// The names with one more of the block.
    #[must_use]
    pub fn declare(mut self, name: &str, local: Local) -> Self {
        if self.block.names.borrow().in_order.len() != self.version {
            // Others see what the block declared since.
            self = self.block();
        }
        let mut names = self.block.names.borrow_mut();
        let name: Rc<str> = name.into();
        names.locals.entry(name.clone()).or_default().push((self.version, local));
        names.in_order.push(name);
        drop(names);
        self.version += 1;
        self
    }

    /// Every name in scope, the latest first.
    pub fn names(&self) -> Vec<Rc<str>> {
        let mut all = Vec::new();
        let mut at = Some(self);
        while let Some(env) = at {
            let names = env.block.names.borrow();
            all.extend(names.in_order.iter().take(env.version).rev().cloned());
            at = env.block.outer.as_ref();
        }
        all
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
