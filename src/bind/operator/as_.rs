//! Binds `as`. It must not know other operators.

use super::super::binder::Binder;
use super::super::scope::{Env, Local, Rows};
use crate::syntax::ast;

impl Binder<'_> {
    pub(in crate::bind) fn bind_as(&mut self, it: &ast::AsOperator, rows: Rows, env: &mut Env) -> Rows {
        let mut rows = self.share(rows);
        rows.source = Some(it.name.text.clone());
        self.recorder.name(&rows, &it.name.text);
        *env = env.with(&it.name.text, Local::Table(rows.clone()));
        rows
    }
}
