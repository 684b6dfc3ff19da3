//! The permanent codes of diagnostics. A code is never reused and never changes its meaning.

use std::fmt;

/// Classes the codes of diagnostics by the stage that finds the mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CodeClass {
    /// The text is not KQL.
    Syntax,
    /// The text is KQL, but names, types or arguments do not fit.
    Semantic,
    /// The text is KQL that this engine does not run yet.
    Unsupported,
    /// The query stopped while it ran.
    Runtime,
    /// The data could not be read.
    Data,
    /// The engine broke a promise of its own.
    Internal,
}

macro_rules! codes {
    ($($name:ident = $code:literal, $class:ident, $summary:literal;)*) => {
        /// A permanent diagnostic code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = $summary] $name,)*
        }

        impl Code {
            /// The code as printed, such as `KQL0001`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The class of mistakes that it belongs to.
            #[must_use]
            pub const fn class(self) -> CodeClass {
                match self { $(Self::$name => CodeClass::$class,)* }
            }

            /// One line that says what it means.
            #[must_use]
            pub const fn summary(self) -> &'static str {
                match self { $(Self::$name => $summary,)* }
            }

            /// A limit on rows, bytes, time, depth or size was reached: with a higher limit the query may run.
            #[must_use]
            pub const fn is_limit(self) -> bool {
                matches!(self, Self::LimitExceeded | Self::RowLimit | Self::ByteLimit | Self::TimeLimit)
            }

            /// Every code.
            pub const ALL: &'static [Code] = &[$(Self::$name,)*];
        }
    };
}

codes! {
    Expected = "KQL0001", Syntax, "Something else was expected here.";
    UnexpectedCharacter = "KQL0002", Syntax, "A character that no token starts with.";
    Unterminated = "KQL0003", Syntax, "A string, literal or bracket that is not closed.";
    BadLiteral = "KQL0004", Syntax, "A literal whose text is not of its type.";
    MissingExpression = "KQL0005", Syntax, "An expression was expected.";
    UnknownOperator = "KQL0006", Syntax, "A query operator was expected after the pipe.";
    TooDeep = "KQL0007", Syntax, "The query is nested too deeply.";
    TooLong = "KQL0008", Syntax, "The query text is too long.";
    IncompleteFragment = "KQL0009", Syntax, "A fragment that is neither a statement nor a query.";
    BadEscape = "KQL0010", Syntax, "A backslash in a string that begins no escape.";

    UnknownName = "KQL0101", Semantic, "A name that is no column, table, variable or function.";
    UnknownTable = "KQL0102", Semantic, "A name that is no table or tabular variable.";
    UnknownFunction = "KQL0103", Semantic, "A name that is no function.";
    DuplicateColumn = "KQL0104", Semantic, "A column name that is already declared.";
    DuplicateName = "KQL0105", Semantic, "A variable name that is already declared.";
    OperatorTypes = "KQL0106", Semantic, "An operator that is not defined for its operand types.";
    ExpectedType = "KQL0107", Semantic, "A value of another type was expected.";
    ArgumentCount = "KQL0108", Semantic, "A function was given too few or too many arguments.";
    ArgumentTypes = "KQL0109", Semantic, "No form of the function takes these argument types.";
    ExpectedLiteral = "KQL0110", Semantic, "A literal was expected.";
    ExpectedConstant = "KQL0111", Semantic, "A constant was expected.";
    ExpectedColumn = "KQL0112", Semantic, "A column name was expected.";
    AggregateNotAllowed = "KQL0113", Semantic, "An aggregate function outside summarize.";
    AggregateExpected = "KQL0114", Semantic, "An aggregate function was expected.";
    ExpectedTable = "KQL0115", Semantic, "A table was expected.";
    ExpectedScalar = "KQL0116", Semantic, "A scalar value was expected, not a table.";
    JoinCondition = "KQL0117", Semantic, "A join condition that is no equality of one column of each side.";
    NotAllowedHere = "KQL0118", Semantic, "A construct that is not allowed in this place.";
    BadParameter = "KQL0119", Semantic, "An operator parameter that is unknown or has a value that is not allowed.";
    NotSerialized = "KQL0120", Semantic, "A window function over rows whose order is not fixed.";
    CannotInfer = "KQL0121", Semantic, "The type of a value cannot be told.";
    BadRegex = "KQL0122", Semantic, "A regular expression that is not valid.";
    MissingReturn = "KQL0123", Semantic, "A query without an expression to return.";
    CallDepth = "KQL0124", Semantic, "Function calls that are nested too deeply.";
    AssertionFailed = "KQL0125", Semantic, "An assert whose condition is false.";
    SameForAllRows = "KQL0126", Semantic, "A condition that is the same for every row, so that another one is likely meant.";

    Unsupported = "KQL0200", Unsupported, "A part of KQL that this engine does not run yet.";

    LimitExceeded = "KQL0301", Runtime, "A limit on depth, or on the size of a query or of what it computes, was reached.";
    Cancelled = "KQL0302", Runtime, "The query was cancelled.";
    EvaluationFailed = "KQL0303", Runtime, "A value that the operator or function refuses.";
    MissingParameter = "KQL0304", Runtime, "A query parameter without a value.";
    UnknownBehaviour = "KQL0305", Runtime, "A value for which it is not known what the real engine gives; the best-founded result is taken, an error where the run is strict.";
    RowLimit = "KQL0306", Runtime, "An operator gives more rows than the limit allows.";
    ByteLimit = "KQL0307", Runtime, "The run, or one column, needs more memory than the limit allows.";
    TimeLimit = "KQL0308", Runtime, "The run took longer than the limit allows.";
    SpillFailed = "KQL0309", Runtime, "Rows that memory has no room for cannot be written to a file, or read from it.";

    BadData = "KQL0401", Data, "Data that cannot be read or does not fit its schema.";
    UnusedData = "KQL0402", Data, "Data that its table does not take, or a table that no data was given to; an error where the run is strict.";

    BadTest = "KQL0501", Data, "A test file that cannot be read, or a fixture that does not fit.";

    Internal = "KQL0900", Internal, "A bug in kqlite: one part of the engine broke a promise that another relies on.";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Code {
    /// As it is printed.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
