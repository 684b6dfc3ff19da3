//! Plan nodes: the relational operators. It must not know how they are executed.

use std::sync::Arc;

use super::Expr;
use crate::column::{Table, Visualization};
use crate::function::{AggregateFunction, PluginCall};
use crate::source::Span;
use crate::types::{ExternalFormat, ScalarType, Schema, Value};

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
        /// How they are written, if the query says it.
        format: Option<ExternalFormat>,
        /// The first record of each location is passed over.
        skips_first: bool,
        /// All columns as they are declared: fields are found by their places.
        declared: Arc<Schema>,
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
        /// What each result column is.
        layout: Vec<UnnestOutput>,
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
        /// What each result column is; new ones are those that the pattern fills.
        layout: Vec<OutputColumn>,
    },
    /// `scan`: the rows that match one of several steps, as often as they match, with columns that the steps fill.
    MatchSteps {
        /// The rows in their order. Some of their columns stand for what steps remember.
        input: Arc<Plan>,
        /// The steps.
        steps: Vec<MatchStep>,
        /// What is remembered of the last row that matched a step.
        state: Vec<StateColumn>,
        /// What the new columns are unless a step fills them, with their types.
        defaults: Vec<(Value, ScalarType)>,
        /// What each result column is; behind the new columns that steps fill is the number of the match.
        layout: Vec<OutputColumn>,
    },
    /// Runs a body over some of the input's rows at a time: `partition`, `mv-apply`. The rows of the runs come one after
    /// the other.
    Apply {
        /// The rows.
        input: Arc<Plan>,
        /// Which rows each run is given.
        runs: RunsOver,
        /// What is done to the rows of a run: a plan over [`Node::Outer`].
        body: Arc<Plan>,
        /// Which scope the rows of a run are.
        scope: usize,
        /// The input's columns that the body is given.
        given: Vec<usize>,
        /// What each result column is: a column of the input, in the first row of the run, or one of the body's.
        layout: Vec<OutputColumn>,
        /// How many runs there may be; more are an error. No limit where there is none.
        max_runs: Option<usize>,
    },
    /// The rows that a run of the enclosing body is given.
    Outer {
        /// Which body's.
        scope: usize,
    },
    /// `evaluate`: what a plugin makes of all rows.
    Plugin {
        /// The rows; a plugin may be a source itself.
        input: Option<Arc<Plan>>,
        /// The tables that the call reads beside them.
        tables: Vec<Arc<Plan>>,
        /// The plugin and its arguments.
        call: Arc<PluginCall>,
        /// The number of its place in the query, where its columns are known only when it runs.
        site: Option<usize>,
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

impl JoinKind {
    /// Whether the left side's columns come out.
    #[must_use]
    pub const fn gives_left(self) -> bool {
        !matches!(self, Self::RightSemi | Self::RightAnti)
    }

    /// Whether the right side's columns come out.
    #[must_use]
    pub const fn gives_right(self) -> bool {
        !matches!(self, Self::LeftSemi | Self::LeftAnti)
    }

    /// As KQL spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InnerUnique => "innerunique",
            Self::Inner => "inner",
            Self::LeftOuter => "leftouter",
            Self::RightOuter => "rightouter",
            Self::FullOuter => "fullouter",
            Self::LeftSemi => "leftsemi",
            Self::RightSemi => "rightsemi",
            Self::LeftAnti => "leftanti",
            Self::RightAnti => "rightanti",
        }
    }
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
    pub data_type: ScalarType,
}

/// What a result column is, of an operator that passes columns of its input on and makes new ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OutputColumn {
    /// The input's column at this place.
    Input(usize),
    /// The new column at this place.
    New(usize),
}

/// A step of [`Node::MatchSteps`].
#[derive(Debug, Clone)]
pub struct MatchStep {
    /// Which rows match it.
    pub condition: Expr,
    /// The new columns that it fills, and with what.
    pub assignments: Vec<(usize, Expr)>,
    /// Which of the rows that match it come out.
    pub output: StepOutput,
}

/// Which of the rows that match a step come out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StepOutput {
    /// All of them.
    All,
    /// Of rows that match it one after the other, in one match, the last one.
    Last,
    /// None.
    None,
}

/// What [`Node::MatchSteps`] remembers of the last row that matched a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StateColumn {
    /// The input's column that stands for it in expressions.
    pub place: usize,
    /// The step.
    pub step: usize,
    /// Which column of the row: one of the input, or a new one.
    pub of: OutputColumn,
}

/// What a result column of [`Node::Unnest`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnnestOutput {
    /// The input's column at this place.
    Input(usize),
    /// The expanded column at this place.
    Item(usize),
    /// The number of the item in its row, from 0.
    ItemIndex,
    /// The number of the input's row, from 0.
    InputRow,
}

/// Which rows each run of a body is given. A run has at least one row.
#[derive(Debug, Clone)]
pub enum RunsOver {
    /// Rows with equal keys, wherever they stand; the runs come in the order of their first rows.
    Keys(Vec<Expr>),
    /// Neighbours with equal keys.
    Adjacent(Vec<Expr>),
}

