//! The syntax tree: what a query says, in KQL's own words. Literals stay text.
//! It must not know names' meanings, types or tables.

mod operator;

pub use operator::*;

use std::hash::{Hash, Hasher};

use crate::source::Span;

/// Where a node stands. Equality and hashing pass over it: two trees are equal if they say the same.
#[derive(Debug, Clone, Copy, Default)]
pub struct At(pub Span);

impl PartialEq for At {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl Eq for At {}
impl Hash for At {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}
impl From<Span> for At {
    fn from(span: Span) -> Self {
        Self(span)
    }
}

/// A whole query text: statements separated by `;`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct QueryBlock {
    /// The statements in order.
    pub statements: Vec<Statement>,
}

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident($inner:ty) $text:literal;)*) => {
        /// One statement.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Statement {
            $($(#[$doc])* $name($inner),)*
        }

        impl Statement {
            /// The names of all statements.
            #[cfg(test)]
            pub const NAMES: &'static [&'static str] = &[$($text),*];

            /// The statement's name.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => $text,)* }
            }
        }
    };
}

statements! {
    /// `let name = …`
    Let(LetStatement) "let";
    /// `set name = value`
    Set(SetOptionStatement) "set";
    /// `declare query_parameters(…)`
    QueryParameters(QueryParametersStatement) "declare query_parameters";
    /// `declare pattern …`
    Pattern(PatternStatement) "declare pattern";
    /// `alias database name = …`
    Alias(AliasStatement) "alias";
    /// `restrict access to (…)`
    Restrict(RestrictStatement) "restrict";
    /// A query, or a scalar expression.
    Expression(Expression) "tabular expression";
}

impl Statement {
    /// Where the statement stands.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Let(it) => it.at.0,
            Self::Set(it) => it.at.0,
            Self::QueryParameters(it) => it.at.0,
            Self::Pattern(it) => it.at.0,
            Self::Alias(it) => it.at.0,
            Self::Restrict(it) => it.at.0,
            Self::Expression(it) => it.span(),
        }
    }
}

/// `let name = value`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LetStatement {
    /// The declared name.
    pub name: Name,
    /// What it stands for.
    pub value: LetValue,
    /// From `let` to the value's end.
    pub at: At,
}

/// The right side of a `let`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LetValue {
    /// A scalar or tabular expression.
    Expression(Expression),
    /// `(parameters) { body }`
    Function(FunctionDeclaration),
}

/// `[view] (parameters) { body }`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FunctionDeclaration {
    /// `view` stands before the parameters.
    pub view: bool,
    /// The parameters in order.
    pub parameters: Vec<FunctionParameter>,
    /// Statements before the body's result.
    pub statements: Vec<Statement>,
    /// The body's result; `None` where the body is empty.
    pub body: Option<Box<Expression>>,
    /// From the first parenthesis to the closing brace.
    pub at: At,
}

/// A parameter of a function or of `declare query_parameters`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FunctionParameter {
    /// The parameter's name.
    pub name: Name,
    /// Its type.
    pub data_type: ParameterType,
    /// `= literal`
    pub default: Option<Expression>,
}

/// The type of a parameter.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParameterType {
    /// A scalar type's name.
    Scalar(TypeName),
    /// `(a: long, …)`
    Table(Vec<NameAndType>),
    /// `(*)`
    AnyTable,
}

/// A scalar type as written (`long`, `date`, `uniqueid` …).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TypeName {
    /// The word.
    pub text: String,
    /// Its place.
    pub at: At,
}

/// `name: type`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NameAndType {
    /// The name.
    pub name: Name,
    /// The type.
    pub data_type: TypeName,
}

/// `set name = value`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SetOptionStatement {
    /// The option.
    pub name: Name,
    /// Its value; none for a bare flag.
    pub value: Option<Expression>,
    /// The statement's place.
    pub at: At,
}

/// `declare query_parameters(…)`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct QueryParametersStatement {
    /// The declared parameters.
    pub parameters: Vec<FunctionParameter>,
    /// The statement's place.
    pub at: At,
}

/// `declare pattern name [= (parameters) [path] { matches }]`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PatternStatement {
    /// The pattern's name.
    pub name: Name,
    /// The definition; none for a bare declaration.
    pub definition: Option<PatternDefinition>,
    /// The statement's place.
    pub at: At,
}

