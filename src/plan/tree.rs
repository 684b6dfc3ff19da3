//! Prints plans as trees and expressions as text, for people and tests. It must not know the query's text.

use std::collections::{HashMap, HashSet};
use std::fmt::{self, Write as _};
use std::sync::Arc;

use super::{Expr, Node, OutputColumn, ParseStep, Plan, RunsOver, SortKey, StepOutput, UnnestOutput};
use crate::function::{Category, Semantics};
use crate::types::{Schema, Value, shown};

/// The tree: a line for each operator, its inputs below it. Tables in expressions have numbers and stand below the operator
/// that reads them; what several places read is shown where it is read first.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tree = Tree::default();
        tree.plan(self, 0);
        f.write_str(&tree.out)
    }
}

/// An expression that reads no columns, or with the places of those that it reads.
impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Tree::default().expr(self, &Schema::default()))
    }
}

impl Plan {
    /// What the node's line in the printed tree says after its name.
    #[must_use]
    pub fn details(&self) -> String {
        Tree::default().details(self).trim_start().to_owned()
    }
}

/// Plans as one text, of which parts that they share are shown once.
pub fn trees<'p>(plans: impl IntoIterator<Item = &'p Arc<Plan>>) -> String {
    let mut tree = Tree::default();
    for plan in plans {
        if !tree.out.is_empty() {
            tree.out.push('\n');
        }
        tree.plan(plan, 0);
    }
    tree.out
}

#[derive(Default)]
struct Tree<'p> {
    out: String,
    /// The numbers of tables in expressions, by the addresses of their plans.
    subqueries: HashMap<*const Plan, usize>,
    /// Those that are yet to be shown.
    unseen: Vec<(usize, &'p Plan)>,
    shared: HashSet<usize>,
}

impl<'p> Tree<'p> {
    fn plan(&mut self, plan: &'p Plan, depth: usize) {
        let details = self.details(plan);
        let order = if plan.any_order { ", in any order" } else { "" };
        let seen = matches!(&plan.node, Node::Shared { id, .. } if !self.shared.insert(*id));
        let seen_text = if seen { ", shown above" } else { "" };
        let _ = writeln!(self.out, "{:1$}{2}{details}{order}{seen_text}", "", depth * 2, plan.name());
        for (number, table) in std::mem::take(&mut self.unseen) {
            let _ = writeln!(self.out, "{:1$}table {number}:", "", depth * 2 + 2);
            self.plan(table, depth + 2);
        }
        if seen {
            return;
        }
        for input in plan.inputs() {
            self.plan(input, depth + 1);
        }
        if let Some(body) = plan.body() {
            let _ = writeln!(self.out, "{:1$}body:", "", depth * 2 + 2);
            self.plan(body, depth + 2);
        }
    }

