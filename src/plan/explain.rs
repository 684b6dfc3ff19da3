//! Prints plans as a tree and expressions as text, for people and tests. It must not know the query's text.

use std::fmt;

use super::{Expr, Node, OutputColumn, Plan, RunsOver, SortKey};

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_tree(f, 0)
    }
}

impl Plan {
    fn write_tree(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        write!(f, "{:1$}{2}", "", depth * 2, self.name())?;
        match &self.node {
            Node::Scan { table } => write!(f, " {table}")?,
            Node::External { locations } => write!(f, " {}", locations.join(", "))?,
            Node::Values { table } => write!(f, " {} rows", table.len())?,
            Node::Range { from, to, step } => write!(f, " from {from} to {to} step {step}")?,
            Node::Filter { conjuncts, .. } => write!(f, " {}", join(conjuncts, " and "))?,
            Node::Project { columns, .. } => {
                for (at, (name, expr)) in self.schema.names().zip(columns).enumerate() {
                    write!(f, "{} {name} = {expr}", if at == 0 { "" } else { "," })?;
                }
            }
            Node::Aggregate { keys, aggregates, .. } => {
                let calls = aggregates
                    .iter()
                    .map(|it| format!("{}({})", it.function.name, join(&it.arguments, ", ")));
                write!(f, " {}", calls.collect::<Vec<_>>().join(", "))?;
                if !keys.is_empty() {
                    write!(f, " by {}", join(keys, ", "))?;
                }
            }
            Node::Join { kind, keys, .. } => {
                let keys = keys.iter().map(|(left, right)| format!("{left} == {right}"));
                write!(f, " {kind:?} on {}", keys.collect::<Vec<_>>().join(", "))?;
            }
            Node::Sort { keys, .. } => write!(f, " {}", join(keys, ", "))?,
            Node::TopN { count, keys, .. } => write!(f, " {count} by {}", join(keys, ", "))?,
            Node::Limit { count, .. } | Node::Sample { count, .. } => write!(f, " {count}")?,
            Node::Unnest { columns, .. } => {
                write!(
                    f,
                    " {}",
                    columns.iter().map(|it| it.expr.to_string()).collect::<Vec<_>>().join(", ")
                )?;
            }
            Node::Parse { text, columns, .. } => {
                let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
                write!(f, " {text} into {}", names.join(", "))?;
            }
            Node::Apply { runs, scope, layout, .. } => {
                let runs_over = match runs {
                    RunsOver::Keys(_) => "by",
                    RunsOver::Adjacent(_) => "by neighbours of",
                };
                write!(f, " {scope} {runs_over} {}", join(runs.keys(), ", "))?;
                let columns: Vec<String> = self.schema.names().zip(layout).map(described).collect();
                write!(f, ": {}", columns.join(", "))?;
            }
            Node::Outer { scope } => write!(f, " {scope}")?,
            Node::Plugin { call, .. } => write!(f, " {}", call.plugin.name)?,
            Node::Visualize { visualization, .. } => write!(f, " {}", visualization.chart)?,
            Node::Shared { id, .. } => write!(f, " {id}")?,
            Node::Union { .. } => {}
        }
        writeln!(f, "{}", if self.any_order { ", in any order" } else { "" })?;
        self.children().into_iter().try_for_each(|child| child.write_tree(f, depth + 1))
    }
}

/// A column of an operator that runs a body, and where it comes from.
fn described((name, column): (&str, &OutputColumn)) -> String {
    match column {
        OutputColumn::Input(at) => format!("{name} = #{at}"),
        OutputColumn::New(at) => format!("{name} = body #{at}"),
    }
}

fn join<T: fmt::Display>(items: &[T], separator: &str) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(separator)
}

impl fmt::Display for SortKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = if self.descending { "desc" } else { "asc" };
        let nulls = if self.nulls_first { "first" } else { "last" };
        write!(f, "{} {direction} nulls {nulls}", self.expr)
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal { value, .. } => match value.as_str() {
                Some(text) => write!(f, "{text:?}"),
                None if value.is_null() => f.write_str("null"),
                None => write!(f, "{value}"),
            },
            Self::Column { index, .. } => write!(f, "#{index}"),
            Self::Parameter { name, .. } => write!(f, "{name}"),
            Self::Outer { scope, index, .. } => write!(f, "outer {scope} #{index}"),
            Self::Call { function, arguments, .. } => {
                let operator = function.category == crate::function::Category::Operator;
                match arguments.as_slice() {
                    [left, right] if operator => write!(f, "({left} {} {right})", function.name),
                    _ => write!(f, "{}({})", function.name, join(arguments, ", ")),
                }
            }
            Self::Subquery { .. } => f.write_str("toscalar(…)"),
            Self::ListSubquery { .. } => f.write_str("(…)"),
        }
    }
}
