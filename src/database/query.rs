//! A compiled query and its runs. A query whose plugins give columns that only their rows tell is bound once more in each
//! run, when they are known. It must not know how a plan is run.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;

use super::profile::Profile;
use super::{CompileLimits, CompileOptions, Database, Error, Options};
use crate::bind::{self, BindLimits, Bound, QueryParameter};
use crate::budget::Budget;
use crate::column::Table;
use crate::diagnostic::{Code, Diagnostic, Warning};
use crate::exec::{self, Profiler, Run, RunLimits};
use crate::function::{Context, Registry, Result as Outcome};
use crate::optimize::{self, optimize};
use crate::plan::{Node, Plan, trees};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{ScalarType, Schema, Value};

/// A compiled query. It can be run many times, from several threads, over any database with the same tables.
#[derive(Debug, Clone)]
pub struct Query {
    text: Arc<str>,
    tree: Arc<ast::QueryBlock>,
    parameters: Vec<QueryParameter>,
    /// What the query gives, at least one. While columns are pending these plans tell what is read, and cannot run.
    results: Vec<QueryResult>,
    /// Plugins give columns that only their rows tell.
    is_open: bool,
    registry: Arc<Registry>,
    /// Within which it was compiled, and is bound again.
    limits: CompileLimits,
}

/// One of the tables that a query gives.
#[derive(Debug, Clone)]
struct QueryResult {
    name: String,
    plan: Arc<Plan>,
    optimized: Arc<Plan>,
}

/// One of the tables that a query gave, see [`Query::run_all`].
#[derive(Debug, Clone, PartialEq)]
pub struct NamedTable {
    /// The name that the query gives it (`fork name = (…)`), else `Table_0`, `Table_1` …
    pub name: String,
    /// Its rows.
    pub table: Table,
}

/// A plan as one of the optimizer's rewrites leaves it, see [`Query::plan_steps`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanStep {
    /// The rewrite; `bind` for the plan that they begin with.
    pub rewrite: &'static str,
    /// The plan as a tree, for people.
    pub plan: String,
}

/// What a run is made of: its plans, and what plugins gave whose columns had to be found out.
pub(super) struct Ready {
    results: Vec<QueryResult>,
    resolved: Vec<Table>,
}

impl Query {
    /// Makes a query of what the binder gave; `None` if it gave no plan.
    pub(super) fn new(
        text: Arc<str>,
        tree: Arc<ast::QueryBlock>,
        bound: &Bound,
        registry: &Arc<Registry>,
        options: &CompileOptions,
    ) -> Option<Self> {
        let is_open = bound.pending.is_some();
        let results = results(bound, !is_open, registry);
        let parameters = bound.parameters.clone();
        let (registry, limits) = (registry.clone(), options.limits);
        let query = Self { text, tree, parameters, results, is_open, registry, limits };
        (!query.results.is_empty() && options.stop.reason().is_none()).then_some(query)
    }

    /// The first result, which there always is.
    fn first(&self) -> &QueryResult {
        &self.results[0]
    }