    /// What the line of an operator says after its name.
    fn details(&mut self, plan: &'p Plan) -> String {
        let nothing = Schema::default();
        let inputs = plan.inputs();
        let input = |at: usize| inputs.get(at).map_or(&nothing, |input| &*input.schema);
        let first = input(0);
        match &plan.node {
            Node::Scan { table } => format!(" {table}: {}", listed(&plan.schema)),
            Node::External { locations, .. } => format!(" {}", locations.join(", ")),
            Node::Values { table } => format!(" {} rows", table.len()),
            Node::Range { from, to, step } => {
                let [from, to, step] = [from, to, step].map(|it| self.expr(it, first));
                format!(" {} from {from} to {to} step {step}", plan.schema.names().collect::<String>())
            }
            Node::Filter { conjuncts, .. } => format!(" {}", self.exprs(conjuncts, first, " and ")),
            Node::Project { columns, .. } => {
                let passed_on = passed_on(&plan.schema, columns, first);
                let columns = plan.schema.names().zip(columns).skip(passed_on);
                let columns = columns.map(|(name, expr)| self.named(name, expr, first));
                let all = (passed_on > 0).then(|| "*".to_owned());
                format!(" {}", all.into_iter().chain(columns).collect::<Vec<_>>().join(", "))
            }
            Node::Aggregate { keys, aggregates, .. } => {
                let names: Vec<&str> = plan.schema.names().collect();
                let keys = keys.iter().zip(&names).map(|(key, name)| self.named(name, key, first));
                let keys = keys.collect::<Vec<_>>().join(", ");
                let mut calls = Vec::new();
                let mut at = names.len() - aggregates.iter().map(|it| it.returns.len()).sum::<usize>();
                for it in aggregates {
                    let results = names.get(at..at + it.returns.len()).unwrap_or_default();
                    at += it.returns.len();
                    let arguments = self.exprs(&it.arguments, first, ", ");
                    calls.push(format!("{} = {}({arguments})", results.join(", "), it.function.name));
                }
                match (calls.is_empty(), keys.is_empty()) {
                    (true, _) => format!(" {keys}"),
                    (false, true) => format!(" {}", calls.join(", ")),
                    (false, false) => format!(" {} by {keys}", calls.join(", ")),
                }
            }
            Node::Join { kind, keys, .. } => {
                let right = input(1);
                let keys = keys.iter().map(|(left, of_right)| {
                    format!("{} == {}", self.expr(left, first), self.expr(of_right, right))
                });
                format!(" {} on {}", kind.as_str(), keys.collect::<Vec<_>>().join(", "))
            }
            Node::Sort { keys, .. } => format!(" by {}", self.sort_keys(keys, first)),
            Node::TopN { count, keys, .. } => {
                format!(" {} by {}", self.expr(count, first), self.sort_keys(keys, first))
            }
            Node::Limit { count, .. } | Node::Sample { count, .. } => format!(" {}", self.expr(count, first)),
            Node::Union { inputs } => format!(" of {}", inputs.len()),
            Node::Unnest { columns, layout, limit, .. } => {
                let items: Vec<String> = columns.iter().map(|it| self.expr(&it.expr, first)).collect();
                let described = plan.schema.names().zip(layout).filter_map(|(name, column)| match column {
                    UnnestOutput::Input(_) => None,
                    UnnestOutput::Item(at) => Some(format!("{} = item of {}", shown(name), items.get(*at)?)),
                    UnnestOutput::ItemIndex => Some(format!("{} = number of the item", shown(name))),
                    UnnestOutput::InputRow => Some(format!("{} = number of the row", shown(name))),
                });
                let mut described: Vec<String> = described.collect();
                described.extend(limit.iter().map(|limit| format!("at most {}", self.expr(limit, first))));
                format!(" {}", described.join(", "))
            }
            Node::Parse { text, steps, columns, only_matches, .. } => {
                let steps = steps.iter().map(|step| match step {
                    ParseStep::Text(text) => format!("{text:?}"),
                    ParseStep::Skip => "*".to_owned(),
                    ParseStep::Column(at) => columns.get(*at).map_or_else(String::new, |it| it.name.clone()),
                });
                let steps = steps.collect::<Vec<_>>().join(" ");
                let only = if *only_matches { ", only rows that match" } else { "" };
                format!(" {} with {steps}{only}", self.expr(text, first))
            }
            Node::MatchSteps { steps, state, defaults, .. } => {
                let remembered = state.iter().map(|it| {
                    let of = match it.of {
                        OutputColumn::Input(at) => {
                            first.columns.get(at).map_or("?", |it| &it.name).to_owned()
                        }
                        OutputColumn::New(at) => format!("new {at}"),
                    };
                    let name = first.columns.get(it.place).map_or("?", |it| &it.name);
                    format!("{} = {of} in step {}", shown(name), it.step)
                });
                let mut parts: Vec<String> = remembered.collect();
                for step in steps {
                    let output = match step.output {
                        StepOutput::All => "",
                        StepOutput::Last => ", the last",
                        StepOutput::None => ", none",
                    };
                    let fills = step.assignments.iter().map(|(at, expr)| (at, self.expr(expr, first)));
                    let fills: Vec<String> = fills.map(|(at, text)| format!("new {at} = {text}")).collect();
                    let fills =
                        if fills.is_empty() { String::new() } else { format!(" => {}", fills.join(", ")) };
                    parts.push(format!("{}{fills}{output}", self.expr(&step.condition, first)));
                }
                parts.extend(
                    defaults
                        .iter()
                        .enumerate()
                        .map(|(at, (value, _))| format!("new {at} by default {value}")),
                );
                format!(" {}", parts.join("; "))
            }
            Node::Apply { runs, scope, layout, body, .. } => {
                let how = match runs {
                    RunsOver::Keys(_) => "rows of equal",
                    RunsOver::Adjacent(_) => "neighbours of equal",
                };
                let keys = self.exprs(runs.keys(), first, ", ");
                let column = |(name, column): (&str, &OutputColumn)| {
                    let (from, schema, at) = match column {
                        OutputColumn::Input(at) => ("input", first, at),
                        OutputColumn::New(at) => ("body", &*body.schema, at),
                    };
                    let of = schema.columns.get(*at).map_or("?", |it| &it.name);
                    format!("{} = {from}.{}", shown(name), shown(of))
                };
                let columns: Vec<String> = plan.schema.names().zip(layout).map(column).collect();
                format!(" {scope} to {how} {keys}: {}", columns.join(", "))
            }
            Node::Outer { scope } => {
                format!(" {scope}: {}", listed(&plan.schema))
            }
            Node::Plugin { call, .. } => format!(" {}", call.plugin.name),
            Node::Visualize { visualization, .. } => format!(" {}", visualization.chart),
            Node::Shared { id, .. } => format!(" {id}"),
        }
    }

