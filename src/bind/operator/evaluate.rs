//! Binds `evaluate`: a plugin of the registry tells the columns that it gives. Where these depend on the rows, the query is
//! bound again once they are known.

use super::super::binder::Binder;
use super::super::bound::PendingColumns;
use super::super::names::make_unique;
use super::super::place::PlaceKind;
use super::super::references::ReferenceKind;
use super::super::scalar::Scalar;
use super::super::scope::{Any, BoundColumn, Columns, Env, ExprScope, NamedRows, Rows};
use std::sync::Arc;

use crate::column::Table;
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{
    ArgumentKind, ArgumentValue, DeclaredColumns, InputColumn, Plugin, PluginArgument, PluginBinding,
    PluginCall, PluginGroups, PluginTable,
};
use crate::plan::{AggregateExpr, Expr, Node, Plan};
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{ScalarType, Schema, hidden};

pub(in crate::bind) const ENTRY: LanguageEntry = LanguageEntry {
    name: "evaluate",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Calls a plugin: a function over all rows that may decide itself which columns it gives.",
    syntax: &["[T |] evaluate [Hints] Plugin([Argument [, …]]) [: ([*,] ColumnName: Type [, …])]"],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::optional(
            "Hints",
            "hint.distribution, hint.pass_filters and the like. They change no answer.",
        ),
        ParameterInfo::required("Plugin", "The plugin's name."),
        ParameterInfo::optional("Argument", "What the plugin takes: columns, constants, or Name=Value."),
        ParameterInfo::optional(
            "ColumnName: Type",
            "The columns of the result, where the plugin leaves them to the data. '*' stands for those that are known.",
        ),
    ],
    remarks: &[
        "The columns of some plugins depend on the data. The query is then read again once the plugin has run, so later \
         operators may name them; a misspelt name is found only at that time.",
        "Declared columns make the answer independent of the data: a column that is not there has nulls.",
    ],
    examples: &[
        TableExample {
            query: r"print d = dynamic({'User': 'ann', 'Failures': 2})
| evaluate bag_unpack(d)",
            result: r#"Failures:long, User:string
[2,"ann"]"#,
        },
        TableExample {
            query: r"datatable (Id: long, d: dynamic) [
    1, dynamic({'a': 10}),
    2, dynamic({'b': 'x'}),
]
| evaluate bag_unpack(d) : (*, a: long)",
            result: "Id:long, a:long\n[1,10]\n[2,null]",
        },
    ],
};

/// The arguments of a call, with what they read.
struct BoundCall {
    arguments: Vec<PluginArgument>,
    /// The tables among them.
    tables: Vec<Rows>,
    /// Expressions over a row, whose values are columns behind those of the rows.
    computed: Vec<Expr>,
    aggregate: Option<AggregateExpr>,
}

