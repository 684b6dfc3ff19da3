//! The tabular operators of the syntax tree, under KQL's own names.

use super::{
    At, Expression, FunctionCall, Literal, Name, NameAndType, NamedParameter, PipeExpression, TypeName,
};
use crate::source::Span;

macro_rules! operators {
    ($($(#[$doc:meta])* $name:ident($inner:ty) $text:literal;)*) => {
        /// A tabular operator.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum QueryOperator {
            $($(#[$doc])* $name($inner),)*
        }

        impl QueryOperator {
            /// The names of all operators.
            #[cfg(test)]
            pub const NAMES: &'static [&'static str] = &[$($text),*];

            /// The operator's name, whichever spelling the query has.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => $text,)* }
            }

            /// Where the operator stands: from its keyword to its end.
            #[must_use]
            pub fn span(&self) -> Span {
                match self { $(Self::$name(it) => it.at.0,)* }
            }

            /// The place of the keyword.
            #[must_use]
            pub fn keyword_span(&self) -> Span {
                match self { $(Self::$name(it) => it.keyword_at.0,)* }
            }
        }
    };
}

operators! {
    /// `as name`
    As(AsOperator) "as";
    /// `assert-schema (…)`
    AssertSchema(AssertSchemaOperator) "assert-schema";
    /// `consume`
    Consume(BareOperator) "consume";
    /// `count [as name]`
    Count(CountOperator) "count";
    /// `distinct …`
    Distinct(DistinctOperator) "distinct";
    /// `evaluate plugin(…)`
    Evaluate(EvaluateOperator) "evaluate";
    /// `execute-and-cache`
    ExecuteAndCache(BareOperator) "__executeAndCache";
    /// `extend …`
    Extend(ExtendOperator) "extend";
    /// `facet by … with …`
    Facet(FacetOperator) "facet";
    /// `find …`
    Find(FindOperator) "find";
    /// `fork …`
    Fork(ForkOperator) "fork";
    /// `getschema`
    GetSchema(BareOperator) "getschema";
    /// `graph-mark-components`
    GraphMarkComponents(GraphMarkComponentsOperator) "graph-mark-components";
    /// `graph-match …`
    GraphMatch(GraphMatchOperator) "graph-match";
    /// `graph-shortest-paths …`
    GraphShortestPaths(GraphMatchOperator) "graph-shortest-paths";
    /// `graph-to-table …`
    GraphToTable(GraphToTableOperator) "graph-to-table";
    /// `graph-where-edges …`
    GraphWhereEdges(GraphWhereOperator) "graph-where-edges";
    /// `graph-where-nodes …`
    GraphWhereNodes(GraphWhereOperator) "graph-where-nodes";
    /// `inline_external_table (…) …`
    InlineExternalTable(InlineExternalTableOperator) "inline_external_table";
    /// `invoke f(…)`
    Invoke(InvokeOperator) "invoke";
    /// `join …`
    Join(JoinOperator) "join";
    /// `lookup …`
    Lookup(LookupOperator) "lookup";
    /// `macro-expand …`
    MacroExpand(MacroExpandOperator) "macro-expand";
    /// `make-graph …`
    MakeGraph(MakeGraphOperator) "make-graph";
    /// `make-series …`
    MakeSeries(MakeSeriesOperator) "make-series";
    /// `mv-apply …`
    MvApply(MvApplyOperator) "mv-apply";
    /// `mv-expand …`
    MvExpand(MvExpandOperator) "mv-expand";
    /// `parse …`
    Parse(ParseOperator) "parse";
    /// `parse-where …`
    ParseWhere(ParseOperator) "parse-where";
    /// `parse-kv …`
    ParseKv(ParseKvOperator) "parse-kv";
    /// `partition …`, `__partitionby …`
    Partition(PartitionOperator) "partition";
    /// `print …`
    Print(PrintOperator) "print";
    /// `project …`
    Project(ProjectOperator) "project";
    /// `project-away …`
    ProjectAway(ProjectOperator) "project-away";
    /// `project-by-names …`
    ProjectByNames(ProjectOperator) "project-by-names";
    /// `project-keep …`
    ProjectKeep(ProjectOperator) "project-keep";
    /// `project-rename …`
    ProjectRename(ProjectOperator) "project-rename";
    /// `project-reorder …`
    ProjectReorder(ProjectReorderOperator) "project-reorder";
    /// `range x from a to b step c`
    Range(RangeOperator) "range";
    /// `reduce by …`
    Reduce(ReduceOperator) "reduce";
    /// `render …`
    Render(RenderOperator) "render";
    /// `sample n`
    Sample(TakeOperator) "sample";
    /// `sample-distinct n of x`
    SampleDistinct(SampleDistinctOperator) "sample-distinct";
    /// `scan …`
    Scan(ScanOperator) "scan";
    /// `search …`
    Search(SearchOperator) "search";
    /// `serialize …`
    Serialize(ExtendOperator) "serialize";
    /// `sort by …`, `order by …`
    Sort(SortOperator) "sort";
    /// `summarize …`
    Summarize(SummarizeOperator) "summarize";
    /// `take n`, `limit n`
    Take(TakeOperator) "take";
    /// `top n by x`
    Top(TopOperator) "top";
    /// `top-hitters n of x`
    TopHitters(TopHittersOperator) "top-hitters";
    /// `top-nested …`
    TopNested(TopNestedOperator) "top-nested";
    /// `union …`
    Union(UnionOperator) "union";
    /// `where …`, `filter …`
    Where(WhereOperator) "where";
    /// What follows a pipe but is no operator; an error speaks of it already.
    Missing(MissingOperator) "a missing operator";
}

macro_rules! operator_structs {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq, Hash)]
            pub struct $name {
                $($(#[$field_doc])* pub $field: $kind,)*
                /// The keyword's place.
                pub keyword_at: At,
                /// The operator's place.
                pub at: At,
            }
        )*
    };
}

