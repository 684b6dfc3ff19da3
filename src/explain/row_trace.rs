//! Holds the provenance of rows as plain data: forward, what an operator did to a source row; backward, the source rows of a
//! row of the answer. Its JSON form is documented and stays as it is: fields that have another name in Rust are renamed for
//! it.

use serde::Serialize;

use super::report::{NamedValue, PipelineKind, RowRef};

/// Says for source rows why they are in the answer or why not: see [`Query::why`](crate::Query::why).
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct RowTraces {
    /// The number of rows of the answer; of the first table, if the query gives several.
    pub answer_rows: usize,
    /// One trace for each row that was asked about, in that order.
    #[serde(rename = "fates")]
    pub traces: Vec<RowTrace>,
}

/// Follows one source row through the steps that read it.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct RowTrace {
    /// The row.
    pub row: RowRef,
    /// Its cells.
    pub cells: Vec<NamedValue>,
    /// The rows of the answer that it is part of, from 0; of the first table, if the query gives several.
    pub results: Vec<usize>,
    /// If the query gives several tables, those with a row that it is part of, the first table among them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<TableRows>,
    /// One sentence: where it is in the answer, or where and why it vanished.
    pub summary: String,
    /// Its ways through the query: one for each place that reads the table, and for each place that reads rows made of it.
    pub paths: Vec<RowPath>,
}

/// Lists rows of one of several tables that a query gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TableRows {
    /// The table's name, as in [`NamedTable`](crate::NamedTable).
    pub name: String,
    /// Its rows, from 0.
    pub rows: Vec<usize>,
}

impl RowTrace {
    /// Says whether the row is part of a row that the query gives, of any of its tables.
    #[must_use]
    pub fn is_in_answer(&self) -> bool {
        !self.results.is_empty() || !self.tables.is_empty()
    }

    /// Finds the step that dropped the row, or compared other rows with it: of several paths the one that the summary
    /// speaks of. `None` for a row that is in the answer.
    #[must_use]
    pub fn ended_at(&self) -> Option<&ExplainedStepRef> {
        match self.decisive()? {
            Outcome::Dropped { step, .. } | Outcome::Compared { step, .. } => Some(step),
            Outcome::Answer { .. } => None,
        }
    }

    /// Picks the outcome that says why the row is not in the answer. Rows that would have been the answer, or what a
    /// subquery made of it, count more than rows that are compared with them.
    pub(super) fn decisive(&self) -> Option<&Outcome> {
        if self.is_in_answer() {
            return None;
        }
        let dropped = |path: &RowPath| matches!(path.outcome, Outcome::Dropped { .. });
        let gives_rows = |path: &RowPath| matches!(path.kind, PipelineKind::Result | PipelineKind::Body);
        let find = |is_it: &dyn Fn(&RowPath) -> bool| self.paths.iter().find(|path| is_it(path));
        let decisive = find(&|path| gives_rows(path) && dropped(path))
            .or_else(|| find(&|path| path.kind == PipelineKind::Result))
            .or_else(|| find(&dropped))
            .or_else(|| self.paths.first());
        decisive.map(|path| &path.outcome)
    }
}

/// Lists the steps of a row's way from where it is read to where it ends.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct RowPath {
    /// The pipeline that reads the row, such as `let known`.
    pub pipeline: String,
    /// What that pipeline is for.
    pub kind: PipelineKind,
    /// The step that reads the row.
    pub read: ExplainedStepRef,
    /// The steps after it, in order, the last one included.
    #[serde(rename = "stages")]
    pub steps: Vec<TraceStep>,
    /// How the way ends.
    #[serde(rename = "end")]
    pub outcome: Outcome,
}

/// Refers to a step of an [`Explanation`](crate::explain::Explanation) by its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExplainedStepRef {
    /// The step's number.
    pub number: usize,
    /// The operator in one line.
    pub text: String,
}

/// Says what a step did to the rows that a source row has a part in.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct TraceStep {
    /// The step.
    pub step: ExplainedStepRef,
    /// The number of rows that the source row has a part in after it.
    pub rows: usize,
    /// What the step made of them, where that is worth a word: the group that they went into, the rows that they were
    /// paired with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The number of rows that it dropped.
    #[serde(rename = "lost")]
    pub dropped: usize,
    /// The first of these rows, with the reasons.
    #[serde(rename = "losses")]
    pub dropped_rows: Vec<DroppedRow>,
}

