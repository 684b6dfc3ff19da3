//! What the reference says of a part of the language: its kind, syntax, parameters, remarks and examples, as data.
//! It must not know any part of the language: an entry stands in the file that binds what it describes.

/// What a name of the language stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum EntryKind {
    /// A statement, such as `let`.
    Statement,
    /// A table that a query begins with, such as `datatable` and `range`.
    Source,
    /// An operator behind a pipe, such as `where`.
    TabularOperator,
    /// A function that takes or gives a table, such as `toscalar`.
    TabularFunction,
    /// The type of a cell, such as `datetime`.
    DataType,
    /// An operator between scalar values, such as `has`.
    ScalarOperator,
    /// A scalar function.
    ScalarFunction,
    /// An aggregate function.
    AggregateFunction,
    /// What `evaluate` calls.
    Plugin,
}

impl EntryKind {
    /// Whether it stands for rows in a query: a source, an operator, a function of tables, a plugin.
    #[must_use]
    pub const fn is_tabular(self) -> bool {
        matches!(self, Self::Source | Self::TabularOperator | Self::TabularFunction | Self::Plugin)
    }

    /// Every kind, in the order of the reference.
    pub const ALL: [Self; 9] = [
        Self::Statement,
        Self::Source,
        Self::TabularOperator,
        Self::TabularFunction,
        Self::DataType,
        Self::ScalarOperator,
        Self::ScalarFunction,
        Self::AggregateFunction,
        Self::Plugin,
    ];

    /// The word for it in messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Statement => "statement",
            Self::Source => "source",
            Self::TabularOperator | Self::ScalarOperator => "operator",
            Self::ScalarFunction | Self::TabularFunction => "function",
            Self::DataType => "type",
            Self::AggregateFunction => "aggregate function",
            Self::Plugin => "plugin",
        }
    }

    /// The heading of its entries in the reference.
    #[must_use]
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Statement => "Statements",
            Self::Source => "Sources of rows",
            Self::TabularOperator => "Tabular operators",
            Self::TabularFunction => "Tabular functions",
            Self::DataType => "Data types",
            Self::ScalarOperator => "Scalar operators",
            Self::ScalarFunction => "Scalar functions",
            Self::AggregateFunction => "Aggregate functions",
            Self::Plugin => "Plugins",
        }
    }

    /// A query writes it as a call: `name(…)`.
    #[must_use]
    pub const fn is_function(self) -> bool {
        matches!(self, Self::TabularFunction | Self::ScalarFunction | Self::AggregateFunction | Self::Plugin)
    }
}

/// The reference entry of a part of the language that is no function: a statement, a source, a tabular operator, a data
/// type.
///
/// ```
/// let database = kqlite::Database::new();
/// let join = database.registry().language("join")[0];
/// assert_eq!(join.kind, kqlite::EntryKind::TabularOperator);
/// assert!(join.remarks.iter().any(|remark| remark.contains("innerunique")));
/// // Other spellings find the same entry.
/// assert_eq!(database.registry().language("limit")[0].name, "take");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct LanguageEntry {
    /// The name.
    pub name: &'static str,
    /// Other names for the same thing, such as `order` for `sort`.
    pub aliases: &'static [&'static str],
    /// What it is.
    pub kind: EntryKind,
    /// One sentence: what it does.
    pub summary: &'static str,
    /// How it is written, one form a line. Optional parts stand in brackets, alternatives behind `|` in parentheses, and `…`
    /// means "and so on".
    pub syntax: &'static [&'static str],
    /// The words of the syntax that a query puts something in for.
    pub parameters: &'static [ParameterInfo],
    /// What people get wrong about it.
    pub remarks: &'static [&'static str],
    /// Queries and what they give; each one is run as a test.
    pub examples: &'static [TableExample],
}

impl LanguageEntry {
    /// The names that find the entry: its own and the other spellings.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }
}

/// A parameter of a plugin or of a part of the language.
#[derive(Debug, Clone, Copy)]
pub struct ParameterInfo {
    /// The name.
    pub name: &'static str,
    /// It may be left out.
    pub optional: bool,
    /// What it is, in one sentence.
    pub summary: &'static str,
}

impl ParameterInfo {
    /// The rows that an operator gets.
    pub const INPUT: Self = Self::required("T", "The rows: a table, or what stands in front of the pipe.");

    /// A parameter that must be given.
    #[must_use]
    pub const fn required(name: &'static str, summary: &'static str) -> Self {
        Self { name, optional: false, summary }
    }

    /// A parameter that may be left out.
    #[must_use]
    pub const fn optional(name: &'static str, summary: &'static str) -> Self {
        Self { name, optional: true, summary }
    }
}

/// An example whose answer is a table.
#[derive(Debug, Clone, Copy)]
pub struct TableExample {
    /// A whole query.
    pub query: &'static str,
    /// Its answer: a header of `name:type`, then each row as a JSON array. A query that gives several tables has them one
    /// after the other, with an empty line between two.
    pub result: &'static str,
}

impl TableExample {
    /// What `now()` is in examples.
    pub const NOW: &'static str = "2024-06-30T12:00:00Z";
}

/// Why names that KQL knows will not run, and what to do in their place.
#[derive(Debug)]
pub struct Refusal {
    /// The names.
    pub names: &'static [&'static str],
    /// Why, as a sentence about one of them without a full stop: `it asks a server, and …`.
    pub reason: &'static str,
    /// What to do instead, as a sentence without a full stop.
    pub instead: &'static str,
}
