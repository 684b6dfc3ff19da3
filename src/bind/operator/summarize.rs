//! Binds `summarize`: group keys, aggregates, and expressions over them. It must not know how groups are formed.

use super::super::binder::Binder;
use super::super::call::BoundAggregate;
use super::super::names::Projection;
use super::super::scalar::Scalar;
use super::super::scope::{BoundColumn, Columns, Env, ExprScope, Rows};
use super::extend::{Style, column_of};
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{AggregateExpr, Expr, Node, Plan};
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{ScalarType, Schema, hidden};

pub(in crate::bind) const ENTRY: LanguageEntry = LanguageEntry {
    name: "summarize",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Groups the rows by keys and computes aggregates over each group.",
    syntax: &["T | summarize [Hints] [[Name =] Aggregate [, …]] [by [Name =] Key [, …]]"],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::optional(
            "Hints",
            "hint.strategy, hint.shufflekey, hint.num_partitions. They change no answer.",
        ),
        ParameterInfo::optional(
            "Name",
            "The column's name. Without it, count() is called count_, max(x) is called max_x, and bin(x, 1h) is called x.",
        ),
        ParameterInfo::required("Aggregate", "An aggregate function, or an expression over aggregates."),
        ParameterInfo::optional(
            "Key",
            "A column or expression; rows with equal keys are one group. Without by, all rows are one.",
        ),
    ],
    remarks: &[
        "The result has the keys first, as they are written, then the aggregates. All other columns are gone: arg_max(Time, *) \
         keeps those of the latest row, take_any(*) those of some row.",
        "The order of the rows is lost. Kusto gives groups in no particular order, kqlite in the order in which their keys \
         came first; sort behind it.",
        "Without rows and without by there is one row, in which counts and sums are 0, max and min null. Without rows and with by \
         there is none.",
        "Null is a key of its own, and so is the empty text. Text keys are compared with their case.",
        "Aggregates pass over nulls; count() counts rows, countif(isnotnull(x)) counts values.",
        "A dynamic key has to be converted: by tostring(d.user).",
        "Without aggregates it gives each combination of keys once, as distinct does.",
    ],
    examples: &[
        TableExample {
            query: r"datatable (Team: string, User: string, Failures: long) [
    'red', 'ann', 2,
    'blue', 'cid', 4,
    'red', 'bob', 9,
]
| summarize count(), max(Failures), Users = make_list(User) by Team",
            result: r#"Team:string, count_:long, max_Failures:long, Users:dynamic
["red",2,9,["ann","bob"]]
["blue",1,4,["cid"]]"#,
        },
        TableExample {
            query: r"datatable (At: datetime, IsError: bool) [
    datetime(2024-06-30T10:05:00Z), true,
    datetime(2024-06-30T10:40:00Z), false,
    datetime(2024-06-30T11:20:00Z), false,
]
| summarize Share = 100.0 * countif(IsError) / count() by bin(At, 1h)",
            result: r#"At:datetime, Share:real
["2024-06-30T10:00:00Z",50.0]
["2024-06-30T11:00:00Z",0.0]"#,
        },
        TableExample {
            query: r"datatable (User: string, At: datetime, Ip: string) [
    'ann', datetime(2024-06-30T10:00:00Z), '10.0.0.1',
    'bob', datetime(2024-06-30T11:00:00Z), '10.0.0.2',
    'ann', datetime(2024-06-30T12:00:00Z), '10.0.0.3',
]
| summarize arg_max(At, *) by User",
            result: r#"User:string, At:datetime, Ip:string
["ann","2024-06-30T12:00:00Z","10.0.0.3"]
["bob","2024-06-30T11:00:00Z","10.0.0.2"]"#,
        },
        TableExample {
            query: r"datatable (Failures: long) []
| summarize count(), max(Failures)",
            result: "count_:long, max_Failures:long\n[0,null]",
        },
    ],
};

/// What is collected while the aggregates are bound.
pub(super) struct Collector {
    pub(super) keys: Vec<Expr>,
    pub(super) aggregates: Vec<AggregateExpr>,
    /// The types of the result columns that the aggregates have so far.
    pub(super) outputs: Vec<ScalarType>,
}

impl Collector {
    /// Aggregates over groups of equal keys, none as yet.
    pub(super) const fn new(keys: Vec<Expr>) -> Self {
        Self { keys, aggregates: Vec::new(), outputs: Vec::new() }
    }