/// The part of a pattern declaration after `=`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PatternDefinition {
    /// The parameters.
    pub parameters: Vec<NameAndType>,
    /// `[path: type]`
    pub path: Option<NameAndType>,
    /// The matches in order.
    pub matches: Vec<PatternMatch>,
}

/// `(values)[.[path]] = { body }`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PatternMatch {
    /// The literal arguments.
    pub values: Vec<Expression>,
    /// The literal path.
    pub path: Option<Expression>,
    /// Statements before the body's result.
    pub statements: Vec<Statement>,
    /// The body's result.
    pub body: Option<Box<Expression>>,
}

/// `alias database name = cluster(…).database(…)`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AliasStatement {
    /// The alias.
    pub name: Name,
    /// What it stands for.
    pub value: Expression,
    /// The statement's place.
    pub at: At,
}

/// `restrict access to (…)`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RestrictStatement {
    /// Tables, functions or wildcard names.
    pub entities: Vec<Expression>,
    /// `with (name = value, …)`
    pub properties: Vec<NamedParameter>,
    /// The statement's place.
    pub at: At,
}

/// A name as it is meant, without its brackets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name {
    /// The name; wildcards (`*`) kept.
    pub text: String,
    /// Written as `['…']`, `["…"]`.
    pub bracketed: bool,
    /// Its place, brackets included.
    pub at: At,
}

/// An expression, scalar or tabular: KQL decides between them by meaning, not by form.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Expression {
    /// A column, variable, table or function without arguments; also `$left`, `$right`.
    Name(Name),
    /// `Device*`: a name with wildcards.
    Wildcard(Name),
    /// `*`
    Star(At),
    /// A literal of a scalar type.
    Literal(Literal),
    /// `dynamic(…)`
    Dynamic(DynamicLiteral),
    /// `typeof(long)`, `typeof(a: long, b: string)`
    TypeOf(TypeOfLiteral),
    /// `-x`, `+x`
    Unary(Box<UnaryExpression>),
    /// `a + b`, `a == b`, `a has b` …
    Binary(Box<BinaryExpression>),
    /// `a and b and c`, `a or b or c`: two or more operands of one operator.
    Logical(LogicalExpression),
    /// `a in (…)`, `a has_any (…)` …
    In(Box<InExpression>),
    /// `a between (low .. high)`
    Between(Box<BetweenExpression>),
    /// `name(arguments)`
    Call(FunctionCall),
    /// `a.b`, `a.['b']`, `database("d").T`
    Path(Box<PathExpression>),
    /// `a[0]`, `a["b"]`
    Element(Box<ElementExpression>),
    /// `(a)`
    Paren(Box<ParenExpression>),
    /// `T | where … | …`, or a bare source operator such as `print 1`.
    Pipe(Box<PipeExpression>),
    /// `name = expression`, `(a, b) = expression`
    Named(Box<NamedExpression>),
    /// `toscalar(…)`
    ToScalar(Box<SubqueryExpression>),
    /// `totable(…)`
    ToTable(Box<SubqueryExpression>),
    /// `materialize(…)`
    Materialize(Box<SubqueryExpression>),
    /// `datatable (…) […]`
    DataTable(DataTableExpression),
    /// `externaldata (…) […]`
    ExternalData(ExternalDataExpression),
    /// `__contextual_datatable(id, (…))` and other forms with a schema only.
    ContextualDataTable(Box<ContextualDataTableExpression>),
    /// `materialized-view-combine(…) …`
    MaterializedViewCombine(Box<MaterializedViewCombineExpression>),
    /// `T datascope=hotcache`
    DataScope(Box<DataScopeExpression>),
    /// `entity_group [a, b]`
    EntityGroup(EntityGroupExpression),
    /// What could not be read; an error speaks of it already.
    Missing(At),
}

