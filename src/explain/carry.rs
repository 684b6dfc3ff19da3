//! The rewrite behind provenance: a node whose input rows carry their numbers in a hidden column, and whose result rows
//! carry them on. Filters keep the column, projections pass it on, joins pair it, aggregates collect it; the ordinary
//! operators run the node and know nothing of it.
//! It must not know how a node is executed.

use std::sync::Arc;

use super::collect::COLLECT_ROWS;
use crate::column::{Column, NO_ROW, Table};
use crate::diagnostic::Diagnostic;
use crate::function::Result;
use crate::plan::{AggregateExpr, Expr, JoinKind, Node, OutputColumn, Plan, UnnestOutput};
use crate::source::Span;
use crate::types::{ColumnSchema, Dynamic, ScalarType, Value};

/// The name of a hidden column; no query can write it.
const HIDDEN: &str = "\u{0}row";

/// Which input rows each result row of a node came from. Input rows are counted from 0.
#[derive(Debug)]
pub(super) enum Lineage {
    /// There are no inputs: the rows begin here.
    Source,
    /// One row of the input; the rows of several inputs are counted one input after the other.
    Each(Vec<u32>),
    /// One row of the left input and one of the right one; [`NO_ROW`] where an outer join found none.
    Pair(Vec<u32>, Vec<u32>),
    /// All rows of a group: those of group `g` are `rows[starts[g]..starts[g + 1]]`.
    Groups {
        /// One more than there are groups.
        starts: Vec<u32>,
        /// The rows, group by group.
        rows: Vec<u32>,
    },
}

impl Lineage {
    /// The lineage of rows that come after these, over inputs whose rows are counted from these numbers on: for a pair one
    /// of each input, otherwise the first.
    pub fn append(&mut self, other: Self, first: &[usize], node: &Plan) -> Result<()> {
        let first = |at: usize| first.get(at).copied().unwrap_or(0);
        let moved = |rows: Vec<u32>, by: usize| {
            let by = u32::try_from(by).unwrap_or(NO_ROW);
            rows.into_iter().map(move |row| if row == NO_ROW { NO_ROW } else { row.saturating_add(by) })
        };
        match (self, other) {
            (Self::Source, Self::Source) => {}
            (Self::Each(own), Self::Each(rows)) => own.extend(moved(rows, first(0))),
            (Self::Pair(left, right), Self::Pair(of_left, of_right)) => {
                left.extend(moved(of_left, first(0)));
                right.extend(moved(of_right, first(1)));
            }
            (Self::Groups { starts, rows }, Self::Groups { starts: of_groups, rows: others }) => {
                let before = u32::try_from(rows.len()).unwrap_or(u32::MAX);
                rows.extend(moved(others, first(0)));
                starts.extend(of_groups.into_iter().skip(1).map(|start| start.saturating_add(before)));
            }
            (Self::Source | Self::Each(_) | Self::Pair(..) | Self::Groups { .. }, _) => {
                let what = format!("the runs of {} tell in different ways where rows came from", node.name());
                return Err(Box::new(Diagnostic::internal(node.span, what)));
            }
        }
        Ok(())
    }

    /// The same kind of lineage, of no rows.
    pub fn emptied(&self) -> Self {
        match self {
            Self::Source => Self::Source,
            Self::Each(_) => Self::Each(Vec::new()),
            Self::Pair(..) => Self::Pair(Vec::new(), Vec::new()),
            Self::Groups { .. } => Self::Groups { starts: vec![0], rows: Vec::new() },
        }
    }

    /// About how many bytes it holds.
    pub fn byte_size(&self) -> usize {
        let rows = match self {
            Self::Source => 0,
            Self::Each(rows) => rows.len(),
            Self::Pair(left, right) => left.len() + right.len(),
            Self::Groups { starts, rows } => starts.len() + rows.len(),
        };
        rows * size_of::<u32>()
    }
}

/// A node over inputs that are known, with the hidden columns that came out of it.
pub(super) struct Carried {
    /// To be executed.
    pub plan: Plan,
    /// Where the hidden columns are among its columns, and what they hold.
    hidden: Hidden,
}

enum Hidden {
    None,
    Each(usize),
    Pair(usize, usize),
    Groups(usize),
}

/// Rows as an input that carries their numbers, counted from `first`, in a hidden last column.
pub(super) fn numbered(table: &Table, first: usize) -> Arc<Plan> {
    let from = i64::try_from(first).unwrap_or(i64::MAX);
    let to = from.saturating_add(i64::try_from(table.len()).unwrap_or(i64::MAX));
    let visible = table.schema().columns.iter().zip(table.columns());
    let mut columns: Vec<(Arc<str>, Column)> =
        visible.map(|(described, column)| (described.name.clone(), column.clone())).collect();
    columns.push((HIDDEN.into(), Column::longs((from..to).collect())));
    // The columns are of one length, since they are of one table.
    values(Table::new(columns).unwrap_or_default())
}

/// Known rows as a plan.
pub(super) fn values(table: Table) -> Arc<Plan> {
    let schema = Arc::new(table.schema().clone());
    Arc::new(Plan::new(Node::Values { table }, schema, Span::default()))
}