operator_structs! {
    /// An operator of one word, with parameters at most.
    BareOperator {
        /// Its parameters.
        parameters: Vec<NamedParameter>,
    }
    /// `as [hint.materialized=true] name`
    AsOperator {
        /// Its parameters.
        parameters: Vec<NamedParameter>,
        /// The name for the rows so far.
        name: Name,
    }
    /// `assert-schema (a: long, …)`
    AssertSchemaOperator {
        /// The columns.
        schema: Vec<NameAndType>,
    }
    /// `count [as name]`
    CountOperator {
        /// Its parameters.
        parameters: Vec<NamedParameter>,
        /// The result column's name.
        name: Option<Name>,
    }
    /// `distinct a, b` or `distinct *`
    DistinctOperator {
        /// Its parameters.
        parameters: Vec<NamedParameter>,
        /// The columns.
        columns: Vec<Expression>,
    }
    /// `evaluate [hints] plugin(…) [: (schema)]`
    EvaluateOperator {
        /// Its parameters.
        parameters: Vec<NamedParameter>,
        /// The plugin call.
        call: FunctionCall,
        /// The declared result columns; `star` in front stands for the input's columns.
        schema: Option<EvaluateSchema>,
    }
    /// `extend a = b, …`, also `serialize`
    ExtendOperator {
        /// Its parameters.
        parameters: Vec<NamedParameter>,
        /// The columns.
        columns: Vec<Expression>,
    }
    /// `facet by a, b [with (…)]`
    FacetOperator {
        /// The columns.
        columns: Vec<Expression>,
        /// One operator or a parenthesised pipeline.
        with: Option<PipeExpression>,
    }
    /// `find [parameters] [in (tables)] where predicate [project … | project-smart] [project-away …]`
    FindOperator {
        /// Its parameters.
        parameters: Vec<NamedParameter>,
        /// The tables.
        tables: Vec<Expression>,
        /// The predicate.
        predicate: Expression,
        /// `where` was written.
        where_keyword: bool,
        /// `project a, b: string, pack(*)`; none where it is left out.
        project: Option<Vec<FindColumn>>,
        /// `project-smart`
        smart: bool,
        /// `__projectAway …`
        away: Vec<FindColumn>,
    }
    /// `fork [name =] (…) …`
    ForkOperator {
        /// The branches.
        branches: Vec<ForkBranch>,
    }
    /// `graph-mark-components [kind=…] [with_component_id=name]`
    GraphMarkComponentsOperator {
        /// Its parameters.
        parameters: Vec<NamedParameter>,
    }
    /// `graph-match [cycles=…] pattern where … project …`, also `graph-shortest-paths`
    GraphMatchOperator {
        /// Its parameters.
        parameters: Vec<NamedParameter>,
        /// The patterns.
        patterns: Vec<GraphPattern>,
        /// `where …`
        predicate: Option<Expression>,
        /// `project …`
        project: Option<Vec<Expression>>,
    }
    /// `graph-to-table nodes [as n] [with_node_id=x], edges …`
    GraphToTableOperator {
        /// The outputs.
        outputs: Vec<GraphToTableOutput>,
    }
    /// `graph-where-nodes predicate`, `graph-where-edges predicate`
    GraphWhereOperator {
        /// Its parameters.
        parameters: Vec<NamedParameter>,
        /// The predicate.
        predicate: Expression,
    }
    /// `inline_external_table (schema) kind=storage … dataformat=csv (files)`
    InlineExternalTableOperator {
        /// The columns; none where the files tell them.
        schema: Option<Vec<NameAndType>>,
        /// `kind=…`
        kind: Option<Name>,
        /// `partition by (name: type = expression, …)`
        partitions: Vec<(NameAndType, Option<Expression>)>,
        /// `pathformat=(…)`
        path_format: Vec<PathFormatPart>,
        /// `dataformat=…`
        format: Option<Name>,
        /// The files: strings.
        connections: Vec<Expression>,
        /// `with (name = value, …)`
        properties: Vec<NamedParameter>,
    }
    /// `invoke f(…)`
    InvokeOperator {
        /// The call: an [`Expression::Call`], or a path that ends in one.
        call: Expression,
    }
    /// `join [parameters] (right) on …`
    JoinOperator {
        /// `kind=…`, hints.
        parameters: Vec<NamedParameter>,
        /// The right side.
        right: Expression,
        /// `on …`; `where …` in the old form.
        condition: JoinCondition,
    }
    /// `lookup [parameters] (right) on …`
    LookupOperator {
        /// `kind=…`, hints.
        parameters: Vec<NamedParameter>,
        /// The right side.
        right: Expression,
        /// `on …`
        condition: JoinCondition,
    }
    /// `macro-expand [parameters] entity_group [as name] (…)`
    MacroExpandOperator {
        /// Its parameters.
        parameters: Vec<NamedParameter>,
        /// The entity group: a name, or a list in call form.
        group: Expression,
        /// The scope's name.
        name: Option<Name>,
        /// The statements between the parentheses.
        statements: Vec<super::Statement>,
    }
    /// `make-graph a --> b [with nodes on id …] [partitioned-by …]`
    MakeGraphOperator {
        /// Its parameters.
        parameters: Vec<NamedParameter>,
        /// The source column.
        source: Expression,
        /// `-->`, otherwise `--`.
        directed: bool,
        /// The target column.
        target: Expression,
        /// `with table on key, …`
        nodes: Vec<(Expression, Expression)>,
        /// `with_node_id=name`
        node_id: Option<Name>,
        /// `partitioned-by column (…)`
        partitioned_by: Option<(Expression, Expression)>,
    }
    /// `make-series [parameters] agg [default=v], … on x [from a to b step c | in range(a, b, c)] [by …]`
    MakeSeriesOperator {
        /// Its parameters.
        parameters: Vec<NamedParameter>,
        /// The aggregates, each with its own default.
        aggregates: Vec<(Expression, Option<Expression>)>,
        /// The axis.
        axis: Expression,
        /// The axis' range.
        range: MakeSeriesRange,
        /// The group keys.
        by: Vec<Expression>,
    }
    /// `mv-apply [parameters] columns [limit n] on (…)`
    MvApplyOperator {
        /// Its parameters.
        parameters: Vec<NamedParameter>,
        /// The columns.
        columns: Vec<MvExpandColumn>,
        /// `limit n`
        limit: Option<Expression>,
        /// `id guid`
        context_id: Option<Expression>,
        /// The subquery: a pipe without a source.
        subquery: PipeExpression,
    }
    /// `mv-expand [parameters] columns [limit n]`
    MvExpandOperator {
        /// `bagexpansion=`, `kind=`, `with_itemindex=`
        parameters: Vec<NamedParameter>,
        /// The columns.
        columns: Vec<MvExpandColumn>,
        /// `limit n`
        limit: Option<Expression>,
        /// Spelt `mvexpand`, which has a lower default limit.
        old_spelling: bool,
    }
    /// `parse [kind=…] x with pattern`, also `parse-where`
    ParseOperator {
        /// `kind=`, `flags=`
        parameters: Vec<NamedParameter>,
        /// The text.
        expression: Expression,
        /// The pattern.
        pattern: Vec<ParsePart>,
    }
    /// `parse-kv x as (schema) with (properties)`
    ParseKvOperator {
        /// The text.
        expression: Expression,
        /// The columns.
        schema: Vec<NameAndType>,
        /// The properties.
        properties: Vec<NamedParameter>,
    }
    /// `partition [parameters] by x [in (…)] (subquery)`
    PartitionOperator {
        /// Its parameters.
        parameters: Vec<NamedParameter>,
        /// The key.
        by: Expression,
        /// `in (…)`: the partition values or scope.
        scope: Option<Expression>,
        /// `id guid` of `__partitionby`.
        context_id: Option<Expression>,
        /// What each part goes through: `(| …)` has no source, `{ … }` has.
        subquery: PipeExpression,
        /// The subquery stands in braces.
        braces: bool,
        /// Spelt `__partitionby`.
        old_spelling: bool,
    }
    /// `print a = 1, …`
    PrintOperator {
        /// The columns.
        columns: Vec<Expression>,
    }
    /// `project …` and its kin
    ProjectOperator {
        /// The columns: names, wildcards, named or plain expressions.
        columns: Vec<Expression>,
    }
    /// `project-reorder a, b* asc`
    ProjectReorderOperator {
        /// The columns.
        columns: Vec<ReorderColumn>,
    }
    /// `range x from a to b step c`
    RangeOperator {
        /// The column.
        name: Name,
        /// The first value.
        from: Expression,
        /// The last value.
        to: Expression,
        /// The step.
        step: Expression,
    }
    /// `reduce [parameters] by x [with …]`
    ReduceOperator {
        /// Its parameters.
        parameters: Vec<NamedParameter>,
        /// The text.
        by: Expression,
        /// `with threshold=…, characters=…`
        with: Vec<NamedParameter>,
    }
    /// `render chart [with (…)]`
    RenderOperator {
        /// The chart's kind.
        chart: Name,
        /// `with (title = "…")`; a list of columns is an [`Expression::Call`] without a name.
        properties: Vec<NamedParameter>,
    }
    /// `sample-distinct n of x`
    SampleDistinctOperator {
        /// Its parameters.
        parameters: Vec<NamedParameter>,
        /// How many.
        count: Expression,
        /// Of what.
        of: Expression,
    }
    /// `scan [parameters] [order by …] [partition by …] [declare (…)] with (steps)`
    ScanOperator {
        /// Its parameters.
        parameters: Vec<NamedParameter>,
        /// `order by …`
        order_by: Vec<OrderedExpression>,
        /// `partition by …`
        partition_by: Vec<Expression>,
        /// `declare (a: long = 0, …)`
        declarations: Vec<super::FunctionParameter>,
        /// The steps.
        steps: Vec<ScanStep>,
    }
    /// `search [kind=…] [in (tables)] predicate`
    SearchOperator {
        /// Its parameters.
        parameters: Vec<NamedParameter>,
        /// The tables.
        tables: Vec<Expression>,
        /// The predicate.
        predicate: Expression,
    }
    /// `sort by a asc nulls first, …`
    SortOperator {
        /// Spelt `order`.
        order_spelling: bool,
        /// Its parameters.
        parameters: Vec<NamedParameter>,
        /// The keys.
        by: Vec<OrderedExpression>,
    }
    /// `summarize [parameters] aggregates [by keys]`
    SummarizeOperator {
        /// Its parameters.
        parameters: Vec<NamedParameter>,
        /// The aggregates.
        aggregates: Vec<Expression>,
        /// The keys; none where `by` is left out.
        by: Option<Vec<Expression>>,
        /// `by … bin = …` of the old form.
        bin: Option<Expression>,
    }
    /// `take n`, `limit n`, `sample n`
    TakeOperator {
        /// Spelt `limit`.
        limit_spelling: bool,
        /// Its parameters.
        parameters: Vec<NamedParameter>,
        /// How many rows.
        count: Expression,
    }
    /// `top n by x [asc]`
    TopOperator {
        /// Its parameters.
        parameters: Vec<NamedParameter>,
        /// How many rows.
        count: Expression,
        /// The key.
        by: OrderedExpression,
    }
    /// `top-hitters n of x [by y]`
    TopHittersOperator {
        /// Its parameters.
        parameters: Vec<NamedParameter>,
        /// How many.
        count: Expression,
        /// Of what.
        of: Expression,
        /// `by …`
        by: Option<Expression>,
    }
    /// `top-nested [n] of x [with others = v] by agg [asc], …`
    TopNestedOperator {
        /// The levels.
        clauses: Vec<TopNestedClause>,
    }
    /// `union [parameters] tables`
    UnionOperator {
        /// `kind=`, `withsource=`, `isfuzzy=`
        parameters: Vec<NamedParameter>,
        /// The tables.
        tables: Vec<Expression>,
    }
    /// `where predicate`
    WhereOperator {
        /// Spelt `filter`.
        filter_spelling: bool,
        /// Its parameters.
        parameters: Vec<NamedParameter>,
        /// The predicate.
        predicate: Expression,
    }
    /// What could not be read.
    MissingOperator {}
}

