//! Binds `mv-expand`, and the expansion that `mv-apply` begins with.

use super::super::binder::Binder;
use super::super::names::Projection;
use super::super::scalar::{Scalar, type_name};
use super::super::scope::{Columns, Env, ExprScope, Rows};
use super::extend::column_of;
use super::parameters::word;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Expr, Node, UnnestColumn, UnnestKind, UnnestOutput};
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::syntax::ast;
use crate::types::{ScalarType, Value};

pub(in crate::bind) const ENTRY: LanguageEntry = LanguageEntry {
    name: "mv-expand",
    aliases: &["mvexpand"],
    kind: EntryKind::TabularOperator,
    summary: "Makes a row of each item of an array, or of each property of a bag.",
    syntax: &[
        "T | mv-expand [kind=(bag | array)] [with_itemindex=Index] [Name =] Array [to typeof(Type)] [, …] [limit Limit]",
    ],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::optional(
            "kind",
            "What a property of a bag becomes: a bag of this property alone (bag, the default), or [key, value] (array). bagexpansion= is the same.",
        ),
        ParameterInfo::optional("Index", "The name of a column for the number of the item, from 0."),
        ParameterInfo::optional(
            "Name",
            "The name of the new column. Without it, the items replace the column.",
        ),
        ParameterInfo::required("Array", "A dynamic column or expression."),
        ParameterInfo::optional("Type", "The type of the items; dynamic where nothing is said."),
        ParameterInfo::optional(
            "Limit",
            "The most rows that one row may become: 2147483647, and 128 in the old spelling mvexpand.",
        ),
    ],
    remarks: &[
        "A row with an empty array vanishes. A row with null stays, with null.",
        "Several arrays are expanded side by side, the short ones filled up with nulls. For every pair of items, expand \
         one after the other.",
        "to typeof(…) converts nothing: an item of another type becomes null. For text that holds numbers, expand first and \
         convert with tolong() afterwards.",
        "JSON in a column of type string has to be read first: mv-expand x = parse_json(Column).",
    ],
    examples: &[
        TableExample {
            query: r"datatable (User: string, Ips: dynamic) [
    'ann', dynamic(['10.0.0.1', '10.0.0.2']),
    'bob', dynamic([]),
    'cid', dynamic(null),
]
| mv-expand Ips to typeof(string)",
            result: r#"User:string, Ips:string
["ann","10.0.0.1"]
["ann","10.0.0.2"]
["cid",""]"#,
        },
        TableExample {
            query: r"print Ports = dynamic([22, 80, 443]), Names = dynamic(['ssh', 'http'])
| mv-expand with_itemindex=Item Ports to typeof(long), Names to typeof(string)",
            result: r#"Ports:long, Names:string, Item:long
[22,"ssh",0]
[80,"http",1]
[443,"",2]"#,
        },
        TableExample {
            query: r"print Bag = dynamic({'a': 1, 'b': 2})
| mv-expand kind=array Bag
| project Key = tostring(Bag[0]), Value = tolong(Bag[1])",
            result: r#"Key:string, Value:long
["a",1]
["b",2]"#,
        },
        TableExample {
            query: r"print Items = dynamic([1, '2'])
| mv-expand Items to typeof(long)",
            result: "Items:long\n[1]\n[null]",
        },
    ],
};

/// `mvexpand`, the old spelling, gives at most as many rows for each row.
const OLD_LIMIT: i64 = 128;

/// An expansion that is bound, before it is a plan.
pub(super) struct ExpandedColumns {
    pub(super) columns: Columns,
    pub(super) layout: Vec<UnnestOutput>,
    pub(super) unnested: Vec<UnnestColumn>,
    pub(super) kind: UnnestKind,
}

