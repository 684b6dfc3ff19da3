//! Puts the relations of a run back together to the operators that the author wrote, pipeline by pipeline.
//! It must not know what is said of a step, nor run anything.

use std::collections::HashMap;
use std::sync::Arc;

use super::report::{DATATABLE, InputRole, PipelineKind};
use super::trace::{Relation, RelationId, Trace};
use crate::plan::{FunctionCall, Node, Operator, Outline, Plan};
use crate::source::Span;

/// The run as the author sees it.
pub(super) struct Story<'a> {
    /// Every step; the pipelines say in which order.
    pub steps: Vec<Told<'a>>,
    /// What is read comes before what reads it.
    pub pipelines: Vec<ToldPipeline>,
    /// The step that a relation is part of.
    step_of: Vec<Option<usize>>,
    trace: &'a Trace<'a>,
    written: Written<'a>,
}

/// What was written, by the plan that came of it.
struct Written<'a> {
    /// Those that give these very rows: one that made them, then those that pass them on as they are.
    operators: HashMap<usize, Vec<&'a Operator>>,
    /// The function in whose body a table is read.
    functions: HashMap<usize, &'a FunctionCall>,
    /// What a table is called.
    names: HashMap<usize, &'a str>,
}

/// Plans are told apart by identity; the outline keeps them, so that no other can take a place.
fn identity(plan: &Arc<Plan>) -> usize {
    Arc::as_ptr(plan) as usize
}

impl<'a> Written<'a> {
    fn new(outline: &'a Outline) -> Self {
        let mut operators: HashMap<usize, Vec<&'a Operator>> = HashMap::new();
        for operator in &outline.operators {
            operators.entry(identity(&operator.plan)).or_default().push(operator);
        }
        let mut names = HashMap::new();
        for (plan, name) in &outline.names {
            names.entry(identity(plan)).or_insert(name.as_str());
        }
        let functions = outline.sources.iter().map(|(plan, function)| (identity(plan), function)).collect();
        Self { operators, functions, names }
    }

    fn operators_of(&self, plan: &Arc<Plan>) -> &[&'a Operator] {
        self.operators.get(&identity(plan)).map_or(&[], Vec::as_slice)
    }

    fn name_of(&self, plan: &Arc<Plan>) -> Option<&'a str> {
        self.names.get(&identity(plan)).copied()
    }
}

/// A source and the steps that its rows go through.
pub(super) struct ToldPipeline {
    pub kind: PipelineKind,
    /// What `let` calls it.
    pub name: Option<String>,
    /// The step that reads it, if it is nested in one.
    pub reader: Option<usize>,
    /// Places among the steps.
    pub steps: Vec<usize>,
}

/// One step.
pub(super) struct Told<'a> {
    /// Its number for people, from 1.
    pub number: usize,
    /// Its rows.
    pub relation: RelationId,
    /// The relations that make it up, the one with its rows first.
    pub inner: Vec<RelationId>,
    /// The rows that are piped into it.
    pub piped: Option<RelationId>,
    /// What was written; a source has none.
    pub operator: Option<&'a Operator>,
    /// The function in whose body it stands.
    pub function: Option<&'a FunctionCall>,
    /// What it reads: places among the steps.
    pub inputs: Vec<(usize, InputRole)>,
    /// What a source is called.
    pub name: Option<String>,
    /// It does nothing but read the rows of another step.
    pub reference: bool,
}

impl Told<'_> {
    /// Its place in the text.
    pub fn span(&self, trace: &Trace<'_>) -> Span {
        self.operator.map_or_else(|| trace.relation(self.relation).plan.span, |it| it.span)
    }

    /// The relation that says what the step does: beside it there are only projections.
    pub fn principal<'t>(&self, trace: &'t Trace<'_>) -> &'t Relation {
        let relations = || self.inner.iter().map(|id| trace.relation(*id));
        let telling = |it: &&Relation| !matches!(it.plan.node, Node::Project { .. } | Node::Values { .. });
        relations().find(telling).unwrap_or_else(|| trace.relation(self.relation))
    }
}

/// A link of a pipeline, found on the way from its end to its source.
struct Link<'a> {
    step: usize,
    /// Relations that the step reads beside what is piped into it.
    others: Vec<(RelationId, InputRole)>,
    operator: Option<&'a Operator>,
}

