//! Binds `sort`, `order` and `top`. It must not know other operators.

use super::super::binder::Binder;
use super::super::scope::{Context, Env, Rows};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Node, SortKey};
use crate::syntax::ast;
use crate::types::ScalarType;

impl Binder<'_> {
    pub(in crate::bind) fn bind_sort(&mut self, it: &ast::SortOperator, rows: Rows, env: &Env) -> Rows {
        let keys = self.bind_keys(&it.by, &rows, env);
        let node = Node::Sort { input: rows.plan.clone(), keys };
        Rows { plan: Self::plan(node, &rows.columns, it.at.0), serialized: true, source: None, ..rows }
    }

    pub(in crate::bind) fn bind_top(&mut self, it: &ast::TopOperator, rows: Rows, env: &Env) -> Rows {
        let count = self.bind_count(&it.count, Context::new(env)).expr;
        let keys = self.bind_keys(std::slice::from_ref(&it.by), &rows, env);
        let node = Node::TopN { input: rows.plan.clone(), count, keys };
        Rows { plan: Self::plan(node, &rows.columns, it.at.0), serialized: true, source: None, ..rows }
    }

    /// Descending where nothing is said; nulls are smaller than every value.
    fn bind_keys(&mut self, by: &[ast::OrderedExpression], rows: &Rows, env: &Env) -> Vec<SortKey> {
        let mut keys = Vec::with_capacity(by.len());
        for it in by {
            let key = self.bind_scalar(&it.expression, Context::with_rows(env, rows));
            if key.kind == Some(ScalarType::Dynamic) {
                self.report(
                    Diagnostic::error(
                        Code::ExpectedType,
                        it.expression.span(),
                        "rows cannot be sorted by a dynamic value",
                    )
                    .help("convert it: tostring(…), tolong(…), todatetime(…)"),
                );
            }
            let expr = key.expr;
            let descending = it.descending.unwrap_or(true);
            keys.push(SortKey { expr, descending, nulls_first: it.nulls_first.unwrap_or(!descending) });
        }
        keys
    }
}
