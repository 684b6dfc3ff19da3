//! A scalar function as data. It must not know any particular function.

use std::cmp::Ordering;

use super::{Call, Expand, Result, ResultName, Signature};
use crate::column::Column;
use crate::types::{ScalarType, Value};

/// One scalar function: everything that the binder, the executor and the reference need to know.
#[derive(Debug, Clone, Copy)]
pub struct ScalarFunction {
    /// The name; operators are called by their spelling (`+`, `has_cs`), one with a single operand `unary` and its spelling.
    pub name: &'static str,
    /// Other names for the very same function, such as `iif` for `iff`.
    pub aliases: &'static [&'static str],
    /// Where it stands in the reference.
    pub category: Category,
    /// One sentence: what it gives.
    pub summary: &'static str,
    /// Its forms; the first one that fits is taken.
    pub signatures: &'static [Signature],
    /// How an unnamed column made by it is called.
    pub result_name: ResultName,
    /// Whether the same arguments always give the same result.
    pub volatility: Volatility,
    /// How it is computed.
    pub kernel: Kernel,
    /// The same for the values of one row, where these depend on the row before and so come one after the other.
    pub of_row: Option<OfRow>,
    /// Says what a call stands for, where that is more than what the kernel computes.
    pub expand: Option<Expand>,
    /// What a call means to the binder and the planner.
    pub semantics: Semantics,
    /// About how long a call takes for a row: of several conditions the cheap ones are tested first.
    pub cost: Cost,
    /// The function that this one is the negation of, such as `==` for `!=`.
    pub negates: Option<&'static str>,
    /// The function that does the same whatever the case of texts, such as `=~` for `==`.
    pub ignoring_case: Option<&'static str>,
    /// The function that finds all texts that this one does and others, such as `contains` for `has`.
    pub wider: Option<&'static str>,
    /// The function that asks the same of texts, which are never null: `isempty` for `isnull`.
    pub for_texts: Option<&'static str>,
    /// The place of an argument that picks one item of the resulting array: with it the result is an array of that item
    /// alone, which costs less than the whole. Negative numbers are not given.
    pub item_argument: Option<usize>,
    /// Help for operands of types that no form takes.
    pub type_help: Option<TypeHelp>,
    /// Expressions and what they give; each one is run as a test.
    pub examples: &'static [Example],
}

impl ScalarFunction {
    /// What most functions have in common, to be filled in.
    pub const DEFAULT: ScalarFunction = ScalarFunction {
        name: "",
        aliases: &[],
        category: Category::Other,
        summary: "",
        signatures: &[],
        result_name: ResultName::None,
        volatility: Volatility::Immutable,
        kernel: Kernel::None,
        of_row: None,
        expand: None,
        semantics: Semantics::Opaque,
        cost: Cost::of(10),
        negates: None,
        ignoring_case: None,
        wider: None,
        for_texts: None,
        item_argument: None,
        type_help: None,
        examples: &[],
    };
}

impl ScalarFunction {
    /// The function may be called so.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }

    /// The name as it is written in a query: `-` for `unary-`.
    #[must_use]
    pub fn spelling(&self) -> &'static str {
        self.name.strip_prefix("unary").unwrap_or(self.name)
    }

    /// The names that it may be called by: its own and the other ones.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }

    /// It is an operator that stands before its operand.
    #[must_use]
    pub fn is_prefix(&self) -> bool {
        self.name != self.spelling()
    }

    /// It looks at other rows than the one at hand: the rows must have a fixed order, and it must get all of them.
    #[must_use]
    pub const fn needs_serialized_rows(&self) -> bool {
        matches!(self.kernel, Kernel::Window(_))
    }
}

/// What a call gives for the values of one row, each with its type, if the result has this type. `None` where the kernel has to
/// tell: for types and nulls that it does not know.
pub type OfRow = fn(&[(Value, ScalarType)], ScalarType) -> Option<Value>;

/// What may help whoever gave arguments of types that no form takes.
pub type TypeHelp = fn(&[ScalarType]) -> Option<&'static str>;

/// What a call means to the binder and the planner, beyond what its kernel computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Semantics {
    /// Nothing more.
    Opaque,
    /// True where all arguments are: a condition may be taken apart at it.
    And,
    /// True where one of the arguments is.
    Or,
    /// True where the argument is false.
    Not,
    /// Predicates and values in turn, and a value for all other rows: the value after the first predicate that is true.
    Choice,
    /// The first argument that is not null and no empty text.
    FirstPresent,
    /// The item of the first argument, an array, at the second one.
    Item,
    /// The member of the first argument, a property bag, that the second one names.
    Member,
    /// A datetime that is moved by a timespan, the last argument.
    TimeShift(TimeShift),
    /// The argument as a value of this type. One that is of the type already stays as it is.
    ConversionTo(ScalarType),
    /// When the row came into its table: a hidden column of it.
    IngestionTime,
    /// True where the first argument stands in this relation to the others, which a store of rows may know how to look up.
    Comparison(ComparisonKind),
}