impl Expression {
    /// Where the expression stands.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Expression::Name(name) | Expression::Wildcard(name) => name.at.0,
            Expression::Star(at) | Expression::Missing(at) => at.0,
            Expression::Literal(it) => it.at.0,
            Expression::Dynamic(it) => it.at.0,
            Expression::TypeOf(it) => it.at.0,
            Expression::Unary(it) => it.at.0,
            Expression::Binary(it) => it.left.span().to(it.right.span()),
            Expression::Logical(it) => match (it.operands.first(), it.operands.last()) {
                (Some(first), Some(last)) => first.span().to(last.span()),
                _ => Span::default(),
            },
            Expression::In(it) => it.at.0,
            Expression::Between(it) => it.at.0,
            Expression::Call(it) => it.at.0,
            Expression::Path(it) => it.target.span().to(it.selector.span()),
            Expression::Element(it) => it.at.0,
            Expression::Paren(it) => it.at.0,
            Expression::Pipe(it) => it.at.0,
            Expression::Named(it) => it.at.0,
            Expression::ToScalar(it) | Expression::ToTable(it) | Expression::Materialize(it) => it.at.0,
            Expression::DataTable(it) => it.at.0,
            Expression::ExternalData(it) => it.at.0,
            Expression::ContextualDataTable(it) => it.at.0,
            Expression::MaterializedViewCombine(it) => it.at.0,
            Expression::DataScope(it) => it.at.0,
            Expression::EntityGroup(it) => it.at.0,
        }
    }

    /// The expression without a name in front of it.
    #[must_use]
    pub fn unnamed(&self) -> &Self {
        if let Self::Named(it) = self { &it.value } else { self }
    }

    /// Whether it is a literal as written, perhaps with a name, a sign or parentheses.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        match self.unnamed().unparenthesised() {
            Self::Literal(_) | Self::Dynamic(_) | Self::TypeOf(_) => true,
            Self::Unary(it) => matches!(it.operand, Self::Literal(_)),
            _ => false,
        }
    }

    /// The expression without parentheses around it.
    #[must_use]
    pub fn unparenthesised(&self) -> &Expression {
        let mut inner = self;
        while let Expression::Paren(paren) = inner {
            inner = &paren.inner;
        }
        inner
    }
}

/// A literal of a scalar type, as text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Literal {
    /// Its type.
    pub kind: LiteralKind,
    /// As written, prefix and all: `1d`, `datetime(2024-01-01)`, `0x1F`. Adjacent strings keep what stands between.
    pub text: String,
    /// For strings: the text that is meant. For `type(…)` forms: what stands between the parentheses, trimmed.
    /// Otherwise as `text`.
    pub value: String,
    /// Its place.
    pub at: At,
}

/// The types that literals have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LiteralKind {
    /// `true`, `bool(false)`
    Bool,
    /// `int(1)`
    Int,
    /// `1`, `long(1)`, `0x1F`
    Long,
    /// `1.5`, `real(nan)`
    Real,
    /// `decimal(1.5)`
    Decimal,
    /// `datetime(2024-01-01)`
    DateTime,
    /// `1d`, `timespan(1.02:00:00)`
    TimeSpan,
    /// `guid(…)`
    Guid,
    /// `"text"` in all its forms
    String,
}

/// `dynamic(…)`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DynamicLiteral {
    /// The value.
    pub value: DynamicValue,
    /// The literal's place.
    pub at: At,
}

/// A value inside `dynamic(…)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DynamicValue {
    /// `null`
    Null,
    /// A number, string, bool or typed literal; a number may carry a sign in its text.
    Literal(Literal),
    /// `[…]`
    Array(Vec<DynamicValue>),
    /// `{"k": …}`: key as text, decoded.
    Bag(Vec<(Literal, DynamicValue)>),
}

/// `typeof(…)`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TypeOfLiteral {
    /// What stands between the parentheses.
    pub of: TypeOf,
    /// The literal's place.
    pub at: At,
}

/// What `typeof` names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TypeOf {
    /// A scalar type.
    Scalar(TypeName),
    /// A tabular schema; `star` for `typeof(*, …)`.
    Table {
        /// `*` stands in it.
        star: bool,
        /// The columns.
        columns: Vec<NameAndType>,
    },
}

/// `-x`, `+x`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UnaryExpression {
    /// `-`, otherwise `+`.
    pub minus: bool,
    /// The operand.
    pub operand: Expression,
    /// The whole expression's place.
    pub at: At,
}

