//! The rewrite behind provenance: a node over input rows that have their row ids in a hidden column gives result rows that
//! have them too. A filter keeps the column, a projection passes it on, a join pairs it, an aggregation collects it; the
//! ordinary operators run the node and know nothing of it.

use std::sync::Arc;

use super::collect_row_ids::COLLECT_ROW_IDS;
use crate::column::{Column, NO_ROW, Table};
use crate::diagnostic::Diagnostic;
use crate::function::Result;
use crate::plan::{AggregateExpr, Expr, JoinKind, Node, OutputColumn, Plan, UnnestOutput};
use crate::source::Span;
use crate::types::{ColumnSchema, Dynamic, ScalarType, Value, hidden};

/// The name of the hidden column of row ids, which no query can write.
const ROW_ID: &str = hidden!("row id");

/// Says which input rows each result row of a node was made of. Input rows count from 0.
#[derive(Debug)]
pub(super) enum RowLineage {
    /// The rows begin here: the node has no input.
    Source,
    /// One row of the input. The rows of several inputs are counted one input after the other.
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

impl RowLineage {
    /// Appends the lineage of more rows of the same node. Their inputs' rows are counted from the given numbers on: for a
    /// pair one number for each input, otherwise the first.
    ///
    /// # Errors
    /// The two are lineages of different forms, which is a bug.
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
                let what = format!("the runs of {} have lineages of different forms", node.name());
                return Err(Box::new(Diagnostic::internal(node.span, what)));
            }
        }
        Ok(())
    }

    /// Makes a lineage of the same form, of no rows.
    pub fn emptied(&self) -> Self {
        match self {
            Self::Source => Self::Source,
            Self::Each(_) => Self::Each(Vec::new()),
            Self::Pair(..) => Self::Pair(Vec::new(), Vec::new()),
            Self::Groups { .. } => Self::Groups { starts: vec![0], rows: Vec::new() },
        }
    }

    /// Estimates how many bytes it holds.
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

/// Holds a node over known inputs with row ids, and says where the ids are among its result columns.
pub(super) struct NodeWithRowIds {
    /// The node, to be executed.
    pub plan: Plan,
    ids: RowIdColumns,
}

/// Places the hidden columns among the columns of a node, by what their ids are.
enum RowIdColumns {
    /// There is none: the node has no input.
    None,
    /// A column with one id.
    Each(usize),
    /// A column with the id of the left row, and one with that of the right row.
    Pair(usize, usize),
    /// A column with an array of ids.
    Groups(usize),
}

/// Makes rows the input of a node, with their row ids, counted from `first`, in a hidden last column.
///
/// # Errors
/// The columns of the table are of several lengths, which is a bug.
pub(super) fn values_with_row_ids(table: &Table, first: usize) -> Result<Arc<Plan>> {
    let from = i64::try_from(first).unwrap_or(i64::MAX);
    let to = from.saturating_add(i64::try_from(table.len()).unwrap_or(i64::MAX));
    let visible = table.schema().columns.iter().zip(table.columns());
    let mut columns: Vec<(Arc<str>, Column)> =
        visible.map(|(described, column)| (described.name.clone(), column.clone())).collect();
    columns.push((ROW_ID.into(), Column::longs((from..to).collect())));
    match Table::new(columns) {
        Ok(table) => Ok(values(table)),
        Err(message) => Err(Box::new(Diagnostic::internal(Span::default(), message))),
    }
}

/// Makes known rows a plan.
pub(super) fn values(table: Table) -> Arc<Plan> {
    let schema = Arc::new(table.schema().clone());
    Arc::new(Plan::new(Node::Values { table }, schema, Span::default()))
}