/// The order of two values that is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
#[non_exhaustive]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// Says whether values in this order pass the test.
    #[must_use]
    pub const fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }

    /// Says whether it is a test for equality, or for the opposite.
    #[must_use]
    pub const fn is_equality(self) -> bool {
        matches!(self, Self::Equal | Self::NotEqual)
    }

    /// The same test of the second value against the first.
    #[must_use]
    pub const fn mirrored(self) -> Self {
        match self {
            Self::Equal | Self::NotEqual => self,
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
        }
    }
}

/// The relation that a comparison tests, with regard to the case of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
#[non_exhaustive]
pub enum ComparisonKind {
    /// An order of two values.
    Order(Comparison),
    /// Both bounds are included; the upper one of a datetime may be a timespan after the lower one.
    Between,
    In,
    NotIn,
    StartsWith,
    EndsWith,
    Contains,
    HasTerm,
}

/// Which datetime is moved, and which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum TimeShift {
    NowForward,
    NowBack,
    FirstArgumentForward,
    FirstArgumentBack,
}

/// About how long a call takes for a row, in units of a comparison of two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Where no argument is a text.
    pub without_text: u32,
    /// Where an argument is a text.
    pub with_text: u32,
}

impl Cost {
    /// The same for all types.
    #[must_use]
    pub const fn of(cost: u32) -> Self {
        Self { without_text: cost, with_text: cost }
    }

    /// The cost over arguments of these types.
    pub fn over(self, mut arguments: impl Iterator<Item = ScalarType>) -> u32 {
        if arguments.any(|data_type| data_type == ScalarType::String) {
            self.with_text
        } else {
            self.without_text
        }
    }
}

/// How a function is computed.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Kernel {
    /// Each row by itself: whole columns in, one column out.
    Rows(fn(&Call<'_>) -> Result<Column>),
    /// Each row by itself, several columns out (`Returns::Columns`).
    Columns(fn(&Call<'_>) -> Result<Vec<Column>>),
    /// Rows in their order, all at once: `row_number`, `prev`.
    Window(fn(&Call<'_>) -> Result<Column>),
    /// By the closure of a [`ScalarUdf`](super::ScalarUdf).
    Udf,
    /// Not at all: every call stands for something else, as [`ScalarFunction::expand`] says.
    None,
}

/// Whether a result may change while the arguments stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Volatility {
    /// Never.
    Immutable,
    /// Fixed within one run: `now()`.
    Stable,
    /// From row to row: `rand()`.
    Volatile,
}

/// Where a function stands in the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names say it")]
#[non_exhaustive]
pub enum Category {
    Operator,
    Conditional,
    Conversion,
    String,
    Regex,
    DateTime,
    Math,
    Binary,
    Dynamic,
    Array,
    Set,
    Series,
    Network,
    Geospatial,
    Hash,
    Encoding,
    Window,
    Metadata,
    Special,
    Aggregate,
    Other,
}

impl Category {
    /// The heading in the reference.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "Operators",
            Self::Conditional => "Conditional functions",
            Self::Conversion => "Conversion functions",
            Self::String => "String functions",
            Self::Regex => "Regular expressions",
            Self::DateTime => "Date and time functions",
            Self::Math => "Mathematical functions",
            Self::Binary => "Binary functions",
            Self::Dynamic => "Dynamic and property bag functions",
            Self::Array => "Array functions",
            Self::Set => "Set functions",
            Self::Series => "Series functions",
            Self::Network => "Network functions",
            Self::Geospatial => "Geospatial functions",
            Self::Hash => "Hash functions",
            Self::Encoding => "Encoding functions",
            Self::Window => "Window functions",
            Self::Metadata => "Metadata functions",
            Self::Special => "Special functions",
            Self::Aggregate => "Aggregate functions",
            Self::Other => "Other functions",
        }
    }
}

/// An example of the reference.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// For a scalar function an expression, for an aggregate a whole query of one cell.
    pub query: &'static str,
    /// The cell as JSON: `"text"`, `3`, `null`, `"2024-01-01T00:00:00Z"`.
    pub result: &'static str,
}