/// Operators with two operands, without `and`, `or`, `in` and `between`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "named after their KQL spelling")]
#[non_exhaustive]
pub enum BinaryOperator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    EqualTilde,
    NotTilde,
    Has,
    NotHas,
    HasCs,
    NotHasCs,
    HasPrefix,
    NotHasPrefix,
    HasPrefixCs,
    NotHasPrefixCs,
    HasSuffix,
    NotHasSuffix,
    HasSuffixCs,
    NotHasSuffixCs,
    Contains,
    NotContains,
    ContainsCs,
    NotContainsCs,
    StartsWith,
    NotStartsWith,
    StartsWithCs,
    NotStartsWithCs,
    EndsWith,
    NotEndsWith,
    EndsWithCs,
    NotEndsWithCs,
    MatchesRegex,
    Like,
    NotLike,
    LikeCs,
    NotLikeCs,
    /// `:` in `search` and `find`: `has` for strings, `==` otherwise.
    Search,
}

impl BinaryOperator {
    /// The canonical spelling; the registry names operators by it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::EqualTilde => "=~",
            Self::NotTilde => "!~",
            Self::Has => "has",
            Self::NotHas => "!has",
            Self::HasCs => "has_cs",
            Self::NotHasCs => "!has_cs",
            Self::HasPrefix => "hasprefix",
            Self::NotHasPrefix => "!hasprefix",
            Self::HasPrefixCs => "hasprefix_cs",
            Self::NotHasPrefixCs => "!hasprefix_cs",
            Self::HasSuffix => "hassuffix",
            Self::NotHasSuffix => "!hassuffix",
            Self::HasSuffixCs => "hassuffix_cs",
            Self::NotHasSuffixCs => "!hassuffix_cs",
            Self::Contains => "contains",
            Self::NotContains => "!contains",
            Self::ContainsCs => "contains_cs",
            Self::NotContainsCs => "!contains_cs",
            Self::StartsWith => "startswith",
            Self::NotStartsWith => "!startswith",
            Self::StartsWithCs => "startswith_cs",
            Self::NotStartsWithCs => "!startswith_cs",
            Self::EndsWith => "endswith",
            Self::NotEndsWith => "!endswith",
            Self::EndsWithCs => "endswith_cs",
            Self::NotEndsWithCs => "!endswith_cs",
            Self::MatchesRegex => "matches regex",
            Self::Like => "like",
            Self::NotLike => "notlike",
            Self::LikeCs => "likecs",
            Self::NotLikeCs => "notlikecs",
            Self::Search => ":",
        }
    }
}

/// `a + b`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BinaryExpression {
    /// The operator.
    pub operator: BinaryOperator,
    /// The operator as written (`<>`, `notcontains`, `===`).
    pub spelling: String,
    /// The operator's place.
    pub operator_at: At,
    /// The left operand.
    pub left: Expression,
    /// The right operand.
    pub right: Expression,
}

/// `a and b and c`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LogicalExpression {
    /// `and`, otherwise `or`.
    pub and: bool,
    /// Two or more.
    pub operands: Vec<Expression>,
    /// The places of the operators between them.
    pub operators_at: Vec<At>,
}

/// Operators whose right side is a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "named after their KQL spelling")]
#[non_exhaustive]
pub enum InOperator {
    In,
    NotIn,
    InTilde,
    NotInTilde,
    HasAny,
    HasAll,
}

impl InOperator {
    /// The canonical spelling; the registry names operators by it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::NotIn => "!in",
            Self::InTilde => "in~",
            Self::NotInTilde => "!in~",
            Self::HasAny => "has_any",
            Self::HasAll => "has_all",
        }
    }
}

/// `a in (b, c)`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct InExpression {
    /// The operator.
    pub operator: InOperator,
    /// The operator's place.
    pub operator_at: At,
    /// The left operand.
    pub left: Expression,
    /// The list; a single element may be tabular.
    pub list: Vec<Expression>,
    /// The list's place, parentheses included.
    pub list_at: At,
    /// The whole expression's place.
    pub at: At,
}

