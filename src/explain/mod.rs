//! Tells what happened in a run: its steps, why a row is or is not in the answer, and where a result row came from.
//!
//! A plan is run node by node, each one rewritten to carry the numbers of its input rows in a hidden column (`carry`); the
//! ordinary operators run it, and every intermediate table is kept with the rows that each row came from (`trace`). The
//! relations of the trace are put back together to the operators that the author wrote (`story`), and told (`sentence`).
//! It must not know the syntax tree, nor where tables are stored, nor how what is told is printed.

mod answer;
mod carry;
mod collect;
mod fate;
mod follow;
mod report;
mod sentence;
mod source_rows;
mod story;
#[cfg(test)]
mod tests;
mod text;
mod trace;
mod verdict;
mod why;

use std::collections::HashMap;
use std::sync::Arc;

pub use fate::{
    End, Fate, Loss, Missed, Origin, Origins, Partner, Path, Reason, Stage, StepRef, Verdict, Why,
};
pub use report::{
    Cell, ColumnInfo, Explanation, Input, InputRole, Pipeline, PipelineKind, Place, RowRef, Step,
};

use crate::column::Table;
use crate::exec::Run;
use crate::function::Result;
use crate::plan::{Node, Outline, Plan};
use crate::source::Span;
use answer::Answer;
use source_rows::SourceRows;
use story::{Story, Told, ToldPipeline};
use text::Texts;
use trace::Trace;

/// A query as it was bound, with what its author wrote.
pub struct Subject<'a> {
    /// The plan as it was bound.
    pub plan: &'a Arc<Plan>,
    /// What was written.
    pub outline: &'a Outline,
    /// The query's text.
    pub text: &'a str,
    /// The declarations of stored functions that it calls.
    pub functions: HashMap<String, Arc<str>>,
    /// The rows of an ordinary run: rows of the answer are counted as they stand there.
    pub answer: &'a Table,
}

/// How many rows of each intermediate table are shown.
pub const SAMPLE_ROWS: usize = 10;

/// Runs a query and tells its steps.
///
/// # Errors
/// As [`crate::exec::execute`]. All of the plan is run and kept, so that limits may be reached that an ordinary run does
/// not reach.
pub fn explain(subject: &Subject<'_>, run: &Run<'_>) -> Result<Explanation> {
    subject.told(run, |teller| teller.explanation())
}

/// Runs a query and tells what became of source rows.
///
/// # Errors
/// As [`explain`], and if the query does not read such a row.
pub fn why(subject: &Subject<'_>, run: &Run<'_>, rows: &[RowRef]) -> Result<Why> {
    subject.told(run, |teller| teller.why(rows))
}

/// Runs a query and tells the source rows of a row of the answer.
///
/// # Errors
/// As [`explain`], and if the answer has no such row.
pub fn origins(subject: &Subject<'_>, run: &Run<'_>, row: usize) -> Result<Origins> {
    subject.told(run, |teller| teller.origins(row))
}

/// Runs a query whose rows are rows of one table; their numbers in it.
///
/// # Errors
/// As [`explain`].
pub fn rows_of_source(subject: &Subject<'_>, run: &Run<'_>) -> Result<Vec<RowRef>> {
    subject.told(run, |teller| teller.source_rows())
}

impl Subject<'_> {
    fn told<T>(&self, run: &Run<'_>, ask: impl FnOnce(&Teller<'_>) -> Result<T>) -> Result<T> {
        let trace = Trace::new(self.plan, run)?;
        let story = Story::new(&trace, self.outline);
        let texts = Texts::new(self.text, self.functions.clone());
        let sources = SourceRows::new(&trace, &story);
        let answer = Answer::new(&trace.relation(trace.root).table, self.answer);
        ask(&Teller { subject: self, trace: &trace, story: &story, texts, sources, answer })
    }
}

/// A told run on its way to a report.
struct Teller<'a> {
    subject: &'a Subject<'a>,
    trace: &'a Trace<'a>,
    story: &'a Story<'a>,
    texts: Texts,
    sources: SourceRows,
    answer: Answer<'a>,
}

