//! Groups the relations of a run into the steps that the author wrote, and the steps into pipelines.
//!
//! An operator may be several nodes of the plan, and a node may be shared by several operators. The outline that the binder
//! recorded says which plan is whose; the rest is read off the way that rows flow.

use std::collections::HashMap;
use std::sync::Arc;

use super::report::{DATATABLE, InputRole, PipelineKind};
use super::subtables::Subtables;
use super::trace::{ExprUsage, Relation, RelationId, Trace};
use crate::plan::{Node, Operator, Outline, Plan, UserFunctionCall};
use crate::source::Span;

/// Groups the relations of a run into steps and pipelines.
pub(super) struct AuthoredSteps<'a> {
    /// Every step; the pipelines say in which order.
    pub steps: Vec<AuthoredStep<'a>>,
    /// The pipelines, each one after those that it reads.
    pub pipelines: Vec<AuthoredPipeline>,
    /// The step that a relation is part of.
    step_of: Vec<Option<usize>>,
    /// For the rows that a body is given, the relation that they are made of.
    body_inputs: HashMap<RelationId, RelationId>,
    trace: &'a Trace<'a>,
    outline: OutlineIndex<'a>,
}

/// Finds what was written by the plan that came of it.
struct OutlineIndex<'a> {
    /// The operators that give the rows of a plan: one that made them, then those that pass them on as they are.
    operators: HashMap<usize, Vec<&'a Operator>>,
    /// The function in whose body a table is read.
    functions: HashMap<usize, &'a UserFunctionCall>,
    /// The name of a table.
    names: HashMap<usize, &'a str>,
}

/// Identifies a plan by its address. The outline keeps the plans, so that no other can take a place.
fn identity(plan: &Arc<Plan>) -> usize {
    Arc::as_ptr(plan) as usize
}

impl<'a> OutlineIndex<'a> {
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

/// Lists a source and the steps that its rows go through.
pub(super) struct AuthoredPipeline {
    /// What its rows are for.
    pub kind: PipelineKind,
    /// Its name for people; `None` if it is named after its reader.
    pub title: Option<String>,
    /// The step that reads it, if it is nested in one.
    pub reader: Option<usize>,
    /// Its steps, by their places in [`AuthoredSteps::steps`].
    pub steps: Vec<usize>,
    /// The place of the first of the pipelines that were first read by this one; they are right before it.
    first_nested: usize,
}

/// Names the relations of one step: an operator, or the source of a pipeline.
pub(super) struct AuthoredStep<'a> {
    /// The step's number for people, from 1.
    pub number: usize,
    /// The relation with its rows.
    pub relation: RelationId,
    /// The relations that make it up, that with its rows first.
    pub inner: Vec<RelationId>,
    /// The relation that is piped into it.
    pub piped: Option<RelationId>,
    /// The operator as it was written; `None` for a source.
    pub operator: Option<&'a Operator>,
    /// The function in whose body it stands.
    pub function: Option<&'a UserFunctionCall>,
    /// The steps that it reads, by their places in [`AuthoredSteps::steps`].
    pub inputs: Vec<(usize, InputRole)>,
    /// The name of a source.
    pub name: Option<String>,
    /// It does nothing but read the rows of another step.
    pub reference: bool,
}

impl AuthoredStep<'_> {
    /// Starts a step of one relation.
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

    /// Gives the step's place in the text.
    pub fn span(&self, trace: &Trace<'_>) -> Span {
        self.operator.map_or_else(|| trace.relation(self.relation).plan.span, |it| it.span)
    }

    /// Picks the relation that says what the step does: beside it there are only projections.
    pub fn principal<'t>(&self, trace: &'t Trace<'_>) -> &'t Relation {
        let mut relations = self.inner.iter().map(|id| trace.relation(*id));
        let is_principal =
            |it: &&Relation| !matches!(it.plan.node, Node::Project { .. } | Node::Values { .. });
        relations.find(is_principal).unwrap_or_else(|| trace.relation(self.relation))
    }
}