/// The declared result of a plugin.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EvaluateSchema {
    /// `*` stands in front: the input's columns come too.
    pub star: bool,
    /// The columns.
    pub columns: Vec<NameAndType>,
}

/// A column of `find … project`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FindColumn {
    /// `name`, `name: type`
    Column {
        /// The column.
        name: Name,
        /// Its type.
        data_type: Option<TypeName>,
    },
    /// `pack(*)`, `pack_all(*)`
    PackAll(At),
    /// `*`
    Star(At),
}

/// A part of `pathformat=(…)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PathFormatPart {
    /// Text between columns.
    Text(Literal),
    /// A partition column.
    Column(Expression),
    /// `datetime_pattern("yyyy", column)`
    Pattern {
        /// The pattern.
        pattern: Option<Literal>,
        /// The column.
        column: Option<Expression>,
    },
}

/// `[name =] (…)`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ForkBranch {
    /// The branch's name.
    pub name: Option<Name>,
    /// What the rows go through: a pipe without a source.
    pub subquery: PipeExpression,
}

/// `(a)-[e]->(b)`: nodes and edges in turn, a node first and last.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GraphPattern {
    /// The parts in order.
    pub parts: Vec<GraphPatternPart>,
}

/// A node or an edge of a graph pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[allow(clippy::large_enum_variant, reason = "few of these are made")]
#[non_exhaustive]
pub enum GraphPatternPart {
    /// `(name)`
    Node {
        /// Its name.
        name: Option<Name>,
        /// Its place.
        at: At,
    },
    /// `-[name*1..3]->`
    Edge {
        /// Its name.
        name: Option<Name>,
        /// `*from..to`
        range: Option<(Expression, Expression)>,
        /// `->` right, `<-` left, neither: any.
        direction: GraphDirection,
        /// Its place.
        at: At,
    },
}

