//! Binds tabular expressions: names of tables and the pipe. It must not know what an operator does.

use super::binder::Binder;
use super::ingestion::is_ingestion_time;
use super::place::PlaceKind;
use super::references::ReferenceKind;
use super::scope::{Any, BoundColumn, Columns, Env, ExprScope, Local, NamedRows, Rows};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Expr, Node};
use crate::source::Span;
use crate::syntax::ast::{self, QueryOperator};
use crate::types::ScalarType;
use crate::wildcard::fits_wildcard;

/// The most operators that may stand above one another, those of nested tables and functions included.
const MAX_OPERATORS: usize = 300;

/// So many columns take about what an operator takes beside its columns.
const COLUMNS_AN_OPERATOR: usize = 24;

impl Binder<'_> {
    /// Binds an expression that must be a table.
    pub(super) fn bind_table(&mut self, ast: &ast::Expression, env: &Env) -> Rows {
        let rows = self.bind_table_unmeasured(ast, env);
        self.nested_depth = self.nested_depth.max(rows.depth);
        rows
    }

    fn bind_table_unmeasured(&mut self, ast: &ast::Expression, env: &Env) -> Rows {
        match ast {
            ast::Expression::Paren(it) => {
                self.in_part(self.readable.up_to(it.at.0.end), |this| this.bind_table(&it.inner, env))
            }
            ast::Expression::Name(name) => self.table_named(name, env),
            _ => match self.bind_any_table(ast, env) {
                Any::Table(rows) => rows,
                Any::Scalar(scalar) => {
                    if scalar.data_type.is_some() {
                        self.error(
                            Code::ExpectedTable,
                            ast.span(),
                            "a table is expected here, this is a scalar",
                        );
                    }
                    Rows::unknown()
                }
            },
        }
    }

    fn bind_any_table(&mut self, ast: &ast::Expression, env: &Env) -> Any {
        let context = ExprScope::new(env);
        self.probe_expression(ast, PlaceKind::Table, context);
        self.bind_any(ast, context)
    }

    /// A name where a table is expected.
    pub(super) fn table_named(&mut self, name: &ast::Name, env: &Env) -> Rows {
        let rows = self.table_of_name(name, env);
        self.nested_depth = self.nested_depth.max(rows.depth);
        rows
    }

    fn table_of_name(&mut self, name: &ast::Name, env: &Env) -> Rows {
        self.probe_name(name, PlaceKind::Table, ExprScope::new(env));
        let local = env.find(&name.text);
        self.note_local(name, local.as_ref());
        match local {
            Some(Local::Table(rows)) => return rows,
            Some(local @ (Local::Pattern(_) | Local::EntityGroup(_) | Local::Database)) => {
                self.no_value(name, &local);
                return Rows::unknown();
            }
            Some(Local::Unknown) => return Rows::unknown(),
            Some(Local::Function(function)) => {
                let any = self.call_user_function(&name.text, &function, &[], name.at.0, ExprScope::new(env));
                return match any {
                    Any::Table(rows) => rows,
                    Any::Scalar(_) => Rows::unknown(),
                };
            }
            Some(Local::Scalar(_) | Local::Step(_)) => {
                self.error(
                    Code::ExpectedTable,
                    name.at.0,
                    format!("'{}' is a scalar, not a table", name.text),
                );
                return Rows::unknown();
            }
            None => {}
        }
        if let Some(rows) = self.catalog_table(name, env) {
            return rows;
        }
        if let Some(rows) = self.announced_rows(name) {
            return rows;
        }
        self.refers_to_unknown(ReferenceKind::Table, &name.text, name.at.0);
        if !self.has_room() {
            return Rows::unknown();
        }
        let mut tables = self.catalog.table_names();
        tables.retain(|name| env.sees(name));
        let mut diagnostic =
            Diagnostic::error(Code::UnknownTable, name.at.0, format!("there is no table '{}'", name.text));
        let locals = env.names();
        let known = || tables.iter().map(String::as_str).chain(locals.iter().map(|it| &**it));
        diagnostic = super::suggest::did_you_mean(diagnostic, &name.text, known(), &self.budget.suggestions);
        if diagnostic.fixes.is_empty() && !tables.is_empty() && tables.len() <= 40 {
            diagnostic = diagnostic.help(format!("available tables: {}", super::suggest::list(known())));
        }
        self.report(diagnostic);
        Rows::unknown()
    }

    /// Notes a name that the query declares.
    pub(super) fn note_local(&mut self, name: &ast::Name, local: Option<&Local>) {
        let kind = match local {
            Some(Local::Function(_) | Local::Pattern(_)) => ReferenceKind::Function,
            Some(
                Local::Scalar(_)
                | Local::Table(_)
                | Local::EntityGroup(_)
                | Local::Database
                | Local::Step(_)
                | Local::Unknown,
            ) => ReferenceKind::Variable,
            None => return,
        };
        self.refers(kind, &name.text, name.at.0);
    }

    /// The columns of a table of the database, all places that name it share them.
    fn table_columns(&mut self, name: &str) -> Option<Columns> {
        if let Some(known) = self.tables.get(name) {
            return Some(known.clone());
        }
        let mut schema = self.catalog.table(name)?;
        self.has_ingestion_times |= schema.columns.iter().any(is_ingestion_time);
        schema.columns.retain(|column| !is_ingestion_time(column));
        let columns = Columns::of(&schema);
        self.tables.insert(name.to_owned(), columns.clone());
        Some(columns)
    }

    /// A table of the database, or a stored function without arguments that gives one.
    pub(super) fn catalog_table(&mut self, name: &ast::Name, env: &Env) -> Option<Rows> {
        if !env.sees(&name.text) {
            return None;
        }
        if let Some(columns) = self.table_columns(&name.text) {
            self.refers(ReferenceKind::Table, &name.text, name.at.0);
            let plan = Self::plan(Node::Scan { table: name.text.clone() }, &columns, name.at.0);
            let mut rows = Rows::new(plan, columns);
            rows.source = Some(name.text.clone());
            self.recorder.source(&rows);
            return Some(rows);
        }
        let declaration = self.catalog.function(&name.text)?.clone();
        self.refers(ReferenceKind::Function, &name.text, name.at.0);
        let function = super::scope::UserFunction::stored(declaration);
        match self.call_user_function(&name.text, &function, &[], name.at.0, ExprScope::new(env)) {
            Any::Table(rows) => Some(rows),
            Any::Scalar(_) => None,
        }
    }

    /// Binds a statement that gives several tables; `None` for any other.
    pub(super) fn bind_tables(&mut self, ast: &ast::Expression, env: &Env) -> Option<NamedRows> {
        let ast::Expression::Pipe(pipe) = ast.unparenthesised() else { return None };
        let (last, before) = pipe.operators.split_last()?;
        match last {
            QueryOperator::Fork(_) | QueryOperator::Facet(_) => {}
            QueryOperator::Evaluate(it) if self.gives_tables(it) => {}
            _ => return None,
        }
        let mut env = env.clone();
        let source = pipe.source.as_ref().map(|source| self.bind_table(source, &env));
        let rows = match (source, before) {
            (Some(rows), []) => rows,
            (None, []) => {
                let message = "this operator needs rows: a table and '|' in front of it";
                self.error(Code::ExpectedTable, last.keyword_span(), message);
                return Some(vec![(None, Rows::unknown())]);
            }
            (source, before) => self.bind_operators_in(source, before, &mut env),
        };
        match last {
            QueryOperator::Fork(it) => Some(self.bind_fork(it, rows, &env)),
            QueryOperator::Facet(it) => Some(self.bind_facet(it, rows, &env)),
            QueryOperator::Evaluate(it) => Some(self.bind_evaluate_tables(it, rows, &env)),
            _ => None,
        }
    }

    /// Several tables where one is expected.
    fn several_tables(&mut self, operator: &QueryOperator) -> Rows {
        let message = format!("{} gives several tables: it stands at the end of a query", operator.name());
        self.error(Code::NotAllowedHere, operator.keyword_span(), message);
        Rows::unknown()
    }

    pub(super) fn bind_pipe(&mut self, pipe: &ast::PipeExpression, env: &Env) -> Rows {
        let rows = pipe.source.as_ref().map(|source| self.bind_table(source, env));
        self.bind_operators(rows, &pipe.operators, env)
    }

    /// Binds operators over rows; without rows the first operator is a source itself.
    pub(super) fn bind_operators(
        &mut self,
        rows: Option<Rows>,
        operators: &[QueryOperator],
        env: &Env,
    ) -> Rows {
        self.bind_operators_in(rows, operators, &mut env.clone())
    }

    /// As [`Self::bind_operators`]; what `as` names is in scope after it.
    pub(super) fn bind_operators_in(
        &mut self,
        rows: Option<Rows>,
        operators: &[QueryOperator],
        env: &mut Env,
    ) -> Rows {
        let mut rows = rows;
        let minds_case = std::mem::take(&mut self.minds_case);
        for (at, operator) in operators.iter().enumerate() {
            if self.budget.is_over {
                return Rows::unknown();
            }
            let end = operators.get(at + 1).map_or(self.readable.end(), |next| next.span().start);
            let below = rows.as_ref().map_or(0, |rows| rows.depth);
            let outer = std::mem::replace(&mut self.nested_depth, 0);
            let input = rows.as_ref().map(|rows| rows.plan.clone());
            let given = rows.as_ref().map(|rows| rows.columns.list.clone());
            let (rows_given, is_carried) = self.with_ingestion_times(operator, rows);
            let part = self.readable.operator(operator.span().start, end);
            let mut result = self.in_part(part, |it| it.bind_operator(operator, rows_given, env));
            if is_carried {
                result = Self::without_ingestion_times(result, operator.span());
            }
            if part.is_partial() {
                // What it would give is a guess.
                result.columns.open = true;
                result.serialized = true;
            }
            self.recorder.operator(operator.span(), input, &result);
            let list = &result.columns.list;
            let made = if given.is_some_and(|given| given.is_shared_with(list)) { 0 } else { list.len() };
            self.spend_columns(COLUMNS_AN_OPERATOR + made, operator.span());
            result.depth = below.max(self.nested_depth) + 1;
            self.nested_depth = outer;
            if result.depth > MAX_OPERATORS {
                let message =
                    format!("more than {MAX_OPERATORS} operators, one over the other, are too many");
                self.too_deep(operator.keyword_span(), message);
                return Rows::unknown();
            }
            rows = Some(result);
        }
        self.minds_case = minds_case;
        rows.unwrap_or_else(Rows::unknown)
    }

    fn bind_operator(&mut self, operator: &QueryOperator, rows: Option<Rows>, env: &mut Env) -> Rows {
        match operator {
            QueryOperator::Print(it) => return self.bind_print(it, env),
            QueryOperator::Range(it) => return self.bind_range(it, env),
            QueryOperator::Union(it) => return self.bind_union(it, rows, env),
            // These need no rows in front of them either.
            QueryOperator::Find(it) => return self.bind_find(it, rows, env),
            QueryOperator::InlineExternalTable(_) => return self.refuse_operator(operator),
            QueryOperator::MacroExpand(it) => return self.bind_macro_expand(it, rows, env),
            QueryOperator::Search(it) => return self.bind_search(it, rows, env),
            QueryOperator::Evaluate(it) => return self.bind_evaluate(it, rows, env),
            _ => {}
        }
        let Some(rows) = rows else {
            // Behind a mistake, the '|' may be what is missing.
            let is_guess = self.readable.is_broken(0, operator.keyword_span().start);
            if !matches!(operator, QueryOperator::Missing(_)) && !is_guess {
                let message = "this operator needs rows: a table and '|' in front of it";
                self.error(Code::ExpectedTable, operator.keyword_span(), message);
            }
            return Rows::unknown();
        };
        match operator {
            QueryOperator::As(it) => self.bind_as(it, rows, env),
            QueryOperator::AssertSchema(it) => self.bind_assert_schema(it, rows),
            QueryOperator::Consume(it) => self.bind_consume(it, rows),
            QueryOperator::Count(it) => self.bind_count_operator(it, rows),
            QueryOperator::Distinct(it) => self.bind_distinct(it, rows, env),
            QueryOperator::ExecuteAndCache(it) => self.bind_execute_and_cache(it, rows),
            QueryOperator::Extend(it) => self.bind_extend(it, rows, env),
            QueryOperator::Scan(it) => self.bind_scan(it, rows, env),
            QueryOperator::Serialize(it) => {
                let mut rows = rows;
                rows.serialized = true;
                self.bind_extend(it, rows, env)
            }
            QueryOperator::Facet(_) | QueryOperator::Fork(_) => self.several_tables(operator),
            QueryOperator::GetSchema(_) => self.bind_getschema(rows, operator.span()),
            QueryOperator::Invoke(it) => self.bind_invoke(it, rows, env),
            QueryOperator::Join(it) => self.bind_join(it, rows, env),
            QueryOperator::Lookup(it) => self.bind_lookup(it, rows, env),
            QueryOperator::MakeSeries(it) => self.bind_make_series(it, rows, env),
            QueryOperator::MvApply(it) => self.bind_mv_apply(it, rows, env),
            QueryOperator::MvExpand(it) => self.bind_mv_expand(it, rows, env),
            QueryOperator::Parse(it) => self.bind_parse(it, rows, env, false),
            QueryOperator::ParseKv(it) => self.bind_parse_kv(it, rows, env),
            QueryOperator::Partition(it) => self.bind_partition(it, rows, env),
            QueryOperator::ParseWhere(it) => self.bind_parse(it, rows, env, true),
            QueryOperator::Project(it) => self.bind_project(it, rows, env),
            QueryOperator::ProjectAway(it) => self.bind_project_away(it, rows),
            QueryOperator::ProjectByNames(it) => self.bind_project_by_names(it, rows, env),
            QueryOperator::ProjectKeep(it) => self.bind_project_keep(it, rows),
            QueryOperator::ProjectRename(it) => self.bind_project_rename(it, rows),
            QueryOperator::ProjectReorder(it) => self.bind_project_reorder(it, rows),
            QueryOperator::Reduce(it) => self.bind_reduce(it, rows, env),
            QueryOperator::Render(it) => self.bind_render(it, rows),
            QueryOperator::Sample(it) => self.bind_sample(it, rows, env),
            QueryOperator::SampleDistinct(it) => self.bind_sample_distinct(it, rows, env),
            QueryOperator::Sort(it) => self.bind_sort(it, rows, env),
            QueryOperator::Summarize(it) => self.bind_summarize(it, rows, env),
            QueryOperator::Take(it) => self.bind_take(it, rows, env),
            QueryOperator::Top(it) => self.bind_top(it, rows, env),
            QueryOperator::TopHitters(it) => self.bind_top_hitters(it, rows, env),
            QueryOperator::TopNested(it) => self.bind_top_nested(it, rows, env),
            QueryOperator::Where(it) => self.bind_where(it, rows, env),
            QueryOperator::Missing(_) => Rows::unknown(),
            other => self.refuse_operator(other),
        }
    }

    /// Reports an operator that is parsed and not built.
    fn refuse_operator(&mut self, operator: &QueryOperator) -> Rows {
        self.unsupported(operator.keyword_span(), "operator", operator.name());
        Rows::unknown()
    }

    /// The input with other columns, as a projection of it.
    pub(super) fn project_to(rows: &Rows, columns: Columns, exprs: Vec<Expr>, span: Span) -> Rows {
        let node = Node::Project { input: rows.plan.clone(), columns: exprs };
        let open = rows.columns.open || columns.open;
        let columns = Columns { open, ..columns };
        Rows {
            plan: Self::plan(node, &columns, span),
            columns,
            serialized: rows.serialized,
            source: None,
            depth: rows.depth,
        }
    }

    /// The input with some of its columns in a new order.
    pub(super) fn keep_columns(rows: &Rows, places: &[usize], span: Span) -> Rows {
        let list: Vec<BoundColumn> =
            places.iter().filter_map(|&at| rows.columns.list.get(at).cloned()).collect();
        let exprs = places
            .iter()
            .zip(&list)
            .map(|(&at, column)| Expr::column(at, column.data_type.unwrap_or(ScalarType::Dynamic)))
            .collect();
        Self::project_to(rows, Columns { list: list.into(), open: false }, exprs, span)
    }

    /// The columns that a list of names and wildcards means; reports what is no column.
    pub(super) fn columns_of_list(&mut self, list: &[ast::Expression], columns: &Columns) -> Vec<usize> {
        let mut places = Vec::new();
        for ast in list {
            match ast {
                ast::Expression::Wildcard(_) | ast::Expression::Star(_)
                    if !self.spend_columns(columns.list.len(), ast.span()) => {}
                ast::Expression::Wildcard(name) => places.extend(matching(&name.text, columns)),
                ast::Expression::Star(_) => places.extend(0..columns.list.len()),
                _ => {
                    let env = Env::default();
                    let context = ExprScope { row: Some(columns), ..ExprScope::new(&env) };
                    places.extend(self.expect_column(ast, context));
                }
            }
        }
        places
    }
}

/// The columns whose name a pattern with `*` matches.
pub(super) fn matching(pattern: &str, columns: &Columns) -> Vec<usize> {
    columns
        .list
        .iter()
        .enumerate()
        .filter(|(_, column)| fits_wildcard(pattern, &column.name))
        .map(|(at, _)| at)
        .collect()
}
