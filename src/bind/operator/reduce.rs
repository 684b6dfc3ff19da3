//! Binds `reduce`: the texts, and the characters that part their terms. It must not know how texts are grouped.

use std::sync::Arc;

use super::super::binder::Binder;
use super::super::scope::{BoundColumn, Columns, Env, ExprScope, Rows};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{ArgumentValue, PluginArgument, PluginCall};
use crate::plan::{Expr, Node, Plan, SortKey};
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::syntax::ast;
use crate::types::{ScalarType, Schema, Value};

pub(in crate::bind) const ENTRY: LanguageEntry = LanguageEntry {
    name: "reduce",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Groups texts that look alike, and gives a pattern, the number of texts and one of them for each group.",
    syntax: &["T | reduce by Text [with characters=Characters]"],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::required("Text", "The texts; convert other values with tostring()."),
        ParameterInfo::optional(
            "Characters",
            "Characters that part terms although they are letters or digits, or that do not although they are neither.",
        ),
    ],
    remarks: &[
        "Terms are runs of ASCII letters and digits. A term that a tenth of the texts have at the same place, and at least two of \
         them, is part of the pattern; '*' stands for the others. Texts that share no such terms are counted as others.",
        "How Kusto groups is not published but for the paper that it is based on. kqlite follows the paper, and every answer \
         carries a warning: patterns and counts may differ.",
        "threshold= and kind=source do not run: what Microsoft's page shows of a threshold does not fit the paper.",
    ],
    examples: &[
        TableExample {
            query: r"range x from 1 to 10 step 1
| project str = strcat('foo', 'Z', tostring(x))
| reduce by str with characters='Z'",
            result: r#"Pattern:string, Count:long, Representative:string
["foo*",10,"fooZ1"]"#,
        },
        TableExample {
            query: r"range x from 1 to 10 step 1
| project str = strcat('foo', 'Z', tostring(x))
| reduce by str",
            result: r#"Pattern:string, Count:long, Representative:string
["others",10,""]"#,
        },
    ],
};

/// The columns of the result.
const COLUMNS: [(&str, ScalarType); 3] =
    [("Pattern", TEXT), ("Count", ScalarType::Long), ("Representative", TEXT)];

const TEXT: ScalarType = ScalarType::String;

impl Binder<'_> {
    pub(in crate::bind) fn bind_reduce(&mut self, it: &ast::ReduceOperator, rows: Rows, env: &Env) -> Rows {
        let span = it.at.0;
        let text = self.bind_scalar(it.by.unnamed(), ExprScope::with_rows(env, &rows));
        if text.data_type.is_some_and(|data_type| data_type != ScalarType::String) {
            let message = "reduce groups texts: an expression of type string is expected";
            self.report(
                Diagnostic::error(Code::ExpectedType, it.by.span(), message).help("convert it: tostring(…)"),
            );
        }
        let parameters: Vec<ast::NamedParameter> = it.parameters.iter().chain(&it.with).cloned().collect();
        for name in ["kind", "threshold"] {
            if let Some(parameter) = parameters.iter().find(|it| it.name.text.eq_ignore_ascii_case(name)) {
                self.unsupported(parameter.name.at.0, "parameter of reduce", name);
            }
        }
        let characters = match parameters.iter().find(|it| it.name.text.eq_ignore_ascii_case("characters")) {
            Some(parameter) => {
                let scalar = self.bind_scalar(&parameter.value, ExprScope::new(env));
                if let Expr::Literal { value, .. } = self.folder.fold(scalar.expr)
                    && let Some(text) = value.as_str()
                {
                    text.to_owned()
                } else {
                    if scalar.data_type.is_some() {
                        let message = "the characters are a constant text";
                        self.error(Code::ExpectedConstant, parameter.value.span(), message);
                    }
                    String::new()
                }
            }
            None => String::new(),
        };
        let column = |(name, data_type): &(&str, ScalarType)| BoundColumn {
            name: (*name).into(),
            data_type: Some(*data_type),
        };
        let columns = Columns { list: COLUMNS.iter().map(column).collect(), open: false };
        let Some(plugin) = self.registry.internal_plugin("reduce") else {
            self.unsupported(it.keyword_at.0, "operator", "reduce");
            return Rows::unknown();
        };
        let schema = Schema::new([("text", ScalarType::String)]);
        let node = Node::Project { input: rows.plan, columns: vec![text.expr] };
        let input = Arc::new(Plan::new(node, schema, span));
        let argument = |value: ArgumentValue| PluginArgument {
            name: None,
            result_name: None,
            value,
            span: it.by.span(),
        };
        let arguments = vec![
            argument(ArgumentValue::Column(0)),
            argument(ArgumentValue::Constant(Value::string(&characters), ScalarType::String)),
        ];
        // Pattern, representative and rank of the group that each text is in.
        let of_texts = [("Pattern", TEXT), ("Representative", TEXT), ("Rank", ScalarType::Long)];
        let call = PluginCall {
            plugin,
            arguments,
            result: 0,
            width: 1,
            names: of_texts.iter().map(|(name, _)| (*name).into()).collect(),
            declared: None,
            span: it.keyword_at.0,
        };
        let node = Node::Plugin { input: Some(input), tables: Vec::new(), call: Arc::new(call), site: None };
        let of_texts = Arc::new(Plan::new(node, Schema::new(of_texts), span));
        let Some(count) = self.row_count(span) else { return Rows::unknown() };
        let keys = vec![Expr::column(2, ScalarType::Long), Expr::column(0, TEXT), Expr::column(1, TEXT)];
        let schema = [
            ("Rank", ScalarType::Long),
            ("Pattern", TEXT),
            ("Representative", TEXT),
            ("Count", ScalarType::Long),
        ];
        let node = Node::Aggregate { input: of_texts, keys, aggregates: vec![count] };
        let groups = Arc::new(Plan::new(node, Schema::new(schema), span));
        let key = SortKey { expr: Expr::column(0, ScalarType::Long), descending: false, nulls_first: false };
        let schema = groups.schema.clone();
        let sorted = Arc::new(Plan::new(Node::Sort { input: groups, keys: vec![key] }, schema, span));
        let exprs = vec![Expr::column(1, TEXT), Expr::column(3, ScalarType::Long), Expr::column(2, TEXT)];
        let node = Node::Project { input: sorted, columns: exprs };
        Rows::new(Self::plan(node, &columns, span), columns)
    }
}