/// Which way an edge of a graph pattern points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GraphDirection {
    /// `-->`
    Right,
    /// `<--`
    Left,
    /// `--`
    Any,
}

/// One output of `graph-to-table`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GraphToTableOutput {
    /// `nodes` or `edges`.
    pub entity: Name,
    /// `as name`
    pub name: Option<Name>,
    /// `with_node_id=…` and the like.
    pub parameters: Vec<NamedParameter>,
}

/// How two tables are joined.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JoinCondition {
    /// `on a, $left.b == $right.c`
    On(Vec<Expression>),
    /// `where $left.a == $right.b`
    Where(Expression),
    /// Nothing.
    None,
}

/// The range of `make-series`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[allow(clippy::large_enum_variant, reason = "few of these are made")]
#[non_exhaustive]
pub enum MakeSeriesRange {
    /// `from a to b step c`
    FromToStep {
        /// `from`
        from: Option<Expression>,
        /// `to`
        to: Option<Expression>,
        /// `step`
        step: Expression,
    },
    /// `in range(a, b, c)`
    InRange(FunctionCall),
}

/// A column of `mv-expand` and `mv-apply`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MvExpandColumn {
    /// A column, or `name = expression`.
    pub expression: Expression,
    /// `to typeof(type)`
    pub to: Option<TypeName>,
}

