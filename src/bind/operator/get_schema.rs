//! Binds `getschema` and `assert-schema`. It must not know the rows.

use super::super::binder::Binder;
use super::super::scope::{Columns, Rows};
use crate::column::Table;
use crate::diagnostic::Code;
use crate::plan::Node;
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{ScalarType, Schema, Value};

pub(in crate::bind) const ENTRY: LanguageEntry = LanguageEntry {
    name: "getschema",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Describes the columns of the rows: a row for each column, with its name and type.",
    syntax: &["T | getschema"],
    parameters: &[ParameterInfo::INPUT],
    remarks: &[
        "No row is read, so it costs nothing and an empty table has a schema too.",
        "It answers the question which type an expression has: print … | getschema.",
    ],
    examples: &[
        TableExample {
            query: r"datatable (User: string, Failures: long, At: datetime) []
| getschema",
            result: r#"ColumnName:string, ColumnOrdinal:int, DataType:string, ColumnType:string
["User",0,"System.String","string"]
["Failures",1,"System.Int64","long"]
["At",2,"System.DateTime","datetime"]"#,
        },
        TableExample {
            query: r"print a = 1, b = 1.5
| extend c = a * b
| getschema
| project ColumnName, ColumnType",
            result: r#"ColumnName:string, ColumnType:string
["a","long"]
["b","real"]
["c","real"]"#,
        },
    ],
};

pub(in crate::bind) const ASSERT_SCHEMA: LanguageEntry = LanguageEntry {
    name: "assert-schema",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Checks that the rows have exactly the given columns; the query is an error otherwise.",
    syntax: &["T | assert-schema (ColumnName: Type [, …])"],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::required(
            "ColumnName: Type",
            "A column that the rows must have; all of them, in this order.",
        ),
    ],
    remarks: &[
        "The columns are compared when the query is compiled, before a row is read.",
        "Microsoft's parser knows the operator, its pages do not.",
    ],
    examples: &[
        TableExample {
            query: r"print User = 'ann', Failures = 2
| assert-schema (User: string, Failures: long)",
            result: r#"User:string, Failures:long
["ann",2]"#,
        },
        TableExample {
            query: r"print User = 'ann', Failures = 2
| project Failures, User
| assert-schema (Failures: long, User: string)",
            result: r#"Failures:long, User:string
[2,"ann"]"#,
        },
    ],
};

impl Binder<'_> {
    pub(in crate::bind) fn bind_getschema(&mut self, rows: Rows, span: Span) -> Rows {
        let schema = Schema::new([
            ("ColumnName", ScalarType::String),
            ("ColumnOrdinal", ScalarType::Int),
            ("DataType", ScalarType::String),
            ("ColumnType", ScalarType::String),
        ]);
        let described = rows.columns.list.iter().enumerate().map(|(at, column)| {
            let data_type = column.data_type.unwrap_or(ScalarType::Dynamic);
            vec![
                Value::string(&column.name),
                Value::Int(at as i32),
                Value::string(data_type.dotnet_name()),
                Value::string(data_type.as_str()),
            ]
        });
        let table = Table::from_rows(schema.clone(), described);
        let columns = Columns::of(&schema);
        Rows::new(Self::plan(Node::Values { table }, &columns, span), columns)
    }

    pub(in crate::bind) fn bind_assert_schema(&mut self, it: &ast::AssertSchemaOperator, rows: Rows) -> Rows {
        let wanted = self.declared_columns(&it.schema);
        if !rows.columns.open && wanted != *rows.columns.list {
            let found = rows.columns.list.iter().map(|column| &*column.name);
            let message = format!("the rows have other columns: {}", super::super::suggest::list(found));
            self.error(Code::ExpectedTable, it.at.0, message);
        }
        rows
    }
}