impl Teller<'_> {
    fn explanation(&self) -> Result<Explanation> {
        let pipelines = self.story.pipelines.iter().map(|it| self.pipeline(it));
        Ok(Explanation {
            query: self.subject.text.to_owned(),
            rows: self.answer.table.len(),
            pipelines: pipelines.collect::<Result<_>>()?,
        })
    }

    fn pipeline(&self, told: &ToldPipeline) -> Result<Pipeline> {
        let steps = told.steps.iter().filter_map(|at| self.story.steps.get(*at)).map(|it| self.step(it));
        Ok(Pipeline { name: self.pipeline_name(told), kind: told.kind, steps: steps.collect::<Result<_>>()? })
    }

    fn pipeline_name(&self, pipeline: &ToldPipeline) -> String {
        let reader = pipeline.reader.and_then(|at| self.story.steps.get(at));
        let of = |what: &str| match reader {
            Some(reader) => format!("{what} step {}", reader.number),
            None => what.split(' ').next().unwrap_or(what).to_owned(),
        };
        let join = reader.is_some_and(|it| matches!(it.principal(self.trace).plan.node, Node::Join { .. }));
        match pipeline.kind {
            PipelineKind::Result => "result".to_owned(),
            PipelineKind::Let => match &pipeline.name {
                Some(name) => format!("let {name}"),
                None => "materialize".to_owned(),
            },
            PipelineKind::Part if join => of("right side of"),
            PipelineKind::Part => of("part of"),
            PipelineKind::Body => of("subquery of"),
            PipelineKind::Scalar => of("value in"),
            PipelineKind::List => of("list in"),
        }
    }

    fn step(&self, told: &Told<'_>) -> Result<Step> {
        let trace = self.trace;
        let relation = trace.relation(told.relation);
        // The last rows are shown in the order in which they are known.
        let last = told.relation == trace.root && !told.reference;
        let table = if last { self.answer.table } else { &relation.table };
        let names = |id: Option<usize>| -> Vec<String> {
            let schema = id.map(|id| &trace.relation(id).plan.schema);
            schema.map(|it| it.names().map(str::to_owned).collect()).unwrap_or_default()
        };
        let (before, after) = (names(told.piped), names(Some(told.relation)));
        let without = |these: &[String], others: &[String]| -> Vec<String> {
            these.iter().filter(|it| told.piped.is_some() && !others.contains(it)).cloned().collect()
        };
        let (added, removed) = (without(&after, &before), without(&before, &after));
        let inputs: Vec<Input> = told
            .inputs
            .iter()
            .filter_map(|(step, role)| {
                let step = self.story.steps.get(*step)?;
                // The rows of a run are made in the step that has the subquery.
                let rows = match &relation.plan.node {
                    Node::Outer { .. } => relation.table.len(),
                    _ => trace.relation(step.relation).table.len(),
                };
                Some(Input { step: step.number, role: *role, rows })
            })
            .collect();
        let union = matches!(told.principal(trace).plan.node, Node::Union { .. });
        let reads = |it: &&Input| it.role == InputRole::Piped || (union && it.role == InputRole::Part);
        let text = self.label(told);
        Ok(Step {
            number: told.number,
            operator: self.keyword(told, &text),
            text,
            span: self.texts.place(told.function, told.span(trace)).filter(|_| !told.reference),
            function: told.function.map(|it| it.name.to_string()),
            rows_in: inputs.iter().filter(reads).map(|it| it.rows).sum(),
            inputs,
            rows_out: table.len(),
            columns: relation
                .plan
                .schema
                .columns
                .iter()
                .map(|it| ColumnInfo { name: it.name.to_string(), kind: it.kind.as_str().to_owned() })
                .collect(),
            sample: table.rows().take(SAMPLE_ROWS).collect(),
            summary: sentence::summary(told, trace, &added, &removed),
            notes: sentence::notes(told, self.story, trace)?,
            columns_added: added,
            columns_removed: removed,
        })
    }

    /// The operator as it was written, in one line; a source by its name.
    fn label(&self, told: &Told<'_>) -> String {
        match &told.name {
            Some(name) => name.clone(),
            None if told.reference => "materialize".to_owned(),
            None => self.texts.line(told.function, told.span(self.trace), &self.nested_spans(told)),
        }
    }

    /// The places of the pipelines that are nested in a step, those that are more than a name.
    fn nested_spans(&self, told: &Told<'_>) -> Vec<Span> {
        let own = self.story.steps.iter().position(|it| it.number == told.number);
        let nested = self.story.pipelines.iter().filter(|it| it.reader.is_some() && it.reader == own);
        nested
            .filter(|pipeline| pipeline.steps.len() > 1)
            .filter_map(|pipeline| {
                let steps = pipeline.steps.iter().filter_map(|at| self.story.steps.get(*at));
                let here = steps.filter(|it| !it.reference && it.function == told.function);
                let spans = here.map(|it| it.span(self.trace));
                spans.filter(|span| *span != Span::default()).reduce(Span::to)
            })
            .collect()
    }

    fn keyword(&self, told: &Told<'_>, text: &str) -> String {
        if told.reference {
            return "let".to_owned();
        }
        if told.operator.is_some() {
            let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_'));
            return text.get(..end.unwrap_or(text.len())).unwrap_or_default().to_owned();
        }
        match &self.trace.relation(told.relation).plan.node {
            Node::Scan { .. } => "table",
            Node::External { .. } => "externaldata",
            Node::Values { .. } => "datatable",
            Node::Outer { .. } => "rows",
            _ => "print",
        }
        .to_owned()
    }
}