/// A part of a `parse` pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParsePart {
    /// `*`
    Star(At),
    /// Text between columns: a string literal.
    Text(Expression),
    /// `name` or `name: type`
    Column {
        /// The column.
        name: Name,
        /// Its type.
        data_type: Option<TypeName>,
    },
}

/// A column of `project-reorder`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ReorderColumn {
    /// A name or a wildcard name.
    pub column: Expression,
    /// How the columns that a wildcard matches are ordered.
    pub order: Option<ReorderDirection>,
}

/// How matched columns are ordered by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReorderDirection {
    /// `asc`
    Ascending,
    /// `desc`
    Descending,
    /// `granny-asc`: numbers within names count as numbers.
    GrannyAscending,
    /// `granny-desc`
    GrannyDescending,
}

/// `expression [asc|desc] [nulls first|last]`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OrderedExpression {
    /// The key.
    pub expression: Expression,
    /// `asc` is `Some(false)`, `desc` is `Some(true)`.
    pub descending: Option<bool>,
    /// `granny-asc`, `granny-desc`: numbers within text count as numbers.
    pub granny: bool,
    /// `nulls first` is `Some(true)`.
    pub nulls_first: Option<bool>,
}

/// `step name [optional] [output=all|last|none]: condition [=> a = b, …];`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ScanStep {
    /// The step's name.
    pub name: Name,
    /// `optional`
    pub optional: bool,
    /// `output = all`
    pub output: Option<Name>,
    /// The condition.
    pub condition: Expression,
    /// The assignments.
    pub assignments: Vec<(Name, Expression)>,
}

/// One level of `top-nested`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TopNestedClause {
    /// How many; none for all.
    pub count: Option<Expression>,
    /// Of what.
    pub of: Expression,
    /// `with others = value`
    pub others: Option<Expression>,
    /// The aggregate.
    pub by: OrderedExpression,
}