    /// The groups of some rows: the keys, then the results of the aggregates.
    pub(super) fn into_plan(self, input: Arc<Plan>, span: Span) -> Plan {
        let keys = self.keys.iter().enumerate().map(|(at, key)| (format!("key{at}"), key.scalar_type()));
        let results = self.outputs.iter().enumerate().map(|(at, it)| (format!("aggregate{at}"), *it));
        let schema = Schema::new(keys.chain(results).collect::<Vec<_>>());
        let node = Node::Aggregate { input, keys: self.keys, aggregates: self.aggregates };
        super::super::window::hoist(Plan::new(node, schema, span))
    }
}

impl Binder<'_> {
    pub(in crate::bind) fn bind_summarize(
        &mut self,
        it: &ast::SummarizeOperator,
        rows: Rows,
        env: &Env,
    ) -> Rows {
        let context = ExprScope::with_rows(env, &rows);
        // The keys make the first columns.
        let mut projection = Projection::default();
        for ast in it.by.iter().flatten() {
            let before = projection.columns.len();
            self.add_column(ast, &mut projection, context, Style::Project, None);
            let dynamic = projection.columns[before..]
                .iter()
                .find(|column| column.data_type == Some(ScalarType::Dynamic));
            if let Some(name) = dynamic.map(|column| column.name.clone()) {
                self.dynamic_key(&name, ast.span());
            }
        }
        let keys = projection.exprs.clone();
        let key_columns: Vec<usize> = keys
            .iter()
            .filter_map(|key| if let Expr::Column { index, .. } = key { Some(*index) } else { None })
            .collect();
        for &index in &key_columns {
            projection.skip_input(index);
        }
        // Expressions over aggregates are bound over the keys and the aggregates' results.
        for (at, expr) in projection.exprs.iter_mut().enumerate() {
            *expr = Expr::column(at, expr.scalar_type());
        }
        let star: Vec<usize> =
            (0..rows.columns.list.len()).filter(|index| !key_columns.contains(index)).collect();
        let mut collector = Collector::new(keys);
        for ast in &it.aggregates {
            self.add_aggregate(ast, &mut projection, &mut collector, context, &star);
        }
        let (mut columns, exprs) = projection.into_parts();
        let width = collector.keys.len() + collector.outputs.len();
        let plain = exprs.len() == width
            && exprs
                .iter()
                .enumerate()
                .all(|(at, expr)| matches!(expr, Expr::Column { index, .. } if *index == at));
        columns.open |= rows.columns.open && it.aggregates.iter().any(has_star);
        if plain {
            let node =
                Node::Aggregate { input: rows.plan, keys: collector.keys, aggregates: collector.aggregates };
            return Rows::new(Self::plan(node, &columns, it.at.0), columns);
        }
        let inner = collector.into_plan(rows.plan, it.at.0);
        let node = Node::Project { input: Arc::new(inner), columns: exprs };
        Rows::new(Self::plan(node, &columns, it.at.0), columns)
    }

    /// Adds the columns of one aggregate expression.
    pub(super) fn add_aggregate(
        &mut self,
        ast: &ast::Expression,
        projection: &mut Projection,
        collector: &mut Collector,
        context: ExprScope<'_>,
        star: &[usize],
    ) {
        let (names, value): (&[ast::Name], &ast::Expression) = match ast {
            ast::Expression::Named(named) => (&named.names, &named.value),
            other => (&[], other),
        };
        let calls = |binder: &Self| {
            let mut calls = Vec::new();
            find_aggregates(value, binder, context.env, &mut calls);
            calls
        };
        self.probe_aggregates(value, calls, context);
        if let ast::Expression::Call(call) = value.unparenthesised()
            && context.env.find(&call.name.text).is_none()
            && let Some(function) = self.registry.aggregate(&call.name.text)
        {
            match self.bind_aggregate(function, call, context, star) {
                Some(bound) => self.add_outputs(value, names, bound, projection, collector, context.row),
                None => {
                    let name = names
                        .first()
                        .map(|name| name.text.clone())
                        .or_else(|| self.inferred_name(value, context.row));
                    // With several arguments it may give several columns, whose names the mistake hides.
                    if name.is_none() || call.arguments.len() > 1 {
                        projection.hide();
                    }
                    let name = name.unwrap_or_else(|| self.default_name(None));
                    let others = names.iter().skip(1).map(|name| name.text.as_str());
                    for name in std::iter::once(name.as_str()).chain(others) {
                        projection.declare(name, None, Scalar::unknown().expr, true);
                    }
                }
            }
            return;
        }
        let width = context.row.map_or(0, |row| row.list.len());
        let scalar = self.bind_over_aggregates(value, collector, context, star, width);
        let bound = match scalar.data_type {
            Some(_) => self.over_keys(value, scalar, collector, width),
            None => scalar,
        };
        match names.first() {
            Some(name) => self.declare_column(projection, &name.text, name.at.0, bound, true),
            None => {
                let name = self.inferred_name(value, context.row).unwrap_or_else(|| self.default_name(None));
                projection.add(name, None, bound.data_type, bound.expr, false);
            }
        }
    }

    /// Adds the result columns of one aggregate call.
    fn add_outputs(
        &mut self,
        value: &ast::Expression,
        names: &[ast::Name],
        bound: BoundAggregate,
        projection: &mut Projection,
        collector: &mut Collector,
        row: Option<&Columns>,
    ) {
        let first = collector.keys.len() + collector.outputs.len();
        collector.outputs.extend(bound.outputs.iter().map(|(_, data_type)| *data_type));
        collector.aggregates.push(bound.expr);
        for (at, (own, data_type)) in bound.outputs.into_iter().enumerate() {
            let scalar = Scalar::new(Expr::column(first + at, data_type));
            match names.get(at) {
                Some(name) => self.declare_column(projection, &name.text, name.at.0, scalar, bound.several),
                None => {
                    let name = if own.is_empty() && !bound.several {
                        self.inferred_name(value, row).unwrap_or_else(|| self.default_name(None))
                    } else {
                        own
                    };
                    projection.add(name, None, scalar.data_type, scalar.expr, false);
                }
            }
        }
    }

    /// Binds an expression in which aggregates may stand; their results are columns from `width` on.
    fn bind_over_aggregates(
        &mut self,
        ast: &ast::Expression,
        collector: &mut Collector,
        context: ExprScope<'_>,
        star: &[usize],
        width: usize,
    ) -> Scalar {
        // Each aggregate call becomes a hidden column of the row; the expression around it is bound as usual.
        let mut calls = Vec::new();
        find_aggregates(ast, self, context.env, &mut calls);
        if calls.is_empty() {
            let scalar = self.bind_scalar(ast, context);
            if scalar.data_type.is_some()
                && !matches!(ast.unparenthesised(), ast::Expression::Call(_))
                && !scalar.expr.is_constant()
            {
                self.not_an_aggregate(ast);
            }
            return scalar;
        }
        let row = context.row.cloned().unwrap_or_default();
        let mut extended = row.list.to_vec();
        let mut rewritten = ast.clone();
        for (at, call) in calls.into_iter().enumerate() {
            let Some(function) = self.registry.aggregate(&call.name.text) else { continue };
            let hidden = format!(hidden!("{}"), at);
            let data_type = match self.bind_aggregate(function, &call, context, star) {
                Some(bound) => {
                    let data_type = bound.outputs.first().map(|(_, data_type)| *data_type);
                    // The hidden columns stand in the order in which the results were collected.
                    let index = width + collector.outputs.len();
                    extended.resize(index, BoundColumn { name: hidden!("").into(), data_type: None });
                    extended.push(BoundColumn { name: hidden.clone().into(), data_type });
                    collector.outputs.extend(bound.outputs.iter().map(|(_, data_type)| *data_type));
                    collector.aggregates.push(bound.expr);
                    data_type
                }
                None => None,
            };
            if data_type.is_none() {
                return Scalar::unknown();
            }
            replace_call(&mut rewritten, &call, &hidden);
        }
        self.spend_columns(extended.len(), ast.span());
        let extended = Columns { list: extended.into(), ..row };
        let inner = ExprScope { row: Some(&extended), ..context };
        let scalar = self.bind_scalar(&rewritten, inner);
        Scalar { data_type: scalar.data_type, expr: scalar.expr }
    }

    fn not_an_aggregate(&mut self, ast: &ast::Expression) {
        let message = match ast.unparenthesised() {
            ast::Expression::Name(name) => format!("'{}' is a column, not an aggregate of one", name.text),
            _ => "this is no aggregate".to_owned(),
        };
        let at = first_name(ast).unwrap_or(ast);
        self.report(
            Diagnostic::error(Code::AggregateExpected, at.span(), message)
                .help("use an aggregate such as take_any(…), or put the column behind 'by'"),
        );
    }

    /// The expression over keys and results: columns of the input must be keys.
    fn over_keys(
        &mut self,
        ast: &ast::Expression,
        scalar: Scalar,
        collector: &Collector,
        width: usize,
    ) -> Scalar {
        let stray = std::cell::Cell::new(false);
        let expr = scalar.expr.map_columns(&|index, data_type| {
            if index >= width {
                return Expr::column(collector.keys.len() + index - width, data_type);
            }
            let key = collector
                .keys
                .iter()
                .position(|key| matches!(key, Expr::Column { index: key, .. } if *key == index));
            match key {
                Some(at) => Expr::column(at, data_type),
                None => {
                    stray.set(true);
                    Expr::column(0, data_type)
                }
            }
        });
        if stray.get() && column_of(ast, &scalar).is_none() && scalar.data_type.is_some() {
            self.not_an_aggregate(ast);
        }
        Scalar { expr, data_type: scalar.data_type }
    }
}

