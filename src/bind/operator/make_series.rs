//! Binds `make-series`: groups by the keys and the number of the bin, then groups of these bins by the keys, whose lists of
//! numbers and results become arrays over the axis.
//!
//! Bins begin at `from`; without it, and with `in range`, at the multiples of the step, as those of `bin()`. Rows before `from`,
//! from `to` on, or without a value on the axis are in no bin, and a group of such rows alone has no series. Sources: the page
//! of make-series; for `in range`, whose series begins with the multiple below the first bound, the example on the page of
//! shuffle queries.

use std::sync::Arc;

use super::super::binder::Binder;
use super::super::names::Projection;
use super::super::scalar::{Scalar, type_name};
use super::super::scope::{Columns, Env, ExprScope, Rows};
use super::extend::Style;
use super::summarize::Collector;
use crate::diagnostic::{Code, Diagnostic};
use crate::function::AggregateFunction;
use crate::plan::{AggregateExpr, Expr, Node, Plan};
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{DateTime, Decimal, ScalarType, Schema, TimeSpan, Value};

pub(in crate::bind) const ENTRY: LanguageEntry = LanguageEntry {
    name: "make-series",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Computes aggregates in bins along an axis, and gives them as arrays: one row for each group, one item for each bin.",
    syntax: &[
        "T | make-series [kind=nonempty] [Name =] Aggregate [default=Default] [, …] on [Name =] Axis [from From] [to To] step Step [by [Name =] Key [, …]]",
        "T | make-series [kind=nonempty] [Name =] Aggregate [default=Default] [, …] on [Name =] Axis in range(From, Last, Step) [by [Name =] Key [, …]]",
    ],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::required("Aggregate", "An aggregate that gives a number, or an expression over such."),
        ParameterInfo::optional("Default", "What a bin without rows has; 0 where nothing is said."),
        ParameterInfo::required("Axis", "A datetime, a timespan, or a number that is no int."),
        ParameterInfo::optional(
            "From",
            "Where the first bin begins. Without it, each series begins with its first bin that has rows.",
        ),
        ParameterInfo::optional(
            "To",
            "The series ends in front of it. Without it, each series ends with its last bin that has rows.",
        ),
        ParameterInfo::required("Step", "How wide a bin is."),
        ParameterInfo::required("Last", "The last bin is the one that this value is in."),
        ParameterInfo::optional("Key", "What makes the groups. Without it, all rows are one group."),
        ParameterInfo::optional("kind", "nonempty gives a series of defaults where there are no rows."),
        ParameterInfo::optional("Name", "The name of a column."),
    ],
    remarks: &[
        "The arrays are of type dynamic. For a row a bin, mv-expand them side by side, to typeof(datetime) for the axis.",
        "default= belongs to the one aggregate in front of it. default=long(null) leaves gaps that series_fill_linear() and \
         its kin can fill.",
        "Without rows there is no series, unlike with summarize; kind=nonempty makes one of defaults. A group whose rows are \
         all outside of the bounds has none either.",
        "Bins begin at From. With in range(…), and without From, they begin at multiples of the step, as those of bin().",
        "A series has 1048576 items at most.",
    ],
    examples: &[
        TableExample {
            query: r"datatable (At: datetime, Value: real) [
    datetime(2024-06-01 05:00), 4,
    datetime(2024-06-01 09:00), 6,
    datetime(2024-06-03 00:00), 8,
    datetime(2024-06-04 00:00), 9,
]
| make-series avg(Value) on At from datetime(2024-06-01) to datetime(2024-06-04) step 1d",
            result: r#"avg_Value:dynamic, At:dynamic
[[5.0,0.0,8.0],["2024-06-01T00:00:00.0000000Z","2024-06-02T00:00:00.0000000Z","2024-06-03T00:00:00.0000000Z"]]"#,
        },
        TableExample {
            query: r"datatable (User: string, Hour: long) [
    'ann', 1,
    'bob', 2,
    'ann', 3,
    'ann', 3,
]
| make-series Logons = count(), Gaps = count() default=long(null)
    on Hour from 0 to 4 step 1 by User",
            result: r#"User:string, Logons:dynamic, Gaps:dynamic, Hour:dynamic
["ann",[0,1,0,2],[null,1,null,2],[0,1,2,3]]
["bob",[0,0,1,0],[null,null,1,null],[0,1,2,3]]"#,
        },
        TableExample {
            query: r"datatable (x: long) [12, 27]
| make-series count() on x in range(5, 30, 10)",
            result: "count_:dynamic, x:dynamic\n[[0,1,1,0],[0,10,20,30]]",
        },
        TableExample {
            query: r"datatable (x: long, y: long) []
| make-series kind=nonempty sum(y) default=-1 on x from 0 to 3 step 1",
            result: "sum_y:dynamic, x:dynamic\n[[-1,-1,-1],[0,1,2]]",
        },
    ],
};

