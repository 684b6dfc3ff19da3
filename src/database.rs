//! The library's face: a database of tables and functions, queries compiled once and run often, options of a run.
//! It must not know how any stage works inside.

mod explain;
mod lookback;
mod sieve;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use indexmap::IndexMap;

use crate::bind::{self, Catalog};
use crate::column::Table;
use crate::diagnostic::{Code, Diagnostic, Severity};
pub use crate::exec::Tuning;
use crate::exec::{self, Deadline, Run, RunLimits};
use crate::function::{Context, Registry};
use crate::optimize::optimize;
use crate::plan::{Expr, Node, Plan};
use crate::source::Span;
use crate::syntax::{self, ast};
use crate::types::{ColumnSchema, DateTime, ScalarType, Schema, Value};

pub use lookback::Lookback;
pub use sieve::Sieve;

/// Named tables and stored functions that queries read.
///
/// ```
/// use kqlite::{Database, DateTime, Options, ScalarType, Schema, Table, Value};
///
/// let schema = Schema::new([("User", ScalarType::String), ("Failures", ScalarType::Long)]);
/// let rows = [vec![Value::from("ann"), Value::from(2_i64)], vec![Value::from("bob"), Value::from(9_i64)]];
/// let mut db = Database::new();
/// db.insert("Logons", Table::from_rows(schema, rows));
///
/// let query = db.compile("Logons | where Failures > 5 | project User")?;
/// let table = query.run(&db, &Options::new(DateTime::UNIX_EPOCH))?;
/// assert_eq!(table.value(0, "User"), Some(Value::from("bob")));
/// # Ok::<(), kqlite::Error>(())
/// ```
#[derive(Clone)]
pub struct Database {
    tables: IndexMap<String, Table>,
    functions: IndexMap<String, Function>,
    external: HashMap<String, Table>,
    registry: Arc<Registry>,
}

#[derive(Clone)]
struct Function {
    declaration: ast::FunctionDeclaration,
    /// The text that the declaration's spans point into.
    text: Arc<str>,
}