/// Links a step of a pipeline to what it reads, on the way from the pipeline's end to its source.
struct Link<'a> {
    step: usize,
    /// The relations that the step reads beside what is piped into it.
    others: Vec<(RelationId, InputRole)>,
    operator: Option<&'a Operator>,
}

/// Collects the relations that a step is made of, and those that it reads.
#[derive(Default)]
struct StepRelations {
    inner: Vec<RelationId>,
    piped: Option<RelationId>,
    others: Vec<(RelationId, InputRole)>,
}

impl<'a> AuthoredSteps<'a> {
    /// Groups all relations of a run. The names are those of the tables that the query gives.
    pub fn new(trace: &'a Trace<'a>, outline: &'a Outline, names: &[&str]) -> Self {
        let mut steps = Self {
            steps: Vec::new(),
            pipelines: Vec::new(),
            step_of: vec![None; trace.relations.len()],
            body_inputs: HashMap::new(),
            trace,
            outline: OutlineIndex::new(outline),
        };
        for (root, name) in trace.roots.iter().zip(names) {
            let title = if names.len() > 1 { format!("result {name}") } else { "result".to_owned() };
            steps.pipeline(*root, PipelineKind::Result, Some(title), None);
        }
        for (at, step) in steps.in_order().into_iter().enumerate() {
            if let Some(step) = steps.steps.get_mut(step) {
                step.number = at + 1;
            }
        }
        steps
    }

