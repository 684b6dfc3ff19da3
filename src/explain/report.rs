//! What is told of a run: plain data, with a JSON form that stays as it is. It must not know how it is found out.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::types::Value;

/// A run of a query, operator by operator: see [`Query::explain`](crate::Query::explain).
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// The query's text.
    pub query: String,
    /// How many rows the answer has.
    pub rows: usize,
    /// Tables of `let`, sides of joins and subqueries before what reads them; the last one gives the answer.
    pub pipelines: Vec<Pipeline>,
}

impl Explanation {
    /// Every step, in the order of the numbers.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.pipelines.iter().flat_map(|pipeline| &pipeline.steps)
    }

    /// The step of a number.
    #[must_use]
    pub fn step(&self, number: usize) -> Option<&Step> {
        self.steps().find(|step| step.number == number)
    }
}

/// A source and the operators that its rows go through.
#[derive(Debug, Clone, Serialize)]
pub struct Pipeline {
    /// What it is for: `result`, `let known`, `right side of step 7`.
    pub name: String,
    /// What it is for, for programs.
    pub kind: PipelineKind,
    /// The source first.
    pub steps: Vec<Step>,
}

/// What a pipeline is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PipelineKind {
    /// It gives the answer.
    Result,
    /// A table that `let` or `as` names, or that `materialize` keeps.
    Let,
    /// The right side of a join or lookup, or a part of a union.
    Part,
    /// The subquery of a `partition` or `mv-apply`, over the rows of all its runs.
    Body,
    /// A table whose first cell is a value: `toscalar(…)`.
    Scalar,
    /// A table whose first column is a list: `x in (T)`.
    List,
}

/// One operator that the author wrote, or the source of a pipeline.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// Counted from 1 through all pipelines.
    pub number: usize,
    /// The operator's keyword; for a source `table`, `let`, `datatable` or `externaldata`.
    pub operator: String,
    /// The operator as it was written, in one line, without comments; nested tables are `(…)`.
    pub text: String,
    /// Its place in the query's text, in bytes; none for an operator in a stored function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<Place>,
    /// The function in whose body it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// The steps whose rows it reads.
    pub inputs: Vec<Input>,
    /// How many rows were piped into it; of a union, the rows of all its parts.
    pub rows_in: usize,
    /// How many rows it gave.
    pub rows_out: usize,
    /// The columns that it gave.
    pub columns: Vec<ColumnInfo>,
    /// Columns that were not there before.
    pub columns_added: Vec<String>,
    /// Columns that are not there any more.
    pub columns_removed: Vec<String>,
    /// Its first rows: cells in the order of the columns.
    #[serde(serialize_with = "json_rows")]
    pub sample: Vec<Vec<Value>>,
    /// One sentence on what happened, such as `kept 3 of 60 rows`.
    pub summary: String,
    /// What is worth knowing besides.
    pub notes: Vec<String>,
}

/// Where a step stands in the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// What a step reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Input {
    /// The number of the step that gave the rows.
    pub step: usize,
    /// What they are for.
    pub role: InputRole,
    /// How many they are.
    pub rows: usize,
}

/// What the rows are for that a step reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InputRole {
    /// They are piped into it.
    Piped,
    /// The right side of a join, or a part of a union.
    Part,
    /// The subquery of a `partition` or `mv-apply`.
    Body,
    /// The first cell is a value in an expression.
    Scalar,
    /// The first column is a list in an expression.
    List,
}

/// A column's name and type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ColumnInfo {
    /// The name.
    pub name: String,
    /// The type, such as `string`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// What a `datatable` without a name is called.
pub(super) const DATATABLE: &str = "datatable";

/// A row of a source table: `EmailEvents[3]` is the fourth one, since rows count from 0.
///
/// ```
/// let row: kqlite::RowRef = "EmailEvents[3]".parse().unwrap();
/// assert_eq!((row.table.as_str(), row.row), ("EmailEvents", 3));
/// assert_eq!(row.to_string(), "EmailEvents[3]");
/// assert!("EmailEvents".parse::<kqlite::RowRef>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowRef {
    /// The table; for a `datatable` the name that `let` gave it, else `datatable`; for external data its location.
    pub table: String,
    /// The row, from 0.
    pub row: usize,
}

impl RowRef {
    /// A row of a table.
    #[must_use]
    pub fn new(table: impl Into<String>, row: usize) -> Self {
        Self { table: table.into(), row }
    }
}

impl fmt::Display for RowRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]", self.table, self.row)
    }
}

impl FromStr for RowRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("'{text}' is no row: write the table and the row's number from 0, as in Table[3]");
        let inner = text.trim().strip_suffix(']').ok_or_else(wrong)?;
        let (table, row) = inner.rsplit_once('[').ok_or_else(wrong)?;
        let row = row.trim().parse().map_err(|_| wrong())?;
        let table = table.trim();
        if table.is_empty() { Err(wrong()) } else { Ok(Self::new(table, row)) }
    }
}

impl Serialize for RowRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A column, or an expression over columns, with its value in a row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cell {
    /// The column's name, or the expression as it was written.
    pub name: String,
    /// The value.
    #[serde(serialize_with = "json")]
    pub value: Value,
}

fn json<S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    value.to_json().serialize(serializer)
}

fn json_rows<S: Serializer>(rows: &[Vec<Value>], serializer: S) -> Result<S::Ok, S::Error> {
    let json: Vec<Vec<serde_json::Value>> =
        rows.iter().map(|row| row.iter().map(Value::to_json).collect()).collect();
    json.serialize(serializer)
}
