//! Binds `print`. It must not know other operators.

use super::super::binder::Binder;
use super::super::names::Projection;
use super::super::scope::{Env, ExprScope, Rows};
use super::extend::Style;
use crate::plan::Node;
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::syntax::ast;

pub(in crate::bind) const ENTRY: LanguageEntry = LanguageEntry {
    name: "print",
    aliases: &[],
    kind: EntryKind::Source,
    summary: "Gives one row of values that are computed without a table.",
    syntax: &["print [Name =] Expression [, …]"],
    parameters: &[
        ParameterInfo::optional(
            "Name",
            "The column's name; print_0, print_1, … by its place where nothing is said.",
        ),
        ParameterInfo::required("Expression", "A scalar expression without columns."),
    ],
    remarks: &[
        "It is the quickest way to try a function out.",
        "A column without a name is called by its place, also where it shows a variable.",
    ],
    examples: &[
        TableExample {
            query: "print 1 + 2, Greeting = strcat('hello', ' ', 'world')",
            result: r#"print_0:long, Greeting:string
[3,"hello world"]"#,
        },
        TableExample {
            query: r"let limit = 5;
print limit, Half = limit / 2",
            result: "print_0:long, Half:long\n[5,2]",
        },
        TableExample {
            query: r"print Text = 'a;b'
| extend Parts = split(Text, ';')",
            result: r#"Text:string, Parts:dynamic
["a;b",["a","b"]]"#,
        },
    ],
};

impl Binder<'_> {
    pub(in crate::bind) fn bind_print(&mut self, it: &ast::PrintOperator, env: &Env) -> Rows {
        let mut projection = Projection::default();
        for (at, ast) in it.columns.iter().enumerate() {
            let default = format!("print_{at}");
            self.add_column(ast, &mut projection, ExprScope::new(env), Style::Print, Some(&default));
        }
        let (columns, exprs) = projection.into_parts();
        let node = Node::Project { input: Self::one_row(), columns: exprs };
        let mut rows = Rows::new(Self::plan(node, &columns, it.at.0), columns);
        rows.serialized = true;
        rows
    }
}
