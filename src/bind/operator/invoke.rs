//! Binds `invoke`: a user function with the rows as its first argument. It must not know other operators.

use super::super::binder::Binder;
use super::super::scope::{Any, Context, Env, Local, Rows, UserFunction};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast;

impl Binder<'_> {
    pub(in crate::bind) fn bind_invoke(&mut self, it: &ast::InvokeOperator, rows: Rows, env: &Env) -> Rows {
        let ast::Expr::Call(call) = &it.call else {
            if let ast::Expr::Path(_) = &it.call {
                self.unsupported(it.call.span(), "function", "a function of another database");
            }
            return Rows::unknown();
        };
        let name = call.name.text.as_str();
        let function = match env.find(name) {
            Some(Local::Function(function)) => Some(function.clone()),
            _ => self.catalog.function(name).cloned().map(UserFunction::stored),
        };
        let Some(function) = function else {
            if self.registry.unsupported(name).is_some() {
                self.unsupported(call.name.at.0, "function", name);
            } else {
                let message = format!("there is no function '{name}'");
                self.report(Diagnostic::error(Code::UnknownFunction, call.name.at.0, message));
            }
            return Rows::unknown();
        };
        // The rows come first: they go in under a name that no query can write.
        let hidden = ast::Name { text: "\u{0}rows".to_owned(), bracketed: true, at: call.name.at };
        let mut arguments = vec![ast::Expr::Name(hidden.clone())];
        arguments.extend(call.arguments.iter().cloned());
        let env = env.with(&hidden.text, Local::Table(rows));
        match self.call_user_function(name, &function, &arguments, call.name.at.0, Context::new(&env)) {
            Any::Table(rows) => rows,
            Any::Scalar(scalar) => {
                if scalar.kind.is_some() {
                    self.error(Code::ExpectedTable, call.at.0, "invoke needs a function that gives a table");
                }
                Rows::unknown()
            }
        }
    }
}
