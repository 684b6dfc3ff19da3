//! A scalar function as data. It must not know any particular function.

use super::{Call, Result, ResultName, Signature};
use crate::column::Column;

/// One scalar function: everything that the binder, the executor and the reference need to know.
#[derive(Debug, Clone, Copy)]
pub struct ScalarFunction {
    /// The name; operators are called by their spelling (`+`, `has_cs`).
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
        kernel: Kernel::Bound,
        examples: &[],
    };
}

/// How a function is computed.
#[derive(Debug, Clone, Copy)]
pub enum Kernel {
    /// Each row by itself: whole columns in, one column out.
    Rows(fn(&Call<'_>) -> Result<Column>),
    /// Each row by itself, several columns out (`Returns::Columns`).
    Columns(fn(&Call<'_>) -> Result<Vec<Column>>),
    /// Rows in their order, all at once: `row_number`, `prev`.
    Window(fn(&Call<'_>) -> Result<Column>),
    /// Not by a kernel: the binder replaces the call.
    Bound,
}

/// Whether a result may change while the arguments stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