impl Default for Database {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("tables", &self.tables.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl Database {
    /// An empty database with KQL's own functions.
    #[must_use]
    pub fn new() -> Self {
        Self {
            tables: IndexMap::new(),
            functions: IndexMap::new(),
            external: HashMap::new(),
            registry: Arc::new(crate::stdlib::registry()),
        }
    }

    /// Adds a table, or replaces the one of that name.
    pub fn insert(&mut self, name: impl Into<String>, table: Table) -> &mut Self {
        self.tables.insert(name.into(), table.compact());
        self
    }

    /// Adds a table without rows, unless there is one of that name: queries that name it can be checked and run.
    pub fn declare(&mut self, name: impl Into<String>, schema: Schema) -> &mut Self {
        self.tables.entry(name.into()).or_insert_with(|| Table::empty(schema));
        self
    }

    /// Gives the data that `externaldata` reads from a location.
    pub fn insert_external(&mut self, location: impl Into<String>, table: Table) -> &mut Self {
        self.external.insert(location.into(), table);
        self
    }

    /// Adds a stored function: `text` is its parameters and body, such as `(n: long) { T | take n }`.
    ///
    /// ```
    /// let mut db = kqlite::Database::new();
    /// db.define("twice", "(n: long) { 2 * n }")?;
    /// let options = kqlite::Options::new(kqlite::DateTime::UNIX_EPOCH);
    /// let table = db.compile("print x = twice(4)")?.run(&db, &options)?;
    /// assert_eq!(table.value(0, "x"), Some(kqlite::Value::Long(8)));
    /// # Ok::<(), kqlite::Error>(())
    /// ```
    ///
    /// # Errors
    /// The text is no function declaration.
    pub fn define(&mut self, name: impl Into<String>, text: &str) -> Result<&mut Self, Error> {
        let prefix = "let f = ";
        let whole = format!("{prefix}{text}");
        let parsed = syntax::parse(&whole);
        let declaration = parsed.tree.statements.into_iter().find_map(|statement| match statement {
            ast::Statement::Let(ast::LetStatement { value: ast::LetValue::Function(it), .. }) => Some(it),
            _ => None,
        });
        match declaration {
            Some(declaration) if parsed.diagnostics.is_empty() => {
                self.functions.insert(name.into(), Function { declaration, text: whole.into() });
                Ok(self)
            }
            _ => {
                let mut diagnostics = parsed.diagnostics;
                if diagnostics.is_empty() {
                    let message = "a function is written as '(parameters) { body }'";
                    diagnostics.push(Diagnostic::error(Code::Expected, Span::new(0, whole.len()), message));
                }
                Err(Error { diagnostics, text: whole.into() })
            }
        }
    }

    /// The table of a name.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.get(name)
    }

    /// The tables by name, in the order in which they were added.
    pub fn tables(&self) -> impl Iterator<Item = (&str, &Table)> {
        self.tables.iter().map(|(name, table)| (name.as_str(), table))
    }

    /// The functions that queries may call.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Compiles a query against the tables and functions that there are now.
    ///
    /// # Errors
    /// Every mistake in the query: syntax, names, types, and what is not supported yet.
    pub fn compile(&self, text: &str) -> Result<Query, Error> {
        let check = self.check(text);
        match check.plan {
            Some(plan) => Ok(Query {
                optimized: optimize(&plan),
                plan,
                parameters: check.parameters,
                text: text.into(),
            }),
            None => {
                let mut diagnostics = check.diagnostics;
                if diagnostics.is_empty() {
                    let message = "there is no query in this text";
                    diagnostics.push(Diagnostic::error(Code::MissingReturn, Span::default(), message));
                }
                Err(Error { diagnostics, text: text.into() })
            }
        }
    }

    /// Looks for every mistake in a query without running it.
    ///
    /// ```
    /// let db = kqlite::Database::new();
    /// assert_eq!(db.check("print 1 +").diagnostics().len(), 1);
    /// assert!(db.check("print x = 1").columns().is_some());
    /// ```
    #[must_use]
    pub fn check(&self, text: &str) -> Check {
        let parsed = syntax::parse(text);
        let broken = !parsed.diagnostics.is_empty();
        let bound = bind::bind(&parsed.tree, self, &self.registry);
        let mut diagnostics = parsed.diagnostics;
        if broken {
            // What a broken text means is a guess: only what is not supported is worth telling beside it.
            diagnostics.extend(bound.diagnostics.into_iter().filter(|it| it.code == Code::Unsupported));
        } else {
            diagnostics.extend(bound.diagnostics);
        }
        diagnostics.sort_by_key(|it| (it.span().start, it.span().end));
        diagnostics.dedup();
        Check {
            diagnostics,
            columns: if broken { None } else { bound.columns },
            parameters: bound.parameters,
            plan: if broken { None } else { bound.plan },
        }
    }
}

impl Catalog for Database {
    fn table(&self, name: &str) -> Option<Schema> {
        self.tables.get(name).map(|table| table.schema().clone())
    }

    fn table_names(&self) -> Vec<String> {
        self.tables.keys().cloned().collect()
    }

    fn function(&self, name: &str) -> Option<&ast::FunctionDeclaration> {
        self.functions.get(name).map(|function| &function.declaration)
    }

    fn function_names(&self) -> Vec<String> {
        self.functions.keys().cloned().collect()
    }
}

impl exec::Tables for Database {
    fn table(&self, name: &str) -> Option<Table> {
        self.tables.get(name).cloned()
    }

    fn external(&self, location: &str) -> Option<Table> {
        self.external.get(location).cloned()
    }
}

/// A query text in canonical form: one operator a line, comments kept. It means the same.
///
/// ```
/// assert_eq!(kqlite::format("T|where x>1|count")?, "T\n| where x > 1\n| count\n");
/// # Ok::<(), kqlite::Error>(())
/// ```
///
/// # Errors
/// The text is not KQL.
pub fn format(text: &str) -> Result<String, Error> {
    syntax::format(text).map_err(|diagnostics| Error { diagnostics, text: text.into() })
}

/// What [`Database::check`] found.
#[derive(Debug)]
pub struct Check {
    diagnostics: Vec<Diagnostic>,
    columns: Option<Vec<(String, Option<ScalarType>)>>,
    parameters: Vec<bind::Parameter>,
    plan: Option<Arc<Plan>>,
}

impl Check {
    /// Every finding, by its place in the text.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The result's columns, as far as they can be told; a type that cannot be told is `dynamic`.
    #[must_use]
    pub fn columns(&self) -> Option<Schema> {
        let columns = self.columns.as_ref()?;
        Some(Schema::new(
            columns.iter().map(|(name, kind)| (name.clone(), kind.unwrap_or(ScalarType::Dynamic))),
        ))
    }

