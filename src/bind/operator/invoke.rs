//! Binds `invoke`: a user function with the rows as its first argument. It must not know other operators.

use super::super::binder::Binder;
use super::super::place::PlaceKind;
use super::super::scope::{Any, Env, ExprScope, Local, Rows, UserFunction};
use crate::diagnostic::{Code, Diagnostic};
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::syntax::ast;
use crate::types::hidden;

pub(in crate::bind) const ENTRY: LanguageEntry = LanguageEntry {
    name: "invoke",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Calls a function with the rows as its first argument.",
    syntax: &["T | invoke Function([Argument [, …]])"],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::required(
            "Function",
            "A function that let declares or that is stored in the database. Its first parameter is a table.",
        ),
        ParameterInfo::optional("Argument", "The arguments behind the table."),
    ],
    remarks: &[
        "T | invoke f(x) is f(T, x), written so that it fits into a pipeline.",
        "A table parameter (T: (a: long)) takes any table with at least that column, and the function may name that column alone. (T: (*)) takes any table, for functions that name no column.",
    ],
    examples: &[
        TableExample {
            query: r"let above = (T: (Failures: long), least: long) {
    T | where Failures > least
};
datatable (User: string, Failures: long) [
    'ann', 2,
    'bob', 9,
]
| invoke above(5)",
            result: r#"User:string, Failures:long
["bob",9]"#,
        },
        TableExample {
            query: r"let rows = (T: (*)) { T | count };
range x from 1 to 3 step 1
| invoke rows()",
            result: "Count:long\n[3]",
        },
    ],
};

impl Binder<'_> {
    pub(in crate::bind) fn bind_invoke(&mut self, it: &ast::InvokeOperator, rows: Rows, env: &Env) -> Rows {
        let ast::Expression::Call(call) = &it.call else {
            if let ast::Expression::Path(_) = &it.call {
                self.unsupported(it.call.span(), "function", "a function of another database");
            }
            return Rows::unknown();
        };
        self.probe_name(&call.name, PlaceKind::Invoked, ExprScope::new(env));
        let name = call.name.text.as_str();
        let function = match env.find(name) {
            Some(Local::Function(function)) => Some(function.clone()),
            _ if !env.sees(name) => None,
            _ => self.catalog.function(name).cloned().map(UserFunction::stored),
        };
        let Some(function) = function else {
            if self.registry.unsupported(name).any(EntryKind::is_function) {
                self.unsupported(call.name.at.0, "function", name);
            } else {
                let message = format!("there is no function '{name}'");
                self.report(Diagnostic::error(Code::UnknownFunction, call.name.at.0, message));
            }
            return Rows::unknown();
        };
        // The rows come first: they go in under a name that no query can write.
        let hidden = ast::Name { text: hidden!("rows").to_owned(), bracketed: true, at: call.name.at };
        let mut arguments = vec![ast::Expression::Name(hidden.clone())];
        if self.catalog.takes_column_names(name) && function.stored {
            arguments.extend(with_column_names(&call.arguments, &function, &rows, env));
        } else {
            arguments.extend(call.arguments.iter().cloned());
        }
        let env = env.with(&hidden.text, Local::Table(rows));
        match self.call_user_function(name, &function, &arguments, call.name.at.0, ExprScope::new(&env)) {
            Any::Table(rows) => rows,
            Any::Scalar(scalar) => {
                if scalar.data_type.is_some() {
                    self.error(Code::ExpectedTable, call.at.0, "invoke needs a function that gives a table");
                }
                Rows::unknown()
            }
        }
    }
}

/// The arguments of a function that is told columns by their names, such as `FileProfile(SHA1)`: where a text is expected, the
/// column's name is one; in place of any other value of a column the default is taken.
fn with_column_names(
    arguments: &[ast::Expression],
    function: &UserFunction,
    rows: &Rows,
    env: &Env,
) -> Vec<ast::Expression> {
    // The rows are the first parameter.
    let parameters = function.declaration.parameters.iter().skip(1);
    let types = parameters.map(|it| &it.data_type).map(Some).chain(std::iter::repeat(None));
    let mut given = Vec::with_capacity(arguments.len());
    for (argument, data_type) in arguments.iter().zip(types) {
        let ast::Expression::Name(name) = argument else {
            given.push(argument.clone());
            continue;
        };
        let is_column = rows.columns.open || rows.columns.find(&name.text).is_some();
        if !is_column || env.find(&name.text).is_some() {
            given.push(argument.clone());
        } else if matches!(data_type, Some(ast::ParameterType::Scalar(it)) if it.text == "string") {
            given.push(ast::Expression::Literal(ast::Literal {
                kind: ast::LiteralKind::String,
                text: format!("'{}'", name.text),
                value: name.text.clone(),
                at: name.at,
            }));
        } else {
            break;
        }
    }
    given
}