impl Binder<'_> {
    pub(in crate::bind) fn bind_mv_expand(
        &mut self,
        it: &ast::MvExpandOperator,
        rows: Rows,
        env: &Env,
    ) -> Rows {
        let expansion = self.bind_expanded_columns("mv-expand", &it.columns, &it.parameters, &rows, env);
        let limit = match &it.limit {
            Some(limit) => Some(self.bind_count(limit, ExprScope::new(env)).expr),
            None if it.old_spelling => Some(Expr::literal(Value::Long(OLD_LIMIT), ScalarType::Long)),
            None => None,
        };
        let ExpandedColumns { columns, layout, unnested, kind } = expansion;
        let node = Node::Unnest { input: rows.plan.clone(), columns: unnested, layout, kind, limit };
        Rows { plan: Self::plan(node, &columns, it.at.0), columns, source: None, ..rows }
    }

    /// The columns that are expanded, and those that come out: the input's, with the items in place of columns that are
    /// expanded under their own name, and behind them otherwise.
    pub(super) fn bind_expanded_columns(
        &mut self,
        operator: &str,
        expanded: &[ast::MvExpandColumn],
        parameters: &[ast::NamedParameter],
        rows: &Rows,
        env: &Env,
    ) -> ExpandedColumns {
        let context = ExprScope::with_rows(env, rows);
        let width = rows.columns.list.len();
        let mut projection = Projection::of(&rows.columns);
        let mut unnested: Vec<UnnestColumn> = Vec::new();
        for column in expanded {
            let value = column.expression.unnamed();
            let scalar = self.bind_scalar(value, context);
            if scalar.data_type.is_some_and(|data_type| data_type != ScalarType::Dynamic) {
                let message =
                    format!("{operator} takes a dynamic value, this is {}", type_name(scalar.data_type));
                self.report(
                    Diagnostic::error(Code::ExpectedType, value.span(), message)
                        .help("todynamic(…) reads JSON text as a dynamic value"),
                );
            }
            let data_type = match &column.to {
                Some(name) => name.text.parse::<ScalarType>().ok(),
                None => scalar.data_type.map(|_| ScalarType::Dynamic),
            };
            // The expanded columns are numbered from the input's width on.
            let place = Expr::column(width + unnested.len(), data_type.unwrap_or(ScalarType::Dynamic));
            match &column.expression {
                ast::Expression::Named(named) => {
                    if let Some(name) = named.names.first() {
                        let scalar = Scalar { expr: place, data_type };
                        self.declare_column(&mut projection, &name.text, name.at.0, scalar, true);
                    }
                }
                other => match column_of(other, &scalar).and_then(|at| rows.columns.list.get(at)) {
                    Some(column) => {
                        let name = column.name.clone();
                        let scalar = Scalar { expr: place, data_type };
                        self.declare_column(&mut projection, &name, other.span(), scalar, true);
                    }
                    None => {
                        let name = self
                            .inferred_name(other, context.row)
                            .unwrap_or_else(|| self.default_name(context.row));
                        projection.add(name, None, data_type, place, true);
                    }
                },
            }
            unnested.push(UnnestColumn {
                expr: scalar.expr,
                data_type: data_type.unwrap_or(ScalarType::Dynamic),
            });
        }
        if let Some((name, _)) = word(parameters, "with_itemindex") {
            let place = Expr::column(width + unnested.len(), ScalarType::Long);
            projection.add(name.to_owned(), None, Some(ScalarType::Long), place, false);
        }
        let bags = [("bag", UnnestKind::Bag), ("array", UnnestKind::Array)];
        let kind = self.choice(parameters, "bagexpansion", &bags, UnnestKind::Bag);
        let kind = self.choice(parameters, "kind", &bags, kind);
        let (mut columns, exprs) = projection.into_parts();
        columns.open |= rows.columns.open;
        // Nothing but columns was put there: the input's, the items, and the number of the item.
        let output = |expr: &Expr| match expr.as_column() {
            Some(index) if index < width => UnnestOutput::Input(index),
            Some(index) if index - width < unnested.len() => UnnestOutput::Item(index - width),
            Some(_) | None => UnnestOutput::ItemIndex,
        };
        let layout = exprs.iter().map(output).collect();
        ExpandedColumns { columns, layout, unnested, kind }
    }
}