    /// The spans of time that the query looks back, as in `ago(14d)` and `now() - 14d`, where they are known: the
    /// longest first.
    ///
    /// ```
    /// use kqlite::{Database, TimeSpan};
    /// let check = Database::new().check("let back = 7d; print x = ago(back), y = now() - 1h");
    /// let spans: Vec<TimeSpan> = check.lookbacks().iter().map(|it| it.back).collect();
    /// assert_eq!(spans, [TimeSpan(7 * TimeSpan::DAY), TimeSpan(TimeSpan::HOUR)]);
    /// ```
    #[must_use]
    pub fn lookbacks(&self) -> Vec<Lookback> {
        self.plan.as_deref().map(lookback::of).unwrap_or_default()
    }

    /// The query can run.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        self.plan.is_some()
    }
}

/// A compiled query. It can be run many times, from several threads, over any database with the same tables.
#[derive(Debug, Clone)]
pub struct Query {
    plan: Arc<Plan>,
    optimized: Arc<Plan>,
    parameters: Vec<bind::Parameter>,
    text: Arc<str>,
}

impl Query {
    /// The result's columns.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.plan.schema
    }

    /// The query's text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Name, type and default value of the declared query parameters, in order.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, ScalarType, Option<&Value>)> {
        self.parameters.iter().map(|it| (it.name.as_str(), it.kind, it.default.as_ref()))
    }

    /// The tables that a run reads, and the columns of each that it needs: the others need not be loaded.
    ///
    /// ```
    /// use kqlite::{Database, ScalarType, Schema};
    /// let mut db = Database::new();
    /// db.declare("T", Schema::new(["a", "b", "c"].map(|name| (name, ScalarType::Long))));
    /// let query = db.compile("T | where a > 1 | summarize max(c)")?;
    /// let reads: Vec<(String, Vec<String>)> = query.reads().into_iter().collect();
    /// assert_eq!(reads, [("T".to_owned(), vec!["a".to_owned(), "c".to_owned()])]);
    /// # Ok::<(), kqlite::Error>(())
    /// ```
    #[must_use]
    pub fn reads(&self) -> IndexMap<String, Vec<String>> {
        let mut tables: IndexMap<String, Vec<String>> = IndexMap::new();
        let (mut todo, mut shared) = (vec![&self.optimized], HashSet::new());
        while let Some(plan) = todo.pop() {
            match &plan.node {
                Node::Scan { table } => {
                    let columns = tables.entry(table.clone()).or_default();
                    for name in plan.schema.names() {
                        if !columns.iter().any(|it| it == name) {
                            columns.push(name.to_owned());
                        }
                    }
                }
                // It stands in several places, but is one.
                Node::Shared { id, .. } if !shared.insert(*id) => continue,
                _ => {}
            }
            todo.extend(plan.inputs());
            for expr in plan.exprs() {
                expr.visit(&mut |it| {
                    if let Expr::Subquery { plan, .. } | Expr::ListSubquery { plan } = it {
                        todo.push(plan);
                    }
                });
            }
        }
        tables
    }

    /// The order of the result's rows is the query's: nothing after the last `order by` or `top` takes it away.
    ///
    /// ```
    /// let db = kqlite::Database::new();
    /// let ordered = |text: &str| db.compile(text).map(|query| query.is_ordered());
    /// assert!(ordered("range x from 1 to 3 step 1 | order by x desc | extend y = x")?);
    /// assert!(!ordered("range x from 1 to 3 step 1 | order by x desc | summarize count() by x")?);
    /// # Ok::<(), kqlite::Error>(())
    /// ```
    #[must_use]
    pub fn is_ordered(&self) -> bool {
        let mut plan = &self.plan;
        loop {
            plan = match &plan.node {
                Node::Sort { .. } | Node::TopN { .. } => return true,
                Node::Filter { input, .. }
                | Node::Project { input, .. }
                | Node::Limit { input, .. }
                | Node::Parse { input, .. }
                | Node::Unnest { input, .. }
                | Node::Visualize { input, .. }
                | Node::Shared { input, .. } => input,
                _ => return false,
            };
        }
    }

    /// The plan as a tree, for people.
    #[must_use]
    pub fn plan(&self) -> String {
        self.optimized.to_string()
    }

    /// Runs the query.
    ///
    /// # Errors
    /// A table or a parameter is missing, a limit is reached, the run is cancelled, or a function refuses a value.
    pub fn run(&self, database: &Database, options: &Options) -> Result<Table, Error> {
        let plan = if options.optimize { &self.optimized } else { &self.plan };
        self.execute(plan, database, options)
    }

    /// Runs a plan whose parameters are those of the query.
    fn execute(&self, plan: &Plan, database: &Database, options: &Options) -> Result<Table, Error> {
        self.with_run(database, options, |run| exec::execute(plan, run))
    }

    /// Does something with a run that has the query's parameters.
    fn with_run<T>(
        &self,
        database: &Database,
        options: &Options,
        act: impl FnOnce(&Run<'_>) -> crate::function::Result<T>,
    ) -> Result<T, Error> {
        let mut parameters = HashMap::with_capacity(self.parameters.len());
        for (name, value) in &options.parameters {
            let Some(declared) = self.parameters.iter().find(|it| it.name == *name) else {
                let known = self.parameters.iter().map(|it| it.name.as_str()).collect::<Vec<_>>();
                let diagnostic = Diagnostic::error(
                    Code::MissingParameter,
                    Span::default(),
                    format!("the query declares no parameter '{name}'"),
                );
                let help = if known.is_empty() {
                    "declare it: declare query_parameters(name: type);".to_owned()
                } else {
                    format!("it declares: {}", known.join(", "))
                };
                return Err(self.error(diagnostic.help(help)));
            };
            let converted = value.convert(declared.kind);
            if converted.is_null() && !value.is_null() && value.as_str() != Some("") {
                let message =
                    format!("the parameter '{name}' is of type {}, '{value}' is not", declared.kind);
                return Err(self.error(Diagnostic::error(Code::MissingParameter, Span::default(), message)));
            }
            parameters.insert(name.clone(), converted);
        }
        let context = Context::new(
            options.now,
            crate::function::Limits { column_bytes: options.limits.bytes },
            options.seed,
        );
        let run = Run {
            tables: database,
            context: &context,
            parameters: &parameters,
            limits: &RunLimits {
                rows: options.limits.rows,
                bytes: options.limits.bytes,
                depth: options.limits.depth,
            },
            cancel: options.cancel.as_deref(),
            deadline: options
                .time
                .as_ref()
                .map(|time| Deadline { elapsed: &*time.elapsed, limit: time.limit }),
            chunk_rows: options.chunk_rows.max(1),
            threads: options.threads.max(1),
            tuning: options.tuning,
        };
        act(&run).map_err(|diagnostic| self.error(*diagnostic))
    }

    fn error(&self, diagnostic: Diagnostic) -> Error {
        Error { diagnostics: vec![diagnostic], text: self.text.clone() }
    }
}