/// The bounds of the axis, bound.
struct AxisBounds {
    from: Option<Scalar>,
    to: Option<Scalar>,
    step: Scalar,
    /// `in range`: bins are those of `bin()`, and the one of the last value is part of the series.
    is_range: bool,
}

impl Binder<'_> {
    pub(in crate::bind) fn bind_make_series(
        &mut self,
        it: &ast::MakeSeriesOperator,
        rows: Rows,
        env: &Env,
    ) -> Rows {
        let span = it.at.0;
        let nonempty = self.choice(&it.parameters, "kind", &[("nonempty", true)], false);
        let context = ExprScope::with_rows(env, &rows);
        let mut projection = Projection::default();
        for ast in &it.by {
            let before = projection.columns.len();
            self.add_column(ast, &mut projection, context, Style::Project, None);
            let added = projection.columns.iter().skip(before);
            if added.clone().any(|column| column.data_type == Some(ScalarType::Dynamic)) {
                // Microsoft's parser takes it; summarize does not.
                self.unsupported(ast.span(), "make-series", "by a dynamic value");
            }
        }
        let keys = projection.exprs.clone();
        for key in &keys {
            key.as_column().into_iter().for_each(|index| projection.skip_input(index));
        }
        for (at, expr) in projection.exprs.iter_mut().enumerate() {
            *expr = Expr::column(at, expr.scalar_type());
        }
        let key_count = keys.len();
        let step_span = match &it.range {
            ast::MakeSeriesRange::FromToStep { step, .. } => step.span(),
            ast::MakeSeriesRange::InRange(call) => call.at.0,
        };
        let axis = self.bind_scalar(it.axis.unnamed(), context);
        let bounds = self.bind_bounds(&it.range, axis.data_type, env);
        let origin = match (&bounds, axis.data_type) {
            (Some(AxisBounds { from: Some(from), is_range: false, .. }), _) => from.clone(),
            (_, Some(data_type)) => Scalar::new(Expr::literal(zero(data_type), data_type)),
            (_, None) => Scalar::unknown(),
        };
        let step = bounds.as_ref().map_or_else(Scalar::unknown, |bounds| bounds.step.clone());
        let bin = |binder: &mut Self, value: Scalar| {
            binder.call_internal("make-series bin", vec![value, origin.clone(), step.clone()], step_span)
        };
        let number = bin(self, axis.clone());

        // The groups are those of the keys and of the bin.
        let mut group_keys = keys;
        group_keys.push(number.expr.clone());
        let mut collector = Collector::new(group_keys);
        let star: Vec<usize> = (0..rows.columns.list.len()).collect();
        let mut defaults = Vec::new();
        for (ast, default) in &it.aggregates {
            let before = projection.columns.len();
            self.add_aggregate(ast, &mut projection, &mut collector, context, &star);
            let data_type = self.series_type(ast, &projection, before);
            let default = self.bind_default(default.as_ref(), data_type, env);
            defaults.push((default, data_type));
        }
        self.declare_axis(&it.axis, &axis, &mut projection, context);
        let (columns, mut exprs) = projection.into_parts();
        let dynamic = |(at, mut column): (usize, super::super::scope::BoundColumn)| {
            if at >= key_count && column.data_type.is_some() {
                column.data_type = Some(ScalarType::Dynamic);
            }
            column
        };
        let list = columns.list.iter().cloned().enumerate().map(dynamic).collect();
        let columns = Columns { list, open: columns.open };
        let (Some(bounds), Some(_)) = (bounds, number.data_type) else {
            return self.rows_in_error(columns, span);
        };
        if exprs.len() != key_count + defaults.len() + 1 || defaults.iter().any(|(_, it)| it.is_none()) {
            return self.rows_in_error(columns, span);
        }
        exprs.pop();

        let values: Vec<Expr> = exprs.split_off(key_count);
        let input = self.within_bounds(rows.plan, &axis, &bounds, &number, span);
        let bins = Arc::new(collector.into_plan(input, span));
        let (values, defaults): (Vec<Expr>, Vec<Scalar>) = values
            .into_iter()
            .zip(defaults)
            .map(|(value, (default, data_type))| {
                let data_type = data_type.unwrap_or(ScalarType::Long);
                let is_of_type = value.scalar_type() == data_type;
                let value = Scalar::new(value);
                let value = if is_of_type { value } else { self.converted(value, data_type, span) };
                (value.expr, default)
            })
            .unzip();
        let (first, end) = self.first_and_end(&bounds, &origin, bin, step_span);
        let Some(series) = self.group_bins(bins, exprs, values, nonempty, span) else {
            // A registry without these aggregates.
            self.unsupported(span, "operator", "make-series");
            return self.rows_in_error(columns, span);
        };
        // Keys, the least and the greatest number of a bin, the numbers, and the values of each aggregate.
        let place = |at: usize, data_type| Scalar::new(Expr::column(key_count + at, data_type));
        let first = first.unwrap_or_else(|| place(0, ScalarType::Long));
        let end = match end {
            Some(end) => end,
            None => {
                let one = Scalar::new(Expr::literal(Value::Long(1), ScalarType::Long));
                self.call_builtin("+", vec![place(1, ScalarType::Long), one], span)
            }
        };
        let mut out: Vec<Expr> = (0..key_count)
            .filter_map(|at| Some(Expr::column(at, series.schema.columns.get(at)?.data_type)))
            .collect();
        for ((at, default), (ast, _)) in defaults.into_iter().enumerate().zip(&it.aggregates) {
            let lists = [place(2, ScalarType::Dynamic), place(3 + at, ScalarType::Dynamic)];
            let arguments = lists.into_iter().chain([first.clone(), end.clone(), default]).collect();
            out.push(self.call_internal("make-series values", arguments, ast.span()).expr);
        }
        let arguments = vec![first, end, origin.clone(), bounds.step.clone()];
        out.push(self.call_internal("make-series axis", arguments, step_span).expr);
        let node = Node::Project { input: series, columns: out };
        Rows::new(Self::plan(node, &columns, span), columns)
    }

    /// Rows of which the columns are known, behind a mistake.
    fn rows_in_error(&mut self, columns: Columns, span: Span) -> Rows {
        let table = crate::column::Table::empty(columns.schema());
        Rows::new(Self::plan(Node::Values { table }, &columns, span), columns)
    }

    /// Binds the bounds and the step: no column decides them. `None` where a mistake hides one of them.
    fn bind_bounds(
        &mut self,
        range: &ast::MakeSeriesRange,
        axis: Option<ScalarType>,
        env: &Env,
    ) -> Option<AxisBounds> {
        let (from, to, step, is_range) = match range {
            ast::MakeSeriesRange::FromToStep { from, to, step } => (from.as_ref(), to.as_ref(), step, false),
            ast::MakeSeriesRange::InRange(call) => match call.arguments.as_slice() {
                [from, to, step] => (Some(from), Some(to), step, true),
                _ => {
                    let message =
                        "range takes three arguments here: the first value, the last one and the step";
                    self.error(Code::ArgumentCount, call.name.at.0, message);
                    return None;
                }
            },
        };
        let mut bound = |ast: Option<&ast::Expression>| ast.map(|ast| self.axis_value(ast, axis, env));
        let (from, to) = (bound(from), bound(to));
        let step = self.step_value(step, axis, env);
        let known = [&from, &to].into_iter().flatten().chain([&step]).all(|it| it.data_type.is_some());
        known.then_some(AxisBounds { from, to, step, is_range })
    }

    /// A bound, as a value of the type of the axis.
    fn axis_value(&mut self, ast: &ast::Expression, axis: Option<ScalarType>, env: &Env) -> Scalar {
        let scalar = self.bind_scalar(ast, ExprScope::new(env));
        let (Some(axis), Some(given)) = (axis, scalar.data_type) else { return Scalar::unknown() };
        if given == axis {
            return scalar;
        }
        if crate::function::is_wider(axis, given) && given.is_number() && axis.is_number() {
            return self.converted(scalar, axis, ast.span());
        }
        let message = format!("a bound of type {axis} is expected, as the axis is; this is {given}");
        self.error(Code::ExpectedType, ast.span(), message);
        Scalar::unknown()
    }

    /// The step: a timespan for instants and timespans, else a number that is no wider than those of the axis.
    fn step_value(&mut self, ast: &ast::Expression, axis: Option<ScalarType>, env: &Env) -> Scalar {
        let scalar = self.bind_scalar(ast, ExprScope::new(env));
        let (Some(axis), Some(given)) = (axis, scalar.data_type) else { return Scalar::unknown() };
        match (axis, given) {
            (ScalarType::DateTime | ScalarType::TimeSpan, ScalarType::TimeSpan) => scalar,
            (ScalarType::Long | ScalarType::Real | ScalarType::Decimal, _) if given == axis => scalar,
            (ScalarType::Long | ScalarType::Real | ScalarType::Decimal, _)
                if given.is_number() && crate::function::is_wider(axis, given) =>
            {
                self.converted(scalar, axis, ast.span())
            }
            (
                ScalarType::TimeSpan,
                ScalarType::Int | ScalarType::Long | ScalarType::Real | ScalarType::Decimal,
            )
            | (
                ScalarType::DateTime | ScalarType::Long | ScalarType::Real | ScalarType::Decimal,
                ScalarType::DateTime,
            ) => {
                // Microsoft's parser takes these.
                let what = format!("with a step of type {given} on an axis of type {axis}");
                self.unsupported(ast.span(), "make-series", &what);
                Scalar::unknown()
            }
            _ => {
                let message = format!("an axis of type {axis} has no steps of type {given}");
                let mut diagnostic = Diagnostic::error(Code::ExpectedType, ast.span(), message);
                match axis {
                    ScalarType::DateTime => {
                        diagnostic = diagnostic.help("a step of time is written 1d or 1h")
                    }
                    ScalarType::Int => diagnostic = diagnostic.help("make the axis a long: tolong(…)"),
                    ScalarType::String | ScalarType::Dynamic => {
                        diagnostic = diagnostic.help("convert the axis: todatetime(…), tolong(…), toreal(…)");
                    }
                    _ => {}
                }
                self.report(diagnostic);
                Scalar::unknown()
            }
        }
    }

    /// The type of the items that an aggregate's column has; reports what gives none. `None` also behind another mistake.
    fn series_type(&mut self, ast: &ast::Expression, made: &Projection, before: usize) -> Option<ScalarType> {
        let [column] = made.columns.get(before..)? else {
            self.unsupported(ast.span(), "make-series", "of an aggregate of several columns");
            return None;
        };
        match column.data_type? {
            ScalarType::Int | ScalarType::Long => Some(ScalarType::Long),
            ScalarType::Real => Some(ScalarType::Real),
            other => {
                let what = format!("of an aggregate of type {other}");
                self.unsupported(ast.span(), "make-series", &what);
                None
            }
        }
    }

    /// What a bin without rows has: of the type of the others, if that can be.
    fn bind_default(
        &mut self,
        ast: Option<&ast::Expression>,
        items: Option<ScalarType>,
        env: &Env,
    ) -> Scalar {
        let items_type = items.unwrap_or(ScalarType::Long);
        let Some(ast) = ast else {
            return Scalar::new(Expr::literal(zero(items_type), items_type));
        };
        let scalar = self.bind_scalar(ast.unnamed(), ExprScope::new(env));
        match scalar.data_type {
            None => scalar,
            Some(given) if given == items_type => scalar,
            Some(ScalarType::Int | ScalarType::Long) => self.converted(scalar, items_type, ast.span()),
            Some(ScalarType::Real) => scalar,
            Some(given) => {
                let what = format!("with a default of type {}", type_name(Some(given)));
                self.unsupported(ast.span(), "make-series", &what);
                Scalar::unknown()
            }
        }
    }

    /// Names the column of the axis.
    fn declare_axis(
        &mut self,
        ast: &ast::Expression,
        axis: &Scalar,
        projection: &mut Projection,
        context: ExprScope<'_>,
    ) {
        if let ast::Expression::Named(named) = ast
            && let Some(name) = named.names.first()
        {
            return self.declare_column(projection, &name.text, name.at.0, axis.clone(), false);
        }
        if let ast::Expression::Name(name) = ast.unparenthesised() {
            return self.declare_column(projection, &name.text, name.at.0, axis.clone(), false);
        }
        let name = self.inferred_name(ast, context.row).filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| self.default_name(None));
        projection.add(name, None, axis.data_type, axis.expr.clone(), false);
    }

    /// The rows that are in a bin of the series.
    fn within_bounds(
        &mut self,
        input: Arc<Plan>,
        axis: &Scalar,
        bounds: &AxisBounds,
        number: &Scalar,
        span: Span,
    ) -> Arc<Plan> {
        let mut conjuncts = Vec::new();
        let mut low = bounds.from.clone();
        let mut high = bounds.to.clone();
        if bounds.is_range {
            // Whole bins, from that of the first value to that of the last one.
            low = low.map(|from| self.call_builtin("bin", vec![from, bounds.step.clone()], span));
            high = high.map(|to| {
                let last = self.call_builtin("bin", vec![to, bounds.step.clone()], span);
                self.call_builtin("+", vec![last, bounds.step.clone()], span)
            });
        }
        if let Some(low) = low {
            conjuncts.push(self.call_builtin(">=", vec![axis.clone(), low], span).expr);
        }
        if let Some(high) = high {
            conjuncts.push(self.call_builtin("<", vec![axis.clone(), high], span).expr);
        }
        if conjuncts.is_empty() {
            conjuncts.push(self.call_builtin("isnotnull", vec![number.clone()], span).expr);
        }
        let schema = input.schema.clone();
        let node = Node::Filter { input, conjuncts };
        Arc::new(super::super::window::hoist(Plan::new(node, schema, span)))
    }

    /// The number of the first bin and that behind the last one, where the bounds say them.
    fn first_and_end(
        &mut self,
        bounds: &AxisBounds,
        origin: &Scalar,
        bin: impl Fn(&mut Self, Scalar) -> Scalar,
        span: Span,
    ) -> (Option<Scalar>, Option<Scalar>) {
        let long = |number| Scalar::new(Expr::literal(Value::Long(number), ScalarType::Long));
        let from = bounds.from.as_ref();
        let to = bounds.to.as_ref();
        if bounds.is_range {
            let first = from.map(|from| bin(self, from.clone()));
            let end = to.map(|to| {
                let last = bin(self, to.clone());
                self.call_builtin("+", vec![last, long(1)], span)
            });
            return (first, end);
        }
        let end = to.map(|to| {
            let arguments = vec![to.clone(), origin.clone(), bounds.step.clone()];
            self.call_internal("make-series to", arguments, span)
        });
        (from.map(|_| long(0)), end)
    }

    /// A row for each series: the keys, the least and the greatest number of a bin, and lists of the numbers and of the values.
    fn group_bins(
        &mut self,
        bins: Arc<Plan>,
        keys: Vec<Expr>,
        values: Vec<Expr>,
        nonempty: bool,
        span: Span,
    ) -> Option<Arc<Plan>> {
        let key_count = keys.len();
        let number = Expr::column(key_count, ScalarType::Long);
        let columns: Vec<Expr> = keys.into_iter().chain([number]).chain(values).collect();
        let types = columns.iter().map(Expr::scalar_type).collect::<Vec<_>>();
        let named = types.iter().enumerate().map(|(at, data_type)| (format!("bin{at}"), *data_type));
        let schema = Schema::new(named.collect::<Vec<_>>());
        let input = Arc::new(Plan::new(Node::Project { input: bins, columns }, schema, span));
        let place = |at: usize| Expr::column(at, types.get(at).copied().unwrap_or(ScalarType::Long));
        let mut collector = Collector::new((0..key_count).map(place).collect());
        let mut add = |function: Option<&Arc<AggregateFunction>>, at: usize, returns: ScalarType| {
            collector.outputs.push(returns);
            collector.aggregates.push(AggregateExpr {
                function: function?.clone(),
                arguments: vec![place(at)],
                constants: vec![None],
                returns: vec![returns],
                span,
            });
            Some(())
        };
        let registry = self.registry;
        add(registry.aggregate("min"), key_count, ScalarType::Long)?;
        add(registry.aggregate("max"), key_count, ScalarType::Long)?;
        add(registry.aggregate("make_list"), key_count, ScalarType::Dynamic)?;
        for at in key_count + 1..types.len() {
            add(registry.aggregate("make_list_with_nulls"), at, ScalarType::Dynamic)?;
        }
        let plan = Arc::new(collector.into_plan(input, span));
        if key_count > 0 || nonempty {
            return Some(plan);
        }
        // Without keys there is a group of no rows.
        let first = Scalar::new(Expr::column(0, ScalarType::Long));
        let is_there = self.call_builtin("isnotnull", vec![first], span).expr;
        let schema = plan.schema.clone();
        Some(Arc::new(Plan::new(Node::Filter { input: plan, conjuncts: vec![is_there] }, schema, span)))
    }
}

/// Where the bins of a type begin unless something is said, and the default of its aggregates.
fn zero(data_type: ScalarType) -> Value {
    match data_type {
        ScalarType::DateTime => DateTime::from_ticks(0).map_or(Value::Null, Value::DateTime),
        ScalarType::TimeSpan => Value::TimeSpan(TimeSpan(0)),
        ScalarType::Real => Value::Real(0.0),
        ScalarType::Decimal => Value::Decimal(Decimal::default()),
        _ => Value::Long(0),
    }
}
