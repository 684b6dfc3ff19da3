//! Binds `distinct` and `count`. It must not know other operators.

use super::super::binder::Binder;
use super::super::names::Projection;
use super::super::scope::{Column, Columns, Context, Env, Rows};
use super::extend::Style;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{AggregateExpr, Expr, Node};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::ScalarType;

impl Binder<'_> {
    pub(in crate::bind) fn bind_distinct(
        &mut self,
        it: &ast::DistinctOperator,
        rows: Rows,
        env: &Env,
    ) -> Rows {
        let mut projection = Projection::default();
        for ast in &it.columns {
            let before = projection.columns.len();
            self.add_column(ast, &mut projection, Context::with_rows(env, &rows), Style::Project, None);
            let dynamic =
                projection.columns[before..].iter().find(|column| column.kind == Some(ScalarType::Dynamic));
            if let Some(column) = dynamic {
                let name = column.name.clone();
                self.dynamic_key(&name, ast.span());
            }
        }
        let (mut columns, exprs) = projection.into_parts();
        columns.open |= rows.columns.open && it.columns.iter().any(|ast| matches!(ast, ast::Expr::Star(_)));
        let node = Node::Aggregate { input: rows.plan, keys: exprs, aggregates: Vec::new() };
        Rows::new(Self::plan(node, &columns, it.at.0), columns)
    }

    /// Reports a dynamic value where values are compared.
    pub(in crate::bind) fn dynamic_key(&mut self, name: &str, span: Span) {
        let message = format!("'{name}' is dynamic: rows cannot be grouped by it");
        self.report(
            Diagnostic::error(Code::ExpectedType, span, message)
                .help(format!("convert it: tostring({name})")),
        );
    }

    pub(in crate::bind) fn bind_count_operator(&mut self, it: &ast::CountOperator, rows: Rows) -> Rows {
        let name = it.name.as_ref().map_or("Count", |name| name.text.as_str());
        let columns =
            Columns { list: vec![Column { name: name.into(), kind: Some(ScalarType::Long) }], open: false };
        let Some(function) = self.registry.aggregate("count") else {
            self.unsupported(it.at.0, "operator", "count");
            return Rows::unknown();
        };
        let count = AggregateExpr {
            function: function.clone(),
            arguments: Vec::<Expr>::new(),
            constants: Vec::new(),
            returns: vec![ScalarType::Long],
            span: it.at.0,
        };
        let node = Node::Aggregate { input: rows.plan, keys: Vec::new(), aggregates: vec![count] };
        Rows::new(Self::plan(node, &columns, it.at.0), columns)
    }
}
