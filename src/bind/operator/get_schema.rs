//! Binds `getschema`, `assert-schema` and `consume`. It must not know the rows.

use super::super::binder::Binder;
use super::super::scope::{Columns, Rows};
use crate::column::Table;
use crate::diagnostic::Code;
use crate::plan::Node;
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{ScalarType, Schema, Value};

impl Binder<'_> {
    pub(in crate::bind) fn bind_getschema(&mut self, rows: Rows, span: Span) -> Rows {
        let schema = Schema::new([
            ("ColumnName", ScalarType::String),
            ("ColumnOrdinal", ScalarType::Int),
            ("DataType", ScalarType::String),
            ("ColumnType", ScalarType::String),
        ]);
        let described = rows.columns.list.iter().enumerate().map(|(at, column)| {
            let kind = column.kind.unwrap_or(ScalarType::Dynamic);
            vec![
                Value::string(&column.name),
                Value::Int(at as i32),
                Value::string(kind.dotnet_name()),
                Value::string(kind.as_str()),
            ]
        });
        let table = Table::from_rows(schema.clone(), described);
        let columns = Columns::of(&schema);
        Rows::new(Self::plan(Node::Values { table }, &columns, span), columns)
    }

    pub(in crate::bind) fn bind_assert_schema(&mut self, it: &ast::AssertSchemaOperator, rows: Rows) -> Rows {
        let wanted = self.declared_columns(&it.schema);
        if !rows.columns.open && wanted != rows.columns.list {
            let found = rows.columns.list.iter().map(|column| &*column.name);
            let message = format!("the rows have other columns: {}", super::super::suggest::list(found));
            self.error(Code::ExpectedTable, it.at.0, message);
        }
        rows
    }

    pub(in crate::bind) fn bind_consume(&mut self, it: &ast::BareOperator, _rows: Rows) -> Rows {
        self.unsupported(it.keyword_at.0, "operator", "consume");
        Rows::unknown()
    }
}