impl RunsOver {
    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &[Expr] {
        match self {
            Self::Keys(keys) | Self::Adjacent(keys) => keys,
        }
    }

    /// The keys, to be replaced.
    pub fn keys_mut(&mut self) -> &mut Vec<Expr> {
        match self {
            Self::Keys(keys) | Self::Adjacent(keys) => keys,
        }
    }
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
    pub data_type: ScalarType,
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
    /// Pairs of key and value, wherever they stand: each column has the value of the key that it is called after.
    KeyValue(KeyValueRules),
}

/// How pairs of key and value stand in a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyValueRules {
    /// What separates them.
    pub pairs: PairsBy,
    /// What opens and closes a quoted key or value.
    pub quotes: Vec<(char, char)>,
    /// What escapes the character behind it, between quotes.
    pub escapes: Vec<char>,
}

/// What separates keys from values, and pairs from one another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PairsBy {
    /// Texts between pairs, and between key and value; neither is empty.
    Delimiters {
        /// Between pairs.
        pair: String,
        /// Between key and value.
        key: String,
        /// A value without quotes reaches up to the next key.
        greedy: bool,
    },
    /// Whatever is neither letter nor digit.
    Words,
    /// A regular expression of two groups, the key and the value.
    Regex(String),
}

/// The inputs of a node, shared or mutable, and its body if that is asked for.
macro_rules! inputs {
    ($node:expr, $iter:ident, [$($body:ident)?]) => {
        match $node {
            Node::Scan { .. }
            | Node::External { .. }
            | Node::Values { .. }
            | Node::Range { .. }
            | Node::Outer { .. } => Vec::new(),
            Node::Filter { input, .. }
            | Node::Project { input, .. }
            | Node::Aggregate { input, .. }
            | Node::Sort { input, .. }
            | Node::TopN { input, .. }
            | Node::Limit { input, .. }
            | Node::Sample { input, .. }
            | Node::Unnest { input, .. }
            | Node::Parse { input, .. }
            | Node::MatchSteps { input, .. }
            | Node::Visualize { input, .. }
            | Node::Shared { input, .. } => vec![input],
            Node::Apply { input, $($body,)? .. } => vec![input $(, $body)?],
            Node::Plugin { input, tables, .. } => input.$iter().chain(tables.$iter()).collect(),
            Node::Join { left, right, .. } => vec![left, right],
            Node::Union { inputs } => inputs.$iter().collect(),
        }
    };
}

/// The expressions of a node, shared or mutable.
macro_rules! exprs {
    ($node:expr, $iter:ident, $keys:ident) => {
        match $node {
            Node::Scan { .. }
            | Node::External { .. }
            | Node::Values { .. }
            | Node::Union { .. }
            | Node::Outer { .. }
            | Node::Plugin { .. }
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
            Node::MatchSteps { steps, .. } => {
                let exprs = steps.$iter().flat_map(|MatchStep { condition, assignments, .. }| {
                    std::iter::once(condition).chain(assignments.$iter().map(|(_, expr)| expr))
                });
                exprs.collect()
            }
            Node::Apply { runs, .. } => runs.$keys().$iter().collect(),
        }
    };
}

impl Plan {
    /// The plans whose rows flow into the node, in order. The body of an [`Node::Apply`] is not among them: its rows are
    /// those that the node gives, over and over.
    #[must_use]
    pub fn inputs(&self) -> Vec<&Arc<Plan>> {
        inputs!(&self.node, iter, [])
    }

    /// The inputs of the node, to be replaced.
    pub fn inputs_mut(&mut self) -> Vec<&mut Arc<Plan>> {
        inputs!(&mut self.node, iter_mut, [])
    }

    /// The plans below the node, to be walked: its inputs and its body, not the tables in its expressions.
    #[must_use]
    pub fn children(&self) -> Vec<&Arc<Plan>> {
        inputs!(&self.node, iter, [body])
    }

    /// The plans below the node, to be replaced.
    pub fn children_mut(&mut self) -> Vec<&mut Arc<Plan>> {
        inputs!(&mut self.node, iter_mut, [body])
    }

    /// What an [`Node::Apply`] runs over some of its rows.
    #[must_use]
    pub const fn body(&self) -> Option<&Arc<Plan>> {
        if let Node::Apply { body, .. } = &self.node { Some(body) } else { None }
    }

    /// Every expression of the node.
    #[must_use]
    pub fn exprs(&self) -> Vec<&Expr> {
        exprs!(&self.node, iter, keys)
    }

    /// Every expression of the node, to be replaced.
    pub fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        exprs!(&mut self.node, iter_mut, keys_mut)
    }

    /// The node's name, as in the printed tree.
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
            Node::MatchSteps { .. } => "MatchSteps",
            Node::Apply { .. } => "Apply",
            Node::Outer { .. } => "Outer",
            Node::Plugin { .. } => "Plugin",
            Node::Visualize { .. } => "Visualize",
            Node::Shared { .. } => "Shared",
        }
    }
}
