//! Binds `print`. It must not know other operators.

use super::super::binder::Binder;
use super::super::names::Projection;
use super::super::scope::{Context, Env, Rows};
use super::extend::Style;
use crate::plan::Node;
use crate::syntax::ast;

impl Binder<'_> {
    pub(in crate::bind) fn bind_print(&mut self, it: &ast::PrintOperator, env: &Env) -> Rows {
        let mut projection = Projection::default();
        for (at, ast) in it.columns.iter().enumerate() {
            let default = format!("print_{at}");
            self.add_column(ast, &mut projection, Context::new(env), Style::Print, Some(&default));
        }
        let (columns, exprs) = projection.into_parts();
        let node = Node::Project { input: Self::one_row(), columns: exprs };
        let mut rows = Rows::new(Self::plan(node, &columns, it.at.0), columns);
        rows.serialized = true;
        rows
    }
}
