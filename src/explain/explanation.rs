//! Explains a run step by step: rows in and out, columns, some of the rows, and a sentence.

use super::explainer::Explainer;
use super::report::{
    ColumnInfo, ExplainedPipeline, ExplainedStep, ExplainedTable, Explanation, InputRole, StepInput,
};
use super::sentence;
use super::steps::{AuthoredPipeline, AuthoredStep};
use super::trace::RelationId;
use crate::column::Table;
use crate::diagnostic::Warning;
use crate::function::Result;
use crate::plan::Node;

/// The most rows of each intermediate table that are shown.
const SAMPLE_ROWS: usize = 10;

impl Explainer<'_> {
    /// Explains every step of the run.
    pub(super) fn explanation(&self) -> Result<Explanation> {
        let pipelines = self.steps.pipelines.iter().map(|it| self.pipeline(it));
        let tables = self.query.answers.iter().zip(&self.answers);
        let tables: Vec<ExplainedTable> = tables
            .map(|(it, rows)| ExplainedTable { name: it.name.to_owned(), rows: rows.table.len() })
            .collect();
        Ok(Explanation {
            query: self.query.text.to_owned(),
            rows: tables.first().map_or(0, |it| it.rows),
            tables: if tables.len() > 1 { tables } else { Vec::new() },
            pipelines: pipelines.collect::<Result<_>>()?,
        })
    }

    fn pipeline(&self, pipeline: &AuthoredPipeline) -> Result<ExplainedPipeline> {
        let steps = pipeline.steps.iter().filter_map(|at| self.steps.steps.get(*at)).map(|it| self.step(it));
        Ok(ExplainedPipeline {
            name: self.pipeline_name(pipeline),
            kind: pipeline.kind,
            steps: steps.collect::<Result<_>>()?,
        })
    }

    /// The rows of a step. Those of the answer are in the order in which they are known.
    fn shown_rows(&self, step: &AuthoredStep<'_>) -> &Table {
        let root = self.trace.roots.iter().position(|root| *root == step.relation && !step.reference);
        match root.and_then(|root| self.answers.get(root)) {
            Some(answer) => answer.table,
            None => &self.trace.relation(step.relation).table,
        }
    }

    /// Writes the notes on a step: what its author may not have meant, and what is not known of its values.
    fn notes(&self, step: &AuthoredStep<'_>) -> Result<Vec<String>> {
        let mut notes = sentence::notes(step, self.steps, self.trace)?;
        if !step.reference {
            notes.extend(self.near_conditions(step)?);
        }
        let span = step.span(self.trace);
        let is_own = |it: &&Warning| span.start <= it.span.start && it.span.end <= span.end;
        let warnings = self.query.answers.iter().flat_map(|it| it.rows.warnings());
        if step.function.is_none() && !step.reference {
            notes.extend(warnings.filter(is_own).map(Warning::to_string));
        }
        Ok(notes)
    }

    fn step(&self, step: &AuthoredStep<'_>) -> Result<ExplainedStep> {
        let trace = self.trace;
        let relation = trace.relation(step.relation);
        let table = self.shown_rows(step);
        let names = |id: Option<RelationId>| -> Vec<String> {
            let schema = id.map(|id| &trace.relation(id).plan.schema);
            schema.map(|it| it.names().map(str::to_owned).collect()).unwrap_or_default()
        };
        let (before, after) = (names(step.piped), names(Some(step.relation)));
        let without = |these: &[String], others: &[String]| -> Vec<String> {
            these.iter().filter(|it| step.piped.is_some() && !others.contains(it)).cloned().collect()
        };
        let (added, removed) = (without(&after, &before), without(&before, &after));
        let is_union = matches!(step.principal(trace).plan.node, Node::Union { .. });
        // The rows of a body are divided by the step that begins it.
        let divides = matches!(relation.plan.node, Node::Outer { .. });
        let (mut inputs, mut rows_in) = (Vec::new(), 0);
        for (input, role) in &step.inputs {
            let Some(input) = self.steps.steps.get(*input) else { continue };
            let from = trace.relation(input.relation);
            let rows = from.table.len();
            if *role == InputRole::Piped || (is_union && *role == InputRole::Part) {
                rows_in += if divides { rows } else { trace.rows_read_of(relation, from) };
            }
            inputs.push(StepInput { step: input.number, role: *role, rows });
        }
        let text = self.label(step);
        Ok(ExplainedStep {
            number: step.number,
            operator: self.keyword(step, &text),
            text,
            span: self.texts.location(step.function, step.span(trace)).filter(|_| !step.reference),
            function: step.function.map(|it| it.name.to_string()),
            inputs,
            rows_in,
            rows_out: table.len(),
            columns: relation
                .plan
                .schema
                .columns
                .iter()
                .map(|it| ColumnInfo { name: it.name.to_string(), kind: it.data_type.as_str().to_owned() })
                .collect(),
            sample: table.rows().take(SAMPLE_ROWS).collect(),
            summary: sentence::summary(step, trace, &added, &removed),
            notes: self.notes(step)?,
            columns_added: added,
            columns_removed: removed,
        })
    }

    /// Gives the keyword of an operator, or the kind of a source.
    fn keyword(&self, step: &AuthoredStep<'_>, text: &str) -> String {
        if step.reference {
            return "let".to_owned();
        }
        if step.operator.is_some() {
            let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_'));
            return text.get(..end.unwrap_or(text.len())).unwrap_or_default().to_owned();
        }
        match &self.trace.relation(step.relation).plan.node {
            Node::Scan { .. } => "table",
            Node::External { .. } => "externaldata",
            Node::Values { .. } => "datatable",
            Node::Outer { .. } => "rows",
            Node::Range { .. }
            | Node::Filter { .. }
            | Node::Project { .. }
            | Node::Aggregate { .. }
            | Node::Join { .. }
            | Node::Sort { .. }
            | Node::TopN { .. }
            | Node::Limit { .. }
            | Node::Sample { .. }
            | Node::Union { .. }
            | Node::Unnest { .. }
            | Node::Parse { .. }
            | Node::MatchSteps { .. }
            | Node::Apply { .. }
            | Node::Plugin { .. }
            | Node::Visualize { .. }
            | Node::Shared { .. } => "print",
        }
        .to_owned()
    }
}