/// Rewrites a node over known inputs so that its rows have row ids: it gives the same rows in the same order, and hidden
/// columns.
///
/// Every node has its line here: a new one does not compile before it is decided how its rows get their ids.
///
/// # Errors
/// The node is one that the trace runs in another way.
pub(super) fn with_row_ids(plan: &Plan, tables: &[&Table]) -> Result<NodeWithRowIds> {
    let width = |at: usize| tables.get(at).map_or(0, |table| table.schema().len());
    let id_of = |at: usize| Expr::column(width(at), ScalarType::Long);
    let (last, span) = (plan.schema.len(), plan.span);
    let mut plan = over(plan, tables)?;
    let ids = match &mut plan.node {
        Node::Scan { .. } | Node::External { .. } | Node::Values { .. } | Node::Range { .. } => {
            RowIdColumns::None
        }
        // These give the input's columns as they are, the last one too.
        Node::Filter { .. }
        | Node::Sort { .. }
        | Node::TopN { .. }
        | Node::Limit { .. }
        | Node::Sample { .. }
        | Node::Union { .. }
        | Node::Visualize { .. }
        | Node::Shared { .. } => RowIdColumns::Each(last),
        Node::Project { columns, .. } => {
            columns.push(id_of(0));
            RowIdColumns::Each(last)
        }
        Node::Unnest { layout, .. } => {
            layout.push(UnnestOutput::Input(width(0)));
            RowIdColumns::Each(last)
        }
        Node::Parse { layout, .. } | Node::MatchSteps { layout, .. } => {
            layout.push(OutputColumn::Input(width(0)));
            RowIdColumns::Each(last)
        }
        // A body is traced node by node, and a plugin says itself which rows its rows come from.
        Node::Apply { .. } | Node::Outer { .. } | Node::Plugin { .. } => {
            let what = format!("{} is not run with row ids", plan.name());
            return Err(Box::new(Diagnostic::internal(span, what)));
        }
        Node::Aggregate { aggregates, .. } => {
            aggregates.push(AggregateExpr {
                function: Arc::new(COLLECT_ROW_IDS.into()),
                arguments: vec![id_of(0)],
                constants: vec![None],
                returns: vec![ScalarType::Dynamic],
                span,
            });
            RowIdColumns::Groups(last)
        }
        Node::Join { kind, .. } => match kind {
            JoinKind::LeftSemi | JoinKind::LeftAnti | JoinKind::RightSemi | JoinKind::RightAnti => {
                RowIdColumns::Each(last)
            }
            JoinKind::InnerUnique
            | JoinKind::Inner
            | JoinKind::LeftOuter
            | JoinKind::RightOuter
            | JoinKind::FullOuter => RowIdColumns::Pair(width(0), last + 1),
        },
    };
    let mut add = |at: usize, data_type: ScalarType| {
        let column = ColumnSchema { name: ROW_ID.into(), data_type };
        Arc::make_mut(&mut plan.schema).columns.insert(at, column);
    };
    match ids {
        RowIdColumns::None => {}
        RowIdColumns::Each(at) => add(at, ScalarType::Long),
        RowIdColumns::Groups(at) => add(at, ScalarType::Dynamic),
        RowIdColumns::Pair(left, right) => {
            add(left, ScalarType::Long);
            add(right, ScalarType::Long);
        }
    }
    Ok(NodeWithRowIds { plan, ids })
}

/// Puts rows with row ids in place of a plan's inputs.
fn over(plan: &Plan, tables: &[&Table]) -> Result<Plan> {
    let mut plan = plan.clone();
    // A union's rows are those of one input after the other: so are their ids.
    let in_turn = matches!(plan.node, Node::Union { .. });
    let mut first = 0;
    for (input, table) in plan.inputs_mut().into_iter().zip(tables) {
        *input = values_with_row_ids(table, first)?;
        if in_turn {
            first += table.len();
        }
    }
    Ok(plan)
}

impl NodeWithRowIds {
    /// Splits the rows that the node gave into those without hidden columns, and their lineage.
    ///
    /// # Errors
    /// A hidden column is missing, which is a bug.
    pub fn split(&self, table: &Table) -> Result<(Table, RowLineage)> {
        let missing = || {
            let what = format!("{} lost its row ids", self.plan.name());
            Box::new(Diagnostic::internal(self.plan.span, what))
        };
        let column = |at: usize| table.columns().get(at).ok_or_else(missing);
        let (hidden, lineage) = match self.ids {
            RowIdColumns::None => (vec![], RowLineage::Source),
            RowIdColumns::Each(at) => (vec![at], RowLineage::Each(ids(column(at)?))),
            RowIdColumns::Pair(left, right) => {
                (vec![left, right], RowLineage::Pair(ids(column(left)?), ids(column(right)?)))
            }
            RowIdColumns::Groups(at) => (vec![at], groups(column(at)?).ok_or_else(missing)?),
        };
        Ok((table.with_columns((0..table.columns().len()).filter(|at| !hidden.contains(at))), lineage))
    }
}

/// Reads a column of ids; a null is [`NO_ROW`].
fn ids(column: &Column) -> Vec<u32> {
    let id = |value: Value| value.as_long().and_then(|row| u32::try_from(row).ok()).unwrap_or(NO_ROW);
    column.values().map(id).collect()
}

/// Reads a column of arrays of ids, which [`COLLECT_ROW_IDS`] gave; `None` if it holds anything else.
fn groups(column: &Column) -> Option<RowLineage> {
    let mut starts = vec![0];
    let mut rows = Vec::new();
    for value in column.values() {
        let Value::Dynamic(ids) = &value else { return None };
        for id in ids.as_array()? {
            let Dynamic::Long(id) = id else { return None };
            rows.push(u32::try_from(*id).ok()?);
        }
        starts.push(u32::try_from(rows.len()).ok()?);
    }
    Some(RowLineage::Groups { starts, rows })
}
