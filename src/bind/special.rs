//! Calls that no kernel computes: names of tables, and functions over the columns at hand.
//! It must not know ordinary functions.

use super::scope::Rows;
use super::{Any, Binder, Context, Scalar};
use crate::diagnostic::Code;
use crate::plan::Expr;
use crate::syntax::ast;
use crate::types::{ScalarType, Value};

impl Binder<'_> {
    /// Binds the call if it is one of these; `None` otherwise.
    pub(super) fn bind_special(&mut self, call: &ast::FunctionCall, context: Context<'_>) -> Option<Any> {
        Some(match call.name.text.as_str() {
            "table" => self.bind_table_call(call, context),
            "database" | "cluster" | "workspace" | "app" | "resource" => {
                self.error(Code::NotAllowedHere, call.at.0, "the name of a table is expected after this");
                Any::Table(Rows::unknown())
            }
            "pack_all" => Any::Scalar(self.bind_pack_all(call, context)),
            "pack_array" if matches!(call.arguments.as_slice(), [ast::Expr::Star(_)]) => {
                Any::Scalar(self.bind_pack_array_of_all(call, context))
            }
            "bag_pack_columns" => Any::Scalar(self.bind_bag_pack_columns(call, context)),
            "column_ifexists" | "columnifexists" => Any::Scalar(self.bind_column_ifexists(call, context)),
            _ => return None,
        })
    }

    /// `table("name")`
    fn bind_table_call(&mut self, call: &ast::FunctionCall, context: Context<'_>) -> Any {
        let Some(first) = call.arguments.first() else {
            self.error(Code::ArgumentCount, call.name.at.0, "'table' takes the name of a table");
            return Any::Table(Rows::unknown());
        };
        let scalar = self.bind_scalar(first, Context { row: None, ..context });
        // In the body of a function the name may be put together from its arguments.
        let scalar = Scalar { expr: crate::plan::fold(scalar.expr), ..scalar };
        let Some(text) = scalar.constant().and_then(Value::as_str).map(str::to_owned) else {
            // Where a function is declared its arguments are not known yet: its calls tell.
            let mut declares = false;
            scalar.expr.visit(&mut |it| {
                declares |= matches!(it, Expr::Parameter { name, .. } if name.is_empty());
            });
            if scalar.kind.is_some() && !declares {
                // In the body of a function, too: without its table it would give no rows.
                let muted = std::mem::take(&mut self.muted);
                self.error(
                    Code::ExpectedConstant,
                    first.span(),
                    "the table's name must be a constant string",
                );
                self.muted = muted;
            }
            return Any::Table(Rows::unknown());
        };
        let name = ast::Name { text, bracketed: true, at: first.span().into() };
        Any::Table(self.table_named(&name, context.env))
    }

    /// `database("d").T`: the databases are one here, so only the table's name counts.
    pub(super) fn bind_database_path(&mut self, it: &ast::PathExpression, context: Context<'_>) -> Any {
        match &it.selector {
            ast::Expr::Name(name) => Any::Table(self.table_named(name, context.env)),
            ast::Expr::Call(call) if matches!(call.name.text.as_str(), "database" | "table") => {
                if call.name.text == "table" {
                    self.bind_table_call(call, context)
                } else {
                    self.error(Code::NotAllowedHere, call.at.0, "the name of a table is expected after this");
                    Any::Table(Rows::unknown())
                }
            }
            ast::Expr::Call(call) => self.bind_call(call, context),
            ast::Expr::Wildcard(name) => {
                self.unsupported(name.at.0, "name", "a wildcard after database()");
                Any::Table(Rows::unknown())
            }
            other => {
                if !matches!(other, ast::Expr::Missing(_)) {
                    self.error(Code::ExpectedTable, other.span(), "the name of a table is expected here");
                }
                Any::Table(Rows::unknown())
            }
        }
    }

    /// `pack_all([ignore_null_empty])`: a bag of all columns of the row.
    fn bind_pack_all(&mut self, call: &ast::FunctionCall, context: Context<'_>) -> Scalar {
        let arguments = self.bind_arguments(call, context);
        let ignore = match arguments.as_slice() {
            [] => false,
            [one] => match (one.scalar.constant(), one.scalar.kind) {
                (Some(Value::Bool(ignore)), _) => *ignore,
                (_, None) => false,
                _ => {
                    self.error(Code::ExpectedType, one.span(call.at.0), "pack_all takes a constant bool");
                    false
                }
            },
            _ => {
                self.error(Code::ArgumentCount, call.name.at.0, "'pack_all' takes at most 1 argument");
                false
            }
        };
        let Some(row) = context.row.filter(|row| !row.open) else { return Scalar::of(ScalarType::Dynamic) };
        let mut parts = vec![Scalar::new(Expr::literal(Value::Bool(ignore), ScalarType::Bool))];
        for (index, column) in row.list.iter().enumerate() {
            let Some(kind) = column.kind else { return Scalar::of(ScalarType::Dynamic) };
            parts.push(Scalar::new(Expr::literal(Value::string(&column.name), ScalarType::String)));
            parts.push(Scalar::new(Expr::column(index, kind)));
        }
        self.call_builtin("pack_all", parts, call.name.at.0)
    }

    /// `pack_array(*)`: an array of all columns of the row.
    fn bind_pack_array_of_all(&mut self, call: &ast::FunctionCall, context: Context<'_>) -> Scalar {
        let columns = context.row.filter(|row| !row.open).map(|row| {
            let column = |(index, kind): (usize, Option<ScalarType>)| {
                kind.map(|kind| Scalar::new(Expr::column(index, kind)))
            };
            row.list.iter().map(|it| it.kind).enumerate().map(column).collect::<Option<Vec<_>>>()
        });
        match columns.flatten().filter(|columns| !columns.is_empty()) {
            Some(columns) => self.call_builtin("pack_array", columns, call.name.at.0),
            None => Scalar::of(ScalarType::Dynamic),
        }
    }

    /// `bag_pack_columns(a, b)`: a bag of the given columns.
    fn bind_bag_pack_columns(&mut self, call: &ast::FunctionCall, context: Context<'_>) -> Scalar {
        let arguments = self.bind_arguments(call, context);
        if arguments.is_empty() {
            let message = "'bag_pack_columns' takes at least 1 argument, 0 given";
            self.error(Code::ArgumentCount, call.name.at.0, message);
        }
        let mut parts = Vec::with_capacity(arguments.len() * 2);
        for argument in arguments {
            let name = match (&argument.scalar.expr, context.row) {
                (Expr::Column { index, .. }, Some(row)) => row.list.get(*index).map(|it| it.name.clone()),
                _ => None,
            };
            if name.is_none() && argument.scalar.kind.is_some() {
                let message = "the arguments of 'bag_pack_columns' must be columns";
                self.error(Code::ExpectedColumn, argument.span(call.at.0), message);
            }
            let (Some(name), Some(_)) = (name, argument.scalar.kind) else {
                return Scalar::of(ScalarType::Dynamic);
            };
            parts.push(Scalar::new(Expr::literal(Value::string(&name), ScalarType::String)));
            parts.push(argument.scalar);
        }
        if parts.is_empty() {
            return Scalar::of(ScalarType::Dynamic);
        }
        self.call_builtin("bag_pack", parts, call.name.at.0)
    }

    /// `column_ifexists("name", otherwise)`: the column, or the value where there is no such column.
    fn bind_column_ifexists(&mut self, call: &ast::FunctionCall, context: Context<'_>) -> Scalar {
        let name = call.name.text.as_str();
        let [wanted, otherwise] = call.arguments.as_slice() else {
            self.bind_arguments(call, context);
            let message = format!("'{name}' takes 2 arguments, {} given", call.arguments.len());
            self.error(Code::ArgumentCount, call.name.at.0, message);
            return Scalar::unknown();
        };
        let key = self.bind_scalar(wanted, context);
        let otherwise = self.bind_scalar(otherwise, context);
        let Some(text) = key.constant().and_then(Value::as_str).map(str::to_owned) else {
            if key.kind.is_some() {
                self.error(
                    Code::ExpectedLiteral,
                    wanted.span(),
                    "the column's name must be a literal string",
                );
            }
            return otherwise;
        };
        match context.row.and_then(|row| row.find(&text)) {
            Some((index, column)) => {
                column.kind.map_or_else(Scalar::unknown, |kind| Scalar::new(Expr::column(index, kind)))
            }
            None if context.row.is_some_and(|row| row.open) => Scalar::unknown(),
            None => otherwise,
        }
    }
}
