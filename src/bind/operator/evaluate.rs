//! Binds `evaluate`. Plugins are not built yet. It must not know other operators.

use super::super::{Binder, Env, Rows};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::KnownName;
use crate::syntax::ast;

impl Binder<'_> {
    pub(in crate::bind) fn bind_evaluate(
        &mut self,
        it: &ast::EvaluateOperator,
        _rows: Option<Rows>,
        _env: &Env,
    ) -> Rows {
        let name = it.call.name.text.as_str();
        if self.registry.unsupported(name) == Some(KnownName::Plugin) {
            self.unsupported(it.call.name.at.0, "plugin", name);
        } else {
            let message = format!("there is no plugin '{name}'");
            self.report(Diagnostic::error(Code::UnknownFunction, it.call.name.at.0, message));
        }
        Rows::unknown()
    }
}
