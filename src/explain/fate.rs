//! What is told of single rows: plain data, with a JSON form that stays as it is. It must not know how it is found out.

use serde::Serialize;

use super::report::{Cell, PipelineKind, RowRef};

/// What became of source rows: see [`Query::why`](crate::Query::why).
#[derive(Debug, Clone, Serialize)]
pub struct Why {
    /// How many rows the answer has.
    pub answer_rows: usize,
    /// One for each row that was asked about, in that order.
    pub fates: Vec<Fate>,
}

/// What became of one source row.
#[derive(Debug, Clone, Serialize)]
pub struct Fate {
    /// The row.
    pub row: RowRef,
    /// Its cells.
    pub cells: Vec<Cell>,
    /// The rows of the answer that it is part of, from 0.
    pub results: Vec<usize>,
    /// One sentence: where it is in the answer, or where and why it vanished.
    pub summary: String,
    /// Where it went: one path for each place that reads the table, and for each place that reads what came of it.
    pub paths: Vec<Path>,
}

impl Fate {
    /// The step at which it vanished, or is compared with other rows: of several paths the one that the summary tells.
    /// Nothing for a row that reached the answer.
    #[must_use]
    pub fn ended_at(&self) -> Option<&StepRef> {
        match self.decisive()? {
            End::Vanished { step, .. } | End::Compared { step, .. } => Some(step),
            End::Answer { .. } => None,
        }
    }

    /// How the path ends that says why the row is not in the answer. What would have been the answer counts more than what
    /// is compared with it.
    pub(super) fn decisive(&self) -> Option<&End> {
        if !self.results.is_empty() {
            return None;
        }
        let main = self.paths.iter().find(|path| path.kind == PipelineKind::Result);
        let vanished = || self.paths.iter().find(|path| matches!(path.end, End::Vanished { .. }));
        main.or_else(vanished).or_else(|| self.paths.first()).map(|path| &path.end)
    }
}

/// The way of a row from where it is read to where it ends.
#[derive(Debug, Clone, Serialize)]
pub struct Path {
    /// The pipeline that reads the row, such as `let known`.
    pub pipeline: String,
    /// What that pipeline is for.
    pub kind: PipelineKind,
    /// The step that reads the row.
    pub read: StepRef,
    /// The steps after it, in order, the last one included.
    pub stages: Vec<Stage>,
    /// How it ends.
    pub end: End,
}

/// A step by its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepRef {
    /// The number, as in the [`Explanation`](crate::Explanation).
    pub number: usize,
    /// The operator in one line.
    pub text: String,
}

/// A step that the row went into.
#[derive(Debug, Clone, Serialize)]
pub struct Stage {
    /// The step.
    pub step: StepRef,
    /// How many rows the row had a part in after it.
    pub rows: usize,
    /// What happened to it, where that is worth a word: the group it went into, the rows it was paired with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// How many of its rows vanished here.
    pub lost: usize,
    /// Why the first of them did.
    pub losses: Vec<Loss>,
}

/// Why a row vanished.
#[derive(Debug, Clone, Serialize)]
pub struct Loss {
    /// Which row of the step's input it was, from 0.
    pub row: usize,
    /// The reason.
    pub reason: Reason,
    /// The reason in a sentence.
    pub text: String,
}

/// How a path ends.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum End {
    /// The row is part of these rows of the answer, from 0.
    Answer {
        /// The rows.
        rows: Vec<usize>,
    },
    /// Nothing is left of it after this step.
    Vanished {
        /// The step.
        step: StepRef,
        /// Why.
        text: String,
    },
    /// Another table is compared with it there: it decides about rows, but is not part of them.
    Compared {
        /// The step.
        step: StepRef,
        /// What it decides.
        text: String,
    },
}

/// The reason why a row vanished.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reason {
    /// A condition is not true for it.
    Condition {
        /// All conditions of the operator, in order.
        conditions: Vec<Verdict>,
        /// The first one that is not true.
        failed: usize,
    },
    /// The other side of an anti join has its key.
    HasPartner {
        /// Its key.
        key: Vec<Cell>,
        /// How many rows of the other side have the key.
        count: usize,
        /// The first of them.
        partners: Vec<Partner>,
    },
    /// The other side of a join has not its key.
    NoPartner {
        /// Its key.
        key: Vec<Cell>,
        /// The side without the key: `left` or `right`.
        side: &'static str,
        /// How many rows that side has.
        rows: usize,
        /// Rows with the key that were on their way to that side and vanished before it.
        missed: Vec<Missed>,
    },
    /// The join takes but one row of each key, and that is another one.
    KeyTaken {
        /// Its key.
        key: Vec<Cell>,
        /// The source rows of the one that was taken.
        by: Vec<RowRef>,
    },
    /// It comes too late.
    Rank {
        /// Its place in the order, from 1.
        rank: usize,
        /// How many rows are kept.
        kept: usize,
    },
    /// Other rows were chosen at random.
    NotChosen,
    /// The text does not match the pattern.
    NoMatch {
        /// The text.
        text: Cell,
    },
    /// There is no item to make a row of.
    NoItem {
        /// What was to be expanded.
        cells: Vec<Cell>,
    },
}

/// A row of the other side of a join.
#[derive(Debug, Clone, Serialize)]
pub struct Partner {
    /// Which row of that side it is, from 0.
    pub row: usize,
    /// How many source rows it came from.
    pub source_count: usize,
    /// The first of them.
    pub sources: Vec<RowRef>,
}

/// A row that would have been a partner.
#[derive(Debug, Clone, Serialize)]
pub struct Missed {
    /// The source rows that it was made of.
    pub sources: Vec<RowRef>,
    /// The step at which it vanished.
    pub step: StepRef,
    /// Why.
    pub text: String,
}

/// A condition with its value for one row.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    /// The condition as it was written, in one line.
    pub text: String,
    /// Its value; none where it is null.
    pub value: Option<bool>,
    /// What it looks at.
    pub cells: Vec<Cell>,
    /// The conditions that it is made of, for `and`, `or` and `not`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Verdict>,
    /// Its value and what it comes from in a sentence.
    pub sentence: String,
}

/// The source rows of a row of the answer: see [`Query::origins`](crate::Query::origins).
#[derive(Debug, Clone, Serialize)]
pub struct Origins {
    /// The row of the answer, from 0.
    pub row: usize,
    /// Its cells.
    pub cells: Vec<Cell>,
    /// The source rows that it was made of, by table and row.
    pub sources: Vec<Origin>,
}

/// A source row of a row of the answer.
#[derive(Debug, Clone, Serialize)]
pub struct Origin {
    /// The row.
    pub row: RowRef,
    /// The steps that read it.
    pub read: Vec<StepRef>,
    /// Its cells.
    pub cells: Vec<Cell>,
}
