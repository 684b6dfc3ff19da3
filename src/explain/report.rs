//! Holds the explanation of a run as plain data, whose JSON form is documented and stays as it is: fields that have another
//! name in Rust are renamed for it.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::types::Value;

/// Lists what each operator of a query did in a run: see [`Query::explain`](crate::Query::explain).
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The query's text.
    pub query: String,
    /// The number of rows of the answer; of the first table, if the query gives several.
    pub rows: usize,
    /// The tables that the query gives, if it gives several (`fork`, several statements); otherwise there are none here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<ExplainedTable>,
    /// The pipelines: tables of `let`, sides of joins and subqueries before the pipeline that reads them. The last one
    /// gives the answer; of several tables each one has a pipeline of the kind [`PipelineKind::Result`].
    pub pipelines: Vec<ExplainedPipeline>,
}

impl Explanation {
    /// Lists every step in the order of the numbers.
    pub fn steps(&self) -> impl Iterator<Item = &ExplainedStep> {
        let mut steps: Vec<&ExplainedStep> = self.pipelines.iter().flat_map(|it| &it.steps).collect();
        steps.sort_by_key(|step| step.number);
        steps.into_iter()
    }

    /// Finds the step that kept no row and has something to say of what it would have kept, where an answer has no rows.
    #[must_use]
    pub fn step_without_rows(&self) -> Option<&ExplainedStep> {
        self.steps().find(|step| step.rows_out == 0 && !step.notes.is_empty())
    }

    /// Finds the step of a number.
    #[must_use]
    pub fn step(&self, number: usize) -> Option<&ExplainedStep> {
        self.pipelines.iter().flat_map(|it| &it.steps).find(|step| step.number == number)
    }
}

/// Names one of several tables that a query gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExplainedTable {
    /// The table's name, as in [`NamedTable`](crate::NamedTable).
    pub name: String,
    /// The number of its rows.
    pub rows: usize,
}

/// Lists a source and the operators that its rows go through.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ExplainedPipeline {
    /// What the pipeline is for: `result`, `let known`, `right side of step 7`.
    pub name: String,
    /// What it is for, as one of a few kinds.
    pub kind: PipelineKind,
    /// The steps, the source first.
    pub steps: Vec<ExplainedStep>,
}

/// Classes pipelines by what their rows are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PipelineKind {
    /// Gives the answer, or one of its tables.
    Result,
    /// Gives a table that is read by name or in several places: of `let` or `as`, kept by `materialize`, before a `fork`.
    Let,
    /// Gives the right side of a join or lookup, or a part of a union.
    Part,
    /// Is the subquery of a `partition` or `mv-apply`: its rows are those of all subtables, one after the other.
    Body,
    /// Gives a value, its first cell: `toscalar(…)`.
    Scalar,
    /// Gives a list, its first column: `x in (T)`.
    List,
}

/// Describes what an operator that the author wrote did, or the source of a pipeline.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ExplainedStep {
    /// The step's number. Steps count from 1 through all pipelines, those of a subquery just before the step that runs it.
    pub number: usize,
    /// The operator's keyword; for a source `table`, `let`, `datatable`, `externaldata`, or `rows` for the rows that a
    /// subquery is run over.
    pub operator: String,
    /// The operator as it was written, in one line, without comments; nested tables are `(…)`.
    pub text: String,
    /// Its place in the query's text; `None` for an operator in a stored function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<QueryLocation>,
    /// The function in whose body it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// The steps whose rows it reads.
    pub inputs: Vec<StepInput>,
    /// The number of rows that were piped into it; of a union, the rows of all its parts. In a subquery, a row that
    /// several subtables read counts for each of them.
    pub rows_in: usize,
    /// The number of rows that it gave.
    pub rows_out: usize,
    /// The columns that it gave.
    pub columns: Vec<ColumnInfo>,
    /// The columns that it added to those of its input.
    pub columns_added: Vec<String>,
    /// The columns of its input that it removed.
    pub columns_removed: Vec<String>,
    /// Its first rows: cells in the order of the columns.
    #[serde(serialize_with = "json_rows")]
    pub sample: Vec<Vec<Value>>,
    /// One sentence on what happened, such as `kept 3 of 60 rows`.
    pub summary: String,
    /// Sentences on what the author may not have meant.
    pub notes: Vec<String>,
}

/// Locates a step in the query's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct QueryLocation {
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// Names a step whose rows another step reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StepInput {
    /// The number of the step that gave the rows.
    pub step: usize,
    /// What they are for.
    pub role: InputRole,
    /// The number of these rows.
    pub rows: usize,
}

/// Classes the inputs of a step by what their rows are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum InputRole {
    /// The rows are piped into the step.
    Piped,
    /// They are the right side of a join, or a part of a union.
    Part,
    /// They come from the subquery of a `partition` or `mv-apply`.
    Body,
    /// Their first cell is a value in an expression.
    Scalar,
    /// Their first column is a list in an expression.
    List,
}

/// Describes a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ColumnInfo {
    /// The name.
    pub name: String,
    /// The type, such as `string`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// The name of a `datatable` that `let` gave none.
pub(super) const DATATABLE: &str = "datatable";

/// Identifies a row of a source table: `EmailEvents[3]` is the fourth one, since rows count from 0.
///
/// ```
/// let row: kqlite::explain::RowRef = "EmailEvents[3]".parse().unwrap();
/// assert_eq!((row.table.as_str(), row.row), ("EmailEvents", 3));
/// assert_eq!(row.to_string(), "EmailEvents[3]");
/// assert!("EmailEvents".parse::<kqlite::explain::RowRef>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct RowRef {
    /// The table; for a `datatable` the name that `let` gave it, else `datatable`; for external data its location.
    pub table: String,
    /// The row, from 0.
    pub row: usize,
}

impl RowRef {
    /// Refers to a row of a table.
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

/// Pairs a column, or an expression over columns, with its value in a row.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NamedValue {
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
