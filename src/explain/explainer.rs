//! Traces a run of a query and answers questions about it. This file holds what all questions share, and names steps.

use std::collections::HashMap;
use std::sync::Arc;

use super::answer_rows::AnswerRows;
use super::query_texts::QueryTexts;
use super::report::{NamedValue, PipelineKind};
use super::row_trace::ExplainedStepRef;
use super::source_index::SourceIndex;
use super::steps::{AuthoredPipeline, AuthoredStep, AuthoredSteps};
use super::subtables::Subtables;
use super::trace::{BodyRun, RelationId, Trace};
use crate::column::Table;
use crate::exec::Run;
use crate::function::{Registry, Result};
use crate::plan::{Node, Outline, Plan};
use crate::source::Span;

/// Holds a query as it was bound, with what its author wrote.
pub struct ExplainedQuery<'a> {
    /// The tables that it gives, at least one.
    pub answers: Vec<QueryAnswer<'a>>,
    /// The operators and names that were written.
    pub outline: &'a Outline,
    /// The query's text.
    pub text: &'a str,
    /// The functions that there are.
    pub registry: &'a Registry,
    /// The declarations of stored functions that it calls, by name.
    pub functions: HashMap<String, Arc<str>>,
}

/// Holds one of the tables that a query gives.
pub struct QueryAnswer<'a> {
    /// Its name.
    pub name: &'a str,
    /// The plan as it was bound.
    pub plan: &'a Arc<Plan>,
    /// The rows of an ordinary run: rows of the answer are counted as they stand there.
    pub rows: &'a Table,
}

impl ExplainedQuery<'_> {
    /// Traces a run, and asks about it.
    ///
    /// # Errors
    /// As [`Trace::new`], and those of the question.
    pub(super) fn explain_with<T>(
        &self,
        run: &Run<'_>,
        ask: impl FnOnce(&Explainer<'_>) -> Result<T>,
    ) -> Result<T> {
        let trace = Trace::new(self.answers.iter().map(|it| it.plan), run)?;
        let names: Vec<&str> = self.answers.iter().map(|it| it.name).collect();
        let steps = AuthoredSteps::new(&trace, self.outline, &names);
        let texts = QueryTexts::new(self.text, self.functions.clone());
        let sources = SourceIndex::new(&trace, &steps);
        let roots = trace.roots.iter().zip(&self.answers);
        let answers =
            roots.map(|(root, it)| AnswerRows::new(&trace.relation(*root).table, it.rows)).collect();
        ask(&Explainer { query: self, trace: &trace, steps: &steps, texts, sources, answers })
    }
}

/// Explains a traced run: each question about it is a method.
pub(super) struct Explainer<'a> {
    /// The query.
    pub query: &'a ExplainedQuery<'a>,
    /// The run.
    pub trace: &'a Trace<'a>,
    /// The steps of the run.
    pub steps: &'a AuthoredSteps<'a>,
    /// The texts that the steps were written in.
    pub texts: QueryTexts,
    /// The source rows of the run.
    pub sources: SourceIndex,
    /// The rows of each table that the query gives.
    pub answers: Vec<AnswerRows<'a>>,
}

impl Explainer<'_> {
    /// Refers to the step that a relation is part of.
    pub(super) fn step_ref(&self, id: RelationId) -> Option<ExplainedStepRef> {
        self.steps.step_of(id).map(|step| self.step_ref_of(step))
    }

    /// Refers to a step.
    pub(super) fn step_ref_of(&self, step: &AuthoredStep<'_>) -> ExplainedStepRef {
        ExplainedStepRef { number: step.number, text: self.label(step) }
    }

    /// Gives the operator as it was written, in one line, or the name of a source.
    pub(super) fn label(&self, step: &AuthoredStep<'_>) -> String {
        match &step.name {
            Some(name) => name.clone(),
            None => self.texts.line(step.function, step.span(self.trace), &self.nested_spans(step)),
        }
    }

    /// Lists the places of the pipelines that are nested in a step and are more than a name.
    pub(super) fn nested_spans(&self, step: &AuthoredStep<'_>) -> Vec<Span> {
        let own = self.steps.steps.iter().position(|it| it.number == step.number);
        let place = step.span(self.trace);
        let nested = self.steps.pipelines.iter().filter(|it| it.reader.is_some() && it.reader == own);
        nested
            .filter(|pipeline| pipeline.steps.len() > 1)
            .filter_map(|pipeline| {
                let steps = pipeline.steps.iter().filter_map(|at| self.steps.steps.get(*at));
                let here = steps.filter(|it| !it.reference && it.function == step.function);
                // A source that is read by name stands elsewhere.
                let spans = here.map(|it| it.span(self.trace));
                let inside = |span: &Span| {
                    *span != Span::default() && span.start >= place.start && span.end <= place.end
                };
                spans.filter(inside).reduce(Span::to)
            })
            .collect()
    }

    /// Names a pipeline: by what reads it, if it has no name of its own.
    pub(super) fn pipeline_name(&self, pipeline: &AuthoredPipeline) -> String {
        if let Some(title) = &pipeline.title {
            return title.clone();
        }
        let reader = pipeline.reader.and_then(|at| self.steps.steps.get(at));
        let of_join =
            reader.is_some_and(|it| matches!(it.principal(self.trace).plan.node, Node::Join { .. }));
        let (what, relation) = match pipeline.kind {
            PipelineKind::Part if of_join => ("right side", "of"),
            PipelineKind::Part | PipelineKind::Result | PipelineKind::Let => ("part", "of"),
            PipelineKind::Body => ("subquery", "of"),
            PipelineKind::Scalar => ("value", "in"),
            PipelineKind::List => ("list", "in"),
        };
        match reader {
            Some(reader) => format!("{what} {relation} step {}", reader.number),
            None => what.to_owned(),
        }
    }

    /// Gives the key of a subtable; of one that holds the items of a row there is none.
    pub(super) fn subtable_key(&self, scope: usize, run: BodyRun) -> Vec<NamedValue> {
        let (Some(body), Some(Subtables::PerKey(names))) =
            (self.trace.body(scope), Subtables::of(self.trace, scope))
        else {
            return Vec::new();
        };
        let outer = self.trace.relation(body.outer);
        let first = self.trace.rows_in(outer, run).start;
        cells(&outer.table, first).into_iter().filter(|cell| names.contains(&cell.name)).collect()
    }
}

/// Pairs the columns of a table with their values in a row.
pub(super) fn cells(table: &Table, row: usize) -> Vec<NamedValue> {
    let named = table.schema().names().zip(table.columns());
    named.map(|(name, column)| NamedValue { name: name.to_owned(), value: column.value(row) }).collect()
}