/// How much a run may use. Each limit ends the query with a clear error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most rows that one operator may give.
    pub rows: usize,
    /// The most bytes that the run may hold at once, and that one value or column may have.
    pub bytes: usize,
    /// How deep subqueries may be nested.
    pub depth: usize,
}

impl Default for Limits {
    /// 100 million rows, 4 GiB, depth 64.
    fn default() -> Self {
        Self { rows: 100_000_000, bytes: 4 << 30, depth: 64 }
    }
}

/// A limit on time and the caller's clock.
#[derive(Clone)]
struct TimeLimit {
    limit: Duration,
    elapsed: Arc<dyn Fn() -> Duration + Send + Sync>,
}

/// How a query is run. The library reads no clock: the time of the query is given here.
#[derive(Clone)]
pub struct Options {
    now: DateTime,
    parameters: IndexMap<String, Value>,
    limits: Limits,
    time: Option<TimeLimit>,
    cancel: Option<Arc<AtomicBool>>,
    seed: u64,
    threads: usize,
    chunk_rows: usize,
    tuning: Tuning,
    optimize: bool,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("now", &self.now)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl Options {
    /// The defaults, with the time that `now()` gives: UTC, in ticks of 100 ns.
    #[must_use]
    pub fn new(now: DateTime) -> Self {
        Self {
            now,
            parameters: IndexMap::new(),
            limits: Limits::default(),
            time: None,
            cancel: None,
            seed: 0,
            threads: 1,
            chunk_rows: exec::CHUNK_ROWS,
            tuning: Tuning::DEFAULT,
            optimize: true,
        }
    }

    /// What `now()` is.
    #[must_use]
    pub const fn now(&self) -> DateTime {
        self.now
    }

    /// Gives a query parameter its value, which is converted to the declared type.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.parameters.insert(name.into(), value.into());
        self
    }