impl<'a> Story<'a> {
    /// Tells the whole run.
    pub fn new(trace: &'a Trace<'a>, outline: &'a Outline) -> Self {
        let step_of = vec![None; trace.relations.len()];
        let mut story =
            Self { steps: Vec::new(), pipelines: Vec::new(), step_of, trace, written: Written::new(outline) };
        story.pipeline(trace.root, PipelineKind::Result, None, None);
        let order: Vec<usize> = story.pipelines.iter().flat_map(|it| it.steps.iter().copied()).collect();
        for (at, step) in order.into_iter().enumerate() {
            if let Some(step) = story.steps.get_mut(step) {
                step.number = at + 1;
            }
        }
        story
    }

    /// The step that a relation is part of.
    pub fn step_of(&self, relation: RelationId) -> Option<&Told<'a>> {
        self.steps.get((*self.step_of.get(relation)?)?)
    }

    /// The pipeline that a step is part of.
    pub fn pipeline_of(&self, step: &Told<'_>) -> Option<&ToldPipeline> {
        let is_it = |at: &usize| self.steps.get(*at).is_some_and(|it| it.number == step.number);
        self.pipelines.iter().find(|pipeline| pipeline.steps.iter().any(is_it))
    }

    /// Tells the pipeline that ends in a relation; gives its last step.
    fn pipeline(
        &mut self,
        last: RelationId,
        kind: PipelineKind,
        name: Option<String>,
        reader: Option<usize>,
    ) -> Option<usize> {
        let mut links: Vec<Link<'a>> = Vec::new();
        let mut at = Some(last);
        while let Some(id) = at {
            at = self.link(id, &mut links);
        }
        links.reverse();
        let steps: Vec<usize> = links.iter().map(|link| link.step).collect();
        for (place, link) in links.into_iter().enumerate() {
            let before = place.checked_sub(1).and_then(|before| steps.get(before));
            let mut inputs: Vec<(usize, InputRole)> =
                before.map(|before| (*before, InputRole::Piped)).into_iter().collect();
            for (other, role) in link.others {
                // A reference reads a named table; an operator what is nested in it.
                let reader = link.operator.map(|_| link.step);
                inputs.extend(self.nested(other, role, reader).map(|step| (step, role)));
            }
            if let Some(step) = self.steps.get_mut(link.step) {
                step.inputs.extend(inputs);
            }
        }
        let end = steps.last().copied();
        self.pipelines.push(ToldPipeline { kind, name, reader, steps });
        end
    }

    /// Adds the step of a relation; gives the relation whose rows are piped into it.
    fn link(&mut self, id: RelationId, links: &mut Vec<Link<'a>>) -> Option<RelationId> {
        let trace = self.trace;
        let relation = trace.relation(id);
        let told = self.step_of.get(id).copied().flatten();
        let mut written: Vec<&'a Operator> = self.written.operators_of(&relation.plan).to_vec();
        let passes = |it: &&Operator| it.input.as_ref().is_some_and(|it| Arc::ptr_eq(it, &relation.plan));
        let real = written.iter().copied().find(|it| !passes(it));
        if told.is_some() || (real.is_none() && matches!(relation.plan.node, Node::Shared { .. })) {
            // Rows that are told elsewhere: here they are but named.
            let name = self.written.name_of(&relation.plan).map(str::to_owned);
            let step = self.add(Told { reference: true, name, ..Told::of(id) });
            let others = if told.is_some() { Vec::new() } else { vec![(id, InputRole::Piped)] };
            if let (Some(told), Some(step)) = (told, self.steps.get_mut(step)) {
                step.inputs.push((told, InputRole::Piped));
            }
            links.push(Link { step, others, operator: None });
            return None;
        }
        // Operators that pass the rows on as they are stand after the one that made them.
        written.retain(passes);
        for operator in written.into_iter().rev() {
            let step = Told { operator: Some(operator), piped: Some(id), ..Told::of(id) };
            let step = self.add(step);
            links.push(Link { step, others: Vec::new(), operator: Some(operator) });
        }
        let mut parts = Parts::default();
        self.take_apart(id, real.and_then(|it| it.input.as_ref()), &mut parts);
        let name = if real.is_none() { self.source_name(relation) } else { None };
        let step =
            Told { inner: parts.inner.clone(), piped: parts.piped, operator: real, name, ..Told::of(id) };
        let step = self.add(step);
        for inner in parts.inner {
            if let Some(slot) = self.step_of.get_mut(inner) {
                *slot = Some(step);
            }
        }
        links.push(Link { step, others: parts.others, operator: real });
        parts.piped
    }

    /// What a step is made of: its relations, what is piped into it, what else it reads.
    fn take_apart(&self, id: RelationId, expected: Option<&Arc<Plan>>, parts: &mut Parts) {
        let relation = self.trace.relation(id);
        let input_is = |plan: &Arc<Plan>| expected.is_some_and(|input| Arc::ptr_eq(input, plan));
        parts.inner.push(id);
        for subquery in &relation.subqueries {
            let role = if subquery.list { InputRole::List } else { InputRole::Scalar };
            parts.others.push((subquery.relation, role));
        }
        for (at, &below) in relation.inputs.iter().enumerate() {
            let plan = &self.trace.relation(below).plan;
            if let Node::Outer { .. } = &relation.plan.node {
                // They are rows of another step.
                parts.others.push((below, InputRole::Piped));
            } else if let (Node::Apply { .. }, 0) = (&relation.plan.node, at) {
                parts.others.push((below, InputRole::Body));
            } else if let Node::Apply { .. } = &relation.plan.node {
                // The rows that the body is given are told with it; what they are made of is part of this step.
                for &input in &self.trace.relation(below).inputs {
                    let plan = &self.trace.relation(input).plan;
                    if input_is(plan) {
                        parts.piped = Some(input);
                    } else {
                        self.take_apart(input, expected, parts);
                    }
                }
            } else if parts.piped.is_none() && input_is(plan) {
                parts.piped = Some(below);
            } else if self.begins_elsewhere(plan) {
                parts.others.push((below, InputRole::Part));
            } else {
                self.take_apart(below, expected, parts);
            }
        }
    }

    /// The rows of this node are not part of the step that reads them.
    fn begins_elsewhere(&self, plan: &Arc<Plan>) -> bool {
        // The one row that `print` starts from stands nowhere.
        let row = plan.span == Span::default() && matches!(plan.node, Node::Values { .. });
        let source = plan.inputs().is_empty() || matches!(plan.node, Node::Shared { .. });
        (source && !row) || !self.written.operators_of(plan).is_empty()
    }

    /// Tells what a step reads beside what is piped into it; gives the step that its rows come from.
    fn nested(&mut self, id: RelationId, role: InputRole, reader: Option<usize>) -> Option<usize> {
        if let Some(told) = self.step_of.get(id).copied().flatten() {
            return Some(told);
        }
        let relation = self.trace.relation(id);
        let named = matches!(relation.plan.node, Node::Shared { .. })
            && self.written.operators_of(&relation.plan).is_empty();
        if let (true, Some(&below)) = (named, relation.inputs.first()) {
            let name = self.written.name_of(&relation.plan).map(str::to_owned);
            let step = match self.step_of.get(below).copied().flatten() {
                Some(told) => Some(told),
                None => self.pipeline(below, PipelineKind::Let, name, None),
            };
            if let Some(slot) = self.step_of.get_mut(id) {
                *slot = step;
            }
            return step;
        }
        let kind = match role {
            InputRole::Piped | InputRole::Part => PipelineKind::Part,
            InputRole::Body => PipelineKind::Body,
            InputRole::Scalar => PipelineKind::Scalar,
            InputRole::List => PipelineKind::List,
        };
        self.pipeline(id, kind, None, reader)
    }

    fn add(&mut self, step: Told<'a>) -> usize {
        let source =
            || self.written.functions.get(&identity(&self.trace.relation(step.relation).plan)).copied();
        let function = step.operator.map_or_else(source, |it| it.function.as_ref());
        self.steps.push(Told { function, ..step });
        self.steps.len() - 1
    }

    /// What the rows of a source are called.
    pub fn source_name(&self, relation: &Relation) -> Option<String> {
        match &relation.plan.node {
            Node::Scan { table } => Some(table.clone()),
            Node::External { locations } => Some(locations.join(", ")),
            Node::Outer { .. } => Some("the rows of each run".to_owned()),
            Node::Values { .. } => Some(self.written.name_of(&relation.plan).unwrap_or(DATATABLE).to_owned()),
            _ => None,
        }
    }
}

#[derive(Default)]
struct Parts {
    inner: Vec<RelationId>,
    piped: Option<RelationId>,
    others: Vec<(RelationId, InputRole)>,
}

impl Told<'_> {
    fn of(relation: RelationId) -> Self {
        Self {
            number: 0,
            relation,
            inner: vec![relation],
            piped: None,
            operator: None,
            function: None,
            inputs: Vec::new(),
            name: None,
            reference: false,
        }
    }
}