impl Binder<'_> {
    pub(in crate::bind) fn bind_evaluate(
        &mut self,
        it: &ast::EvaluateOperator,
        rows: Option<Rows>,
        env: &Env,
    ) -> Rows {
        let Some(plugin) = self.plugin_of(it, rows.is_some()) else { return Rows::unknown() };
        if plugin.results > 1 {
            let name = plugin.name;
            let message = format!("'{name}' gives several tables: it stands at the end of a query");
            self.error(Code::NotAllowedHere, it.call.name.at.0, message);
            return Rows::unknown();
        }
        let call = self.plugin_arguments(it, plugin, rows.as_ref(), env);
        self.plugin_result(it, plugin, rows, &call, 0).unwrap_or_else(Rows::unknown)
    }

    /// Whether it gives several tables.
    pub(in crate::bind) fn gives_tables(&self, it: &ast::EvaluateOperator) -> bool {
        self.registry.plugin(&it.call.name.text).is_some_and(|plugin| plugin.results > 1)
    }

    /// The tables of a plugin that gives several.
    pub(in crate::bind) fn bind_evaluate_tables(
        &mut self,
        it: &ast::EvaluateOperator,
        rows: Rows,
        env: &Env,
    ) -> NamedRows {
        let unknown = || vec![(None, Rows::unknown())];
        let Some(plugin) = self.plugin_of(it, true) else { return unknown() };
        if it.schema.is_some() {
            self.unsupported(it.at.0, "form", &format!("{} with a schema", plugin.name));
            return unknown();
        }
        let rows = self.share(rows);
        let call = self.plugin_arguments(it, plugin, Some(&rows), env);
        let mut tables = Vec::new();
        for result in 0..plugin.results {
            // A mistake is reported once.
            let Some(rows) = self.plugin_result(it, plugin, Some(rows.clone()), &call, result) else {
                return unknown();
            };
            tables.push((None, rows));
        }
        tables
    }

    /// The plugin that is called.
    fn plugin_of(&mut self, it: &ast::EvaluateOperator, has_rows: bool) -> Option<&'static Plugin> {
        let (name, span) = (it.call.name.text.as_str(), it.call.name.at.0);
        let Some(plugin) = self.registry.plugin(name) else {
            self.refers_to_unknown(ReferenceKind::Plugin, name, span);
            if self.registry.unsupported(name).any(|data_type| data_type == EntryKind::Plugin) {
                let mut error = Diagnostic::unsupported(span, "plugin", name);
                if let Some((reason, instead)) = self.registry.refusal(name, EntryKind::Plugin) {
                    error = error.help(reason).help(instead);
                }
                self.report(error);
            } else {
                self.unknown_plugin(&it.call);
            }
            return None;
        };
        self.refers(ReferenceKind::Plugin, name, span);
        if !has_rows && !plugin.is_source {
            let message = format!("'{name}' needs rows: a table and '|' in front of evaluate");
            self.error(Code::ExpectedTable, span, message);
            return None;
        }
        Some(plugin)
    }

    /// One of the tables of a call; `None` if it is called wrongly, which is reported.
    fn plugin_result(
        &mut self,
        it: &ast::EvaluateOperator,
        plugin: &'static Plugin,
        rows: Option<Rows>,
        call: &BoundCall,
        result: usize,
    ) -> Option<Rows> {
        let (name, span) = (plugin.name, it.call.name.at.0);
        let no_rows = Columns::default();
        let described = |columns: &Columns| {
            let column =
                |it: &BoundColumn| InputColumn { name: it.name.to_string(), data_type: it.data_type };
            columns.list.iter().map(column).collect::<Vec<_>>()
        };
        let input = rows.as_ref().map_or(&no_rows, |rows| &rows.columns);
        let columns = described(input);
        let tables: Vec<PluginTable> = call
            .tables
            .iter()
            .map(|rows| PluginTable { columns: described(&rows.columns), open: rows.columns.open })
            .collect();
        let arguments = &call.arguments;
        let binding = PluginBinding { name, columns: &columns, arguments, tables: &tables, result, span };
        let known = match (plugin.bind)(&binding) {
            Ok(known) => known,
            Err(found) => {
                found.into_iter().for_each(|it| self.report(it));
                return None;
            }
        };
        let column = |it: InputColumn| BoundColumn { name: it.name.into(), data_type: it.data_type };
        let mut list: Vec<BoundColumn> = known.columns.into_iter().map(column).collect();
        make_unique(&mut list);
        let hidden = input.open || call.tables.iter().any(|table| table.columns.open);
        let columns = Columns { list: list.into(), open: known.open };
        let width = known.groups.as_ref().map_or(input.list.len(), |groups| groups.keys.len() + 1);
        let mut tables: Vec<Arc<Plan>> = call.tables.iter().map(|rows| rows.plan.clone()).collect();
        let rows = match (rows, known.groups) {
            (Some(rows), Some(groups)) => {
                let (groups, of_nothing) = self.plugin_groups(it, rows, &groups, call)?;
                tables.push(of_nothing);
                Some(groups)
            }
            (Some(rows), None) if !call.computed.is_empty() => Some(Self::with_computed(rows, call, it.at.0)),
            (rows, _) => rows,
        };
        let bound = PluginCall {
            plugin,
            arguments: call.arguments.clone(),
            result,
            width,
            names: columns.list.iter().map(|column| column.name.clone()).collect(),
            declared: None,
            span: it.call.name.at.0,
        };
        Some(self.plugin_rows(it, rows, tables, bound, columns, hidden))
    }

    /// The rows with the values of computed arguments behind them.
    fn with_computed(rows: Rows, call: &BoundCall, span: Span) -> Rows {
        let mut list = rows.columns.list.to_vec();
        let mut exprs: Vec<Expr> = list
            .iter()
            .enumerate()
            .map(|(at, column)| Expr::column(at, column.data_type.unwrap_or(ScalarType::Dynamic)))
            .collect();
        for (at, expr) in call.computed.iter().enumerate() {
            let name = format!(hidden!("{}"), at);
            list.push(BoundColumn { name: name.into(), data_type: Some(expr.scalar_type()) });
            exprs.push(expr.clone());
        }
        let open = rows.columns.open;
        Self::project_to(&rows, Columns { list: list.into(), open }, exprs, span)
    }

    /// A row for each group, and what the aggregate gives for no rows.
    fn plugin_groups(
        &mut self,
        it: &ast::EvaluateOperator,
        rows: Rows,
        groups: &PluginGroups,
        call: &BoundCall,
    ) -> Option<(Rows, Arc<Plan>)> {
        let span = it.call.name.at.0;
        let aggregate = match groups.aggregate {
            Some(_) => call.aggregate.clone()?,
            None => self.row_count(span)?,
        };
        let data_type = aggregate.returns.first().copied();
        let value = BoundColumn { name: hidden!("aggregate").into(), data_type };
        let of_nothing = Columns { list: vec![value.clone()].into(), open: false };
        let mut list: Vec<BoundColumn> =
            groups.keys.iter().filter_map(|&at| rows.columns.list.get(at).cloned()).collect();
        let kind = |column: &BoundColumn| column.data_type.unwrap_or(ScalarType::Dynamic);
        let keys =
            groups.keys.iter().zip(&list).map(|(&at, column)| Expr::column(at, kind(column))).collect();
        list.push(value);
        let nothing = Table::empty(rows.plan.schema.clone());
        let nothing = Arc::new(Plan::new(Node::Values { table: nothing }, rows.plan.schema.clone(), span));
        let node = Node::Aggregate { input: nothing, keys: Vec::new(), aggregates: vec![aggregate.clone()] };
        let of_nothing = Self::plan(node, &of_nothing, span);
        let columns = Columns { list: list.into(), open: rows.columns.open };
        let node = Node::Aggregate { input: rows.plan, keys, aggregates: vec![aggregate] };
        Some((Rows::new(Self::plan(node, &columns, it.at.0), columns), of_nothing))
    }

    /// The rows of a call, with the columns that are declared, known, or found out by running it.
    fn plugin_rows(
        &mut self,
        it: &ast::EvaluateOperator,
        rows: Option<Rows>,
        tables: Vec<Arc<Plan>>,
        call: PluginCall,
        known: Columns,
        hidden: bool,
    ) -> Rows {
        let declared = it.schema.as_ref().map(|schema| (schema.star, self.declared_columns(&schema.columns)));
        let (mut columns, mut site) = (known, None);
        if let Some((star, list)) = &declared {
            let first = columns
                .list
                .iter()
                .filter(|known| *star && !list.iter().any(|declared| declared.name == known.name));
            columns = Columns { list: first.chain(list.iter()).cloned().collect(), open: false };
        } else if columns.open && !hidden && self.declaring == 0 {
            if self.in_body > 0 {
                self.needs_schema(it, call.plugin);
                return Rows::unknown();
            }
            let number = self.sites;
            self.sites += 1;
            site = Some(number);
            if let Some(schema) = self.resolved.get(number) {
                columns = Columns::of(schema);
            }
        }
        columns.open |= hidden && declared.is_none();
        let schema = DeclaredColumns { star: false, schema: Schema::clone(&columns.schema()) };
        let call =
            PluginCall { declared: declared.map(|(star, _)| DeclaredColumns { star, ..schema }), ..call };
        let node = Node::Plugin { input: rows.map(|rows| rows.plan), tables, call: Arc::new(call), site };
        let plan = Self::plan(node, &columns, it.at.0);
        if site.is_some() && columns.open && self.pending.is_none() {
            self.pending = Some(PendingColumns { plan: plan.clone() });
        }
        Rows::new(plan, columns)
    }

    fn plugin_arguments(
        &mut self,
        it: &ast::EvaluateOperator,
        plugin: &Plugin,
        rows: Option<&Rows>,
        env: &Env,
    ) -> BoundCall {
        let mut call =
            BoundCall { arguments: Vec::new(), tables: Vec::new(), computed: Vec::new(), aggregate: None };
        for (at, ast) in it.call.arguments.iter().enumerate() {
            let name = match ast {
                ast::Expression::Named(named) => named.names.first().map(|name| name.text.clone()),
                _ => None,
            };
            let columns = rows.map(|rows| &rows.columns);
            let result_name = name.clone().or_else(|| self.inferred_name(ast.unnamed(), columns));
            let value = self.plugin_argument(ast.unnamed(), (plugin.argument_kind)(at), rows, env, &mut call);
            call.arguments.push(PluginArgument { name, result_name, value, span: ast.span() });
        }
        call
    }

    fn plugin_argument(
        &mut self,
        ast: &ast::Expression,
        kind: ArgumentKind,
        rows: Option<&Rows>,
        env: &Env,
        call: &mut BoundCall,
    ) -> ArgumentValue {
        let no_rows = Columns::default();
        let context = match rows {
            Some(rows) => ExprScope::with_rows(env, rows),
            None => ExprScope { row: Some(&no_rows), ..ExprScope::new(env) },
        };
        match (kind, ast) {
            (ArgumentKind::Scalar | ArgumentKind::ScalarOrTable, ast::Expression::Star(_)) => {
                ArgumentValue::Star
            }
            (ArgumentKind::Scalar, _) => {
                let scalar = self.bind_scalar(ast, context);
                self.scalar_argument(scalar, context, call)
            }
            (ArgumentKind::ScalarOrTable, _) => match self.bind_any(ast, context) {
                Any::Scalar(scalar) => self.scalar_argument(scalar, context, call),
                Any::Table(rows) => table_argument(rows, call),
            },
            (ArgumentKind::Table, _) => {
                let rows = self.bind_table(ast, env);
                table_argument(rows, call)
            }
            (ArgumentKind::TableColumn, _) => {
                let Some(at) = call.tables.len().checked_sub(1) else { return ArgumentValue::Unknown };
                let columns = call.tables[at].columns.clone();
                let context = ExprScope { row: Some(&columns), ..ExprScope::new(env) };
                let column = self.expect_column(ast, context);
                column.map_or(ArgumentValue::Unknown, |column| ArgumentValue::TableColumn(at, column))
            }
            (ArgumentKind::Aggregate, _) => self.aggregate_argument(ast, context, call),
        }
    }

    fn scalar_argument(
        &mut self,
        scalar: Scalar,
        context: ExprScope<'_>,
        call: &mut BoundCall,
    ) -> ArgumentValue {
        match (scalar.data_type, self.folder.fold(scalar.expr)) {
            (None, _) => ArgumentValue::Unknown,
            (Some(_), Expr::Column { index, .. }) => ArgumentValue::Column(index),
            (Some(_), Expr::Literal { value, data_type }) => ArgumentValue::Constant(value, data_type),
            (Some(data_type), expr) => {
                let place = context.row.map_or(0, |row| row.list.len()) + call.computed.len();
                let is_constant = expr.is_constant();
                call.computed.push(expr);
                ArgumentValue::Computed { column: place, data_type, is_constant }
            }
        }
    }

    fn aggregate_argument(
        &mut self,
        ast: &ast::Expression,
        context: ExprScope<'_>,
        call: &mut BoundCall,
    ) -> ArgumentValue {
        self.probe_expression(ast, PlaceKind::Aggregate, context);
        let it = match ast.unparenthesised() {
            ast::Expression::Call(it) => it,
            ast::Expression::Missing(_) => return ArgumentValue::Unknown,
            other => {
                if let ast::Expression::Name(_) | ast::Expression::Literal(_) = other {
                    self.error(Code::AggregateExpected, ast.span(), "an aggregate function is expected here");
                } else {
                    self.unsupported(ast.span(), "argument", "an expression over aggregates");
                }
                return ArgumentValue::Unknown;
            }
        };
        let Some(function) = self.registry.aggregate(&it.name.text) else {
            // Says of an unknown name that it is one, and of an aggregate that it is not built.
            let is_known = self.bind_scalar(ast, context).data_type.is_some();
            if is_known {
                let message = format!("'{}' is no aggregate function", it.name.text);
                self.error(Code::AggregateExpected, it.name.at.0, message);
            }
            return ArgumentValue::Unknown;
        };
        let star: Vec<usize> = (0..context.row.map_or(0, |row| row.list.len())).collect();
        let Some(bound) = self.bind_aggregate(function, it, context, &star) else {
            return ArgumentValue::Unknown;
        };
        let [(_, data_type)] = bound.outputs.as_slice() else {
            self.unsupported(it.name.at.0, "argument", "an aggregate that gives several columns");
            return ArgumentValue::Unknown;
        };
        let first = bound.expr.arguments.first().and_then(Expr::as_column);
        call.aggregate = Some(bound.expr);
        ArgumentValue::Aggregate(first, *data_type)
    }

    /// The columns depend on the rows of a run, and other runs may have others.
    fn needs_schema(&mut self, it: &ast::EvaluateOperator, plugin: &Plugin) {
        let name = plugin.name;
        let message =
            format!("the columns of '{name}' depend on its rows, which a subquery gets part by part");
        let help = format!("say which columns it gives: evaluate {name}(…) : (name: type, …)");
        self.report(Diagnostic::error(Code::CannotInfer, it.call.name.at.0, message).help(help));
    }

    fn unknown_plugin(&mut self, call: &ast::FunctionCall) {
        let name = &call.name.text;
        let message = format!("there is no plugin '{name}'");
        let diagnostic = Diagnostic::error(Code::UnknownFunction, call.name.at.0, message);
        let plugins = self.registry.plugins();
        let known = plugins.iter().map(|plugin| plugin.name);
        let diagnostic =
            super::super::suggest::did_you_mean(diagnostic, name, known, &self.budget.suggestions);
        self.report(diagnostic);
    }
}

fn table_argument(rows: Rows, call: &mut BoundCall) -> ArgumentValue {
    call.tables.push(rows);
    ArgumentValue::Table(call.tables.len() - 1)
}