    /// Finds the step that a relation is part of.
    pub fn step_of(&self, relation: RelationId) -> Option<&AuthoredStep<'a>> {
        self.steps.get((*self.step_of.get(relation)?)?)
    }

    /// Finds the pipeline that a step is part of.
    pub fn pipeline_of(&self, step: &AuthoredStep<'_>) -> Option<&AuthoredPipeline> {
        let is_it = |at: &usize| self.steps.get(*at).is_some_and(|it| it.number == step.number);
        self.pipelines.iter().find(|pipeline| pipeline.steps.iter().any(is_it))
    }

    /// Orders the steps as rows flow: those of a pipeline after those of pipelines that it reads, and those of a body, with
    /// what it alone reads, between the step before the one that runs it and that one.
    fn in_order(&self) -> Vec<usize> {
        let is_body = |it: &AuthoredPipeline| it.kind == PipelineKind::Body && it.reader.is_some();
        let bodies = self.pipelines.iter().enumerate().filter(|(_, it)| is_body(it));
        let bodies: Vec<usize> = bodies.map(|(at, _)| at).collect();
        let mut order = Vec::with_capacity(self.steps.len());
        for (at, pipeline) in self.pipelines.iter().enumerate() {
            if pipeline.kind == PipelineKind::Result {
                self.order_of(at, &bodies, &mut order);
            }
        }
        order
    }

    /// Appends the steps of a pipeline, and of those that were first read by it.
    fn order_of(&self, last: usize, bodies: &[usize], order: &mut Vec<usize>) {
        let Some(pipeline) = self.pipelines.get(last) else { return };
        let mut at = pipeline.first_nested;
        while at <= last {
            let outermost = bodies.iter().rev().find(|body| {
                (at..last).contains(*body)
                    && self.pipelines.get(**body).is_some_and(|it| it.first_nested <= at)
            });
            if let Some(body) = outermost {
                at = body + 1;
                continue;
            }
            for &step in self.pipelines.get(at).map_or(&[][..], |it| &it.steps) {
                for &body in bodies {
                    if self.pipelines.get(body).is_some_and(|it| it.reader == Some(step)) {
                        self.order_of(body, bodies, order);
                    }
                }
                order.push(step);
            }
            at += 1;
        }
    }

    /// Makes the pipeline that ends in a relation, and gives its last step.
    fn pipeline(
        &mut self,
        last: RelationId,
        kind: PipelineKind,
        title: Option<String>,
        reader: Option<usize>,
    ) -> Option<usize> {
        let first_nested = self.pipelines.len();
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
        self.pipelines.push(AuthoredPipeline { kind, title, reader, steps, first_nested });
        end
    }

    /// Adds the step of a relation, and gives the relation that is piped into it.
    fn link(&mut self, id: RelationId, links: &mut Vec<Link<'a>>) -> Option<RelationId> {
        let trace = self.trace;
        let relation = trace.relation(id);
        let known = self.step_of.get(id).copied().flatten();
        let mut written: Vec<&'a Operator> = self.outline.operators_of(&relation.plan).to_vec();
        let passes = |it: &&Operator| it.input.as_ref().is_some_and(|it| Arc::ptr_eq(it, &relation.plan));
        let real = written.iter().copied().find(|it| !passes(it));
        if known.is_some() || (real.is_none() && matches!(relation.plan.node, Node::Shared { .. })) {
            // The rows have a step elsewhere: here they are read by name alone.
            let name = Some(self.shared_name(id));
            let step = self.add(AuthoredStep { reference: true, name, ..AuthoredStep::of(id) });
            let others = if known.is_some() { Vec::new() } else { vec![(id, InputRole::Piped)] };
            if let (Some(known), Some(step)) = (known, self.steps.get_mut(step)) {
                step.inputs.push((known, InputRole::Piped));
            }
            links.push(Link { step, others, operator: None });
            return None;
        }
        // Operators that pass the rows on as they are stand after the one that made them.
        written.retain(passes);
        for operator in written.into_iter().rev() {
            let step = AuthoredStep { operator: Some(operator), piped: Some(id), ..AuthoredStep::of(id) };
            let step = self.add(step);
            links.push(Link { step, others: Vec::new(), operator: Some(operator) });
        }
        let mut parts = StepRelations::default();
        // The source of a body is made of what is piped into the step that runs it.
        let before = self.body_inputs.get(&id).map(|input| &trace.relation(*input).plan);
        self.take_apart(id, before.or_else(|| real.and_then(|it| it.input.as_ref())), &mut parts);
        let StepRelations { inner, piped, mut others } = parts;
        let name = if real.is_none() { self.source_name(relation) } else { None };
        let step = self.add(AuthoredStep {
            inner: inner.clone(),
            piped,
            operator: real,
            name,
            ..AuthoredStep::of(id)
        });
        for inner in inner {
            if let Some(slot) = self.step_of.get_mut(inner) {
                *slot = Some(step);
            }
        }
        let starts_body = matches!(relation.plan.node, Node::Outer { .. });
        if starts_body {
            others.extend(piped.map(|piped| (piped, InputRole::Piped)));
        }
        links.push(Link { step, others, operator: real });
        piped.filter(|_| !starts_body)
    }

    /// Finds the relations that a step is made of, what is piped into it, and what else it reads. `before` is the plan of
    /// what is piped into it.
    fn take_apart(&mut self, id: RelationId, before: Option<&Arc<Plan>>, parts: &mut StepRelations) {
        let trace = self.trace;
        let relation = trace.relation(id);
        parts.inner.push(id);
        for input in &relation.expr_inputs {
            match input.usage {
                ExprUsage::Value => parts.others.push((input.relation, InputRole::Scalar)),
                ExprUsage::List => parts.others.push((input.relation, InputRole::List)),
                // It is known with the rows that the body is given.
                ExprUsage::RunKey => {}
            }
        }
        if let (Node::Apply { scope, .. }, [body, outer]) = (&relation.plan.node, &*relation.inputs)
            && trace.body(*scope).is_some_and(|body| body.reads_rows)
        {
            parts.others.push((*body, InputRole::Body));
            parts.piped = self.find_below(*outer, before);
            // What is between them makes the source of the body.
            self.body_inputs.extend(parts.piped.map(|piped| (*outer, piped)));
            return;
        }
        for &below in &relation.inputs {
            let plan = &trace.relation(below).plan;
            let is_body =
                matches!(relation.plan.node, Node::Apply { .. }) && relation.inputs.first() == Some(&below);
            if is_body {
                parts.others.push((below, InputRole::Body));
            } else if parts.piped.is_none() && before.is_some_and(|before| Arc::ptr_eq(before, plan)) {
                parts.piped = Some(below);
            } else if self.begins_elsewhere(below) {
                parts.others.push((below, InputRole::Part));
            } else {
                self.take_apart(below, before, parts);
            }
        }
    }

    /// Finds the relation of a plan below another relation.
    fn find_below(&self, id: RelationId, plan: Option<&Arc<Plan>>) -> Option<RelationId> {
        let plan = plan?;
        let mut todo = self.trace.relation(id).inputs.clone();
        while let Some(id) = todo.pop() {
            let relation = self.trace.relation(id);
            if Arc::ptr_eq(&relation.plan, plan) {
                return Some(id);
            }
            todo.extend(relation.inputs.iter().rev());
        }
        None
    }

    /// Says whether the rows of a relation are not made by the step that reads them.
    fn begins_elsewhere(&self, id: RelationId) -> bool {
        let plan = &self.trace.relation(id).plan;
        // Such rows as `print` starts from stand nowhere, and a body without a source of its own begins with its rows.
        let unwritten = plan.span == Span::default() && matches!(plan.node, Node::Values { .. });
        let is_outer = matches!(&plan.node, Node::Outer { scope }
            if self.trace.body(*scope).is_some_and(|body| !body.reads_rows));
        let source = plan.inputs().is_empty() || matches!(plan.node, Node::Shared { .. });
        (source && !unwritten && !is_outer) || !self.outline.operators_of(plan).is_empty()
    }

    /// Makes the pipeline that a step reads beside what is piped into it, unless it is known, and gives the last step of it.
    fn nested(&mut self, id: RelationId, role: InputRole, reader: Option<usize>) -> Option<usize> {
        if let Some(known) = self.step_of.get(id).copied().flatten() {
            return Some(known);
        }
        let relation = self.trace.relation(id);
        let shared = matches!(relation.plan.node, Node::Shared { .. })
            && self.outline.operators_of(&relation.plan).is_empty();
        if let (true, Some(&below)) = (shared, relation.inputs.first()) {
            let step = match self.step_of.get(below).copied().flatten() {
                Some(known) => Some(known),
                None => {
                    let name = self.shared_name(id);
                    let named = self.outline.name_of(&relation.plan).is_some();
                    let title = if named { format!("let {name}") } else { name };
                    self.pipeline(below, PipelineKind::Let, Some(title), None)
                }
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

    fn add(&mut self, step: AuthoredStep<'a>) -> usize {
        let source =
            || self.outline.functions.get(&identity(&self.trace.relation(step.relation).plan)).copied();
        let function = step.operator.map_or_else(source, |it| it.function.as_ref());
        self.steps.push(AuthoredStep { function, ..step });
        self.steps.len() - 1
    }

    /// Gives the name by which shared rows are read: that of `let` or `as`, or what shares them.
    fn shared_name(&self, id: RelationId) -> String {
        if let Some(name) = self.outline.name_of(&self.trace.relation(id).plan) {
            return name.to_owned();
        }
        // The branches of `fork` read rows that nobody could name.
        let readers = self.trace.relations.iter().filter(|it| it.inputs.contains(&id)).count();
        if self.trace.roots.len() > 1 && readers > 1 { "rows before fork" } else { "materialize" }.to_owned()
    }

    /// Gives the name of a source; `None` for a relation that is none.
    pub fn source_name(&self, relation: &Relation) -> Option<String> {
        if let Node::Scan { table } = &relation.plan.node {
            Some(table.clone())
        } else if let Node::External { locations, .. } = &relation.plan.node {
            Some(locations.join(", "))
        } else if let Node::Outer { scope } = &relation.plan.node {
            Some(Subtables::of(self.trace, *scope)?.source_name())
        } else if let Node::Values { .. } = &relation.plan.node {
            Some(self.outline.name_of(&relation.plan).unwrap_or(DATATABLE).to_owned())
        } else {
            None
        }
    }
}
