//! Binds `top-nested`: for each level the groups of its value within the tops of the levels above, and of these groups the
//! first ones.
//!
//! Rows that are in no top of a level go on to `with others`: such a row has the tops above, and from that level on the
//! constant and the aggregate of each level with others, and nulls for each level without. Source: the page of top-nested,
//! with the output of an earlier version of it for others at several levels.

use std::sync::Arc;

use super::super::binder::Binder;
use super::super::names::Projection;
use super::super::scalar::Scalar;
use super::super::scope::{Env, ExprScope, Rows};
use super::summarize::Collector;
use crate::diagnostic::Diagnostic;
use crate::plan::{AggregateExpr, Expr, JoinKind, Node, OutputColumn, Plan, RunsOver, SortKey};
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{ScalarType, Schema, Value, hidden};

pub(in crate::bind) const ENTRY: LanguageEntry = LanguageEntry {
    name: "top-nested",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Gives the top values by an aggregate, and within each of them the top values of the next level.",
    syntax: &[
        "T | top-nested [Count] of [Name =] Expression [with others=Others] by [Name =] Aggregate [asc | desc] [, top-nested …]",
    ],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::optional("Count", "The most values of the level. Without it, all of them."),
        ParameterInfo::required("Expression", "The value of the level, most often a column."),
        ParameterInfo::optional(
            "Others",
            "A constant. A row of this value has the aggregate over all rows that are in no top of the level.",
        ),
        ParameterInfo::required("Aggregate", "What decides which values come first."),
        ParameterInfo::optional("asc | desc", "Up or down; down where nothing is said."),
        ParameterInfo::optional(
            "Name",
            "The name of a column. An aggregate without one is called aggregated_ and the name of its value.",
        ),
    ],
    remarks: &[
        "The aggregate of a level is over the rows of that value within the values of the levels above.",
        "A level without a count whose aggregate nobody needs, such as top-nested of Column by Unused=max(1), brings a column \
         along.",
        "Where rows are in no top of a level without others, they are looked for at the next level with others, and the levels \
         between have nulls.",
        "kqlite gives the rows in the order of the levels, others behind them; Kusto promises no order.",
    ],
    examples: &[
        TableExample {
            query: r"datatable (Team: string, User: string, Failures: long) [
    'red', 'ann', 2,
    'red', 'bob', 5,
    'blue', 'cid', 4,
    'red', 'ann', 4,
    'green', 'eve', 1,
]
| top-nested 2 of Team by sum(Failures), top-nested 1 of User by Worst = max(Failures)",
            result: r#"Team:string, aggregated_Team:long, User:string, Worst:long
["red",11,"bob",5]
["blue",4,"cid",4]"#,
        },
        TableExample {
            query: r"datatable (Team: string, User: string) [
    'red', 'ann',
    'red', 'bob',
    'blue', 'cid',
    'red', 'ann',
    'green', 'eve',
]
| top-nested 1 of Team with others='other teams' by count(),
  top-nested 1 of User with others='other users' by count()",
            result: r#"Team:string, aggregated_Team:long, User:string, aggregated_User:long
["red",3,"ann",2]
["red",3,"other users",1]
["other teams",2,"other users",2]"#,
        },
        TableExample {
            query: r"datatable (Id: string, At: datetime, Note: string) [
    'Barak', datetime(2015-01-01), '1',
    'Barak', datetime(2016-01-01), '2',
    'Barak', datetime(2017-01-20), '3',
]
| top-nested of Id by Unused0 = max(1),
  top-nested 2 of At by Unused1 = max(At),
  top-nested of Note by Unused2 = max(1)
| project-away Unused*",
            result: r#"Id:string, At:datetime, Note:string
["Barak","2017-01-20T00:00:00Z","3"]
["Barak","2016-01-01T00:00:00Z","2"]"#,
        },
    ],
};

/// A level, bound.
struct NestedLevel {
    /// The names of its columns: of the value and of the aggregate.
    names: [Arc<str>; 2],
    count: Option<Expr>,
    /// The type of the level's value.
    of: ScalarType,
    others: Option<Expr>,
    /// The aggregates that the level needs, and the types of their results.
    aggregates: Vec<AggregateExpr>,
    outputs: Vec<ScalarType>,
    /// The aggregate, over the values of all levels down to this one, then the results.
    value: Expr,
    descending: bool,
    nulls_first: bool,
}