/// Says why a step dropped a row.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct DroppedRow {
    /// The row's number in the step's input, from 0.
    pub row: usize,
    /// The reason, as data.
    pub reason: DropReason,
    /// The reason in a sentence.
    pub text: String,
}

/// Says how a row's way through the query ends.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// The row is part of rows of the answer.
    Answer {
        /// These rows, from 0.
        rows: Vec<usize>,
        /// The table that they are in, if the query gives several.
        #[serde(skip_serializing_if = "Option::is_none")]
        table: Option<String>,
    },
    /// A step dropped it: no row that it has a part in is left.
    #[serde(rename = "vanished")]
    Dropped {
        /// The step.
        step: ExplainedStepRef,
        /// Why.
        text: String,
    },
    /// A step compares other rows with it: it decides about these, but is not part of them.
    Compared {
        /// The step.
        step: ExplainedStepRef,
        /// What it decides.
        text: String,
    },
}

/// Gives the reason why a step dropped a row.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum DropReason {
    /// A condition is not true for it.
    Condition {
        /// All conditions of the operator, in order.
        conditions: Vec<ConditionResult>,
        /// The place of the first one that is not true.
        failed: usize,
    },
    /// The other side of an anti join has its key.
    #[serde(rename = "has_partner")]
    HasJoinMatch {
        /// Its key.
        key: Vec<NamedValue>,
        /// The number of rows of the other side that have the key.
        count: usize,
        /// The first of them.
        #[serde(rename = "partners")]
        matches: Vec<JoinMatch>,
    },
    /// The other side of a join has not its key.
    #[serde(rename = "no_partner")]
    NoJoinMatch {
        /// Its key.
        key: Vec<NamedValue>,
        /// The side without the key: `left` or `right`.
        side: &'static str,
        /// The number of rows of that side.
        rows: usize,
        /// Rows with the key that would have come to that side, had a step before it not dropped them.
        #[serde(rename = "missed")]
        near_misses: Vec<NearMiss>,
    },
    /// The join takes one row of each key alone, and that is another one.
    #[serde(rename = "key_taken")]
    DuplicateKey {
        /// Its key.
        key: Vec<NamedValue>,
        /// The source rows of the row that was taken.
        by: Vec<RowRef>,
    },
    /// It is not among the first rows.
    Rank {
        /// Its place in the order, from 1.
        rank: usize,
        /// The number of rows that are kept.
        kept: usize,
    },
    /// Other rows were chosen at random.
    NotChosen,
    /// The text does not match the pattern.
    #[serde(rename = "no_match")]
    PatternMismatch {
        /// The text.
        text: NamedValue,
    },
    /// There is no item to make a row of.
    NoItem {
        /// What was to be expanded.
        cells: Vec<NamedValue>,
    },
}

/// Identifies a row of one side of a join that has the key of a row of the other side.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct JoinMatch {
    /// The row's number in that side, from 0.
    pub row: usize,
    /// The number of source rows that it was made of.
    pub source_count: usize,
    /// The first of them.
    pub sources: Vec<RowRef>,
}

/// Describes a row that would have matched, had a step before the join not dropped it.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct NearMiss {
    /// The source rows that it was made of.
    pub sources: Vec<RowRef>,
    /// The step that dropped it.
    pub step: ExplainedStepRef,
    /// Why.
    pub text: String,
}

/// Evaluates a condition for one row: its value, and the values that this comes from.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ConditionResult {
    /// The condition as it was written, in one line.
    pub text: String,
    /// Its value; `None` where it is null.
    pub value: Option<bool>,
    /// The operands and columns that it reads.
    pub cells: Vec<NamedValue>,
    /// The results of the conditions that it is made of, for `and`, `or` and `not`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<ConditionResult>,
    /// Its value and what that comes from, in a sentence.
    pub sentence: String,
}

/// Lists the source rows that a row of the answer was made of: see [`Query::origins`](crate::Query::origins).
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Lineage {
    /// The row of the answer, from 0.
    pub row: usize,
    /// Its cells.
    pub cells: Vec<NamedValue>,
    /// The source rows that it was made of, by table and row.
    pub sources: Vec<SourceRow>,
}

/// Describes a source row that a row of the answer was made of.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct SourceRow {
    /// The row.
    pub row: RowRef,
    /// The steps that read it.
    pub read: Vec<ExplainedStepRef>,
    /// Its cells.
    pub cells: Vec<NamedValue>,
}
