//! Plan nodes: the relational operators. It must not know how they are executed.

use std::sync::Arc;

use super::Expr;
use crate::column::{Table, Visualization};
use crate::function::AggregateFunction;
use crate::source::Span;
use crate::types::{ScalarType, Schema, Value};

/// A node with the columns that it gives.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What is done. Only the expressions of a projection may look at other rows: it gets all of them.
    pub node: Node,
    /// The result's columns; shared, since most rewrites leave them as they are.
    pub schema: Arc<Schema>,
    /// The operator's place in the query; empty for nodes that no operator stands for.
    pub span: Span,
    /// Nobody sees the order of the rows: they may come in whatever order is found first.
    pub any_order: bool,
}

impl Plan {
    /// A node whose rows are seen in their order.
    pub fn new(node: Node, schema: impl Into<Arc<Schema>>, span: Span) -> Self {
        Self { node, schema: schema.into(), span, any_order: false }
    }
}

/// What is done to the inputs.
#[derive(Debug, Clone)]
pub enum Node {
    /// The rows of a table of the database, in the schema's column order.
    Scan {
        /// The table's name.
        table: String,
    },
    /// The rows of external data that the caller provides under one of these locations.
    External {
        /// The locations; the rows of all of them come one after the other.
        locations: Vec<String>,
    },
    /// Known rows: `datatable`, `print`, `getschema`.
    Values {
        /// The rows.
        table: Table,
    },
    /// `range`: `from`, `from + step` … up to `to`, inclusive. The expressions read no columns.
    Range {
        /// The first value.
        from: Expr,
        /// The last value.
        to: Expr,
        /// The step.
        step: Expr,
    },
    /// The rows for which every conjunct is true.
    Filter {
        /// The rows.
        input: Arc<Plan>,
        /// Bool expressions.
        conjuncts: Vec<Expr>,
    },
    /// New columns from each row; also what `extend` becomes. Window functions see the rows in their order.
    Project {
        /// The rows.
        input: Arc<Plan>,
        /// One expression for each column of the schema.
        columns: Vec<Expr>,
    },
    /// Groups of rows: the keys, then the results of the aggregates. Without aggregates: the distinct keys.
    Aggregate {
        /// The rows.
        input: Arc<Plan>,
        /// The keys; without any, all rows are one group, which is there also for no rows.
        keys: Vec<Expr>,
        /// The aggregates.
        aggregates: Vec<AggregateExpr>,
    },
    /// Pairs of rows with equal keys: all columns of the left side, then all of the right one. Semi and anti joins
    /// give the columns of their one side. Null keys are equal.
    Join {
        /// The kind.
        kind: JoinKind,
        /// The left side.
        left: Arc<Plan>,
        /// The right side.
        right: Arc<Plan>,
        /// For each key the left side's expression and the right side's, of one type.
        keys: Vec<(Expr, Expr)>,
    },
    /// All rows, ordered. Equal rows keep their order.
    Sort {
        /// The rows.
        input: Arc<Plan>,
        /// The keys, most significant first.
        keys: Vec<SortKey>,
    },
    /// The first rows in an order.
    TopN {
        /// The rows.
        input: Arc<Plan>,
        /// How many; reads no columns.
        count: Expr,
        /// The keys.
        keys: Vec<SortKey>,
    },
    /// The first rows.
    Limit {
        /// The rows.
        input: Arc<Plan>,
        /// How many; reads no columns.
        count: Expr,
    },
    /// Some rows, chosen at random.
    Sample {
        /// The rows.
        input: Arc<Plan>,
        /// How many; reads no columns.
        count: Expr,
    },
    /// The rows of all inputs, which have this node's columns.
    Union {
        /// The inputs.
        inputs: Vec<Arc<Plan>>,
    },
    /// `mv-expand`: a row for each item of the expanded columns, side by side.
    Unnest {
        /// The rows.
        input: Arc<Plan>,
        /// The expanded columns.
        columns: Vec<UnnestColumn>,
        /// For each result column: `Ok(place in the input)` or `Err(place in columns)`; the item's number is
        /// `Err(columns.len())`.
        layout: Vec<Result<usize, usize>>,
        /// What becomes of property bags.
        kind: UnnestKind,
        /// The most rows that one row gives; reads no columns.
        limit: Option<Expr>,
    },
    /// `parse`: new columns from a text by a pattern, after or in place of the input's columns.
    Parse {
        /// The rows.
        input: Arc<Plan>,
        /// The text.
        text: Expr,
        /// The pattern.
        steps: Vec<ParseStep>,
        /// The columns that the pattern fills, in order.
        columns: Vec<ParseColumn>,
        /// How the pattern is read.
        kind: ParseKind,
        /// Rows that do not match are left out (`parse-where`).
        only_matches: bool,
        /// For each result column: `Ok(place in the input)` or `Err(place in columns)`.
        layout: Vec<Result<usize, usize>>,
    },
    /// The rows as they are, with a chart to be drawn of them.
    Visualize {
        /// The rows.
        input: Arc<Plan>,
        /// The chart.
        visualization: Visualization,
    },
    /// Rows that several places of the query read: computed once a run.
    Shared {
        /// The rows.
        input: Arc<Plan>,
        /// Which of the query's shared parts it is.
        id: usize,
    },
}

/// One aggregate of an [`Node::Aggregate`].
#[derive(Debug, Clone)]
pub struct AggregateExpr {
    /// The function.
    pub function: Arc<AggregateFunction>,
    /// The arguments, over the input's columns.
    pub arguments: Vec<Expr>,
    /// The arguments' values, where they are constant.
    pub constants: Vec<Option<Value>>,
    /// The types of its result columns.
    pub returns: Vec<ScalarType>,
    /// Its place in the query.
    pub span: Span,
}