    fn named(&mut self, name: &str, expr: &'p Expr, input: &Schema) -> String {
        let text = self.expr(expr, input);
        if text == name { text } else { format!("{} = {text}", shown(name)) }
    }

    fn exprs(&mut self, exprs: &'p [Expr], input: &Schema, separator: &str) -> String {
        exprs.iter().map(|expr| self.expr(expr, input)).collect::<Vec<_>>().join(separator)
    }

    fn sort_keys(&mut self, keys: &'p [SortKey], input: &Schema) -> String {
        let key = |key: &'p SortKey| {
            let direction = if key.descending { "desc" } else { "asc" };
            let nulls = if key.nulls_first { "first" } else { "last" };
            format!("{} {direction} nulls {nulls}", self.expr(&key.expr, input))
        };
        keys.iter().map(key).collect::<Vec<_>>().join(", ")
    }

    fn expr(&mut self, expr: &'p Expr, input: &Schema) -> String {
        match expr {
            Expr::Literal { value, .. } => literal(value),
            Expr::Column { index, .. } => match input.columns.get(*index) {
                Some(column) => shown(&column.name).into_owned(),
                None => format!("#{index}"),
            },
            Expr::Parameter { name, .. } => name.to_string(),
            Expr::Outer { scope, index, .. } => format!("outer {scope} #{index}"),
            Expr::Call { function, arguments, .. } => {
                let texts: Vec<String> = arguments.iter().map(|it| self.expr(it, input)).collect();
                let spelling = function.spelling();
                match (function.category, &texts[..]) {
                    (Category::Operator, [..])
                        if matches!(function.semantics, Semantics::And | Semantics::Or) =>
                    {
                        format!("({})", texts.join(&format!(" {spelling} ")))
                    }
                    (Category::Operator, [of, at]) if function.semantics == Semantics::Item => {
                        format!("{of}[{at}]")
                    }
                    (Category::Operator, [of, key]) if function.semantics == Semantics::Member => {
                        format!("{of}.{}", key.trim_matches('"'))
                    }
                    (Category::Operator, [value, list @ ..]) if list.len() > 1 => {
                        format!("({value} {spelling} ({}))", list.join(", "))
                    }
                    (Category::Operator, [left, right]) => format!("({left} {spelling} {right})"),
                    _ => format!("{spelling}({})", texts.join(", ")),
                }
            }
            Expr::Subquery { plan, .. } => format!("toscalar(table {})", self.number(plan)),
            Expr::ListSubquery { plan } => format!("table {}", self.number(plan)),
        }
    }

    fn number(&mut self, plan: &'p Arc<Plan>) -> usize {
        let next = self.subqueries.len() + 1;
        let unseen = &mut self.unseen;
        *self.subqueries.entry(Arc::as_ptr(plan)).or_insert_with(|| {
            unseen.push((next, plan));
            next
        })
    }
}

/// The most columns that a list names one by one.
const MAX_LISTED: usize = 24;

fn listed(schema: &Schema) -> String {
    let mut names: Vec<String> =
        schema.names().take(MAX_LISTED).map(|name| shown(name).into_owned()).collect();
    if schema.len() > MAX_LISTED {
        names.push(format!("… {} more", schema.len() - MAX_LISTED));
    }
    names.join(", ")
}

/// How many columns at the front of a projection are its input's: all of these as they are, or none of them.
fn passed_on(schema: &Schema, columns: &[Expr], input: &Schema) -> usize {
    let is_same = |at: usize| {
        matches!(columns.get(at), Some(Expr::Column { index, .. }) if *index == at)
            && schema.columns.get(at).map(|it| &it.name) == input.columns.get(at).map(|it| &it.name)
    };
    if input.len() > 1 && (0..input.len()).all(is_same) { input.len() } else { 0 }
}

fn literal(value: &Value) -> String {
    match (value, value.as_str()) {
        (_, Some(text)) => format!("{text:?}"),
        (Value::Bool(it), None) => it.to_string(),
        (_, None) if value.is_null() => "null".to_owned(),
        (_, None) => value.to_string(),
    }
}
