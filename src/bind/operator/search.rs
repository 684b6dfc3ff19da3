//! Binds `search`. It is not built yet. It must not know other operators.

use super::super::binder::Binder;
use super::super::scope::{Env, Rows};
use crate::syntax::ast;

impl Binder<'_> {
    pub(in crate::bind) fn bind_search(
        &mut self,
        it: &ast::SearchOperator,
        _rows: Option<Rows>,
        _env: &Env,
    ) -> Rows {
        self.unsupported(it.keyword_at.0, "operator", "search");
        Rows::unknown()
    }
}