/// The kinds of join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "named after their KQL spelling")]
pub enum JoinKind {
    InnerUnique,
    Inner,
    LeftOuter,
    RightOuter,
    FullOuter,
    LeftSemi,
    RightSemi,
    LeftAnti,
    RightAnti,
}

/// A key of a sort.
#[derive(Debug, Clone)]
pub struct SortKey {
    /// The key.
    pub expr: Expr,
    /// Large before small.
    pub descending: bool,
    /// Nulls before values.
    pub nulls_first: bool,
}

/// An expanded column of [`Node::Unnest`].
#[derive(Debug, Clone)]
pub struct UnnestColumn {
    /// The dynamic value.
    pub expr: Expr,
    /// The items' type: dynamic, or what `to typeof(…)` names.
    pub kind: ScalarType,
}

/// What `mv-expand` makes of property bags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnnestKind {
    /// Bags of one key.
    Bag,
    /// Arrays of key and value.
    Array,
}

/// A part of a `parse` pattern.
#[derive(Debug, Clone)]
pub enum ParseStep {
    /// Text that must be there (a regular expression in the regex kind).
    Text(String),
    /// Anything.
    Skip,
    /// Fills the column at this place of the node's columns.
    Column(usize),
}

/// A column that `parse` fills.
#[derive(Debug, Clone)]
pub struct ParseColumn {
    /// The name.
    pub name: String,
    /// The type.
    pub kind: ScalarType,
}

/// How a `parse` pattern is read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ParseKind {
    /// Texts are texts; a value that is not of its type fails the row.
    Simple,
    /// Texts are texts; a value that is not of its type is null.
    Relaxed,
    /// Texts are regular expressions, with these flags.
    Regex(String),
}

/// The inputs of a node, shared or mutable.
macro_rules! inputs {
    ($node:expr, $iter:ident) => {
        match $node {
            Node::Scan { .. } | Node::External { .. } | Node::Values { .. } | Node::Range { .. } => {
                Vec::new()
            }
            Node::Filter { input, .. }
            | Node::Project { input, .. }
            | Node::Aggregate { input, .. }
            | Node::Sort { input, .. }
            | Node::TopN { input, .. }
            | Node::Limit { input, .. }
            | Node::Sample { input, .. }
            | Node::Unnest { input, .. }
            | Node::Parse { input, .. }
            | Node::Visualize { input, .. }
            | Node::Shared { input, .. } => vec![input],
            Node::Join { left, right, .. } => vec![left, right],
            Node::Union { inputs } => inputs.$iter().collect(),
        }
    };
}

/// The expressions of a node, shared or mutable.
macro_rules! exprs {
    ($node:expr, $iter:ident) => {
        match $node {
            Node::Scan { .. }
            | Node::External { .. }
            | Node::Values { .. }
            | Node::Union { .. }
            | Node::Visualize { .. }
            | Node::Shared { .. } => Vec::new(),
            Node::Range { from, to, step } => vec![from, to, step],
            Node::Filter { conjuncts, .. } => conjuncts.$iter().collect(),
            Node::Project { columns, .. } => columns.$iter().collect(),
            Node::Aggregate { keys, aggregates, .. } => {
                keys.$iter().chain(aggregates.$iter().flat_map(|it| it.arguments.$iter())).collect()
            }
            Node::Join { keys, .. } => keys.$iter().flat_map(|(left, right)| [left, right]).collect(),
            Node::Sort { keys, .. } => keys.$iter().map(|SortKey { expr, .. }| expr).collect(),
            Node::TopN { count, keys, .. } => {
                std::iter::once(count).chain(keys.$iter().map(|SortKey { expr, .. }| expr)).collect()
            }
            Node::Limit { count, .. } | Node::Sample { count, .. } => vec![count],
            Node::Unnest { columns, limit, .. } => {
                columns.$iter().map(|UnnestColumn { expr, .. }| expr).chain(limit).collect()
            }
            Node::Parse { text, .. } => vec![text],
        }
    };
}

impl Plan {
    /// The inputs of the node.
    #[must_use]
    pub fn inputs(&self) -> Vec<&Arc<Plan>> {
        inputs!(&self.node, iter)
    }

    /// The inputs of the node, to be replaced.
    pub fn inputs_mut(&mut self) -> Vec<&mut Arc<Plan>> {
        inputs!(&mut self.node, iter_mut)
    }

    /// Every expression of the node.
    #[must_use]
    pub fn exprs(&self) -> Vec<&Expr> {
        exprs!(&self.node, iter)
    }

    /// Every expression of the node, to be replaced.
    pub fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        exprs!(&mut self.node, iter_mut)
    }

    /// The node's name, as in the explain tree.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match &self.node {
            Node::Scan { .. } => "Scan",
            Node::External { .. } => "External",
            Node::Values { .. } => "Values",
            Node::Range { .. } => "Range",
            Node::Filter { .. } => "Filter",
            Node::Project { .. } => "Project",
            Node::Aggregate { aggregates, .. } if aggregates.is_empty() => "Distinct",
            Node::Aggregate { .. } => "Aggregate",
            Node::Join { .. } => "Join",
            Node::Sort { .. } => "Sort",
            Node::TopN { .. } => "TopN",
            Node::Limit { .. } => "Limit",
            Node::Sample { .. } => "Sample",
            Node::Union { .. } => "Union",
            Node::Unnest { .. } => "Unnest",
            Node::Parse { .. } => "Parse",
            Node::Visualize { .. } => "Visualize",
            Node::Shared { .. } => "Shared",
        }
    }
}