impl Binder<'_> {
    pub(in crate::bind) fn bind_top_nested(
        &mut self,
        it: &ast::TopNestedOperator,
        rows: Rows,
        env: &Env,
    ) -> Rows {
        let span = it.at.0;
        let context = ExprScope::with_rows(env, &rows);
        let width = rows.columns.list.len();
        let mut projection = Projection::default();
        // The input's columns, then the values of the levels.
        let mut wide: Vec<Expr> = (0..width)
            .filter_map(|at| {
                let column = rows.columns.list.get(at)?;
                Some(Expr::column(at, column.data_type.unwrap_or(ScalarType::Dynamic)))
            })
            .collect();
        let mut levels: Vec<Option<NestedLevel>> = Vec::new();
        for clause in &it.clauses {
            let level = self.bind_level(clause, &mut wide, width, &mut projection, context);
            levels.push(level);
        }
        let (mut columns, _) = projection.into_parts();
        columns.open |= rows.columns.open && levels.iter().any(Option::is_none);
        // Each level may have a plan of its own for others, with the aggregates of the levels below.
        let is_within = self.spend_nodes(levels.len().saturating_mul(levels.len()), span);
        let levels: Option<Vec<NestedLevel>> = levels.into_iter().collect();
        let Some(levels) = levels.filter(|_| is_within) else {
            let table = crate::column::Table::empty(columns.schema());
            return Rows::new(Self::plan(Node::Values { table }, &columns, span), columns);
        };
        // The values of the levels stand behind the input's columns, which nobody asked for.
        let of_input = rows.columns.list.iter().map(|column| column.name.clone());
        let of_levels = levels.iter().map(|level| hidden_name(&level.names[0]));
        let named = of_input.chain(of_levels).zip(&wide).map(|(name, expr)| (name, expr.scalar_type()));
        let schema = Schema::new(named.collect::<Vec<_>>());
        let node = Node::Project { input: rows.plan, columns: wide };
        let input = super::super::window::hoist(Plan::new(node, schema, span));
        let input = self.shared_part(Arc::new(input));
        let Some(plan) = self.nested_tops(&levels, input, width, span) else {
            return Rows::unknown();
        };
        let exprs = columns.list.iter().zip(&plan.schema.columns).enumerate();
        let exprs = exprs.map(|(at, (_, made))| Expr::column(at, made.data_type)).collect();
        let node = Node::Project { input: plan, columns: exprs };
        Rows::new(Self::plan(node, &columns, span), columns)
    }

    /// Binds a level and names its two columns; `None` behind a mistake.
    fn bind_level(
        &mut self,
        clause: &ast::TopNestedClause,
        wide: &mut Vec<Expr>,
        width: usize,
        projection: &mut Projection,
        context: ExprScope<'_>,
    ) -> Option<NestedLevel> {
        let count = clause.count.as_ref().map(|count| self.bind_count(count, context));
        let of = self.bind_scalar(clause.of.unnamed(), context);
        let name = match &clause.of {
            ast::Expression::Named(named) => named.names.first().map(|name| name.text.clone()),
            other => self.inferred_name(other, context.row).filter(|name| !name.is_empty()),
        };
        if name.is_none() && of.data_type.is_some() {
            // Microsoft's parser leaves the name empty.
            let unnamed =
                Diagnostic::unsupported(clause.of.span(), "top-nested", "of an expression without a name");
            self.report(unnamed.help("give it one: top-nested … of Name = …"));
        }
        if of.data_type == Some(ScalarType::Dynamic) {
            // Microsoft's parser takes it; summarize does not.
            self.unsupported(clause.of.span(), "top-nested", "of a dynamic value");
        }
        let is_named = name.is_some();
        let name = name.unwrap_or_else(|| self.default_name(None));
        let at = projection.add(name, None, of.data_type, of.expr.clone(), false);
        let name = projection.columns.get(at).map_or_else(|| "".into(), |column| column.name.clone());
        let others = self.bind_others(clause.others.as_ref(), of.data_type, context.env);
        let level = wide.len().checked_sub(width)?;
        wide.push(of.expr);

        let keys = wide.iter().enumerate().skip(width).map(|(at, key)| Expr::column(at, key.scalar_type()));
        let mut collector = Collector::new(keys.collect());
        let mut own = Projection::default();
        let star: Vec<usize> = (0..width).collect();
        self.add_aggregate(&clause.by.expression, &mut own, &mut collector, context, &star);
        let named = match &clause.by.expression {
            ast::Expression::Named(named) => named.names.first().map(|name| name.text.as_str().into()),
            _ => None,
        };
        let named: Arc<str> = named.unwrap_or_else(|| format!("aggregated_{name}").into());
        let (columns, exprs) = own.into_parts();
        let data_type = match &*columns.list {
            [column] => column.data_type,
            _ => {
                let what = "by an aggregate of several columns";
                self.unsupported(clause.by.expression.span(), "top-nested", what);
                None
            }
        };
        if let Some(data_type @ (ScalarType::Dynamic | ScalarType::Guid | ScalarType::Bool)) = data_type {
            let what = format!("by an aggregate of type {data_type}");
            self.unsupported(clause.by.expression.span(), "top-nested", &what);
        }
        let at = projection.add(named, None, data_type, Expr::column(level, ScalarType::Dynamic), false);
        let of_value = projection.columns.get(at).map_or_else(|| "".into(), |column| column.name.clone());
        let [value] = <[Expr; 1]>::try_from(exprs).ok()?;
        let is_known = is_named
            && data_type.is_some()
            && count.as_ref().is_none_or(|count| count.data_type.is_some())
            && others.as_ref().is_none_or(|others| others.data_type.is_some());
        let descending = clause.by.descending.unwrap_or(true);
        Some(NestedLevel {
            names: [name, of_value],
            count: count.map(|count| count.expr),
            of: of.data_type.filter(|_| is_known)?,
            others: others.map(|others| others.expr),
            aggregates: collector.aggregates,
            outputs: collector.outputs,
            value,
            descending,
            nulls_first: clause.by.nulls_first.unwrap_or(!descending),
        })
    }

    /// The value of a level that stands for all others: a constant of the type of the level's values.
    fn bind_others(
        &mut self,
        ast: Option<&ast::Expression>,
        of: Option<ScalarType>,
        env: &Env,
    ) -> Option<Scalar> {
        let ast = ast?;
        let scalar = self.bind_scalar(ast, ExprScope::new(env));
        let (Some(given), Some(of)) = (scalar.data_type, of) else { return Some(Scalar::unknown()) };
        if given == of {
            return Some(scalar);
        }
        // `with others = -1` of an int too.
        let is_small = given == ScalarType::Long && of == ScalarType::Int && scalar.constant().is_some();
        if is_small || given.is_number() && of.is_number() && crate::function::is_wider(of, given) {
            return Some(self.converted(scalar, of, ast.span()));
        }
        let what = format!("with others={given} among values of type {of}");
        self.unsupported(ast.span(), "top-nested", &what);
        Some(Scalar::unknown())
    }

    /// A plan that several places read.
    fn shared_part(&mut self, input: Arc<Plan>) -> Arc<Plan> {
        let id = self.next_shared;
        self.next_shared += 1;
        let schema = input.schema.clone();
        Arc::new(Plan::new(Node::Shared { input, id }, schema, Span::default()))
    }

    /// The rows of all levels: value and aggregate of each, those of the tops first, then others from the last level up.
    fn nested_tops(
        &mut self,
        levels: &[NestedLevel],
        input: Arc<Plan>,
        width: usize,
        span: Span,
    ) -> Option<Arc<Plan>> {
        // The rows that are in the tops of all levels so far, and these tops with their aggregates.
        let mut rows = input;
        let mut tops: Option<Arc<Plan>> = None;
        let mut others: Vec<Arc<Plan>> = Vec::new();
        for (at, level) in levels.iter().enumerate() {
            let groups = self.level_groups(levels, at, rows.clone(), width, span);
            let top = self.level_tops(level, at, groups, span);
            let top = self.shared_part(top);
            let below = levels.get(at..).unwrap_or_default();
            if level.count.is_some() && below.iter().any(|level| level.others.is_some()) {
                let missed =
                    join(JoinKind::LeftAnti, &rows, &top, value_keys(levels, at + 1, width, 0), span);
                others.push(self.level_others(levels, at, missed, tops.as_ref(), width, span)?);
            }
            if level.count.is_some() && at + 1 < levels.len() {
                let kept = join(JoinKind::LeftSemi, &rows, &top, value_keys(levels, at + 1, width, 0), span);
                rows = self.shared_part(kept);
            }
            let all = match &tops {
                None => top,
                Some(above) => {
                    // Value and aggregate in turn, above; the values of all levels and one aggregate, here.
                    let keys = (0..at).filter_map(|level| {
                        let of = levels.get(level)?.of;
                        Some((Expr::column(2 * level, of), Expr::column(level, of)))
                    });
                    let joined = join(JoinKind::Inner, above, &top, keys.collect(), span);
                    let places = (0..2 * at).chain([3 * at, 3 * at + 1]);
                    let columns = places
                        .filter_map(|at| Some(Expr::column(at, joined.schema.columns.get(at)?.data_type)));
                    let columns = columns.collect();
                    project(joined, columns, in_turn(levels), span)
                }
            };
            tops = Some(self.shared_part(all));
        }
        let tops = tops?;
        others.reverse();
        if others.is_empty() {
            return Some(tops);
        }
        let schema = tops.schema.clone();
        let inputs = std::iter::once(tops).chain(others).collect();
        Some(Arc::new(Plan::new(Node::Union { inputs }, schema, span)))
    }

    /// The groups of a level: the values of all levels down to it, and its aggregate.
    fn level_groups(
        &mut self,
        levels: &[NestedLevel],
        at: usize,
        rows: Arc<Plan>,
        width: usize,
        span: Span,
    ) -> Arc<Plan> {
        let keys: Vec<Expr> = values(levels, at + 1).map(|(at, of)| Expr::column(width + at, of)).collect();
        let Some(level) = levels.get(at) else { return rows };
        let count = keys.len();
        let mut collector = Collector::new(keys);
        collector.aggregates.clone_from(&level.aggregates);
        collector.outputs.clone_from(&level.outputs);
        let groups = Arc::new(collector.into_plan(rows, span));
        let columns: Vec<Expr> =
            values(levels, count).map(|(at, of)| Expr::column(at, of)).chain([level.value.clone()]).collect();
        let names = levels.iter().take(count).map(|level| level.names[0].clone());
        project(groups, columns, names.chain([level.names[1].clone()]), span)
    }

    /// The first groups of a level, within each of the tops above.
    fn level_tops(&mut self, level: &NestedLevel, at: usize, groups: Arc<Plan>, span: Span) -> Arc<Plan> {
        let schema = groups.schema.clone();
        let key = SortKey {
            expr: Expr::column(at + 1, level.value.scalar_type()),
            descending: level.descending,
            nulls_first: level.nulls_first,
        };
        let top = |input: Arc<Plan>| {
            let node = match level.count.clone() {
                Some(count) => Node::TopN { input, count, keys: vec![key.clone()] },
                None => Node::Sort { input, keys: vec![key.clone()] },
            };
            Arc::new(Plan::new(node, schema.clone(), span))
        };
        if at == 0 || level.count.is_none() {
            return top(groups);
        }
        let scope = self.next_scope;
        self.next_scope += 1;
        let body = top(Arc::new(Plan::new(Node::Outer { scope }, schema.clone(), Span::default())));
        let places = 0..schema.columns.len();
        let keys = (0..at).filter_map(|at| Some(Expr::column(at, schema.columns.get(at)?.data_type)));
        let node = Node::Apply {
            input: groups,
            runs: RunsOver::Keys(keys.collect()),
            body,
            scope,
            given: places.clone().collect(),
            layout: places.map(OutputColumn::New).collect(),
            max_runs: None,
        };
        Arc::new(Plan::new(node, schema, span))
    }

    /// The rows for others of a level and the levels below it, within each of the tops above.
    fn level_others(
        &mut self,
        levels: &[NestedLevel],
        at: usize,
        missed: Arc<Plan>,
        above: Option<&Arc<Plan>>,
        width: usize,
        span: Span,
    ) -> Option<Arc<Plan>> {
        let keys: Vec<Expr> = values(levels, at).map(|(at, of)| Expr::column(width + at, of)).collect();
        let mut collector = Collector::new(keys);
        collector.outputs.push(ScalarType::Long);
        collector.aggregates.push(self.row_count(span)?);
        let mut made: Vec<Expr> = Vec::new();
        // The columns of the tops above come first, then the keys, the number of rows and the results.
        let before = 2 * at;
        for (number, level) in levels.iter().enumerate().skip(at) {
            let value_type = level.value.scalar_type();
            let Some(others) = &level.others else {
                made.push(Expr::literal(Value::null_of(level.of), level.of));
                made.push(Expr::literal(Value::null_of(value_type), value_type));
                continue;
            };
            let first = at + collector.outputs.len();
            collector.aggregates.extend(level.aggregates.iter().cloned());
            collector.outputs.extend(level.outputs.iter().copied());
            made.push(others.clone());
            // The results stand behind the values of the levels down to this one.
            made.push(level.value.map_columns(&|index, data_type| match index.checked_sub(number + 1) {
                Some(result) => Expr::column(before + first + result, data_type),
                None => Expr::column(before + index, data_type),
            }));
        }
        let groups = Arc::new(collector.into_plan(missed, span));
        let schema = groups.schema.clone();
        let zero = Scalar::new(Expr::literal(Value::Long(0), ScalarType::Long));
        let rows = Scalar::new(Expr::column(at, ScalarType::Long));
        // Without levels above there is a group of no rows.
        let conjuncts = vec![self.call_builtin(">", vec![rows, zero], span).expr];
        let groups = Arc::new(Plan::new(Node::Filter { input: groups, conjuncts }, schema, span));
        let joined = match above {
            None => groups,
            Some(above) => {
                let keys = values(levels, at)
                    .map(|(level, of)| (Expr::column(2 * level, of), Expr::column(level, of)))
                    .collect();
                join(JoinKind::Inner, above, &groups, keys, span)
            }
        };
        let kept =
            (0..before).filter_map(|at| Some(Expr::column(at, joined.schema.columns.get(at)?.data_type)));
        let columns: Vec<Expr> = kept.chain(made).collect();
        Some(project(joined, columns, in_turn(levels), span))
    }
}