/// The node of a plan over inputs that carry row numbers: it gives the same rows in the same order, and hidden columns.
///
/// Every node has its line here: a new one does not compile before it is decided how it carries rows on.
///
/// # Errors
/// The node is one that the trace runs in another way.
pub(super) fn carry(plan: &Plan, tables: &[&Table]) -> Result<Carried> {
    let width = |at: usize| tables.get(at).map_or(0, |table| table.schema().len());
    let hidden = |at: usize| Expr::column(width(at), ScalarType::Long);
    let (last, span) = (plan.schema.len(), plan.span);
    let mut plan = over(plan, tables);
    let hidden_columns = match &mut plan.node {
        Node::Scan { .. } | Node::External { .. } | Node::Values { .. } | Node::Range { .. } => Hidden::None,
        // These give the input's columns as they are, the last one too.
        Node::Filter { .. }
        | Node::Sort { .. }
        | Node::TopN { .. }
        | Node::Limit { .. }
        | Node::Sample { .. }
        | Node::Union { .. }
        | Node::Visualize { .. }
        | Node::Shared { .. } => Hidden::Each(last),
        Node::Project { columns, .. } => {
            columns.push(hidden(0));
            Hidden::Each(last)
        }
        Node::Unnest { layout, .. } => {
            layout.push(UnnestOutput::Input(width(0)));
            Hidden::Each(last)
        }
        Node::Parse { layout, .. } => {
            layout.push(OutputColumn::Input(width(0)));
            Hidden::Each(last)
        }
        // A body is traced node by node, and a plugin says itself which rows its rows come from.
        Node::Apply { .. } | Node::Outer { .. } | Node::Plugin { .. } => {
            let what = format!("{} does not carry the numbers of rows", plan.name());
            return Err(Box::new(Diagnostic::internal(span, what)));
        }
        Node::Aggregate { aggregates, .. } => {
            aggregates.push(AggregateExpr {
                function: Arc::new(COLLECT_ROWS.into()),
                arguments: vec![hidden(0)],
                constants: vec![None],
                returns: vec![ScalarType::Dynamic],
                span,
            });
            Hidden::Groups(last)
        }
        Node::Join { kind, .. } => match kind {
            JoinKind::LeftSemi | JoinKind::LeftAnti | JoinKind::RightSemi | JoinKind::RightAnti => {
                Hidden::Each(last)
            }
            JoinKind::InnerUnique
            | JoinKind::Inner
            | JoinKind::LeftOuter
            | JoinKind::RightOuter
            | JoinKind::FullOuter => Hidden::Pair(width(0), last + 1),
        },
    };
    let mut add = |at: usize, kind: ScalarType| {
        let column = ColumnSchema { name: HIDDEN.into(), kind };
        Arc::make_mut(&mut plan.schema).columns.insert(at, column);
    };
    match hidden_columns {
        Hidden::None => {}
        Hidden::Each(at) => add(at, ScalarType::Long),
        Hidden::Groups(at) => add(at, ScalarType::Dynamic),
        Hidden::Pair(left, right) => {
            add(left, ScalarType::Long);
            add(right, ScalarType::Long);
        }
    }
    Ok(Carried { plan, hidden: hidden_columns })
}

/// The plan with numbered rows in place of its inputs.
fn over(plan: &Plan, tables: &[&Table]) -> Plan {
    let mut plan = plan.clone();
    // A union's rows are those of one input after the other: so are their numbers.
    let in_turn = matches!(plan.node, Node::Union { .. });
    let mut first = 0;
    for (input, table) in plan.inputs_mut().into_iter().zip(tables) {
        *input = numbered(table, first);
        if in_turn {
            first += table.len();
        }
    }
    plan
}

impl Carried {
    /// Takes the hidden columns out of the rows that the node gave.
    pub fn split(&self, table: &Table) -> (Table, Lineage) {
        let taken: &[usize] = match &self.hidden {
            Hidden::None => &[],
            Hidden::Each(at) | Hidden::Groups(at) => &[*at],
            Hidden::Pair(left, right) => &[*left, *right],
        };
        let column = |at: usize| table.columns().get(at);
        let lineage = match self.hidden {
            Hidden::None => Lineage::Source,
            Hidden::Each(at) => Lineage::Each(column(at).map(numbers).unwrap_or_default()),
            Hidden::Pair(left, right) => Lineage::Pair(
                column(left).map(numbers).unwrap_or_default(),
                column(right).map(numbers).unwrap_or_default(),
            ),
            Hidden::Groups(at) => column(at).map(groups).unwrap_or(Lineage::Source),
        };
        (table.with_columns((0..table.columns().len()).filter(|at| !taken.contains(at))), lineage)
    }
}

fn numbers(column: &Column) -> Vec<u32> {
    let number = |value: Value| value.as_long().and_then(|row| u32::try_from(row).ok()).unwrap_or(NO_ROW);
    column.values().map(number).collect()
}

fn groups(column: &Column) -> Lineage {
    let mut starts = vec![0];
    let mut rows = Vec::new();
    for value in column.values() {
        if let Value::Dynamic(value) = &value {
            let numbers = value.as_array().unwrap_or_default().iter().filter_map(|item| match item {
                Dynamic::Long(row) => u32::try_from(*row).ok(),
                _ => None,
            });
            rows.extend(numbers);
        }
        starts.push(u32::try_from(rows.len()).unwrap_or(u32::MAX));
    }
    Lineage::Groups { starts, rows }
}