/// `a between (low .. high)`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BetweenExpression {
    /// `!between`
    pub negated: bool,
    /// The operator's place.
    pub operator_at: At,
    /// The left operand.
    pub value: Expression,
    /// The lower bound.
    pub low: Expression,
    /// The upper bound.
    pub high: Expression,
    /// The whole expression's place.
    pub at: At,
}

/// `name(arguments)`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FunctionCall {
    /// The function's name.
    pub name: Name,
    /// The arguments; `x = 1` is an [`Expression::Named`].
    pub arguments: Vec<Expression>,
    /// From the name to the closing parenthesis.
    pub at: At,
}

/// `target.selector`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PathExpression {
    /// Left of the dot.
    pub target: Expression,
    /// Right of the dot: a name, or a call as in `cluster("c").database("d")`.
    pub selector: Expression,
}

/// `target[index]`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ElementExpression {
    /// Left of the bracket.
    pub target: Expression,
    /// Between the brackets.
    pub index: Expression,
    /// The whole expression's place.
    pub at: At,
}

/// `(inner)`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ParenExpression {
    /// Between the parentheses.
    pub inner: Expression,
    /// The whole expression's place.
    pub at: At,
}

/// `names = expression`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NamedExpression {
    /// One name, or those of `(a, b) =`.
    pub names: Vec<Name>,
    /// The names stand in parentheses.
    pub parenthesised: bool,
    /// The named expression.
    pub value: Expression,
    /// The whole expression's place.
    pub at: At,
}

/// `toscalar(…)`, `totable(…)`, `materialize(…)`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SubqueryExpression {
    /// `kind=nooptimization` and the like.
    pub parameters: Vec<NamedParameter>,
    /// The expression between the parentheses.
    pub inner: Expression,
    /// The whole expression's place.
    pub at: At,
}

/// `datatable (schema) [values]`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DataTableExpression {
    /// Parameters before the schema.
    pub parameters: Vec<NamedParameter>,
    /// The columns.
    pub schema: Vec<NameAndType>,
    /// The cells, row after row: literals.
    pub values: Vec<Expression>,
    /// The whole expression's place.
    pub at: At,
}

/// `externaldata (schema) [locations] with (properties)`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ExternalDataExpression {
    /// Parameters before the schema.
    pub parameters: Vec<NamedParameter>,
    /// The columns.
    pub schema: Vec<NameAndType>,
    /// The storage locations: strings.
    pub locations: Vec<Expression>,
    /// `with (format = "csv")`
    pub properties: Vec<NamedParameter>,
    /// The whole expression's place.
    pub at: At,
}

/// `__contextual_datatable (id, schema)`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ContextualDataTableExpression {
    /// The identifier.
    pub id: Expression,
    /// The columns.
    pub schema: Vec<NameAndType>,
    /// The whole expression's place.
    pub at: At,
}

/// `materialized-view-combine (name) base (…) delta (…) aggregations (…)`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MaterializedViewCombineExpression {
    /// The view's name.
    pub view: Expression,
    /// The base expression.
    pub base: Expression,
    /// The delta expression.
    pub delta: Expression,
    /// The `summarize` of the aggregations clause.
    pub aggregations: QueryOperator,
    /// The whole expression's place.
    pub at: At,
}

/// `T datascope=hotcache`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DataScopeExpression {
    /// The table.
    pub inner: Expression,
    /// `datascope=…`
    pub scope: NamedParameter,
    /// The whole expression's place.
    pub at: At,
}

/// `entity_group [cluster("c").database("d"), …]`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EntityGroupExpression {
    /// The members.
    pub entities: Vec<Expression>,
    /// The whole expression's place.
    pub at: At,
}

/// A source and the operators that its rows go through.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PipeExpression {
    /// The source; `None` where an operator such as `print`, `range` or `union` starts the query.
    pub source: Option<Expression>,
    /// The operators in order.
    pub operators: Vec<QueryOperator>,
    /// The whole expression's place.
    pub at: At,
}

/// `name = value` before an operator's main part, such as `kind=inner` or `hint.strategy=shuffle`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NamedParameter {
    /// The name, dots included.
    pub name: Name,
    /// The value: a word is an [`Expression::Name`], otherwise a literal or a list in [`Expression::Call`] form.
    pub value: Expression,
    /// From the name to the value's end.
    pub at: At,
}