/// The first levels by number, with the types of their values.
fn values(levels: &[NestedLevel], count: usize) -> impl Iterator<Item = (usize, ScalarType)> {
    levels.iter().take(count).enumerate().map(|(at, level)| (at, level.of))
}

/// The values of the first levels, as they stand in the rows and in groups of them.
fn value_keys(levels: &[NestedLevel], count: usize, in_rows: usize, in_groups: usize) -> Vec<(Expr, Expr)> {
    values(levels, count)
        .map(|(at, of)| (Expr::column(in_rows + at, of), Expr::column(in_groups + at, of)))
        .collect()
}

/// Value and aggregate of each level in turn.
fn in_turn(levels: &[NestedLevel]) -> impl Iterator<Item = Arc<str>> {
    levels.iter().flat_map(|level| level.names.iter().cloned())
}

/// A name that is not shown.
fn hidden_name(name: &str) -> Arc<str> {
    format!(hidden!("{}"), name).into()
}

fn project(
    input: Arc<Plan>,
    columns: Vec<Expr>,
    names: impl Iterator<Item = Arc<str>>,
    span: Span,
) -> Arc<Plan> {
    let named = names.zip(&columns).map(|(name, expr)| (name, expr.scalar_type()));
    let schema = Schema::new(named.collect::<Vec<_>>());
    Arc::new(Plan::new(Node::Project { input, columns }, schema, span))
}

fn join(
    kind: JoinKind,
    left: &Arc<Plan>,
    right: &Arc<Plan>,
    keys: Vec<(Expr, Expr)>,
    span: Span,
) -> Arc<Plan> {
    let of_left = left.schema.columns.iter().map(|column| (column.name.clone(), column.data_type));
    let of_right = right.schema.columns.iter().filter(|_| kind.gives_right());
    let of_right = of_right.map(|column| (hidden_name(&column.name), column.data_type));
    let schema = Schema::new(of_left.chain(of_right).collect::<Vec<_>>());
    let node = Node::Join { kind, left: left.clone(), right: right.clone(), keys };
    Arc::new(Plan::new(node, schema, span))
}
