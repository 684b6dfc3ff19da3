//! Binds `evaluate`: a plugin of the registry tells the columns that it gives. Where these depend on the rows, the query is
//! bound again once they are known.

use super::super::binder::Binder;
use super::super::bound::PendingColumns;
use super::super::references::ReferenceKind;
use super::super::scope::{BoundColumn, Columns, Env, ExprScope, Rows};
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::function::{
    ArgumentValue, DeclaredColumns, InputColumn, Plugin, PluginArgument, PluginBinding, PluginCall,
};
use crate::plan::{Expr, Node};
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::syntax::ast;
use crate::types::Schema;

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

impl Binder<'_> {
    pub(in crate::bind) fn bind_evaluate(
        &mut self,
        it: &ast::EvaluateOperator,
        rows: Option<Rows>,
        env: &Env,
    ) -> Rows {
        let (name, span) = (it.call.name.text.as_str(), it.call.name.at.0);
        let Some(plugin) = self.registry.plugin(name) else {
            self.refers_to_unknown(ReferenceKind::Plugin, name, span);
            if self.registry.unsupported(name).any(|data_type| data_type == EntryKind::Plugin) {
                self.unsupported(span, "plugin", name);
            } else {
                self.unknown_plugin(&it.call);
            }
            return Rows::unknown();
        };
        self.refers(ReferenceKind::Plugin, name, span);
        if rows.is_none() && !plugin.is_source {
            let message = format!("'{name}' needs rows: a table and '|' in front of evaluate");
            self.error(Code::ExpectedTable, span, message);
            return Rows::unknown();
        }
        let no_rows = Columns::default();
        let input = rows.as_ref().map_or(&no_rows, |rows| &rows.columns);
        let arguments: Vec<PluginArgument> =
            it.call.arguments.iter().map(|ast| self.plugin_argument(ast, input, env)).collect();
        let described =
            |column: &BoundColumn| InputColumn { name: column.name.to_string(), data_type: column.data_type };
        let columns: Vec<InputColumn> = input.list.iter().map(described).collect();
        let binding = PluginBinding { name, columns: &columns, arguments: &arguments, span };
        let known = match (plugin.bind)(&binding) {
            Ok(known) => known,
            Err(found) => {
                found.into_iter().for_each(|it| self.report(it));
                return Rows::unknown();
            }
        };
        let column = |it: InputColumn| BoundColumn { name: it.name.into(), data_type: it.data_type };
        let known = Columns { list: known.columns.into_iter().map(column).collect(), open: known.open };
        let declared = it.schema.as_ref().map(|schema| (schema.star, self.declared_columns(&schema.columns)));
        self.plugin_rows(it, plugin, rows, arguments, known, declared)
    }

    /// The rows of a call, with the columns that are declared, known, or found out by running it.
    fn plugin_rows(
        &mut self,
        it: &ast::EvaluateOperator,
        plugin: &'static Plugin,
        rows: Option<Rows>,
        arguments: Vec<PluginArgument>,
        known: Columns,
        declared: Option<(bool, Vec<BoundColumn>)>,
    ) -> Rows {
        let hidden = rows.as_ref().is_some_and(|rows| rows.columns.open);
        let (mut columns, mut site) = (known, None);
        if let Some((star, list)) = &declared {
            let first = columns
                .list
                .iter()
                .filter(|known| *star && !list.iter().any(|declared| declared.name == known.name));
            columns = Columns { list: first.chain(list.iter()).cloned().collect(), open: false };
        } else if columns.open && !hidden && self.declaring == 0 {
            if self.in_body > 0 {
                self.needs_schema(it, plugin);
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
        let call = PluginCall {
            plugin,
            arguments,
            declared: declared.map(|(star, _)| DeclaredColumns { star, ..schema }),
            span: it.call.name.at.0,
        };
        let node = Node::Plugin { input: rows.map(|rows| rows.plan), call: Arc::new(call), site };
        let plan = Self::plan(node, &columns, it.at.0);
        if site.is_some() && columns.open && self.pending.is_none() {
            self.pending = Some(PendingColumns { plan: plan.clone() });
        }
        Rows::new(plan, columns)
    }

    fn plugin_argument(&mut self, ast: &ast::Expression, columns: &Columns, env: &Env) -> PluginArgument {
        let name = match ast {
            ast::Expression::Named(named) => named.names.first().map(|name| name.text.clone()),
            _ => None,
        };
        let value = ast.unnamed();
        if let ast::Expression::Star(_) = value {
            return PluginArgument { name, value: ArgumentValue::Star, span: ast.span() };
        }
        let context = ExprScope { row: Some(columns), ..ExprScope::new(env) };
        let scalar = self.bind_scalar(value, context);
        let value = match (scalar.data_type, self.folder.fold(scalar.expr)) {
            (None, _) => ArgumentValue::Unknown,
            (Some(_), Expr::Column { index, .. }) => ArgumentValue::Column(index),
            (Some(_), Expr::Literal { value, data_type }) => ArgumentValue::Constant(value, data_type),
            (Some(_), _) => ArgumentValue::Other,
        };
        PluginArgument { name, value, span: ast.span() }
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