    /// Sets the limits on rows, bytes and depth.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Stops the run when `elapsed` says that more time has gone by than `limit`.
    ///
    /// ```
    /// let start = std::time::Instant::now();
    /// let options = kqlite::Options::new(kqlite::DateTime::UNIX_EPOCH)
    ///     .time_limit(std::time::Duration::from_secs(5), move || start.elapsed());
    /// ```
    #[must_use]
    pub fn time_limit(
        mut self,
        limit: Duration,
        elapsed: impl Fn() -> Duration + Send + Sync + 'static,
    ) -> Self {
        self.time = Some(TimeLimit { limit, elapsed: Arc::new(elapsed) });
        self
    }

    /// Stops the run soon after the flag is set.
    #[must_use]
    pub fn cancel(mut self, flag: Arc<AtomicBool>) -> Self {
        self.cancel = Some(flag);
        self
    }

    /// The seed of `rand()`, `new_guid()` and `sample`: the same seed gives the same rows.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How many threads the run may use.
    #[must_use]
    pub const fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// How many rows are worked on at once. It never changes a result.
    #[must_use]
    pub const fn chunk_rows(mut self, rows: usize) -> Self {
        self.chunk_rows = rows;
        self
    }

    /// The sizes at which operators change their strategy. It never changes a result.
    #[must_use]
    pub const fn tuning(mut self, tuning: Tuning) -> Self {
        self.tuning = tuning;
        self
    }

    /// Runs the plan as it was bound. It never changes a result; it is there for tests.
    #[must_use]
    pub const fn without_optimizer(mut self) -> Self {
        self.optimize = false;
        self
    }
}

/// Why a query could not be compiled or run: one or more diagnostics.
///
/// `Display` renders them with the query's lines and carets, without colours.
#[derive(Debug, Clone, thiserror::Error)]
pub struct Error {
    diagnostics: Vec<Diagnostic>,
    text: Arc<str>,
}

impl Error {
    /// The findings, by their place in the text.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The text that they speak of.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The findings as text for people; `origin` names the query, such as a file name.
    #[must_use]
    pub fn render(&self, origin: &str, colour: bool) -> String {
        let render = |it: &Diagnostic| it.render(origin, &self.text, colour);
        self.diagnostics.iter().map(render).collect::<Vec<_>>().join("\n")
    }

    /// Each error is about something that is not supported yet.
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        let mut errors = self.diagnostics.iter().filter(|it| it.severity == Severity::Error).peekable();
        errors.peek().is_some() && errors.all(|it| it.code == Code::Unsupported)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render("query", false))
    }
}

/// A column list as it is often needed: names and types.
impl From<Vec<ColumnSchema>> for Schema {
    fn from(columns: Vec<ColumnSchema>) -> Self {
        Self { columns }
    }
}