    /// Within which it is bound again.
    pub(super) fn bind_limits(&self) -> BindLimits<'static> {
        BindLimits::of(self.limits)
    }

    /// The result's columns, those of the first one if there are several. Of a query whose columns depend on its data
    /// these are the ones that are known, see [`Query::is_open`].
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.first().plan.schema
    }

    /// Which columns the query gives, or reads on its way, depends on the data: `evaluate bag_unpack(…)` without a schema.
    /// Mistakes in what comes after it are found when it runs.
    ///
    /// ```
    /// let db = kqlite::Database::new();
    /// let data = "datatable(d: dynamic) [dynamic({'a': 1})]";
    /// assert!(db.compile(&format!("{data} | evaluate bag_unpack(d)"))?.is_open());
    /// assert!(!db.compile(&format!("{data} | evaluate bag_unpack(d) : (a: long)"))?.is_open());
    /// # Ok::<(), kqlite::Error>(())
    /// ```
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.is_open
    }

    /// The query's text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Name, type and default value of the declared query parameters, in order.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, ScalarType, Option<&Value>)> {
        self.parameters.iter().map(|it| (it.name.as_str(), it.data_type, it.default.as_ref()))
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
        for result in &self.results {
            result.optimized.walk_once(&mut |plan| {
                if let Node::Scan { table } = &plan.node {
                    let columns = tables.entry(table.clone()).or_default();
                    for name in plan.schema.names() {
                        if !columns.iter().any(|it| it == name) {
                            columns.push(name.to_owned());
                        }
                    }
                }
                ControlFlow::Continue(())
            });
        }
        tables
    }

    /// The optimized plans of all results, for those who read filters off them; none while columns are pending.
    pub(super) fn optimized(&self) -> Option<impl Iterator<Item = &Arc<Plan>>> {
        (!self.is_open).then(|| self.results.iter().map(|it| &it.optimized))
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
        let mut plan = &self.first().plan;
        loop {
            plan = match &plan.node {
                Node::Sort { .. } | Node::TopN { .. } => return true,
                Node::Filter { input, .. }
                | Node::Project { input, .. }
                | Node::Limit { input, .. }
                | Node::Parse { input, .. }
                | Node::Unnest { input, .. }
                | Node::MatchSteps { input, .. }
                | Node::Visualize { input, .. }
                | Node::Shared { input, .. } => input,
                Node::Scan { .. }
                | Node::External { .. }
                | Node::Values { .. }
                | Node::Range { .. }
                | Node::Aggregate { .. }
                | Node::Join { .. }
                | Node::Sample { .. }
                | Node::Union { .. }
                | Node::Apply { .. }
                | Node::Outer { .. }
                | Node::Plugin { .. } => return false,
            };
        }
    }

    /// The plan as a tree, for people; the plans of several results one after the other.
    #[must_use]
    pub fn plan(&self) -> String {
        trees(self.results.iter().map(|it| &it.optimized))
    }

    /// The plan before the optimizer and after each of its rewrites that changes it.
    ///
    /// ```
    /// let query = kqlite::Database::new().compile("range x from 1 to 9 step 1 | sort by x | take 2")?;
    /// let steps: Vec<&str> = query.plan_steps().iter().map(|step| step.rewrite).collect();
    /// assert_eq!(steps, ["bind", "top_n"]);
    /// # Ok::<(), kqlite::Error>(())
    /// ```
    #[must_use]
    pub fn plan_steps(&self) -> Vec<PlanStep> {
        let mut plans: Vec<Arc<Plan>> = self.results.iter().map(|it| it.plan.clone()).collect();
        let mut steps = vec![PlanStep { rewrite: "bind", plan: trees(&plans) }];
        for rewrite in optimize::REWRITES.iter().filter(|_| !self.is_open) {
            plans = (rewrite.apply)(&plans, &self.registry);
            let plan = trees(&plans);
            if steps.last().is_none_or(|last| last.plan != plan) {
                steps.push(PlanStep { rewrite: rewrite.name, plan });
            }
        }
        steps
    }

    /// Runs the query and gives its table, the first one if there are several.
    ///
    /// # Errors
    /// A table or a parameter is missing, a limit is reached, the run is cancelled, or a function refuses a value. For a
    /// query with columns that depend on the data (see [`Query::is_open`]) every mistake in what comes after them.
    pub fn run(&self, database: &Database, options: &Options) -> Result<Table, Error> {
        let ready = self.ready(database, options)?;
        let plan = self.first_plan(&ready, options)?;
        self.with_run(&ready.resolved, database, options, |run| {
            Ok(exec::execute(plan, run)?.with_warnings(run.context.warnings()))
        })
    }

    /// Runs the query and gives all of its tables: those of several query statements, of `fork` and of `facet`. The first
    /// one has the warnings of all.
    ///
    /// ```
    /// use kqlite::{Database, DateTime, Options};
    /// let db = Database::new();
    /// let query = db.compile("range x from 1 to 9 step 1 | fork all = (count) (where x > 7)")?;
    /// let tables = query.run_all(&db, &Options::new(DateTime::UNIX_EPOCH))?;
    /// let sizes: Vec<(&str, usize)> = tables.iter().map(|it| (it.name.as_str(), it.table.len())).collect();
    /// assert_eq!(sizes, [("all", 1), ("Table_1", 2)]);
    /// # Ok::<(), kqlite::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Query::run`].
    pub fn run_all(&self, database: &Database, options: &Options) -> Result<Vec<NamedTable>, Error> {
        let ready = self.ready(database, options)?;
        let (names, plans): (Vec<String>, Vec<&Arc<Plan>>) =
            ready.plans(options).map(|(name, plan)| (name.to_owned(), plan)).unzip();
        let tables = self.with_run(&ready.resolved, database, options, |run| {
            let mut tables = exec::execute_all(&plans, run)?;
            if let Some(first) = tables.first_mut() {
                *first = std::mem::take(first).with_warnings(run.context.warnings());
            }
            Ok(tables)
        })?;
        Ok(names.into_iter().zip(tables).map(|(name, table)| NamedTable { name, table }).collect())
    }

    /// Runs the query and hands its rows on as they are ready, a table of some rows at a time, the first of several tables
    /// alone. `each` ends the run by breaking off: what was not computed yet is not. Gives the warnings, which are complete
    /// only then.
    ///
    /// The rows of all tables together are those of [`Query::run`], in their order; how many are in one is not said. A
    /// query that sorts or groups gives none before it has seen all.
    ///
    /// ```
    /// use kqlite::{Database, DateTime, Options};
    /// use std::ops::ControlFlow;
    /// let db = Database::new();
    /// let query = db.compile("range x from 1 to 1000000000 step 1 | where x % 7 == 0")?;
    /// let mut rows = 0;
    /// query.stream(&db, &Options::new(DateTime::UNIX_EPOCH), |part| {
    ///     rows += part.len();
    ///     if rows < 1000 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    /// })?;
    /// assert!(rows >= 1000);
    /// # Ok::<(), kqlite::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Query::run`]; rows that were handed on before stay valid.
    pub fn stream(
        &self,
        database: &Database,
        options: &Options,
        mut each: impl FnMut(Table) -> ControlFlow<()>,
    ) -> Result<Vec<Warning>, Error> {
        let ready = self.ready(database, options)?;
        let plan = self.first_plan(&ready, options)?;
        self.with_run(&ready.resolved, database, options, |run| {
            exec::stream(plan, run, &mut each)?;
            Ok(run.context.warnings())
        })
    }

    /// Runs the query as [`Query::run_all`] does, and measures what each operator of the plan did. `clock` tells the time
    /// since any instant that stays the same: the library reads none itself.
    ///
    /// It is the very same run, with the optimized plan, the threads and the strategies of the options. The clock is read
    /// twice for each chunk of each operator; a run without a profile does not pay for it.
    ///
    /// ```
    /// use kqlite::{Database, DateTime, Options};
    /// let db = Database::new();
    /// let query = db.compile("range x from 1 to 60 step 1 | where x % 20 == 0 | summarize max(x)")?;
    /// let start = std::time::Instant::now();
    /// let (tables, profile) =
    ///     query.run_profiled(&db, &Options::new(DateTime::UNIX_EPOCH), move || start.elapsed())?;
    /// assert_eq!(tables[0].table.len(), 1);
    /// let rows: Vec<(&str, usize, usize)> =
    ///     profile.operators().map(|it| (it.operator, it.rows_in, it.rows_out)).collect();
    /// assert_eq!(rows, [("Aggregate", 3, 1), ("Filter", 60, 3), ("Range", 0, 60)]);
    /// # Ok::<(), kqlite::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Query::run`].
    pub fn run_profiled(
        &self,
        database: &Database,
        options: &Options,
        clock: impl Fn() -> Duration + Send + Sync + 'static,
    ) -> Result<(Vec<NamedTable>, Profile), Error> {
        let profiler = Arc::new(Profiler::new(clock));
        let options = Options { profiler: Some(profiler.clone()), ..options.clone() };
        let start = profiler.now();
        let tables = self.run_all(database, &options)?;
        let elapsed = profiler.now().saturating_sub(start);
        let names: Vec<&str> = tables.iter().map(|it| it.name.as_str()).collect();
        let profile = Profile::of_run(&profiler, elapsed, &names, &self.text, &self.registry);
        Ok((tables, profile))
    }

    /// The plan of the first table.
    fn first_plan<'r>(&self, ready: &'r Ready, options: &Options) -> Result<&'r Arc<Plan>, Error> {
        ready.plans(options).next().map(|(_, plan)| plan).ok_or_else(|| self.error(no_result()))
    }

    /// The plans of a run, the columns of all plugins found out.
    pub(super) fn ready(&self, database: &Database, options: &Options) -> Result<Ready, Error> {
        if !self.is_open {
            return Ok(Ready { results: self.results.clone(), resolved: Vec::new() });
        }
        let resolved = self.resolve(database, options)?;
        let schemas: Vec<Schema> = resolved.iter().map(|it| it.schema().clone()).collect();
        let bound = bind::bind(&self.tree, database, database.registry(), &schemas, self.bind_limits());
        if bound.pending.is_some() {
            let what = "the columns of a plugin are not known though all plugins were run";
            return Err(self.error(Diagnostic::internal(Span::default(), what)));
        }
        let results = results(&bound, true, database.registry());
        if results.is_empty() {
            return Err(Error::new(bound.diagnostics, self.text.clone()));
        }
        Ok(Ready { results, resolved })
    }

    /// Runs one plugin after the other whose columns only its rows tell: what each one gave.
    pub(super) fn resolve(&self, database: &Database, options: &Options) -> Result<Vec<Table>, Error> {
        let mut resolved: Vec<Table> = Vec::new();
        loop {
            let schemas: Vec<Schema> = resolved.iter().map(|it| it.schema().clone()).collect();
            let bound = bind::bind(&self.tree, database, database.registry(), &schemas, self.bind_limits());
            let Some(pending) = &bound.pending else {
                return match bound.results.is_empty() {
                    true => Err(Error::new(bound.diagnostics, self.text.clone())),
                    false => Ok(resolved),
                };
            };
            let plans = if options.optimize {
                optimize(std::slice::from_ref(&pending.plan), database.registry())
            } else {
                vec![pending.plan.clone()]
            };
            let plan = plans.first().ok_or_else(|| self.error(no_result()))?;
            let rows = self.with_run(&resolved, database, options, |run| exec::run_plugin(plan, run))?;
            resolved.push(rows.table);
        }
    }

    /// Does something with a run that has the query's parameters.
    pub(super) fn with_run<T>(
        &self,
        resolved: &[Table],
        database: &Database,
        options: &Options,
        act: impl FnOnce(&Run<'_>) -> Outcome<T>,
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
            let converted = value.convert(declared.data_type);
            if converted.is_null() && !value.is_null() && value.as_str() != Some("") {
                let message =
                    format!("the parameter '{name}' is of type {}, '{value}' is not", declared.data_type);
                return Err(self.error(Diagnostic::error(Code::MissingParameter, Span::default(), message)));
            }
            parameters.insert(name.clone(), converted);
        }
        let budget = Budget::of_bytes(options.limits.bytes).with_stop(options.stop.clone());
        let context = Context::new(options.now, budget, options.seed)
            .with_strict(options.strict)
            .with_session(options.session.clone())
            .with_locator(database.locator.clone());
        let run = Run {
            tables: database,
            context: &context,
            parameters: &parameters,
            limits: &RunLimits { rows: options.limits.rows, depth: options.limits.depth },
            chunk_rows: options.chunk_rows.max(1),
            threads: options.threads.max(1),
            tuning: options.tuning,
            spill: options.spill.as_deref(),
            resolved,
            profiler: options.profiler.as_ref(),
        };
        act(&run).map_err(|diagnostic| self.error(*diagnostic))
    }

    fn error(&self, diagnostic: Diagnostic) -> Error {
        Error::new(vec![diagnostic], self.text.clone())
    }

    pub(super) fn tree(&self) -> &ast::QueryBlock {
        &self.tree
    }

    pub(super) fn shared_text(&self) -> Arc<str> {
        self.text.clone()
    }
}

impl Ready {
    /// The plans to run, with the names of their tables.
    fn plans(&self, options: &Options) -> impl Iterator<Item = (&str, &Arc<Plan>)> {
        let optimize = options.optimize;
        self.results.iter().map(move |it| (it.name.as_str(), if optimize { &it.optimized } else { &it.plan }))
    }
}

fn results(bound: &Bound, is_complete: bool, registry: &Registry) -> Vec<QueryResult> {
    let plans: Vec<Arc<Plan>> = bound.results.iter().map(|it| it.plan.clone()).collect();
    // What is pending is of no type yet: nothing of it can be rewritten.
    let optimized = if is_complete { optimize(&plans, registry) } else { plans.clone() };
    let results = bound.results.iter().zip(plans.into_iter().zip(optimized)).enumerate();
    results
        .map(|(at, (result, (plan, optimized)))| {
            let name = result.name.clone().unwrap_or_else(|| format!("Table_{at}"));
            QueryResult { name, plan, optimized }
        })
        .collect()
}

fn no_result() -> Diagnostic {
    Diagnostic::internal(Span::default(), "a compiled query gives nothing")
}