/// The leftmost name in an expression: where Microsoft's binder points.
fn first_name(ast: &ast::Expression) -> Option<&ast::Expression> {
    match ast {
        ast::Expression::Name(_) => Some(ast),
        ast::Expression::Paren(it) => first_name(&it.inner),
        ast::Expression::Binary(it) => first_name(&it.left).or_else(|| first_name(&it.right)),
        ast::Expression::Unary(it) => first_name(&it.operand),
        ast::Expression::Path(it) => first_name(&it.target),
        ast::Expression::Element(it) => first_name(&it.target),
        _ => None,
    }
}

fn has_star(ast: &ast::Expression) -> bool {
    match ast {
        ast::Expression::Named(named) => has_star(&named.value),
        ast::Expression::Call(call) => call.arguments.iter().any(|it| matches!(it, ast::Expression::Star(_))),
        _ => false,
    }
}

/// The outermost calls of aggregates in an expression. A name that is a scalar function too, such as `hll_merge`, is
/// the aggregate here.
fn find_aggregates(ast: &ast::Expression, binder: &Binder<'_>, env: &Env, out: &mut Vec<ast::FunctionCall>) {
    if let ast::Expression::Call(call) = ast
        && env.find(&call.name.text).is_none()
        && binder.registry.aggregate(&call.name.text).is_some()
    {
        out.push(call.clone());
        return;
    }
    children(ast).into_iter().for_each(|child| find_aggregates(child, binder, env, out));
}

fn children(ast: &ast::Expression) -> Vec<&ast::Expression> {
    match ast {
        ast::Expression::Paren(it) => vec![&it.inner],
        ast::Expression::Unary(it) => vec![&it.operand],
        ast::Expression::Binary(it) => vec![&it.left, &it.right],
        ast::Expression::Logical(it) => it.operands.iter().collect(),
        ast::Expression::In(it) => std::iter::once(&it.left).chain(&it.list).collect(),
        ast::Expression::Between(it) => vec![&it.value, &it.low, &it.high],
        ast::Expression::Call(it) => it.arguments.iter().collect(),
        ast::Expression::Path(it) => vec![&it.target],
        ast::Expression::Element(it) => vec![&it.target, &it.index],
        ast::Expression::Named(it) => vec![&it.value],
        _ => Vec::new(),
    }
}

/// Puts a hidden column's name in the place of a call.
fn replace_call(ast: &mut ast::Expression, call: &ast::FunctionCall, hidden: &str) {
    if let ast::Expression::Call(found) = ast
        && found.at.0 == call.at.0
    {
        *ast = ast::Expression::Name(ast::Name { text: hidden.to_owned(), bracketed: true, at: call.at });
        return;
    }
    match ast {
        ast::Expression::Paren(it) => replace_call(&mut it.inner, call, hidden),
        ast::Expression::Unary(it) => replace_call(&mut it.operand, call, hidden),
        ast::Expression::Binary(it) => {
            replace_call(&mut it.left, call, hidden);
            replace_call(&mut it.right, call, hidden);
        }
        ast::Expression::Logical(it) => {
            it.operands.iter_mut().for_each(|child| replace_call(child, call, hidden))
        }
        ast::Expression::In(it) => {
            replace_call(&mut it.left, call, hidden);
            it.list.iter_mut().for_each(|child| replace_call(child, call, hidden));
        }
        ast::Expression::Between(it) => {
            [&mut it.value, &mut it.low, &mut it.high]
                .into_iter()
                .for_each(|child| replace_call(child, call, hidden));
        }
        ast::Expression::Call(it) => {
            it.arguments.iter_mut().for_each(|child| replace_call(child, call, hidden))
        }
        ast::Expression::Path(it) => replace_call(&mut it.target, call, hidden),
        ast::Expression::Element(it) => {
            replace_call(&mut it.target, call, hidden);
            replace_call(&mut it.index, call, hidden);
        }
        ast::Expression::Named(it) => replace_call(&mut it.value, call, hidden),
        _ => {}
    }
}
